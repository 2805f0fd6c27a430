// The real-time clock: a minute counter, the ticks into the present minute, and the register with the wall clock's offset.
// Real parts of this kind run from a 32.768 kHz crystal on a supply of their own (for instance Micro Crystal RV-3029). Unlike
// them this one has no way to write the counter. The back door is `jump`, which moves the counter as a fault. While the fault
// `rtc_drift` is on, the crystal gains or loses a part of each tick; parts are whole billionths, so that both gears agree.

import { ClockPort } from "../../hal/clock";
import { TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../../hal/units";
import { FAULT_RTC_DRIFT, FaultLedger } from "../fault-ledger";

const PARTS_PER_TICK: f64 = 1e9;
const PARTS_PER_TICK_PER_PPM: f64 = 1e3;

export class VirtualClock extends ClockPort {
  faults: FaultLedger;
  minutes: i32 = 0;
  /** Ticks into the minute. One behind at the start, because the first tick counts it up to the start's own second. */
  phase: i32;
  /** The part of a tick beyond `phase`, in billionths: 0 to PARTS_PER_TICK - 1. */
  parts: f64 = 0;
  /** The parts by which the clock drifted since the fault's last act. */
  driftedParts: f64 = 0;
  offsetMinutes: i32 = 0;

  /** `second` of its minute at which the run starts, 0..59. */
  constructor(faults: FaultLedger, second: i32) {
    super();
    this.faults = faults;
    this.phase = second * TICKS_PER_SECOND - 1;
  }

  minute(): i32 {
    return this.minutes;
  }

  offset(): i32 {
    return this.offsetMinutes;
  }

  setOffset(minutes: i32): void {
    this.offsetMinutes = minutes | 0;
  }

  /**
   * Moves the counter by whole minutes and the phase by the rest; not back beyond where the counter began.
   * True when it moved.
   */
  jump(ticks: f64): bool {
    const now = (this.minutes as f64) * TICKS_PER_MINUTE + this.phase;
    const at = Math.max(Math.min(0, now), now + ticks);
    this.minutes = Math.max(0, Math.floor(at / TICKS_PER_MINUTE)) as i32;
    this.phase = (at - (this.minutes as f64) * TICKS_PER_MINUTE) as i32;
    return at !== now;
  }

  /** True when a minute began. */
  step(): bool {
    if (!this.faults.isOn(FAULT_RTC_DRIFT)) this.phase++;
    else this.drift(1);
    if (this.phase < TICKS_PER_MINUTE) return false;
    this.phase -= TICKS_PER_MINUTE;
    this.minutes++;
    if (Math.abs(this.driftedParts) >= PARTS_PER_TICK) {
      this.driftedParts %= PARTS_PER_TICK;
      this.faults.acted(FAULT_RTC_DRIFT);
    }
    return true;
  }

  quiet(): f64 {
    const left = TICKS_PER_MINUTE - this.phase;
    if (!this.faults.isOn(FAULT_RTC_DRIFT)) return left - 1;
    return Math.ceil((left * PARTS_PER_TICK - this.parts) / this.partsPerTick()) - 1;
  }

  skip(ticks: i32): void {
    if (!this.faults.isOn(FAULT_RTC_DRIFT)) this.phase += ticks;
    else this.drift(ticks);
  }

  /** Lets `ticks` pass by a crystal that is fast or slow. */
  private drift(ticks: i32): void {
    const perTick = this.partsPerTick();
    const parts = this.parts + ticks * perTick;
    this.parts = parts % PARTS_PER_TICK;
    this.phase += ((parts - this.parts) / PARTS_PER_TICK) as i32;
    this.driftedParts += ticks * (perTick - PARTS_PER_TICK);
  }

  private partsPerTick(): f64 {
    return PARTS_PER_TICK + Math.round(this.faults.parameter[FAULT_RTC_DRIFT] * PARTS_PER_TICK_PER_PPM);
  }
}
