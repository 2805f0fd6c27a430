/* The pump's end of the telemetry link (docs/telemetry.md): finds frames among the bytes, answers the version query, pairs while
 * the programming head is in place, opens sessions, and hands on what is sealed for the session in force, once, in rising order.
 * Cryptography is the board's crypto part. One pairing a role, and no back-off: whoever guesses may guess on. */

#ifndef TELEMETRY_H
#define TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAYLOAD_BYTES = 96 };

/* A command out of a sealed frame. `sum` is the CRC-16 of its whole text: the same one again is a repeat. */
struct command {
    uint8_t role;
    uint8_t kind;
    uint16_t sequence;
    uint16_t sum;
    const uint8_t *payload;
    size_t length;
};

void telemetry_boot(void);
/* At most one frame a tick. `execute` writes its answer, outcome first, at most PAYLOAD_BYTES, and returns its length. */
void telemetry_tick(size_t (*execute)(const struct command *command, uint8_t *answer));
/* Frames that were refused since boot. */
uint16_t telemetry_refused(void);

#endif
