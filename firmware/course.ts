// The pulses that fall due from a moment on: basal as programmed, periodic doses each at its own time, and a bolus that begins
// at that moment. The look-ahead runs two of them. A course is a position, in ticks from that moment, and the pulses that have
// fallen due up to it; `advance` moves it on. Parts of a pulse are kept as integers, basal in parts of RATE_PER_PULSE_A_BUCKET,
// doses and bolus in parts of their durations. So each sum is exact except in a bucket in which a rate changes. There it is
// rounded up in a course that must not count too little, and down in one that must not count too much.
//
// Invariant: `advance` moves by a bucket at most, in which a rate changes once at most and at most two doses deliver.

import { assert } from "../hal/assert";
import { MODE_FLEX, MODE_PERIODIC } from "../hal/trace";
import { RATE_TICKS_PER_PULSE, TICKS_PER_MINUTE } from "../hal/units";
import { mulDiv } from "./mul-div";
import { Program } from "./program";
import { TwinArray } from "./twin";
import { BUCKET_TICKS } from "./window-ring";

/** A rate of this many units of 0.01 uL/day is one pulse a bucket. */
const RATE_PER_PULSE_A_BUCKET: i32 = RATE_TICKS_PER_PULSE / BUCKET_TICKS;
/** The fields of a course that are kept between two ticks. */
export const COURSE_FIELDS: i32 = 9;

assert(RATE_TICKS_PER_PULSE % BUCKET_TICKS == 0, "one pulse a bucket is a whole rate");

export class Course {
  program: Program;
  roundsUp: bool;
  at: i32 = 0;
  /** Pulses of basal, doses and bolus that have fallen due. */
  pulses: i32 = 0;
  basalPart: i32 = 0;
  dosePart: i32 = 0;
  bolusPart: i32 = 0;
  bolusDue: i32 = 0;
  /** The rate at this position, the wall-clock minute from which it runs, and the position up to which it stays. */
  rate: i32 = 0;
  wall: i32 = 0;
  steadyTo: i32 = 0;
  /** The position at which the dose under way began, or the next one begins. */
  doseFrom: i32 = 0;

  constructor(program: Program, roundsUp: bool) {
    this.program = program;
    this.roundsUp = roundsUp;
  }

  /**
   * Begins at a moment in wall-clock minute `wall`, `toMinute` ticks before the next one, with `part` of a pulse of
   * basal gathered (RATE_TICKS_PER_PULSE is one), `owed` pulses that have fallen due, and a dose that begins or began
   * at `doseFrom`, with `dosePart` of its next pulse.
   */
  begin(wall: i32, toMinute: i32, part: i32, owed: i32, doseFrom: i32, dosePart: i32): void {
    const up: i32 = this.roundsUp ? BUCKET_TICKS - 1 : 0;
    const rounded: i32 = (part + up) | 0;
    this.at = 0;
    this.pulses = owed;
    this.basalPart = ((rounded - (rounded % BUCKET_TICKS)) / BUCKET_TICKS) | 0;
    this.dosePart = dosePart;
    this.bolusPart = 0;
    this.bolusDue = 0;
    this.rate = this.program.rateAt(wall);
    this.wall = wall;
    this.steadyTo = this.program.mode.get() == MODE_FLEX ? this.steadyFrom(wall, (toMinute - TICKS_PER_MINUTE) | 0) : 0;
    this.doseFrom = doseFrom;
  }

  /** Moves on by `ticks`, with a bolus of `pulses` over `duration`. */
  advance(ticks: i32, pulses: i32, duration: i32): void {
    const mode: i32 = this.program.mode.get();
    if (mode == MODE_PERIODIC) this.advanceDoses((this.at + ticks) | 0);
    else if (mode == MODE_FLEX && ((this.at + ticks) | 0) > this.steadyTo) this.advanceOverStep(ticks);
    else if (this.rate > 0) this.addBasal(this.rate, ticks);
    if (this.bolusDue < pulses) this.addBolus((pulses * ticks) | 0, pulses, duration);
    this.at = (this.at + ticks) | 0;
  }

