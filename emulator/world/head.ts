// The peristaltic head: how much one step of the rotor displaces, in nL. Three rollers, 24 steps a revolution, so a roller
// passes every eight steps; the ripple within a pass is a cosine whose eight samples sum to zero, so a revolution's volume
// is that of the unit's bias alone. Of a step 1 % slips back per 100 mmHg of difference between outlet and supply. Pressure
// at the outlet also lifts the rollers: from 300 mmHg they hold less and less, at 500 nothing. A supply that pulls lifts
// no roller: it costs the slip alone (choices of this project; no maker publishes the figures). Wear faults scale the step.

import { PULSE_NL } from "../../hal/units";
import { FAULT_OVER_DELIVERY, FAULT_UNDER_DELIVERY, type FaultLedger } from "../faults";

export const STEPS_PER_REVOLUTION = 24;
const STEPS_PER_ROLLER = 8;
const DIAGONAL = Math.sqrt(0.5);
/** cos(2 pi k / 8). */
const RIPPLE = Object.freeze([1, DIAGONAL, 0, -DIAGONAL, -1, -DIAGONAL, 0, DIAGONAL]);
const SLIP_PER_MMHG = 0.0001;
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
   * Turns by one step, +1 or -1, against `back_mmHg` at the outlet, from a supply that pushes `push_mmHg` harder than it
   * should (negative: less, or pulls), with `held_nl` to draw from. Signed volume in nL.
   */
  turn(step: number, back_mmHg: number, push_mmHg = 0, held_nl = Infinity): number {
    const from = this.angle;
    this.angle = (from + step + STEPS_PER_REVOLUTION) % STEPS_PER_REVOLUTION;
    // A step back sweeps the arc that the step forward swept.
    const arc = step > 0 ? this.angle : from;
    if (step > 0 && held_nl <= 0) return 0;
    const shape = 1 + this.ripple * RIPPLE[arc % STEPS_PER_ROLLER];
    return step * PULSE_NL * (1 + this.bias) * shape * this.wear() * kept(back_mmHg, push_mmHg);
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

/** Part of a step that does not leak back; above one when the supply pushes harder than it should. */
function kept(back_mmHg: number, push_mmHg: number): number {
  const held = back_mmHg <= KNEE_MMHG ? 1 : Math.max(0, (SHUT_MMHG - back_mmHg) / (SHUT_MMHG - KNEE_MMHG));
  return held * (1 - SLIP_PER_MMHG * (back_mmHg - push_mmHg));
}
