// The dose limiter: up to four rolling windows over every step that the encoder showed, whatever caused it. One ring of
// buckets of 7.5 s (eight a minute) covers seven days, so that a new program with other windows finds the past it needs
// (LIM-6); a window of W minutes holds the bucket being filled and the 8 W before it, so it counts at most 7.5 s too long
// (LIM-4: W/96 is at least 9.4 s) and never too little. 80,641 one-byte buckets are most of the controller's RAM. After a
// reset the past is unknown: a window then counts as full until it has been watched for its whole length.

import { assert } from "../hal/assert";
import { GUARD_PULSES_PER_HOUR_MOST } from "../hal/guard";
import { PROGRAM_LIMITS_MOST } from "../hal/telemetry";
import { MINUTES_PER_HOUR, RATE_TICKS_PER_PULSE, TICKS_PER_DAY } from "../hal/units";
import { mulDivUp } from "./mul-div";
import { Program } from "./program";

export const BUCKET_TICKS: i32 = 750;
const BUCKETS_PER_MINUTE: i32 = 8;
/** What `rate` adds to a bucket is rate x 750 / 216,000,000 pulses. */
const RATE_PER_PULSE_A_BUCKET: i32 = 288000;
/** Seven days, and the bucket being filled. */
const BUCKETS: i32 = 80641;
const BUCKETS_PER_DAY: i32 = TICKS_PER_DAY / BUCKET_TICKS;
/** A bucket sees at most nine commanded pulses; a runaway may show more, and 255 is past any limit's meaning. */
const BUCKET_PULSES_MOST: i32 = 255;
/** Beyond what the books foresee: a pulse in flight at the commit, and one for rounding. */
const HELD_PULSES: i32 = 2;
const BUCKETS_PER_HOUR: i32 = 480;
/** How far `idle` looks for the next bucket that matters: ten minutes. */
const IDLE_BUCKETS: i32 = 80;

export class Limiter {
  program: Program;
  ring: Uint8Array = new Uint8Array(BUCKETS);
  /** Index of the bucket being filled, and ticks of it that have passed. */
  head: i32 = 0;
  bucketTicks: i32 = 0;
  /** Complete buckets of known past, at most BUCKETS. */
  known: i32 = 0;
  /** Per limit: buckets of its window beyond the head, pulses in it, and the room at which basal may resume. */
  span: Int32Array = new Int32Array(PROGRAM_LIMITS_MOST);
  count: Int32Array = new Int32Array(PROGRAM_LIMITS_MOST);
  reserve: Int32Array = new Int32Array(PROGRAM_LIMITS_MOST);

  constructor(program: Program) {
    this.program = program;
  }

  /** `fresh` only on the very first power-on: then the past is known to be empty. */
  boot(fresh: bool): void {
    this.known = fresh ? BUCKETS : 0;
  }

