// The one request for a bolus or a prime that the look-ahead examines. Therapy opens it, and closes it when the request is
// granted or denied, at most LOOK_TICKS_MAX ticks later unless an answer cannot leave. Program and wall clock are noted when it
// opens, because an answer that was found under others does not count.

import { CAUSE_NONE } from "../hal/trace";
import { Clock } from "./clock";
import { Program } from "./program";
import { MemoryLatch, Twin } from "./twin";

export class BolusRequest {
  clock: Clock;
  program: Program;
  /** CAUSE_ of the bolus that is asked for; CAUSE_NONE without a request. */
  cause: Twin;
  pulses: Twin;
  ticks: Twin;
  /** Pulses that the bolus adds to derived limits (limiter.ts). */
  room: Twin;
  /** The LOOK_ answer. */
  found: Twin;
  /** The program's digest, and the wall clock's lead over the pump's minutes, when the request came. */
  digest: Twin;
  lead: Twin;

  constructor(memory: MemoryLatch, clock: Clock, program: Program) {
    this.clock = clock;
    this.program = program;
    this.cause = new Twin(memory, CAUSE_NONE);
    this.pulses = new Twin(memory, 0);
    this.ticks = new Twin(memory, 0);
    this.room = new Twin(memory, 0);
    this.found = new Twin(memory, 0);
    this.digest = new Twin(memory, 0);
    this.lead = new Twin(memory, 0);
  }

  isOpen(): bool {
    return this.cause.get() != CAUSE_NONE;
  }

  open(cause: i32, pulses: i32, ticks: i32, room: i32): void {
    this.cause.set(cause);
    this.pulses.set(pulses);
    this.ticks.set(ticks);
    this.room.set(room);
    this.found.set(0);
    this.digest.set(this.program.digest.get());
    this.lead.set(this.leadNow());
  }

  /** True while program and clock are those with which the request came. */
  isUnchanged(): bool {
    return this.digest.get() == this.program.digest.get() && this.lead.get() == this.leadNow();
  }

  /** The request is granted or denied. */
  close(): void {
    this.cause.set(CAUSE_NONE);
    this.pulses.set(0);
    this.ticks.set(0);
    this.room.set(0);
    this.found.set(0);
    this.digest.set(0);
    this.lead.set(0);
  }

  private leadNow(): i32 {
    return (this.clock.wall.get() - this.clock.minute.get()) | 0;
  }
}
