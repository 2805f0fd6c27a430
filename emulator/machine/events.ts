// The table of events, which turns a traced code and its three numbers into the published fields with their units, and has the
// values that the reference controller gives each field. The name of an event is that of its code in the contract. Reports,
// expectations, the scenario's schema and the docs read the table. The board reports `reset`, and people report how a trial ended; no controller traces these.

import { ALARMS } from "../../hal/alarms";
import {
  BOLUS_SECONDS_MAX,
  COUNTER_MAX,
  OUTCOME_ALARM,
  OUTCOME_BRIDGE_NEEDED,
  OUTCOME_BUSY,
  OUTCOME_DIGEST,
  OUTCOME_DOSE_LIMIT,
  OUTCOME_EMPTY,
  OUTCOME_HARD_LIMIT,
  OUTCOME_LIBRARY,
  OUTCOME_LIFE,
  OUTCOME_LOCKOUT,
  OUTCOME_LOG_UNREAD,
  OUTCOME_MALFORMED,
  OUTCOME_NOT_AUTHENTIC,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_NOT_PAIRED,
  OUTCOME_NOT_PROGRAMMED,
  OUTCOME_NO_SESSION,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_PER_24H,
  OUTCOME_REPLAY,
  OUTCOME_SOFT_LIMIT,
  OUTCOME_STOPPED,
  OUTCOME_TIGHT_LIMITS,
  OUTCOME_TOTAL_DOUBLED,
  OUTCOME_VERSION,
  PAIRINGS,
  SESSIONS_LEFT_LOW,
  WINDOW_MINUTES_MAX,
  WINDOW_MINUTES_MIN,
} from "../../hal/telemetry";
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
  REFILL_ERROR_UNKNOWN,
  EVENT_REFILLED,
  EVENT_SELF_TEST,
  EVENT_SESSION_CLOSED,
  EVENT_SESSION_OPENED,
  EVENT_SESSIONS_LEFT,
  EVENT_STALL_DETECTED,
  EVENT_STALL_RECOVERED,
  EVENT_STARTED,
  EVENT_STOPPED,
  EVENT_STORE_REPAIRED,
  STARTED_BY_PROGRAM,
} from "../../hal/trace";
import { PULSE_NL, RATE_MAX, RATE_MINIMUM, RATE_THERAPEUTIC_MIN } from "../../hal/units";
import { alarmName } from "../contract/alarms";
import {
  eventName,
  LIFE_LIST,
  lifeName,
  outcomeName,
  REFUSED_LIST,
  refusedField,
  recordName,
  RESET_LIST,
  resetName,
  ROLE_LIST,
  roleName,
  STARTED_LIST,
  type CodeList,
} from "../contract/codes";
import { COMMAND_NAMES } from "../contract/commands";
import { wallText } from "../calendar";
import { DRUG_TABLE } from "../world/patient/drug-table";
import { secondsOf } from "../time";
import { inUlPerDay, NL_PER_ML, NL_PER_UL, UG_PER_MG } from "../amounts";
import { describeUnknown } from "../names";
import { DIGEST, numbers, problemOfValue, WALL_MINUTE, words, type FieldValues, type Words } from "./event-values";

export type EventFields = Record<string, string | number>;

/** The codes of what no controller traces: a reset of the board, and what people beside the pump find out and do. */
export const RESET_CODE = -1;
export const ORAL_TAKEN_CODE = -2;
export const TRIAL_PASSED_CODE = -3;
export const TRIAL_FAILED_CODE = -4;
export const CONVERTED_CODE = -5;
export const TAKEN_OUT_CODE = -6;

interface EventRow {
  /** An EVENT_ code, or RESET_CODE. */
  code: number;
  /** The published fields, from the three numbers that are traced with the code. */
  fields(a: number, b: number, c: number): EventFields;
  /** By field. Another controller may give other words of the same list. */
  values: Readonly<Record<string, FieldValues>>;
  together?: Together;
}

/** For each word of the field `of`: the values that the field `field` may have beside it. */
interface Together {
  of: string;
  field: string;
  values: Readonly<Record<string, readonly (string | number)[]>>;
}

