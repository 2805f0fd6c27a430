// The controller's time. `now` counts ticks and wraps, so two of its values are compared by their difference. `minute` is the
// time of stop timers, alarms and dates. It is counted from ticks too, 6,000 a minute, so a real-time clock that jumps or
// drifts does not change it. The real-time clock only says where minutes begin. An edge is the tick in which its counter
// advances. The first edge after a start aligns `minute` with the counter. Later a minute ends at an edge that is on time, or
// 60 ticks late without one, and the ticks beyond it belong to the next minute. After a reset both `now` and `minute` go on
// from where the store knew them last, so time in which the controller did not run does not count. `wall` is the real-time
// clock with the board's offset. Schedules and log stamps use it, and no limit does.
//
// At each edge the real-time clock is compared with the ticks. It is wrong when an edge comes more than 60 ticks early or late,
// when the counter does not advance by one, and when it gains or loses more than a minute within a day of 1,440 edges. One such
// day follows the other, so a drift is found at the end of the first whole day, at most two days after it began.
//
// Invariants:
// - At the end of a tick `tickOfMinute` is at most a minute and the tolerance, because the minute ends there at the latest.
// - `minute` rises by at most one in a tick.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { MINUTES_PER_DAY, TICKS_PER_MINUTE } from "../hal/units";
import { CHANGED_MINUTE, CHANGED_WALL, Changes } from "./changes";
import { MemoryLatch, Twin } from "./twin";

/** An edge may come so many ticks early or late: 1 % of a minute, three hundred times the error of a bad crystal. */
export const EDGE_TOLERANCE_TICKS: i32 = 60;
/** The real-time clock may gain or lose so many ticks in a day: a minute. */
const DRIFT_TICKS_MAX: i32 = TICKS_PER_MINUTE;

assert(2 * EDGE_TOLERANCE_TICKS < TICKS_PER_MINUTE, "an early edge is not a late one of the minute before");
assert(
  MINUTES_PER_DAY * EDGE_TOLERANCE_TICKS > DRIFT_TICKS_MAX,
  "a clock can drift by a minute in a day though each edge is in time",
);

export class Clock {
  hal: Hal;
  changes: Changes;
  now: Twin;
  /** Trusted minutes of watched time since manufacture. */
  minute: Twin;
  /** Ticks since the last minute ended. */
  tickOfMinute: Twin;
  /** True once an edge has said where minutes begin. */
  aligned: Twin;
  /** The counter as last read. */
  counter: Twin;
  /** The tick of the last edge, and whether it is known. */
  edgeTick: Twin;
  edgeKnown: Twin;
  /** Ticks that the real-time clock has gained since the day began over which it is compared, and the edges of that day. */
  ahead: Twin;
  dayEdges: Twin;
  /** Minutes of wall-clock time since 2000-01-01T00:00. */
  wall: Twin;
  /** The real-time clock was found wrong in this tick. */
  wrong: bool = false;

  constructor(hal: Hal, memory: MemoryLatch, changes: Changes) {
    this.hal = hal;
    this.changes = changes;
    this.now = new Twin(memory, 0);
    this.minute = new Twin(memory, 0);
    this.tickOfMinute = new Twin(memory, 0);
    this.aligned = new Twin(memory, 0);
    this.counter = new Twin(memory, 0);
    this.edgeTick = new Twin(memory, 0);
    this.edgeKnown = new Twin(memory, 0);
    this.ahead = new Twin(memory, 0);
    this.dayEdges = new Twin(memory, 0);
    this.wall = new Twin(memory, 0);
  }

  boot(): void {
    this.counter.set(this.hal.clock.minute() | 0);
    this.readWall();
  }

  /** Counts a tick. True when `minute` rose in it. */
  tick(): bool {
    this.now.add(1);
    const tickOfMinute: i32 = (this.tickOfMinute.get() + 1) | 0;
    this.tickOfMinute.set(tickOfMinute);
    this.wrong = false;
    const counter: i32 = this.hal.clock.minute() | 0;
    const advanced: i32 = (counter - this.counter.get()) | 0;
    const isLate: bool = tickOfMinute > TICKS_PER_MINUTE + EDGE_TOLERANCE_TICKS;
    if (advanced == 0 && !isLate) return false;
    if (advanced != 0) {
      this.counter.set(counter);
      this.judge(advanced);
      this.readWall();
      if (advanced == 1 && !this.aligned.isSet()) return this.align(tickOfMinute);
    } else if (this.edgeKnown.isSet() && this.sinceEdge() > TICKS_PER_MINUTE + EDGE_TOLERANCE_TICKS) {
      this.wrong = true;
      this.beginDay();
    }
    if (tickOfMinute < TICKS_PER_MINUTE) return false;
    this.endMinute((tickOfMinute - TICKS_PER_MINUTE) | 0);
    return true;
  }

  /** True when the real-time clock's counter is another one than it was. */
  hasAdvanced(): bool {
    return (this.hal.clock.minute() | 0) != this.counter.get();
  }

  /** Reads the wall clock. Called at each edge, and after the offset register was written. */
  readWall(): void {
    const wall: i32 = ((this.hal.clock.minute() | 0) + (this.hal.clock.offset() | 0)) | 0;
    if (wall == this.wall.get()) return;
    this.wall.set(wall);
    this.changes.mark(CHANGED_WALL);
  }

  /** Ticks until the clock would find, without any change on the board, that an edge is missing. */
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

  /** At an edge, compares the real-time clock with the ticks. `advanced`: minutes by which its counter advanced. */
  private judge(advanced: i32): void {
    const since: i32 = this.sinceEdge();
    const isKnown: bool = this.edgeKnown.isSet();
    const early: i32 = (TICKS_PER_MINUTE - since) | 0;
    const isOff: bool = isKnown && (early > EDGE_TOLERANCE_TICKS || -early > EDGE_TOLERANCE_TICKS);
    this.wrong = advanced != 1 || isOff;
    this.edgeKnown.setFlag(advanced == 1);
    if (this.wrong || !isKnown) {
      this.beginDay();
      return;
    }
    this.edgeTick.set(this.now.get());
    this.ahead.add(early);
    this.dayEdges.add(1);
    const ahead: i32 = this.ahead.get();
    this.wrong = ahead > DRIFT_TICKS_MAX || -ahead > DRIFT_TICKS_MAX;
    if (this.wrong || this.dayEdges.get() >= MINUTES_PER_DAY) this.beginDay();
  }

  /** Begins a new day over which the clock is compared with the ticks, at this tick. */
  private beginDay(): void {
    this.edgeTick.set(this.now.get());
    this.ahead.set(0);
    this.dayEdges.set(0);
  }

  private sinceEdge(): i32 {
    return (this.now.get() - this.edgeTick.get()) | 0;
  }

  /**
   * Aligns `minute` with the first edge after a start. The part of a minute before that edge is not counted, except in
   * a new pump, whose first minute may be short. True when a minute ended.
   */
  private align(tickOfMinute: i32): bool {
    this.aligned.setFlag(true);
    const ends: bool = this.minute.get() == 0 || tickOfMinute >= TICKS_PER_MINUTE;
    if (ends) this.endMinute(0);
    else this.tickOfMinute.set(0);
    // The store keeps the time here even if no minute ended, because the next minute that ends is a whole one.
    this.changes.mark(CHANGED_MINUTE);
    return ends;
  }

  private endMinute(beyond: i32): void {
    this.minute.add(1);
    this.tickOfMinute.set(beyond);
    this.changes.mark(CHANGED_MINUTE);
  }
}
