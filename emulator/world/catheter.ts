// Tubing (140 uL) and catheter as one path of CELLS cells. The content of a cell moves on as a whole, so transport is exact and
// the grid mixes nothing. Mixing is Taylor-Aris dispersion, D (1 + Pe^2 / 48): it is summed over the pushes and applied when
// the cells move on. A prime at 1,000 uL/h therefore spreads the front over centimetres, and therapy hardly spreads it. Flow
// resistance is neglected (it is under 1 mmHg at 1 mL/h), so without an occlusion the volume that enters pushes out the same
// volume at once. With an occlusion the volume is stored in the compliant wall, 10 nL per mmHg, and leaves when the occlusion
// has gone. A needle in the access port, where the tubing ends, moves the catheter's content and not the tubing's. Volumes are
// in nL, drugs in ng.

import { FAULT_DISCONNECT, FAULT_LEAK, FAULT_OCCLUSION, FaultLedger } from "../fault-ledger";
import { DRUGS_MAX } from "./reservoir";

/** Published tubing volume of the pump. */
export const TUBING_NL: f64 = 140000;
export const CELLS: i32 = 100;
const COMPLIANCE_NL_PER_MMHG: f64 = 10;
/** The flow of stored volume after an occlusion has gone: 1 uL/s. */
const RELIEF_NL_PER_TICK: f64 = 10;
/** Molecular diffusion of morphine in water, cm^2/s. */
const DIFFUSION = 6e-6;
const PI = 3.141592653589793;
const TICK_S = 0.01;
/**
 * Stable step of the explicit scheme, and the largest number of steps in one move: after weeks of standing nothing
 * mixes further.
 */
const MIX_STEP = 0.25;
const MIX_STEPS_MAX: f64 = 40;

export class Catheter {
  faults: FaultLedger;
  cell_nl: f64;
  /** Length of a cell and squared radius of the bore. */
  cell_cm: f64;
  radius2: f64;
  area_cm2: f64;
  /** Concentration by drug, then by cell from the pump to the tip, ng/nL. */
  cells: Float64Array = new Float64Array(DRUGS_MAX * CELLS);
  /** The volume and drugs that are entering the first cell. The same volume has left the last cell. */
  entered_nl: f64 = 0;
  entered_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** Mixing that is still to be applied, as D t / dx^2. */
  mixing: f64 = 0;
  lastTick: f64 = 0;
  /** Pressure of the fluid around the tip above the healthy value. A back door: no scenario sets it. */
  outside_mmHg: f64 = 0;
  /** The volume that the compliant wall stores, and the drugs in it. */
  stored_nl: f64 = 0;
  stored_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** Totals that left the tip, and that were lost on the way. */
  tip_nl: f64 = 0;
  tip_ng: Float64Array = new Float64Array(DRUGS_MAX);
  lost_nl: f64 = 0;
  lost_ng: Float64Array = new Float64Array(DRUGS_MAX);
  out_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** Totals that needles put in and took out at the port. */
  injected_nl: f64 = 0;
  injected_ng: Float64Array = new Float64Array(DRUGS_MAX);
  aspirated_nl: f64 = 0;
  aspirated_ng: Float64Array = new Float64Array(DRUGS_MAX);
  /** Scratch of `move`: the amount of one drug up to each border between cells. */
  upTo: Float64Array = new Float64Array(CELLS + 1);

  /** `length_cm` of `volume_nlPerCm`, filled with these concentrations (ng/nL). */
  constructor(faults: FaultLedger, length_cm: f64, volume_nlPerCm: f64, fill: Float64Array) {
    this.faults = faults;
    this.cell_nl = (TUBING_NL + length_cm * volume_nlPerCm) / CELLS;
    this.area_cm2 = volume_nlPerCm / 1e6;
    this.cell_cm = this.cell_nl / volume_nlPerCm;
    this.radius2 = this.area_cm2 / PI;
    this.fillWith(fill);
  }

  /** Another catheter of the same size, filled with these concentrations (ng/nL). */
  fillWith(fill: Float64Array): void {
    for (let d: i32 = 0; d < DRUGS_MAX; d++) this.cells.fill(fill[d], d * CELLS, (d + 1) * CELLS);
    this.entered_nl = 0;
    this.entered_ng.fill(0);
    this.stored_nl = 0;
    this.stored_ng.fill(0);
    this.mixing = 0;
  }

