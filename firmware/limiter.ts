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
import { LOOK_FITS, LookAhead } from "./look-ahead";
import { MISSES_TO_STALL } from "./motor";
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

/** A window that is not known has room for no pulse. */
const UNKNOWN: i32 = -1;
/** Pulses that may be late: those of basal and of a bolus that fall due before a stall is found. */
const LATE_PULSES_MAX: i32 = 2 * MISSES_TO_STALL;
/** Longer than any room stands, and further than any look. */
const ROOM_MINUTES_MAX: i32 = 4 * MINUTES_PER_DAY;
const FAR: i32 = 0x3fffffff;

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
  /** Pulses of the allowance that a clinician's single boluses made. */
  handPulses: Twin;
  /** The limits that the pump derived itself are wider than its program, for what was given before it. */
  widened: Twin;
  /** The minute in which all of these end, unless a prime or a bridge still runs. */
  allowanceUntil: Twin;
  /** Pulses that such limits let through more, for those that are made up after misses, and the minute in which that ends. */
  lateRoom: Twin;
  lateUntil: Twin;
  /** The dose guard's register still allows a dose that is over, and is to be lowered at the next session. */
  guardDue: Twin;

  constructor(hal: Hal, memory: MemoryLatch, log: Log, clock: Clock, program: Program) {
    this.hal = hal;
    this.clock = clock;
    this.program = program;
    const ring: WindowRing = new WindowRing(hal, memory, log);
    this.ring = ring;
    this.lookAhead = new LookAhead(ring, clock, program, memory);
    this.reserve = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.allowance = new Twin(memory, 0);
    this.clockRoom = new Twin(memory, 0);
    this.handPulses = new Twin(memory, 0);
    this.widened = new Twin(memory, 0);
    this.allowanceUntil = new Twin(memory, 0);
    this.lateRoom = new Twin(memory, 0);
    this.lateUntil = new Twin(memory, 0);
    this.guardDue = new Twin(memory, 0);
  }

  /** Finds in the ring what the windows of the program just adopted hold. */
  adopt(): void {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0)
      this.ring.setWindow(i, this.program.limitMinutes.get(i));
    this.ring.recount();
  }

  /**
   * Widens the limits of a program that nobody limited: a lower dose must not starve the patient for the day before it, so for a
   * day they are no lower than what the windows will hold at most while the new basal takes the place of what was given before.
   * Call it when basal is noted in the look-ahead.
   */
  widenLimits(): void {
    this.widened.setFlag(false);
    if (!this.program.selfLimited.isSet()) return;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      const most: i32 = (this.lookAhead.mostHeld(i) + DERIVED_LIMIT_SLACK) | 0;
      if (this.program.limitPulses.get(i) >= most) continue;
      this.program.limitPulses.set(i, most);
      this.widened.setFlag(true);
      this.keepRoom(0);
    }
    this.lookAhead.clear();
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
   * Look-ahead (LIM-2): asks whether no window ever fills beyond its limit with a bolus of `pulses` over `ticks` from now. `room`:
   * the pulses that the bolus would itself add to limits that nobody set. Call it when basal is noted in the look-ahead.
   */
  askBolus(pulses: i32, ticks: i32, room: i32): void {
    const isOwn: bool = this.program.selfLimited.isSet();
    const late: i32 = isOwn ? this.lateRoom.get() : 0;
    const more: i32 = isOwn ? room : 0;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      const later: i32 = isOwn ? (this.program.ownLimitOf(i) + late) | 0 : this.program.limitPulses.get(i);
      const known: bool = this.ring.isKnown(i);
      this.lookAhead.noteLimit(i, known ? (this.limitOf(i) + more) | 0 : UNKNOWN, known ? (later + more) | 0 : UNKNOWN);
    }
    this.lookAhead.noteEnds(this.ticksTo(this.allowanceUntil.get()), late, this.ticksTo(this.lateUntil.get()));
    this.lookAhead.ask(pulses, ticks);
  }

  /** Looks on into the bolus that was asked about. A LOOK_ answer. */
  lookOn(): i32 {
    return this.program.limits.get() == 0 ? LOOK_FITS : this.lookAhead.goOn();
  }

  /** Ticks to the edge of a minute; far when it has passed. */
  private ticksTo(minute: i32): i32 {
    const minutes: i32 = (minute - this.clock.minute.get()) | 0;
    if (minutes <= 0 || minutes > ROOM_MINUTES_MAX) return FAR;
    return (((minutes * TICKS_PER_MINUTE) | 0) - this.clock.tickOfMinute.get()) | 0;
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

  /** A clinician's bolus of `pulses` over `ticks` starts. Until it has left their windows, limits that nobody set let it through. */
  makeRoomForBolus(pulses: i32, ticks: i32): void {
    if (!this.program.selfLimited.isSet()) return;
    this.addRoom(pulses);
    this.handPulses.add(pulses);
    this.keepRoom(((ticks - (ticks % TICKS_PER_MINUTE)) / TICKS_PER_MINUTE + 1) | 0);
    this.setGuard();
  }

  /** True when the drug library vouches for a clinician's bolus of `pulses` beyond what the program and such boluses give. */
  canMakeRoom(pulses: i32): bool {
    return pulses <= PRIME_PULSES_MAX && this.program.isSoftWith((this.handPulses.get() + pulses) | 0);
  }

  /** So many pulses are late, after misses. For a day they may be made up beyond limits that nobody set (MOT-1). */
  makeRoomForLate(pulses: i32): void {
    const room: i32 = pulses < LATE_PULSES_MAX ? pulses : LATE_PULSES_MAX;
    if (room > this.lateRoom.get()) this.lateRoom.set(room);
    this.lateUntil.set((this.clock.minute.get() + ALLOWANCE_MINUTES) | 0);
  }

  /** The day of the room that was made begins anew, after so many `minutes` of a bolus. */
  keepRoom(minutes: i32): void {
    const until: i32 = (this.clock.minute.get() + ALLOWANCE_MINUTES + minutes) | 0;
    const stands: bool = this.hasRoomMade() && ((this.allowanceUntil.get() - until) | 0) > 0;
    if (!stands) this.allowanceUntil.set(until);
  }

  /** Takes the rooms back whose day is over. True when there was one. */
  endRoom(): bool {
    return this.endLateRoom() || this.endAllowance();
  }

  private hasRoomMade(): bool {
    return (this.allowance.get() | this.clockRoom.get() | this.widened.get()) != 0;
  }

  private endLateRoom(): bool {
    if (this.lateRoom.get() == 0 || ((this.clock.minute.get() - this.lateUntil.get()) | 0) < 0) return false;
    this.lateRoom.set(0);
    return true;
  }

  private endAllowance(): bool {
    if (((this.clock.minute.get() - this.allowanceUntil.get()) | 0) < 0 || !this.hasRoomMade()) return false;
    this.allowance.set(0);
    this.handPulses.set(0);
    this.clockRoom.set(0);
    if (this.widened.isSet() && this.program.selfLimited.isSet()) this.program.limitToItself();
    this.widened.setFlag(false);
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
    // Pulses that are late may be made up when no programming head is in place to raise the register.
    if (this.program.selfLimited.isSet()) most = (most + LATE_PULSES_MAX - this.lateRoom.get()) | 0;
    assert(most > 0, "the dose guard's register takes no less than one pulse");
    return most < GUARD_PULSES_PER_HOUR_MAX ? most : GUARD_PULSES_PER_HOUR_MAX;
  }

  private addRoom(pulses: i32): void {
    assert(pulses >= 0 && pulses <= PRIME_PULSES_MAX, "no supervised dose is larger than a prime");
    this.allowance.add(pulses);
    this.guardDue.setFlag(true);
    this.keepRoom(0);
  }

  /** Pulses that are added to a limit of `pulses` that nobody set. */
  private roomIn(pulses: i32): i32 {
    if (!this.program.selfLimited.isSet()) return 0;
    const room: i32 = this.clockRoom.get();
    return (this.allowance.get() + (room < pulses ? room : pulses) + this.lateRoom.get()) | 0;
  }
}
