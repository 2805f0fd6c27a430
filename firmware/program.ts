// The program in force: the record of hal/telemetry.ts, unpacked and checked against the device's own limits. What is
// outside them is refused, never clamped (THR-1). A record waits in `staged` until a commit names its digest (LNK-4).
// A program without limits gets those of LIM-5: what it would deliver itself, and no more.

import { GUARD_PULSES_PER_HOUR_MOST } from "../hal/guard";
import {
  BOLUS_SECONDS_MOST,
  CAP_PER_24H_MOST,
  LOCKOUT_MINUTES_LEAST,
  LOCKOUT_MINUTES_MOST,
  OUTCOME_ACCEPTED,
  OUTCOME_OUT_OF_RANGE,
  PROGRAM_BOLUS,
  PROGRAM_BOLUS_SECONDS,
  PROGRAM_BYTES,
  PROGRAM_CAP,
  PROGRAM_LIMIT,
  PROGRAM_LIMIT_BYTES,
  PROGRAM_LIMITS,
  PROGRAM_LIMITS_MOST,
  PROGRAM_LOCKOUT,
  PROGRAM_LOW,
  PROGRAM_MODE,
  PROGRAM_RATE,
  WINDOW_MINUTES_LEAST,
  WINDOW_MINUTES_MOST,
} from "../hal/telemetry";
import { MODE_CONTINUOUS, MODE_MINIMUM, MODE_STOPPED } from "../hal/trace";
import {
  MINUTES_PER_DAY,
  MINUTES_PER_HOUR,
  PULSE_SPACING_TICKS,
  RATE_FASTEST,
  RATE_MINIMUM,
  RATE_SLOWEST,
  RATE_TICKS_PER_PULSE,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../hal/units";
import { readU16, readU32 } from "./bytes";
import { crc32 } from "./crc";
import { mulDivUp } from "./mul-div";

/**
 * Three buckets of the limiter, and a pulse each for rounding up and for one in flight: by so much its look-ahead may count
 * too much, and the limits of LIM-5 must not bite for it.
 */
const BOOKKEEPING_TICKS: i32 = 2250;
const BOOKKEEPING_PULSES: i32 = 2;

export class Program {
  staged: Uint8Array = new Uint8Array(PROGRAM_BYTES);
  stagedDigest: i32 = 0;
  isStaged: bool = false;

  valid: bool = false;
  digest: i32 = 0;
  mode: i32 = MODE_STOPPED;
  /** Basal rate in 0.01 uL/day: 600 in minimum mode, 0 when stopped. */
  rate: i32 = 0;
  bolusPulses: i32 = 0;
  bolusTicks: i32 = 0;
  lockoutTicks: i32 = 0;
  capPerDay: i32 = 0;
  lowPulses: i32 = 0;
  limits: i32 = 0;
  /** The clinician gave no limits: these are the program's own (LIM-5). */
  selfLimited: bool = false;
  limitPulses: Int32Array = new Int32Array(PROGRAM_LIMITS_MOST);
  limitMinutes: Int32Array = new Int32Array(PROGRAM_LIMITS_MOST);

  /** Keeps a record for a later commit and gives it a digest. */
  stage(bytes: Uint8Array, start: i32): void {
    for (let i: i32 = 0; i < PROGRAM_BYTES; i = (i + 1) | 0) this.staged[i] = bytes[start + i];
    this.stagedDigest = crc32(this.staged, 0, PROGRAM_BYTES);
    this.isStaged = true;
  }

  /** OUTCOME_ACCEPTED when the staged record is within the device's limits, else OUTCOME_OUT_OF_RANGE. */
  check(): i32 {
    const bytes: Uint8Array = this.staged;
    const mode: i32 = bytes[PROGRAM_MODE];
    const rate: i32 = readU32(bytes, PROGRAM_RATE);
    if (mode != MODE_CONTINUOUS && mode != MODE_MINIMUM && mode != MODE_STOPPED) return OUTCOME_OUT_OF_RANGE;
    if (mode == MODE_CONTINUOUS && (rate < RATE_SLOWEST || rate > RATE_FASTEST)) return OUTCOME_OUT_OF_RANGE;
    if (mode != MODE_CONTINUOUS && rate != 0) return OUTCOME_OUT_OF_RANGE;
    const cap: i32 = bytes[PROGRAM_CAP];
    if (cap > CAP_PER_24H_MOST) return OUTCOME_OUT_OF_RANGE;
    if (cap > 0 && !this.bolusInRange()) return OUTCOME_OUT_OF_RANGE;
    const limits: i32 = bytes[PROGRAM_LIMITS];
    if (limits > PROGRAM_LIMITS_MOST) return OUTCOME_OUT_OF_RANGE;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST; i = (i + 1) | 0) {
      const at: i32 = (PROGRAM_LIMIT + ((i * PROGRAM_LIMIT_BYTES) | 0)) | 0;
      const pulses: i32 = readU32(bytes, at);
      const minutes: i32 = readU16(bytes, (at + 4) | 0);
      if (i >= limits) continue;
      if (pulses < 1 || minutes < WINDOW_MINUTES_LEAST || minutes > WINDOW_MINUTES_MOST) return OUTCOME_OUT_OF_RANGE;
    }
    if (readU32(bytes, PROGRAM_LOW) < 0) return OUTCOME_OUT_OF_RANGE;
    return OUTCOME_ACCEPTED;
  }

  /** Puts the staged record in force. Call only after `check` accepted it. */
  adopt(): void {
    const bytes: Uint8Array = this.staged;
    this.mode = bytes[PROGRAM_MODE];
    this.rate = readU32(bytes, PROGRAM_RATE);
    if (this.mode == MODE_MINIMUM) this.rate = RATE_MINIMUM;
    this.capPerDay = bytes[PROGRAM_CAP];
    this.bolusPulses = readU16(bytes, PROGRAM_BOLUS);
    this.bolusTicks = (readU16(bytes, PROGRAM_BOLUS_SECONDS) * TICKS_PER_SECOND) | 0;
    this.lockoutTicks = (readU16(bytes, PROGRAM_LOCKOUT) * TICKS_PER_MINUTE) | 0;
    this.lowPulses = readU32(bytes, PROGRAM_LOW);
    this.limits = bytes[PROGRAM_LIMITS];
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST; i = (i + 1) | 0) {
      const at: i32 = (PROGRAM_LIMIT + ((i * PROGRAM_LIMIT_BYTES) | 0)) | 0;
      this.limitPulses[i] = i < this.limits ? readU32(bytes, at) : 0;
      this.limitMinutes[i] = i < this.limits ? readU16(bytes, (at + 4) | 0) : 0;
    }
    this.selfLimited = this.limits == 0;
    if (this.selfLimited) this.limitToItself();
    this.digest = this.stagedDigest;
    this.isStaged = false;
    this.valid = true;
  }

  private bolusInRange(): bool {
    const pulses: i32 = readU16(this.staged, PROGRAM_BOLUS);
    const seconds: i32 = readU16(this.staged, PROGRAM_BOLUS_SECONDS);
    const lockout: i32 = readU16(this.staged, PROGRAM_LOCKOUT);
    if (pulses < 1 || seconds < 1 || seconds > BOLUS_SECONDS_MOST) return false;
    if (((pulses * PULSE_SPACING_TICKS) | 0) > ((seconds * TICKS_PER_SECOND) | 0)) return false;
    return lockout >= LOCKOUT_MINUTES_LEAST && lockout <= LOCKOUT_MINUTES_MOST;
  }

  /** LIM-5: a day of basal and all permitted boluses, and the largest hour that they allow. */
  private limitToItself(): void {
    this.limits = 2;
    this.limitMinutes[0] = MINUTES_PER_HOUR;
    // A bolus starts at most once a lockout, so an hour holds at most ceil(hour / lockout) of them.
    const hour: i32 = (MINUTES_PER_HOUR * TICKS_PER_MINUTE) | 0;
    const reach: i32 = (hour + this.lockoutTicks - 1) | 0;
    const starts: i32 = this.capPerDay > 0 ? ((reach - (reach % this.lockoutTicks)) / this.lockoutTicks) | 0 : 0;
    const boluses: i32 = starts < this.capPerDay ? starts : this.capPerDay;
    this.limitPulses[0] = this.ownPulses(MINUTES_PER_HOUR, boluses);
    this.limitMinutes[1] = MINUTES_PER_DAY;
    this.limitPulses[1] = this.ownPulses(MINUTES_PER_DAY, this.capPerDay);
  }

  private ownPulses(minutes: i32, boluses: i32): i32 {
    const ticks: i32 = (((minutes * TICKS_PER_MINUTE) | 0) + BOOKKEEPING_TICKS) | 0;
    let pulses: i32 = (mulDivUp(this.rate, ticks, RATE_TICKS_PER_PULSE) + ((boluses * this.bolusPulses) | 0)) | 0;
    if (boluses > 0) pulses = (pulses + mulDivUp(this.bolusPulses, BOOKKEEPING_TICKS, this.bolusTicks)) | 0;
    return (pulses + BOOKKEEPING_PULSES) | 0;
  }

  /** The most that the windows let through in an hour, for the dose guard's register. */
  largestHour(): i32 {
    let most: i32 = GUARD_PULSES_PER_HOUR_MOST - 1;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST && i < this.limits; i = (i + 1) | 0) {
      const minutes: i32 = this.limitMinutes[i];
      const reach: i32 = (minutes + MINUTES_PER_HOUR - 1) | 0;
      const windows: i32 = ((reach - (reach % minutes)) / minutes) | 0;
      const bound: i32 = this.limitPulses[i] > most ? most : (this.limitPulses[i] * windows) | 0;
      if (bound < most) most = bound;
    }
    // One more: the window lets a pulse that is in flight finish.
    return (most + 1) | 0;
  }
}
