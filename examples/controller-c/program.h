/* The program record of docs/telemetry.md, as far as this pump uses it: continuous mode, a patient bolus, up to four windows. Flex
 * and periodic mode are refused, and drugs are not checked against a drug library. */

#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

#include "cistern_hal.h"

struct program {
    /* The rate in 0.01 uL/day. */
    uint32_t rate;
    uint32_t bolus_pulses;
    uint32_t bolus_ticks;
    uint32_t lockout_ticks;
    /* The permitted patient boluses in 24 h; 0 for none. */
    uint32_t cap;
    /* The content of the reservoir at which low_reservoir is raised, in pulses. */
    uint32_t low;
    int limits;
    struct {
        uint32_t pulses;
        uint32_t minutes;
    } limit[PROGRAM_LIMITS_MAX];
    uint32_t digest;
    /* The pulses of 24 h, with the basal and every permitted bolus. */
    uint32_t total;
};

/* Reads a record and returns an outcome. On OUTCOME_ACCEPTED the program is in `out`; otherwise `out` is unchanged. */
int program_read(const uint8_t *record, struct program *out);

#endif
