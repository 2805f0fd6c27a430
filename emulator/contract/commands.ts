// The one table of telemetry commands: a row a command, with its code, the layout of its payload and of its answer, the roles that
// may give it, and whether it needs the programming head. Made from it (scripts/contract.ts): the constants of hal/telemetry.ts,
// by which the firmware decodes and permits, the tables of docs/telemetry.md and the types of docs/telemetry.ksy. Read from it:
// the encoders of emulator/telemetry/messages.ts. Codes and layouts are append-only.

import { CONCENTRATION_MAX } from "../../hal/drug-library";
import {
  BOLUS_SECONDS_MAX,
  CATHETER_MM_MAX,
  CATHETER_MM_MIN,
  CATHETER_NL_MAX,
  LOG_READ_MAX,
  PRIME_PULSES_MAX,
  PROGRAM_PIECE_BYTES,
  WALL_MINUTE_MAX,
} from "../../hal/telemetry";
import { ALARM_ROWS } from "./alarms";
import { LIFE_LIST, MODE_LIST, OUTCOME_LIST, REASON_LIST, REFUSED_LIST, RING_LIST, type CodeList } from "./codes";
import { bytesOf, encodeLayout, type NumberField } from "./layout";
import { PROGRAM_RECORD } from "./record";

/** The part of a payload or an answer that follows the fields, up to its end. */
export interface Rest {
  name: string;
  means: string;
  /** The bounds of the number of bytes, or of entries of the layout `of`. */
  min: number;
  max: number;
  of?: readonly NumberField[];
}

type RoleName = "clinician" | "patient" | "observer";

export interface CommandRow {
  code: number;
  name: string;
  payload: readonly NumberField[];
  rest?: Rest;
  roles: readonly RoleName[];
  /** True: a clinician needs the programming head in place for this command. */
  needsHead: boolean;
  /** True: the pump keeps the command with its outcome, and acknowledges a repeat without carrying it out again. */
  isRemembered: boolean;
  /** True: its refusal is an event with its own name, and not `command_refused`. */
  logsRefusal?: boolean;
  /** The fields of the answer after its outcome. */
  answer: readonly NumberField[];
  answerRest?: Rest;
}

/** The confirmations of a commit and a prime. */
export const CONFIRM_BITS: CodeList = {
  prefix: "CONFIRM",
  rows: [
    { code: 1, name: "soft_limit", means: "a drug's soft limit is passed" },
    { code: 2, name: "total", means: "the 24-hour total is more than doubled" },
    { code: 4, name: "no_bridge", means: "drug or concentration changes without a bridge" },
    { code: 8, name: "geometry", means: "a prime is more than the recorded path holds" },
    { code: 16, name: "tight_limits", means: "the program cannot be given as written (LIM-9)" },
  ],
};
const COMMIT_BITS: CodeList = { ...CONFIRM_BITS, rows: CONFIRM_BITS.rows.filter(({ name }) => name !== "geometry") };
const PRIME_BITS: CodeList = { ...CONFIRM_BITS, rows: CONFIRM_BITS.rows.filter(({ name }) => name === "geometry") };

export const REFILL_BITS: CodeList = {
  prefix: "REFILL",
  rows: [
    { code: 1, name: "emptied", means: "everything was aspirated" },
    {
      code: 2,
      name: "accept",
      means: "a discrepancy is accepted; without it a refill with one is refused, and nothing is recorded",
    },
  ],
};

export const IMPLANT_BITS: CodeList = {
  prefix: "IMPLANT",
  rows: [
    {
      code: 1,
      name: "purged",
      means: "the purge was seen before; without it the pump proves with a purge of eight pulses that its motor turns",
    },
  ],
};

export const FLAG_BITS: CodeList = {
  prefix: "FLAG",
  rows: [
    { code: 1, name: "bolus", means: "a bolus is under way" },
    { code: 2, name: "stalled", means: "the motor is stalled" },
    { code: 4, name: "limited", means: "a dose limit holds the rate back" },
    { code: 8, name: "self_test", means: "a self-test is under way" },
    { code: 16, name: "head", means: "the programming head is in place" },
  ],
};

const u8 = (name: string, more: Partial<NumberField> = {}): NumberField => ({ name, type: "u8", ...more });
const u16 = (name: string, more: Partial<NumberField> = {}): NumberField => ({ name, type: "u16", ...more });
const u32 = (name: string, more: Partial<NumberField> = {}): NumberField => ({ name, type: "u32", ...more });

