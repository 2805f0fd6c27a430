// The kinds of values of a scenario file: mappings, words, texts, numbers, quantities and times, each with the sentence about a
// value that is none. `schema.ts` puts them together to a file.

import { z } from "zod";
import { WINDOW_MINUTES_MAX, WINDOW_MINUTES_MIN } from "../../hal/telemetry";
import { MINUTES_PER_DAY, MINUTES_PER_HOUR, TICK_MS, TICKS_PER_DAY } from "../../hal/units";
import { parseWall, type WallTime } from "../calendar";
import { describeFound, describeUnknown } from "../names";
import { MS_PER_MINUTE } from "../time";
import { describeKinds, type Kind, parseQuantity, patternOf, type Quantity } from "./quantity";

/** About the longest life of an implanted battery. A longer run is a mistake in the unit. */
export const DURATION_DAYS_MAX = 3660;

/** More than any reservoir and any syringe holds. */
export const VOLUME_NL_MAX = 100_000_000;

/** Marks for `json-schema.ts` in the metadata of a shape. */
export const EDITOR = {
  /** The shape is decided by a look at the value: the choice's name. */
  choice: "cistern choice",
  /** The name under which the pattern of a text is defined once. */
  pattern: "cistern pattern",
} as const;

/** The values whose shape is decided by a look at them. */
export type Choice = "entry" | "basal" | "change" | "event" | "never";

/** A time with the words in which it was written. */
export interface Span {
  ticks: number;
  text: string;
}

export type ErrorMap = (issue: { code?: string | undefined; input?: unknown; keys?: unknown }) => string;

/** Makes the message about a missing value or one that is not `what`. */
export function expected(what: string): ErrorMap {
  return (issue) =>
    issue.input === undefined ? `missing: expected ${what}` : `expected ${what}, found ${describeFound(issue.input)}`;
}

/** A mapping with these keys and no others. Its message has one line for each unknown key, in the order of `keys`. */
export function mapping<S extends z.ZodRawShape>(what: string, shape: S) {
  const known = Object.keys(shape);
  const mismatch = expected(`${what}: a mapping with ${known.length > 0 ? known.join(", ") : "no keys"}`);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? (issue.keys as string[]).map((key) => describeUnknown("key", key, known)).join("\n")
        : mismatch(issue),
  });
}

/** JSON Schema of a mapping that has these keys. Some validators take `required` only beside `properties`. */
export function requires(...keys: string[]): object {
  return { type: "object", properties: Object.fromEntries(keys.map((key) => [key, true])), required: keys };
}

/** The check of a mapping runs beside wrong values in it too, so that all problems of a mapping are told at once. */
export const OF_ANY_MAPPING = {
  when: ({ value }: { value: unknown }) => isMapping(value),
};

/** Refuses a mapping that has none or several of `keys`, in the loader and in the editor. */
export function exactlyOneOf<T extends z.ZodObject>(keys: readonly string[], schema: T): T {
  return schema
    .superRefine((value, context) => {
      const given = keys.filter((key) => value[key] !== undefined);
      if (given.length === 1) return;
      const wanted = `expected exactly one of ${keys.join(", ")}`;
      const found = given.length === 0 ? "found none" : `found ${given.join(" and ")}`;
      const params = { isMissing: given.length === 0 };
      context.addIssue({ code: "custom", message: `${wanted}, ${found}`, params });
    }, OF_ANY_MAPPING)
    .meta(exactlyOneIn(keys, Object.keys(schema.shape))) as T;
}

/** JSON Schema for a mapping that has exactly one of `keys`, in the form that brings the fewest errors. */
function exactlyOneIn(keys: readonly string[], all: readonly string[]): Record<string, unknown> {
  if (keys.length === all.length) return { minProperties: 1, maxProperties: 1 };
  if (keys.length > 2) return { oneOf: keys.map((key) => requires(key)) };
  const [one, other] = keys;
  return {
    if: requires(one),
    then: { type: "object", properties: { [other]: false } },
    else: { ...requires(other), errorMessage: `Expected exactly one of ${keys.join(", ")}` },
  };
}

