// The last restarts of the controller, which the chart keeps. More than three within an hour are a loop (ALM-6), in which the
// pump delivers hardly anything and every alarm begins anew each time. The hour is measured by the counter of the real-time
// clock, which also counts while the controller does not run.
//
// A cell that sags fails at the current of a pulse, and the pulse that falls due after the restart fails again: without a rest a
// thousand times an hour, in which time stands still for the pump. So after a brown-out each pulse is marked in the chart
// before it begins, until one ends, with or without a proof. A restart that finds the mark came in that pulse. After
// RESTARTS_OF_REST of them in a row the pump rests for REST_MINUTES before the next pulse. A restart in which no pulse was
// marked never makes it rest, nor rest longer (THR-9), and a pump with a sound cell never writes a mark.
//
// Invariants:
// - `next` is below RESTARTS_OF_LOOP, and is the place of the oldest restart in the ring.
// - `inPulse` is at most RESTARTS_OF_REST.

import { assert } from "../hal/assert";
import { MINUTES_PER_HOUR } from "../hal/units";
import { MemoryLatch, Twin, TwinArray } from "./twin";

/** So many restarts within an hour are a loop. */
const RESTARTS_OF_LOOP: i32 = 4;
/** After so many restarts in a row that came in a pulse the pump rests. */
const RESTARTS_OF_REST: i32 = 3;
/** With a restart after each rest the pump is still in a loop, so that alarm stays (ALM-6). */
const REST_MINUTES: i32 = 12;

assert(RESTARTS_OF_LOOP > 1, "one restart is no loop");
assert(REST_MINUTES * RESTARTS_OF_LOOP < MINUTES_PER_HOUR, "restarts with a rest between them are a loop");

export class Restarts {
  /** The minute of each of the last restarts: a ring, how many it holds, and the place of the next. */
  minutes: TwinArray;
  count: Twin;
  next: Twin;
  /** A pulse is about to begin, or in flight, and the chart says so. */
  marked: Twin;
  /** Restarts in a row that came in a marked pulse, and the minute of the last of them. */
  inPulse: Twin;
  restFrom: Twin;
  /** The supply failed, and no pulse has ended since: pulses are marked. Found at each start. */
  marks: Twin;
  /** Minutes that ended since the controller started, at most REST_MINUTES. */
  sinceStart: Twin;

  constructor(memory: MemoryLatch) {
    this.minutes = new TwinArray(memory, RESTARTS_OF_LOOP);
    this.count = new Twin(memory, 0);
    this.next = new Twin(memory, 0);
    this.marked = new Twin(memory, 0);
    this.inPulse = new Twin(memory, 0);
    this.restFrom = new Twin(memory, 0);
    this.marks = new Twin(memory, 0);
    this.sinceStart = new Twin(memory, 0);
  }

  /** Notes a restart in this minute of the real-time clock's counter. `brownOut`: the supply failed. */
  note(minute: i32, brownOut: bool): void {
    // A record may hold a place that this build does not have.
    const place: i32 = this.next.get() % RESTARTS_OF_LOOP;
    this.minutes.set(place, minute);
    this.next.set((place + 1) % RESTARTS_OF_LOOP);
    if (this.count.get() < RESTARTS_OF_LOOP) this.count.add(1);
    if (this.marked.isSet()) {
      if (this.inPulse.get() < RESTARTS_OF_REST) this.inPulse.add(1);
      this.restFrom.set(minute);
      this.marked.setFlag(false);
    }
    this.marks.setFlag(brownOut || this.isWeak());
  }

  /** True when the last pulse that was tried restarted the controller. */
  isWeak(): bool {
    return this.inPulse.get() > 0;
  }

  /**
   * True while no pulse may begin. A rest ends by the real-time clock, which counts over other restarts, or, if that stands
   * still, by the minutes since the controller started.
   */
  isResting(minute: i32): bool {
    if (this.inPulse.get() < RESTARTS_OF_REST || this.sinceStart.get() >= REST_MINUTES) return false;
    const since: i32 = (minute - this.restFrom.get()) | 0;
    return since >= 0 && since < REST_MINUTES;
  }

  /** Ends a rest, because a person orders a dose. */
  endRest(): void {
    this.sinceStart.set(REST_MINUTES);
  }

  /** True when the next pulse must be marked before it begins. */
  needsMark(): bool {
    return this.marks.isSet() && !this.marked.isSet();
  }

  /** The pulse in flight ended without a restart. True when the chart must be written. */
  endPulse(): bool {
    const changes: bool = this.marked.isSet() || this.isWeak();
    this.marks.setFlag(false);
    this.marked.setFlag(false);
    this.inPulse.set(0);
    return changes;
  }

  /** Once a minute. */
  minute(): void {
    if (this.sinceStart.get() < REST_MINUTES) this.sinceStart.add(1);
  }

  /** True within an hour after the oldest restart in a full ring. */
  isLoop(minute: i32): bool {
    if (this.count.get() < RESTARTS_OF_LOOP) return false;
    const since: i32 = (minute - this.minutes.get(this.next.get())) | 0;
    return since >= 0 && since < MINUTES_PER_HOUR;
  }
}
