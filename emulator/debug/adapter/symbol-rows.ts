// The symbols of a machine as a tree of rows: `therapy.bolus.given` is the row `given` in `bolus` in `therapy`. A published signal shows
// the words behind its value (a mode, the alarms), and every value its unit, which is that of the signal or what its name ends with.

import type { Machine } from "../../machine/machine";
import type { Meaning } from "../../machine/signals";
import { findSymbol } from "../../machine/symbols";
import { partsOf, type Parts, type Row } from "./references";

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

/** The unit that a name announces; empty for a count or a code. */
function unitOf(name: string): string {
  const [, unit = ""] = /_([A-Za-z0-9]+)(?:\[\d+\])?$/.exec(name) ?? [];
  return Object.hasOwn(UNITS, unit) ? UNITS[unit] : "";
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

/** The row of one symbol; undefined when there is none of that name. */
export function rowOfSymbol(machine: Machine, symbol: string, name = symbol): Row | undefined {
  const found = findSymbol(machine, symbol);
  if (found) {
    const unit = found.signal?.unit ?? unitOf(symbol);
    return { name, value: textOfValue(found.read(), unit, found.meaning), type: unit || "number", symbol };
  }
  const count = lengthOf(machine, symbol);
  if (count === 0) return undefined;
  return { name, value: `list of ${count}`, parts: elements(machine, symbol, count) };
}

/**
 * The rows of these symbols as a tree. `from` is how many characters of each name the rows leave out; `shown` is how a symbol is
 * called elsewhere.
 */
export function rowsOfSymbols(
  machine: Machine,
  symbols: readonly string[],
  from: number,
  shown: (symbol: string) => string = (symbol) => symbol,
): Row[] {
  const inside = new Map<string, string[]>();
  for (const symbol of symbols) {
    const dot = symbol.indexOf(".", from);
    const part = symbol.slice(from, dot < 0 ? undefined : dot);
    inside.set(part, [...(inside.get(part) ?? []), symbol]);
  }
  return [...inside].flatMap(([part, named]) => {
    const own = named.find((symbol) => symbol.length === from + part.length);
    const below = named.filter((symbol) => symbol !== own);
    const row = own === undefined ? undefined : rowOfSymbol(machine, shown(own), part);
    if (below.length === 0) return row ? [row] : [];
    const group = {
      name: part,
      value: "",
      parts: partsOf(() => rowsOfSymbols(machine, below, from + part.length + 1, shown)),
    };
    return row ? [row, group] : [group];
  });
}

function elements(machine: Machine, symbol: string, count: number): Parts {
  return {
    isIndexed: true,
    count,
    rows: (start, many) =>
      Array.from({ length: Math.max(0, Math.min(many, count - start)) }, (_, i) =>
        rowOfSymbol(machine, `${symbol}[${start + i}]`, `[${start + i}]`)!,
      ),
  };
}

/** The number of elements of a list; 0 for what is none. The indexes have no gap, so the first that is missing ends it. */
function lengthOf(machine: Machine, symbol: string): number {
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
