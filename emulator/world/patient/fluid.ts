// Drug in the body, one linear system for each drug: near-tip cell, lumbar, thoracic and cisternal fluid, plasma and tissue, gut
// and pocket, what was cleared, and the effect sites of cord and brain. Neighbouring cells of fluid exchange; the near-tip cell
// lies beside the lumbar fluid, the thoracic or both, by the height of the tip. Each of the four is cleared to plasma, and plasma, of which a part is unbound, feeds them in turn. The gut and the pocket under the skin empty
// into plasma. What plasma clears, and what the liver takes of an oral dose, is summed by its own rates. Effect sites are
// concentrations without a mass.
//
// A step is 60 s: x <- A x + B u. A = exp(M t) and B, its integral from 0 to t, are computed once from the person's own rates by
// a series with scaling and squaring, from + - x / of doubles alone, so every engine gives the same bits. u is the mass that came
// in during the step, at a constant rate. The flow and the volume of what leaves the tip choose how u is divided over the
// cells and never the exchange between them, so at the same flow responses add up.

import {
  BRAIN_PLASMA,
  CL_PLASMA,
  CL_TIP,
  CORD_PLASMA,
  CSF_RATIO,
  DRUG_FIGURES,
  KE0_BRAIN,
  KE0_CORD,
  ORAL_PART,
  ORAL_RATE,
  POCKET_RATE,
  Q_ROSTRAL,
  Q_SPINAL,
  Q_TIP,
  Q_TIP_THORACIC,
  Q_TISSUE,
  V_CISTERNAL,
  V_LUMBAR,
  V_PLASMA,
  V_THORACIC,
  V_TIP,
  V_TISSUE,
} from "./drug";

/** The drugs that a patient may have in the body. */
export const SLOTS_MAX: i32 = 8;

/** States of a drug: amounts in ng up to CLEARED, then concentrations in ng/mL. */
export const TIP: i32 = 0;
export const LUMBAR: i32 = 1;
export const THORACIC: i32 = 2;
export const CISTERNAL: i32 = 3;
export const PLASMA: i32 = 4;
export const TISSUE: i32 = 5;
export const GUT: i32 = 6;
export const POCKET: i32 = 7;
export const CLEARED: i32 = 8;
export const CORD: i32 = 9;
export const BRAIN: i32 = 10;
export const STATES: i32 = 11;
/** States whose amounts are drug in the body. */
const HELD: i32 = 8;
const CELLS: i32 = 4;

/** Elements of a matrix. */
export const SQUARE: i32 = STATES * STATES;
/** The series is summed at a 64th of a step, where the fastest rate times the time is below 0.02, and squared six times. */
const DOUBLINGS: i32 = 6;
const SCALE: f64 = 64;
const TERMS: i32 = 14;
/** 2^17 minutes are three months. */
const SETTLE_DOUBLINGS: i32 = 17;

/**
 * The flow out of the tip at which half of it mixes beyond the near-tip cell, uL/min; and the volume within an hour that does. Of
 * pig spines, 20 uL/h stays within centimetres, and 1,000 uL/h or a bolus of 1,000 uL spreads (Bernards 2006, Flack 2010).
 * The two numbers are choices.
 */
const SPREAD_UL_PER_MIN: f64 = 60;
const SPREAD_UL: f64 = 2500;
/** Of the recent volume, the part that still counts after a minute. */
const RECENT_KEPT: f64 = 59.0 / 60.0;
/** The part of the thoracic fluid into which an injection mixes at once. */
const THORACIC_REACHED: f64 = 0.25;
const NL_PER_UL: f64 = 1000;

export class Fluid {
  /** Drugs in use. */
  slots: i32;
  /** A row of DRUG_FIGURES for each. */
  figures: Float64Array = new Float64Array(SLOTS_MAX * DRUG_FIGURES);
  /** The step of each drug: A, and B, by row and column. */
  a: Float64Array = new Float64Array(SLOTS_MAX * SQUARE);
  b: Float64Array = new Float64Array(SLOTS_MAX * SQUARE);
  x: Float64Array = new Float64Array(SLOTS_MAX * STATES);
  /** Drug that came in, in all. Amounts in the body at the start count. */
  entered_ng: Float64Array = new Float64Array(SLOTS_MAX);
  /** Drug that comes in during the step under way: at the tip, by needle into the lumbar fluid, by mouth and under the skin. */
  atTip_ng: Float64Array = new Float64Array(SLOTS_MAX);
  needle_ng: Float64Array = new Float64Array(SLOTS_MAX);
  gut_ng: Float64Array = new Float64Array(SLOTS_MAX);
  pocket_ng: Float64Array = new Float64Array(SLOTS_MAX);
  /** Volumes of the same step, and of the last hour at the tip. */
  atTip_nl: f64 = 0;
  needle_nl: f64 = 0;
  recent_nl: f64 = 0;
  /** 1 for a drug that is or was in the body. */
  used: Uint8Array = new Uint8Array(SLOTS_MAX);
  /** Scratch. */
  u: Float64Array = new Float64Array(STATES);
  next: Float64Array = new Float64Array(STATES);
  m: Float64Array = new Float64Array(SQUARE);
  term: Float64Array = new Float64Array(SQUARE);
  product: Float64Array = new Float64Array(SQUARE);