/** An entry of the log; its first two numbers beyond the times are those of its event. */
export const LOG_ENTRY: readonly NumberField[] = [
  u32("sequence", { means: "the first entry of a ring has 1" }),
  u32("minute", { means: "of the pump's own counter" }),
  u32("wall", { means: "minutes of the wall clock since 2000-01-01T00:00" }),
  u32("a"),
  u32("b"),
  u8("code", { means: "an EVENT_ of hal/trace.ts" }),
];

/** The answer to INTERROGATE after its outcome. Volumes are in pulses. */
export const STATUS: readonly NumberField[] = [
  u8("mode", { codes: MODE_LIST }),
  u8("flags", { bits: FLAG_BITS }),
  u8("last_command", {
    codes: "COMMAND",
    means: "the last command of this pairing that was executed or denied; 0 when there is none",
  }),
  u8("last_outcome", { codes: OUTCOME_LIST, means: "its outcome" }),
  u16("last_sequence", { means: "its sequence" }),
  u16("cell_mv", { means: "voltage of the cell" }),
  u32("rate", { means: "basal rate in force, 0.01 uL/day" }),
  u32("estimate", { means: "the pump's estimate of the reservoir" }),
  u32("pulses", { means: "pulses since the controller started" }),
  u32("missed", { means: "the number of these without proof of motion" }),
  u32("alarms", { means: "bit n is set while alarm n is active" }),
  u32("minute", { means: "the pump's minute counter" }),
  { name: "offset", type: "i32", means: "minutes to the wall clock" },
  u32("digest", { means: "digest of the program in force; 0 when there is none" }),
  u32("bolus_given", { means: "given volume of the last bolus" }),
  u32("bolus_total", { means: "ordered volume of the last bolus" }),
  u16("requests", { means: "patient bolus requests (PTB-5)" }),
  u16("granted", { means: "the number of these that were granted" }),
  u16("denied", { count: 9, means: "the number of these that were denied, by outcome 1 to 9" }),
  u16("refused_frames", { means: "frames refused since the controller started" }),
  u8("life", { codes: LIFE_LIST }),
  u16("self_test", { means: "the failures of the last self-test, as in the event `self_test`" }),
  u32("log", { means: "sequence of the last entry of the ring of events" }),
  u32("faults", { means: "sequence of the last entry of the ring of faults" }),
  u32("supervised", { means: "the rest of a prime or a bridge" }),
  u32("total", { means: "the most that the program in force gives in 24 h" }),
];

const RECORD_BYTES = bytesOf(PROGRAM_RECORD);
const CLINICIAN = ["clinician"] as const;
const EVERYBODY = ["clinician", "patient", "observer"] as const;

/** An order of a clinician, which needs the programming head and is carried out once. */
const order = (code: number, name: string, payload: NumberField[] = [], answer: NumberField[] = []): CommandRow => ({
  code,
  name,
  payload,
  roles: CLINICIAN,
  needsHead: true,
  isRemembered: true,
  answer,
});

/** A command whose refusal is an event with its own name. */
const logging = (row: CommandRow): CommandRow => ({ ...row, logsRefusal: true });

const PULSES: Partial<NumberField> = { means: "pulses of 250 nL" };

