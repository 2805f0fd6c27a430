// The dose limiter: up to four rolling windows over every step that the encoder showed, whatever caused it, and the limit of
// each. window-ring.ts counts the steps that the windows hold, look-ahead.ts those that they will hold. From both the limiter
// decides whether a pulse may start (LIM-3), whether a bolus is granted (LIM-2), when basal resumes, what the dose guard's
// register must allow, and how much room limits which nobody set make for a supervised dose (LIM-5). All volumes are pulses of
// 250 nL.
//
// Invariants:
// - A pulse starts only while every window is known and holds less than its limit.
// - `allowance` and `clockRoom` raise only limits that the pump derived itself, and only until `allowanceUntil`.

import { assert } from "../hal/assert";
import { GUARD_PULSES_PER_HOUR_MAX } from "../hal/guard";
import { Hal } from "../hal/hal";
import { PRIME_PULSES_MAX, PROGRAM_LIMITS_MAX } from "../hal/telemetry";
import {
  MINUTES_PER_DAY,
  MINUTES_PER_HOUR,
  PULSE_SPACING_TICKS,
  RATE_TICKS_PER_PULSE,
  TICKS_PER_MINUTE,
} from "../hal/units";
import { Clock } from "./clock";
import { Log } from "./log";
import { LookAhead } from "./look-ahead";
import { mulDivUp, smaller } from "./mul-div";
import { Program } from "./program";
import { MemoryLatch, Twin, TwinArray } from "./twin";
import { BUCKETS_PER_DAY, BUCKETS_PER_HOUR, WindowRing } from "./window-ring";

/**
 * Two pulses are added to a limit that is derived from what the windows hold or will hold: one may be in flight at the
 * commit, one covers rounding.
 */
const DERIVED_LIMIT_SLACK: i32 = 2;
/** Basal resumes after a limit was reached when it has an eighth of each window to run, so that it does not flutter. */
const RESERVE_PART: i32 = 8;
/** The longest prime in minutes, and ten minutes for pulses that it misses. */
const PRIME_MINUTES_MAX: i32 = (PRIME_PULSES_MAX * PULSE_SPACING_TICKS) / TICKS_PER_MINUTE + 10;
/** Minutes after which a prime, a bridge or a set clock has left every window that nobody set, of which a day is the longest. */
const ALLOWANCE_MINUTES: i32 = MINUTES_PER_DAY + PRIME_MINUTES_MAX;

assert(TICKS_PER_MINUTE % RESERVE_PART == 0, "the part of a window that basal needs free is whole ticks");
assert((PRIME_PULSES_MAX * PULSE_SPACING_TICKS) % TICKS_PER_MINUTE == 0, "the longest prime is whole minutes");
assert(PRIME_PULSES_MAX <= GUARD_PULSES_PER_HOUR_MAX, "the dose guard can let the longest prime through");

export class Limiter {
  hal: Hal;
  clock: Clock;
  program: Program;
  ring: WindowRing;
  lookAhead: LookAhead;
  /** By window: the room at which basal may resume. */
  reserve: TwinArray;
  /** Pulses that supervised primes and bridges add to limits that nobody set. */
  allowance: Twin;
  /** Pulses that the schedule's hours which a set clock repeats add to them; of a window no more than it allows anyway. */
  clockRoom: Twin;
  /** The minute in which both end, unless a prime or a bridge still runs. */
  allowanceUntil: Twin;
  /** The dose guard's register still allows a dose that is over, and is to be lowered at the next session. */
  guardDue: Twin;

  constructor(hal: Hal, memory: MemoryLatch, log: Log, clock: Clock, program: Program) {
    this.hal = hal;
    this.clock = clock;
    this.program = program;
    const ring: WindowRing = new WindowRing(hal, memory, log);
    this.ring = ring;
    this.lookAhead = new LookAhead(ring, clock, program);
    this.reserve = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.allowance = new Twin(memory, 0);
    this.clockRoom = new Twin(memory, 0);
    this.allowanceUntil = new Twin(memory, 0);
    this.guardDue = new Twin(memory, 0);
  }

