// Names for everything that can be looked at in a machine: published signals, the controller's symbols behind `firmware.`,
// and all other state by its dotted path. For prompts and control channels; a signal hides a path of the same name.

import type { Machine } from "./machine";

const FIRMWARE = "firmware.";

export function symbolNames(machine: Machine): string[] {
  return [
    ...machine.signals.map((signal) => signal.name),
    ...machine.firmware.paths().map((path) => `${FIRMWARE}${path}`),
    ...machine.symbols.paths(),
  ];
}

/** The present value, or undefined when nothing has that name. */
export function readSymbol(machine: Machine, name: string): number | undefined {
  const signal = machine.signals.find((each) => each.name === name);
  if (signal) return signal.read(machine);
  return name.startsWith(FIRMWARE) ? machine.firmware.read(name.slice(FIRMWARE.length)) : machine.symbols.read(name);
}

/** False when nothing that can be set has that name; a signal cannot. */
export function writeSymbol(machine: Machine, name: string, value: number): boolean {
  return name.startsWith(FIRMWARE)
    ? machine.firmware.write(name.slice(FIRMWARE.length), value)
    : machine.symbols.write(name, value);
}
