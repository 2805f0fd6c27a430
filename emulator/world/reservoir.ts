// The reservoir: a bellows under the vapour pressure of a propellant, with well-mixed drugs in it. Gauge pressure runs
// from 155 mmHg empty to 261 full (published span), 30 mmHg more a degree above 37 C and 86 mmHg more per 1,000 m of
// altitude (computed in the project's fact base), and steeply beyond the capacity. Volumes nL, drugs ng.

import { FAULT_OVERFILL, FAULT_POCKET_FILL, type FaultLedger } from "../faults";

const EMPTY_MMHG = 155;
const FULL_MMHG = 261;
const MMHG_PER_DEGREE = 30;
const MMHG_PER_METRE = 0.086;
/** Each tenth over the capacity adds 200 mmHg. */
const OVERFILL_MMHG = 2000;
const OVERFILL = 1.1;
export const DRUGS_MOST = 4;
export const PA_PER_MMHG = 133.322;

export class WorldReservoir {
  faults: FaultLedger;
  capacity_nl: number;
  volume_nl = 0;
  /** Content by drug. */
  drug_ng: Float64Array = new Float64Array(DRUGS_MOST);
  /** What went into the pocket around the pump instead. */
  pocket_nl = 0;

  constructor(faults: FaultLedger, capacity_nl: number) {
    this.faults = faults;
    this.capacity_nl = capacity_nl;
  }

  /** Takes up to `volume_nl` out, writes what drug came with it, and returns the volume that was there. */
  drawInto(volume_nl: number, out_ng: Float64Array): number {
    const taken = Math.min(volume_nl, this.volume_nl);
    const part = this.volume_nl > 0 ? taken / this.volume_nl : 0;
    for (let i = 0; i < DRUGS_MOST; i++) {
      out_ng[i] = this.drug_ng[i] * part;
      this.drug_ng[i] -= out_ng[i];
    }
    this.volume_nl -= taken;
    return taken;
  }

  /** Puts fluid back in. */
  give(volume_nl: number, drug_ng: Float64Array): void {
    this.volume_nl += volume_nl;
    for (let i = 0; i < DRUGS_MOST; i++) this.drug_ng[i] += drug_ng[i];
  }

  /** A needle: takes out `aspirate_nl` (null: everything), puts in `fill_nl` at these concentrations (ng/nL). Returns what came out. */
  refill(aspirate_nl: number | null, fill_nl: number, concentrations: Float64Array): number {
    const out = new Float64Array(DRUGS_MOST);
    const aspirated = this.drawInto(aspirate_nl ?? this.volume_nl, out);
    let into = fill_nl;
    if (this.faults.on[FAULT_POCKET_FILL]) {
      const lost = Math.min(into, this.faults.parameter[FAULT_POCKET_FILL]);
      this.pocket_nl += lost;
      into -= lost;
      if (lost > 0) this.faults.acted(FAULT_POCKET_FILL);
      if (fill_nl > 0) this.faults.end(FAULT_POCKET_FILL);
    }
    if (this.faults.on[FAULT_OVERFILL]) {
      const over = this.capacity_nl * OVERFILL - this.volume_nl;
      if (over > into) this.faults.acted(FAULT_OVERFILL);
      into = Math.max(into, over);
      this.faults.end(FAULT_OVERFILL);
    }
    for (let i = 0; i < DRUGS_MOST; i++) this.drug_ng[i] += into * concentrations[i];
    this.volume_nl += into;
    return aspirated;
  }

  gauge_mmHg(temperature_mC: number, altitude_m: number): number {
    return this.healthy_mmHg() + this.excess_mmHg(temperature_mC, altitude_m);
  }

  /** What pushes beyond the pressure that the head was made for. */
  excess_mmHg(temperature_mC: number, altitude_m: number): number {
    const over = Math.max(0, this.volume_nl / this.capacity_nl - 1) * OVERFILL_MMHG;
    return ((temperature_mC - 37000) / 1000) * MMHG_PER_DEGREE + altitude_m * MMHG_PER_METRE + over;
  }

  private healthy_mmHg(): number {
    return EMPTY_MMHG + (FULL_MMHG - EMPTY_MMHG) * Math.min(1, this.volume_nl / this.capacity_nl);
  }
}