  /** Finds in the ring what the windows of the program just adopted hold. */
  adopt(): void {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0)
      this.ring.setWindow(i, this.program.limitMinutes.get(i));
    this.ring.recount();
  }

  /**
   * Widens the limits of a program that nobody limited: a lower dose must not starve the patient for the day before it, so
   * they are no lower than what the windows will hold at most while the new basal takes the place of what was given before.
   */
  widenLimits(): void {
    if (!this.program.selfLimited.isSet()) return;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      const most: i32 = (this.lookAhead.mostHeld(i, 0, 1, 0, 0) + DERIVED_LIMIT_SLACK) | 0;
      if (this.program.limitPulses.get(i) < most) this.program.limitPulses.set(i, most);
    }
  }

  /** Sets how much of each window must be free before basal resumes after a limit was reached. */
  setReserves(): void {
    const rate: i32 = this.program.rateMax(this.clock.wall.get(), 0);
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      const ticks: i32 = (this.program.limitMinutes.get(i) * (TICKS_PER_MINUTE / RESERVE_PART)) | 0;
      const part: i32 = mulDivUp(rate, ticks, RATE_TICKS_PER_PULSE);
      const half: i32 = this.program.limitPulses.get(i) >> 1;
      this.reserve.set(i, part < half ? part : half);
    }
  }

  /** Time passes, then `pulses` steps seen in this tick are counted. True when something left a window. */
  tick(pulses: i32, minuteEdge: bool): bool {
    const changed: bool = this.ring.tick();
    if (minuteEdge) this.ring.sweep();
    if (pulses > 0) this.ring.countSteps(pulses);
    return changed;
  }

  /** The most that window `i` may hold now. */
  limitOf(i: i32): i32 {
    const pulses: i32 = this.program.limitPulses.get(i);
    return (pulses + this.roomIn(pulses)) | 0;
  }

  /** The last word: true when one more pulse fits into every window. */
  allows(): bool {
    return this.fullWindow() == 0;
  }

  /** The window that refuses a pulse now, in minutes; 0 when none does. */
  fullWindow(): i32 {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      if (!this.ring.isKnown(i) || this.ring.count.get(i) >= this.limitOf(i)) return this.program.limitMinutes.get(i);
    }
    return 0;
  }

  /** True when basal may resume after a limit was reached. */
  hasRoom(): bool {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      if (!this.ring.isKnown(i)) return false;
      if (((this.limitOf(i) - this.ring.count.get(i)) | 0) <= this.reserve.get(i)) return false;
    }
    return true;
  }

  /** True when a day of the past is known, so that a count of starts in it means something. */
  knowsDay(): bool {
    return this.ring.known.get() >= BUCKETS_PER_DAY;
  }

  /**
   * Look-ahead (LIM-2): true when no window ever fills beyond its limit with a bolus of `pulses` over `ticks` from now,
   * `owed` pulses that wait already, the next periodic dose in `doseIn` ticks and basal as programmed throughout. `room`:
   * what the bolus would itself add to limits that nobody set.
   */
  permitsBolus(pulses: i32, ticks: i32, owed: i32, doseIn: i32, room: i32): bool {
    const more: i32 = this.program.selfLimited.isSet() ? room : 0;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      if (!this.ring.isKnown(i)) return false;
      if (this.lookAhead.mostHeld(i, pulses, ticks, owed, doseIn) > ((this.limitOf(i) + more) | 0)) return false;
    }
    return true;
  }

  /** A bridge of `pulses` starts. For a day, limits that nobody set and the dose guard let as many more through. */
  makeRoom(pulses: i32): void {
    this.addRoom(pulses);
    this.setGuard();
  }

  /**
   * A prime of `pulses` starts. For a day, limits that nobody set let as many more through. So does the dose guard, on top of
   * what it allows now, because a prime needs no program.
   */
  makeRoomForPrime(pulses: i32): void {
    this.addRoom(pulses);
    this.hal.guard.setLimit(smaller(GUARD_PULSES_PER_HOUR_MAX, (this.hal.guard.limit() + pulses) | 0));
  }

  /** Hours of the schedule come twice, so limits that nobody set let `pulses` more through. Several set clocks add no more. */
  makeClockRoom(pulses: i32): void {
    if (pulses <= this.clockRoom.get()) return;
    this.clockRoom.set(pulses);
    this.makeRoom(0);
  }

  /** The day of the room that was made begins anew. */
  keepRoom(): void {
    this.allowanceUntil.set((this.clock.minute.get() + ALLOWANCE_MINUTES) | 0);
  }

  /** Takes the room back when its day is over. True when there was some. */
  endRoom(): bool {
    if (((this.clock.minute.get() - this.allowanceUntil.get()) | 0) < 0) return false;
    if ((this.allowance.get() | this.clockRoom.get()) == 0) return false;
    this.allowance.set(0);
    this.clockRoom.set(0);
    return true;
  }

  /** True when the guard's register still allows what is over and may be lowered: no limit has room, a head is in place. */
  guardWaits(): bool {
    if (!this.guardDue.isSet()) return false;
    if (this.program.selfLimited.isSet() && (this.allowance.get() | this.clockRoom.get()) != 0) return false;
    return this.program.valid.isSet() && this.hal.link.headPresent();
  }

  /** Lowers the guard's register to what the windows allow. */
  lowerGuard(): void {
    this.guardDue.setFlag(false);
    this.setGuard();
  }

  /** Writes to the dose guard's register the hour that the windows allow. */
  setGuard(): void {
    this.hal.guard.setLimit(this.guardLimit(this.hal.guard.limit()));
  }

  /** Ticks until a window changes by itself, at most `ticks`. With `waiting` the next bucket's beginning counts as a change. */
  idle(ticks: i32, waiting: bool): i32 {
    return this.ring.idle(ticks, waiting);
  }

  skip(ticks: i32): void {
    this.ring.skip(ticks);
  }

  /**
   * The pulses that the dose guard's register must allow: the windows' largest hour, but no less than the last hour holds, or the guard
   * would trip on the past. Where the past is unknown, it is no less than the register that the past was under. A window of
   * an hour or more bounds the guard's hour, past and all; shorter ones bound only what joins the past in it.
   */
  private guardLimit(present: i32): i32 {
    const past: i32 = this.ring.lastHour();
    const hour: i32 = this.program.largestHour();
    let most: i32 = (past + hour + this.roomIn(hour)) | 0;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      const bounds: bool = this.program.limitMinutes.get(i) >= MINUTES_PER_HOUR;
      if (bounds && this.limitOf(i) < most) most = (this.limitOf(i) + 1) | 0;
    }
    if (most < ((past + DERIVED_LIMIT_SLACK) | 0)) most = (past + DERIVED_LIMIT_SLACK) | 0;
    if (this.ring.known.get() < BUCKETS_PER_HOUR && most < present) most = present;
    assert(most > 0, "the dose guard's register takes no less than one pulse");
    return most < GUARD_PULSES_PER_HOUR_MAX ? most : GUARD_PULSES_PER_HOUR_MAX;
  }

  private addRoom(pulses: i32): void {
    assert(pulses >= 0 && pulses <= PRIME_PULSES_MAX, "no supervised dose is larger than a prime");
    this.allowance.add(pulses);
    this.guardDue.setFlag(true);
    this.keepRoom();
  }

  /** Pulses that are added to a limit of `pulses` that nobody set. */
  private roomIn(pulses: i32): i32 {
    if (!this.program.selfLimited.isSet()) return 0;
    const room: i32 = this.clockRoom.get();
    return (this.allowance.get() + (room < pulses ? room : pulses)) | 0;
  }
}
