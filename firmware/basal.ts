// Basal: the rate that is asked for, the rate in force, and the pulses that fall due at it. A rate is in units of 0.01 uL/day.
// It becomes pulses of 250 nL through an accumulator that adds the rate in each tick and keeps its remainder, so after any time
// the pulses due and rate x time differ by less than one pulse (THR-2). In periodic mode basal comes in doses, each spread
// evenly over its duration (doses.ts). The part of a pulse that has gathered is kept over stops, new programs and resets
// (THR-9).
//
// The rate that is asked for (`asked`) is the program's at this hour, changed by a running bridge. The rate in force (`rate`)
// is the part of it that therapy lets through: all, at most the minimum rate (a dose limit was reached, or an alarm slows the
// pump), or nothing. A slowed pump never gives more than its program does at the same time, so between two doses it rests,
// and no window holds more than the program gives in it (LIM-5).
//
// Invariants:
// - `accumulator` is at least 0 and below RATE_TICKS_PER_PULSE.
// - `owed` is at most MISSES_TO_STALL, the pulses that fall due before a stall is found.
// - `asked` is computed anew after each change on which it depends: commit, bridge, wall clock, dose.

import { assert } from "../hal/assert";
import { EVENT_BASAL_RATE, MODE_PERIODIC } from "../hal/trace";
import { RATE_MAX, RATE_MINIMUM, RATE_TICKS_PER_PULSE } from "../hal/units";
import { Bridge } from "./bridge";
import { CHANGED_THERAPY, Changes } from "./changes";
import { Clock } from "./clock";
import { Core } from "./core";
import { Doses } from "./doses";
import { Log } from "./log";
import { LookAhead } from "./look-ahead";
import { MISSES_TO_STALL } from "./motor";
import { mulDiv, smaller } from "./mul-div";
import { Program } from "./program";
import { MemoryLatch, Twin } from "./twin";

/** The part of the rate asked for that therapy lets through: nothing, the minimum rate at most, or all. */
export const SUPPLY_NONE: i32 = 0;
export const SUPPLY_MINIMUM: i32 = 1;
export const SUPPLY_FULL: i32 = 2;
/** A part of a pulse that gathers in quiet ticks: of the rate, or of a dose. */
export const GATHERS_BASAL: i32 = 1;
export const GATHERS_DOSE: i32 = 2;

