// The volume in the reservoir, as an estimate that falls by one pulse for each step that the encoder showed (RES-1). Only a
// refill sets it. The level sensor is read once a minute and averaged over 12 readings. It never changes the estimate. When
// both disagree for an hour, a cause of alarm holds: more or less was delivered than was counted, fluid leaks, or a refill went
// into the pocket (RES-2). At a refill, the volume that the syringe took out is judged in the same way (RES-4). All volumes are
// pulses of 250 nL.
//
// The lower of estimate and sensor decides whether the reservoir is low or empty (RES-3). For the sensor counts
// `lowestAverage`, the lowest average since the last refill, which the ledger keeps over resets. It follows the average up only
// when that rises by half a millilitre, so that a noisy sensor does not raise an alarm again and again. A level code of zero is
// an empty bellows or an open sensor. It counts as a reading while something else says empty: the estimate, the readings before
// it, the pressure, or a pressure that fell together with the level (RES-6), as it does at altitude too, where an empty bellows
// has the pressure of a fuller one. Otherwise it is a rail.
//
// Invariants:
// - A sudden fall of the level is in the average within 15 minutes, with the minute that a restart may lose.
// - A step of the level sensor and the residual volume are whole numbers of pulses.
// - `readingsSum` is the sum of the readings in the ring, and fits an i32 in pulses.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { ADC_CODE_MAX, LEVEL_NL_PER_CODE, PRESSURE_CODE_ZERO, PRESSURE_PA_PER_CODE } from "../hal/reservoir";
import {
  OUTCOME_ACCEPTED,
  OUTCOME_DISCREPANCY,
  OUTCOME_OUT_OF_RANGE,
  REFILL_ACCEPT,
  REFILL_EMPTIED,
} from "../hal/telemetry";
import { REFILL_ERROR_UNKNOWN } from "../hal/trace";
import { PULSE_NL } from "../hal/units";
import { mulDiv } from "./mul-div";
import { MemoryLatch, Twin, TwinArray } from "./twin";

/** The residual volume, which cannot be pumped out of the bellows: 1.4 mL. */
const RESIDUAL_NL: i32 = 1400000;
const EMPTY_PULSES: i32 = RESIDUAL_NL / PULSE_NL;
const PULSES_PER_mL: i32 = 1000000 / PULSE_NL;
/** More than any implanted bellows holds. */
const CAPACITY_mL_MAX: i32 = 100;
const PULSES_PER_CODE: i32 = LEVEL_NL_PER_CODE / PULSE_NL;
const READINGS: i32 = 12;
const EMPTY_MINUTES_MAX: i32 = 15;
/** The value of `lowestAverage` before the first average after a refill: more than any reservoir holds. */
const NO_AVERAGE: i32 = 0x20000000;
/** The average must rise by so much above the lowest one before it counts: 0.5 mL. */
const AVERAGE_RISE: i32 = PULSES_PER_mL / 2;
/** The highest gauge pressure of an empty bellows at body temperature: 155 mmHg, and a tenth for the sensor. */
const EMPTY_PA_MAX: i32 = 22700;
/** The propellant's pressure rises by 30 mmHg a degree in a fever, so by 4 Pa a thousandth of a degree; up to 45 C. */
const BODY_MC: i32 = 37000;
const FEVER_MC_MAX: i32 = 8000;
const PA_PER_MC: i32 = 4;
/** The gauge pressure falls by so much from a full bellows to an empty one: 106 mmHg. */
const SPAN_PA: i32 = 14132;
const MISMATCH_MINUTES: i32 = 60;
const RAILS_TO_FAULT: i32 = 3;
/** 14.5 % of the volume that was to be delivered. */
const ERROR_PERMILLE_MAX: i32 = 145;
/** Below 0.5 mL delivered, a syringe cannot tell an error of 14.5 %. */
const DELIVERED_TO_JUDGE: i32 = PULSES_PER_mL / 2;
const PERMILLE: i32 = 1000;
/** An error of volume is cut to this one, whose permille fit an i32. Only a damaged record or strap can make a larger one. */
const APART_MAX: i32 = 500000;
/** The largest error without damage: a full reservoir of the largest size, and twice as much aspirated. */
const HONEST_APART_MAX: i32 = 3 * 40 * PULSES_PER_mL;

