// The peristaltic pump head: the volume that one step of the rotor displaces, in nL. It has three rollers and 24 steps a
// revolution, so a roller passes every eight steps. The ripple within a pass is a cosine whose eight samples sum to zero; the
// volume of a revolution is therefore set by the unit's bias alone. Per 100 mmHg of difference between outlet and supply 1 % of
// a step slips back. Pressure at the outlet also lifts the rollers off the tube: from 300 mmHg on they seal less and less, and
// at 500 mmHg not at all. The head's housing is sealed at one atmosphere, so a chamber or a dive lifts them too. A supply under
// suction lifts no roller and costs the slip alone. Beyond 500 mmHg fluid leaks back past the lifted rollers, 0.2 uL/h per
// mmHg: about 50 uL/h at 2 bar, some millilitres in a course of 40 treatments, as was found at a refill (Akman 1994). These
// figures are choices of this project, because no manufacturer publishes them. Wear faults scale the step.

import { PULSE_NL } from "../../hal/units";
import { FAULT_OVER_DELIVERY, FAULT_UNDER_DELIVERY, FaultLedger } from "../fault-ledger";

export const STEPS_PER_REVOLUTION: i32 = 24;
const STEPS_PER_ROLLER: i32 = 8;
const DIAGONAL = Math.sqrt(0.5);
/** cos(2 pi k / 8). */
const RIPPLE: Float64Array = rippleOf();
const SLIP_PER_MMHG = 0.0001;
/** The pressure from which on the rollers seal less, and that at which they seal no more. */
const KNEE_MMHG: f64 = 300;
const OPEN_MMHG: f64 = 500;
const LEAK_NL_PER_DAY_PER_MMHG: f64 = 24 * 200;

function rippleOf(): Float64Array {
  const ripple = new Float64Array(STEPS_PER_ROLLER);
  ripple[0] = 1;
  ripple[1] = DIAGONAL;
  ripple[3] = -DIAGONAL;
  ripple[4] = -1;
  ripple[5] = -DIAGONAL;
  ripple[7] = DIAGONAL;
  return ripple;
}

export class PumpHead {
  faults: FaultLedger;
  /** This unit's own error, as fractions. */
  bias: f64;
  ripple: f64;
  /** 0..23. */
  angle: i32 = 0;

  constructor(faults: FaultLedger, bias: f64, ripple: f64) {
    this.faults = faults;
    this.bias = bias;
    this.ripple = ripple;
  }

  /**
   * Turns by one step, +1 or -1, against `back_mmHg` at the outlet. The supply's pressure is `push_mmHg` above the nominal
   * one (negative: below it, or suction); `held_nl` is the volume that it can draw from; `ambient_mmHg` is how far the ambient
   * pressure exceeds that of the sealed housing. Signed volume in nL.
   */
  turn(step: i32, back_mmHg: f64, push_mmHg: f64 = 0, held_nl: f64 = Infinity, ambient_mmHg: f64 = 0): f64 {
    const from = this.angle;
    this.angle = (from + step + STEPS_PER_REVOLUTION) % STEPS_PER_REVOLUTION;
    // A step backward sweeps the same arc as the step forward before it.
    const arc = step > 0 ? this.angle : from;
    if (step > 0 && held_nl <= 0) return 0;
    const shape = 1 + this.ripple * RIPPLE[arc % STEPS_PER_ROLLER];
    return (
      step * PULSE_NL * (1 + this.bias) * shape * this.wear() * kept(back_mmHg, push_mmHg, back_mmHg + ambient_mmHg)
    );
  }

  private wear(): f64 {
    return this.scaledBy(FAULT_OVER_DELIVERY) * this.scaledBy(FAULT_UNDER_DELIVERY);
  }

  private scaledBy(fault: i32): f64 {
    if (!this.faults.isOn(fault) || this.faults.parameter[fault] === 1) return 1;
    this.faults.acted(fault);
    return this.faults.parameter[fault];
  }
}

/**
 * The flow that leaks back past lifted rollers, nL/day: `lift_mmHg` is the pressure under them, `fall_mmHg` that from
 * outlet to supply.
 */
export function leak_nlPerDay(lift_mmHg: f64, fall_mmHg: f64): f64 {
  return LEAK_NL_PER_DAY_PER_MMHG * Math.max(0, Math.min(lift_mmHg - OPEN_MMHG, fall_mmHg));
}

/** Part of a step that does not slip back; above one when the supply's pressure is above the nominal one. */
function kept(back_mmHg: f64, push_mmHg: f64, lift_mmHg: f64): f64 {
  const held: f64 = lift_mmHg <= KNEE_MMHG ? 1 : Math.max(0, (OPEN_MMHG - lift_mmHg) / (OPEN_MMHG - KNEE_MMHG));
  return held * (1 - SLIP_PER_MMHG * (back_mmHg - push_mmHg));
}
