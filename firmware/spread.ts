// A number of pulses spread evenly over a number of ticks: pulse k of n falls due exactly at tick k x ticks / n. A bolus has
// one.
//
// Invariants, unless memory is faulty:
// - There is a tick for each pulse, so at most one falls due in a tick.
// - `accumulator` is below `ticks`, and `due` is at most `pulses`.

import { assert } from "../hal/assert";
import { MemoryLatch, Twin } from "./twin";

export class Spread {
  memory: MemoryLatch;
  pulses: Twin;
  ticks: Twin;
  accumulator: Twin;
  /** Pulses that have fallen due so far. */
  due: Twin;

  constructor(memory: MemoryLatch) {
    this.memory = memory;
    this.pulses = new Twin(memory, 0);
    this.ticks = new Twin(memory, 0);
    this.accumulator = new Twin(memory, 0);
    this.due = new Twin(memory, 0);
  }

  start(pulses: i32, ticks: i32): void {
    assert((pulses >= 0 && pulses <= ticks && ticks > 0) || this.memory.faulty, "a spread has a tick for each pulse");
    this.pulses.set(pulses);
    this.ticks.set(ticks);
    this.accumulator.set(0);
    this.due.set(0);
  }

  /** True when all pulses have fallen due, or there are none. */
  isDone(): bool {
    return this.due.get() >= this.pulses.get();
  }

  /** Counts a tick. True when a pulse fell due in it. */
  accrue(): bool {
    if (this.isDone()) return false;
    const accumulator: i32 = (this.accumulator.get() + this.pulses.get()) | 0;
    const ticks: i32 = this.ticks.get();
    this.accumulator.set(accumulator < ticks ? accumulator : (accumulator - ticks) | 0);
    if (accumulator < ticks) return false;
    this.due.add(1);
    return true;
  }

  /** Ticks before the one in which the next pulse falls due; `none` when no pulse is to come. */
  idle(none: i32): i32 {
    if (this.isDone()) return none;
    const pulses: i32 = this.pulses.get();
    const rest: i32 = (this.ticks.get() - this.accumulator.get() - 1) | 0;
    return ((rest - (rest % pulses)) / pulses) | 0;
  }

  /** Passes over `ticks` in which `idle` found that no pulse falls due. */
  skip(ticks: i32): void {
    const accumulator: i32 = (this.accumulator.get() + ((this.pulses.get() * ticks) | 0)) | 0;
    assert(accumulator < this.ticks.get() || this.memory.faulty, "a leap passes over no pulse of a spread");
    this.accumulator.set(accumulator);
  }
}
