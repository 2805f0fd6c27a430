// The volume in the reservoir, as an estimate that falls by one pulse for each step that the encoder showed (RES-1). Only a
// refill sets it. The level sensor is read once a minute and averaged over 16 readings. It never changes the estimate. When both
// disagree for an hour, a cause of alarm holds: more or less was delivered than was counted, fluid leaks, or a refill went into
// the pocket (RES-2). At a refill, the volume that the syringe took out is judged in the same way (RES-4). All volumes are pulses
// of 250 nL.
//
// Invariants:
// - A step of the level sensor and the residual volume are whole numbers of pulses.
// - `readingsSum` is the sum of the readings in the ring, and fits an i32 in pulses.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { ADC_CODE_MAX, LEVEL_NL_PER_CODE } from "../hal/reservoir";
import {
  OUTCOME_ACCEPTED,
  OUTCOME_DISCREPANCY,
  OUTCOME_OUT_OF_RANGE,
  REFILL_ACCEPT,
  REFILL_EMPTIED,
} from "../hal/telemetry";
import { PULSE_NL } from "../hal/units";
import { mulDiv } from "./mul-div";
import { MemoryLatch, Twin, TwinArray } from "./twin";

/** The residual volume, which the bellows does not give: 1.4 mL. */
const RESIDUAL_NL: i32 = 1400000;
export const EMPTY_PULSES: i32 = RESIDUAL_NL / PULSE_NL;
const PULSES_PER_mL: i32 = 1000000 / PULSE_NL;
const PULSES_PER_CODE: i32 = LEVEL_NL_PER_CODE / PULSE_NL;
const READINGS: i32 = 16;
const MISMATCH_MINUTES: i32 = 60;
const RAILS_TO_FAULT: i32 = 3;
/** 14.5 % of the volume that was to be delivered. */
const ERROR_PERMILLE_MAX: i32 = 145;
/** Below 0.5 mL delivered, a syringe cannot tell an error of 14.5 %. */
const DELIVERED_TO_JUDGE: i32 = PULSES_PER_mL / 2;
const PERMILLE: i32 = 1000;
/** A larger error of volume, which only a damaged record or strap can show, is cut to this one, whose permille fit. */
const APART_MAX: i32 = 500000;
/** An honest error is at most the largest reservoir and the largest volume that may be aspirated, twice as much. */
const HONEST_APART_MAX: i32 = 3 * 40 * PULSES_PER_mL;

assert(LEVEL_NL_PER_CODE % PULSE_NL == 0, "a step of the level sensor is a whole number of pulses");
assert(RESIDUAL_NL % PULSE_NL == 0, "the residual volume is a whole number of pulses");
assert(APART_MAX < 0x20000000 / PERMILLE, "the permille of the largest error fit");
assert(HONEST_APART_MAX <= APART_MAX, "no error of an honest pump is cut");
assert(ADC_CODE_MAX * READINGS < 0x40000000 / PULSES_PER_CODE, "the sum of the readings fits");

export class Reservoir {
  hal: Hal;
  estimate: Twin;
  /** The estimate after the last refill. */
  filled: Twin;
  /** Minutes in a row in which level and estimate disagreed, at most MISMATCH_MINUTES. */
  mismatchMinutes: Twin;
  /** Readings in a row at the end of a sensor's range, at most RAILS_TO_FAULT. */
  rails: Twin;
  /** The last levels: a ring of their codes, their sum, and how many were taken. */
  readings: TwinArray;
  readingsSum: Twin;
  readingsTaken: Twin;
  /** For the reply to the last refill: what should have come out, whether something else did, and by how many permille. */
  expected: i32 = 0;
  differed: bool = false;
  error_permille: i32 = 0;

  constructor(hal: Hal, memory: MemoryLatch) {
    this.hal = hal;
    this.estimate = new Twin(memory, 0);
    this.filled = new Twin(memory, 0);
    this.mismatchMinutes = new Twin(memory, 0);
    this.rails = new Twin(memory, 0);
    this.readings = new TwinArray(memory, READINGS);
    this.readingsSum = new Twin(memory, 0);
    this.readingsTaken = new Twin(memory, 0);
  }

  tick(credited: i32, minuteEdge: bool): void {
    if (credited > 0) this.credit(credited);
    if (minuteEdge) this.read();
  }

  /** True at the programmed threshold of `lowPulses` and below. */
  isLow(lowPulses: i32): bool {
    return this.estimate.get() <= lowPulses;
  }

  isEmpty(): bool {
    return this.estimate.get() <= EMPTY_PULSES;
  }

  /** Takes steps of the rotor off the estimate. */
  credit(pulses: i32): void {
    assert(pulses > 0, "the estimate only falls");
    const estimate: i32 = this.estimate.get();
    this.estimate.set(estimate > pulses ? (estimate - pulses) | 0 : 0);
  }

