// The windowed watchdog. It is like the window watchdog of an STM32 (reference manual RM0402, chapter 21) or of the TI TPS3813: a
// kick that comes too early resets the controller as well as one that does not come. `resets()` says whether it resets the
// controller in this tick: after a second kick in one tick, or after WATCHDOG_TICKS_MAX ticks without one. During a leap the
// controller would have kicked in every tick if it kicked in the last one.

import { WATCHDOG_TICKS_MIN, WATCHDOG_TICKS_MAX, WatchdogPort } from "../../hal/watchdog";
import { BoardTime } from "./time";

export class VirtualWatchdog extends WatchdogPort {
  time: BoardTime;
  lastKick: f64 = -1;
  early: bool = false;

  constructor(time: BoardTime) {
    super();
    this.time = time;
  }

  kick(): void {
    if (this.time.tick - this.lastKick < WATCHDOG_TICKS_MIN) this.early = true;
    this.lastKick = this.time.tick;
  }

  since(): i32 {
    return (this.time.tick - this.lastKick) as i32;
  }

  resets(): bool {
    return this.early || this.time.tick - this.lastKick >= WATCHDOG_TICKS_MAX;
  }

  /** After a reset the window starts anew. */
  restart(): void {
    this.early = false;
    this.lastKick = this.time.tick - 1;
  }

  quiet(): f64 {
    return this.lastKick === this.time.tick ? Infinity : this.lastKick + WATCHDOG_TICKS_MAX - this.time.tick - 1;
  }

  skip(ticks: i32): void {
    if (this.lastKick === this.time.tick) this.lastKick += ticks;
  }
}
