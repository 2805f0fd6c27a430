// The symbols of a machine as a tree of rows: `therapy.bolus.given` is the row `given` in `bolus` in `therapy`. A value is
// shown as everywhere (../values.ts): with its unit and what it stands for.

import type { Machine } from "../../machine/machine";
import { findSymbol } from "../../machine/symbols";
import { lengthOf, textOfSymbolValue, unitOf } from "../values";
import { partsOf, type Parts, type Row } from "./references";

/** The row of one symbol; undefined when there is none of that name. */
export function rowOfSymbol(machine: Machine, symbol: string, name = symbol): Row | undefined {
  const found = findSymbol(machine, symbol);
  if (found) {
    const value = textOfSymbolValue(machine, symbol, found.read());
    return { name, value, type: unitOf(machine, symbol) || "number", symbol };
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
