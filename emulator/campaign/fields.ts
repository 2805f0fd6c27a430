// A campaign knows two things of a controller before the first case: the words of its memory in which bits may flip, and whether it leaps.

import { type ControllerFactory } from "../machine/controller-host";
import { Machine, type MachineSetup } from "../machine/machine";

/** An implant with a full reservoir of 20 mL of morphine 10 mg/mL and a primed catheter: the pump of a bench without a scenario. */
export const BENCH_PUMP: MachineSetup = {
  seed: 1,
  start: { second: 0 },
  pump: {
    capacity_nl: 20_000_000,
    fill_nl: 20_000_000,
    catheter: { length_cm: 89, volume_nlPerCm: 2200 },
    state: "primed",
    unit: { bias: 0, ripple: 0 },
  },
  drugs: [{ concentration_mgPerMl: 10 }],
};

/** The elements of an array in which bits flip; they stand for all of its elements. */
const ELEMENTS = [0, 1];

interface Known {
  fields: readonly string[];
  leaps: boolean;
}

const known = new WeakMap<ControllerFactory, Known>();

function knownOf(controller: ControllerFactory): Known {
  const before = known.get(controller);
  if (before !== undefined) return before;
  const { firmware, canLeap } = new Machine(BENCH_PUMP, controller, null);
  const fields = firmware
    .paths()
    .flatMap((path) => (firmware.read(path) === undefined ? ELEMENTS.map((i) => `${path}[${i}]`) : [path]))
    .filter((path) => firmware.read(path) !== undefined);
  const found = { fields, leaps: canLeap };
  known.set(controller, found);
  return found;
}

/** The names of the words of a controller's memory in which bits may flip; empty for a controller without named fields. */
export function fieldsOf(controller: ControllerFactory): readonly string[] {
  return knownOf(controller).fields;
}

/** False for a controller of which every tick is executed. */
export function leaps(controller: ControllerFactory): boolean {
  return knownOf(controller).leaps;
}
