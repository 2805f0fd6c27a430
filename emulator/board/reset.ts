// The reset logic: it keeps the cause of the last reset and holds the controller in reset for START_TICKS, while supply and
// crystal become stable. It is like a supervisor with a fixed delay (the datasheet of the TI TPS3813 states 25 ms typical); 50 ms
// are a choice of this project. The back door is `pull`.

import { RESET_POWER_ON, ResetPort } from "../../hal/reset";
import { Shown } from "./shown";

/** 50 ms from the reset to the first instruction. */
const START_TICKS = 5;
const NONE: i32 = -1;

export class VirtualReset extends ResetPort {
  lastCause: i32 = RESET_POWER_ON;
  /** RESET_ cause of a reset to come, or -1. */
  pulled: i32 = NONE;
  heldTicks: i32 = 0;
  /** Resets since the run began. */
  count: i32 = 0;
  shown: Shown = new Shown();

  cause(): i32 {
    return this.lastCause;
  }

  /** Asks for a reset at the end of this tick. */
  pull(cause: i32): void {
    this.pulled = cause;
    this.shown.any = true;
  }

  isPulled(): bool {
    return this.pulled !== NONE;
  }

  /** Enters the reset that was pulled. */
  enter(): void {
    this.lastCause = this.pulled;
    this.pulled = NONE;
    this.heldTicks = START_TICKS;
    this.count++;
  }
}
