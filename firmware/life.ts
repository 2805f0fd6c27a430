// The life of the pump (LIF-1) and its dates. The pump is on the shelf, implanted, in service or explanted, and each step is a
// clinician's command with its checks. An implant proves with a purge that the motor turns. ERI is the elective replacement
// indicator, EOS the end of service: the cell's voltage or the pump's age sets ERI, and service ends 90 days later, after 84
// months, or with a flat cell (PWR-1). An external trial pump runs for seven days (TRI-1), and a refill has a date. All dates
// count watched minutes, so a clock that is set moves none of them; a restart takes a minute off a trial.
//
// Invariants:
// - The volumes of the longest catheter and the longest prime fit an i32.
// - The cell asks for replacement before it is flat, and the time after that is a part of the service.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import {
  CATHETER_MM_MAX,
  CATHETER_MM_MIN,
  CATHETER_NL_MAX,
  LIFE_EXPLANTED,
  LIFE_IMPLANTED,
  LIFE_IN_SERVICE,
  LIFE_SHELF,
  OUTCOME_ACCEPTED,
  OUTCOME_LIFE,
  OUTCOME_OUT_OF_RANGE,
  PRIME_PULSES_MAX,
} from "../hal/telemetry";
import { EVENT_LIFE_CHANGED } from "../hal/trace";
import { MINUTES_PER_DAY, PULSE_NL } from "../hal/units";
import { CHANGED_LIFE, Changes } from "./changes";
import { Clock } from "./clock";
import { Core } from "./core";
import { Log } from "./log";
import { PROOFS_TO_RECOVER } from "./motor";
import { MemoryLatch, Twin } from "./twin";

/** Eight pulses: twice the proofs of motion that end a stall. */
export const PURGE_PULSES: i32 = 2 * PROOFS_TO_RECOVER;
/** Pump tubing from the head to the catheter port: 140 uL. */
const TUBING_NL: i32 = 140000;
/** A prime this much beyond the recorded path needs a confirmation: 10 uL. */
const GEOMETRY_SLACK_NL: i32 = 10000;

const ERI_MV: i32 = 3200;
const EOS_MV: i32 = 2500;
const LOW_READINGS_TO_CONFIRM: i32 = 3;
const ERI_TO_EOS_MINUTES: i32 = 90 * MINUTES_PER_DAY;
const FOUR_YEARS_MONTHS: i32 = 4 * 12;
/** A twelfth of 365.25 days. */
const MINUTES_PER_MONTH: i32 = ((4 * 365 + 1) * MINUTES_PER_DAY) / FOUR_YEARS_MONTHS;
const SERVICE_MINUTES: i32 = 84 * MINUTES_PER_MONTH;
const TRIAL_MINUTES: i32 = 7 * MINUTES_PER_DAY;

assert(((4 * 365 + 1) * MINUTES_PER_DAY) % FOUR_YEARS_MONTHS == 0, "a month is a whole number of minutes");
assert(EOS_MV < ERI_MV, "the cell asks for replacement before it is flat");
assert(ERI_TO_EOS_MINUTES < SERVICE_MINUTES, "the time after the cell has asked is a part of the service");
assert(PRIME_PULSES_MAX < 0x40000000 / PULSE_NL, "the volume of the longest prime fits");
assert(CATHETER_NL_MAX < 0x40000000 - TUBING_NL - GEOMETRY_SLACK_NL, "the volume of the longest path fits");
assert(CATHETER_MM_MIN > 0 && CATHETER_MM_MAX <= 0xffff, "the longest catheter fits its field");

export class Life {
  hal: Hal;
  log: Log;
  clock: Clock;
  changes: Changes;
  /** LIFE_ code. */
  state: Twin;
  catheter_mm: Twin;
  catheter_nl: Twin;
  /** True while the purge of an implant is under way. */
  purging: Twin;
  implantMinute: Twin;
  /** Whether therapy has ever run, and the minute in which it first did, from which the days of a trial count. */
  hasRun: Twin;
  firstRunMinute: Twin;
  refillMinute: Twin;
  /** Replacement was asked for, and when. */
  eriFound: Twin;
  eriMinute: Twin;
  eosFound: Twin;
  lowReadings: Twin;
  flatReadings: Twin;

  constructor(core: Core) {
    const memory: MemoryLatch = core.memory;
    this.hal = core.hal;
    this.log = core.log;
    this.clock = core.clock;
    this.changes = core.changes;
    this.state = new Twin(memory, LIFE_SHELF);
    this.catheter_mm = new Twin(memory, 0);
    this.catheter_nl = new Twin(memory, 0);
    this.purging = new Twin(memory, 0);
    this.implantMinute = new Twin(memory, 0);
    this.hasRun = new Twin(memory, 0);
    this.firstRunMinute = new Twin(memory, 0);
    this.refillMinute = new Twin(memory, 0);
    this.eriFound = new Twin(memory, 0);
    this.eriMinute = new Twin(memory, 0);
    this.eosFound = new Twin(memory, 0);
    this.lowReadings = new Twin(memory, 0);
    this.flatReadings = new Twin(memory, 0);
  }

