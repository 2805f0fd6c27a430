// Parses physical quantities as a scenario writes them: a number and a unit, which is never implied. Every value is an exact
// fraction of the base unit of its kind (`Quantity` lists them), because a double would round a dose. `u`, U+00B5 and U+03BC
// are the same letter, litres may be `l` or `L`, a unit may be spelt as labels and manuals spell it (`mcg`, `hr`), `per` stands
// for a slash, and only durations may have several terms (`1 d 6 h`). Numbers are plain decimals without exponent and
// separators.

import Fraction from "fraction.js";
import { MINUTES_PER_DAY, MINUTES_PER_HOUR } from "../../hal/units";
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, ticksOfMilliseconds } from "../time";
import { NG_PER_UG, NL_PER_ML, NL_PER_UL } from "../amounts";
import { nearest } from "../names";

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
  | "altitude"
  | "pressure"
  | "mass";

export interface Quantity {
  kind: Kind;
  /** The exact value in the kind's base unit: ms, nL, ng, nL/day, ng/day, ng/nL, cm, nL/cm, 1, m°C, m, Pa, kg. */
  value: Fraction;
  /** The quantity as it was written, with single spaces and `u` for micro. */
  text: string;
  /** The unit as it was written, and its size in base units; of a duration the first of its terms. */
  unit: { text: string; size: Fraction };
}

type ParsedQuantity = { ok: true; quantity: Quantity } | { ok: false; problem: string };

/** The longest accepted text. People write shorter ones, and exact arithmetic on this length takes no noticeable time. */
const QUANTITY_CHARACTERS_MAX = 60;

/** The size of every spelling of a unit in base units. */
type UnitTable = ReadonlyMap<string, Fraction>;

interface KindRow {
  /** The name with its article, for messages. */
  name: string;
  /** The units that a message suggests. */
  offered: string[];
  /** The units, or the part before the slash. */
  units: UnitTable;
  /** The part after the slash, for a unit of two parts. Any first part may stand with any second part. */
  per?: UnitTable;
}

/** The spellings of labels and manuals, by the unit that messages and pages use. `mcg` is ug, and `hr` is h. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  nL: ["nanoliter", "nanoliters", "nanolitre", "nanolitres"],
  uL: ["mcL", "microliter", "microliters", "microlitre", "microlitres"],
  mL: ["cc", "milliliter", "milliliters", "millilitre", "millilitres"],
  L: ["liter", "liters", "litre", "litres"],
  ng: ["nanogram", "nanograms"],
  ug: ["mcg", "microgram", "micrograms"],
  mg: ["milligram", "milligrams"],
  g: ["gram", "grams"],
  ms: ["msec", "millisecond", "milliseconds"],
  s: ["sec", "secs", "second", "seconds"],
  min: ["mins", "minute", "minutes"],
  h: ["hr", "hrs", "hour", "hours"],
  d: ["day", "days"],
  week: ["wk", "wks", "weeks"],
  kg: ["kilogram", "kilograms"],
};

const VOLUME = table({ nL: 1, uL: NL_PER_UL, mL: NL_PER_ML, L: 1e9 });
const DOSE = table({ ng: 1, ug: NG_PER_UG, mg: 1e6, g: 1e9 });
const LENGTH = table({ mm: 0.1, cm: 1, m: 100 });
const PRESSURE = table({ bar: 1e5, kPa: 1e3, mmHg: 133.322 });
const DURATION = table({
  ms: 1,
  s: MS_PER_SECOND,
  min: MS_PER_MINUTE,
  h: MS_PER_HOUR,
  d: MS_PER_DAY,
  week: 7 * MS_PER_DAY,
});
/** Units of time in days, because the base unit of every rate is per day. */
const TIME = table({
  min: new Fraction(1, MINUTES_PER_DAY),
  h: new Fraction(MINUTES_PER_HOUR, MINUTES_PER_DAY),
  d: 1,
});

/** The one table of kinds. A message that names the kind of a wrong quantity tries the kinds in this order. */
const KINDS: Record<Kind, KindRow> = {
  duration: { name: "a duration", offered: ["ms", "s", "min", "h", "d", "week"], units: DURATION },
  volume: { name: "a volume", offered: ["nL", "uL", "mL"], units: VOLUME },
  dose: { name: "a dose", offered: ["ng", "ug", "mg"], units: DOSE },
  rate: { name: "a rate", offered: ["uL/h", "uL/day", "mL/h", "mL/day"], units: VOLUME, per: TIME },
  doseRate: { name: "a dose rate", offered: ["ug/h", "ug/day", "mg/day"], units: DOSE, per: TIME },
  concentration: { name: "a concentration", offered: ["mg/mL", "ug/mL"], units: DOSE, per: VOLUME },
  length: { name: "a length", offered: ["mm", "cm", "m"], units: LENGTH },
  volumePerLength: { name: "a volume per length", offered: ["uL/cm"], units: VOLUME, per: LENGTH },
  fraction: { name: "a percentage", offered: ["%"], units: table({ "%": 0.01, ppm: 1e-6 }) },
  temperature: { name: "a temperature", offered: ["°C"], units: table({ "°C": 1000, C: 1000 }) },
  altitude: { name: "an altitude", offered: ["m", "km"], units: table({ m: 1, km: 1000 }) },
  pressure: { name: "a pressure", offered: ["bar", "kPa", "mmHg"], units: PRESSURE },
  mass: { name: "a body weight", offered: ["kg"], units: table({ kg: 1 }) },
};

