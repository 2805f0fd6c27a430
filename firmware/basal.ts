// Basal: the rate that is asked for, the rate in force, and the pulses that fall due at it. A rate is in units of 0.01
// uL/day. It becomes pulses of 250 nL through an accumulator that adds the rate in each tick and keeps its remainder, so
// after any time the pulses due and rate x time differ by less than one pulse (THR-2). In periodic mode basal comes in doses,
// each spread evenly over its duration.
//
// The rate that is asked for is the program's at this hour, changed by a running bridge. The rate in force is what therapy
// lets through of it: all, the minimum rate at most (a dose limit was reached, an alarm slows the pump), or nothing.
//
// Invariants:
// - `accumulator` is at least 0 and below RATE_TICKS_PER_PULSE.
// - `asked` was found anew after everything that changes it: commit, bridge, wall clock, dose.

import { assert } from "../hal/assert";
import { EVENT_BASAL_RATE, MODE_PERIODIC } from "../hal/trace";
import { RATE_FASTEST, RATE_MINIMUM, RATE_TICKS_PER_PULSE } from "../hal/units";
import { Bridge } from "./bridge";
import { CHANGED_THERAPY, Changes } from "./changes";
import { Clock } from "./clock";
import { Core } from "./core";
import { Log } from "./log";
import { Program } from "./program";
import { Spread } from "./spread";
import { MemoryLatch, Twin } from "./twin";

/** The part of the rate asked for that therapy lets through: nothing, the minimum rate at most, or all. */
export const SUPPLY_NONE: i32 = 0;
export const SUPPLY_MINIMUM: i32 = 1;
export const SUPPLY_FULL: i32 = 2;

assert(RATE_FASTEST < RATE_TICKS_PER_PULSE, "at most one pulse falls due in a tick");

export class Basal {
  log: Log;
  changes: Changes;
  clock: Clock;
  program: Program;
  bridge: Bridge;
  /** The rate in force. */
  rate: Twin;
  /** The rate that is asked for. */
  asked: Twin;
  /** The part of the next pulse that has gathered; RATE_TICKS_PER_PULSE is a whole one. */
  accumulator: Twin;
  /** Pulses that fell due and were not yet proved. */
  owed: Twin;
  /** The dose of periodic mode under way, and the tick in which the next one begins. */
  dose: Spread;
  nextDose: Twin;

  constructor(core: Core, bridge: Bridge) {
    const memory: MemoryLatch = core.memory;
    this.log = core.log;
    this.changes = core.changes;
    this.clock = core.clock;
    this.program = core.program;
    this.bridge = bridge;
    this.rate = new Twin(memory, 0);
    this.asked = new Twin(memory, 0);
    this.accumulator = new Twin(memory, 0);
    this.owed = new Twin(memory, 0);
    this.dose = new Spread(memory);
    this.nextDose = new Twin(memory, 0);
  }

  /** Therapy starts: a pulse takes its full time from now, and a dose of periodic mode begins at once. */
  start(): void {
    this.accumulator.set(0);
    this.startDoses();
  }

  /** Therapy stops: nothing is kept of the pulse that was to come. */
  stop(): void {
    this.accumulator.set(0);
    this.dose.start(0, 1);
  }

  /** The first dose of periodic mode begins at once. */
  startDoses(): void {
    this.dose.start(0, 1);
    this.nextDose.set(this.clock.now.get());
  }

  /** Finds the rate that is asked for. Call it after whatever changes it. */
  schedule(): void {
    const asked: i32 = this.rateAsked();
    if (asked == this.asked.get()) return;
    this.asked.set(asked);
    this.changes.mark(CHANGED_THERAPY);
  }

  /** The rate in force under `supply`. */
  rateUnder(supply: i32): i32 {
    if (supply == SUPPLY_NONE) return 0;
    const rate: i32 = this.asked.get();
    if (supply == SUPPLY_FULL) return rate;
    return rate > RATE_MINIMUM || this.isPeriodic() ? RATE_MINIMUM : rate;
  }

  /** The program gives basal in doses. */
  isPeriodic(): bool {
    return this.program.mode.get() == MODE_PERIODIC;
  }

