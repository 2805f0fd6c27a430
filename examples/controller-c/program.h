/* The program record of docs/telemetry.md as this pump understands it: continuous mode, a patient bolus, up to four windows.
 * Flex and periodic mode are refused; drugs are not held against a drug library. */

#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

enum { PROGRAM_BYTES = 633, LIMITS_MAX = 4, CAP_MAX = 96, WINDOW_MINUTES_MAX = 10080 };

struct program {
    /* 0.01 uL/day. */
    uint32_t rate;
    uint32_t bolus_pulses;
    uint32_t bolus_ticks;
    uint32_t lockout_ticks;
    /* Patient boluses in 24 h; 0: none. */
    uint32_t cap;
    /* Content of the reservoir that raises low_reservoir, in pulses. */
    uint32_t low;
    int limits;
    struct {
        uint32_t pulses;
        uint32_t minutes;
    } limit[LIMITS_MAX];
    uint32_t digest;
    /* Pulses in 24 h: basal and every bolus that is allowed. */
    uint32_t total;
};

/* An outcome; on OUTCOME_ACCEPTED the program is in `out`, else that is as it was. */
int program_read(const uint8_t *record, struct program *out);

#endif
