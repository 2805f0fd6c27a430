// The dose limiter: up to four rolling windows over every step that the encoder showed, whatever caused it. One ring of
// buckets of 7.5 s (eight a minute) covers seven days, so that a new program with other windows finds the past it needs
// (LIM-6); a window of W minutes holds the bucket being filled and the 8 W before it, so it counts at most 7.5 s too long
// (LIM-4: W/96 is at least 9.4 s) and never too little. The ring lies in the non-volatile memory and so survives every
// reset; a bucket is its count in both halves of a byte, and one whose halves differ counts as full. Where the ring's place
// is lost, the past is unknown: a window then counts as full until it has been watched for its whole length.

import { GUARD_PULSES_PER_HOUR_MAX } from "../hal/guard";
import { Hal } from "../hal/hal";
import { PROGRAM_LIMITS_MAX } from "../hal/telemetry";
import { EVENT_STORE_REPAIRED, MODE_FLEX, MODE_PERIODIC } from "../hal/trace";
import { MINUTES_PER_HOUR, RATE_TICKS_PER_PULSE, TICKS_PER_DAY, TICKS_PER_MINUTE } from "../hal/units";
import { Clock } from "./clock";
import { RECORD_WINDOW, WINDOW_AT } from "./layout";
import { Log } from "./log";
import { mulDivUp } from "./mul-div";
import { Program } from "./program";
import { MemoryLatch, Twin, TwinArray } from "./twin";

export const BUCKET_TICKS: i32 = 750;
const BUCKETS_PER_MINUTE: i32 = 8;
/** What `rate` adds to a bucket is rate x 750 / 216,000,000 pulses. */
const RATE_PER_PULSE_A_BUCKET: i32 = 288000;
/** Buckets of the past that a window can need: seven days, and the one being filled. */
const BUCKETS: i32 = 80641;
/** Cleared each minute ahead of the one being filled: twice what a minute fills. */
const AHEAD: i32 = 16;
const RING: i32 = 80672;
const BUCKETS_PER_DAY: i32 = TICKS_PER_DAY / BUCKET_TICKS;
/** A bucket sees at most nine commanded pulses, and what turns the rotor without one is cut at the first step. */
const BUCKET_PULSES_MAX: i32 = 15;
const SPOILT: i32 = -1;
/** Beyond what the books foresee: a pulse in flight at the commit, and one for rounding. */
const HELD_PULSES: i32 = 2;
const BUCKETS_PER_HOUR: i32 = 480;
/** How far `idle` looks for the next bucket that matters: a minute and a quarter, longer than the clock lets a leap be. */
const IDLE_BUCKETS: i32 = 10;

export class Limiter {
  hal: Hal;
  memory: MemoryLatch;
  log: Log;
  clock: Clock;
  program: Program;
  /** Index of the bucket being filled, ticks of it that have passed, and what it holds. */
  head: Twin;
  bucketTicks: Twin;
  headCount: Twin;
  /** Complete buckets of known past, at most BUCKETS. */
  known: Twin;
  /** Per limit: buckets of its window beyond the head, pulses in it, and the room at which basal may resume. */
  span: TwinArray;
  count: TwinArray;
  reserve: TwinArray;
  /** Pulses that a supervised prime or bridge may add to limits that nobody set. */
  allowance: Twin;
  /** The same for a clock that was set, which no window needs more than once over. */
  clockRoom: Twin;
  /** What a window holds changed in this tick. */
  changed: bool = false;
  /** The non-volatile memory is another build's: nothing is written to it. */
  mute: Twin;

  constructor(hal: Hal, memory: MemoryLatch, log: Log, clock: Clock, program: Program) {
    this.hal = hal;
    this.memory = memory;
    this.log = log;
    this.clock = clock;
    this.program = program;
    this.head = new Twin(memory, 0);
    this.bucketTicks = new Twin(memory, 0);
    this.headCount = new Twin(memory, 0);
    this.known = new Twin(memory, 0);
    this.span = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.count = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.reserve = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.allowance = new Twin(memory, 0);
    this.clockRoom = new Twin(memory, 0);
    this.mute = new Twin(memory, 0);
  }

  /** A pump that has never run: the past is known to be empty. */
  bootFresh(): void {
    this.known.set(BUCKETS);
  }

  /** The ring's place is not known: its content is worth nothing. */
  bootLost(): void {
    this.known.set(0);
    for (let i: i32 = 0; i < RING; i = (i + 1) | 0) this.clear(i);
  }

