// The one table of alarms (ALM-1): for each id its priority, effect on delivery and way to clear, read by the firmware's
// alarm engine, and the words for people, read by reports, docs and tests. Ids are append-only: they are bits of the
// status frame and numbers on the trace port.

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
export const ALARMS: i32 = 20;

/** 3 s of two tones every 10 min while it lasts; without this bit 1 s of one tone every 60 min. Bars every bolus. */
export const ALARM_IS_CRITICAL: i32 = 1;
/** Basal falls to the minimum rate and no bolus is granted, as long as it lasts. */
export const ALARM_SLOWS: i32 = 2;
/** Motor power is cut, and a clinician must start the pump again. Without this and SLOWS, delivery goes on. */
export const ALARM_STOPS: i32 = 4;
/** Stays until a clinician acknowledges it after its cause has gone; without this bit it goes with its cause. */
export const ALARM_LATCHES: i32 = 8;

/** The row of one alarm: the ALARM_ bits above, or 0 for an unknown id. */
export function alarmRow(alarm: i32): i32 {
  switch (alarm) {
    case ALARM_LOW_RESERVOIR:
      return 0;
    case ALARM_EMPTY_RESERVOIR:
      return ALARM_IS_CRITICAL | ALARM_SLOWS;
    case ALARM_VOLUME_MISMATCH:
      return ALARM_LATCHES;
    case ALARM_MOTOR_STALL:
      return ALARM_IS_CRITICAL;
    case ALARM_MOTOR_REVERSE:
      return ALARM_IS_CRITICAL | ALARM_STOPS | ALARM_LATCHES;
    case ALARM_MOTOR_RUNAWAY:
      return ALARM_IS_CRITICAL | ALARM_STOPS | ALARM_LATCHES;
    case ALARM_TUBE_SET:
      return ALARM_IS_CRITICAL | ALARM_LATCHES;
    case ALARM_DOSE_LIMIT:
      return ALARM_IS_CRITICAL | ALARM_SLOWS;
    case ALARM_DOSE_GUARD:
      return ALARM_IS_CRITICAL | ALARM_STOPS | ALARM_LATCHES;
    case ALARM_LOW_BATTERY_RESET:
      return ALARM_IS_CRITICAL | ALARM_LATCHES;
    case ALARM_PROGRAM_INVALID:
      return ALARM_IS_CRITICAL | ALARM_STOPS;
    case ALARM_SELF_TEST_FAILED:
      return ALARM_IS_CRITICAL | ALARM_STOPS | ALARM_LATCHES;
    case ALARM_CLOCK_FAULT:
      return ALARM_LATCHES;
    case ALARM_SENSOR_FAULT:
      return 0;
    case ALARM_MEMORY_FAULT:
      return ALARM_IS_CRITICAL | ALARM_STOPS | ALARM_LATCHES;
    case ALARM_ERI:
      return ALARM_LATCHES;
    case ALARM_EOS:
      return ALARM_IS_CRITICAL | ALARM_STOPS;
    case ALARM_SECURITY:
      return ALARM_LATCHES;
    case ALARM_REFILL_OVERDUE:
      return 0;
    case ALARM_TRIAL_EXPIRED:
      return ALARM_IS_CRITICAL | ALARM_STOPS;
    default:
      return 0;
  }
}

/** Host text; nothing in the firmware calls it, so no target carries it. */
export function alarmName(alarm: i32): string {
  switch (alarm) {
    case ALARM_LOW_RESERVOIR:
      return "low_reservoir";
    case ALARM_EMPTY_RESERVOIR:
      return "empty_reservoir";
    case ALARM_VOLUME_MISMATCH:
      return "volume_mismatch";
    case ALARM_MOTOR_STALL:
      return "motor_stall";
    case ALARM_MOTOR_REVERSE:
      return "motor_reverse";
    case ALARM_MOTOR_RUNAWAY:
      return "motor_runaway";
    case ALARM_TUBE_SET:
      return "tube_set";
    case ALARM_DOSE_LIMIT:
      return "dose_limit";
    case ALARM_DOSE_GUARD:
      return "dose_guard";
    case ALARM_LOW_BATTERY_RESET:
      return "low_battery_reset";
    case ALARM_PROGRAM_INVALID:
      return "program_invalid";
    case ALARM_SELF_TEST_FAILED:
      return "self_test_failed";
    case ALARM_CLOCK_FAULT:
      return "clock_fault";
    case ALARM_SENSOR_FAULT:
      return "sensor_fault";
    case ALARM_MEMORY_FAULT:
      return "memory_fault";
    case ALARM_ERI:
      return "eri";
    case ALARM_EOS:
      return "eos";
    case ALARM_SECURITY:
      return "security";
    case ALARM_REFILL_OVERDUE:
      return "refill_overdue";
    case ALARM_TRIAL_EXPIRED:
      return "trial_expired";
    default:
      return "unknown";
  }
}

/** Host text: what raises the alarm. */
export function alarmCause(alarm: i32): string {
  switch (alarm) {
    case ALARM_LOW_RESERVOIR:
      return "the estimate is at or below the programmed threshold";
    case ALARM_EMPTY_RESERVOIR:
      return "the estimate is at or below 1.4 mL";
    case ALARM_VOLUME_MISMATCH:
      return "level sensor and estimate differ by more than 1 mL (20 mL pump) or 2 mL (40 mL) for an hour";
    case ALARM_MOTOR_STALL:
      return "eight pulses in a row without proof of motion; gone after four proofs in a row";
    case ALARM_MOTOR_REVERSE:
      return "the rotor turned backward";
    case ALARM_MOTOR_RUNAWAY:
      return "the rotor turned without a pulse";
    case ALARM_TUBE_SET:
      return "stopped or stalled for more than 48 h in total since the pump last ran";
    case ALARM_DOSE_LIMIT:
      return "a dose window is full; gone when it has room again";
    case ALARM_DOSE_GUARD:
      return "the dose guard has cut the motor supply";
    case ALARM_LOW_BATTERY_RESET:
      return "the supply dipped and the controller restarted";
    case ALARM_PROGRAM_INVALID:
      return "a pump in service has no intact program after a restart";
    case ALARM_SELF_TEST_FAILED:
      return "a self-test found a part that does not answer as it must";
    case ALARM_CLOCK_FAULT:
      return "the real-time clock did not advance by one minute in one minute";
    case ALARM_SENSOR_FAULT:
      return "a reservoir sensor reads a rail three times in a row";
    case ALARM_MEMORY_FAULT:
      return "a value and its complement in memory do not agree";
    case ALARM_ERI:
      return "the cell measured below 3,200 mV three minutes in a row, or 90 days are left of 84 months of service";
    case ALARM_EOS:
      return "90 days since eri, 84 months of service, or a cell below 2,500 mV three minutes in a row";
    case ALARM_SECURITY:
      return "ten frames within an hour were forged, replayed, out of role, or came without the programming head that they need";
    case ALARM_REFILL_OVERDUE:
      return "the programmed number of days since the last refill has passed";
    case ALARM_TRIAL_EXPIRED:
      return "seven days since an external trial pump first ran";
    default:
      return "unknown";
  }
}