assert(RATE_MAX < RATE_TICKS_PER_PULSE, "at most one pulse falls due in a tick");

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
  doses: Doses;

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
    this.doses = new Doses(memory, core.clock, core.program);
  }

  /**
   * Call it before another program is put in force. Its doses hand over the part of a pulse that they gathered. True
   * when that completed a pulse.
   */
  leaveProgram(): bool {
    return this.isPeriodic() && this.takeFromDose();
  }

  /** Call it when another program is in force. A dose under way goes on with this program's volume and duration. */
  adoptProgram(): void {
    if (this.isPeriodic() && this.doses.isRunning()) this.putIntoDose();
    this.updateAsked();
  }

  /** Computes the rate that is asked for. Call it after each change on which the rate depends. */
  updateAsked(): void {
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
    return smaller(rate, RATE_MINIMUM);
  }

  /** True when the program gives basal in doses. */
  isPeriodic(): bool {
    return this.program.mode.get() == MODE_PERIODIC;
  }

  /** Puts a rate into force. */
  setRate(rate: i32): void {
    if (this.rate.get() == rate) return;
    assert(rate >= 0 && rate <= RATE_MAX, "no rate is faster than the fastest");
    this.rate.set(rate);
    this.changes.mark(CHANGED_THERAPY);
    this.log.event(EVENT_BASAL_RATE, rate, 0, 0);
  }

  /** Counts a tick. Gives the pulses that fell due in it: two when the part that a dose hands over completes one as well. */
  accrue(supply: i32): i32 {
    const periodic: bool = supply != SUPPLY_NONE && this.isPeriodic();
    const due: i32 = periodic ? this.accrueDose(supply) : 0;
    if (periodic && supply == SUPPLY_FULL) return due;
    const sum: i32 = (this.accumulator.get() + this.rate.get()) | 0;
    this.accumulator.set(sum < RATE_TICKS_PER_PULSE ? sum : (sum - RATE_TICKS_PER_PULSE) | 0);
    return sum < RATE_TICKS_PER_PULSE ? due : (due + 1) | 0;
  }

  /** Counts a pulse that fell due. At most MISSES_TO_STALL are owed, even if stops and resets keep a stall from being found. */
  addOwed(): void {
    if (this.owed.get() < MISSES_TO_STALL) this.owed.add(1);
  }

  /** A pulse of basal was proved. */
  countProved(): void {
    if (this.owed.get() > 0) this.owed.add(-1);
  }

  /**
   * After a restart, counts steps of basal that the ledger does not know. Each was owed, or had fallen due since the
   * last write.
   */
  countUnknown(steps: i32): void {
    assert(steps > 0, "steps forward are counted");
    const owed: i32 = this.owed.get();
    this.owed.set(owed > steps ? (owed - steps) | 0 : 0);
    if (steps <= owed) return;
    this.accumulator.set(0);
    this.doses.accumulator.set(0);
  }

  /**
   * Notes in the look-ahead what falls due next. A dose that begins takes the accumulator's part of a pulse; a dose
   * under way does not.
   */
  noteIn(lookAhead: LookAhead): void {
    const part: i32 = this.accumulator.get();
    if (!this.isPeriodic()) {
      lookAhead.noteBasal(part, this.owed.get(), 0, 0);
      return;
    }
    const from: i32 = this.doses.beginsIn();
    const isRunning: bool = from <= 0;
    const owed: i32 = (this.owed.get() + (isRunning && part > 0 ? 1 : 0)) | 0;
    const ofNext: i32 = part > 0 ? mulDiv(part, this.program.doseTicks.get(), RATE_TICKS_PER_PULSE) : 0;
    lookAhead.noteBasal(0, owed, from, isRunning ? this.doses.accumulator.get() : ofNext);
  }

  /** Restores what was stored of the pulses and of the dose to come. */
  restore(accumulator: i32, owed: i32, began: i32, doseAccumulator: i32): void {
    this.accumulator.set(accumulator >= 0 && accumulator < RATE_TICKS_PER_PULSE ? accumulator : 0);
    this.owed.set(owed >= 0 && owed <= MISSES_TO_STALL ? owed : 0);
    this.doses.restore(began, doseAccumulator);
  }

  /** Ticks until a pulse falls due, or a dose begins or ends, at most `ticks`. */
  idle(ticks: i32, supply: i32): i32 {
    const periodic: bool = supply != SUPPLY_NONE && this.isPeriodic();
    const least: i32 = periodic ? this.doses.idle(ticks) : ticks;
    const rate: i32 = this.rate.get();
    let due: i32 = least;
    if (periodic && supply == SUPPLY_FULL) due = this.doses.idleToPulse(least);
    else if (rate > 0) {
      const rest: i32 = (RATE_TICKS_PER_PULSE - this.accumulator.get() - 1) | 0;
      due = ((rest - (rest % rate)) / rate) | 0;
    }
    return due < least ? due : least;
  }

  /** The GATHERS_ bit of what gathers under `supply` while no dose begins or ends; 0 when nothing does. */
  gathers(supply: i32): i32 {
    if (supply == SUPPLY_FULL && this.isPeriodic()) return this.doses.isRunning() ? GATHERS_DOSE : 0;
    return this.rate.get() > 0 ? GATHERS_BASAL : 0;
  }

  /** Passes over `ticks` in which `idle` found that no pulse falls due. */
  skip(ticks: i32): void {
    const sum: i32 = (this.accumulator.get() + ((this.rate.get() * ticks) | 0)) | 0;
    assert(sum < RATE_TICKS_PER_PULSE, "a leap passes over no pulse of basal that falls due");
    this.accumulator.set(sum);
  }

  private rateAsked(): i32 {
    if (this.isPeriodic()) return this.doses.isRunning() ? this.program.doseRate() : 0;
    const rate: i32 = this.program.rateAt(this.clock.wall.get());
    return this.bridge.isRunning() ? this.bridge.rateFor(rate) : rate;
  }

  /** Counts a tick of the doses. Gives the pulses that fell due. In a tick at the minimum rate the dose gathers nothing. */
  private accrueDose(supply: i32): i32 {
    const age: i32 = this.doses.age();
    const runs: bool = age < this.program.doseTicks.get();
    let due: i32 = supply == SUPPLY_FULL && this.doses.accrue(age) ? 1 : 0;
    if (!runs && this.takeFromDose()) due = (due + 1) | 0;
    const begins: bool = age >= this.program.doseEveryTicks.get();
    if (begins) {
      this.doses.begin();
      this.putIntoDose();
    }
    const rests: bool = this.asked.get() == 0;
    if ((runs || begins) == rests) {
      this.updateAsked();
      this.setRate(this.rateUnder(supply));
    }
    return due;
  }

  /** Moves the part of a pulse that the doses gathered to the accumulator. True when that completes a pulse. */
  private takeFromDose(): bool {
    if (this.doses.accumulator.get() == 0) return false;
    const sum: i32 = (this.accumulator.get() + this.doses.take()) | 0;
    this.accumulator.set(sum < RATE_TICKS_PER_PULSE ? sum : (sum - RATE_TICKS_PER_PULSE) | 0);
    return sum >= RATE_TICKS_PER_PULSE;
  }

  /** Moves the accumulator's part of a pulse to the dose that begins. */
  private putIntoDose(): void {
    this.doses.put(this.accumulator.get());
    this.accumulator.set(0);
  }
}