  mismatch(): bool {
    return this.mismatchMinutes.get() >= MISMATCH_MINUTES;
  }

  sensorFault(): bool {
    return this.rails.get() >= RAILS_TO_FAULT;
  }

  /**
   * `aspirated` pulses were taken out and `filled` were put in; the REFILL_ bits of `flags` say whether the pump was emptied.
   * OUTCOME_OUT_OF_RANGE when that is more than the pump holds or a bit is unknown. OUTCOME_DISCREPANCY when an emptied pump
   * did not give what should have been left, and nobody accepts that. In both cases the estimate stays.
   */
  refill(flags: i32, aspirated: i32, filled: i32): i32 {
    const emptied: bool = (flags & REFILL_EMPTIED) != 0;
    const capacity: i32 = this.capacity();
    this.expected = this.estimate.get();
    this.differed = false;
    if ((flags & ~(REFILL_EMPTIED | REFILL_ACCEPT)) != 0) return OUTCOME_OUT_OF_RANGE;
    if (aspirated < 0 || filled < 0 || filled > capacity || aspirated > capacity << 1) {
      return OUTCOME_OUT_OF_RANGE;
    }
    const estimate: i32 = this.estimate.get();
    const left: i32 = emptied || estimate < aspirated ? 0 : (estimate - aspirated) | 0;
    if (((left + filled) | 0) > capacity) return OUTCOME_OUT_OF_RANGE;
    if (emptied) this.compare(estimate, aspirated);
    if (this.differed && (flags & REFILL_ACCEPT) == 0) return OUTCOME_DISCREPANCY;
    this.estimate.set((left + filled) | 0);
    this.filled.set((left + filled) | 0);
    this.readingsTaken.set(0);
    this.readingsSum.set(0);
    this.mismatchMinutes.set(0);
    return OUTCOME_ACCEPTED;
  }

  /**
   * Finds the error of what came out, and whether it differs from what should have (RES-4): by more than 14.5 % of what was to
   * be delivered since the last refill, or by more than 1 mL (2 mL of a 40 mL pump).
   */
  private compare(estimate: i32, aspirated: i32): void {
    this.error_permille = 0;
    const filled: i32 = this.filled.get();
    const delivered: i32 = (filled - estimate) | 0;
    // A pump that was never filled has nothing to compare with.
    if (filled == 0) return;
    const gap: i32 = (estimate - aspirated) | 0;
    const apart: i32 = gap < 0 ? -gap : gap;
    if (delivered > 0) {
      const part: i32 = mulDiv(apart < 0 || apart > APART_MAX ? APART_MAX : apart, PERMILLE, delivered);
      this.error_permille = gap < 0 ? -part : part;
    }
    this.differed =
      apart > this.tolerance() ||
      (delivered >= DELIVERED_TO_JUDGE && apart * PERMILLE > delivered * ERROR_PERMILLE_MAX);
  }

  /** The pump's size in pulses, from a strap of the board. It is read anew each time, so that no memory can damage it. */
  private capacity(): i32 {
    return ((this.hal.reservoir.capacity_mL() | 0) * PULSES_PER_mL) | 0;
  }

  /** The pulses by which estimate and reality may be apart: 1 mL, or 2 mL of a pump of 40 mL. */
  private tolerance(): i32 {
    return this.capacity() > 20 * PULSES_PER_mL ? 2 * PULSES_PER_mL : PULSES_PER_mL;
  }

  private read(): void {
    const level: i32 = this.hal.reservoir.level() | 0;
    const pressure: i32 = this.hal.reservoir.pressure() | 0;
    const railed: bool = level <= 0 || level >= ADC_CODE_MAX || pressure <= 0 || pressure >= ADC_CODE_MAX;
    if (!railed) this.rails.set(0);
    else if (this.rails.get() < RAILS_TO_FAULT) this.rails.add(1);
    if (!railed) this.average(level);
  }

  private average(level: i32): void {
    const taken: i32 = this.readingsTaken.get();
    const slot: i32 = (taken % READINGS) | 0;
    const leaving: i32 = taken >= READINGS ? this.readings.get(slot) : 0;
    this.readings.set(slot, level);
    this.readingsSum.add((level - leaving) | 0);
    // The count stays in the ring's second round for ever, so that a full ring can be told from one that fills.
    const next: i32 = taken + 1 >= 2 * READINGS ? READINGS : (taken + 1) | 0;
    this.readingsTaken.set(next);
    if (next < READINGS) return;
    const gap: i32 = (((this.readingsSum.get() * PULSES_PER_CODE) | 0) - ((this.estimate.get() * READINGS) | 0)) | 0;
    const allowed: i32 = (this.tolerance() * READINGS) | 0;
    if (gap <= allowed && -gap <= allowed) this.mismatchMinutes.set(0);
    else if (this.mismatchMinutes.get() < MISMATCH_MINUTES) this.mismatchMinutes.add(1);
  }
}
