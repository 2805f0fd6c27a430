// What is left. The estimate falls by exactly one pulse for each step that the encoder showed (RES-1) and is set only by a
// refill. The level sensor is read once a minute and averaged over 16 readings; it never moves the estimate, it accuses:
// a lasting disagreement is over- or under-delivery, a leak or a pocket fill (RES-2). All volumes in pulses of 250 nL.

import { Hal } from "../hal/hal";
import { ADC_CODE_MOST, LEVEL_NL_PER_CODE } from "../hal/reservoir";
import { PULSE_NL } from "../hal/units";

/** 1.4 mL: residual volume that the bellows does not give. */
export const EMPTY_PULSES: i32 = 5600;
const PULSES_PER_mL: i32 = 4000;
const PULSES_PER_CODE: i32 = LEVEL_NL_PER_CODE / PULSE_NL;
const READINGS: i32 = 16;
const MISMATCH_MINUTES: i32 = 60;
const RAILS_TO_FAULT: i32 = 3;

export class Reservoir {
  hal: Hal;
  estimate: i32 = 0;
  capacity: i32 = 0;
  low: bool = false;
  empty: bool = false;
  mismatch: bool = false;
  sensorFault: bool = false;
  readings: Int32Array = new Int32Array(READINGS);
  readingsSum: i32 = 0;
  readingsTaken: i32 = 0;
  mismatchMinutes: i32 = 0;
  rails: i32 = 0;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  boot(): void {
    this.capacity = ((this.hal.reservoir.capacity_mL() | 0) * PULSES_PER_mL) | 0;
  }

  /** `lowPulses` is the programmed threshold; without a program nothing is low or empty. */
  tick(credited: i32, minuteEdge: bool, programmed: bool, lowPulses: i32): void {
    this.estimate = this.estimate > credited ? (this.estimate - credited) | 0 : 0;
    this.low = programmed && this.estimate <= lowPulses;
    this.empty = programmed && this.estimate <= EMPTY_PULSES;
    if (minuteEdge) this.read();
  }

  /**
   * `aspirated` pulses were taken out (everything there was, if `emptied`) and `filled` put in. False, and nothing changed,
   * when that is more than the pump holds.
   */
  refill(emptied: bool, aspirated: i32, filled: i32): bool {
    if (aspirated < 0 || filled < 0 || filled > this.capacity) return false;
    const left: i32 = emptied || this.estimate < aspirated ? 0 : (this.estimate - aspirated) | 0;
    if (((left + filled) | 0) > this.capacity) return false;
    this.estimate = (left + filled) | 0;
    this.readingsTaken = 0;
    this.readingsSum = 0;
    this.mismatchMinutes = 0;
    this.mismatch = false;
    return true;
  }

  private read(): void {
    const level: i32 = this.hal.reservoir.level() | 0;
    const pressure: i32 = this.hal.reservoir.pressure() | 0;
    const railed: bool = level <= 0 || level >= ADC_CODE_MOST || pressure <= 0 || pressure >= ADC_CODE_MOST;
    this.rails = railed ? (this.rails < RAILS_TO_FAULT ? (this.rails + 1) | 0 : this.rails) : 0;
    this.sensorFault = this.rails >= RAILS_TO_FAULT;
    if (!railed) this.average(level);
  }

  private average(level: i32): void {
    const slot: i32 = (this.readingsTaken % READINGS) | 0;
    if (this.readingsTaken >= READINGS) this.readingsSum = (this.readingsSum - this.readings[slot]) | 0;
    this.readings[slot] = level;
    this.readingsSum = (this.readingsSum + level) | 0;
    // Counts on in the second round of the ring for ever, so that a full ring stays recognisable and the sum exact.
    this.readingsTaken = this.readingsTaken + 1 >= 2 * READINGS ? READINGS : (this.readingsTaken + 1) | 0;
    if (this.readingsTaken < READINGS) return;
    const gap: i32 = (((this.readingsSum * PULSES_PER_CODE) | 0) - ((this.estimate * READINGS) | 0)) | 0;
    const allowed: i32 = this.capacity > 20 * PULSES_PER_mL ? 2 * PULSES_PER_mL : PULSES_PER_mL;
    const apart: bool = gap > ((allowed * READINGS) | 0) || -gap > ((allowed * READINGS) | 0);
    if (!apart) this.mismatchMinutes = 0;
    else if (this.mismatchMinutes < MISMATCH_MINUTES) this.mismatchMinutes = (this.mismatchMinutes + 1) | 0;
    this.mismatch = this.mismatchMinutes >= MISMATCH_MINUTES;
  }
}