/** Types see to it that each field has its values. */
function row<Field extends string>(
  code: number,
  fields: (a: number, b: number, c: number) => Record<Field, string | number>,
  values: Readonly<Record<NoInfer<Field>, FieldValues>>,
  together?: Together,
): EventRow {
  return { code, fields, values, ...(together ? { together } : {}) };
}

const namesOf = ({ rows }: CodeList): string[] => rows.map(({ name }) => name);
const outcomes = (...codes: number[]): Words => words(codes.map(outcomeName));

const KINDS = words(["patient", "clinician", "prime"]);
const ROLES = words(namesOf(ROLE_LIST));
const RESETS = words(namesOf(RESET_LIST));
const ALARM = words(Array.from({ length: ALARMS }, (_, alarm) => alarmName(alarm)));
/** More than any reservoir and any syringe holds. */
const VOLUME = numbers({ unit: "nL", min: 0, max: 100 * NL_PER_ML, step: PULSE_NL });
const RATE = numbers({
  unit: "uL/day",
  min: inUlPerDay(RATE_THERAPEUTIC_MIN),
  max: inUlPerDay(RATE_MAX),
  step: inUlPerDay(1),
});
/** The parts that a self-test checks. Bit n of the published sum is set when part n has failed. */
export const SELF_TEST_NAMES: readonly string[] = [
  ...["level sensor", "pressure sensor", "clock", "sounder", "guard", "motor", "battery", "temperature"],
  ...["store", "program", "memory", "watchdog"],
];
const SELF_TEST_SUM = SELF_TEST_NAMES.map((name, bit) => `${1 << bit} ${name}`).join(", ");
/** The refusal is about no field of the prescription. */
const NO_FIELD = "none";
/** The length of a tick, to which a published time is given. */
const TICK_S = secondsOf(1);
/** A difference of 125 mL, beyond which the firmware cuts it off, after the delivery of a single pulse. */
const ERROR_PCT_MAX = 50_000_000;
/** More than the fastest rate and every bolus of a day. */
const TOTAL_UL_MAX = 1_000_000;
const SESSION = numbers({
  min: 1,
  max: COUNTER_MAX,
  about: "the session's number, 1 at first, and one more for each that is offered",
});

