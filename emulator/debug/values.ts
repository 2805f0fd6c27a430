// Symbols as people read and write them: their units, the words behind a code, lists in short, and amounts with a unit. A symbol
// announces its unit by the end of its name (`reservoir.level_nl`); of the reference controller's own, which have no such end, the
// name tells the count: pulses, ticks, minutes, or a rate in the program record's unit of 0.01 uL/day. A name may be written without
// its unit. Prompt, control channel and debug adapter use this file.

import { PULSE_NL, RATE_UNIT_NL_PER_DAY, TICK_MS } from "../../hal/units";
import { figure, NL_PER_UL } from "../amounts";
import type { Machine } from "../machine/machine";
import type { Meaning } from "../machine/signals";
import { findSymbol, type NamedValue, nearestSymbol, symbolNames, withoutPrefix } from "../machine/symbols";
import { parseQuantity, QUANTITY_KINDS } from "../scenario/quantity";
import { formatTicks, MS_PER_MINUTE } from "../time";
import { CommandError } from "./command-error";

/** The units that names end with, as people write them. An underscore announces a unit and nothing else. */
const UNITS: Readonly<Record<string, string>> = {
  nl: "nL",
  mL: "mL",
  ng: "ng",
  mg: "mg",
  mv: "mV",
  uC: "uC",
  mC: "mC",
  c: "C",
  pa: "Pa",
  mmHg: "mmHg",
  min: "min",
  mm: "mm",
  cm: "cm",
  cm2: "cm2",
  permille: "permille",
  ulPerDay: "uL/day",
  nlPerDay: "nL/day",
  ngPerMl: "ng/mL",
  mgPerMl: "mg/mL",
  mme: "mg/day",
};

/** A unit in which the firmware counts, with its size in the base unit of scenario/quantity.ts, and the same amount as people write it. */
interface CountRow {
  unit: string;
  names: RegExp;
  kind: "volume" | "duration" | "rate";
  size: number;
  text(count: number): string;
}

const COUNTS: readonly CountRow[] = [
  {
    unit: "0.01 uL/day",
    names: /(^|\.)(rate|asked|oldRate|stepRates)$/,
    kind: "rate",
    size: RATE_UNIT_NL_PER_DAY,
    text: (count) => `${figure((count * RATE_UNIT_NL_PER_DAY) / NL_PER_UL)} uL/day`,
  },
  {
    unit: "pulses",
    names: /([pP]ulses(Total)?|(^|\.)(due|given|estimate|owed))$/,
    kind: "volume",
    size: PULSE_NL,
    text: (count) => `${figure((count * PULSE_NL) / NL_PER_UL)} uL`,
  },
  {
    unit: "ticks",
    names: /(([tT]icks|Tick|Deadline|Until)|(^|\.)(ticks|deadline|lastStart|starts))$|^clock\.now$/,
    kind: "duration",
    size: TICK_MS,
    text: formatTicks,
  },
  {
    unit: "min",
    names: /(Minutes?|(^|\.)minute)$/,
    kind: "duration",
    size: MS_PER_MINUTE,
    text: () => "",
  },
];
/** So many groups of equal elements of a list are shown. */
const GROUPS_SHOWN = 12;

function countOf(machine: Machine, name: string): CountRow | null {
  const path = withoutPrefix(name).replace(/\[\d*\]$/, "");
  if (machine.controllerName !== "reference" || machine.signals.some((each) => each.name === name)) return null;
  const isFirmware = machine.symbols.read(path) === undefined;
  return isFirmware ? (COUNTS.find(({ names }) => names.test(path)) ?? null) : null;
}

/** The unit of a symbol; empty for a plain count or a code. */
export function unitOf(machine: Machine, name: string): string {
  const signal = machine.signals.find((each) => each.name === name);
  if (signal) return signal.unit;
  const [, unit = ""] = /_([A-Za-z0-9]+)(?:\[\d*\])?$/.exec(name) ?? [];
  return Object.hasOwn(UNITS, unit) ? UNITS[unit] : (countOf(machine, name)?.unit ?? "");
}

/** A value with its unit and the words behind it: `500 nL`, `2 (stopped)`, `5 (motor_stall, low_reservoir)`. */
export function textOfValue(value: number, unit: string, meaning: Meaning): string {
  const words = wordsOf(value, meaning);
  return `${value}${unit === "" ? "" : ` ${unit}`}${words === "" ? "" : ` (${words})`}`;
}

function wordsOf(value: number, meaning: Meaning): string {
  switch (meaning.kind) {
    case "code":
    case "text":
      return meaning.names[value] ?? "";
    case "bits":
      return meaning.names.filter((_, bit) => (value & (1 << bit)) !== 0).join(", ");
    case "switch":
      return value === 0 ? "no" : "yes";
    case "number":
      return "";
  }
}

