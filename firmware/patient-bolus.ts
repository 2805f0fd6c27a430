// The two limits of the patient's requests: the lockout between accepted boluses (PTB-1) and the cap on accepted boluses in any
// 24 hours (PTB-2). Both count ticks of watched time, so a clock that is set does not end them early, and both outlive a reset.
// A denied request changes nothing here. The bolus itself is in bolus.ts.
//
// Invariants:
// - `startsCount` is at most CAP_PER_24H_MAX, and the starts from `oldestStart` on are in the order of time.
// - A start stays in the ring for a day, the time to which the cap applies and the longest lockout.

import { assert } from "../hal/assert";
import { CAP_PER_24H_MAX, LOCKOUT_MINUTES_MAX } from "../hal/telemetry";
import { MINUTES_PER_DAY, TICKS_PER_DAY } from "../hal/units";
import { Clock } from "./clock";
import { Limiter } from "./limiter";
import { Program } from "./program";
import { MemoryLatch, Twin, TwinArray } from "./twin";

assert(LOCKOUT_MINUTES_MAX <= MINUTES_PER_DAY, "the last start is remembered for the longest lockout");

export class PatientBolus {
  clock: Clock;
  limiter: Limiter;
  program: Program;
  /** Whether a bolus was accepted within the last day, and the tick of the last one. */
  hasStarted: Twin;
  lastStart: Twin;
  /** Ticks of the boluses accepted in the last day: a ring, the place of the oldest, and how many there are. */
  starts: TwinArray;
  oldestStart: Twin;
  startsCount: Twin;

  constructor(memory: MemoryLatch, clock: Clock, limiter: Limiter, program: Program) {
    this.clock = clock;
    this.limiter = limiter;
    this.program = program;
    this.hasStarted = new Twin(memory, 0);
    this.lastStart = new Twin(memory, 0);
    this.starts = new TwinArray(memory, CAP_PER_24H_MAX);
    this.oldestStart = new Twin(memory, 0);
    this.startsCount = new Twin(memory, 0);
  }

  /** True during the lockout of the program in force. A bolus under an earlier program counts as well. */
  isLockedOut(): bool {
    const waited: i32 = (this.clock.now.get() - this.lastStart.get()) | 0;
    return this.hasStarted.isSet() && this.program.lockoutTicks.get() > waited;
  }

  /** True when the last day had as many starts as the program allows, or is not known. Call `dropOldStarts` first. */
  isCapped(): bool {
    return !this.limiter.knowsDay() || this.startsCount.get() >= this.program.capPerDay.get();
  }

  /** Counts a bolus that is accepted in this tick. */
  start(): void {
    const count: i32 = this.startsCount.get();
    assert(count < CAP_PER_24H_MAX, "no start is accepted beyond the highest cap");
    const now: i32 = this.clock.now.get();
    this.hasStarted.setFlag(true);
    this.lastStart.set(now);
    this.starts.set((this.oldestStart.get() + count) % CAP_PER_24H_MAX, now);
    this.startsCount.set((count + 1) | 0);
  }

  /** Once a minute: a start that is a day old is dropped long before the tick counter wraps. */
  minute(): void {
    if (((this.clock.now.get() - this.lastStart.get()) | 0) >= TICKS_PER_DAY) this.hasStarted.setFlag(false);
    this.dropOldStarts();
  }

  /** Drops the starts that are a day old. */
  dropOldStarts(): void {
    for (let i: i32 = 0; i < CAP_PER_24H_MAX; i = (i + 1) | 0) {
      if (this.startsCount.get() == 0) return;
      const age: i32 = (this.clock.now.get() - this.starts.get(this.oldestStart.get())) | 0;
      if (age < TICKS_PER_DAY) return;
      this.oldestStart.set((this.oldestStart.get() + 1) % CAP_PER_24H_MAX);
      this.startsCount.add(-1);
    }
  }
}
