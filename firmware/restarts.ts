// The last restarts of the controller, which the chart keeps. More than three within an hour are a loop (ALM-6), in which the
// pump delivers hardly anything and every alarm begins anew each time. The hour is measured by the counter of the real-time
// clock, which also counts while the controller does not run.
//
// Invariant: `next` is below RESTARTS_OF_LOOP, and is the place of the oldest restart in the ring.

import { assert } from "../hal/assert";
import { MINUTES_PER_HOUR } from "../hal/units";
import { MemoryLatch, Twin, TwinArray } from "./twin";

/** So many restarts within an hour are a loop. */
const RESTARTS_OF_LOOP: i32 = 4;

assert(RESTARTS_OF_LOOP > 1, "one restart is no loop");

export class Restarts {
  /** The minute of each of the last restarts: a ring, how many it holds, and the place of the next. */
  minutes: TwinArray;
  count: Twin;
  next: Twin;

  constructor(memory: MemoryLatch) {
    this.minutes = new TwinArray(memory, RESTARTS_OF_LOOP);
    this.count = new Twin(memory, 0);
    this.next = new Twin(memory, 0);
  }

  /** Notes a restart in this minute of the real-time clock's counter. */
  note(minute: i32): void {
    // A record may hold a place that this build does not have.
    const place: i32 = this.next.get() % RESTARTS_OF_LOOP;
    this.minutes.set(place, minute);
    this.next.set((place + 1) % RESTARTS_OF_LOOP);
    if (this.count.get() < RESTARTS_OF_LOOP) this.count.add(1);
  }

  /** True within an hour after the oldest restart in a full ring. */
  isLoop(minute: i32): bool {
    if (this.count.get() < RESTARTS_OF_LOOP) return false;
    const since: i32 = (minute - this.minutes.get(this.next.get())) | 0;
    return since >= 0 && since < MINUTES_PER_HOUR;
  }
}
