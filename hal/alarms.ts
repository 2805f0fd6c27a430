// The properties of each alarm that the firmware's alarm engine uses (ALM-1): its priority, effect on delivery and way to
// clear. emulator/contract/alarms.ts has the table with its words. Ids are append-only: they are bits of the status frame and
// numbers on the trace port.

/**
 * It sounds two tones for 3 s every 10 min, and no bolus is granted; without this bit it sounds one tone for 1 s every
 * 60 min.
 */
export const ALARM_IS_CRITICAL: i32 = 1;
/** Basal falls to the minimum rate and no bolus is granted, as long as it lasts. */
export const ALARM_SLOWS: i32 = 2;
/** Motor power is cut, and a clinician must start the pump again. Without this bit and ALARM_SLOWS, delivery goes on. */
export const ALARM_STOPS: i32 = 4;
/** It stays until a clinician acknowledges it after its cause has gone; without this bit it clears when its cause goes. */
export const ALARM_LATCHES: i32 = 8;
/** An acknowledgement silences it for a day; without this bit for two hours at most. */
export const ALARM_RESTS_A_DAY: i32 = 16;

// Made from emulator/contract/alarms.ts by npm run contract: alarms.
export const ALARM_LOW_RESERVOIR: i32 = 0;
export const ALARM_EMPTY_RESERVOIR: i32 = 1;
export const ALARM_VOLUME_MISMATCH: i32 = 2;
export const ALARM_MOTOR_STALL: i32 = 3;
export const ALARM_MOTOR_REVERSE: i32 = 4;
export const ALARM_MOTOR_RUNAWAY: i32 = 5;
export const ALARM_TUBE_SET: i32 = 6;
export const ALARM_DOSE_LIMIT: i32 = 7;
export const ALARM_DOSE_GUARD: i32 = 8;
export const ALARM_LOW_BATTERY_RESET: i32 = 9;
export const ALARM_PROGRAM_INVALID: i32 = 10;
export const ALARM_SELF_TEST_FAILED: i32 = 11;
export const ALARM_CLOCK_FAULT: i32 = 12;
export const ALARM_SENSOR_FAULT: i32 = 13;
export const ALARM_MEMORY_FAULT: i32 = 14;
export const ALARM_ERI: i32 = 15;
export const ALARM_EOS: i32 = 16;
export const ALARM_SECURITY: i32 = 17;
export const ALARM_REFILL_OVERDUE: i32 = 18;
export const ALARM_TRIAL_EXPIRED: i32 = 19;
export const ALARM_PUMP_STOPPED: i32 = 20;
export const ALARM_RESET_LOOP: i32 = 21;
export const ALARMS: i32 = 22;

/** Bit n is set for alarm n. */
const CRITICAL: i32 =
  (1 << ALARM_EMPTY_RESERVOIR) |
  (1 << ALARM_MOTOR_STALL) |
  (1 << ALARM_MOTOR_REVERSE) |
  (1 << ALARM_MOTOR_RUNAWAY) |
  (1 << ALARM_TUBE_SET) |
  (1 << ALARM_DOSE_LIMIT) |
  (1 << ALARM_DOSE_GUARD) |
  (1 << ALARM_LOW_BATTERY_RESET) |
  (1 << ALARM_PROGRAM_INVALID) |
  (1 << ALARM_SELF_TEST_FAILED) |
  (1 << ALARM_MEMORY_FAULT) |
  (1 << ALARM_EOS) |
  (1 << ALARM_TRIAL_EXPIRED) |
  (1 << ALARM_RESET_LOOP);
const SLOWING: i32 = (1 << ALARM_EMPTY_RESERVOIR) | (1 << ALARM_DOSE_LIMIT);
const STOPPING: i32 =
  (1 << ALARM_MOTOR_REVERSE) |
  (1 << ALARM_MOTOR_RUNAWAY) |
  (1 << ALARM_DOSE_GUARD) |
  (1 << ALARM_PROGRAM_INVALID) |
  (1 << ALARM_SELF_TEST_FAILED) |
  (1 << ALARM_MEMORY_FAULT) |
  (1 << ALARM_EOS) |
  (1 << ALARM_TRIAL_EXPIRED);
const LATCHING: i32 =
  (1 << ALARM_VOLUME_MISMATCH) |
  (1 << ALARM_MOTOR_REVERSE) |
  (1 << ALARM_MOTOR_RUNAWAY) |
  (1 << ALARM_TUBE_SET) |
  (1 << ALARM_DOSE_GUARD) |
  (1 << ALARM_LOW_BATTERY_RESET) |
  (1 << ALARM_SELF_TEST_FAILED) |
  (1 << ALARM_CLOCK_FAULT) |
  (1 << ALARM_MEMORY_FAULT) |
  (1 << ALARM_ERI) |
  (1 << ALARM_SECURITY);
const RESTING: i32 = 1 << ALARM_PUMP_STOPPED;
// End of alarms.

/** The row of one alarm: the ALARM_ bits above, or 0 for an unknown id. */
export function alarmRow(alarm: i32): i32 {
  if (alarm < 0 || alarm >= ALARMS) return 0;
  const bit: i32 = 1 << alarm;
  return (
    ((CRITICAL & bit) != 0 ? ALARM_IS_CRITICAL : 0) |
    ((SLOWING & bit) != 0 ? ALARM_SLOWS : 0) |
    ((STOPPING & bit) != 0 ? ALARM_STOPS : 0) |
    ((LATCHING & bit) != 0 ? ALARM_LATCHES : 0) |
    ((RESTING & bit) != 0 ? ALARM_RESTS_A_DAY : 0)
  );
}