  clear(): void {
    this.at = 0;
    this.pulses = 0;
    this.basalPart = 0;
    this.dosePart = 0;
    this.bolusPart = 0;
    this.bolusDue = 0;
    this.rate = 0;
    this.wall = 0;
    this.steadyTo = 0;
    this.doseFrom = 0;
  }

  /** Keeps the course in `kept` from place `from` on. */
  save(kept: TwinArray, from: i32): void {
    kept.set(from, this.at);
    kept.set(from + 1, this.pulses);
    kept.set(from + 2, this.basalPart);
    kept.set(from + 3, this.dosePart);
    kept.set(from + 4, this.bolusPart);
    kept.set(from + 5, this.bolusDue);
    kept.set(from + 6, this.wall);
    kept.set(from + 7, this.steadyTo);
    kept.set(from + 8, this.doseFrom);
  }

  load(kept: TwinArray, from: i32): void {
    this.at = kept.get(from);
    this.pulses = kept.get(from + 1);
    this.basalPart = kept.get(from + 2);
    this.dosePart = kept.get(from + 3);
    this.bolusPart = kept.get(from + 4);
    this.bolusDue = kept.get(from + 5);
    this.wall = kept.get(from + 6);
    this.steadyTo = kept.get(from + 7);
    this.doseFrom = kept.get(from + 8);
    this.rate = this.program.rateAt(this.wall);
  }

  private addBasal(rate: i32, ticks: i32): void {
    const whole: i32 = ticks == BUCKET_TICKS ? rate : mulDiv(rate, ticks, BUCKET_TICKS);
    const up: i32 = ticks != BUCKET_TICKS && this.roundsUp ? 1 : 0;
    const sum: i32 = (this.basalPart + whole + up) | 0;
    this.basalPart = sum % RATE_PER_PULSE_A_BUCKET;
    this.pulses = (this.pulses + (((sum - this.basalPart) / RATE_PER_PULSE_A_BUCKET) | 0)) | 0;
  }

  /** Moves basal on by `ticks` in which the schedule's rate changes. */
  private advanceOverStep(ticks: i32): void {
    const before: i32 = (this.steadyTo - this.at) | 0;
    if (before > 0) this.addBasal(this.rate, before);
    this.wall = (this.wall + this.program.steadyAt(this.wall)) | 0;
    this.rate = this.program.rateAt(this.wall);
    const after: i32 = (ticks - before) | 0;
    this.steadyTo = this.steadyFrom(this.wall, this.steadyTo);
    if (after > 0 && this.rate > 0) this.addBasal(this.rate, after);
  }

  /** The position up to which the rate of minute `wall`, which begins at `from`, stays. */
  private steadyFrom(wall: i32, from: i32): i32 {
    return (from + ((this.program.steadyAt(wall) * TICKS_PER_MINUTE) | 0)) | 0;
  }

  private advanceDoses(to: i32): void {
    const ticks: i32 = this.program.doseTicks.get();
    this.addDose(to, ticks);
    if (((this.doseFrom + ticks) | 0) > to) return;
    this.doseFrom = (this.doseFrom + this.program.doseEveryTicks.get()) | 0;
    this.addDose(to, ticks);
  }

  /** Adds the part of the dose that lies between this position and `to`. */
  private addDose(to: i32, ticks: i32): void {
    const end: i32 = (this.doseFrom + ticks) | 0;
    const from: i32 = this.doseFrom > this.at ? this.doseFrom : this.at;
    const common: i32 = ((end < to ? end : to) - from) | 0;
    if (common <= 0 || ticks < 1) return;
    const sum: i32 = (this.dosePart + ((this.program.dosePulses.get() * common) | 0)) | 0;
    this.dosePart = sum % ticks;
    this.pulses = (this.pulses + (((sum - this.dosePart) / ticks) | 0)) | 0;
  }

  private addBolus(part: i32, pulses: i32, duration: i32): void {
    const sum: i32 = (this.bolusPart + part) | 0;
    this.bolusPart = sum % duration;
    const fallen: i32 = (this.bolusDue + (((sum - this.bolusPart) / duration) | 0)) | 0;
    const due: i32 = fallen < pulses ? fallen : pulses;
    this.pulses = (this.pulses + due - this.bolusDue) | 0;
    this.bolusDue = due;
  }
}