export const COMMAND_ROWS: readonly CommandRow[] = [
  {
    code: 2,
    name: "interrogate",
    payload: [],
    roles: EVERYBODY,
    needsHead: false,
    isRemembered: false,
    answer: STATUS,
  },
  {
    code: 3,
    name: "stage",
    payload: [u16("offset", { max: RECORD_BYTES - 1, means: "where the piece begins in the record" })],
    rest: { name: "piece", means: "bytes of the record", min: 1, max: PROGRAM_PIECE_BYTES },
    roles: CLINICIAN,
    needsHead: true,
    isRemembered: false,
    answer: [
      u32("digest", { means: "of the whole staged record" }),
      u8("starts", {
        isOptional: true,
        means: "1: the pump is stopped, and a commit of the record starts it; left out where it does not",
      }),
    ],
  },
  logging(
    order(
      4,
      "commit",
      [
        u32("digest", { means: "of the staged record" }),
        u8("confirm", { bits: COMMIT_BITS }),
        u8("reason", { codes: REASON_LIST }),
        u32("total", { means: "24-hour total in pulses as it was shown; 0 with nothing to confirm" }),
      ],
      [
        u32("total", { means: "24-hour total of the staged program, in pulses" }),
        u32("before", { means: "24-hour total of the program in force, in pulses" }),
        u8("field", {
          codes: REFUSED_LIST,
          isOptional: true,
          means: "the field that is the reason for a refusal; left out where there is none",
        }),
      ],
    ),
  ),
  order(5, "stop"),
  order(6, "start"),
  {
    code: 7,
    name: "patient_bolus",
    payload: [],
    roles: ["clinician", "patient"],
    needsHead: false,
    isRemembered: true,
    logsRefusal: true,
    answer: [],
  },
  logging(
    order(8, "clinician_bolus", [
      u32("pulses", { min: 1, ...PULSES }),
      u32("duration_s", { min: 1, max: BOLUS_SECONDS_MAX }),
    ]),
  ),
  order(
    9,
    "refill",
    [u8("flags", { bits: REFILL_BITS }), u32("aspirated", PULSES), u32("filled", PULSES)],
    [u32("expected", { means: "the volume that should have been left, in pulses" })],
  ),
  order(10, "set_clock", [
    u32("wall_minute", {
      max: WALL_MINUTE_MAX,
      means: "since 2000-01-01T00:00; not more than 30 days before the first that was set",
    }),
  ]),
  order(11, "acknowledge", [u8("alarm", { max: ALARM_ROWS.length - 1, means: "an alarm that is active" })]),
  order(12, "self_test"),
  logging(
    order(13, "prime", [
      u32("pulses", { min: 1, max: PRIME_PULSES_MAX, ...PULSES }),
      u8("confirm", { bits: PRIME_BITS, means: "needed for more than the recorded path and 10 uL" }),
    ]),
  ),
  order(14, "bridge", [
    u32("old_concentration", { min: 1, max: CONCENTRATION_MAX, means: "concentration still in the path, 0.1 ug/mL" }),
    u32("pulses", { min: 1, max: PRIME_PULSES_MAX, ...PULSES }),
  ]),
  order(15, "implant", [
    u16("catheter_mm", { min: CATHETER_MM_MIN, max: CATHETER_MM_MAX }),
    u32("catheter_nl", { min: 1, max: CATHETER_NL_MAX }),
    u8("flags", { bits: IMPLANT_BITS }),
  ]),
  order(16, "explant"),
  {
    code: 17,
    name: "read_log",
    payload: [
      u8("ring", { codes: RING_LIST }),
      u32("first", { min: 1, means: "sequence of the first entry that is asked for" }),
    ],
    roles: ["clinician", "observer"],
    needsHead: false,
    isRemembered: false,
    answer: [u8("count", { max: LOG_READ_MAX, means: "how many entries follow" })],
    answerRest: { name: "entries", means: "entries of the log", min: 0, max: LOG_READ_MAX, of: LOG_ENTRY },
  },
  {
    code: 18,
    name: "read_program",
    payload: [u16("offset", { max: RECORD_BYTES - 1, means: "where the piece begins in the record" })],
    roles: ["clinician", "observer"],
    needsHead: false,
    isRemembered: false,
    answer: [],
    answerRest: { name: "piece", means: "bytes of the record in force", min: 1, max: PROGRAM_PIECE_BYTES },
  },
];

/** The commands as a list of codes. */
export const COMMAND_LIST: CodeList = {
  prefix: "COMMAND",
  count: "COMMANDS",
  rows: COMMAND_ROWS.map(({ code, name }) => ({ code, name })),
};

/** The names of the commands, by code. The pump has no command 0, and command 1 was one of frame version 1. */
export const COMMAND_NAMES: readonly string[] = Array.from(
  { length: COMMAND_ROWS[COMMAND_ROWS.length - 1].code + 1 },
  (_, code) => COMMAND_ROWS.find((row) => row.code === code)?.name ?? "unknown",
);

/** The payload of a command from its numbers by name. Throws RangeError when one is missing or is not of the row. */
export function encodePayload(code: number, values: Readonly<Record<string, number>>): Uint8Array {
  const row = COMMAND_ROWS.find((each) => each.code === code);
  const names = row?.payload.map(({ name }) => name) ?? [];
  if (!row || names.length !== Object.keys(values).length || names.some((name) => values[name] === undefined)) {
    throw new RangeError(
      `command ${code} has ${names.join(", ") || "no fields"}, not ${Object.keys(values).join(", ")}`,
    );
  }
  return encodeLayout(row.payload, values);
}
