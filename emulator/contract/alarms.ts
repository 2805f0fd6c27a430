// The one table of alarms (ALM-1), with the cause, the urgency, the effect on delivery and the end of each. hal/alarms.ts,
// which the firmware's alarm engine reads, and the table of docs/reference.md are made from it (scripts/contract.ts). Ids are
// append-only: they are bits of the status frame and numbers on the trace port.

export interface AlarmRow {
  id: number;
  /** The word in reports, scenarios and answers. */
  name: string;
  /** Critical: 3 s of two tones every 10 min, and no bolus is granted; else 1 s of one tone every 60 min. */
  critical: boolean;
  /** `slows`: basal falls to the minimum rate; `stops`: motor power is cut, and a clinician must start the pump again. */
  effect: "none" | "slows" | "stops";
  /** True: it stays until a clinician acknowledges it after its cause has gone. False: it ends with its cause. */
  latches: boolean;
  /** True: acknowledged, it is silent for a day and not for two hours at most. It is not critical. */
  restsADay?: true;
  /** The cause that raises it, for people. */
  cause: string;
}

const QUIET = { critical: false, effect: "none", latches: false } as const;
const LATCHED = { critical: false, effect: "none", latches: true } as const;
const CRITICAL = { critical: true, effect: "none", latches: false } as const;
const CRITICAL_LATCHED = { critical: true, effect: "none", latches: true } as const;
const SLOWS = { critical: true, effect: "slows", latches: false } as const;
const STOPS = { critical: true, effect: "stops", latches: false } as const;
const STOPS_LATCHED = { critical: true, effect: "stops", latches: true } as const;

export const ALARM_ROWS: readonly AlarmRow[] = [
  {
    id: 0,
    name: "low_reservoir",
    ...QUIET,
    cause: "the lower of estimate and level sensor is at or below the programmed threshold",
  },
  { id: 1, name: "empty_reservoir", ...SLOWS, cause: "the lower of estimate and level sensor is at or below 1.4 mL" },
  {
    id: 2,
    name: "volume_mismatch",
    ...LATCHED,
    cause: "level sensor and estimate differ by more than 1 mL (20 mL pump) or 2 mL (40 mL) for an hour",
  },
  {
    id: 3,
    name: "motor_stall",
    ...CRITICAL,
    cause: "eight pulses in a row without proof of motion; gone after four proofs in a row",
  },
  { id: 4, name: "motor_reverse", ...STOPS_LATCHED, cause: "the rotor turned backward" },
  { id: 5, name: "motor_runaway", ...STOPS_LATCHED, cause: "the rotor turned without a pulse" },
  {
    id: 6,
    name: "tube_set",
    ...CRITICAL_LATCHED,
    cause: "stopped or stalled for more than 48 h in total since the pump last ran",
  },
  { id: 7, name: "dose_limit", ...SLOWS, cause: "a dose window is full; gone when it has room again" },
  { id: 8, name: "dose_guard", ...STOPS_LATCHED, cause: "the dose guard has cut the motor supply" },
  {
    id: 9,
    name: "low_battery_reset",
    ...CRITICAL_LATCHED,
    cause: "the supply dipped and the controller restarted",
  },
  {
    id: 10,
    name: "program_invalid",
    ...STOPS,
    cause: "a pump in service has no intact program after a restart",
  },
  {
    id: 11,
    name: "self_test_failed",
    ...STOPS_LATCHED,
    cause: "a self-test found a part that does not answer as it must",
  },
  {
    id: 12,
    name: "clock_fault",
    ...LATCHED,
    cause: "the real-time clock did not advance by one minute in one minute, or was off by more than a minute in a day",
  },
  {
    id: 13,
    name: "sensor_fault",
    ...QUIET,
    cause:
      "a reservoir sensor reads a rail three times in a row; a level of zero is none while estimate, readings before it or pressure say empty",
  },
  { id: 14, name: "memory_fault", ...STOPS_LATCHED, cause: "a value and its complement in memory do not agree" },
  {
    id: 15,
    name: "eri",
    ...LATCHED,
    cause:
      "the cell measured below 3,200 mV three minutes in a row, 90 days are left of 84 months of service, or a thousand sessions are left",
  },
  {
    id: 16,
    name: "eos",
    ...STOPS,
    cause: "90 days since eri, 84 months of service, or a cell below 2,500 mV three minutes in a row",
  },
  {
    id: 17,
    name: "security",
    ...LATCHED,
    cause:
      "ten frames within an hour were forged, replayed, out of role, or came without the programming head that they need",
  },
  {
    id: 18,
    name: "refill_overdue",
    ...QUIET,
    cause: "the programmed number of days since the last refill has passed",
  },
  { id: 19, name: "trial_expired", ...STOPS, cause: "seven days since an external trial pump first ran" },
  {
    id: 20,
    name: "pump_stopped",
    ...QUIET,
    restsADay: true,
    cause:
      "a pump in service has been stopped for an hour, by a command or by an alarm that is over, and nobody started it",
  },
  { id: 21, name: "reset_loop", ...CRITICAL, cause: "the controller restarted more than three times within an hour" },
];

/** The alarm's name; `unknown` for an id that is in no row. */
export function alarmName(alarm: number): string {
  return rowOf(alarm)?.name ?? "unknown";
}

/** The cause that raises the alarm, for people; `unknown` for an id that is in no row. */
export function alarmCause(alarm: number): string {
  return rowOf(alarm)?.cause ?? "unknown";
}

function rowOf(alarm: number): AlarmRow | undefined {
  return ALARM_ROWS.find(({ id }) => id === alarm);
}
