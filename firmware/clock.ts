// The controller's time. `now` counts ticks and wraps, so it is compared only by difference. Lockouts, windows and stop timers
// count `minute`, which follows the edges of the real-time clock but never runs faster than the ticks do, so a clock that jumps
// opens no lockout. After a reset both go on from where the store knew them last, so time that the controller did not watch does
// not count. `wall` is the real-time clock with the board's offset. It serves schedules and the stamps of the log, and no limit.
//
// Invariants:
// - `tickOfMinute` is at most a minute and the tolerance when a tick is over, for then the edge is missing.
// - `minute` rises by at most one in a tick.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { TICKS_PER_MINUTE } from "../hal/units";
import { CHANGED_MINUTE, CHANGED_WALL, Changes } from "./changes";
import { MemoryLatch, Twin } from "./twin";

/** An edge may come this early or late against the ticks: 1 %, three hundred times a bad crystal's error. */
export const EDGE_TOLERANCE_TICKS: i32 = 60;

assert(2 * EDGE_TOLERANCE_TICKS < TICKS_PER_MINUTE, "an early edge is not a late one of the minute before");

export class Clock {
  hal: Hal;
  changes: Changes;
  now: Twin;
  /** Trusted minutes of watched time since manufacture. */
  minute: Twin;
  tickOfMinute: Twin;
  /** False until the first edge after boot, which may come at any time. */
  aligned: Twin;
  /** The counter as last read. */
  counter: Twin;
  /** Minutes of wall-clock time since 2000-01-01T00:00. */
  wall: Twin;
  /** The real-time clock was found wrong in this tick, which is also a minute's edge or a new minute of the wall clock. */
  wrong: bool = false;

  constructor(hal: Hal, memory: MemoryLatch, changes: Changes) {
    this.hal = hal;
    this.changes = changes;
    this.now = new Twin(memory, 0);
    this.minute = new Twin(memory, 0);
    this.tickOfMinute = new Twin(memory, 0);
    this.aligned = new Twin(memory, 0);
    this.counter = new Twin(memory, 0);
    this.wall = new Twin(memory, 0);
  }

  boot(): void {
    this.counter.set(this.hal.clock.minute() | 0);
    this.readWall();
  }

  /** A tick passes. True when `minute` rose in it. */
  tick(): bool {
    this.now.add(1);
    const tickOfMinute: i32 = (this.tickOfMinute.get() + 1) | 0;
    this.tickOfMinute.set(tickOfMinute);
    this.wrong = false;
    const counter: i32 = this.hal.clock.minute() | 0;
    const advanced: i32 = (counter - this.counter.get()) | 0;
    let edge: bool = false;
    if (advanced != 0) {
      this.counter.set(counter);
      const early: bool = this.minute.get() > 0 && tickOfMinute < TICKS_PER_MINUTE - EDGE_TOLERANCE_TICKS;
      edge = advanced == 1 && !early;
      if (edge) this.edge(true);
      else if (advanced == 1 && !this.aligned.isSet()) this.align();
      else {
        // Its minutes may begin at another moment now: the next edge says when.
        this.wrong = true;
        this.aligned.setFlag(false);
      }
      this.readWall();
    } else if (tickOfMinute > TICKS_PER_MINUTE + EDGE_TOLERANCE_TICKS) {
      edge = true;
      this.wrong = this.aligned.isSet();
      this.edge(this.aligned.isSet());
    }
    return edge;
  }

  /** The offset register may have been written. */
  readWall(): void {
    const wall: i32 = ((this.hal.clock.minute() | 0) + (this.hal.clock.offset() | 0)) | 0;
    if (wall == this.wall.get()) return;
    this.wall.set(wall);
    this.changes.mark(CHANGED_WALL);
  }

  /** Ticks until the clock does something by itself: it finds that an edge is missing. */
  idle(): i32 {
    return (TICKS_PER_MINUTE + EDGE_TOLERANCE_TICKS - this.tickOfMinute.get()) | 0;
  }

  skip(ticks: i32): void {
    const tickOfMinute: i32 = (this.tickOfMinute.get() + ticks) | 0;
    assert(
      ticks >= 0 && tickOfMinute <= TICKS_PER_MINUTE + EDGE_TOLERANCE_TICKS,
      "a leap ends before an edge is missing",
    );
    this.now.add(ticks);
    this.tickOfMinute.set(tickOfMinute);
  }

  /** The first edge after a jump or a reset says when minutes begin; the part of one before it is not counted. */
  private align(): void {
    this.tickOfMinute.set(0);
    this.aligned.setFlag(true);
    // No minute has passed, but time is kept: from here to the next edge is a whole minute.
    this.changes.mark(CHANGED_MINUTE);
  }

  private edge(aligned: bool): void {
    this.minute.add(1);
    this.tickOfMinute.set(0);
    this.changes.mark(CHANGED_MINUTE);
    this.aligned.setFlag(aligned);
  }
}