  constructor(slots: i32) {
    this.slots = slots;
  }

  /** Computes the matrices of a drug from its figures. */
  prepare(slot: i32): void {
    this.generate(slot);
    this.exponentiate(slot);
  }

  /**
   * Adds to the body what it holds when `perMinute_ng` have been swallowed each minute for ever: doubled steps, x <- A x + s and
   * then A <- A A, s <- A s + s, reach 2^k minutes in k rounds.
   */
  reachSteadyState(slot: i32, perMinute_ng: f64): void {
    const matrix = slot * SQUARE;
    for (let i: i32 = 0; i < STATES; i++) this.u[i] = this.b[matrix + i * STATES + GUT] * perMinute_ng;
    this.addSteadyState(slot);
  }

  /** The same of drug that has left the tip for ever, so slowly that it stays near it. */
  reachSteadyStateAtTip(slot: i32, perMinute_ng: f64): void {
    const entered = this.entered_ng[slot];
    this.next.fill(0);
    this.atTip_ng[slot] = perMinute_ng;
    this.feed(slot, 0, 0);
    this.entered_ng[slot] = entered;
    for (let i: i32 = 0; i < STATES; i++) this.u[i] = this.next[i];
    this.addSteadyState(slot);
  }

  /** Adds the steady state of what a step brings, which is in `u`. */
  private addSteadyState(slot: i32): void {
    const matrix = slot * SQUARE;
    for (let i: i32 = 0; i < SQUARE; i++) this.term[i] = this.a[matrix + i];
    for (let k: i32 = 0; k < SETTLE_DOUBLINGS; k++) {
      for (let i: i32 = 0; i < STATES; i++) {
        let sum: f64 = this.u[i];
        for (let j: i32 = 0; j < STATES; j++) sum += this.term[i * STATES + j] * this.u[j];
        this.next[i] = sum;
      }
      for (let i: i32 = 0; i < STATES; i++) this.u[i] = this.next[i];
      this.multiply(this.term, 0, this.term, 0);
      for (let i: i32 = 0; i < SQUARE; i++) this.term[i] = this.product[i];
    }
    for (let i: i32 = 0; i < STATES; i++) {
      if (i === CLEARED) continue;
      this.x[slot * STATES + i] += this.u[i];
      if (i < HELD) this.entered_ng[slot] += this.u[i];
    }
    this.used[slot] = 1;
  }

  /** A minute passes. */
  step(): void {
    const tip = this.spread(this.atTip_nl + this.recent_nl, this.atTip_nl);
    const needle = this.spread(this.needle_nl, this.needle_nl);
    for (let slot: i32 = 0; slot < this.slots; slot++) {
      if (this.atTip_ng[slot] + this.needle_ng[slot] + this.gut_ng[slot] + this.pocket_ng[slot] > 0) {
        this.used[slot] = 1;
        this.stepSlot(slot, tip, needle, true);
      } else if (this.used[slot] !== 0) {
        this.stepSlot(slot, tip, needle, false);
      }
    }
    this.recent_nl = (this.recent_nl + this.atTip_nl) * RECENT_KEPT;
    this.atTip_nl = 0;
    this.needle_nl = 0;
  }

  /** ng/mL in one of the four cells, in plasma, or at one of the two effect sites, which have no volume. */
  concentration(slot: i32, state: i32): f64 {
    if (state >= CORD) return this.x[slot * STATES + state];
    const volume = state === PLASMA ? V_PLASMA : state;
    return this.x[slot * STATES + state] / this.figures[slot * DRUG_FIGURES + volume];
  }

  /** Drug in the body. */
  held_ng(slot: i32): f64 {
    let sum: f64 = 0;
    for (let i: i32 = 0; i < HELD; i++) sum += this.x[slot * STATES + i];
    return sum;
  }

  cleared_ng(slot: i32): f64 {
    return this.x[slot * STATES + CLEARED];
  }

