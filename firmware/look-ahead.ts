// The look-ahead of the dose limiter (LIM-2). It finds the most steps that a window will hold at any moment from now until a
// window's length from now, with a bolus, the basal of the program and its periodic doses still to come. It goes from bucket
// to bucket and keeps three sums: what was given already and is still in the window, basal to come, and bolus to come. It
// may count too much, never too little: both coming sums are taken at the end of a bucket, before the oldest bucket leaves,
// and basal at the higher of the rates at both ends.
//
// Within a window's length from now nothing of the bolus leaves the window, so the worst moments are those just before an
// old bucket leaves. Later the window holds basal alone and at most the whole bolus, which the last of those moments bounds.
//
// The fields are scratch of one question and 0 between two, for a question changes nothing.

import { assert } from "../hal/assert";
import { BOLUS_SECONDS_MAX } from "../hal/telemetry";
import { MODE_FLEX, MODE_PERIODIC } from "../hal/trace";
import { PULSE_SPACING_TICKS, RATE_TICKS_PER_PULSE, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../hal/units";
import { Clock } from "./clock";
import { Program } from "./program";
import { BUCKETS, BUCKET_TICKS, WindowRing } from "./window-ring";

/** A rate of this many units of 0.01 uL/day is one pulse a bucket. */
const RATE_PER_PULSE_A_BUCKET: i32 = RATE_TICKS_PER_PULSE / BUCKET_TICKS;
/** The most pulses that a bolus can have. */
const BOLUS_PULSES_MAX: i32 = (BOLUS_SECONDS_MAX * TICKS_PER_SECOND) / PULSE_SPACING_TICKS;

assert(RATE_TICKS_PER_PULSE % BUCKET_TICKS == 0, "one pulse a bucket is a whole rate");
assert(BOLUS_PULSES_MAX < 0x40000000 / BUCKET_TICKS, "a bucket's part of a bolus fits");

/** A sum of fractions of one divisor, as whole pulses and the rest of a pulse. */
class PulseSum {
  whole: i32 = 0;
  rest: i32 = 0;

  start(whole: i32, rest: i32): void {
    this.whole = whole;
    this.rest = rest;
  }

  /** Adds `part` / `divisor` of a pulse. */
  add(part: i32, divisor: i32): void {
    const sum: i32 = (this.rest + part) | 0;
    this.rest = sum % divisor;
    this.whole = (this.whole + (((sum - this.rest) / divisor) | 0)) | 0;
  }
}

export class LookAhead {
  ring: WindowRing;
  clock: Clock;
  program: Program;
  basal: PulseSum = new PulseSum();
  bolus: PulseSum = new PulseSum();
  /** Basal rate at the end of the last bucket looked at, and the minute from now to which it surely stays. */
  rate: i32 = 0;
  steadyTo: i32 = 0;
  /** Ticks from now to the next dose of periodic mode. */
  doseAt: i32 = 0;

  constructor(ring: WindowRing, clock: Clock, program: Program) {
    this.ring = ring;
    this.clock = clock;
    this.program = program;
  }

  /**
   * The most that `window` will hold with a bolus of `pulses` over `ticks` from now, `owed` pulses that wait already, and the
   * next periodic dose in `doseIn` ticks.
   */
  mostHeld(window: i32, pulses: i32, ticks: i32, owed: i32, doseIn: i32): i32 {
    assert(pulses >= 0 && pulses <= ticks && ticks > 0, "a bolus has a tick for each of its pulses");
    this.start(owed, doseIn);
    const span: i32 = this.ring.span.get(window);
    const current: i32 = this.ring.current.get();
    const flex: bool = this.program.mode.get() == MODE_FLEX;
    const every: i32 = this.program.mode.get() == MODE_PERIODIC ? this.program.doseEveryTicks.get() : 0;
    let past: i32 = this.ring.count.get(window);
    let most: i32 = past;
    for (let step: i32 = 0; step < BUCKETS && step <= span; step = (step + 1) | 0) {
      const next: i32 = (step + 1) | 0;
      this.basal.add(flex ? this.rateUntil(next) : this.rate, RATE_PER_PULSE_A_BUCKET);
      if (every > 0) this.addDose((next * BUCKET_TICKS) | 0, every);
      this.bolus.add((pulses * BUCKET_TICKS) | 0, ticks);
      const bolus: i32 = this.bolus.whole < pulses ? this.bolus.whole : pulses;
      const held: i32 = (past + this.basal.whole + bolus) | 0;
      if (held > most) most = held;
      past = (past - this.ring.countAt(current, (span - step) | 0)) | 0;
    }
    this.clear();
    return most;
  }

  private start(owed: i32, doseIn: i32): void {
    const minute: i32 = this.minuteAhead(0);
    const wall: i32 = (this.clock.wall.get() + minute) | 0;
    this.rate = this.program.rateAt(wall);
    this.steadyTo = this.program.mode.get() == MODE_FLEX ? (minute + this.program.steadyAt(wall)) | 0 : 0;
    this.doseAt = doseIn;
    // Basal to come is rounded up from the first bucket on.
    this.basal.start(owed, RATE_PER_PULSE_A_BUCKET - 1);
    this.bolus.start(0, 0);
  }

  private clear(): void {
    this.rate = 0;
    this.steadyTo = 0;
    this.doseAt = 0;
    this.basal.start(0, 0);
    this.bolus.start(0, 0);
  }

  /** The highest rate of a flex program from the last bucket looked at to the beginning of bucket `next`. */
  private rateUntil(next: i32): i32 {
    const before: i32 = this.rate;
    const minute: i32 = this.minuteAhead(next);
    if (minute < this.steadyTo) return before;
    const wall: i32 = (this.clock.wall.get() + minute) | 0;
    this.rate = this.program.rateAt(wall);
    this.steadyTo = (minute + this.program.steadyAt(wall)) | 0;
    return this.rate > before ? this.rate : before;
  }

  /** Takes a dose that begins before `end` ticks from now as given at its start: earlier than it is, never later. */
  private addDose(end: i32, every: i32): void {
    if (this.doseAt >= end) return;
    this.basal.whole = (this.basal.whole + this.program.dosePulses.get()) | 0;
    this.doseAt = (this.doseAt + every) | 0;
  }

  /** Whole minutes of the clock from its last edge to the beginning of the bucket `steps` ahead. */
  private minuteAhead(steps: i32): i32 {
    const ticks: i32 = (this.clock.tickOfMinute.get() + ((steps * BUCKET_TICKS) | 0)) | 0;
    return ((ticks - (ticks % TICKS_PER_MINUTE)) / TICKS_PER_MINUTE) | 0;
  }
}