  /** Recounts every window of the program just committed from the ring. */
  adopt(): void {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST; i = (i + 1) | 0) {
      const minutes: i32 = this.program.limitMinutes[i];
      this.span[i] = (minutes * BUCKETS_PER_MINUTE) | 0;
      let sum: i32 = 0;
      for (let age: i32 = 0; age < BUCKETS && age <= this.span[i]; age = (age + 1) | 0)
        sum = (sum + this.bucketAt(age)) | 0;
      this.count[i] = sum;
      // A lower dose must not starve the patient for the day before it: a limit that nobody set is no lower than what
      // the window will hold at most while the new basal takes the place of what was given before.
      if (this.program.selfLimited && i < this.program.limits) {
        const most: i32 = (this.most(i, 0, 1, this.program.rate, 0) + HELD_PULSES) | 0;
        if (this.program.limitPulses[i] < most) this.program.limitPulses[i] = most;
      }
      const eighth: i32 = mulDivUp(this.program.rate, minutes * 750, RATE_TICKS_PER_PULSE);
      const half: i32 = this.program.limitPulses[i] >> 1;
      this.reserve[i] = eighth < half ? eighth : half;
    }
  }

  /** Time passes, then `pulses` steps seen this tick are counted. */
  tick(pulses: i32): void {
    this.bucketTicks = (this.bucketTicks + 1) | 0;
    if (this.bucketTicks >= BUCKET_TICKS) this.rotate();
    if (pulses > 0) this.record(pulses);
  }

  /** The last word: true when one more pulse crosses no window. */
  allows(): bool {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST && i < this.program.limits; i = (i + 1) | 0) {
      if (this.known < this.span[i] || this.count[i] >= this.program.limitPulses[i]) return false;
    }
    return true;
  }

  /** The window that refuses a pulse now, in minutes; 0 when none does. */
  fullWindow(): i32 {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST && i < this.program.limits; i = (i + 1) | 0) {
      if (this.known < this.span[i] || this.count[i] >= this.program.limitPulses[i])
        return this.program.limitMinutes[i];
    }
    return 0;
  }

  /** After a limit was reached: true when basal has an eighth of each window to run, so that it does not flutter. */
  hasRoom(): bool {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST && i < this.program.limits; i = (i + 1) | 0) {
      if (this.known < this.span[i]) return false;
      if (((this.program.limitPulses[i] - this.count[i]) | 0) <= this.reserve[i]) return false;
    }
    return true;
  }

  /**
   * What the dose guard's register must allow: the windows' largest hour, but no less than the last hour holds, or the guard
   * would trip on the past; where that is unknown, no less than the register that the past was under. A window of an hour
   * or more bounds the guard's hour, past and all; shorter ones bound only what joins the past in it.
   */
  guardLimit(present: i32): i32 {
    const largest: i32 = this.program.largestHour();
    let past: i32 = 0;
    for (let age: i32 = 0; age <= BUCKETS_PER_HOUR; age = (age + 1) | 0) past = (past + this.bucketAt(age)) | 0;
    let most: i32 = (past + largest) | 0;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST && i < this.program.limits; i = (i + 1) | 0) {
      const bounds: bool = this.program.limitMinutes[i] >= MINUTES_PER_HOUR;
      if (bounds && this.program.limitPulses[i] < most) most = (this.program.limitPulses[i] + 1) | 0;
    }
    if (most < ((past + HELD_PULSES) | 0)) most = (past + HELD_PULSES) | 0;
    if (this.known < BUCKETS_PER_HOUR && most < present) most = present;
    return most < GUARD_PULSES_PER_HOUR_MOST ? most : GUARD_PULSES_PER_HOUR_MOST;
  }

  /** True when a day of the past is known, so that a count of starts in it means something. */
  knowsDay(): bool {
    return this.known >= BUCKETS_PER_DAY;
  }

  /**
   * Look-ahead (LIM-2): would a bolus of `pulses` over `ticks` from now, with `owed` pulses waiting and basal at `rate`
   * (0.01 uL/day) throughout, ever fill a window beyond its limit? Within a window's length from now nothing of the bolus
   * leaves it, so the worst moments are those just before an old bucket drops out; after that the window holds basal
   * alone and at most the whole bolus, which the last of those moments bounds as well.
   */
  permits(pulses: i32, ticks: i32, rate: i32, owed: i32): bool {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST && i < this.program.limits; i = (i + 1) | 0) {
      if (this.known < this.span[i]) return false;
      if (this.most(i, pulses, ticks, rate, owed) > this.program.limitPulses[i]) return false;
    }
    return true;
  }

  /** Ticks until a window changes by itself. `waiting`: every rotation matters. */
  idle(waiting: bool): i32 {
    const next: i32 = (BUCKET_TICKS - this.bucketTicks - 1) | 0;
    if (waiting) return next;
    for (let ahead: i32 = 0; ahead < IDLE_BUCKETS; ahead = (ahead + 1) | 0) {
      for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST && i < this.program.limits; i = (i + 1) | 0) {
        if (this.span[i] >= ahead && this.bucketAt((this.span[i] - ahead) | 0) != 0) {
          return (next + ((ahead * BUCKET_TICKS) | 0)) | 0;
        }
      }
    }
    return (next + ((IDLE_BUCKETS * BUCKET_TICKS) | 0)) | 0;
  }

  skip(ticks: i32): void {
    this.bucketTicks = (this.bucketTicks + ticks) | 0;
    for (let i: i32 = 0; i <= IDLE_BUCKETS; i = (i + 1) | 0) {
      if (this.bucketTicks < BUCKET_TICKS) return;
      this.rotate();
    }
    assert(this.bucketTicks < BUCKET_TICKS, "a leap is no longer than idle allowed");
  }

  /** The most that window `i` will hold with these to come, until a window's length from now. */
  private most(i: i32, pulses: i32, ticks: i32, rate: i32, owed: i32): i32 {
    const span: i32 = this.span[i];
    // Pulses a bucket: basal rate x 750 / 216,000,000 = rate / 288,000; bolus pulses x 750 / ticks.
    const basalPart: i32 = (rate % RATE_PER_PULSE_A_BUCKET) | 0;
    const basalWhole: i32 = ((rate - basalPart) / RATE_PER_PULSE_A_BUCKET) | 0;
    const bolusPart: i32 = (((pulses * BUCKET_TICKS) | 0) % ticks) | 0;
    const bolusWhole: i32 = ((((pulses * BUCKET_TICKS) | 0) - bolusPart) / ticks) | 0;
    let past: i32 = this.count[i];
    let most: i32 = past;
    let basal: i32 = owed;
    let basalRest: i32 = RATE_PER_PULSE_A_BUCKET - 1;
    let bolus: i32 = 0;
    let bolusRest: i32 = 0;
    for (let step: i32 = 0; step < BUCKETS && step <= span; step = (step + 1) | 0) {
      basal = (basal + basalWhole) | 0;
      basalRest = (basalRest + basalPart) | 0;
      if (basalRest >= RATE_PER_PULSE_A_BUCKET) {
        basalRest = (basalRest - RATE_PER_PULSE_A_BUCKET) | 0;
        basal = (basal + 1) | 0;
      }
      bolusRest = (bolusRest + bolusPart) | 0;
      bolus = (bolus + bolusWhole) | 0;
      if (bolusRest >= ticks) {
        bolusRest = (bolusRest - ticks) | 0;
        bolus = (bolus + 1) | 0;
      }
      if (bolus > pulses) bolus = pulses;
      const held: i32 = (past + basal + bolus) | 0;
      if (held > most) most = held;
      past = (past - this.bucketAt((span - step) | 0)) | 0;
    }
    return most;
  }

  private record(pulses: i32): void {
    const held: i32 = this.ring[this.head];
    const sum: i32 = (held + pulses) | 0;
    const kept: i32 = sum > BUCKET_PULSES_MOST ? BUCKET_PULSES_MOST : sum;
    this.ring[this.head] = kept as u8;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST; i = (i + 1) | 0) this.count[i] = (this.count[i] + kept - held) | 0;
  }

  private rotate(): void {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MOST; i = (i + 1) | 0) {
      this.count[i] = (this.count[i] - this.bucketAt(this.span[i])) | 0;
    }
    this.bucketTicks = (this.bucketTicks - BUCKET_TICKS) | 0;
    this.head = this.head + 1 >= BUCKETS ? 0 : (this.head + 1) | 0;
    this.ring[this.head] = 0;
    if (this.known < BUCKETS) this.known = (this.known + 1) | 0;
  }

  /** The bucket `age` rotations ago, 0 being the one filled now. */
  private bucketAt(age: i32): i32 {
    const index: i32 = (this.head - age) | 0;
    const value: i32 = this.ring[index < 0 ? index + BUCKETS : index];
    return value;
  }
}
