// The last restarts of the controller, which the chart keeps. More than three within an hour are a loop (ALM-6): the pump gives
// hardly anything then, and every alarm begins anew each time. The hour is measured by the counter of the real-time clock, which
// goes on while the controller does not, and by its whole minutes: what spans an hour or less of it is within an hour.
//
// Invariant: `next` is below RESTARTS_OF_LOOP, and is the place of the oldest restart in the ring.

import { assert } from "../hal/assert";
import { MINUTES_PER_HOUR } from "../hal/units";
import { MemoryLatch, Twin, TwinArray } from "./twin";

/** More than three. */
const RESTARTS_OF_LOOP: i32 = 4;

assert(RESTARTS_OF_LOOP > 1, "one restart is no loop");

export class Restarts {
  /** The counter's minute of each of the last ones, a ring; how many there were, up to its size; and the place of the next. */
  minutes: TwinArray;
  count: Twin;
  next: Twin;

  constructor(memory: MemoryLatch) {
    this.minutes = new TwinArray(memory, RESTARTS_OF_LOOP);
    this.count = new Twin(memory, 0);
    this.next = new Twin(memory, 0);
  }

  /** The controller was started again in that minute. */
  note(minute: i32): void {
    // A record may hold a place that this build does not have.
    const place: i32 = this.next.get() % RESTARTS_OF_LOOP;
    this.minutes.set(place, minute);
    this.next.set((place + 1) % RESTARTS_OF_LOOP);
    if (this.count.get() < RESTARTS_OF_LOOP) this.count.add(1);
  }

  /** True within the hour in which the last ones came. */
  isLoop(minute: i32): bool {
    if (this.count.get() < RESTARTS_OF_LOOP) return false;
    const since: i32 = (minute - this.minutes.get(this.next.get())) | 0;
    return since >= 0 && since < MINUTES_PER_HOUR;
  }
}