/** A problem of the choice that `decided` makes, at a path below the value. */
interface Undecided {
  message: string;
  path: string[];
  atKey: boolean;
}

/** A value whose shape is decided by a look at it. Its problems are those of that shape alone. */
export function decided<T>(choose: (value: unknown) => z.ZodType<T> | Undecided) {
  return z.unknown().transform((value, context): T => {
    const chosen = choose(value);
    if (!(chosen instanceof z.ZodType)) {
      const { message, path, atKey } = chosen;
      context.issues.push({ code: "custom", message, path, input: value, params: { atKey } });
      return z.NEVER;
    }
    const parsed = chosen.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function word(what: string, names: readonly string[]) {
  return z.enum(names as [string, ...string[]], {
    error: (issue) =>
      typeof issue.input === "string"
        ? describeUnknown(what, issue.input, names)
        : expected(`the name of ${/^[aeiou]/.test(what) ? "an" : "a"} ${what} (${names.join(", ")})`)(issue),
  });
}

export function text(what: string, charactersMax: number) {
  const error = expected(`${what}: text of 1 to ${charactersMax} characters`);
  return z
    .string({ error })
    .min(1, { error })
    .max(charactersMax, { error })
    .refine((written) => written === "" || /\S/.test(written), { error });
}

export function integer(what: string, least: number, most: number) {
  const error = expected(`${what}: a whole number from ${least} to ${most}`);
  return z.int({ error }).min(least, { error }).max(most, { error });
}

export function list<T extends z.ZodType>(what: string, item: T, least: number, most: number) {
  const error: ErrorMap = (issue) =>
    Array.isArray(issue.input)
      ? `expected ${what}: ${least} to ${most} of them, found ${issue.input.length}`
      : expected(`a list: ${what}`)(issue);
  return z.array(item, { error }).min(least, { error }).max(most, { error });
}

export const flag = z.literal(true, { error: expected("`true`") });
export const choice = z.boolean({ error: expected("`true` or `false`") });

/** A quantity of one of `kinds`, parsed to its exact value. */
export function quantity(kinds: readonly Kind[], signed = false) {
  return z
    .string({
      error: (issue) =>
        typeof issue.input === "number"
          ? `expected ${describeKinds(kinds)}, found the bare number ${issue.input} without its unit`
          : expected(describeKinds(kinds))(issue),
    })
    .transform((written, context): Quantity => {
      const parsed = parseQuantity(written, kinds, signed);
      if (parsed.ok) return parsed.quantity;
      context.addIssue({ code: "custom", message: parsed.problem });
      return z.NEVER;
    })
    .meta({
      [EDITOR.pattern]: [signed ? "signed" : "", ...kinds].filter(Boolean).join("_"),
      pattern: patternOf(kinds, signed),
      patternErrorMessage: `Expected ${describeKinds(kinds)}`,
    });
}

/** A quantity within `least` and `most`, which are in its base unit. `bounds` has their words for the message. */
export function bounded(kinds: readonly Kind[], least: number, most: number, bounds: string) {
  return quantity(kinds, least < 0).superRefine((found, context) => {
    if (found.value.gte(least) && found.value.lte(most)) return;
    context.addIssue({ code: "custom", message: `expected ${bounds}, found "${found.text}"` });
  });
}

/** A time in whole ticks. */
export function span(signed = false) {
  return quantity(["duration"], signed).transform((found, context): Span => {
    const ticks = found.value.div(TICK_MS);
    const most = DURATION_DAYS_MAX * TICKS_PER_DAY;
    if (ticks.d !== 1n) {
      context.addIssue({ code: "custom", message: `expected whole ticks of 10 ms, found "${found.text}"` });
    } else if (ticks.abs().gt(most)) {
      context.addIssue({
        code: "custom",
        message: `expected at most ${DURATION_DAYS_MAX} days, found "${found.text}"`,
      });
    }
    return { ticks: ticks.valueOf(), text: found.text };
  });
}

/** A time of the run. */
export const time = span();

/** A time in whole ticks, more than 0 s. */
export function positiveSpan() {
  return span().superRefine((found, context) => {
    if (found.ticks <= 0)
      context.addIssue({ code: "custom", message: `expected more than 0 s, found "${found.text}"` });
  });
}

/** The length of a dose window. */
export function windowLength() {
  return quantity(["duration"]).superRefine((found, context) => {
    const minutes = found.value.div(MS_PER_MINUTE);
    if (minutes.d === 1n && minutes.gte(WINDOW_MINUTES_MIN) && minutes.lte(WINDOW_MINUTES_MAX)) return;
    const bounds = `whole minutes from ${WINDOW_MINUTES_MIN} min to ${WINDOW_MINUTES_MAX / MINUTES_PER_DAY} d`;
    context.addIssue({ code: "custom", message: `expected ${bounds}, found "${found.text}"` });
  });
}

/** A volume in whole nanolitres, as the world counts it. */
export function wholeVolume() {
  return bounded(["volume"], 0, VOLUME_NL_MAX, "at most 100 mL").superRefine((found, context) => {
    if (found.value.d === 1n) return;
    context.addIssue({ code: "custom", message: `expected whole nanolitres, found "${found.text}"` });
  });
}

const WALL_PATTERN = "^20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d)?$";

/** A local time such as `2026-03-02T08:00`, with or without seconds. */
export const wallTime = z
  .string({ error: expected("a local time such as 2026-03-02T08:00") })
  .transform((written, context): WallTime => {
    const time = parseWall(written.trim());
    if (!time) {
      const found = describeFound(written);
      const message = `expected a local time from 2000 to 2099 such as 2026-03-02T08:00, found ${found}`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
    return time;
  })
  .meta({
    [EDITOR.pattern]: "wall_time",
    pattern: WALL_PATTERN,
    patternErrorMessage: "Expected a local time from 2000 to 2099 such as 2026-03-02T08:00",
    examples: ["2026-03-02T08:00"],
  });

export const amount = {
  dose: quantity(["dose"])
    .describe("Amount of the primary drug, whose concentration gives the volume: `0.05 mg`")
    .optional(),
  volume: quantity(["volume"]).describe("Volume: `25 uL`").optional(),
};

const CLOCK_PATTERN = "^([01]\\d|2[0-3]):[0-5]\\d$";

/** A time of day such as `07:00`, as the minute of the day. */
export const timeOfDay = z
  .string({ error: expected("a time of day such as 07:00") })
  .transform((written, context): number => {
    const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(written);
    if (match) return MINUTES_PER_HOUR * Number(match[1]) + Number(match[2]);
    const message = `expected a time of day from 00:00 to 23:59, found ${describeFound(written)}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  })
  .meta({
    [EDITOR.pattern]: "time_of_day",
    pattern: CLOCK_PATTERN,
    patternErrorMessage: "Expected a time of day from 00:00 to 23:59",
    examples: ["07:00"],
  });

/** The message of a union whose branch is chosen by the word under `key`. */
export function discriminator(what: string, key: string, names: readonly string[]): ErrorMap {
  return (issue) => {
    const input = issue.input;
    if (typeof input !== "object" || input === null || Array.isArray(input)) {
      return expected(`a mapping with \`${key}\``)(issue);
    }
    const found: unknown = (input as Record<string, unknown>)[key];
    if (typeof found === "string") return describeUnknown(what, found, names);
    return expected(`the name of ${/^[aeiou]/.test(what) ? "an" : "a"} ${what} (${names.join(", ")})`)({
      input: found,
    });
  };
}