  /** The ring's place as last stored, and what the bucket being filled held then. What was written beyond is undone. */
  bootAt(head: i32, bucketTicks: i32, headCount: i32, known: i32): void {
    this.head.set(head >= 0 && head < RING ? head : 0);
    this.bucketTicks.set(bucketTicks >= 0 && bucketTicks < BUCKET_TICKS ? bucketTicks : 0);
    this.known.set(known >= 0 && known <= BUCKETS ? known : 0);
    this.headCount.set(headCount);
    this.write(this.head.get(), headCount);
    this.sweep();
  }

  /** Recounts every window of the program just adopted from the ring. */
  adopt(): void {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      this.span.set(i, (this.program.limitMinutes.get(i) * BUCKETS_PER_MINUTE) | 0);
    }
    this.recount();
  }

  /**
   * Of a program that nobody limited: a lower dose must not starve the patient for the day before it, so its own limits are
   * no lower than what the windows will hold at most while the new basal takes the place of what was given before.
   */
  widen(): void {
    if (this.program.selfLimited.is()) {
      for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
        const most: i32 = (this.most(i, 0, 1, 0, 0) + HELD_PULSES) | 0;
        if (this.program.limitPulses.get(i) < most) this.program.limitPulses.set(i, most);
      }
    }
  }

  /** How much of each window must be free before basal resumes after a limit was reached. */
  setReserves(): void {
    const rate: i32 = this.program.rateMax(this.clock.wall.get(), 0);
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      const eighth: i32 = mulDivUp(rate, (this.program.limitMinutes.get(i) * 750) | 0, RATE_TICKS_PER_PULSE);
      const half: i32 = this.program.limitPulses.get(i) >> 1;
      this.reserve.set(i, eighth < half ? eighth : half);
    }
  }

  /** Time passes, then `pulses` steps seen this tick are counted. */
  tick(pulses: i32, minuteEdge: bool): void {
    this.bucketTicks.add(1);
    if (this.bucketTicks.get() >= BUCKET_TICKS && !this.rotate()) this.repair();
    if (minuteEdge) this.sweep();
    if (pulses > 0) this.record(pulses);
  }

  /** Counts steps into the bucket being filled. */
  record(pulses: i32): void {
    const held: i32 = this.headCount.get();
    const sum: i32 = (held + pulses) | 0;
    const kept: i32 = sum > BUCKET_PULSES_MAX ? BUCKET_PULSES_MAX : sum;
    this.headCount.set(kept);
    this.write(this.head.get(), kept);
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      this.count.set(i, (this.count.get(i) + kept - held) | 0);
    }
  }

  /** The most that window `i` may hold now, in pulses. */
  limitOf(i: i32): i32 {
    const pulses: i32 = this.program.limitPulses.get(i);
    return (pulses + this.extra(pulses)) | 0;
  }

  /** The last word: true when one more pulse crosses no window. */
  allows(): bool {
    return this.fullWindow() == 0;
  }

  /** The window that refuses a pulse now, in minutes; 0 when none does. */
  fullWindow(): i32 {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      if (this.known.get() < this.span.get(i) || this.count.get(i) >= this.limitOf(i)) {
        return this.program.limitMinutes.get(i);
      }
    }
    return 0;
  }

  /** After a limit was reached: true when basal has an eighth of each window to run, so that it does not flutter. */
  hasRoom(): bool {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      if (this.known.get() < this.span.get(i)) return false;
      if (((this.limitOf(i) - this.count.get(i)) | 0) <= this.reserve.get(i)) return false;
    }
    return true;
  }

  /**
   * What the dose guard's register must allow: the windows' largest hour, but no less than the last hour holds, or the guard
   * would trip on the past; where that is unknown, no less than the register that the past was under. A window of an hour
   * or more bounds the guard's hour, past and all; shorter ones bound only what joins the past in it.
   */
  guardLimit(present: i32): i32 {
    let past: i32 = 0;
    for (let age: i32 = 0; age <= BUCKETS_PER_HOUR; age = (age + 1) | 0) past = (past + this.countAt(age)) | 0;
    const hour: i32 = this.program.largestHour();
    let most: i32 = (past + hour + this.extra(hour)) | 0;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      const bounds: bool = this.program.limitMinutes.get(i) >= MINUTES_PER_HOUR;
      if (bounds && this.limitOf(i) < most) most = (this.limitOf(i) + 1) | 0;
    }
    if (most < ((past + HELD_PULSES) | 0)) most = (past + HELD_PULSES) | 0;
    if (this.known.get() < BUCKETS_PER_HOUR && most < present) most = present;
    return most < GUARD_PULSES_PER_HOUR_MAX ? most : GUARD_PULSES_PER_HOUR_MAX;
  }

  /** True while limits that nobody set make room. */
  makesRoom(): bool {
    return this.program.selfLimited.is() && (this.allowance.get() | this.clockRoom.get()) != 0;
  }

  private extra(pulses: i32): i32 {
    if (!this.program.selfLimited.is()) return 0;
    const room: i32 = this.clockRoom.get();
    return (this.allowance.get() + (room < pulses ? room : pulses)) | 0;
  }

  /** True when a day of the past is known, so that a count of starts in it means something. */
  knowsDay(): bool {
    return this.known.get() >= BUCKETS_PER_DAY;
  }

  /**
   * Look-ahead (LIM-2): would a bolus of `pulses` over `ticks` from now, with `owed` pulses waiting, the next periodic dose
   * in `doseIn` ticks and basal as programmed throughout, ever fill a window beyond its limit? Within a window's length
   * from now nothing of the bolus leaves it, so the worst moments are those just before an old bucket drops out; after that
   * the window holds basal alone and at most the whole bolus, which the last of those moments bounds as well.
   */
  permits(pulses: i32, ticks: i32, owed: i32, doseIn: i32): bool {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      if (this.known.get() < this.span.get(i)) return false;
      if (this.most(i, pulses, ticks, owed, doseIn) > this.limitOf(i)) return false;
    }
    return true;
  }

  /** Ticks until a window changes by itself, at most `ticks`. `waiting`: every rotation matters. */
  idle(ticks: i32, waiting: bool): i32 {
    const first: i32 = (BUCKET_TICKS - this.bucketTicks.get() - 1) | 0;
    if (first >= ticks) return ticks;
    if (waiting) return first;
    const head: i32 = this.head.get();
    const limits: i32 = this.program.limits.get();
    const horizon: i32 = (first + ((IDLE_BUCKETS * BUCKET_TICKS) | 0)) | 0;
    let least: i32 = horizon < ticks ? horizon : ticks;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < limits; i = (i + 1) | 0) {
      let age: i32 = this.span.get(i);
      let at: i32 = first;
      for (let ahead: i32 = 0; ahead < IDLE_BUCKETS && at < least && age >= 0; ahead = (ahead + 1) | 0) {
        if (this.read(head, age) != 0) least = at;
        age = (age - 1) | 0;
        at = (at + BUCKET_TICKS) | 0;
      }
    }
    return least;
  }

  /** Passes over `ticks` in which `idle` found that nothing leaves a window: buckets begin and end empty. */
  skip(ticks: i32): void {
    const passed: i32 = (this.bucketTicks.get() + ticks) | 0;
    const rest: i32 = passed % BUCKET_TICKS;
    const begun: i32 = ((passed - rest) / BUCKET_TICKS) | 0;
    this.bucketTicks.set(rest);
    if (begun == 0) return;
    const head: i32 = (this.head.get() + begun) | 0;
    this.head.set(head < RING ? head : (head - RING) | 0);
    this.headCount.set(0);
    const known: i32 = (this.known.get() + begun) | 0;
    this.known.set(known < BUCKETS ? known : BUCKETS);
  }

  /** The most that window `i` will hold with these to come, until a window's length from now. */
  private most(i: i32, pulses: i32, ticks: i32, owed: i32, doseIn: i32): i32 {
    const span: i32 = this.span.get(i);
    const head: i32 = this.head.get();
    const flex: bool = this.program.mode.get() == MODE_FLEX;
    const every: i32 = this.program.mode.get() == MODE_PERIODIC ? this.program.doseEveryTicks.get() : 0;
    const dose: i32 = this.program.dosePulses.get();
    const wall: i32 = this.clock.wall.get();
    // Pulses a bucket: basal rate x 750 / 216,000,000 = rate / 288,000; bolus pulses x 750 / ticks.
    const bolusPart: i32 = (((pulses * BUCKET_TICKS) | 0) % ticks) | 0;
    const bolusWhole: i32 = ((((pulses * BUCKET_TICKS) | 0) - bolusPart) / ticks) | 0;
    const minute: i32 = this.minuteAhead(0);
    let rate: i32 = this.program.rateAt((wall + minute) | 0);
    let steadyTo: i32 = flex ? (minute + this.program.steadyAt((wall + minute) | 0)) | 0 : 0;
    let past: i32 = this.count.get(i);
    let most: i32 = past;
    let basal: i32 = owed;
    let basalRest: i32 = RATE_PER_PULSE_A_BUCKET - 1;
    let bolus: i32 = 0;
    let bolusRest: i32 = 0;
    let doseAt: i32 = doseIn;
    for (let step: i32 = 0; step < BUCKETS && step <= span; step = (step + 1) | 0) {
      let highest: i32 = rate;
      if (flex) {
        const next: i32 = this.minuteAhead((step + 1) | 0);
        if (next >= steadyTo) {
          rate = this.program.rateAt((wall + next) | 0);
          steadyTo = (next + this.program.steadyAt((wall + next) | 0)) | 0;
          if (rate > highest) highest = rate;
        }
      }
      // A dose of periodic mode is taken as given at its start: earlier than it is, never later.
      if (every > 0 && doseAt < (((step + 1) * BUCKET_TICKS) | 0)) {
        basal = (basal + dose) | 0;
        doseAt = (doseAt + every) | 0;
      }
      const basalPart: i32 = (highest % RATE_PER_PULSE_A_BUCKET) | 0;
      basal = (basal + (((highest - basalPart) / RATE_PER_PULSE_A_BUCKET) | 0)) | 0;
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
      past = (past - counted(this.read(head, (span - step) | 0))) | 0;
    }
    return most;
  }

  /** Minutes from now to `steps` buckets ahead. */
  private minuteAhead(steps: i32): i32 {
    const ticks: i32 = (this.clock.tickOfMinute.get() + ((steps * BUCKET_TICKS) | 0)) | 0;
    return ((ticks - (ticks % TICKS_PER_MINUTE)) / TICKS_PER_MINUTE) | 0;
  }

  /** The next bucket: what leaves a window is taken off. False when a spoilt one left, and the count is not right. */
  private rotate(): bool {
    const head: i32 = this.head.get();
    const limits: i32 = this.program.limits.get();
    let right: bool = true;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < limits; i = (i + 1) | 0) {
      const leaving: i32 = this.read(head, this.span.get(i));
      if (leaving == SPOILT) right = false;
      else if (leaving != 0) {
        this.count.set(i, (this.count.get(i) - leaving) | 0);
        this.changed = true;
      }
    }
    this.bucketTicks.add(-BUCKET_TICKS);
    this.head.set(head + 1 >= RING ? 0 : (head + 1) | 0);
    this.headCount.set(0);
    if (this.known.get() < BUCKETS) this.known.add(1);
    return right;
  }

  /** Every window counted anew, spoilt buckets as full ones. */
  private recount(): void {
    const head: i32 = this.head.get();
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      const span: i32 = this.span.get(i);
      let sum: i32 = 0;
      for (let age: i32 = 0; age < BUCKETS && age <= span; age = (age + 1) | 0) {
        sum = (sum + counted(this.read(head, age))) | 0;
      }
      this.count.set(i, span > 0 ? sum : 0);
    }
    this.changed = true;
  }

  /** Makes every spoilt bucket a full one, and counts again. */
  private repair(): void {
    const head: i32 = this.head.get();
    for (let age: i32 = 1; age < BUCKETS; age = (age + 1) | 0) {
      if (this.read(head, age) == SPOILT) this.write(indexAt(head, age), BUCKET_PULSES_MAX);
    }
    this.recount();
    this.log.event(EVENT_STORE_REPAIRED, RECORD_WINDOW, 0, 0);
  }

  /** Clears what the coming minutes will fill: only then can a rotation be a leap's. */
  private sweep(): void {
    const head: i32 = this.head.get();
    for (let i: i32 = 1; i <= AHEAD; i = (i + 1) | 0) this.clear(((head + i) | 0) % RING);
  }

  private clear(index: i32): void {
    if (this.hal.nvm.read((WINDOW_AT + index) | 0) != 0) this.write(index, 0);
  }

  private write(index: i32, count: i32): void {
    if (!this.mute.is() && !this.memory.faulty) this.hal.nvm.write((WINDOW_AT + index) | 0, count | (count << 4));
  }

  private countAt(age: i32): i32 {
    return counted(this.read(this.head.get(), age));
  }

  /** What the bucket `age` rotations before `head` holds, or SPOILT. */
  private read(head: i32, age: i32): i32 {
    const byte: i32 = this.hal.nvm.read((WINDOW_AT + indexAt(head, age)) | 0) | 0;
    return (byte & 15) == byte >> 4 ? byte & 15 : SPOILT;
  }
}

function indexAt(head: i32, age: i32): i32 {
  const index: i32 = (head - age) | 0;
  return index < 0 ? (index + RING) | 0 : index;
}

function counted(bucket: i32): i32 {
  return bucket == SPOILT ? BUCKET_PULSES_MAX : bucket;
}
