// The one table of harms (EMU-8): what reaches a patient, as the world sees it, and the alarms that name it in their time. The
// scenario's language, the run that keeps the harms, and docs/harms.md, which says why, read the table.

import { TICKS_PER_DAY, TICKS_PER_MINUTE } from "../../hal/units";
import { ALARM_ROWS } from "./alarms";

export interface HarmRow {
  name: string;
  /** The sight by which the world knows it, in a clause without its full stop. */
  sees: string;
  /**
   * One of these must be active when the harm begins or in the time over which it is measured, or be raised within `within_ticks` of its
   * beginning; none: no alarm can name it.
   */
  alarms: readonly string[];
  within_ticks: number;
  /**
   * The time before its beginning over which the harm is measured: an alarm that was active in it names the harm too, also if it is
   * over. 0 for a harm that is a state.
   */
  measured_ticks: number;
  /** A harm that ends and comes again within this time is the same one. */
  again_ticks: number;
  /** True when it is none if it ends before an alarm is due, and has hurt nobody by then. */
  mayPass: boolean;
}

/** A pump that an alarm stops gives nothing, so the alarm names that harm whatever its cause is. */
const STOPPING = ALARM_ROWS.filter(({ effect }) => effect === "stops").map(({ name }) => name);
const NAMES_OVERDOSE = ["dose_limit", "dose_guard", "motor_runaway", "volume_mismatch"];
const NAMES_UNDERDOSE = [
  ...["volume_mismatch", "motor_stall", "empty_reservoir", "memory_fault", "dose_limit", "program_invalid"],
  ...["tube_set", "eos", "reset_loop", "pump_stopped"],
];

export const HARM_ROWS: readonly HarmRow[] = [
  {
    name: "overdose",
    sees: "more left the head in a dose window than its limit, 14.5 % of it and one pulse",
    alarms: NAMES_OVERDOSE,
    within_ticks: TICKS_PER_DAY,
    measured_ticks: 0,
    again_ticks: TICKS_PER_DAY,
    mayPass: false,
  },
  {
    name: "underdose",
    sees: "less left the tip in 24 h than 75 % of what the accepted program and boluses owe",
    alarms: [...new Set([...NAMES_UNDERDOSE, ...STOPPING])],
    within_ticks: TICKS_PER_DAY,
    measured_ticks: TICKS_PER_DAY,
    again_ticks: TICKS_PER_DAY,
    mayPass: false,
  },
  {
    name: "dry",
    sees: "the bellows is empty",
    alarms: ["empty_reservoir"],
    within_ticks: 15 * TICKS_PER_MINUTE,
    measured_ticks: 0,
    again_ticks: 0,
    mayPass: true,
  },
  {
    name: "respiratory_depression",
    sees: "a patient's ventilation is below half of control for 15 min",
    alarms: [],
    within_ticks: 0,
    measured_ticks: 0,
    again_ticks: TICKS_PER_DAY,
    mayPass: false,
  },
  {
    name: "withdrawal",
    sees: "a patient's withdrawal is severe",
    alarms: [...new Set([...["empty_reservoir", "motor_stall", "pump_stopped", "low_reservoir"], ...STOPPING])],
    within_ticks: 0,
    measured_ticks: 0,
    again_ticks: TICKS_PER_DAY,
    mayPass: false,
  },
];

export const HARM_NAMES: readonly string[] = HARM_ROWS.map(({ name }) => name);