/** The drugs that a patient may swallow; an event has the index of one. */
const ORAL_NAMES = DRUG_TABLE.map(({ name }) => name);
/** More than anybody swallows at once. */
const ORAL_MG_MAX = 10_000;
/** Scores of pain are 0 to 10, and mean Ashworth scores 1 to 5. */
const SCORE = { min: 0, max: 10, step: 0.01 };
const TRIAL_VALUES = {
  baseline: numbers({ ...SCORE, about: "the mean score before the trial" }),
  score: numbers({ ...SCORE, about: "the mean score of the trial" }),
};
/** The reasons why a bolus or a prime is denied. */
const DENIALS = outcomes(
  ...[OUTCOME_LOCKOUT, OUTCOME_PER_24H, OUTCOME_DOSE_LIMIT, OUTCOME_BUSY, OUTCOME_STOPPED, OUTCOME_ALARM],
  ...[OUTCOME_EMPTY, OUTCOME_NOT_PROGRAMMED, OUTCOME_OUT_OF_RANGE, OUTCOME_LIFE],
);
/** The reasons why a commit is refused. */
const COMMIT_REFUSALS = outcomes(
  ...[OUTCOME_ALARM, OUTCOME_OUT_OF_RANGE, OUTCOME_DIGEST, OUTCOME_SOFT_LIMIT, OUTCOME_HARD_LIMIT],
  ...[OUTCOME_TIGHT_LIMITS, OUTCOME_TOTAL_DOUBLED, OUTCOME_BRIDGE_NEEDED, OUTCOME_LIBRARY, OUTCOME_LIFE],
);
/** The reasons why a frame is refused. */
const LINK_REFUSALS = outcomes(
  ...[OUTCOME_OUT_OF_RANGE, OUTCOME_MALFORMED, OUTCOME_VERSION, OUTCOME_NOT_AUTHORISED, OUTCOME_NO_SESSION],
  ...[OUTCOME_REPLAY, OUTCOME_NOT_AUTHENTIC, OUTCOME_NOT_PAIRED],
);
/** The reasons why any other command is refused, and every command of an explanted pump. */
const COMMAND_REFUSALS = outcomes(
  ...[OUTCOME_BUSY, OUTCOME_STOPPED, OUTCOME_ALARM, OUTCOME_EMPTY, OUTCOME_NOT_PROGRAMMED, OUTCOME_OUT_OF_RANGE],
  ...[OUTCOME_NOT_AUTHORISED, OUTCOME_LIFE, OUTCOME_LOG_UNREAD],
);
const names = (...codes: number[]): string[] => codes.map(outcomeName);
/** The reasons for a denial by the kind of the bolus: a prime has no lockout and needs no program, and only a patient's has a cap. */
const OF_ANY_BOLUS = [OUTCOME_DOSE_LIMIT, OUTCOME_BUSY, OUTCOME_ALARM, OUTCOME_EMPTY, OUTCOME_OUT_OF_RANGE];
const OF_PROGRAMMED = [...OF_ANY_BOLUS, OUTCOME_STOPPED, OUTCOME_NOT_PROGRAMMED];
const DENIALS_BY_KIND: Together = {
  of: "kind",
  field: "reason",
  values: {
    patient: names(...OF_PROGRAMMED, OUTCOME_LOCKOUT, OUTCOME_PER_24H),
    clinician: names(...OF_PROGRAMMED),
    prime: names(...OF_ANY_BOLUS, OUTCOME_LIFE),
  },
};
/** The fields that a refusal of a commit is about, by its reason; a reason that is not here is about none. */
const FIELDS_BY_REASON: Together = (() => {
  const fields = namesOf(REFUSED_LIST);
  const ofReason: Readonly<Record<string, readonly string[]>> = {
    [outcomeName(OUTCOME_OUT_OF_RANGE)]: fields.filter((field) => field !== NO_FIELD && field !== "library"),
    [outcomeName(OUTCOME_SOFT_LIMIT)]: fields.filter((field) => field.startsWith("drugs[")),
    [outcomeName(OUTCOME_HARD_LIMIT)]: fields.filter((field) => field.startsWith("drugs[")),
    [outcomeName(OUTCOME_TIGHT_LIMITS)]: fields.filter(
      (field) => field === "patient_bolus" || field.startsWith("limits["),
    ),
    [outcomeName(OUTCOME_LIBRARY)]: ["library"],
  };
  const values = Object.fromEntries(COMMIT_REFUSALS.words.map((reason) => [reason, ofReason[reason] ?? [NO_FIELD]]));
  return { of: "reason", field: "field", values };
})();
/** Commands that log a refusal of their own, or that only the role and an explant refuse. */
const BARELY_REFUSED = ["stop", "commit", "patient_bolus", "clinician_bolus", "prime"];
const MORE_REFUSALS: Readonly<Record<string, readonly number[]>> = {
  start: [OUTCOME_NOT_PROGRAMMED],
  read_program: [OUTCOME_NOT_PROGRAMMED],
  bridge: [OUTCOME_NOT_PROGRAMMED, OUTCOME_STOPPED],
  implant: [OUTCOME_EMPTY],
  explant: [OUTCOME_LOG_UNREAD],
};
/** An interrogation is never refused. */
const REFUSABLE = words(COMMAND_NAMES.filter((name) => name !== "unknown" && name !== "interrogate"));

const REFUSALS_BY_COMMAND: Together = {
  of: "command",
  field: "reason",
  values: Object.fromEntries(
    REFUSABLE.words.map((command) => {
      const always = [OUTCOME_NOT_AUTHORISED, OUTCOME_LIFE];
      const others = [OUTCOME_BUSY, OUTCOME_ALARM, OUTCOME_OUT_OF_RANGE, ...(MORE_REFUSALS[command] ?? [])];
      return [command, names(...always, ...(BARELY_REFUSED.includes(command) ? [] : others))];
    }),
  ),
};
/** Each role has pairings of its own. */
const PAIRINGS_BY_ROLE: Together = {
  of: "role",
  field: "pairing",
  values: Object.fromEntries(
    ROLE_LIST.rows.map(({ name }, i) => {
      const count = PAIRINGS / ROLE_LIST.rows.length;
      return [name, Array.from({ length: count }, (_, pairing) => i * count + pairing)];
    }),
  ),
};