  pressure_mmHg(): f64 {
    return this.outside_mmHg + this.stored_nl / COMPLIANCE_NL_PER_MMHG;
  }

  /** Takes in fluid from the head. */
  push(volume_nl: f64, drug_ng: Float64Array, tick: f64): void {
    if (this.faults.isOn(FAULT_DISCONNECT)) {
      this.faults.acted(FAULT_DISCONNECT);
      this.lose(volume_nl, drug_ng, 1);
    } else if (this.faults.isOn(FAULT_OCCLUSION)) {
      this.faults.acted(FAULT_OCCLUSION);
      this.stored_nl += volume_nl;
      for (let d: i32 = 0; d < DRUGS_MAX; d++) this.stored_ng[d] += drug_ng[d];
    } else {
      this.disperse(volume_nl, tick);
      this.advance(volume_nl, drug_ng);
    }
  }

  /**
   * The head turns backward and draws fluid in: first what the wall stores, then fluid from the pump's end. Its drugs are
   * added to `out_ng`. For the latter, cerebrospinal fluid enters at the tip. A disconnected catheter lets the head draw in
   * clear fluid from around the pump.
   */
  pull(volume_nl: f64, out_ng: Float64Array): void {
    out_ng.fill(0);
    if (this.faults.isOn(FAULT_DISCONNECT)) {
      this.lost_nl -= volume_nl;
      return;
    }
    const kept = Math.min(volume_nl, this.stored_nl);
    this.releaseInto(kept, out_ng);
    let left = volume_nl - kept;
    this.tip_nl -= left;
    while (left > 0) {
      if (this.entered_nl <= 0) this.retreat();
      const part = Math.min(left, this.entered_nl);
      for (let d: i32 = 0; d < DRUGS_MAX; d++) {
        const amount = this.entered_ng[d] * (part / this.entered_nl);
        out_ng[d] += amount;
        this.entered_ng[d] -= amount;
        // The last cell takes in the same volume of clear fluid, which dilutes its drug.
        const last = d * CELLS + CELLS - 1;
        const held = this.cells[last] * (this.cell_nl - this.entered_nl);
        this.cells[last] = held / (this.cell_nl - this.entered_nl + part);
      }
      this.entered_nl -= part;
      left -= part;
    }
  }

  /**
   * A needle in the port pushes in `volume_nl` with these drugs at once. As much leaves the tip. Returns the volume
   * that went in: nothing against a closed catheter. From a disconnected one all is lost.
   */
  inject(volume_nl: f64, drug_ng: Float64Array): f64 {
    if (this.faults.isOn(FAULT_OCCLUSION)) {
      this.faults.acted(FAULT_OCCLUSION);
      return 0;
    }
    this.injected_nl += volume_nl;
    for (let d: i32 = 0; d < DRUGS_MAX; d++) this.injected_ng[d] += drug_ng[d];
    if (this.faults.isOn(FAULT_DISCONNECT)) {
      this.faults.acted(FAULT_DISCONNECT);
      this.lose(volume_nl, drug_ng, 1);
      return volume_nl;
    }
    for (let d: i32 = 0; d < DRUGS_MAX; d++) this.leave(d, this.move(d, volume_nl, drug_ng[d]));
    this.leaveVolume(volume_nl);
    return volume_nl;
  }

  /**
   * A needle in the port draws `volume_nl` out at once: first what the wall stores, then the catheter's content from
   * the port on. As much fluid enters at the tip. Returns the volume that came: of a closed catheter what its wall
   * stores.
   */
  aspirate(volume_nl: f64): f64 {
    const fromWall = Math.min(volume_nl, this.stored_nl);
    this.out_ng.fill(0);
    this.releaseInto(fromWall, this.out_ng);
    let rest = volume_nl - fromWall;
    if (this.faults.isOn(FAULT_OCCLUSION)) {
      if (rest > 0) this.faults.acted(FAULT_OCCLUSION);
      rest = 0;
    } else if (this.faults.isOn(FAULT_DISCONNECT)) {
      if (rest > 0) this.faults.acted(FAULT_DISCONNECT);
      this.lost_nl -= rest;
    } else if (rest > 0) {
      this.tip_nl -= rest;
      for (let d: i32 = 0; d < DRUGS_MAX; d++) this.out_ng[d] += this.move(d, -rest, 0);
    }
    this.aspirated_nl += fromWall + rest;
    for (let d: i32 = 0; d < DRUGS_MAX; d++) this.aspirated_ng[d] += this.out_ng[d];
    return fromWall + rest;
  }

