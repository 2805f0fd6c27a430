// The look-ahead of the dose limiter (LIM-2). It finds whether any window will hold more than its limit, at any moment up to a
// window's length after the end of a bolus, with basal as programmed, each periodic dose at its time and what is owed. It goes
// from bucket to bucket of the ring. Between two of them a window only fills, so it is fullest just before a bucket leaves it.
// At that moment it holds the buckets of the past that are still in it and the pulses that will have fallen due by then
// (`coming`), without those that will have left it again (`leaving`, which lags by LATE_TICKS, because a pulse enters its
// bucket later than it falls due). The content is compared with the limit of that moment, because the room in derived limits
// ends.
//
// Seven days are 80,641 buckets, so a question is answered in pieces: a tick looks at STEPS_PER_TICK buckets at most, and the
// longest bolus with four windows of seven days takes LOOK_TICKS_MAX ticks. A piece leaves its state to the next one in Twins.
// The plain fields of both courses are used within one tick, and are 0 between two.

import { assert } from "../hal/assert";
import { BOLUS_SECONDS_MAX, PROGRAM_LIMITS_MAX } from "../hal/telemetry";
import { PULSE_SPACING_TICKS, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../hal/units";
import { Clock } from "./clock";
import { COURSE_FIELDS, Course } from "./course";
import { Program } from "./program";
import { MemoryLatch, Twin, TwinArray } from "./twin";
import { BUCKETS, BUCKET_TICKS, LATE_TICKS, LOOK_TICKS_MAX, WindowRing } from "./window-ring";

/** The answers to a question. */
export const LOOK_PENDING: i32 = 0;
export const LOOK_FITS: i32 = 1;
export const LOOK_EXCEEDS: i32 = 2;
/** There is no answer, because the request was denied for another reason first. */
export const LOOK_ENDED: i32 = 3;

/** Buckets that take half a tick of a small controller, some 300,000 of its cycles. */
const STEPS_PER_TICK: i32 = 14400;
/** The most pulses that a bolus can have. */
const BOLUS_PULSES_MAX: i32 = (BOLUS_SECONDS_MAX * TICKS_PER_SECOND) / PULSE_SPACING_TICKS;
/** Buckets that the longest bolus lasts. */
const BOLUS_BUCKETS: i32 = (BOLUS_SECONDS_MAX * TICKS_PER_SECOND) / BUCKET_TICKS + 1;

assert(BOLUS_PULSES_MAX < 0x40000000 / BUCKET_TICKS, "a bucket's part of a bolus fits");
assert(
  PROGRAM_LIMITS_MAX * (BUCKETS + BOLUS_BUCKETS + 2) <= STEPS_PER_TICK * LOOK_TICKS_MAX,
  "a request is answered within its ticks",
);

export class LookAhead {
  ring: WindowRing;
  clock: Clock;
  program: Program;
  coming: Course;
  leaving: Course;
  /** The bolus that is asked about. */
  pulses: Twin;
  ticks: Twin;
  /** The moment of the question: the ring's position, the steps in its bucket, and ticks to the end of that bucket. */
  current: Twin;
  currentCount: Twin;
  toBucket: Twin;
  /** At that moment: the wall clock, ticks to its next minute, what basal has gathered and owes, and its dose. */
  wall: Twin;
  toMinute: Twin;
  part: Twin;
  owed: Twin;
  doseFrom: Twin;
  dosePart: Twin;
  /** For each window its content at that moment, its limit then, and its limit when the room of supervised doses has ended. */
  counts: TwinArray;
  limits: TwinArray;
  laterLimits: TwinArray;
  /** The position at which that room ends. */
  limitEnd: Twin;
  /** The part of the limits that is room for late pulses, and the position at which it ends. */
  lateRoom: Twin;
  lateEnd: Twin;
  /** The window and the bucket that are looked at next, and the rest of the past in the window. */
  window: Twin;
  step: Twin;
  past: Twin;
  courses: TwinArray;

  constructor(ring: WindowRing, clock: Clock, program: Program, memory: MemoryLatch) {
    this.ring = ring;
    this.clock = clock;
    this.program = program;
    this.coming = new Course(program, true);
    this.leaving = new Course(program, false);
    this.pulses = new Twin(memory, 0);
    this.ticks = new Twin(memory, 0);
    this.current = new Twin(memory, 0);
    this.currentCount = new Twin(memory, 0);
    this.toBucket = new Twin(memory, 0);
    this.wall = new Twin(memory, 0);
    this.toMinute = new Twin(memory, 0);
    this.part = new Twin(memory, 0);
    this.owed = new Twin(memory, 0);
    this.doseFrom = new Twin(memory, 0);
    this.dosePart = new Twin(memory, 0);
    this.counts = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.limits = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.laterLimits = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.limitEnd = new Twin(memory, 0);
    this.lateRoom = new Twin(memory, 0);
    this.lateEnd = new Twin(memory, 0);
    this.window = new Twin(memory, 0);
    this.step = new Twin(memory, 0);
    this.past = new Twin(memory, 0);
    this.courses = new TwinArray(memory, 2 * COURSE_FIELDS);
  }

  /** Notes basal as it is now: the part of a pulse gathered, the pulses owed, and the dose under way or to come. */
  noteBasal(part: i32, owed: i32, doseFrom: i32, dosePart: i32): void {
    this.part.set(part);
    this.owed.set(owed);
    this.doseFrom.set(doseFrom);
    this.dosePart.set(dosePart);
  }

  /** Notes the limit of a window as it is now, and as it is when the room of supervised doses has ended. */
  noteLimit(window: i32, now: i32, later: i32): void {
    this.limits.set(window, now);
    this.laterLimits.set(window, later);
  }

  /** Notes in how many ticks the room of supervised doses ends, and the room of `late` pulses for late ones. */
  noteEnds(limitEnd: i32, late: i32, lateEnd: i32): void {
    this.limitEnd.set(limitEnd);
    this.lateRoom.set(late);
    this.lateEnd.set(lateEnd);
  }

  /**
   * Asks about a bolus of `pulses` over `ticks` that begins now, or within LOOK_TICKS_MAX ticks. Note basal and limits
   * before.
   */
  ask(pulses: i32, ticks: i32): void {
    assert(pulses >= 0 && pulses <= ticks && ticks > 0, "a bolus has a tick for each of its pulses");
    this.pulses.set(pulses);
    this.ticks.set(ticks);
    this.noteMoment();
    this.window.set(0);
    this.step.set(0);
  }

  /** Looks at some more buckets. LOOK_FITS or LOOK_EXCEEDS when the answer is found, else LOOK_PENDING. */
  continueLook(): i32 {
    let window: i32 = this.window.get();
    let step: i32 = this.step.get();
    let past: i32 = this.past.get();
    let found: i32 = LOOK_PENDING;
    if (step > 0) {
      this.coming.load(this.courses, 0);
      this.leaving.load(this.courses, COURSE_FIELDS);
    }
    const pulses: i32 = this.pulses.get();
    const ticks: i32 = this.ticks.get();
    for (let steps: i32 = 0; steps < STEPS_PER_TICK && found == LOOK_PENDING; steps = (steps + 1) | 0) {
      const span: i32 = this.ring.span.get(window);
      if (step == 0) past = this.start(window);
      const held: i32 = this.heldBefore(step, span, past, pulses, ticks);
      if (held > this.limitAt(window)) found = LOOK_EXCEEDS;
      past = (past - this.leavesAt(step, span)) | 0;
      step = (step + 1) | 0;
      if (step > this.lastStep(span, ticks)) {
        step = 0;
        window = (window + 1) | 0;
        if (window >= this.program.limits.get() && found == LOOK_PENDING) found = LOOK_FITS;
      }
    }
    this.window.set(window);
    this.step.set(step);
    this.past.set(past);
    if (found == LOOK_PENDING) {
      this.coming.save(this.courses, 0);
      this.leaving.save(this.courses, COURSE_FIELDS);
    }
    this.coming.clear();
    this.leaving.clear();
    return found;
  }

  /** The most that a window will hold within its length from now, without a bolus. Note basal before. */
  mostHeld(window: i32): i32 {
    this.noteMoment();
    const span: i32 = this.ring.span.get(window);
    let past: i32 = this.start(window);
    let most: i32 = past;
    for (let step: i32 = 0; step < BUCKETS && step <= span; step = (step + 1) | 0) {
      const held: i32 = this.heldBefore(step, span, past, 0, 1);
      if (held > most) most = held;
      past = (past - this.leavesAt(step, span)) | 0;
    }
    this.coming.clear();
    this.leaving.clear();
    return most;
  }

  /** Clears the question, whose answer was taken or is not needed any more. */
  clear(): void {
    this.pulses.set(0);
    this.ticks.set(0);
    this.current.set(0);
    this.currentCount.set(0);
    this.toBucket.set(0);
    this.wall.set(0);
    this.toMinute.set(0);
    this.noteBasal(0, 0, 0, 0);
    this.noteEnds(0, 0, 0);
    this.window.set(0);
    this.step.set(0);
    this.past.set(0);
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      this.noteLimit(i, 0, 0);
      this.counts.set(i, 0);
    }
    for (let i: i32 = 0; i < 2 * COURSE_FIELDS; i = (i + 1) | 0) this.courses.set(i, 0);
  }

  private noteMoment(): void {
    this.current.set(this.ring.current.get());
    this.currentCount.set(this.ring.currentCount.get());
    this.toBucket.set((BUCKET_TICKS - this.ring.bucketTicks.get()) | 0);
    this.wall.set(this.clock.wall.get());
    const toMinute: i32 = (TICKS_PER_MINUTE - this.clock.tickOfMinute.get()) | 0;
    this.toMinute.set(toMinute > 0 ? toMinute : 1);
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) this.counts.set(i, this.ring.count.get(i));
  }

  /** Begins both courses at the moment of the question. Gives the content of the window then. */
  private start(window: i32): i32 {
    const wall: i32 = this.wall.get();
    const toMinute: i32 = this.toMinute.get();
    this.coming.begin(wall, toMinute, this.part.get(), this.owed.get(), this.doseFrom.get(), this.dosePart.get());
    this.leaving.begin(wall, toMinute, this.part.get(), 0, this.doseFrom.get(), this.dosePart.get());
    return this.counts.get(window);
  }

  /** The most that the window holds just before the bucket of `step` leaves it. */
  private heldBefore(step: i32, span: i32, past: i32, pulses: i32, ticks: i32): i32 {
    this.coming.advance(step == 0 ? this.toBucket.get() : BUCKET_TICKS, pulses, ticks);
    if (step > span) {
      const left: i32 = (this.coming.at - (((span + 1) * BUCKET_TICKS) | 0) - LATE_TICKS - this.leaving.at) | 0;
      if (left > 0) this.leaving.advance(left, pulses, ticks);
    }
    return (past + this.coming.pulses - this.leaving.pulses) | 0;
  }

  /** Steps of the past that leave the window at `step`. */
  private leavesAt(step: i32, span: i32): i32 {
    const age: i32 = (span - step) | 0;
    if (age > 0) return this.ring.countAt(this.current.get(), age);
    return age == 0 ? this.currentCount.get() : 0;
  }

  private limitAt(window: i32): i32 {
    const at: i32 = this.coming.at;
    const limit: i32 = at > this.limitEnd.get() ? this.laterLimits.get(window) : this.limits.get(window);
    return at > this.lateEnd.get() ? (limit - this.lateRoom.get()) | 0 : limit;
  }

  /** The step at which the last of the bolus has left the window. */
  private lastStep(span: i32, ticks: i32): i32 {
    const reach: i32 = (ticks + LATE_TICKS) | 0;
    return (span + 2 + (((reach - (reach % BUCKET_TICKS)) / BUCKET_TICKS) | 0)) | 0;
  }
}
