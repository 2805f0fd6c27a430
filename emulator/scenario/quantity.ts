// Parses physical quantities as a scenario writes them: a number and a unit, which is never implied. Every value is an exact
// fraction of the base unit of its kind (`Quantity` lists them), because a double would round a dose. `u`, U+00B5 and U+03BC
// are the same letter, litres may be `l` or `L`, and only durations may have several terms (`1 d 6 h`). Numbers are plain
// decimals without exponent and separators.

import Fraction from "fraction.js";
import { MINUTES_PER_DAY, MINUTES_PER_HOUR } from "../../hal/units";
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, ticksOfMilliseconds } from "../time";
import { NG_PER_UG, NL_PER_ML, NL_PER_UL } from "../amounts";

export type Kind =
  | "duration"
  | "volume"
  | "dose"
  | "rate"
  | "doseRate"
  | "concentration"
  | "length"
  | "volumePerLength"
  | "fraction"
  | "temperature"
  | "altitude";

export interface Quantity {
  kind: Kind;
  /** The exact value in the kind's base unit: ms, nL, ng, nL/day, ng/day, ng/nL, cm, nL/cm, 1, m°C, m. */
  value: Fraction;
  /** The quantity as it was written, with single spaces and `u` for micro. */
  text: string;
}

type ParsedQuantity = { ok: true; quantity: Quantity } | { ok: false; problem: string };

/** The longest accepted text. People write shorter ones, and exact arithmetic on this length takes no noticeable time. */
const QUANTITY_CHARACTERS_MAX = 60;

interface KindRow {
  /** The name with its article, for messages. */
  name: string;
  /** The units that a message suggests. */
  offered: string[];
  /** Every accepted unit with its size in base units. */
  units: Map<string, Fraction>;
}

const VOLUME: Record<string, number> = { nL: 1, uL: NL_PER_UL, mL: NL_PER_ML, L: 1e9 };
const DOSE: Record<string, number> = { ng: 1, ug: NG_PER_UG, mg: 1e6 };
const LENGTH: Record<string, number> = { mm: 0.1, cm: 1, m: 100 };
const DURATION: Record<string, number> = {
  ms: 1,
  s: MS_PER_SECOND,
  min: MS_PER_MINUTE,
  h: MS_PER_HOUR,
  d: MS_PER_DAY,
  day: MS_PER_DAY,
  days: MS_PER_DAY,
  week: 7 * MS_PER_DAY,
  weeks: 7 * MS_PER_DAY,
};
/** Units of time in days, because the base unit of every rate is per day. */
const PER_TIME: Record<string, Fraction> = {
  min: new Fraction(1, MINUTES_PER_DAY),
  h: new Fraction(MINUTES_PER_HOUR, MINUTES_PER_DAY),
  d: new Fraction(1),
  day: new Fraction(1),
};

/** The one table of kinds. A message that names the kind of a wrong quantity tries the kinds in this order. */
const KINDS: Record<Kind, KindRow> = {
  duration: { name: "a duration", offered: ["ms", "s", "min", "h", "d", "week"], units: plain(DURATION) },
  volume: { name: "a volume", offered: ["nL", "uL", "mL"], units: plain(VOLUME) },
  dose: { name: "a dose", offered: ["ng", "ug", "mg"], units: plain(DOSE) },
  rate: { name: "a rate", offered: ["uL/h", "uL/day", "mL/h", "mL/day"], units: ratio(VOLUME, PER_TIME) },
  doseRate: { name: "a dose rate", offered: ["ug/h", "ug/day", "mg/day"], units: ratio(DOSE, PER_TIME) },
  concentration: { name: "a concentration", offered: ["mg/mL", "ug/mL"], units: ratio(DOSE, VOLUME) },
  length: { name: "a length", offered: ["mm", "cm", "m"], units: plain(LENGTH) },
  volumePerLength: { name: "a volume per length", offered: ["uL/cm"], units: ratio(VOLUME, LENGTH) },
  fraction: { name: "a percentage", offered: ["%"], units: plain({ "%": 0.01 }) },
  temperature: { name: "a temperature", offered: ["°C"], units: plain({ "°C": 1000, C: 1000 }) },
  altitude: { name: "an altitude", offered: ["m", "km"], units: plain({ m: 1, km: 1000 }) },
};

export const QUANTITY_KINDS = Object.keys(KINDS) as Kind[];

/** Every accepted unit of a kind, in the spelling with capital L. */
export function unitsOf(kind: Kind): string[] {
  return [...KINDS[kind].units.keys()].filter((unit) => !/l/.test(unit));
}

/** The words of a message for the expected kinds: `a volume or a dose (nL, uL, mL, ng, ug, mg)`. */
export function describeKinds(kinds: readonly Kind[]): string {
  const names = kinds.map((kind) => KINDS[kind].name).join(" or ");
  return `${names} (${kinds.flatMap((kind) => KINDS[kind].offered).join(", ")})`;
}

/** A regular expression (ECMA 262, for JSON Schema) that every accepted spelling of the kinds matches. */
export function patternOf(kinds: readonly Kind[], signed: boolean): string {
  const alternatives = kinds.map(unitPattern).join("|");
  const term = `(\\d+(\\.\\d+)?|\\.\\d+)\\s*(${alternatives})`;
  const terms = kinds.includes("duration") ? `${term}(\\s*${term})*` : term;
  return `^\\s*${signed ? "[+−-]?" : "\\+?"}\\s*${terms}\\s*$`;
}

