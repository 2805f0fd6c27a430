// One bolus at a time: the patient's, a clinician's or a prime. Its pulses are spread evenly over its duration on an
// accumulator of its own, so that it leaves basal unchanged (THR-5). A bolus that is cancelled stays until the pulse in flight
// has ended, and then reports what was given (PTB-4, THR-8). It is never resumed, and a reset cancels it.
//
// Invariants, unless memory is faulty:
// - A bolus starts only when none is active.
// - `given` is at most the bolus's pulses, and each pulse that is given was due.

import { assert } from "../hal/assert";
import { CAUSE_NONE, EVENT_BOLUS_CANCELLED, EVENT_BOLUS_FINISHED, EVENT_BOLUS_STARTED } from "../hal/trace";
import { CHANGED_THERAPY, Changes } from "./changes";
import { Log } from "./log";
import { Spread } from "./spread";
import { MemoryLatch, Twin } from "./twin";

export class Bolus {
  log: Log;
  memory: MemoryLatch;
  changes: Changes;
  /** CAUSE_ of the bolus under way, else CAUSE_NONE. */
  cause: Twin;
  spread: Spread;
  /** Its pulses that the encoder has proved. */
  given: Twin;
  cancelled: Twin;

  constructor(log: Log, memory: MemoryLatch, changes: Changes) {
    this.log = log;
    this.memory = memory;
    this.changes = changes;
    this.cause = new Twin(memory, CAUSE_NONE);
    this.spread = new Spread(memory);
    this.given = new Twin(memory, 0);
    this.cancelled = new Twin(memory, 0);
  }

  isActive(): bool {
    return this.cause.get() != CAUSE_NONE;
  }

  start(cause: i32, pulses: i32, ticks: i32): void {
    assert(!this.isActive() && cause != CAUSE_NONE, "a bolus starts only when none is active");
    this.cause.set(cause);
    this.spread.start(pulses, ticks);
    this.given.set(0);
    this.cancelled.setFlag(false);
    this.changes.mark(CHANGED_THERAPY);
    this.log.event(EVENT_BOLUS_STARTED, cause, pulses, ticks);
  }

  /** Pulses that are due and not yet given. */
  owed(): i32 {
    if (!this.isActive() || this.cancelled.isSet()) return 0;
    return (this.spread.due.get() - this.given.get()) | 0;
  }

  /** Ticks from one of its pulses to the next, rounded down. */
  interval(): i32 {
    const pulses: i32 = this.spread.pulses.get();
    const ticks: i32 = this.spread.ticks.get();
    return pulses > 0 ? ((ticks - (ticks % pulses)) / pulses) | 0 : ticks;
  }

  /** Counts a tick. True when a pulse fell due in it. */
  accrue(): bool {
    return this.isRunning() && this.spread.accrue();
  }

  /** A pulse of this bolus was proved. */
  countProved(): void {
    assert(
      (this.isActive() && this.given.get() < this.spread.due.get()) || this.memory.faulty,
      "a given pulse was due",
    );
    this.given.add(1);
  }

  cancel(): void {
    if (this.isActive()) this.cancelled.setFlag(true);
  }

  /** Ends a bolus that has given all its pulses, or that was cancelled when no pulse is in flight. */
  close(inFlight: bool): void {
    if (!this.isActive()) return;
    if (this.given.get() == this.spread.pulses.get()) this.end(EVENT_BOLUS_FINISHED);
    else if (this.cancelled.isSet() && !inFlight) this.end(EVENT_BOLUS_CANCELLED);
  }

  /** After a restart, reports the bolus that it interrupted as cancelled (NVM-2). */
  abandon(cause: i32, given: i32): void {
    this.cause.set(cause);
    this.given.set(given);
    this.end(EVENT_BOLUS_CANCELLED);
    this.given.set(0);
  }

  /** Ticks until the next pulse falls due; `none` when no pulse is to come. */
  idle(none: i32): i32 {
    return this.isRunning() ? this.spread.idle(none) : none;
  }

  /** True while the next pulse gathers. */
  gathers(): bool {
    return this.isRunning() && !this.spread.isDone();
  }

  /** True while its pulses fall due. */
  private isRunning(): bool {
    return this.isActive() && !this.cancelled.isSet();
  }

  private end(event: i32): void {
    this.log.event(event, this.cause.get(), this.given.get(), 0);
    this.cause.set(CAUSE_NONE);
    this.cancelled.setFlag(false);
    this.changes.mark(CHANGED_THERAPY);
  }
}
