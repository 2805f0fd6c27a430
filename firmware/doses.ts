// The doses of periodic mode. A dose is a time of `doseTicks` in which its pulses fall due evenly, and the next dose begins
// `doseEveryTicks` after it began. The state of a dose is the tick in which it began and the part of its next pulse that has
// gathered. So a stop, a reset or a new program neither repeats a dose nor loses more of it than the time that passed (THR-9):
// while nothing is delivered nothing gathers, and the dose still ends when its time is over. A dose that falls due while
// nothing is delivered begins when delivery does, and the next one is counted from there. So the beginnings of doses alone say
// how many of them a window can hold.
//
// Invariants, unless memory is faulty:
// - Two doses begin at least `doseEveryTicks` apart, whatever was stopped, started or programmed between them.
// - `accumulator` is below `doseTicks`, and a dose has a tick for each of its pulses, so at most one falls due in a tick.

import { assert } from "../hal/assert";
import { DOSE_EVERY_MINUTES_MAX } from "../hal/telemetry";
import { RATE_TICKS_PER_PULSE, TICKS_PER_MINUTE } from "../hal/units";
import { Clock } from "./clock";
import { mulDiv } from "./mul-div";
import { Program } from "./program";
import { MemoryLatch, Twin } from "./twin";

/** A dose of this age no longer delays another. The age stops here, far from the wrap of the tick counter. */
const AGE_TICKS_MAX: i32 = DOSE_EVERY_MINUTES_MAX * TICKS_PER_MINUTE;

export class Doses {
  memory: MemoryLatch;
  clock: Clock;
  program: Program;
  /** The tick in which the last dose began. */
  began: Twin;
  /** The part of the next pulse of a dose that has gathered; `doseTicks` is one pulse. */
  accumulator: Twin;

  constructor(memory: MemoryLatch, clock: Clock, program: Program) {
    this.memory = memory;
    this.clock = clock;
    this.program = program;
    this.began = new Twin(memory, -AGE_TICKS_MAX);
    this.accumulator = new Twin(memory, 0);
  }

  /** True while the dose's time is not over, so that its pulse gathers in the next tick. */
  isRunning(): bool {
    return this.age() < this.program.doseTicks.get();
  }

  /** Ticks since the last dose began. */
  age(): i32 {
    return (this.clock.now.get() - this.began.get()) | 0;
  }

  /** Counts a tick in which the dose is delivered, `age` ticks after it began. True when a pulse fell due in it. */
  accrue(age: i32): bool {
    const ticks: i32 = this.program.doseTicks.get();
    if (age < 1 || age > ticks) return false;
    const sum: i32 = (this.accumulator.get() + this.program.dosePulses.get()) | 0;
    this.accumulator.set(sum < ticks ? sum : (sum - ticks) | 0);
    return sum >= ticks;
  }

  begin(): void {
    this.began.set(this.clock.now.get());
  }

  /** Takes the part of a pulse that has gathered, and leaves none. RATE_TICKS_PER_PULSE is a whole pulse. */
  take(): i32 {
    const part: i32 = this.accumulator.get();
    const ticks: i32 = this.program.doseTicks.get();
    this.accumulator.set(0);
    return part > 0 && part < ticks ? mulDiv(part, RATE_TICKS_PER_PULSE, ticks) : 0;
  }

  /** Gives the dose a part of a pulse to begin with, in the unit of `take`. */
  put(part: i32): void {
    assert(part >= 0 && part < RATE_TICKS_PER_PULSE, "the part of a pulse that a dose takes over is less than one");
    this.accumulator.set(part > 0 ? mulDiv(part, this.program.doseTicks.get(), RATE_TICKS_PER_PULSE) : 0);
  }

  /** Restores the dose as it was stored. */
  restore(began: i32, accumulator: i32): void {
    const ticks: i32 = this.program.doseTicks.get();
    this.began.set(began);
    this.accumulator.set(accumulator >= 0 && accumulator < ticks ? accumulator : 0);
  }

  /** Once a minute: stops the age of the dose at AGE_TICKS_MAX. */
  holdAge(): void {
    if (this.age() > AGE_TICKS_MAX) this.began.set((this.clock.now.get() - AGE_TICKS_MAX) | 0);
  }

  /** Ticks, counted from before this tick, to the beginning of the next dose; 0 or less for the dose under way. */
  beginsIn(): i32 {
    const began: i32 = (1 - this.age()) | 0;
    if (((began + this.program.doseTicks.get()) | 0) > 0) return began;
    const next: i32 = (began + this.program.doseEveryTicks.get()) | 0;
    return next > 1 ? next : 1;
  }

  /** Ticks that pass before the one in which a dose begins or ends, at most `ticks`. */
  idle(ticks: i32): i32 {
    const rest: i32 = (this.program.doseTicks.get() - this.age() - 1) | 0;
    const next: i32 = (this.program.doseEveryTicks.get() - this.age() - 1) | 0;
    const event: i32 = rest >= 0 && rest < next ? rest : next;
    return event < ticks ? event : ticks;
  }

  /** Ticks before the one in which the next pulse of the dose under way falls due; `none` without one. */
  idleToPulse(none: i32): i32 {
    const pulses: i32 = this.program.dosePulses.get();
    if (!this.isRunning() || pulses < 1) return none;
    const rest: i32 = (this.program.doseTicks.get() - this.accumulator.get() - 1) | 0;
    return ((rest - (rest % pulses)) / pulses) | 0;
  }

  /** Passes over `ticks` in which the dose was delivered and `idle` found that no pulse falls due. */
  skip(ticks: i32): void {
    const sum: i32 = (this.accumulator.get() + ((this.program.dosePulses.get() * ticks) | 0)) | 0;
    assert(sum < this.program.doseTicks.get() || this.memory.faulty, "a leap passes over no pulse of a dose");
    this.accumulator.set(sum);
  }
}