  /** Puts a rate into force. */
  setRate(rate: i32): void {
    if (this.rate.get() == rate) return;
    assert(rate >= 0 && rate <= RATE_FASTEST, "no rate is faster than the fastest");
    this.rate.set(rate);
    this.changes.mark(CHANGED_THERAPY);
    this.log.event(EVENT_BASAL_RATE, rate, 0, 0);
  }

  /** A tick passes. True when a pulse fell due in it, never more than one. */
  accrue(supply: i32): bool {
    const periodic: bool = supply != SUPPLY_NONE && this.isPeriodic();
    const due: bool = periodic && this.accrueDose(supply == SUPPLY_FULL);
    if (periodic && supply == SUPPLY_FULL) return due;
    const sum: i32 = (this.accumulator.get() + this.rate.get()) | 0;
    this.accumulator.set(sum < RATE_TICKS_PER_PULSE ? sum : (sum - RATE_TICKS_PER_PULSE) | 0);
    return sum >= RATE_TICKS_PER_PULSE;
  }

  /** A pulse of basal was proved. */
  countProved(): void {
    if (this.owed.get() > 0) this.owed.add(-1);
  }

  /** Pulses of the dose under way that have not fallen due yet. */
  doseLeft(): i32 {
    return this.dose.isDone() ? 0 : (this.dose.pulses.get() - this.dose.due.get()) | 0;
  }

  /** Ticks until the next dose of periodic mode begins. */
  doseIn(): i32 {
    const ticks: i32 = (this.nextDose.get() - this.clock.now.get()) | 0;
    return ticks > 0 ? ticks : 0;
  }

  /** Ticks until a pulse falls due or a dose begins, at most `ticks`. */
  idle(ticks: i32, supply: i32): i32 {
    let least: i32 = ticks;
    const periodic: bool = supply != SUPPLY_NONE && this.isPeriodic();
    if (periodic) {
      const next: i32 = (this.nextDose.get() - this.clock.now.get() - 1) | 0;
      if (next < least) least = next;
    }
    const rate: i32 = this.rate.get();
    let due: i32 = least;
    if (periodic && supply == SUPPLY_FULL) due = this.dose.idle(least);
    else if (rate > 0) {
      const rest: i32 = (RATE_TICKS_PER_PULSE - this.accumulator.get() - 1) | 0;
      due = ((rest - (rest % rate)) / rate) | 0;
    }
    return due < least ? due : least;
  }

  /** Passes over `ticks` in which `idle` found that no pulse falls due; `doses`: basal comes in doses now. */
  skip(ticks: i32, doses: bool): void {
    if (doses) {
      this.dose.skip(ticks);
      return;
    }
    const sum: i32 = (this.accumulator.get() + ((this.rate.get() * ticks) | 0)) | 0;
    assert(sum < RATE_TICKS_PER_PULSE, "a leap passes over no pulse of basal that falls due");
    this.accumulator.set(sum);
  }

  private rateAsked(): i32 {
    if (this.isPeriodic()) return this.dose.isDone() ? 0 : this.program.doseRate();
    const rate: i32 = this.program.rateAt(this.clock.wall.get());
    return this.bridge.isRunning() ? this.bridge.rateFor(rate) : rate;
  }

  /** A tick passes for the doses. True when a pulse fell due. A dose that falls into a time at the minimum rate is lost. */
  private accrueDose(doses: bool): bool {
    const begins: bool = ((this.clock.now.get() - this.nextDose.get()) | 0) >= 0;
    if (begins) this.nextDose.add(this.program.doseEveryTicks.get());
    // The last pulse of one dose may fall due with the beginning of the next.
    const due: bool = doses && this.dose.accrue();
    const cancels: bool = !doses && !this.dose.isDone();
    if (begins && doses) {
      this.accumulator.set(0);
      this.dose.start(this.program.dosePulses.get(), this.program.doseTicks.get());
    } else if (cancels) this.dose.start(0, 1);
    else if (!due) return false;
    this.schedule();
    this.setRate(this.rateUnder(doses ? SUPPLY_FULL : SUPPLY_MINIMUM));
    return due;
  }
}
