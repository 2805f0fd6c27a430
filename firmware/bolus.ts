// One bolus at a time, spread evenly over its duration on an accumulator of its own, so that basal is unchanged by it
// (THR-5). Pulse k of n falls due at k x duration / n. A bolus that is cancelled stays until the pulse in flight has ended
// and then reports what was given (PTB-4, THR-8); it is never resumed.

import { Hal } from "../hal/hal";
import { CAUSE_NONE, EVENT_BOLUS_CANCELLED, EVENT_BOLUS_FINISHED, EVENT_BOLUS_STARTED } from "../hal/trace";

export class Bolus {
  hal: Hal;
  /** CAUSE_ of the bolus under way, else CAUSE_NONE. */
  cause: i32 = CAUSE_NONE;
  pulses: i32 = 0;
  ticks: i32 = 0;
  accumulator: i32 = 0;
  /** Pulses fallen due, and of these shown by the encoder. */
  due: i32 = 0;
  given: i32 = 0;
  cancelled: bool = false;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  active(): bool {
    return this.cause != CAUSE_NONE;
  }

  start(cause: i32, pulses: i32, ticks: i32): void {
    this.cause = cause;
    this.pulses = pulses;
    this.ticks = ticks;
    this.accumulator = 0;
    this.due = 0;
    this.given = 0;
    this.cancelled = false;
    this.hal.trace.event(EVENT_BOLUS_STARTED, cause, pulses, ticks);
  }

  /** Pulses that are due and not yet given. */
  owed(): i32 {
    return this.cancelled ? 0 : (this.due - this.given) | 0;
  }

  /** True when a pulse fell due in this tick. */
  accrue(): bool {
    if (this.cause == CAUSE_NONE || this.cancelled || this.due == this.pulses) return false;
    this.accumulator = (this.accumulator + this.pulses) | 0;
    if (this.accumulator < this.ticks) return false;
    this.accumulator = (this.accumulator - this.ticks) | 0;
    this.due = (this.due + 1) | 0;
    return true;
  }

  /** A pulse of this bolus was proved. */
  give(): void {
    this.given = (this.given + 1) | 0;
  }

  cancel(): void {
    if (this.cause != CAUSE_NONE) this.cancelled = true;
  }

  /** Closes a bolus that is whole, or cancelled with nothing in flight. */
  settle(inFlight: bool): void {
    if (this.cause == CAUSE_NONE) return;
    if (this.given == this.pulses) this.close(EVENT_BOLUS_FINISHED);
    else if (this.cancelled && !inFlight) this.close(EVENT_BOLUS_CANCELLED);
  }

  /** Ticks until the next pulse falls due; `none` without one to come. */
  idle(none: i32): i32 {
    if (this.cause == CAUSE_NONE || this.cancelled || this.due == this.pulses) return none;
    const rest: i32 = (this.ticks - this.accumulator - 1) | 0;
    return ((rest - (rest % this.pulses)) / this.pulses) | 0;
  }

  skip(ticks: i32): void {
    if (this.cause == CAUSE_NONE || this.cancelled || this.due == this.pulses) return;
    this.accumulator = (this.accumulator + ((this.pulses * ticks) | 0)) | 0;
  }

  private close(event: i32): void {
    this.hal.trace.event(event, this.cause, this.given, 0);
    this.cause = CAUSE_NONE;
    this.cancelled = false;
  }
}