/** The one table of events, in the order in which their names are published: new rows go to the end. */
const EVENT_ROWS: readonly EventRow[] = [
  row(EVENT_BOOT, (a) => ({ cause: resetName(a) }), { cause: RESETS }),
  row(EVENT_BOLUS_STARTED, (a, b, c) => ({ kind: kindName(a), volume_nl: b * PULSE_NL, duration_s: secondsOf(c) }), {
    kind: KINDS,
    volume_nl: VOLUME,
    duration_s: numbers({ unit: "s", min: 0, max: BOLUS_SECONDS_MAX, step: TICK_S }),
  }),
  row(EVENT_BOLUS_FINISHED, (a, b) => ({ kind: kindName(a), delivered_nl: b * PULSE_NL }), {
    kind: KINDS,
    delivered_nl: VOLUME,
  }),
  row(
    EVENT_BOLUS_DENIED,
    (a, b) => ({ kind: kindName(a), reason: outcomeName(b) }),
    { kind: KINDS, reason: DENIALS },
    DENIALS_BY_KIND,
  ),
  row(EVENT_BOLUS_CANCELLED, (a, b) => ({ kind: kindName(a), delivered_nl: b * PULSE_NL }), {
    kind: KINDS,
    delivered_nl: VOLUME,
  }),
  row(EVENT_BASAL_RATE, (a) => ({ ul_per_day: inUlPerDay(a) }), {
    ul_per_day: { ...RATE, also: [0, inUlPerDay(RATE_MINIMUM)] },
  }),
  row(
    EVENT_PROGRAM_ACCEPTED,
    (a, b, c) => ({ rate_ul_per_day: inUlPerDay(a), digest: hex(b), total_ul_per_day: (c * PULSE_NL) / NL_PER_UL }),
    {
      rate_ul_per_day: { ...RATE, also: [0, inUlPerDay(RATE_MINIMUM)], about: "0 in a mode that has no single rate" },
      digest: DIGEST,
      total_ul_per_day: numbers({ unit: "uL/day", min: 0, max: TOTAL_UL_MAX, step: PULSE_NL / NL_PER_UL }),
    },
  ),
  row(
    EVENT_PROGRAM_REFUSED,
    (a, b) => ({ reason: outcomeName(a), field: refusedField(b) ?? NO_FIELD }),
    {
      reason: COMMIT_REFUSALS,
      field: words(namesOf(REFUSED_LIST)),
    },
    FIELDS_BY_REASON,
  ),
  row(EVENT_STOPPED, (a) => ({ by: a === 1 ? "alarm" : "command" }), { by: words(["command", "alarm"]) }),
  row(EVENT_STARTED, (a) => ({ by: a === STARTED_BY_PROGRAM ? "program" : "command" }), {
    by: words(namesOf(STARTED_LIST)),
  }),
  row(EVENT_REFILLED, (a, b) => ({ volume_nl: a * PULSE_NL, aspirated_nl: b * PULSE_NL }), {
    volume_nl: { ...VOLUME, about: "the content of the reservoir after it" },
    aspirated_nl: VOLUME,
  }),
  row(EVENT_CLOCK_SET, (a) => ({ to: wallText(a) }), { to: WALL_MINUTE }),
  row(EVENT_ALARM_RAISED, (a) => ({ alarm: alarmName(a) }), { alarm: ALARM }),
  row(EVENT_ALARM_CLEARED, (a) => ({ alarm: alarmName(a) }), { alarm: ALARM }),
  row(EVENT_ALARM_ACKNOWLEDGED, (a) => ({ alarm: alarmName(a) }), { alarm: ALARM }),
  row(EVENT_STALL_DETECTED, (a) => ({ missed: a }), {
    missed: numbers({ min: 8, max: 8, about: "pulses in a row without a proof of motion" }),
  }),
  row(EVENT_STALL_RECOVERED, () => ({}), {}),
  row(EVENT_LIMIT_REACHED, (a) => ({ window_min: a }), {
    window_min: numbers({
      unit: "min",
      min: WINDOW_MINUTES_MIN,
      max: WINDOW_MINUTES_MAX,
      about: "the length of the window that is full",
    }),
  }),
  row(RESET_CODE, (a) => ({ cause: resetName(a) }), { cause: RESETS }),
  row(EVENT_SESSION_OPENED, (a, b) => ({ role: roleName(a), session: b }), {
    role: ROLES,
    session: SESSION,
  }),
  row(EVENT_SESSION_CLOSED, (a, b) => ({ reason: a === CLOSED_TIME_OUT ? "time_out" : "replaced", session: b }), {
    reason: words(["time_out", "replaced"]),
    session: SESSION,
  }),
  row(EVENT_LINK_REFUSED, (a) => ({ reason: outcomeName(a) }), { reason: LINK_REFUSALS }),
  row(EVENT_SELF_TEST, (a) => ({ failed: a }), {
    failed: numbers({
      min: 0,
      max: (1 << SELF_TEST_NAMES.length) - 1,
      about: `the sum of what failed, ${SELF_TEST_SUM}`,
    }),
  }),
  row(EVENT_BRIDGE_STARTED, (a, b) => ({ volume_nl: a * PULSE_NL, ul_per_day: inUlPerDay(b) }), {
    volume_nl: VOLUME,
    ul_per_day: RATE,
  }),
  row(EVENT_BRIDGE_FINISHED, (a) => ({ delivered_nl: a * PULSE_NL }), { delivered_nl: VOLUME }),
  row(EVENT_LIFE_CHANGED, (a) => ({ to: lifeName(a) }), {
    to: words(namesOf(LIFE_LIST).slice(1)),
  }),
  row(EVENT_REFILL_DISCREPANCY, discrepancyFields, {
    expected_nl: VOLUME,
    aspirated_nl: VOLUME,
    error_pct: numbers({
      unit: "%",
      min: -ERROR_PCT_MAX,
      max: ERROR_PCT_MAX,
      step: 0.1,
      about:
        "of the volume delivered since the last refill; negative when more came out than was expected; absent below 0.5 mL",
    }),
  }),
  row(
    EVENT_COMMAND_REFUSED,
    (a, b) => ({ command: COMMAND_NAMES[a] ?? "unknown", reason: outcomeName(b) }),
    {
      command: REFUSABLE,
      reason: COMMAND_REFUSALS,
    },
    REFUSALS_BY_COMMAND,
  ),
  row(EVENT_STORE_REPAIRED, (a) => ({ record: recordName(a) }), {
    record: words(["ledger", "program", "window"]),
  }),
  row(
    EVENT_PAIRED,
    (a, b) => ({ role: roleName(a), pairing: b }),
    {
      role: ROLES,
      pairing: numbers({ min: 0, max: PAIRINGS - 1, about: "two of each role" }),
    },
    PAIRINGS_BY_ROLE,
  ),
  row(EVENT_SESSIONS_LEFT, (a) => ({ left: a }), {
    left: numbers({
      min: 0,
      max: SESSIONS_LEFT_LOW,
      about: "said at the first of these numbers and at 0, when no session opens any more",
    }),
  }),
  row(TRIAL_PASSED_CODE, trialFields, TRIAL_VALUES),
  row(TRIAL_FAILED_CODE, trialFields, TRIAL_VALUES),
  row(CONVERTED_CODE, (a) => ({ capacity_nl: a }), {
    capacity_nl: numbers({
      unit: "nL",
      min: 20 * NL_PER_ML,
      max: 40 * NL_PER_ML,
      step: 20 * NL_PER_ML,
      about: "of the implant that takes the place of the trial's pump",
    }),
  }),
  row(ORAL_TAKEN_CODE, (a, b) => ({ drug: ORAL_NAMES[a] ?? "unknown", dose: b / UG_PER_MG }), {
    drug: words(ORAL_NAMES),
    dose: numbers({ unit: "mg", min: 0, max: ORAL_MG_MAX, step: 1 / UG_PER_MG }),
  }),
  row(TAKEN_OUT_CODE, () => ({}), {}),
];

