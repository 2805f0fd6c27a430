// The real-time clock: a minute counter, the ticks into the present minute, and the register with the wall clock's offset.
// Real parts of this kind run from a 32.768 kHz crystal on a supply of their own (for instance Micro Crystal RV-3029). Unlike
// them this one has no way to write the counter. The back door is `jump`, which moves the counter as a fault.

import { ClockPort } from "../../hal/clock";
import { TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../../hal/units";

export class VirtualClock extends ClockPort {
  minutes = 0;
  /** Ticks into the minute. One behind at the start, because the first tick counts it up to the start's own second. */
  phase: number;
  offsetMinutes = 0;

  /** `second` of its minute at which the run starts, 0..59. */
  constructor(second: number) {
    super();
    this.phase = second * TICKS_PER_SECOND - 1;
  }

  minute(): number {
    return this.minutes;
  }

  offset(): number {
    return this.offsetMinutes;
  }

  setOffset(minutes: number): void {
    this.offsetMinutes = minutes | 0;
  }

  /**
   * Moves the counter by whole minutes and the phase by the rest; not back beyond where the counter began.
   * True when it moved.
   */
  jump(ticks: number): boolean {
    const now = this.minutes * TICKS_PER_MINUTE + this.phase;
    const at = Math.max(Math.min(0, now), now + ticks);
    this.minutes = Math.max(0, Math.floor(at / TICKS_PER_MINUTE));
    this.phase = at - this.minutes * TICKS_PER_MINUTE;
    return at !== now;
  }

  /** True when a minute began. */
  step(): boolean {
    this.phase++;
    if (this.phase < TICKS_PER_MINUTE) return false;
    this.phase = 0;
    this.minutes++;
    return true;
  }

  quiet(): number {
    return TICKS_PER_MINUTE - this.phase - 1;
  }

  skip(ticks: number): void {
    this.phase += ticks;
  }
}
