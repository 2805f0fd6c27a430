// The dose limiter: up to four rolling windows over every step that the encoder showed, whatever caused it, and the limit of
// each. window-ring.ts counts the steps that the windows hold, look-ahead.ts those that they will hold. From both the limiter
// decides whether a pulse may start (LIM-3), whether a bolus is granted (LIM-2), when basal resumes, and what the dose guard's
// register must allow. All volumes are pulses of 250 nL.
//
// A clinician may program limits. Without them the pump derives limits from the program (program.ts), an hour and a day of it.
// Derived limits must not forbid what a clinician orders beyond the program, so for about a day they let more through: the
// room. A supervised dose (a prime, a bridge, a clinician's single bolus), a clock that was set and pulses after misses each
// make room (LIM-5). Programmed limits get no room.
//
// Invariants:
// - A pulse starts only while every window is known and holds less than its limit.
// - `allowance` and `clockRoom` raise derived limits only, and only until `allowanceUntil`.

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
/**
 * After a limit was reached, basal resumes when each window has room for an eighth of its length at the highest rate,
 * so that it does not stop and start all the time.
 */
const RESERVE_PART: i32 = 8;
/** The longest prime in minutes, and ten minutes for pulses that it misses. */
const PRIME_MINUTES_MAX: i32 = (PRIME_PULSES_MAX * PULSE_SPACING_TICKS) / TICKS_PER_MINUTE + 10;
/**
 * Minutes after which a prime, a bridge or a set clock has left every window of a derived limit, of which a day is the
 * longest.
 */
const ALLOWANCE_MINUTES: i32 = MINUTES_PER_DAY + PRIME_MINUTES_MAX;

