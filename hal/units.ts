// The units in which firmware and board count. Time is in ticks of 10 ms, volume in pulses of 250 nL, and a rate in units of
// 0.01 uL/day. Every constant stays under 2^30 in magnitude, so that V8 keeps it as a small integer. The flow limits are those
// of the field (0.048 to 24 mL/day, and 6 uL/day to keep the tubing moving). The volume of a pulse is a choice of this project,
// since no manufacturer publishes one.

export const TICK_MS: i32 = 10;
export const TICKS_PER_SECOND: i32 = 1000 / TICK_MS;
export const TICKS_PER_MINUTE: i32 = 60 * TICKS_PER_SECOND;
export const TICKS_PER_HOUR: i32 = 60 * TICKS_PER_MINUTE;
export const TICKS_PER_DAY: i32 = 24 * TICKS_PER_HOUR;
export const MINUTES_PER_HOUR: i32 = TICKS_PER_HOUR / TICKS_PER_MINUTE;
export const MINUTES_PER_DAY: i32 = TICKS_PER_DAY / TICKS_PER_MINUTE;

/** Volume that one pulse of the motor displaces, nominally. */
export const PULSE_NL: i32 = 250;

/** One unit of rate is 0.01 uL/day = 10 nL/day. */
export const RATE_UNIT_NL_PER_DAY: i32 = 10;
/** An accumulator that adds the rate in each tick has reached one pulse at this sum: 25 units of 10 nL x 8,640,000 ticks. */
export const RATE_TICKS_PER_PULSE: i32 = (PULSE_NL / RATE_UNIT_NL_PER_DAY) * TICKS_PER_DAY;

/** The slowest rate of therapy, 2 uL/h, in 0.01 uL/day. */
export const RATE_THERAPEUTIC_MIN: i32 = 4800;
/** The fastest rate of basal and bolus together, 1,000 uL/h, in 0.01 uL/day. */
export const RATE_MAX: i32 = 2400000;
/**
 * The rate of the mode "minimum rate", 6 uL/day, in 0.01 uL/day. It keeps the tubing moving without a clinical dose,
 * and lies below every rate of therapy.
 */
export const RATE_MINIMUM: i32 = 600;

/** No controller starts two pulses closer together than this (MOT-1). 90 ticks = 1,000 uL/h exactly. */
export const PULSE_SPACING_TICKS: i32 = 90;

/** The most ticks over which a controller may let the machine leap at once: one hour. */
export const LEAP_TICKS_MAX: i32 = 60 * TICKS_PER_MINUTE;
