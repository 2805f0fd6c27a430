// Gives one name to every value of a machine that a user can see: the published signals, the controller's symbols
// (`therapy.rate`), and all other state by its dotted path (`board.motor.steps`). Prompts and control channels read and write
// by these names. A signal hides a symbol of the same name, and the machine's own state hides a controller's; the controller's
// symbol is then listed with the prefix `firmware.`, which every symbol of the controller may be given.

import { nearest } from "../names";
import { type Grain, grainOf, grainOfFirmware } from "./grain";
import type { Machine, Snapshot } from "./machine";
import type { Meaning, Signal } from "./signals";
import { type Difference, nameOf } from "./state";

const FIRMWARE = "firmware.";

/** A set of values that are read and written by their paths. */
type Symbols = Machine["firmware"] | Machine["symbols"];

/**
 * The names that contain `pattern`, in this order: signals, the controller's symbols, the rest. With `raw` a value that is kept
 * with its complement is listed as its two stored halves.
 */
export function symbolNames(machine: Machine, pattern = "", raw = false): string[] {
  const listed = (symbols: Symbols) => (raw ? symbols.paths() : symbols.names());
  const [signals, others] = [machine.signals.map((signal) => signal.name), listed(machine.symbols)];
  const hidden = new Set([...signals, ...others]);
  const own = listed(machine.firmware)
    .filter((name) => (FIRMWARE + name).includes(pattern))
    .map((name) => (hidden.has(name) ? FIRMWARE + name : name));
  const matching = (names: string[]) => names.filter((name) => name.includes(pattern));
  return [...matching(signals), ...own, ...matching(others)];
}

/** The name without the prefix, if it has it. */
export function withoutPrefix(name: string): string {
  return name.startsWith(FIRMWARE) ? name.slice(FIRMWARE.length) : name;
}

/** A value that has a name. */
export interface NamedValue {
  read(): number;
  /** Null for a symbol. */
  signal: Signal | null;
  meaning: Meaning;
  /** When it can change. */
  grain: Grain;
}

/** How to read the value with that name. Null when no value has that name. */
export function findSymbol(machine: Machine, name: string): NamedValue | null {
  const signal = machine.signals.find((each) => each.name === name);
  if (signal) {
    const meaning = signal.meaning ?? ({ kind: "number" } as const);
    return { read: () => signal.read(machine), signal, meaning, grain: grainOf(name) };
  }
  const { symbols, path } = placeOf(machine, name);
  const read = symbols.reader(path);
  if (read === null) return null;
  const meaning = { kind: symbols.isSwitch(path) ? "switch" : "number" } as const;
  const grain = symbols === machine.firmware ? grainOfFirmware(machine.controllerName, path) : grainOf(path);
  return { read, signal: null, meaning, grain };
}

/**
 * Changes a symbol; a signal cannot be changed. False when no symbol has that name. Throws RangeError when the symbol cannot
 * hold the value.
 */
export function writeSymbol(machine: Machine, name: string, value: number): boolean {
  if (machine.signals.some((signal) => signal.name === name)) return false;
  const { symbols, path } = placeOf(machine, name);
  // The listener sees it after the next tick that is executed.
  machine.board.shown.any = true;
  const isKnown = symbols.write(path, value);
  if (isKnown) machine.touched();
  return isKnown;
}

/** The listed name that is most like an unknown one. */
export function nearestSymbol(machine: Machine, name: string): string {
  return nearest(nameOf(withoutPrefix(name).replace(/\[\d*\]?$/, "")), symbolNames(machine));
}

/** The values that differ between two snapshots of a machine, under the names of the list. */
export function differencesBetween(machine: Machine, one: Snapshot, other: Snapshot): Difference[] {
  const { firmware, others } = machine.differences(one, other);
  const listed = new Set(symbolNames(machine));
  const own = firmware.map((each) => {
    const name = each.name.replace(/\[\d+\]$/, "");
    return listed.has(FIRMWARE + name) || name.startsWith("memory") ? { ...each, name: FIRMWARE + each.name } : each;
  });
  return [...own, ...others];
}

function placeOf(machine: Machine, name: string): { symbols: Symbols; path: string } {
  if (name.startsWith(FIRMWARE)) return { symbols: machine.firmware, path: withoutPrefix(name) };
  const others = machine.symbols.read(name) !== undefined;
  return { symbols: others ? machine.symbols : machine.firmware, path: name };
}
