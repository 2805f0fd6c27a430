// The values that a field of an event may have: words of a list, numbers of a unit, or text of a form. The table of events.ts
// gives each field one of these. The check of an expectation, the JSON Schema of a scenario and the reference page read it, so
// that no expectation can name a value that its event never has.

import { parseWall } from "../calendar";
import { describeFound, describeUnknown } from "../names";

export interface Words {
  kind: "words";
  words: readonly string[];
}

export interface Numbers {
  kind: "number";
  /** Empty for a count or a code. */
  unit: string;
  min: number;
  max: number;
  /** Every value is a multiple of it. */
  step: number;
  /** Single values outside `min` to `max`. */
  also: readonly number[];
  /** The meaning of the number, where unit and name do not say it. */
  about: string;
}

export interface Text {
  kind: "text";
  /** The form in words, for messages and the reference page. */
  form: string;
  /** A regular expression that every value matches. */
  pattern: string;
  /** True when a text of that form is a value. */
  fits(text: string): boolean;
}

export type FieldValues = Words | Numbers | Text;

export function words(list: readonly string[]): Words {
  return { kind: "words", words: list };
}

export function numbers(given: Pick<Numbers, "min" | "max"> & Partial<Numbers>): Numbers {
  return { kind: "number", unit: "", step: 1, also: [], about: "", ...given };
}

/** The CRC-32 of a record. */
export const DIGEST: Text = {
  kind: "text",
  form: "the CRC-32 of the record, 8 hexadecimal digits in quotes",
  pattern: "^[0-9a-f]{8}$",
  fits: () => true,
};

/** A moment of the pump's clock, which has no seconds. */
export const WALL_MINUTE: Text = {
  kind: "text",
  form: "wall time to the minute, as `2026-03-02T08:00`",
  pattern: "^20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d$",
  fits: (text) => parseWall(text) !== null,
};

/** The values in words, for messages: `a whole number in nL, 0 to 100000000 in steps of 250`. */
function describeValues(values: FieldValues): string {
  if (values.kind === "words") return values.words.join(", ");
  if (values.kind === "text") return values.form;
  return `a ${values.step % 1 === 0 ? "whole number" : "number"}${values.unit && ` in ${values.unit}`}, ${rangeOf(values)}`;
}

/** The values of a number in words, for messages and the reference page: `0 or 48 to 24000`. */
export function rangeOf({ min, max, step, also, about }: Numbers): string {
  const range = min === max ? String(min) : `${min} to ${max}`;
  const steps = step === 1 ? "" : ` in steps of ${step}`;
  return `${[...also, range].join(" or ")}${steps}${about && `: ${about}`}`;
}

/** The sentence about a value that the field cannot have; null when it can. `what` names the field: `reason of bolus_denied`. */
export function problemOfValue(what: string, values: FieldValues, value: unknown): string | null {
  switch (values.kind) {
    case "words":
      if (typeof value !== "string")
        return `expected a ${what} (${describeValues(values)}), found ${describeFound(value)}`;
      return values.words.includes(value) ? null : describeUnknown(what, value, values.words);
    case "number":
      if (typeof value === "number" && isAmong(values, value)) return null;
      return `expected the ${what}: ${describeValues(values)}; found ${describeFound(value)}`;
    case "text":
      if (typeof value === "string" && new RegExp(values.pattern).test(value) && values.fits(value)) return null;
      return `expected the ${what}: ${describeValues(values)}; found ${describeFound(value)}`;
  }
}

function isAmong({ min, max, step, also }: Numbers, value: number): boolean {
  if (also.includes(value)) return true;
  const steps = value / step;
  // A hundredth has no exact double, so a quotient may miss a whole number by a rounding error.
  return value >= min && value <= max && Math.abs(steps - Math.round(steps)) < 1e-6;
}