/** The value of a symbol as a person reads it: with its unit, what it stands for, and a count in the field's units. */
export function textOfSymbolValue(machine: Machine, name: string, value: number): string {
  const meaning = findSymbol(machine, name)?.meaning ?? { kind: "number" };
  const count = meaning.kind === "number" ? countOf(machine, name) : null;
  if (count === null) return textOfValue(value, unitOf(machine, name), meaning);
  const same = count.text(value);
  const given = count.unit.startsWith("0.01") ? `${value}` : `${value} ${count.unit}`;
  return same === "" ? given : `${given} (${same})`;
}

/** A list in short, its equal neighbours together: `list of 96: 3240002, 0 (95 times)`. */
export function textOfList(machine: Machine, name: string): string {
  const length = lengthOf(machine, name);
  const groups: { value: number; times: number }[] = [];
  let shown = 0;
  for (; shown < length; shown++) {
    const value = findSymbol(machine, `${name}[${shown}]`)!.read();
    const last = groups.at(-1);
    if (last?.value === value) last.times++;
    else if (groups.length === GROUPS_SHOWN) break;
    else groups.push({ value, times: 1 });
  }
  const texts = groups.map(({ value, times }) => (times === 1 ? `${value}` : `${value} (${times} times)`));
  return `list of ${length}: ${texts.join(", ")}${shown < length ? `, ... ${length - shown} more` : ""}`;
}

/** The number of elements of a list; 0 for what is none. The indexes have no gap, so the first that is missing ends it. */
export function lengthOf(machine: Machine, symbol: string): number {
  const has = (index: number) => findSymbol(machine, `${symbol}[${index}]`) !== null;
  if (!has(0)) return 0;
  let most = 1;
  while (has(most)) most *= 2;
  let least = most / 2;
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (has(middle)) least = middle;
    else most = middle;
  }
  return most;
}

/** The whole name of a symbol that may be written without its unit (`reservoir.level`). Throws CommandError for an unknown one. */
export function wholeName(machine: Machine, name: string): string {
  if (findSymbol(machine, name) || lengthOf(machine, name) > 0) return name;
  const longer = symbolNames(machine, `${name}_`).filter(
    (each) => each.startsWith(`${name}_`) && Object.hasOwn(UNITS, each.slice(name.length + 1)),
  );
  if (longer.length === 1) return longer[0];
  throw new CommandError(`no symbol is called ${name}; ${hint(machine, name)}`);
}

/** The value of that name, which may be written without its unit. Throws CommandError. */
export function symbolOf(machine: Machine, name: string): NamedValue & { name: string } {
  const whole = wholeName(machine, name);
  const found = findSymbol(machine, whole);
  if (found) return { ...found, name: whole };
  throw new CommandError(`no symbol is called ${name}; ${hint(machine, name)}`);
}

/** The hint in the message about an unknown name. */
export function hint(machine: Machine, name: string): string {
  if (findSymbol(machine, `${name}[0]`)) return `it is a list, whose first element is ${name}[0]`;
  return `the nearest known one is ${nearestSymbol(machine, name)}`;
}

/**
 * The number that a person writes for a symbol: plain, in the symbol's own unit; with a unit; or the word behind a code. Throws
 * CommandError.
 */
export function numberFor(machine: Machine, { name, meaning }: NamedValue & { name: string }, text: string): number {
  if (/^-?(\d+(\.\d+)?|\.\d+)$/.test(text)) return Number(text);
  const word = wordNumber(meaning, text);
  if (word !== null) return word;
  const unit = unitOf(machine, name);
  const count = countOf(machine, name);
  const own = parseQuantity(`1 ${unit}`, QUANTITY_KINDS);
  const kind = count?.kind ?? (own.ok ? own.quantity.kind : null);
  if (kind === null) {
    const words = meaning.kind === "code" ? `, or one of ${meaning.names.join(", ")}` : "";
    throw new CommandError(`found ${text} for ${name}, expected a number${unit === "" ? "" : ` of ${unit}`}${words}`);
  }
  const parsed = parseQuantity(text, [kind], true);
  if (!parsed.ok) throw new CommandError(`${name}: ${parsed.problem}`);
  const size = count?.size ?? (own.ok ? own.quantity.value.valueOf() : 1);
  return Number(figure(parsed.quantity.value.valueOf() / size));
}

/** The number behind a word; null when the value has no such word. */
function wordNumber(meaning: Meaning, word: string): number | null {
  if (meaning.kind === "switch" && /^(yes|true|no|false)$/.test(word)) return Number(/^[yt]/.test(word));
  if (meaning.kind !== "code") return null;
  const code = meaning.names.indexOf(word);
  return code < 0 ? null : code;
}
