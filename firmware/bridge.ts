// The bridge from one drug or concentration to another (THR-7). After a refill the tubing and the catheter still hold the old
// solution, which needs a rate of its own until the new one has arrived. The length of a bridge is a number of pulses. While
// it runs, basal of a new concentration of the same drug is scaled so that the patient gets the programmed dose from the old
// solution; for another drug, basal goes on at the rate at which the old one ran. A bridge starts at once when the new
// concentration is in force already. Otherwise it is armed and waits up to an hour for the commit of the new program.
//
// Invariants:
// - A bridge runs while `left` is above 0, and `left` is at most `pulses`.
// - A running bridge has an old rate or an old concentration.

import { assert } from "../hal/assert";
import { CONCENTRATION_MAX } from "../hal/drug-library";
import { PRIME_PULSES_MAX } from "../hal/telemetry";
import { MODE_CONTINUOUS, MODE_FLEX } from "../hal/trace";
import { MINUTES_PER_DAY, MINUTES_PER_HOUR, RATE_MAX, RATE_MINIMUM } from "../hal/units";
import { Clock } from "./clock";
import { Limiter } from "./limiter";
import { mulDiv } from "./mul-div";
import { Program, isTherapeutic } from "./program";
import { MemoryLatch, Twin } from "./twin";

/**
 * Minutes that an armed bridge waits. Its end is stored in minutes, because ticks wrap after 248 days and nothing
 * clears this field.
 */
const ARMED_MINUTES: i32 = MINUTES_PER_HOUR;
/** The largest change of concentration for a bridge, a hundredfold. A rate scaled by more would not fit an i32. */
const CONCENTRATION_RATIO_MAX: i32 = 100;

assert(RATE_MAX < 0x40000000 / CONCENTRATION_RATIO_MAX, "the fastest rate times the largest ratio fits");
assert(CONCENTRATION_MAX < 0x40000000 / CONCENTRATION_RATIO_MAX, "the largest concentration times that ratio fits");

export class Bridge {
  limiter: Limiter;
  clock: Clock;
  program: Program;
  /** The pulses of the bridge that are still to be given, and all of them. */
  left: Twin;
  pulses: Twin;
  /** Concentration of the old solution in the path, in 0.1 ug/mL. */
  oldConcentration: Twin;
  /** The basal rate of the old drug, in 0.01 uL/day; 0 when only the concentration changes. */
  oldRate: Twin;
  /** The bridge that waits for a commit: its pulses (0 for none), its old concentration, and the minute in which it expires. */
  armedPulses: Twin;
  armedConcentration: Twin;
  armedUntil: Twin;

  constructor(memory: MemoryLatch, limiter: Limiter, clock: Clock, program: Program) {
    this.limiter = limiter;
    this.clock = clock;
    this.program = program;
    this.left = new Twin(memory, 0);
    this.pulses = new Twin(memory, 0);
    this.oldConcentration = new Twin(memory, 0);
    this.oldRate = new Twin(memory, 0);
    this.armedPulses = new Twin(memory, 0);
    this.armedConcentration = new Twin(memory, 0);
    this.armedUntil = new Twin(memory, 0);
  }

  isRunning(): bool {
    return this.left.get() > 0;
  }

  /** Lets a bridge wait for the commit of a program with another drug or concentration. */
  arm(oldConcentration: i32, pulses: i32): void {
    this.armedPulses.set(pulses);
    this.armedConcentration.set(oldConcentration);
    this.armedUntil.set((this.clock.minute.get() + ARMED_MINUTES) | 0);
  }

  disarm(): void {
    this.armedPulses.set(0);
  }

  /** True when a bridge is armed for the change from the program in force to `next`; basal runs at `rate` now. */
  isArmedFor(next: Program, rate: i32): bool {
    const pulses: i32 = this.armedPulses.get();
    if (pulses < 1 || pulses > PRIME_PULSES_MAX) return false;
    if (((this.armedUntil.get() - this.clock.minute.get()) | 0) <= 0) return false;
    if (this.armedConcentration.get() != this.program.concentrations.get(0)) return false;
    if (next.drugIds.get(0) != this.program.drugIds.get(0)) return isTherapeutic(rate);
    return this.canScale(next, this.armedConcentration.get());
  }

  /** True when the pump can run at every rate of `next`, scaled for the old concentration. Periodic doses are not scaled. */
  canScale(next: Program, oldConcentration: i32): bool {
    const mode: i32 = next.mode.get();
    if (mode != MODE_CONTINUOUS && mode != MODE_FLEX) return false;
    const concentration: i32 = next.concentrations.get(0);
    if (!isRatio(concentration, oldConcentration)) return false;
    // With a program that rests all day the bridge would never end.
    return (
      next.rateMax(this.clock.wall.get(), MINUTES_PER_DAY) > RATE_MINIMUM &&
      next.canScale(concentration, oldConcentration)
    );
  }

  /** Starts a bridge. The limiter makes room for it. */
  start(oldConcentration: i32, oldRate: i32, pulses: i32): void {
    this.oldConcentration.set(oldConcentration);
    this.oldRate.set(oldRate);
    this.left.set(pulses);
    this.pulses.set(pulses);
    this.limiter.makeRoom(pulses);
  }

  /** Counts proved pulses of a running bridge. True when they were its last. */
  countProved(pulses: i32): bool {
    const left: i32 = this.left.get();
    if (left == 0) return false;
    this.left.set(left > pulses ? (left - pulses) | 0 : 0);
    return left <= pulses;
  }

  /** Pulses given so far. */
  given(): i32 {
    return (this.pulses.get() - this.left.get()) | 0;
  }

  /** Ends a bridge, complete or not. The room that it made lasts a day from now. */
  end(): void {
    this.left.set(0);
    this.limiter.keepRoom(0);
  }

  /** The basal rate of a running bridge where the program has `rate`, both in 0.01 uL/day. */
  rateFor(rate: i32): i32 {
    const oldRate: i32 = this.oldRate.get();
    if (oldRate > 0) return oldRate < RATE_MAX ? oldRate : RATE_MAX;
    const from: i32 = this.oldConcentration.get();
    const to: i32 = this.program.concentrations.get(0);
    if (rate <= RATE_MINIMUM || !isRatio(to, from)) return rate;
    const scaled: i32 = mulDiv(rate, to, from);
    return scaled < RATE_MAX ? scaled : RATE_MAX;
  }
}

/** True for two concentrations between which there can be a bridge. */
function isRatio(to: i32, from: i32): bool {
  return from >= 1 && from <= CONCENTRATION_MAX && to <= ((from * CONCENTRATION_RATIO_MAX) | 0);
}
