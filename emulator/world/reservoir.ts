// The reservoir: a bellows under the vapour pressure of a propellant, with well-mixed drugs in it. The gauge pressure at 37 C
// runs from 155 mmHg (empty) to 261 mmHg (full), which is a published span. The vapour's part of it, 960 mmHg absolute, follows
// the Clausius-Clapeyron relation with a heat of vaporisation of 25 kJ/mol: 30 mmHg per degree at 37 C, and suction of about
// 200 mmHg at 20 C. Altitude adds 86 mmHg per 1,000 m. Beyond the capacity the pressure rises steeply. Volumes are in nL, drugs
// in ng.

import { FAULT_OVERFILL, FAULT_POCKET_FILL, type FaultLedger } from "../faults";

const EMPTY_MMHG = 155;
const FULL_MMHG = 261;
const VAPOUR_MMHG = 960;
const BODY_K = 310.15;
/** Heat of vaporisation over the gas constant, 25,000 / 8.314. */
const VAPOUR_K = 3007;
const MMHG_PER_METRE = 0.086;
/** Each tenth over the capacity adds 200 mmHg. */
const OVERFILL_MMHG = 2000;
const OVERFILL = 1.1;
export const DRUGS_MAX = 4;
export const PA_PER_MMHG = 133.322;

export class WorldReservoir {
  faults: FaultLedger;
  capacity_nl: number;
  volume_nl = 0;
  /** Content by drug. */
  drug_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** The volume that a refill put into the pocket around the pump. */
  pocket_nl = 0;

  constructor(faults: FaultLedger, capacity_nl: number) {
    this.faults = faults;
    this.capacity_nl = capacity_nl;
  }

  /** Takes out up to `volume_nl`, writes the drugs that came with it, and returns the volume taken. */
  drawInto(volume_nl: number, out_ng: Float64Array): number {
    const taken = Math.min(volume_nl, this.volume_nl);
    const part = this.volume_nl > 0 ? taken / this.volume_nl : 0;
    for (let i = 0; i < DRUGS_MAX; i++) {
      out_ng[i] = this.drug_ng[i] * part;
      this.drug_ng[i] -= out_ng[i];
    }
    this.volume_nl -= taken;
    return taken;
  }

  /** Puts fluid back in. */
  give(volume_nl: number, drug_ng: Float64Array): void {
    this.volume_nl += volume_nl;
    for (let i = 0; i < DRUGS_MAX; i++) this.drug_ng[i] += drug_ng[i];
  }

  /** A needle: takes out `aspirate_nl` (null: everything), puts in `fill_nl` at these concentrations (ng/nL). Returns what came out. */
  refill(aspirate_nl: number | null, fill_nl: number, concentrations: Float64Array): number {
    const out = new Float64Array(DRUGS_MAX);
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
    for (let i = 0; i < DRUGS_MAX; i++) this.drug_ng[i] += into * concentrations[i];
    this.volume_nl += into;
    return aspirated;
  }

  gauge_mmHg(temperature_mC: number, altitude_m: number): number {
    return this.healthy_mmHg() + this.excess_mmHg(temperature_mC, altitude_m);
  }

  /** Pressure beyond the one for which the head was made. */
  excess_mmHg(temperature_mC: number, altitude_m: number): number {
    const over = Math.max(0, this.volume_nl / this.capacity_nl - 1) * OVERFILL_MMHG;
    return VAPOUR_MMHG * (vapourRatio(temperature_mC) - 1) + altitude_m * MMHG_PER_METRE + over;
  }

  private healthy_mmHg(): number {
    return EMPTY_MMHG + (FULL_MMHG - EMPTY_MMHG) * Math.min(1, this.volume_nl / this.capacity_nl);
  }
}

/** Vapour pressure as a multiple of that at 37 C. */
function vapourRatio(temperature_mC: number): number {
  return exponential(VAPOUR_K * (1 / BODY_K - 1 / (temperature_mC / 1000 + 273.15)));
}

/** e^x from the four operations, which are the same on every engine: to 1e-5 for |x| < 4, to 1e-8 for |x| < 1. */
function exponential(x: number): number {
  const y = x / 16;
  const root = (1 + y / 2 + (y * y) / 12) / (1 - y / 2 + (y * y) / 12);
  const fourth = root * root * (root * root);
  return fourth * fourth * (fourth * fourth);
}
