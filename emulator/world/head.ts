// The peristaltic head: how much one step of the rotor displaces, in nL. Three rollers, 24 steps a revolution, so a roller
// passes every eight steps; the ripple within a pass is a cosine whose eight samples sum to zero, so a revolution's volume
// is that of the unit's bias alone. Against pressure a little slips back: 2 % per 100 mmHg up to 300, then steeply to
// nothing at 500 (choices of this project; no maker publishes the figures). Wear faults scale the step.

import { PULSE_NL } from "../../hal/units";
import { FAULT_OVER_DELIVERY, FAULT_UNDER_DELIVERY, type FaultLedger } from "../faults";

export const STEPS_PER_REVOLUTION = 24;
const STEPS_PER_ROLLER = 8;
const DIAGONAL = Math.sqrt(0.5);
/** cos(2 pi k / 8). */
const RIPPLE = Object.freeze([1, DIAGONAL, 0, -DIAGONAL, -1, -DIAGONAL, 0, DIAGONAL]);
const SLIP_PER_MMHG = 0.0002;
const KNEE_MMHG = 300;
const SHUT_MMHG = 500;

export class PumpHead {
  faults: FaultLedger;
  /** This unit's own error, as fractions. */
  bias: number;
  ripple: number;
  /** 0..23. */
  angle = 0;

  constructor(faults: FaultLedger, bias: number, ripple: number) {
    this.faults = faults;
    this.bias = bias;
    this.ripple = ripple;
  }

  /**
   * Turns by one step, +1 or -1, against `back_mmHg` beyond the healthy difference, with `held_nl` to draw from. Signed
   * volume in nL.
   */
  turn(step: number, back_mmHg: number, held_nl = Infinity): number {
    const from = this.angle;
    this.angle = (from + step + STEPS_PER_REVOLUTION) % STEPS_PER_REVOLUTION;
    // A step back sweeps the arc that the step forward swept.
    const arc = step > 0 ? this.angle : from;
    if (step > 0 && held_nl <= 0) return 0;
    const shape = 1 + this.ripple * RIPPLE[arc % STEPS_PER_ROLLER];
    return step * PULSE_NL * (1 + this.bias) * shape * this.wear() * (1 - slip(back_mmHg));
  }

  private wear(): number {
    return this.scaledBy(FAULT_OVER_DELIVERY) * this.scaledBy(FAULT_UNDER_DELIVERY);
  }

  private scaledBy(fault: number): number {
    if (!this.faults.on[fault] || this.faults.parameter[fault] === 1) return 1;
    this.faults.acted(fault);
    return this.faults.parameter[fault];
  }
}

/** Part of a step that leaks back; negative when the reservoir pushes harder than it should. */
function slip(back_mmHg: number): number {
  if (back_mmHg <= KNEE_MMHG) return SLIP_PER_MMHG * back_mmHg;
  const atKnee = SLIP_PER_MMHG * KNEE_MMHG;
  return Math.min(1, atKnee + ((1 - atKnee) * (back_mmHg - KNEE_MMHG)) / (SHUT_MMHG - KNEE_MMHG));
}