/** The names of events that no controller traces, by their codes. */
const OWN_NAMES: ReadonlyMap<number, string> = new Map([
  [RESET_CODE, "reset"],
  [ORAL_TAKEN_CODE, "oral_taken"],
  [TRIAL_PASSED_CODE, "trial_passed"],
  [TRIAL_FAILED_CODE, "trial_failed"],
  [CONVERTED_CODE, "converted"],
  [TAKEN_OUT_CODE, "taken_out"],
]);

const NAMED_ROWS = EVENT_ROWS.map((row) => ({
  ...row,
  name: OWN_NAMES.get(row.code) ?? eventName(row.code),
}));

/** The names of events in reports and in the expectations of scenarios. */
export const EVENT_NAMES: readonly string[] = NAMED_ROWS.map(({ name }) => name);

/** The values that the fields of each event may have, by the names of event and field. */
export const EVENT_VALUES: ReadonlyMap<string, Readonly<Record<string, FieldValues>>> = new Map(
  NAMED_ROWS.map(({ name, values }) => [name, values]),
);

/**
 * The sentence about a field that the event does not have, or about a value that the field cannot have; null when an event of
 * that name may be so. `atField` is true when the field is at fault and not its value.
 */
export function problemOfField(
  event: string,
  field: string,
  value: unknown,
): { message: string; atField: boolean } | null {
  const fields = EVENT_VALUES.get(event) ?? {};
  if (!Object.hasOwn(fields, field)) {
    const none = `the event ${event} has no fields: found \`${field}\``;
    const known = Object.keys(fields);
    return { message: known.length > 0 ? describeUnknown(`field of ${event}`, field, known) : none, atField: true };
  }
  const message = problemOfValue(`${field} of ${event}`, fields[field], value);
  return message === null ? null : { message, atField: false };
}

