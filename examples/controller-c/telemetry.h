/* The pump's end of the telemetry link (docs/telemetry.md): finds frames among the bytes, answers the version query, pairs
 * while the programming head is in place, opens sessions, and passes on each command that is sealed for the session in force,
 * once and in order. The board's crypto part does the cryptography. There is one pairing for each role and no back-off after
 * forged frames. */

#ifndef TELEMETRY_H
#define TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A command from a sealed frame. `sum` is the CRC-16 of its whole text, by which a repeat is found. */
struct command {
    uint8_t role;
    uint8_t kind;
    uint16_t sequence;
    uint16_t sum;
    const uint8_t *payload;
    size_t length;
};

void telemetry_boot(void);
/* Takes at most one frame a tick. `execute` writes the answer, outcome first, at most PAYLOAD_BYTES, and returns its length. */
void telemetry_tick(size_t (*execute)(const struct command *command, uint8_t *answer));
/* The number of frames that were refused since boot. */
uint16_t telemetry_refused(void);

#endif
