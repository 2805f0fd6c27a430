// What the trace codes mean: for each event its published name and its fields, in the units of the published output. One
// table: reports, expectations and docs read it. `reset` is the board's own word, not the controller's.

import { alarmName } from "../../hal/alarms";
import { resetName } from "../../hal/reset";
import { lifeName, outcomeName, roleName } from "../../hal/telemetry";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  CLOSED_TIME_OUT,
  EVENT_ALARM_ACKNOWLEDGED,
  EVENT_ALARM_CLEARED,
  EVENT_ALARM_RAISED,
  EVENT_BASAL_RATE,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_BOOT,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_CLOCK_SET,
  EVENT_COMMAND_REFUSED,
  EVENT_LIFE_CHANGED,
  EVENT_LIMIT_REACHED,
  EVENT_LINK_REFUSED,
  EVENT_PAIRED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_PROGRAM_REFUSED,
  EVENT_REFILL_DISCREPANCY,
  EVENT_REFILLED,
  EVENT_SELF_TEST,
  EVENT_SESSION_CLOSED,
  EVENT_SESSION_OPENED,
  EVENT_STALL_DETECTED,
  EVENT_STALL_RECOVERED,
  EVENT_STARTED,
  EVENT_STOPPED,
  EVENT_STORE_REPAIRED,
} from "../../hal/trace";
import { PULSE_NL } from "../../hal/units";
import { wallText } from "../calendar";

export type EventFields = Record<string, string | number>;

/** What the COMMAND_ codes are called, by code; the pump has no command 0, and 1 was one of frame version 1. */
export const COMMAND_NAMES: readonly string[] = [
  "unknown",
  "unknown",
  "interrogate",
  "stage",
  "commit",
  "stop",
  "start",
  "patient_bolus",
  "clinician_bolus",
  "refill",
  "set_clock",
  "acknowledge",
  "self_test",
  "prime",
  "bridge",
  "implant",
  "explant",
  "read_log",
  "read_program",
];

/** The records of the pump's store, in the order of their index. */
export const RECORD_NAMES: readonly string[] = ["time", "ledger", "chart", "program", "window"];

/** Name and fields of a traced event; null for a code that is in no table. */
export function describeEvent(
  code: number,
  a: number,
  b: number,
  c: number,
): { name: string; fields: EventFields } | null {
  switch (code) {
    case EVENT_BOOT:
      return { name: "boot", fields: { cause: resetName(a) } };
    case EVENT_BOLUS_STARTED:
      return { name: "bolus_started", fields: { kind: kindName(a), volume_nl: b * PULSE_NL, duration_s: c / 100 } };
    case EVENT_BOLUS_FINISHED:
      return { name: "bolus_finished", fields: { kind: kindName(a), delivered_nl: b * PULSE_NL } };
    case EVENT_BOLUS_DENIED:
      return { name: "bolus_denied", fields: { kind: kindName(a), reason: outcomeName(b) } };
    case EVENT_BOLUS_CANCELLED:
      return { name: "bolus_cancelled", fields: { kind: kindName(a), delivered_nl: b * PULSE_NL } };
    case EVENT_BASAL_RATE:
      return { name: "basal_rate", fields: { ul_per_day: a / 100 } };
    case EVENT_PROGRAM_ACCEPTED:
      return {
        name: "program_accepted",
        fields: { rate_ul_per_day: a / 100, digest: hex(b), total_ul_per_day: (c * PULSE_NL) / 1000 },
      };
    case EVENT_PROGRAM_REFUSED:
      return { name: "program_refused", fields: { reason: outcomeName(a) } };
    case EVENT_STOPPED:
      return { name: "stopped", fields: { by: a === 1 ? "alarm" : "command" } };
    case EVENT_STARTED:
      return { name: "started", fields: {} };
    case EVENT_REFILLED:
      return { name: "refilled", fields: { volume_nl: a * PULSE_NL, aspirated_nl: b * PULSE_NL } };
    case EVENT_CLOCK_SET:
      return { name: "clock_set", fields: { to: wallText(a) } };
    case EVENT_ALARM_RAISED:
      return { name: "alarm_raised", fields: { alarm: alarmName(a) } };
    case EVENT_ALARM_CLEARED:
      return { name: "alarm_cleared", fields: { alarm: alarmName(a) } };
    case EVENT_ALARM_ACKNOWLEDGED:
      return { name: "alarm_acknowledged", fields: { alarm: alarmName(a) } };
    case EVENT_STALL_DETECTED:
      return { name: "stall_detected", fields: { missed: a } };
    case EVENT_STALL_RECOVERED:
      return { name: "stall_recovered", fields: {} };
    case EVENT_LIMIT_REACHED:
      return { name: "limit_reached", fields: { window_min: a } };
    case EVENT_LINK_REFUSED:
      return { name: "link_refused", fields: { reason: outcomeName(a) } };
    case EVENT_SELF_TEST:
      return { name: "self_test", fields: { failed: a } };
    case EVENT_BRIDGE_STARTED:
      return { name: "bridge_started", fields: { volume_nl: a * PULSE_NL, ul_per_day: b / 100 } };
    case EVENT_BRIDGE_FINISHED:
      return { name: "bridge_finished", fields: { delivered_nl: a * PULSE_NL } };
    case EVENT_LIFE_CHANGED:
      return { name: "life_changed", fields: { to: lifeName(a) } };
    case EVENT_REFILL_DISCREPANCY:
      return {
        name: "refill_discrepancy",
        fields: { expected_nl: a * PULSE_NL, aspirated_nl: b * PULSE_NL, error_pct: c / 10 },
      };
    case EVENT_COMMAND_REFUSED:
      return {
        name: "command_refused",
        fields: { command: COMMAND_NAMES[a] ?? COMMAND_NAMES[0], reason: outcomeName(b) },
      };
    case EVENT_STORE_REPAIRED:
      return { name: "store_repaired", fields: { record: RECORD_NAMES[a] ?? "unknown" } };
    case EVENT_SESSION_OPENED:
      return { name: "session_opened", fields: { role: roleName(a), session: b } };
    case EVENT_SESSION_CLOSED:
      return {
        name: "session_closed",
        fields: { reason: a === CLOSED_TIME_OUT ? "time_out" : "replaced", session: b },
      };
    case EVENT_PAIRED:
      return { name: "paired", fields: { role: roleName(a), pairing: b } };
    default:
      return null;
  }
}

function kindName(cause: number): string {
  if (cause === CAUSE_PATIENT_BOLUS) return "patient";
  if (cause === CAUSE_CLINICIAN_BOLUS) return "clinician";
  return cause === CAUSE_PRIME ? "prime" : "unknown";
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