  /** Lets one tick's share of the stored volume out, unless there is an occlusion. */
  step(): void {
    if (this.stored_nl <= 0 || this.faults.isOn(FAULT_OCCLUSION)) return;
    const volume = Math.min(RELIEF_NL_PER_TICK, this.stored_nl);
    this.out_ng.fill(0);
    this.releaseInto(volume, this.out_ng);
    this.advance(volume, this.out_ng);
  }

  quiet(): f64 {
    return this.stored_nl > 0 && !this.faults.isOn(FAULT_OCCLUSION) ? 0 : Infinity;
  }

  /** Drug now between head and tip, the wall's store included. */
  contentInto(out_ng: Float64Array): void {
    for (let d: i32 = 0; d < DRUGS_MAX; d++) {
      let sum = this.entered_ng[d] + this.stored_ng[d];
      for (let i: i32 = 0; i < CELLS - 1; i++) sum += this.cells[d * CELLS + i] * this.cell_nl;
      out_ng[d] = sum + this.cells[d * CELLS + CELLS - 1] * (this.cell_nl - this.entered_nl);
    }
  }

  /** Takes up to `volume_nl` of what the wall stores, and adds its drugs to `out_ng`. */
  private releaseInto(volume_nl: f64, out_ng: Float64Array): void {
    if (volume_nl <= 0) return;
    const part = volume_nl / this.stored_nl;
    for (let d: i32 = 0; d < DRUGS_MAX; d++) {
      const amount = this.stored_ng[d] * part;
      out_ng[d] += amount;
      this.stored_ng[d] -= amount;
    }
    this.stored_nl -= volume_nl;
  }

  /**
   * Moves one drug's content beyond the port by `shift_nl`: on toward the tip, behind `put_ng`, or back if negative, with clear
   * fluid behind it. The cells get what then lies between their borders. Returns the amount that left at the other end.
   */
  private move(drug: i32, shift_nl: f64, put_ng: f64): f64 {
    const end = CELLS * this.cell_nl;
    const before = this.amountUpTo(drug, end);
    const atPort = this.amountUpTo(drug, TUBING_NL);
    const left =
      shift_nl > 0
        ? before + put_ng - this.movedUpTo(drug, end, shift_nl, put_ng)
        : this.amountUpTo(drug, TUBING_NL - shift_nl) - atPort;
    for (let i: i32 = 0; i <= CELLS; i++) {
      const border = Math.min(end, this.entered_nl + i * this.cell_nl);
      this.upTo[i] = this.movedUpTo(drug, border, shift_nl, put_ng);
    }
    this.entered_ng[drug] = this.upTo[0];
    for (let i: i32 = 0; i < CELLS; i++) {
      const held_nl: f64 = i < CELLS - 1 ? this.cell_nl : this.cell_nl - this.entered_nl;
      this.cells[drug * CELLS + i] = Math.max(0, this.upTo[i + 1] - this.upTo[i]) / held_nl;
    }
    return left;
  }

  /** The amount between head and `place_nl` after that move. */
  private movedUpTo(drug: i32, place_nl: f64, shift_nl: f64, put_ng: f64): f64 {
    const beyond = place_nl - TUBING_NL;
    if (beyond <= 0) return this.amountUpTo(drug, place_nl);
    if (shift_nl < 0) {
      const gone = this.amountUpTo(drug, TUBING_NL - shift_nl) - this.amountUpTo(drug, TUBING_NL);
      return this.amountUpTo(drug, place_nl - shift_nl) - gone;
    }
    if (beyond <= shift_nl) return this.amountUpTo(drug, TUBING_NL) + put_ng * (beyond / shift_nl);
    return this.amountUpTo(drug, place_nl - shift_nl) + put_ng;
  }

  /** The amount of a drug between the head and `place_nl` of the path, the wall's store apart. */
  private amountUpTo(drug: i32, place_nl: f64): f64 {
    if (place_nl <= 0) return 0;
    if (place_nl <= this.entered_nl) return this.entered_ng[drug] * (place_nl / this.entered_nl);
    let sum = this.entered_ng[drug];
    const rest = Math.min(place_nl, CELLS * this.cell_nl) - this.entered_nl;
    const whole: i32 = Math.min(CELLS - 1, Math.floor(rest / this.cell_nl)) as i32;
    for (let i: i32 = 0; i < whole; i++) sum += this.cells[drug * CELLS + i] * this.cell_nl;
    return sum + this.cells[drug * CELLS + whole] * (rest - whole * this.cell_nl);
  }