/**
 * Parses `text` as one of `kinds`; a sign is accepted only if `signed`. Never throws: a problem is one sentence that
 * names what was expected and what was found.
 */
export function parseQuantity(text: string, kinds: readonly Kind[], signed = false): ParsedQuantity {
  const wanted = `expected ${describeKinds(kinds)}`;
  const shown = JSON.stringify(text.length > QUANTITY_CHARACTERS_MAX ? `${text.slice(0, 40)}...` : text);
  const refuse = (why: string): ParsedQuantity => ({ ok: false, problem: `${wanted}, found ${why}` });
  if (text.length > QUANTITY_CHARACTERS_MAX) return refuse(`${text.length} characters: ${shown}`);

  const written = text
    .replace(/[µμ]/g, "u")
    .replace(/−/g, "-")
    .replace(/\s+/g, " ")
    .replace(/ ?\/ ?/g, "/")
    .trim();
  const [, sign, rest] = /^([+-]?) ?(.*)$/.exec(written)!;
  if (/^(\d+(\.\d+)?|\.\d+)$/.test(rest)) return refuse(`the bare number ${shown} without its unit`);
  if (/\d,\d/.test(rest)) return refuse(`${shown}: numbers take a decimal point and no other separator`);
  const terms = termsOf(rest);
  if (terms === null) return refuse(shown);

  const kind = kinds.find((one) => terms.every((term) => KINDS[one].units.has(term.unit)));
  if (kind === undefined) return refuse(describeMisfit(terms, shown));
  const { units } = KINDS[kind];
  if (terms.length > 1) {
    if (kind !== "duration") return refuse(`${shown}: one number and one unit are enough`);
    const falls = terms.every((term, i) => i === 0 || units.get(term.unit)!.lt(units.get(terms[i - 1].unit)!));
    if (!falls) return refuse(`${shown}: terms go from the longest unit to the shortest, each once`);
  }
  let value = terms.reduce((sum, term) => sum.add(units.get(term.unit)!.mul(term.number)), new Fraction(0));
  if (sign === "-") {
    if (!signed) return refuse(`${shown}, which is negative`);
    value = value.neg();
  }
  return { ok: true, quantity: { kind, value, text: written } };
}

/** A duration in ticks of 10 ms, to the nearest one. Never throws. */
export function parseTicks(text: string): { ok: true; ticks: number } | { ok: false; problem: string } {
  const parsed = parseQuantity(text, ["duration"]);
  return parsed.ok ? { ok: true, ticks: ticksOfMilliseconds(parsed.quantity.value.valueOf()) } : parsed;
}

/** A pattern for the units of a kind. In a unit of two parts any first part may stand with any second part. */
function unitPattern(kind: Kind): string {
  const units = [...KINDS[kind].units.keys()].map((unit) => unit.replace("u", "[uµμ]").split("/"));
  const parts = [0, 1].map((i) => [...new Set(units.flatMap((unit) => unit[i] ?? []))]);
  const [over, under] = parts.map((part) => (part.length > 1 ? `(${part.join("|")})` : (part[0] ?? "")));
  return under ? `${over}\\s*/\\s*${under}` : over;
}

interface Term {
  number: Fraction;
  unit: string;
}

/** The terms of the text; null if it is not a list of numbers that are each followed by letters that could be a unit. */
function termsOf(text: string): Term[] | null {
  const terms: Term[] = [];
  const term = /(\d+(?:\.\d+)?|\.\d+) ?([A-Za-z%°][A-Za-z%°/]*) ?/y;
  while (term.lastIndex < text.length) {
    const match = term.exec(text);
    if (match === null) return null;
    terms.push({ number: new Fraction(match[1]), unit: match[2] });
  }
  return terms.length > 0 ? terms : null;
}

function describeMisfit(terms: Term[], shown: string): string {
  const other = QUANTITY_KINDS.find((kind) => terms.every((term) => KINDS[kind].units.has(term.unit)));
  if (other !== undefined) return `${KINDS[other].name}: ${shown}`;
  const strange = terms.find((term) => QUANTITY_KINDS.every((kind) => !KINDS[kind].units.has(term.unit)));
  return strange === undefined ? shown : `the unknown unit \`${strange.unit}\` in ${shown}`;
}

function plain(table: Record<string, number>): Map<string, Fraction> {
  const units = new Map<string, Fraction>();
  for (const [unit, factor] of Object.entries(table)) {
    units.set(unit, new Fraction(String(factor)));
    units.set(unit.replace("L", "l"), new Fraction(String(factor)));
  }
  return units;
}

function ratio(over: Record<string, number>, under: Record<string, number | Fraction>): Map<string, Fraction> {
  const units = new Map<string, Fraction>();
  for (const [top, factor] of plain(over)) {
    for (const [bottom, divisor] of Object.entries(under)) {
      for (const spelling of [bottom, bottom.replace("L", "l")]) {
        units.set(`${top}/${spelling}`, factor.div(typeof divisor === "number" ? String(divisor) : divisor));
      }
    }
  }
  return units;
}