/** The sentence about two fields of which each may be so and both together never are, with the one at fault; null when there are none. */
export function problemOfFields(
  event: string,
  given: Readonly<Record<string, unknown>>,
): { message: string; field: string } | null {
  const together = NAMED_ROWS.find(({ name }) => name === event)?.together;
  if (together === undefined) return null;
  const { of, field, values } = together;
  const [word, value] = [given[of], given[field]];
  if (typeof word !== "string" || value === undefined || !Object.hasOwn(values, word)) return null;
  const allowed = values[word];
  if (allowed.includes(value as string | number)) return null;
  return {
    field,
    message: `${event} with the ${of} ${word} has the ${field} ${allowed.join(", ")}; never ${String(value)}`,
  };
}

const ROW_OF_CODE = new Map(NAMED_ROWS.map((row) => [row.code, row]));

/** The code by which `oral_taken` names a drug. */
export function oralCode(name: string): number {
  return ORAL_NAMES.indexOf(name);
}

/** True for an event that a controller traces; the others are of the board and of people. */
export function isTraced(name: string): boolean {
  return NAMED_ROWS.some((row) => row.name === name && row.code > 0);
}

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

/** An error of hardly any delivery is no number, so its field is absent. */
function discrepancyFields(a: number, b: number, c: number) {
  const fields = { expected_nl: a * PULSE_NL, aspirated_nl: b * PULSE_NL };
  return (c === REFILL_ERROR_UNKNOWN ? fields : { ...fields, error_pct: c / 10 }) as Record<
    "expected_nl" | "aspirated_nl" | "error_pct",
    number
  >;
}

/** The mean scores of a trial, traced in hundredths. */
function trialFields(a: number, b: number) {
  return { baseline: a / 100, score: b / 100 };
}

function kindName(cause: number): string {
  if (cause === CAUSE_PATIENT_BOLUS) return "patient";
  if (cause === CAUSE_CLINICIAN_BOLUS) return "clinician";
  return cause === CAUSE_PRIME ? "prime" : "unknown";
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
