// Builds the world of a machine from its setup.

import type { FaultLedger } from "../fault-ledger";
import { Catheter } from "../world/catheter";
import { PumpHead } from "../world/head";
import { DRUGS_MAX, WorldReservoir } from "../world/reservoir";
import { World } from "../world/world";

export interface WorldSetup {
  pump: {
    capacity_nl: number;
    fill_nl: number;
    catheter: { length_cm: number; volume_nlPerCm: number };
    /** `new`: no drug in the catheter yet. */
    state: "new" | "primed";
    /** This unit's own error, as fractions. */
    unit: { bias: number; ripple: number };
  };
  /** At most four. */
  drugs: readonly { concentration_mgPerMl: number }[];
}

export function makeWorld({ pump, drugs }: WorldSetup, faults: FaultLedger): World {
  const concentrations = new Float64Array(DRUGS_MAX);
  concentrations.set(drugs.map((drug) => drug.concentration_mgPerMl));
  const reservoir = new WorldReservoir(faults, pump.capacity_nl);
  reservoir.refill(Infinity, pump.fill_nl, concentrations);
  const inPath = pump.state === "primed" ? concentrations : new Float64Array(DRUGS_MAX);
  const { length_cm, volume_nlPerCm } = pump.catheter;
  return new World(
    new PumpHead(faults, pump.unit.bias, pump.unit.ripple),
    reservoir,
    new Catheter(faults, length_cm, volume_nlPerCm, inPath),
    faults,
  );
}