  private advance(volume_nl: f64, drug_ng: Float64Array): void {
    let left = volume_nl;
    while (left > 0) {
      const part = Math.min(left, this.cell_nl - this.entered_nl);
      for (let d: i32 = 0; d < DRUGS_MAX; d++) {
        this.entered_ng[d] += drug_ng[d] * (part / volume_nl);
        this.leave(d, this.cells[d * CELLS + CELLS - 1] * part);
      }
      this.leaveVolume(part);
      this.entered_nl += part;
      left -= part;
      if (this.entered_nl >= this.cell_nl) this.shift();
    }
  }

  private leaveVolume(volume_nl: f64): void {
    const lost: f64 = this.faults.isOn(FAULT_LEAK) ? volume_nl * this.faults.parameter[FAULT_LEAK] : 0;
    if (lost > 0) this.faults.acted(FAULT_LEAK);
    this.tip_nl += volume_nl - lost;
    this.lost_nl += lost;
  }

  private leave(drug: i32, amount_ng: f64): void {
    const lost: f64 = this.faults.isOn(FAULT_LEAK) ? amount_ng * this.faults.parameter[FAULT_LEAK] : 0;
    this.tip_ng[drug] += amount_ng - lost;
    this.lost_ng[drug] += lost;
  }

  private lose(volume_nl: f64, drug_ng: Float64Array, part: f64): void {
    this.lost_nl += volume_nl * part;
    for (let d: i32 = 0; d < DRUGS_MAX; d++) this.lost_ng[d] += drug_ng[d] * part;
  }

  /** Moves the content on by one cell: the volume that entered becomes the first cell; the last one has left. */
  private shift(): void {
    for (let d: i32 = 0; d < DRUGS_MAX; d++) {
      const from = d * CELLS;
      this.cells.copyWithin(from + 1, from, from + CELLS - 1);
      this.cells[from] = this.entered_ng[d] / this.entered_nl;
      this.entered_ng[d] = 0;
    }
    this.entered_nl = 0;
    this.mix();
  }

  /** Moves the content back by one cell: the first one goes to the pump's end, clear fluid becomes the last one. */
  private retreat(): void {
    for (let d: i32 = 0; d < DRUGS_MAX; d++) {
      const from = d * CELLS;
      this.entered_ng[d] = this.cells[from] * this.cell_nl;
      this.cells.copyWithin(from, from + 1, from + CELLS);
      this.cells[from + CELLS - 1] = 0;
    }
    this.entered_nl = this.cell_nl;
  }

  /** Adds the mixing of one push: D dt + r^2 dL^2 / (48 D dt), over dx^2. */
  private disperse(volume_nl: f64, tick: f64): void {
    const dt = Math.max(1, tick - this.lastTick) * TICK_S;
    const dL = volume_nl / 1e6 / this.area_cm2;
    this.lastTick = tick;
    this.mixing += (DIFFUSION * dt + (this.radius2 * dL * dL) / (48 * DIFFUSION * dt)) / (this.cell_cm * this.cell_cm);
  }

  private mix(): void {
    const steps: i32 = Math.min(MIX_STEPS_MAX, Math.ceil(this.mixing / MIX_STEP)) as i32;
    const k = Math.min(MIX_STEP, this.mixing / Math.max(1, steps));
    this.mixing = 0;
    for (let step: i32 = 0; step < steps; step++) {
      for (let d: i32 = 0; d < DRUGS_MAX; d++) this.mixDrug(d * CELLS, k);
    }
  }

  /** One explicit diffusion step with closed ends: what leaves a cell enters its neighbour. */
  private mixDrug(from: i32, k: f64): void {
    let left = this.cells[from];
    for (let i: i32 = from; i < from + CELLS - 1; i++) {
      const here = this.cells[i];
      const flux = k * (here - this.cells[i + 1]);
      const inflow: f64 = i === from ? 0 : k * (left - here);
      left = here;
      this.cells[i] = here + inflow - flux;
    }
    const last = from + CELLS - 1;
    this.cells[last] += k * (left - this.cells[last]);
  }
}