  /** How high the tip is, 0 in the lumbar fluid to 1 in the thoracic, as its exchange says. */
  private height(figures: i32): f64 {
    const toThoracic = this.figures[figures + Q_TIP_THORACIC];
    return toThoracic / (toThoracic + this.figures[figures + Q_TIP]);
  }

  /** The part of a volume that mixes at once beyond the near-tip cell. */
  private spread(volume_nl: f64, flow_nlPerMin: f64): f64 {
    const flow = flow_nlPerMin / NL_PER_UL;
    const volume = volume_nl / NL_PER_UL;
    const kept = (SPREAD_UL_PER_MIN / (SPREAD_UL_PER_MIN + flow)) * (SPREAD_UL / (SPREAD_UL + volume));
    return 1 - kept;
  }

  private stepSlot(slot: i32, tipSpread: f64, needleSpread: f64, isFed: bool): void {
    const from = slot * STATES;
    const matrix = slot * SQUARE;
    for (let i: i32 = 0; i < STATES; i++) {
      const row = matrix + i * STATES;
      let sum: f64 = 0;
      for (let j: i32 = 0; j < STATES; j++) sum += this.a[row + j] * this.x[from + j];
      this.next[i] = sum;
    }
    if (isFed) this.feed(slot, tipSpread, needleSpread);
    for (let i: i32 = 0; i < STATES; i++) this.x[from + i] = this.next[i];
  }

  /** Adds what came in during the step. */
  private feed(slot: i32, tipSpread: f64, needleSpread: f64): void {
    this.u.fill(0);
    // A needle is in the lumbar cistern, wherever the tip is.
    const figures = slot * DRUG_FIGURES;
    const height = this.height(figures);
    const lumbar = this.figures[figures + V_LUMBAR];
    const thoracic = this.figures[figures + V_THORACIC] * THORACIC_REACHED;
    this.divide(slot, this.atTip_ng[slot] * (1 - height), tipSpread, 0, lumbar, thoracic);
    this.divide(slot, this.atTip_ng[slot] * height, tipSpread, 0, 0, lumbar + thoracic);
    this.divide(slot, this.needle_ng[slot], needleSpread, height, lumbar, thoracic);
    this.u[GUT] = this.gut_ng[slot];
    this.u[POCKET] = this.pocket_ng[slot];
    this.entered_ng[slot] += this.atTip_ng[slot] + this.needle_ng[slot] + this.gut_ng[slot] + this.pocket_ng[slot];
    this.atTip_ng[slot] = 0;
    this.needle_ng[slot] = 0;
    this.gut_ng[slot] = 0;
    this.pocket_ng[slot] = 0;
    const matrix = slot * SQUARE;
    for (let i: i32 = 0; i < STATES; i++) {
      const row = matrix + i * STATES;
      let sum: f64 = this.next[i];
      for (let j: i32 = 0; j < CLEARED; j++) sum += this.b[row + j] * this.u[j];
      this.next[i] = sum;
    }
  }

  /**
   * Divides a mass over the cells: the part that spreads mixes evenly into the near-tip cell and these volumes of lumbar and thoracic
   * fluid. Of the rest the part `away` stays in the lumbar fluid and not near the tip.
   */
  private divide(slot: i32, mass_ng: f64, part: f64, away: f64, lumbar_mL: f64, thoracic_mL: f64): void {
    const tip = this.figures[slot * DRUG_FIGURES + V_TIP];
    const wide = (mass_ng * part) / (tip + lumbar_mL + thoracic_mL);
    const inLumbar = wide * lumbar_mL + mass_ng * (1 - part) * away;
    const inThoracic = wide * thoracic_mL;
    this.u[TIP] += mass_ng - inLumbar - inThoracic;
    this.u[LUMBAR] += inLumbar;
    this.u[THORACIC] += inThoracic;
  }