/** A window that is not known has room for no pulse. */
const UNKNOWN: i32 = -1;
/** Pulses that may be late: those of basal and of a bolus that fall due before a stall is found. */
const LATE_PULSES_MAX: i32 = 2 * MISSES_TO_STALL;
/** Minutes longer than any room lasts, and ticks further ahead than any look-ahead goes. */
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
  /** For each window the pulses that must be free for basal to resume. */
  reserve: TwinArray;
  /** Pulses that supervised doses add to derived limits. */
  allowance: Twin;
  /** Pulses that the hours which a set clock repeats add to derived limits, to each at most as much as the limit itself. */
  clockRoom: Twin;
  /** The part of the allowance that is for a clinician's single boluses. */
  singleBolusPulses: Twin;
  /** The derived limits are wider than the program, because of what was given before it. */
  widened: Twin;
  /** The minute in which `allowance`, `clockRoom` and `widened` end, unless a prime or a bridge still runs. */
  allowanceUntil: Twin;
  /**
   * Pulses that derived limits let through more, for pulses that are given late after misses, and the minute in which
   * that ends.
   */
  lateRoom: Twin;
  lateUntil: Twin;
  /** The dose guard's register still allows a dose that is over, and must be lowered when a programming head is in place. */
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
    this.singleBolusPulses = new Twin(memory, 0);
    this.widened = new Twin(memory, 0);
    this.allowanceUntil = new Twin(memory, 0);
    this.lateRoom = new Twin(memory, 0);
    this.lateUntil = new Twin(memory, 0);
    this.guardDue = new Twin(memory, 0);
  }

  /** Sets the windows of the program that was just adopted, and counts from the ring what they hold. */
  adopt(): void {
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0)
      this.ring.setWindow(i, this.program.limitMinutes.get(i));
    this.ring.recount();
  }

  /**
   * Widens derived limits after a commit. A new program with a lower dose has lower limits, which the day before it
   * would fill, and the patient would get nothing. So for a day the limits are at least the most that the windows will
   * hold while the new basal replaces what was given before. Note basal in the look-ahead first.
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

  /** Counts a tick, and then the `pulses` steps that were seen in it. */
  tick(pulses: i32, minuteEdge: bool): void {
    this.ring.tick();
    if (minuteEdge) this.ring.sweep();
    if (pulses > 0) this.ring.countSteps(pulses);
  }

  /** The most that window `i` may hold now. */
  limitOf(i: i32): i32 {
    const pulses: i32 = this.program.limitPulses.get(i);
    return (pulses + this.roomIn(pulses)) | 0;
  }

  /** The last check before each pulse: true when one more fits into every window. */
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
  canResume(): bool {
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
   * Begins a look-ahead (LIM-2): does every window stay within its limit with a bolus of `pulses` over `ticks` from
   * now? `room`: the pulses that the bolus would itself add to derived limits. Note basal in the look-ahead first.
   */
  askBolus(pulses: i32, ticks: i32, room: i32): void {
    const isDerived: bool = this.program.selfLimited.isSet();
    const late: i32 = isDerived ? this.lateRoom.get() : 0;
    const more: i32 = isDerived ? room : 0;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < this.program.limits.get(); i = (i + 1) | 0) {
      const later: i32 = isDerived ? (this.program.derivedLimitOf(i) + late) | 0 : this.program.limitPulses.get(i);
      const known: bool = this.ring.isKnown(i);
      this.lookAhead.noteLimit(i, known ? (this.limitOf(i) + more) | 0 : UNKNOWN, known ? (later + more) | 0 : UNKNOWN);
    }
    this.lookAhead.noteEnds(this.ticksTo(this.allowanceUntil.get()), late, this.ticksTo(this.lateUntil.get()));
    this.lookAhead.ask(pulses, ticks);
  }

  /** Continues the look-ahead that `askBolus` began. A LOOK_ answer. */
  continueLook(): i32 {
    return this.program.limits.get() == 0 ? LOOK_FITS : this.lookAhead.continueLook();
  }

  /** Ticks to the end of a minute; FAR when it has passed. */
  private ticksTo(minute: i32): i32 {
    const minutes: i32 = (minute - this.clock.minute.get()) | 0;
    if (minutes <= 0 || minutes > ROOM_MINUTES_MAX) return FAR;
    return (((minutes * TICKS_PER_MINUTE) | 0) - this.clock.tickOfMinute.get()) | 0;
  }

  /** Makes room for a bridge of `pulses`: for a day, derived limits and the dose guard let as many more through. */
  makeRoom(pulses: i32): void {
    this.addRoom(pulses);
    this.setGuard();
  }

  /**
   * Makes room for a prime of `pulses`: for a day, derived limits let as many more through. The dose guard lets them
   * through on top of what it allows now, because a prime needs no program.
   */
  makeRoomForPrime(pulses: i32): void {
    this.addRoom(pulses);
    this.hal.guard.setLimit(smaller(GUARD_PULSES_PER_HOUR_MAX, (this.hal.guard.limit() + pulses) | 0));
  }

  /** Makes room for hours of the schedule that come twice: `pulses` more. A clock that is set several times adds no more. */
  makeClockRoom(pulses: i32): void {
    if (pulses <= this.clockRoom.get()) return;
    this.clockRoom.set(pulses);
    this.makeRoom(0);
  }

  /** Makes room for a clinician's bolus of `pulses` over `ticks`, until it has left the windows of derived limits. */
  makeRoomForBolus(pulses: i32, ticks: i32): void {
    if (!this.program.selfLimited.isSet()) return;
    this.addRoom(pulses);
    this.singleBolusPulses.add(pulses);
    this.keepRoom(((ticks - (ticks % TICKS_PER_MINUTE)) / TICKS_PER_MINUTE + 1) | 0);
    this.setGuard();
  }

  /** True when program, earlier single boluses and one of `pulses` together stay within the limits of the drug library. */
  canMakeRoom(pulses: i32): bool {
    return pulses <= PRIME_PULSES_MAX && this.program.staysSoftWith((this.singleBolusPulses.get() + pulses) | 0);
  }

  /** Makes room for `pulses` that are late after misses: for a day they may be given beyond derived limits (MOT-1). */
  makeRoomForLate(pulses: i32): void {
    const room: i32 = pulses < LATE_PULSES_MAX ? pulses : LATE_PULSES_MAX;
    if (room > this.lateRoom.get()) this.lateRoom.set(room);
    this.lateUntil.set((this.clock.minute.get() + ALLOWANCE_MINUTES) | 0);
  }

  /** Lets the room last a day more from now, and the `minutes` of a bolus. */
  keepRoom(minutes: i32): void {
    const until: i32 = (this.clock.minute.get() + ALLOWANCE_MINUTES + minutes) | 0;
    const stands: bool = this.hasRoomMade() && ((this.allowanceUntil.get() - until) | 0) > 0;
    if (!stands) this.allowanceUntil.set(until);
  }

  /** Takes back the room whose time is over. True when there was some. */
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
    this.singleBolusPulses.set(0);
    this.clockRoom.set(0);
    if (this.widened.isSet() && this.program.selfLimited.isSet()) this.program.deriveLimits();
    this.widened.setFlag(false);
    return true;
  }

  /**
   * True when the guard's register allows a dose that is over, derived limits have no room, and a programming head is
   * in place.
   */
  canLowerGuard(): bool {
    if (!this.guardDue.isSet()) return false;
    if (this.program.selfLimited.isSet() && (this.allowance.get() | this.clockRoom.get()) != 0) return false;
    return this.program.valid.isSet() && this.hal.link.headPresent();
  }

  /** Lowers the guard's register to what the windows allow. */
  lowerGuard(): void {
    this.guardDue.setFlag(false);
    this.setGuard();
  }

  /** Writes to the dose guard's register the pulses that the windows allow in an hour. */
  setGuard(): void {
    this.hal.guard.setLimit(this.guardLimit(this.hal.guard.limit()));
  }

  /** Counts a quiet tick. */
  pass(): void {
    this.ring.tick();
  }

  /** Ticks of `ticks` over which a leap may go. */
  idle(ticks: i32): i32 {
    return this.ring.idle(ticks);
  }

  /** Ticks until the next bucket begins, when a full window may have room again. */
  ticksToBucket(): i32 {
    return this.ring.ticksToBucket();
  }

  skip(ticks: i32): void {
    this.ring.skip(ticks);
  }

  /**
   * The pulses that the dose guard's register must allow. It is the sum of what the last hour holds and what the
   * windows let through in another hour, so that the guard does not trip on the past. A window of an hour or more
   * bounds the whole; a shorter one bounds only what is still to come. While the last hour is not known, the register
   * is not lowered.
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
    // Late pulses may be given when no programming head is in place to raise the register, so it allows them from the
    // beginning.
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

  /** The room in a derived limit of `pulses`; 0 in a programmed one. */
  private roomIn(pulses: i32): i32 {
    if (!this.program.selfLimited.isSet()) return 0;
    const room: i32 = this.clockRoom.get();
    return (this.allowance.get() + (room < pulses ? room : pulses) + this.lateRoom.get()) | 0;
  }
}
