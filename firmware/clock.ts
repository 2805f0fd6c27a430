// The controller's time. `now` counts ticks and wraps: compare only by difference. `minute` is what lockouts, windows
// and stop timers count: it follows the real-time clock's edges, but never runs faster than the ticks do, so a clock that
// jumps opens no lockout. The wall clock is an offset in the board's register and plays no part in any limit.

import { Hal } from "../hal/hal";
import { TICKS_PER_MINUTE } from "../hal/units";

/** An edge may come this early or late against the ticks: 1 %, three hundred times a bad crystal's error. */
const EDGE_TOLERANCE_TICKS: i32 = 60;

export class Clock {
  hal: Hal;
  now: i32 = 0;
  /** Trusted minutes since boot. */
  minute: i32 = 0;
  tickOfMinute: i32 = 0;
  /** True for the one tick in which `minute` rose. */
  minuteEdge: bool = false;
  /** True for the one tick in which the real-time clock was found wrong. */
  wrong: bool = false;
  /** False until the first edge after boot, which may come at any time. */
  aligned: bool = false;
  /** The counter as last read. */
  counter: i32 = 0;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  boot(): void {
    this.counter = this.hal.clock.minute() | 0;
  }

  tick(): void {
    this.now = (this.now + 1) | 0;
    this.tickOfMinute = (this.tickOfMinute + 1) | 0;
    this.minuteEdge = false;
    this.wrong = false;
    const counter: i32 = this.hal.clock.minute() | 0;
    const advanced: i32 = (counter - this.counter) | 0;
    this.counter = counter;
    if (advanced != 0) {
      const early: bool = this.minute > 0 && this.tickOfMinute < TICKS_PER_MINUTE - EDGE_TOLERANCE_TICKS;
      if (advanced == 1 && !early) this.edge(true);
      else if (advanced == 1 && !this.aligned) this.align();
      else {
        // Its minutes may begin at another moment now: the next edge says when.
        this.wrong = true;
        this.aligned = false;
      }
    } else if (this.tickOfMinute > TICKS_PER_MINUTE + EDGE_TOLERANCE_TICKS) {
      this.wrong = this.aligned;
      this.edge(this.aligned);
    }
  }

  /** Ticks until the clock does something by itself: it finds that an edge is missing. */
  idle(): i32 {
    return (TICKS_PER_MINUTE + EDGE_TOLERANCE_TICKS - this.tickOfMinute) | 0;
  }

  skip(ticks: i32): void {
    this.now = (this.now + ticks) | 0;
    this.tickOfMinute = (this.tickOfMinute + ticks) | 0;
    this.minuteEdge = false;
    this.wrong = false;
  }

  /** The first edge after a jump says when minutes begin; the part of one before it is not counted. */
  private align(): void {
    this.tickOfMinute = 0;
    this.aligned = true;
  }

  private edge(aligned: bool): void {
    this.minute = (this.minute + 1) | 0;
    this.tickOfMinute = 0;
    this.minuteEdge = true;
    this.aligned = aligned;
  }
}