  /** True while the pump is in a patient, which therapy needs. */
  isInBody(): bool {
    const state: i32 = this.state.get();
    return state == LIFE_IMPLANTED || state == LIFE_IN_SERVICE;
  }

  isExplanted(): bool {
    return this.state.get() == LIFE_EXPLANTED;
  }

  /** OUTCOME_ that an implant with this catheter would have; it changes nothing. */
  checkImplant(length_mm: i32, volume_nl: i32): i32 {
    if (this.state.get() != LIFE_SHELF || this.purging.isSet()) return OUTCOME_LIFE;
    if (length_mm < CATHETER_MM_MIN || length_mm > CATHETER_MM_MAX) return OUTCOME_OUT_OF_RANGE;
    return volume_nl < 1 || volume_nl > CATHETER_NL_MAX ? OUTCOME_OUT_OF_RANGE : OUTCOME_ACCEPTED;
  }

  /** Records the catheter; `purged`: the motor was seen to turn before, and no purge is under way. */
  implant(length_mm: i32, volume_nl: i32, purged: bool): void {
    this.catheter_mm.set(length_mm);
    this.catheter_nl.set(volume_nl);
    if (purged) this.enter(LIFE_IMPLANTED);
    else this.purging.setFlag(true);
  }

  /** Ends the purge. The pump is implanted when the rotor made all of its pulses. */
  endPurge(given: i32): void {
    this.purging.setFlag(false);
    if (given >= PURGE_PULSES) this.enter(LIFE_IMPLANTED);
  }

  /** Puts an implanted pump in service, when a program was committed. */
  enterService(): void {
    if (this.state.get() == LIFE_IMPLANTED) this.enter(LIFE_IN_SERVICE);
  }

  explant(): void {
    this.enter(LIFE_EXPLANTED);
  }

  /** True when `pulses` are more than tubing and catheter hold, so that a prime or the recorded catheter must be wrong. */
  exceedsPath(pulses: i32): bool {
    const path_nl: i32 = (TUBING_NL + this.catheter_nl.get() + GEOMETRY_SLACK_NL) | 0;
    return ((pulses * PULSE_NL) | 0) > path_nl;
  }

  noteRefill(): void {
    this.refillMinute.set(this.clock.minute.get());
    this.changes.mark(CHANGED_LIFE);
  }

  /** Notes the first run of therapy, with which the days of a trial begin. */
  noteRun(): void {
    if (this.hasRun.isSet()) return;
    this.hasRun.setFlag(true);
    this.firstRunMinute.set(this.clock.minute.get());
    this.changes.mark(CHANGED_LIFE);
  }

  /** Counts a minute of a trial for each restart, because up to a minute was not watched (TRI-1). */
  noteRestart(): void {
    if (!this.hasRun.isSet() || !this.hal.reservoir.external()) return;
    this.firstRunMinute.add(-1);
    this.changes.mark(CHANGED_LIFE);
  }

  /** Once a minute: reads the cell, and sets ERI and EOS when they are due. */
  minute(): void {
    const cell_mv: i32 = this.hal.battery.cell_mv() | 0;
    this.countLow(this.lowReadings, cell_mv < ERI_MV);
    this.countLow(this.flatReadings, cell_mv < EOS_MV);
    const now: i32 = this.clock.minute.get();
    const served: i32 = this.state.get() == LIFE_SHELF ? 0 : (now - this.implantMinute.get()) | 0;
    const low: bool = this.lowReadings.get() >= LOW_READINGS_TO_CONFIRM;
    if (!this.eriFound.isSet() && (low || served >= SERVICE_MINUTES - ERI_TO_EOS_MINUTES)) {
      this.eriFound.setFlag(true);
      this.eriMinute.set(now);
      this.changes.mark(CHANGED_LIFE);
    }
    const flat: bool = this.flatReadings.get() >= LOW_READINGS_TO_CONFIRM;
    const due: bool = this.eriFound.isSet() && ((now - this.eriMinute.get()) | 0) >= ERI_TO_EOS_MINUTES;
    if (!this.eosFound.isSet() && (flat || due || served >= SERVICE_MINUTES)) {
      this.eosFound.setFlag(true);
      this.changes.mark(CHANGED_LIFE);
    }
  }

  /** True from `days` after the last refill on; with 0 there is no date. */
  refillOverdue(days: i32): bool {
    if (days == 0) return false;
    return ((this.clock.minute.get() - this.refillMinute.get()) | 0) >= ((days * MINUTES_PER_DAY) | 0);
  }

  trialExpired(): bool {
    if (!this.hasRun.isSet() || !this.hal.reservoir.external()) return false;
    return ((this.clock.minute.get() - this.firstRunMinute.get()) | 0) >= TRIAL_MINUTES;
  }

  private enter(state: i32): void {
    this.state.set(state);
    if (state == LIFE_IMPLANTED) this.implantMinute.set(this.clock.minute.get());
    this.changes.mark(CHANGED_LIFE);
    this.log.event(EVENT_LIFE_CHANGED, state, 0, 0);
  }

  private countLow(readings: Twin, low: bool): void {
    if (!low) readings.set(0);
    else if (readings.get() < LOW_READINGS_TO_CONFIRM) readings.add(1);
  }
}
