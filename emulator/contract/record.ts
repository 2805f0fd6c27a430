// The layout of the program record, which STAGE carries in pieces, a commit brings into force, and READ_PROGRAM gives back.
// Made from it (scripts/contract.ts): the offsets in hal/telemetry.ts, the table of docs/telemetry.md, the types of
// docs/telemetry.ksy. The host encodes by it (emulator/telemetry/messages.ts) and decodes by a layout of its own. The layout is
// append-only: records lie in the memories of pumps.

import {
  BOLUS_SECONDS_MAX,
  CAP_PER_24H_MAX,
  DOSE_EVERY_MINUTES_MAX,
  DOSE_EVERY_MINUTES_MIN,
  LOCKOUT_MINUTES_MAX,
  LOCKOUT_MINUTES_MIN,
  WINDOW_MINUTES_MAX,
  WINDOW_MINUTES_MIN,
} from "../../hal/telemetry";
import { MINUTES_PER_DAY } from "../../hal/units";
import { MODE_LIST, type CodeList } from "./codes";
import { DRUG_ROWS } from "./drugs";
import type { Group, NumberField } from "./layout";

/** The modes that a program can have. */
export const PROGRAM_MODE_LIST: CodeList = {
  ...MODE_LIST,
  rows: MODE_LIST.rows.filter(({ name }) => ["stopped", "minimum", "continuous", "flex", "periodic"].includes(name)),
};

const LIMITS_MAX = 4;
const DRUGS_MAX = 4;
const PATTERNS_MAX = 7;
const STEPS_MAX = 13;
const WEEKDAYS = 7;

interface Constants {
  /** The name of its offset in hal/telemetry.ts, without PROGRAM_. */
  constant: string;
}

export const PROGRAM_RECORD: readonly ((NumberField | Group) & Constants)[] = [
  { constant: "MODE", name: "mode", type: "u8", codes: PROGRAM_MODE_LIST },
  {
    constant: "LIMIT_COUNT",
    name: "limit_count",
    type: "u8",
    max: LIMITS_MAX,
    means: "with 0 the pump derives limits from the program (LIM-5)",
  },
  { constant: "CAP", name: "cap_per_day", type: "u8", max: CAP_PER_24H_MAX, means: "patient boluses in 24 h; 0: none" },
  { constant: "DRUG_COUNT", name: "drug_count", type: "u8", max: DRUGS_MAX },
  { constant: "RATE", name: "rate", type: "u32", means: "of continuous mode, 0.01 uL/day; 0 in the other modes" },
  { constant: "BOLUS", name: "bolus_pulses", type: "u16", means: "a patient's bolus" },
  { constant: "BOLUS_SECONDS", name: "bolus_s", type: "u16", max: BOLUS_SECONDS_MAX, means: "its duration" },
  {
    constant: "LOCKOUT",
    name: "lockout_min",
    type: "u16",
    min: LOCKOUT_MINUTES_MIN,
    max: LOCKOUT_MINUTES_MAX,
    means: "minutes between two patient boluses",
  },
  {
    constant: "LOW",
    name: "low_pulses",
    type: "u32",
    max: 0x7fffffff,
    means: "threshold of the alarm low_reservoir, in pulses",
  },
  {
    constant: "LIMIT",
    name: "limits",
    one: "limit",
    count: LIMITS_MAX,
    of: [
      { name: "pulses", type: "u32", min: 1 },
      { name: "window_min", type: "u16", min: WINDOW_MINUTES_MIN, max: WINDOW_MINUTES_MAX },
    ],
  },
  { constant: "LIBRARY", name: "library", type: "u16", means: "version of the drug library" },
  { constant: "REFILL_DAYS", name: "refill_days", type: "u16", means: "days from a refill to the next; 0: no date" },
  { constant: "DOSE", name: "dose_pulses", type: "u16", means: "a dose of periodic mode" },
  { constant: "DOSE_SECONDS", name: "dose_s", type: "u16", max: BOLUS_SECONDS_MAX, means: "its duration" },
  {
    constant: "DOSE_EVERY",
    name: "dose_every_min",
    type: "u16",
    min: DOSE_EVERY_MINUTES_MIN,
    max: DOSE_EVERY_MINUTES_MAX,
    means: "minutes from one dose to the next",
  },
  {
    constant: "DRUG",
    name: "drugs",
    one: "drug",
    count: DRUGS_MAX,
    means: "the primary one first",
    of: [
      { name: "id", type: "u8", max: DRUG_ROWS.length, means: "of hal/drug-library.ts; 0: unlisted" },
      { name: "concentration", type: "u32", min: 1, means: "0.1 ug/mL" },
    ],
  },
  {
    constant: "WEEKDAY",
    name: "weekdays",
    type: "u8",
    count: WEEKDAYS,
    means: "the pattern of each weekday of flex mode, Monday first",
  },
  { constant: "PATTERN_COUNT", name: "pattern_count", type: "u8", max: PATTERNS_MAX },
  {
    constant: "PATTERN",
    name: "patterns",
    one: "pattern",
    count: PATTERNS_MAX,
    of: [
      { name: "step_count", type: "u8", min: 1, max: STEPS_MAX },
      {
        name: "steps",
        one: "step",
        count: STEPS_MAX,
        of: [
          { name: "minute", type: "u16", max: MINUTES_PER_DAY - 1, means: "of the day" },
          { name: "rate", type: "u32", means: "0.01 uL/day" },
        ],
      },
    ],
  },
];

/** How many of each list there are at most, under the names of their constants in hal/telemetry.ts. */
export const PROGRAM_LISTS = {
  PROGRAM_LIMITS_MAX: LIMITS_MAX,
  PROGRAM_DRUGS_MAX: DRUGS_MAX,
  PATTERNS_MAX,
  STEPS_MAX,
  WEEKDAYS,
};