export const QUANTITY_KINDS = Object.keys(KINDS) as Kind[];

/** Every accepted spelling of every unit of a kind. */
export function unitsOf(kind: Kind): string[] {
  const { units, per } = KINDS[kind];
  if (!per) return [...units.keys()];
  return [...units.keys()].flatMap((over) => [...per.keys()].map((under) => `${over}/${under}`));
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
    .replace(/ ?\/ ?| per /g, "/")
    .trim();
  const [, sign, rest] = /^([+-]?) ?(.*)$/.exec(written)!;
  if (/^(\d+(\.\d+)?|\.\d+)$/.test(rest)) return refuse(`the bare number ${shown} without its unit`);
  if (/\d,\d/.test(rest)) return refuse(`${shown}: numbers take a decimal point and no other separator`);
  const terms = termsOf(rest);
  if (terms === null) return refuse(shown);

  const kind = kinds.find((one) => terms.every((term) => sizeOf(one, term.unit)));
  if (kind === undefined) return refuse(describeMisfit(terms, kinds, shown));
  const size = (term: Term): Fraction => sizeOf(kind, term.unit)!;
  if (terms.length > 1) {
    if (kind !== "duration") return refuse(`${shown}: one number and one unit are enough`);
    const falls = terms.every((term, i) => i === 0 || size(term).lt(size(terms[i - 1])));
    if (!falls) return refuse(`${shown}: terms go from the longest unit to the shortest, each once`);
  }
  let value = terms.reduce((sum, term) => sum.add(size(term).mul(term.number)), new Fraction(0));
  if (sign === "-") {
    if (!signed) return refuse(`${shown}, which is negative`);
    value = value.neg();
  }
  return { ok: true, quantity: { kind, value, text: written, unit: { text: terms[0].unit, size: size(terms[0]) } } };
}

/** A duration in ticks of 10 ms, to the nearest one. Never throws. */
export function parseTicks(text: string): { ok: true; ticks: number } | { ok: false; problem: string } {
  const parsed = parseQuantity(text, ["duration"]);
  return parsed.ok ? { ok: true, ticks: ticksOfMilliseconds(parsed.quantity.value.valueOf()) } : parsed;
}

/** A pattern for the units of a kind. */
function unitPattern(kind: Kind): string {
  const { units, per } = KINDS[kind];
  const any = (table: UnitTable) => `(${[...table.keys()].map((unit) => unit.replace(/^u/, "[uµμ]")).join("|")})`;
  return per ? `${any(units)}(\\s*/\\s*|\\s+per\\s+)${any(per)}` : any(units);
}

/** The size of a unit in base units of the kind; null when the kind does not have it. */
function sizeOf(kind: Kind, unit: string): Fraction | null {
  const { units, per } = KINDS[kind];
  const [over, under, ...more] = unit.split("/");
  const [top, bottom] = [units.get(over), per?.get(under ?? "")];
  if (top === undefined || more.length > 0) return null;
  if (!per) return under === undefined ? top : null;
  return bottom ? top.div(bottom) : null;
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

function describeMisfit(terms: Term[], kinds: readonly Kind[], shown: string): string {
  const other = QUANTITY_KINDS.find((kind) => terms.every((term) => sizeOf(kind, term.unit)));
  if (other !== undefined) return `${KINDS[other].name}: ${shown}`;
  const strange = terms.find((term) => QUANTITY_KINDS.every((kind) => !sizeOf(kind, term.unit)));
  if (strange === undefined) return shown;
  return `the unknown unit \`${strange.unit}\` in ${shown}: the nearest known one is \`${nearestUnit(strange.unit, kinds)}\``;
}

/** The unit of one of the kinds that is most like an unknown one. Each part is compared with the parts of that place. */
function nearestUnit(unit: string, kinds: readonly Kind[]): string {
  const parts = unit.slice(0, QUANTITY_CHARACTERS_MAX).split("/");
  const near = kinds.map((kind) => {
    const { units, per } = KINDS[kind];
    const found = [units, ...(per ? [per] : [])].map((table, i) => nearest(parts[i] ?? "", [...table.keys()]));
    return found.join("/");
  });
  return nearest(unit, near);
}

/** A table of units with all their spellings. Litres may be `l` or `L`. */
function table(sizes: Readonly<Record<string, number | Fraction>>): UnitTable {
  const all = new Map<string, Fraction>();
  for (const [unit, given] of Object.entries(sizes)) {
    // The decimal digits of a number are exact, the number itself may not be.
    const size = typeof given === "number" ? new Fraction(String(given)) : given;
    for (const spelling of [unit, ...(SPELLINGS[unit] ?? [])]) {
      all.set(spelling, size);
      all.set(spelling.replace("L", "l"), size);
    }
  }
  return all;
}