  /** M, in 1/min: `m[i][j]` is the rate at which j feeds i. */
  private generate(slot: i32): void {
    const figures = slot * DRUG_FIGURES;
    this.m.fill(0);
    const plasma = this.figures[figures + V_PLASMA];
    for (let i: i32 = 0; i < CELLS; i++) {
      const clearance = this.figures[figures + CL_TIP + i];
      this.flow(i, PLASMA, clearance / this.figures[figures + V_TIP + i]);
      this.flow(PLASMA, i, (clearance * this.figures[figures + CSF_RATIO]) / plasma);
    }
    this.exchange(figures, TIP, LUMBAR, Q_TIP, V_TIP, V_LUMBAR);
    this.exchange(figures, TIP, THORACIC, Q_TIP_THORACIC, V_TIP, V_THORACIC);
    this.exchange(figures, LUMBAR, THORACIC, Q_SPINAL, V_LUMBAR, V_THORACIC);
    this.exchange(figures, THORACIC, CISTERNAL, Q_ROSTRAL, V_THORACIC, V_CISTERNAL);
    this.exchange(figures, PLASMA, TISSUE, Q_TISSUE, V_PLASMA, V_TISSUE);
    this.flow(PLASMA, CLEARED, this.figures[figures + CL_PLASMA] / plasma);
    const rate = this.figures[figures + ORAL_RATE];
    const part = this.figures[figures + ORAL_PART];
    this.flow(GUT, PLASMA, rate * part);
    this.flow(GUT, CLEARED, rate * (1 - part));
    this.flow(POCKET, PLASMA, this.figures[figures + POCKET_RATE]);
    this.generateSites(figures);
  }

  /**
   * The cord follows the mean of the fluid at the level of the tip: the tip's cell, the lumbar fluid as far as the tip is lumbar, and as
   * far as it is thoracic the part of the thoracic fluid that it reaches. The brain follows the cisternal fluid, and both follow plasma.
   */
  private generateSites(figures: i32): void {
    const plasma = this.figures[figures + V_PLASMA];
    const cord = this.figures[figures + KE0_CORD];
    const height = this.height(figures);
    const spinal =
      this.figures[figures + V_TIP] +
      this.figures[figures + V_LUMBAR] * (1 - height) +
      this.figures[figures + V_THORACIC] * THORACIC_REACHED * height;
    this.m[CORD * STATES + TIP] = cord / spinal;
    this.m[CORD * STATES + LUMBAR] = (cord * (1 - height)) / spinal;
    this.m[CORD * STATES + THORACIC] = (cord * THORACIC_REACHED * height) / spinal;
    this.m[CORD * STATES + PLASMA] = (cord * this.figures[figures + CORD_PLASMA]) / plasma;
    this.m[CORD * STATES + CORD] = -cord;
    const brain = this.figures[figures + KE0_BRAIN];
    this.m[BRAIN * STATES + CISTERNAL] = brain / this.figures[figures + V_CISTERNAL];
    this.m[BRAIN * STATES + PLASMA] = (brain * this.figures[figures + BRAIN_PLASMA]) / plasma;
    this.m[BRAIN * STATES + BRAIN] = -brain;
  }

  private exchange(figures: i32, one: i32, other: i32, flow: i32, volumeOne: i32, volumeOther: i32): void {
    this.flow(one, other, this.figures[figures + flow] / this.figures[figures + volumeOne]);
    this.flow(other, one, this.figures[figures + flow] / this.figures[figures + volumeOther]);
  }

  private flow(from: i32, to: i32, rate: f64): void {
    this.m[to * STATES + from] += rate;
    this.m[from * STATES + from] -= rate;
  }

  /** A and B over a 64th of a step from the series, then over twice the time, six times. */
  private exponentiate(slot: i32): void {
    const to = slot * SQUARE;
    const short: f64 = 1 / SCALE;
    for (let i: i32 = 0; i < SQUARE; i++) {
      const unit: f64 = i % (STATES + 1) === 0 ? 1 : 0;
      this.term[i] = unit;
      this.a[to + i] = unit;
      this.b[to + i] = unit * short;
    }
    for (let k: i32 = 1; k <= TERMS; k++) {
      this.multiply(this.term, 0, this.m, 0);
      const order: f64 = k;
      for (let i: i32 = 0; i < SQUARE; i++) {
        this.term[i] = (this.product[i] * short) / order;
        this.a[to + i] += this.term[i];
        this.b[to + i] += (this.term[i] * short) / (order + 1);
      }
    }
    for (let k: i32 = 0; k < DOUBLINGS; k++) {
      this.multiply(this.a, to, this.b, to);
      for (let i: i32 = 0; i < SQUARE; i++) this.b[to + i] += this.product[i];
      this.multiply(this.a, to, this.a, to);
      for (let i: i32 = 0; i < SQUARE; i++) this.a[to + i] = this.product[i];
    }
  }

  private multiply(left: Float64Array, atLeft: i32, right: Float64Array, atRight: i32): void {
    for (let i: i32 = 0; i < STATES; i++) {
      for (let j: i32 = 0; j < STATES; j++) {
        let sum: f64 = 0;
        for (let k: i32 = 0; k < STATES; k++) {
          sum += left[atLeft + i * STATES + k] * right[atRight + k * STATES + j];
        }
        this.product[i * STATES + j] = sum;
      }
    }
  }
}
