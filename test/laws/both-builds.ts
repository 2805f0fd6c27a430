// The two builds of a machine side by side: TypeScript, and the one module (targets/machine/). `runBoth` compares every path of
// both after each executed tick and after each leap.

import { MachineModule, inModule } from "../../emulator/machine/module";
import { referenceController, type ControllerFactory } from "../../emulator/machine/controller-host";
import type { Machine } from "../../emulator/machine/machine";
import { ScenarioRun } from "../../emulator/run/run";
import type { Scenario } from "../../emulator/scenario/scenario";
import { machineModule } from "../../scripts/machine-module.mjs";

const { wasm, map } = await machineModule();

export const BUILDS: readonly ControllerFactory[] = [referenceController, inModule(new MachineModule(wasm, map))];

/** The first paths at which two machines differ, with both values; empty when none does. */
export function differences(one: Machine, other: Machine): string[] {
  const [a, b] = [one.snapshot(), other.snapshot()];
  const counts = (["tick", "executed", "leapt"] as const).filter((name) => a[name] !== b[name]);
  const isSame = (["machine", "controller"] as const).every(
    (part) =>
      same(a[part].scalars, b[part].scalars) && a[part].arrays.every((array, i) => same(array, b[part].arrays[i])),
  );
  if (isSame) return counts;
  const apart = (symbols: (machine: Machine) => Machine["symbols"]) =>
    symbols(one)
      .paths()
      .flatMap((path) => {
        const [here, there] = [symbols(one).read(path), symbols(other).read(path)];
        return Object.is(here, there) ? [] : [`${path}: ${here}, ${there}`];
      });
  const named = [...apart((machine) => machine.symbols), ...apart((machine) => machine.firmware)];
  return [...counts, ...(named.length > 0 ? named : ["an element of an array"])].slice(0, 10);
}

function same(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}

/** Runs a scenario in both builds. Throws Error at the first difference. */
export function runBoth(scenario: Scenario, gear: "leap" | "lockstep", every = 1): void {
  const [one, other] = BUILDS.map((controller) => new ScenarioRun(scenario, { gear, controller, tracks: false }));
  const check = () => {
    const found = differences(one.machine, other.machine);
    if (found.length > 0) throw new Error(`in tick ${one.machine.tick}: ${found.join("; ")}`);
  };
  check();
  const leaps = gear === "leap";
  for (let stops = 0; !one.over || !other.over; stops++) {
    for (const run of [one, other]) run.advanceUntil(Infinity, () => true, leaps);
    if (stops % every === 0) check();
  }
  check();
  const outcomes = [one, other].map((run) => {
    const { speed: _speed, ...report } = run.report(0);
    return JSON.stringify(report);
  });
  if (outcomes[0] !== outcomes[1]) throw new Error("the reports differ");
}
