// Which values of a machine a trace records: the published signals, or those that a person names. A name is that of any value
// that the stepper can show (machine/symbols.ts), and `*` in it stands for any characters, so `motor.*` is every value of that
// part. A name that means nothing is refused, because a trace without it would look as if the value had never changed.

import { nearest } from "../names";
import { UsageError } from "../usage-error";
import type { Machine } from "./machine";
import { EVENT_SIGNAL_NAMES, type Meaning } from "./signals";
import { findSymbol, nearestSymbol, symbolNames } from "./symbols";

/** A value that is recorded. */
export interface Traced {
  name: string;
  /** Empty for counts, codes and symbols. */
  unit: string;
  meaning: Meaning;
  read(): number;
}

/** The published signals. */
export function publishedValues(machine: Machine): Traced[] {
  return machine.signals.map(({ name }) => tracedAs(machine, name)!);
}

/**
 * The values that the names mean, each once, in the order of the names. Names of EVENT_SIGNAL_NAMES are accepted and left out,
 * because a machine keeps no events. Throws UsageError for a name that means nothing.
 */
export function namedValues(machine: Machine, names: readonly string[]): Traced[] {
  const found = new Map<string, Traced>();
  for (const name of names) {
    for (const traced of valuesOf(machine, name)) found.set(traced.name, traced);
  }
  return [...found.values()];
}

/** True when `pattern`, which a person wrote, means the value of that name. */
export function means(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[^\w]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "u").test(name);
}

function valuesOf(machine: Machine, pattern: string): Traced[] {
  const ofEvents = EVENT_SIGNAL_NAMES.some((name) => means(pattern, name));
  // A controller's symbol has its prefix in the list only where another value hides it.
  const own = pattern.startsWith("firmware.") ? machine.firmware.names().map((name) => `firmware.${name}`) : [];
  const listed = [...symbolNames(machine), ...own];
  const names = pattern.includes("*") ? listed.filter((name) => means(pattern, name)) : [pattern];
  const values = names.flatMap((name) => tracedAs(machine, name) ?? []);
  if (values.length > 0 || ofEvents) return values;
  throw new UsageError(`--signals: ${problemOf(machine, pattern, listed, names)}`);
}

function tracedAs(machine: Machine, name: string): Traced | null {
  const symbol = findSymbol(machine, name);
  return symbol && { name, unit: symbol.signal?.unit ?? "", meaning: symbol.meaning, read: () => symbol.read() };
}

function problemOf(machine: Machine, pattern: string, listed: readonly string[], names: readonly string[]): string {
  if (names.some((name) => listed.includes(name))) {
    return `${pattern} is a list of values; name one of them, for instance ${names[0]}[0]`;
  }
  if (!pattern.includes("*")) {
    const near = nearest(pattern, [nearestSymbol(machine, pattern), ...EVENT_SIGNAL_NAMES]);
    return `no signal or symbol is called ${pattern}; the nearest known one is ${near}`;
  }
  const beginnings = [...new Set([...listed, ...EVENT_SIGNAL_NAMES].map((name) => name.replace(/[^.]*$/, "*")))];
  return `no signal or symbol fits ${pattern}; the nearest pattern that some fit is ${nearest(pattern, beginnings)}`;
}
