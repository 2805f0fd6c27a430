// The reservoir: a bellows under the vapour pressure of a propellant, with well-mixed drugs in it. The gauge pressure at 37 C
// runs from 155 mmHg (empty) to 261 mmHg (full), which is a published span. The vapour's part of it, 960 mmHg absolute, follows
// the Clausius-Clapeyron relation with a heat of vaporisation of 25 kJ/mol: 30 mmHg per degree at 37 C, and suction of about
// 200 mmHg at 20 C. Propellant and bellows are shut off from the air, so a lower ambient pressure adds to the gauge pressure
// and a higher one takes from it. The bellows holds its capacity and no more (RES-7): its stop refuses what a needle pushes
// beyond it, and what is forced goes into the pocket. Volumes are in nL, drugs in ng.

import { FAULT_OVERFILL, FAULT_POCKET_FILL, FaultLedger } from "../fault-ledger";
import { ATMOSPHERE_MMHG } from "./ambient";
import { exponential } from "./exponential";

const EMPTY_MMHG: f64 = 155;
const FULL_MMHG: f64 = 261;
const VAPOUR_MMHG: f64 = 960;
const BODY_K = 310.15;
/** Heat of vaporisation over the gas constant, 25,000 / 8.314. */
const VAPOUR_K: f64 = 3007;
/** A needle that overfills forces in a tenth of the capacity beyond it. */
const OVERFILL = 1.1;
/**
 * It also strains the bellows: 200 mmHg more when full, which decrease to 0 while the first hundredth of the capacity
 * leaves.
 */
const STRAIN_MMHG: f64 = 200;
const STRAIN = 0.01;
export const DRUGS_MAX: i32 = 4;
export const PA_PER_MMHG = 133.322;
/** Scratch of `refill`: what the needle draws out is not looked at. */
const DRAWN_NG: Float64Array = new Float64Array(DRUGS_MAX);

export class WorldReservoir {
  faults: FaultLedger;
  capacity_nl: f64;
  volume_nl: f64 = 0;
  /** Content by drug. */
  drug_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** The volume that needles put into the pocket around the pump, and its drugs. */
  pocket_nl: f64 = 0;
  pocket_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** The volume that stayed in the syringe because the bellows was full. */
  refused_nl: f64 = 0;
  /** True when the last needle overfilled the bellows, which is then pressed against its stop. */
  strained: bool = false;

  constructor(faults: FaultLedger, capacity_nl: f64) {
    this.faults = faults;
    this.capacity_nl = capacity_nl;
  }

  /** Takes out up to `volume_nl`, writes the drugs that came with it, and returns the volume taken. */
  drawInto(volume_nl: f64, out_ng: Float64Array): f64 {
    const taken = Math.min(volume_nl, this.volume_nl);
    const part: f64 = this.volume_nl > 0 ? taken / this.volume_nl : 0;
    for (let i = 0; i < DRUGS_MAX; i++) {
      out_ng[i] = this.drug_ng[i] * part;
      this.drug_ng[i] -= out_ng[i];
    }
    this.volume_nl -= taken;
    return taken;
  }

  /** The volume for which there is room. */
  room_nl(): f64 {
    return Math.max(0, this.capacity_nl - this.volume_nl);
  }

  /** Puts fluid back in, which is not more than `room_nl`. */
  give(volume_nl: f64, drug_ng: Float64Array): void {
    this.volume_nl = Math.min(this.capacity_nl, this.volume_nl + volume_nl);
    for (let i = 0; i < DRUGS_MAX; i++) this.drug_ng[i] += drug_ng[i];
  }

  /**
   * A needle: takes out up to `aspirate_nl`, puts in `fill_nl` at these concentrations (ng/nL). Returns
   * what came out.
   */
  refill(aspirate_nl: f64, fill_nl: f64, concentrations: Float64Array): f64 {
    const aspirated = this.drawInto(aspirate_nl, DRAWN_NG);
    if (fill_nl > 0) this.fill(fill_nl, concentrations);
    return aspirated;
  }

  private fill(fill_nl: f64, concentrations: Float64Array): void {
    let into: f64 = fill_nl;
    this.strained = false;
    if (this.faults.isOn(FAULT_POCKET_FILL)) {
      const missed = Math.min(into, this.faults.parameter[FAULT_POCKET_FILL]);
      this.spill(missed, concentrations);
      into -= missed;
      if (missed > 0) this.faults.acted(FAULT_POCKET_FILL);
      this.faults.end(FAULT_POCKET_FILL);
    }
    if (this.faults.isOn(FAULT_OVERFILL)) {
      const forced = Math.max(into, this.capacity_nl * OVERFILL - this.volume_nl);
      if (forced > into) this.faults.acted(FAULT_OVERFILL);
      this.strained = true;
      this.spill(Math.max(0, forced - this.room_nl()), concentrations);
      into = Math.min(forced, this.room_nl());
      this.faults.end(FAULT_OVERFILL);
    }
    const taken = Math.min(into, this.room_nl());
    this.refused_nl += into - taken;
    for (let i = 0; i < DRUGS_MAX; i++) this.drug_ng[i] += taken * concentrations[i];
    // A sum of parts may round above the capacity.
    this.volume_nl = Math.min(this.capacity_nl, this.volume_nl + taken);
  }

  private spill(volume_nl: f64, concentrations: Float64Array): void {
    this.pocket_nl += volume_nl;
    for (let i = 0; i < DRUGS_MAX; i++) this.pocket_ng[i] += volume_nl * concentrations[i];
  }

  gauge_mmHg(temperature_mC: f64, ambient_mmHg: f64): f64 {
    return this.healthy_mmHg() + this.excess_mmHg(temperature_mC, ambient_mmHg);
  }

  /** Pressure beyond the one for which the head was made. */
  excess_mmHg(temperature_mC: f64, ambient_mmHg: f64): f64 {
    return VAPOUR_MMHG * (vapourRatio(temperature_mC) - 1) + ATMOSPHERE_MMHG - ambient_mmHg + this.strain_mmHg();
  }

  private healthy_mmHg(): f64 {
    return EMPTY_MMHG + (FULL_MMHG - EMPTY_MMHG) * (this.volume_nl / this.capacity_nl);
  }

  private strain_mmHg(): f64 {
    if (!this.strained) return 0;
    return STRAIN_MMHG * Math.max(0, 1 - this.room_nl() / (STRAIN * this.capacity_nl));
  }
}

/** Vapour pressure as a multiple of that at 37 C. */
function vapourRatio(temperature_mC: f64): f64 {
  return exponential(VAPOUR_K * (1 / BODY_K - 1 / (temperature_mC / 1000 + 273.15)));
}
