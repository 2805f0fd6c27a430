/* See program.h. No value is clamped: one value out of range refuses the whole record. */

#include "program.h"

#include "bytes.h"

/* The rate in 0.01 uL/day that makes one pulse of 250 nL a day. */
enum { RATE_UNITS_PER_PULSE = PULSE_NL / RATE_UNIT_NL_PER_DAY };

static int outside(uint32_t value, uint32_t least, uint32_t most)
{
    return value < least || value > most;
}

int program_read(const uint8_t *record, struct program *out)
{
    struct program next = {0};
    uint32_t seconds = get_u16(record + 10);
    uint32_t lockout = get_u16(record + 12);
    next.rate = get_u32(record + 4);
    next.cap = record[2];
    next.limits = record[1];
    next.low = get_u32(record + 14);
    next.digest = crc32(record, PROGRAM_BYTES);
    if (record[0] != MODE_CONTINUOUS || outside(next.rate, RATE_THERAPEUTIC_MIN, RATE_MAX))
        return OUTCOME_OUT_OF_RANGE;
    if (next.cap > CAP_PER_24H_MAX || next.limits > PROGRAM_LIMITS_MAX || next.low > INT32_MAX)
        return OUTCOME_OUT_OF_RANGE;
    if (next.cap > 0) {
        next.bolus_pulses = get_u16(record + 8);
        next.bolus_ticks = seconds * TICKS_PER_SECOND;
        next.lockout_ticks = lockout * TICKS_PER_MINUTE;
        if (next.bolus_pulses == 0 || outside(seconds, 1, BOLUS_SECONDS_MAX) ||
            next.bolus_ticks < next.bolus_pulses * PULSE_SPACING_TICKS || outside(lockout, LOCKOUT_MINUTES_MIN, LOCKOUT_MINUTES_MAX))
            return OUTCOME_OUT_OF_RANGE;
    }
    for (int i = 0; i < next.limits; i++) {
        next.limit[i].pulses = get_u32(record + 18 + 6 * i);
        next.limit[i].minutes = get_u16(record + 22 + 6 * i);
        if (outside(next.limit[i].pulses, 1, INT32_MAX) || outside(next.limit[i].minutes, WINDOW_MINUTES_MIN, WINDOW_MINUTES_MAX))
            return OUTCOME_OUT_OF_RANGE;
    }
    next.total = next.rate / RATE_UNITS_PER_PULSE + next.cap * next.bolus_pulses;
    *out = next;
    return OUTCOME_ACCEPTED;
}
