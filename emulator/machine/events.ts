// The table of events, which turns a traced code and its three numbers into the published fields with their units. The name of
// an event is that of its code in the contract. Reports, expectations, the scenario's schema and the docs read the table. A
// controller does not trace `reset`; the board reports it.

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
import { eventName, lifeName, outcomeName, resetName, roleName } from "../contract/codes";
import { wallText } from "../calendar";
import { secondsOf } from "../time";

export type EventFields = Record<string, string | number>;

/** The names of the COMMAND_ codes, by code. The pump has no command 0, and command 1 was one of frame version 1. */
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

/** The code of a reset of the board. The codes of a controller are positive. */
export const RESET_CODE = -1;

interface EventRow {
  /** An EVENT_ code, or RESET_CODE. */
  code: number;
  /** The published fields, from the three numbers that are traced with the code. */
  fields(a: number, b: number, c: number): EventFields;
}

const none = () => ({});

/** The one table of events, in the order in which their names are published: new rows go to the end. */
const EVENT_ROWS: readonly EventRow[] = [
  { code: EVENT_BOOT, fields: (a) => ({ cause: resetName(a) }) },
  {
    code: EVENT_BOLUS_STARTED,
    fields: (a, b, c) => ({ kind: kindName(a), volume_nl: b * PULSE_NL, duration_s: secondsOf(c) }),
  },
  {
    code: EVENT_BOLUS_FINISHED,
    fields: (a, b) => ({ kind: kindName(a), delivered_nl: b * PULSE_NL }),
  },
  {
    code: EVENT_BOLUS_DENIED,
    fields: (a, b) => ({ kind: kindName(a), reason: outcomeName(b) }),
  },
  {
    code: EVENT_BOLUS_CANCELLED,
    fields: (a, b) => ({ kind: kindName(a), delivered_nl: b * PULSE_NL }),
  },
  { code: EVENT_BASAL_RATE, fields: (a) => ({ ul_per_day: a / 100 }) },
  {
    code: EVENT_PROGRAM_ACCEPTED,
    fields: (a, b, c) => ({ rate_ul_per_day: a / 100, digest: hex(b), total_ul_per_day: (c * PULSE_NL) / 1000 }),
  },
  { code: EVENT_PROGRAM_REFUSED, fields: (a) => ({ reason: outcomeName(a) }) },
  { code: EVENT_STOPPED, fields: (a) => ({ by: a === 1 ? "alarm" : "command" }) },
  { code: EVENT_STARTED, fields: none },
  {
    code: EVENT_REFILLED,
    fields: (a, b) => ({ volume_nl: a * PULSE_NL, aspirated_nl: b * PULSE_NL }),
  },
  { code: EVENT_CLOCK_SET, fields: (a) => ({ to: wallText(a) }) },
  { code: EVENT_ALARM_RAISED, fields: (a) => ({ alarm: alarmName(a) }) },
  { code: EVENT_ALARM_CLEARED, fields: (a) => ({ alarm: alarmName(a) }) },
  { code: EVENT_ALARM_ACKNOWLEDGED, fields: (a) => ({ alarm: alarmName(a) }) },
  { code: EVENT_STALL_DETECTED, fields: (a) => ({ missed: a }) },
  { code: EVENT_STALL_RECOVERED, fields: none },
  { code: EVENT_LIMIT_REACHED, fields: (a) => ({ window_min: a }) },
  { code: RESET_CODE, fields: (a) => ({ cause: resetName(a) }) },
  { code: EVENT_SESSION_OPENED, fields: (a, b) => ({ role: roleName(a), session: b }) },
  {
    code: EVENT_SESSION_CLOSED,
    fields: (a, b) => ({ reason: a === CLOSED_TIME_OUT ? "time_out" : "replaced", session: b }),
  },
  { code: EVENT_LINK_REFUSED, fields: (a) => ({ reason: outcomeName(a) }) },
  { code: EVENT_SELF_TEST, fields: (a) => ({ failed: a }) },
  {
    code: EVENT_BRIDGE_STARTED,
    fields: (a, b) => ({ volume_nl: a * PULSE_NL, ul_per_day: b / 100 }),
  },
  { code: EVENT_BRIDGE_FINISHED, fields: (a) => ({ delivered_nl: a * PULSE_NL }) },
  { code: EVENT_LIFE_CHANGED, fields: (a) => ({ to: lifeName(a) }) },
  {
    code: EVENT_REFILL_DISCREPANCY,
    fields: (a, b, c) => ({ expected_nl: a * PULSE_NL, aspirated_nl: b * PULSE_NL, error_pct: c / 10 }),
  },
  {
    code: EVENT_COMMAND_REFUSED,
    fields: (a, b) => ({ command: COMMAND_NAMES[a] ?? COMMAND_NAMES[0], reason: outcomeName(b) }),
  },
  { code: EVENT_STORE_REPAIRED, fields: (a) => ({ record: RECORD_NAMES[a] ?? "unknown" }) },
  { code: EVENT_PAIRED, fields: (a, b) => ({ role: roleName(a), pairing: b }) },
];

const NAMED_ROWS = EVENT_ROWS.map((row) => ({
  ...row,
  name: row.code === RESET_CODE ? "reset" : eventName(row.code),
}));

/** The names of events in reports and in the expectations of scenarios. */
export const EVENT_NAMES: readonly string[] = NAMED_ROWS.map(({ name }) => name);

/** The names of each event's fields, by the event's name. */
export const EVENT_FIELDS: ReadonlyMap<string, readonly string[]> = new Map(
  NAMED_ROWS.map(({ name, fields }) => [name, Object.keys(fields(0, 0, 0))]),
);

const ROW_OF_CODE = new Map(NAMED_ROWS.map((row) => [row.code, row]));

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