assert(LEVEL_NL_PER_CODE % PULSE_NL == 0, "a step of the level sensor is a whole number of pulses");
assert(RESIDUAL_NL % PULSE_NL == 0, "the residual volume is a whole number of pulses");
assert(APART_MAX < 0x20000000 / PERMILLE, "the permille of the largest error fit");
assert(HONEST_APART_MAX <= APART_MAX, "no error of an honest pump is cut");
assert(ADC_CODE_MAX * READINGS < 0x40000000 / PULSES_PER_CODE, "the sum of the readings fits");
assert(READINGS + 2 <= EMPTY_MINUTES_MAX, "a sudden fall is in the average in time");
assert(NO_AVERAGE / PULSES_PER_CODE > ADC_CODE_MAX, "no reading is as high as none");

export class Reservoir {
  hal: Hal;
  estimate: Twin;
  /** The estimate after the last refill. */
  filled: Twin;
  /** Minutes in a row in which level and estimate disagreed, at most MISMATCH_MINUTES. */
  mismatchMinutes: Twin;
  /** Readings in a row at the end of a sensor's range, at most RAILS_TO_FAULT. */
  rails: Twin;
  /** The last levels: a ring of their codes, the sum of these, and how many were taken. */
  readings: TwinArray;
  readingsSum: Twin;
  readingsTaken: Twin;
  /** The pressure's code at the last reading of the level. */
  pressureBefore: Twin;
  /** The lowest average since the last refill, or since the average last rose by AVERAGE_RISE above it; or NO_AVERAGE. */
  lowestAverage: Twin;
  /**
   * Of the last refill: the pulses that should have come out, whether another volume did, and the error in permille of
   * the delivered volume, REFILL_ERROR_UNKNOWN below DELIVERED_TO_JUDGE.
   */
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
    this.pressureBefore = new Twin(memory, 0);
    this.lowestAverage = new Twin(memory, NO_AVERAGE);
  }

  tick(credited: i32, minuteEdge: bool): void {
    if (credited > 0) this.credit(credited);
    if (minuteEdge) this.read();
  }

  /** True at the programmed threshold of `lowPulses` and below. */
  isLow(lowPulses: i32): bool {
    return this.content() <= lowPulses;
  }

  isEmpty(): bool {
    return this.content() <= EMPTY_PULSES;
  }

  /** True when `pulses` more would leave no more than the residual volume. */
  wouldEmpty(pulses: i32): bool {
    return ((this.content() - pulses) | 0) <= EMPTY_PULSES;
  }

  /** Subtracts steps of the rotor from the estimate. */
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
    this.lowestAverage.set(NO_AVERAGE);
    this.mismatchMinutes.set(0);
    return OUTCOME_ACCEPTED;
  }

  /**
   * Finds the error of what came out, and whether it differs from what should have (RES-4): by more than 14.5 % of what was to
   * be delivered since the last refill, or by more than 1 mL (2 mL of a 40 mL pump).
   */
  private compare(estimate: i32, aspirated: i32): void {
    this.error_permille = REFILL_ERROR_UNKNOWN;
    const filled: i32 = this.filled.get();
    const delivered: i32 = (filled - estimate) | 0;
    // A pump that was never filled has nothing to compare with.
    if (filled == 0) return;
    const gap: i32 = (estimate - aspirated) | 0;
    const apart: i32 = gap < 0 ? -gap : gap;
    if (delivered >= DELIVERED_TO_JUDGE) {
      const part: i32 = mulDiv(apart < 0 || apart > APART_MAX ? APART_MAX : apart, PERMILLE, delivered);
      this.error_permille = gap < 0 ? -part : part;
    }
    this.differed =
      apart > this.tolerance() ||
      (delivered >= DELIVERED_TO_JUDGE && apart * PERMILLE > delivered * ERROR_PERMILLE_MAX);
  }

  /**
   * The pump's size in pulses, from a strap of the board. It is read anew each time, so that no memory can damage it. A board that states
   * none, or an impossible one, counts as the nearest possible.
   */
  private capacity(): i32 {
    const stated_mL: i32 = this.hal.reservoir.capacity_mL() | 0;
    const capacity_mL: i32 = stated_mL < 1 ? 1 : stated_mL < CAPACITY_mL_MAX ? stated_mL : CAPACITY_mL_MAX;
    return (capacity_mL * PULSES_PER_mL) | 0;
  }

  /** The pulses by which estimate and reality may be apart: 1 mL, or 2 mL of a pump of 40 mL. */
  private tolerance(): i32 {
    return this.capacity() > 20 * PULSES_PER_mL ? 2 * PULSES_PER_mL : PULSES_PER_mL;
  }

  /** The lower of estimate and sensor. */
  private content(): i32 {
    const estimate: i32 = this.estimate.get();
    const lowestAverage: i32 = this.lowestAverage.get();
    return lowestAverage < estimate ? lowestAverage : estimate;
  }

  private read(): void {
    const level: i32 = this.hal.reservoir.level() | 0;
    const pressure: i32 = this.hal.reservoir.pressure() | 0;
    const levelRailed: bool = level >= ADC_CODE_MAX || level < 0 || (level == 0 && !this.seemsEmpty(pressure));
    if (!levelRailed && !isRailed(pressure)) this.rails.set(0);
    else if (this.rails.get() < RAILS_TO_FAULT) this.rails.add(1);
    if (levelRailed) return;
    this.average(level);
    this.pressureBefore.set(pressure);
  }

  /** True when something besides the level says that nothing is left: the estimate, the earlier readings, or the pressure. */
  private seemsEmpty(pressure: i32): bool {
    if (this.isEmpty()) return true;
    if (isRailed(pressure)) return false;
    if (this.hasFallen(pressure)) return true;
    const above_mC: i32 = ((this.hal.thermometer.temperature_mC() | 0) - BODY_MC) | 0;
    const fever_mC: i32 = above_mC < 0 ? 0 : above_mC < FEVER_MC_MAX ? above_mC : FEVER_MC_MAX;
    const gauge_pa: i32 = ((pressure - PRESSURE_CODE_ZERO) * PRESSURE_PA_PER_CODE) | 0;
    return gauge_pa <= ((EMPTY_PA_MAX + fever_mC * PA_PER_MC) | 0);
  }

  /** True when the last reading was empty, or the pressure has fallen since by half of what that reading stood for, or more. */
  private hasFallen(pressure: i32): bool {
    const taken: i32 = this.readingsTaken.get();
    const before: i32 = this.pressureBefore.get();
    if (taken == 0 || isRailed(before)) return false;
    const level: i32 = this.readings.get((taken - 1) % READINGS);
    if (level == 0) return true;
    const stoodFor_pa: i32 = mulDiv((level * PULSES_PER_CODE) | 0, SPAN_PA, this.capacity());
    return (((before - pressure) * PRESSURE_PA_PER_CODE) | 0) >= stoodFor_pa >> 1;
  }

  private average(level: i32): void {
    const taken: i32 = this.readingsTaken.get();
    const slot: i32 = (taken % READINGS) | 0;
    const leaving: i32 = taken >= READINGS ? this.readings.get(slot) : 0;
    this.readings.set(slot, level);
    this.readingsSum.add((level - leaving) | 0);
    // After the second round the count goes back to READINGS, so that a full ring still differs from one that fills.
    const next: i32 = taken + 1 >= 2 * READINGS ? READINGS : (taken + 1) | 0;
    this.readingsTaken.set(next);
    if (next < READINGS) return;
    const sum: i32 = (this.readingsSum.get() * PULSES_PER_CODE) | 0;
    this.noteAverage(((sum - (sum % READINGS)) / READINGS) | 0);
    const gap: i32 = (sum - ((this.estimate.get() * READINGS) | 0)) | 0;
    const allowed: i32 = (this.tolerance() * READINGS) | 0;
    if (gap <= allowed && -gap <= allowed) this.mismatchMinutes.set(0);
    else if (this.mismatchMinutes.get() < MISMATCH_MINUTES) this.mismatchMinutes.add(1);
  }

  private noteAverage(average: i32): void {
    const lowestAverage: i32 = this.lowestAverage.get();
    if (average < lowestAverage || average > ((lowestAverage + AVERAGE_RISE) | 0)) this.lowestAverage.set(average);
  }
}

function isRailed(code: i32): bool {
  return code <= 0 || code >= ADC_CODE_MAX;
}
