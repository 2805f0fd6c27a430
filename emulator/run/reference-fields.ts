// The fields of the reference controller, against which a scenario is checked while it is loaded. The fields of another
// controller are known when it is mounted, and the run checks them then.

import { referenceController, unknownField } from "../machine/controller-host";
import { Machine } from "../machine/machine";
import type { FieldCheck } from "../scenario/load";
import { CAPACITY_NL } from "../scenario/schema";

/** Any machine: the fields of a controller do not depend on pump and drugs. */
const SETUP = {
  seed: 1,
  start: { second: 0 },
  pump: {
    capacity_nl: CAPACITY_NL["implant-20"],
    fill_nl: CAPACITY_NL["implant-20"],
    catheter: { length_cm: 1, volume_nlPerCm: 1 },
    state: "primed",
    unit: { bias: 0, ripple: 0 },
  },
  drugs: [{ name: "none", concentration_mgPerMl: 1 }],
} as const;

let firmware: Machine["firmware"] | null = null;

export const referenceFields: FieldCheck = (field) => {
  // Only a file that names a field pays for the machine.
  firmware ??= new Machine({ ...SETUP, drugs: [...SETUP.drugs] }, referenceController, null).firmware;
  return firmware.read(field) === undefined ? unknownField(firmware, field) : null;
};
