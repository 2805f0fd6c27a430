// What the trace codes mean: for each event its published name and its fields, in the units of the published output. One
// table: reports, expectations, the scenario's schema and the docs read it. A `reset` is not traced by the controller; the
// board reports it.

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
import { alarmName } from "../contract/alarms";
import { lifeName, outcomeName, resetName, roleName } from "../contract/codes";
import { wallText } from "../calendar";
import { secondsOf } from "../time";

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

/** What a reset of the board is among the codes; the controller's own are positive. */
export const RESET_CODE = -1;

interface EventRow {
  /** Published: rows are added at the end, and a name never changes. */
  name: string;
  /** An EVENT_ code, or RESET_CODE. */
  code: number;
  /** The published fields, made of the three words that are traced with the code. */
  fields(a: number, b: number, c: number): EventFields;
}

const none = () => ({});

/** The one table of events. */
const EVENT_ROWS: readonly EventRow[] = [
  { name: "boot", code: EVENT_BOOT, fields: (a) => ({ cause: resetName(a) }) },
  {
    name: "bolus_started",
    code: EVENT_BOLUS_STARTED,
    fields: (a, b, c) => ({ kind: kindName(a), volume_nl: b * PULSE_NL, duration_s: secondsOf(c) }),
  },
  {
    name: "bolus_finished",
    code: EVENT_BOLUS_FINISHED,
    fields: (a, b) => ({ kind: kindName(a), delivered_nl: b * PULSE_NL }),
  },
  {
    name: "bolus_denied",
    code: EVENT_BOLUS_DENIED,
    fields: (a, b) => ({ kind: kindName(a), reason: outcomeName(b) }),
  },
  {
    name: "bolus_cancelled",
    code: EVENT_BOLUS_CANCELLED,
    fields: (a, b) => ({ kind: kindName(a), delivered_nl: b * PULSE_NL }),
  },
  { name: "basal_rate", code: EVENT_BASAL_RATE, fields: (a) => ({ ul_per_day: a / 100 }) },
  {
    name: "program_accepted",
    code: EVENT_PROGRAM_ACCEPTED,
    fields: (a, b, c) => ({ rate_ul_per_day: a / 100, digest: hex(b), total_ul_per_day: (c * PULSE_NL) / 1000 }),
  },
  { name: "program_refused", code: EVENT_PROGRAM_REFUSED, fields: (a) => ({ reason: outcomeName(a) }) },
  { name: "stopped", code: EVENT_STOPPED, fields: (a) => ({ by: a === 1 ? "alarm" : "command" }) },
  { name: "started", code: EVENT_STARTED, fields: none },
  {
    name: "refilled",
    code: EVENT_REFILLED,
    fields: (a, b) => ({ volume_nl: a * PULSE_NL, aspirated_nl: b * PULSE_NL }),
  },
  { name: "clock_set", code: EVENT_CLOCK_SET, fields: (a) => ({ to: wallText(a) }) },
  { name: "alarm_raised", code: EVENT_ALARM_RAISED, fields: (a) => ({ alarm: alarmName(a) }) },
  { name: "alarm_cleared", code: EVENT_ALARM_CLEARED, fields: (a) => ({ alarm: alarmName(a) }) },
  { name: "alarm_acknowledged", code: EVENT_ALARM_ACKNOWLEDGED, fields: (a) => ({ alarm: alarmName(a) }) },
  { name: "stall_detected", code: EVENT_STALL_DETECTED, fields: (a) => ({ missed: a }) },
  { name: "stall_recovered", code: EVENT_STALL_RECOVERED, fields: none },
  { name: "limit_reached", code: EVENT_LIMIT_REACHED, fields: (a) => ({ window_min: a }) },
  { name: "reset", code: RESET_CODE, fields: (a) => ({ cause: resetName(a) }) },
  { name: "session_opened", code: EVENT_SESSION_OPENED, fields: (a, b) => ({ role: roleName(a), session: b }) },
  {
    name: "session_closed",
    code: EVENT_SESSION_CLOSED,
    fields: (a, b) => ({ reason: a === CLOSED_TIME_OUT ? "time_out" : "replaced", session: b }),
  },
  { name: "link_refused", code: EVENT_LINK_REFUSED, fields: (a) => ({ reason: outcomeName(a) }) },
  { name: "self_test", code: EVENT_SELF_TEST, fields: (a) => ({ failed: a }) },
  {
    name: "bridge_started",
    code: EVENT_BRIDGE_STARTED,
    fields: (a, b) => ({ volume_nl: a * PULSE_NL, ul_per_day: b / 100 }),
  },
  { name: "bridge_finished", code: EVENT_BRIDGE_FINISHED, fields: (a) => ({ delivered_nl: a * PULSE_NL }) },
  { name: "life_changed", code: EVENT_LIFE_CHANGED, fields: (a) => ({ to: lifeName(a) }) },
  {
    name: "refill_discrepancy",
    code: EVENT_REFILL_DISCREPANCY,
    fields: (a, b, c) => ({ expected_nl: a * PULSE_NL, aspirated_nl: b * PULSE_NL, error_pct: c / 10 }),
  },
  {
    name: "command_refused",
    code: EVENT_COMMAND_REFUSED,
    fields: (a, b) => ({ command: COMMAND_NAMES[a] ?? COMMAND_NAMES[0], reason: outcomeName(b) }),
  },
  { name: "store_repaired", code: EVENT_STORE_REPAIRED, fields: (a) => ({ record: RECORD_NAMES[a] ?? "unknown" }) },
  { name: "paired", code: EVENT_PAIRED, fields: (a, b) => ({ role: roleName(a), pairing: b }) },
];

/** The names under which events appear in reports and may be expected in scenarios. */
export const EVENT_NAMES: readonly string[] = EVENT_ROWS.map(({ name }) => name);

/** The names of each event's fields, by the event's name. */
export const EVENT_FIELDS: ReadonlyMap<string, readonly string[]> = new Map(
  EVENT_ROWS.map(({ name, fields }) => [name, Object.keys(fields(0, 0, 0))]),
);

const ROW_OF_CODE: ReadonlyMap<number, EventRow> = new Map(EVENT_ROWS.map((row) => [row.code, row]));

/** Name and fields of a traced event, or of a reset; null for a code that is in no table. */
export function describeEvent(
  code: number,
  a: number,
  b: number,
  c: number,
): { name: string; fields: EventFields } | null {
  const row = ROW_OF_CODE.get(code);
  return row ? { name: row.name, fields: row.fields(a, b, c) } : null;
}

function kindName(cause: number): string {
  if (cause === CAUSE_PATIENT_BOLUS) return "patient";
  if (cause === CAUSE_CLINICIAN_BOLUS) return "clinician";
  return cause === CAUSE_PRIME ? "prime" : "unknown";
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
