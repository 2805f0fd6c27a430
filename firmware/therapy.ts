// Therapy starts each pulse, gives it its cause, and answers requests for a bolus, a prime or a bridge. It runs, or it is
// stopped. basal.ts says when a pulse of basal falls due, bolus.ts when one of the bolus does. A pulse that fell due is owed
// until the encoder proves it. The limiter must allow each pulse, and the motor must be ready for it. After a miss the next
// attempt waits for the next pulse that falls due, so a stall is found at the programmed pace. Pulses that fell due during a
// stall are not made up (MOT-2).
//
// Invariants:
// - A pulse starts only while therapy or a prime runs, and only when one is owed.
// - At most one bolus runs. None starts while a bridge runs, and basal rests while a prime runs.
// - `attempts` is never negative.

import { assert } from "../hal/assert";
import {
  OUTCOME_ACCEPTED,
  OUTCOME_ALARM,
  OUTCOME_BUSY,
  OUTCOME_DOSE_LIMIT,
  OUTCOME_EMPTY,
  OUTCOME_LOCKOUT,
  OUTCOME_NOT_PROGRAMMED,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_PER_24H,
  OUTCOME_STOPPED,
  PRIME_PULSES_MAX,
} from "../hal/telemetry";
import {
  CAUSE_BASAL,
  CAUSE_BRIDGE,
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_NONE,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  CHANNEL_CAUSE,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_LIMIT_REACHED,
  EVENT_STALL_DETECTED,
  EVENT_STALL_RECOVERED,
  EVENT_STARTED,
  EVENT_STOPPED,
  MODE_BRIDGE,
  MODE_FLEX,
  MODE_MINIMUM,
  MODE_NOT_PROGRAMMED,
  MODE_PERIODIC,
  MODE_PRIMING,
  MODE_STOPPED,
  STARTED_BY_COMMAND,
  STARTED_BY_PROGRAM,
} from "../hal/trace";
import {
  MINUTES_PER_DAY,
  PULSE_SPACING_TICKS,
  RATE_MAX,
  RATE_MINIMUM,
  MINUTES_PER_HOUR,
  RATE_TICKS_PER_PULSE,
  TICKS_PER_MINUTE,
} from "../hal/units";
import { Basal, GATHERS_BASAL, GATHERS_DOSE, SUPPLY_FULL, SUPPLY_MINIMUM, SUPPLY_NONE } from "./basal";
import { Bolus } from "./bolus";
import { BolusRequest } from "./bolus-request";
import { Bridge } from "./bridge";
import { CHANGED_CAUSE, CHANGED_LIFE, CHANGED_THERAPY, CHANGED_WALL } from "./changes";
import { Core } from "./core";
import { LOOK_ENDED, LOOK_EXCEEDS, LOOK_PENDING } from "./look-ahead";
import { mulDivUp, smaller } from "./mul-div";
import { PatientBolus } from "./patient-bolus";
import { Program } from "./program";
import { MemoryLatch, Twin } from "./twin";

/** In place of an OUTCOME_: the answer to the request is not found yet. It is never sent. */
export const OUTCOME_PENDING: i32 = -1;
/** In a stall a pulse is attempted each time one falls due, then each second time, and then each fourth. */
const STALL_BACKOFF_MAX: i32 = 4;
/**
 * A pulse of basal that was missed is attempted again after an hour and a half, if none falls due before. That is longer than
 * the time between two pulses at the minimum rate, and a program that gives a pulse a day finds its stall within half a day.
 */
const BASAL_RETRY_TICKS: i32 = 90 * TICKS_PER_MINUTE;
/** Pulses of basal that may fall due in one tick: one of its own, and one that a dose completes when it ends. */
const DUE_PULSES_MAX: i32 = 2;
/** Beside the GATHERS_ bits of basal: pulses of a bolus gather. */
const GATHERS_BOLUS: i32 = 4;
/** The largest number that the store has room for, in two bytes. */
export const STILL_MINUTES_MAX: i32 = 0xffff;
/** An hour and the minute that was under way when the pump stopped. */
const STOPPED_EDGES_MAX: i32 = MINUTES_PER_HOUR + 1;

assert((GATHERS_BOLUS & (GATHERS_BASAL | GATHERS_DOSE)) == 0, "what gathers has a bit of its own");
assert(RATE_MAX * PULSE_SPACING_TICKS == RATE_TICKS_PER_PULSE, "the fastest rate is a pulse each spacing");
assert((STALL_BACKOFF_MAX & (STALL_BACKOFF_MAX - 1)) == 0, "the wait of a stall doubles up to the longest");

export class Therapy {
  core: Core;
  bolus: Bolus;
  patientBolus: PatientBolus;
  bridge: Bridge;
  request: BolusRequest;
  /** The basal rate in force in 0.01 uL/day, under the name by which scenarios and traces of state know it. */
  rate: Twin;
  basal: Basal;
  running: Twin;
  /** True from the first start on. Before it, a pump on the shelf does not count the minutes after which a tube takes a set. */
  hasRun: Twin;
  /** Pulses that may be attempted now. An attempt that a cancelled bolus left over finds nothing owed, and no pulse starts. */
  attempts: Twin;
  /** CAUSE_ of the pulse in flight, or of the last one. */
  cause: Twin;
  /** A dose limit was reached, and its window has not enough room yet for basal to resume. */
  limited: Twin;
  /** In a stall, how many pulses must fall due between two attempts, and how many still must before the next one. */
  stallBackoff: Twin;
  stallWait: Twin;
  /** The tick in which a pulse is attempted again after a miss, and whether that is to come. */
  retryTick: Twin;
  retrying: Twin;
  /** Minutes stopped or stalled since the rotor last turned, at most STILL_MINUTES_MAX. */
  stillMinutes: Twin;
  /**
   * Ends of minutes since a command stopped the pump, or since the alarm that stopped it cleared; at most
   * STOPPED_EDGES_MAX.
   */
  stoppedEdges: Twin;
  /** GATHERS_ bits of what gathers in quiet ticks, found anew at the end of each tick with work. */
  gathering: Twin;

  constructor(core: Core) {
    const memory: MemoryLatch = core.memory;
    const bridge: Bridge = new Bridge(memory, core.limiter, core.clock, core.program);
    const basal: Basal = new Basal(core, bridge);
    this.core = core;
    this.bolus = new Bolus(core.log, memory, core.changes);
    this.patientBolus = new PatientBolus(memory, core.clock, core.limiter, core.program);
    this.bridge = bridge;
    this.request = new BolusRequest(memory, core.clock, core.program);
    this.rate = basal.rate;
    this.basal = basal;
    this.running = new Twin(memory, 0);
    this.hasRun = new Twin(memory, 0);
    this.attempts = new Twin(memory, 0);
    this.cause = new Twin(memory, CAUSE_NONE);
    this.limited = new Twin(memory, 0);
    this.stallBackoff = new Twin(memory, 1);
    this.stallWait = new Twin(memory, 0);
    this.retryTick = new Twin(memory, 0);
    this.retrying = new Twin(memory, 0);
    this.stillMinutes = new Twin(memory, 0);
    this.stoppedEdges = new Twin(memory, 0);
    this.gathering = new Twin(memory, 0);
  }

  /** MODE_ of what the pump does now, which may differ from the program's. */
  mode(): i32 {
    if (this.isPriming()) return MODE_PRIMING;
    if (!this.core.program.valid.isSet()) return MODE_NOT_PROGRAMMED;
    if (!this.running.isSet()) return MODE_STOPPED;
    if (this.bridge.isRunning()) return MODE_BRIDGE;
    const rate: i32 = this.rate.get();
    if (rate == RATE_MINIMUM) return MODE_MINIMUM;
    const mode: i32 = this.core.program.mode.get();
    return rate == 0 && mode != MODE_PERIODIC && mode != MODE_FLEX ? MODE_STOPPED : mode;
  }

  /** True while a prime runs. Basal rests then. */
  isPriming(): bool {
    return this.bolus.cause.get() == CAUSE_PRIME;
  }

  /** Basal rate that program, hour and bridge ask for; 0 while stopped or priming. */
  intended(): i32 {
    return this.running.isSet() && !this.isPriming() ? this.basal.asked.get() : 0;
  }

  /** Pulses that a prime or a bridge has still to give. */
  supervisedLeft(): i32 {
    if (this.isPriming()) return (this.bolus.spread.pulses.get() - this.bolus.given.get()) | 0;
    return this.bridge.left.get();
  }

  /** Notes in the look-ahead what falls due next of basal. */
  noteBasal(): void {
    this.basal.noteIn(this.core.limiter.lookAhead);
  }

  /** Call it before another program is put in force. */
  leaveProgram(): void {
    if (this.basal.leaveProgram()) this.basal.addOwed();
  }

  /**
   * Call it when a committed program is in force. The bolus of the old one ends, and the new basal starts unless an
   * alarm stops the pump. This also starts a pump that was stopped, and logs that (THR-10).
   */
  adopt(): void {
    this.bolus.cancel();
    // A request was looked into under the old program.
    if (this.request.isOpen()) this.request.found.set(LOOK_ENDED);
    this.limited.setFlag(false);
    if (this.bridge.isRunning()) this.endBridge();
    this.basal.adoptProgram();
    // A pump that an alarm stops has other limits from now on, too.
    this.core.changes.mark(CHANGED_THERAPY);
    if (this.core.alarms.stops()) return;
    if (this.isStopped()) this.core.log.event(EVENT_STARTED, STARTED_BY_PROGRAM, 0, 0);
    this.startRunning();
  }

  /** True when a program that is put in force now starts a pump that was stopped (THR-10). */
  startsWithProgram(): bool {
    return this.isStopped() && !this.core.alarms.stops();
  }

  /** True when the pump ran before, and a command or an alarm has stopped it. */
  isStopped(): bool {
    return this.hasRun.isSet() && !this.running.isSet();
  }

  /** True when it has been stopped for an hour, and no alarm stops it any more (ALM-6). */
  isForgotten(): bool {
    return this.isStopped() && !this.core.alarms.stops() && this.stoppedEdges.get() >= STOPPED_EDGES_MAX;
  }

  /** OUTCOME_ of a clinician's start. */
  start(): i32 {
    if (!this.core.program.valid.isSet()) return OUTCOME_NOT_PROGRAMMED;
    if (this.core.alarms.stops()) return OUTCOME_ALARM;
    if (this.running.isSet()) return OUTCOME_ACCEPTED;
    this.startRunning();
    this.core.log.event(EVENT_STARTED, STARTED_BY_COMMAND, 0, 0);
    return OUTCOME_ACCEPTED;
  }

  /**
   * A clinician's stop, or that of an alarm; the pulse in flight finishes unless power is cut. What has gathered of the next
   * pulse stays (THR-9). After an alarm the pulses that were owed are not made up.
   */
  stop(byAlarm: bool): void {
    if (this.isPriming()) this.bolus.cancel();
    if (!this.running.isSet()) return;
    this.running.setFlag(false);
    this.stoppedEdges.set(0);
    if (byAlarm) this.basal.owed.set(0);
    if (this.basal.owed.get() > 0) this.core.limiter.makeRoomForLate(this.basal.owed.get());
    this.cancelAttempts();
    this.bolus.cancel();
    this.core.changes.mark(CHANGED_THERAPY);
    this.core.log.event(EVENT_STOPPED, byAlarm ? 1 : 0, 0, 0);
  }

  /** OUTCOME_ of a patient's request (PTB-1 to PTB-3), or OUTCOME_PENDING. */
  requestPatient(): i32 {
    const program: Program = this.core.program;
    if (!program.valid.isSet() || program.capPerDay.get() == 0) return OUTCOME_NOT_PROGRAMMED;
    return this.ask(CAUSE_PATIENT_BOLUS, program.bolusPulses.get(), program.bolusTicks.get(), 0);
  }

  /** OUTCOME_ of a clinician's single bolus of `pulses` over `ticks`, or OUTCOME_PENDING. Derived limits make room for it. */
  requestClinician(pulses: i32, ticks: i32): i32 {
    if (!this.core.program.valid.isSet()) return OUTCOME_NOT_PROGRAMMED;
    if (pulses < 1 || ticks < 1) return OUTCOME_OUT_OF_RANGE;
    const room: i32 = this.core.limiter.canMakeRoom(pulses) ? pulses : 0;
    return this.ask(CAUSE_CLINICIAN_BOLUS, pulses, ticks, room);
  }

  /**
   * OUTCOME_ of a prime of `pulses` as fast as the pump goes, with or without a program, or OUTCOME_PENDING. Basal
   * rests until it is over. Programmed limits hold for it too; derived limits make room for it.
   */
  requestPrime(pulses: i32): i32 {
    if (pulses < 1 || pulses > PRIME_PULSES_MAX) return OUTCOME_OUT_OF_RANGE;
    const ticks: i32 = (pulses * PULSE_SPACING_TICKS) | 0;
    if (this.core.program.valid.isSet()) return this.ask(CAUSE_PRIME, pulses, ticks, pulses);
    const outcome: i32 = this.checkPrime(pulses);
    if (outcome == OUTCOME_ACCEPTED) this.grant(CAUSE_PRIME, pulses, ticks, pulses);
    return outcome;
  }

  /** True when the look-ahead has found the answer to the request that waits. */
  hasFound(): bool {
    return this.request.found.get() != LOOK_PENDING;
  }

  /**
   * Continues the look-ahead for the request that waits. Gives its OUTCOME_, which is checked against the state of this
   * tick, or OUTCOME_PENDING. While `canGrant` is false an answer could not leave, so the request stays pending.
   */
  continueRequest(canGrant: bool): i32 {
    const request: BolusRequest = this.request;
    const cause: i32 = request.cause.get();
    const pulses: i32 = request.pulses.get();
    const ticks: i32 = request.ticks.get();
    let outcome: i32 = this.checkRequest(cause, pulses, ticks);
    if (outcome == OUTCOME_ACCEPTED && !request.isUnchanged()) outcome = OUTCOME_BUSY;
    if (outcome == OUTCOME_ACCEPTED && request.found.get() == LOOK_PENDING) {
      request.found.set(this.core.limiter.continueLook());
    }
    if (outcome == OUTCOME_ACCEPTED && request.found.get() == LOOK_PENDING) return OUTCOME_PENDING;
    if (!canGrant) {
      if (outcome != OUTCOME_ACCEPTED) request.found.set(LOOK_ENDED);
      return OUTCOME_PENDING;
    }
    if (outcome == OUTCOME_ACCEPTED && request.found.get() == LOOK_ENDED) outcome = OUTCOME_BUSY;
    if (outcome == OUTCOME_ACCEPTED && request.found.get() == LOOK_EXCEEDS) outcome = OUTCOME_DOSE_LIMIT;
    // A memory fault may have been found on the way. Then nothing is granted.
    if (outcome == OUTCOME_ACCEPTED && this.core.memory.faulty) outcome = OUTCOME_ALARM;
    // The dose guard's register is raised with the room, for which the programming head must still be there.
    const room: i32 = request.room.get();
    if (outcome == OUTCOME_ACCEPTED && room > 0 && !this.core.hal.link.headPresent()) outcome = OUTCOME_BUSY;
    request.close();
    this.core.limiter.lookAhead.clear();
    if (outcome == OUTCOME_ACCEPTED) this.grant(cause, pulses, ticks, room);
    return outcome;
  }

  /**
   * OUTCOME_ of a bridge. It starts when the new concentration is in force already, and otherwise waits for its commit
   * (THR-7).
   */
  requestBridge(oldConcentration: i32, pulses: i32): i32 {
    const program: Program = this.core.program;
    if (!program.valid.isSet()) return OUTCOME_NOT_PROGRAMMED;
    if (pulses < 1 || pulses > PRIME_PULSES_MAX) return OUTCOME_OUT_OF_RANGE;
    if (program.drugs.get() == 0 || oldConcentration < 1) return OUTCOME_OUT_OF_RANGE;
    if (this.bolus.isActive() || this.request.isOpen()) return OUTCOME_BUSY;
    if (oldConcentration == program.concentrations.get(0)) {
      this.bridge.arm(oldConcentration, pulses);
      return OUTCOME_ACCEPTED;
    }
    if (!this.running.isSet()) return OUTCOME_STOPPED;
    if (this.bridge.isRunning()) return OUTCOME_BUSY;
    if (!this.bridge.canScale(program, oldConcentration)) return OUTCOME_OUT_OF_RANGE;
    this.startBridge(oldConcentration, 0, pulses);
    return OUTCOME_ACCEPTED;
  }

  /**
   * A clinician sets the clock by `minutes`. Hours of a schedule may then come twice, and derived limits make room for
   * them (LIM-5, THR-4).
   */
  clockSet(minutes: i32): void {
    const program: Program = this.core.program;
    if (program.mode.get() != MODE_FLEX || !program.selfLimited.isSet() || minutes == 0) return;
    const apart: i32 = smaller(MINUTES_PER_DAY, minutes < 0 ? -minutes : minutes);
    const room: i32 = mulDivUp(program.flexRateMax(), (apart * TICKS_PER_MINUTE) | 0, RATE_TICKS_PER_PULSE);
    this.core.limiter.makeClockRoom(room);
  }

  /** True when a bridge to `next` is armed and can run, which no bridge can during an alarm that stops the pump. */
  canBridgeTo(next: Program): bool {
    return !this.core.alarms.stops() && this.bridge.isArmedFor(next, this.rate.get());
  }

  /**
   * Starts the armed bridge when its program is in force. `oldRate`: the basal rate of the old drug; 0 when the drug is
   * the same.
   */
  bridgeToProgram(oldRate: i32): void {
    const pulses: i32 = this.bridge.armedPulses.get();
    this.bridge.disarm();
    if (this.running.isSet()) this.startBridge(this.bridge.armedConcentration.get(), oldRate, pulses);
  }

  /** Notes what the motor did, counts a tick in all accumulators, and starts a pulse that is due and allowed. */
  tick(selfTest: bool, minuteEdge: bool): void {
    if (this.core.changes.has(CHANGED_WALL)) this.basal.updateAsked();
    this.followMotor();
    if (this.core.alarms.stops() || this.core.memory.faulty) this.stop(true);
    const slows: bool = this.core.alarms.slows();
    // An empty reservoir or a full window leaves the minimum rate to basal, and nothing to a bolus (RES-3, LIM-3).
    if (slows) this.bolus.cancel();
    if (this.limited.isSet() && this.core.limiter.canResume()) {
      this.limited.setFlag(false);
      this.core.changes.mark(CHANGED_THERAPY);
    }
    this.accrue(this.supply(slows));
    const active: bool = this.running.isSet() || this.isPriming();
    const marked: bool = this.core.restarts.marked.isSet();
    if (active && !selfTest) this.dispense();
    // The pulse that was marked did not begin, or broke off with the motor.
    if (marked && !this.core.motor.inFlight.isSet()) this.setMark(false);
    if (!active) this.core.motor.powerOff();
    if (this.canLowerGuard()) this.core.limiter.lowerGuard();
    if (minuteEdge) this.minute();
  }

  /** Ticks until a pulse falls due or another change comes, without any change on the board. */
  idle(none: i32): i32 {
    const inFlight: bool = this.core.motor.inFlight.isSet();
    const supply: i32 = this.supply(this.core.alarms.slows());
    // An alarm of this tick, or the limiter, changes the rate or stops the pump in the next one.
    if (this.core.memory.faulty && this.running.isSet()) return 0;
    if (this.basal.rateUnder(supply) != this.rate.get() || this.canLowerGuard()) return 0;
    if (this.core.alarms.stops() && (this.running.isSet() || this.isPriming())) return 0;
    // A bolus that is to be cancelled, or was cancelled and is not closed, changes in the next tick as well.
    if (this.bolus.isActive() && (this.bolus.cancelled.isSet() ? !inFlight : this.core.alarms.slows())) return 0;
    if (this.core.restarts.marked.isSet() && !inFlight) return 0;
    let ticks: i32 = none;
    const now: i32 = this.core.clock.now.get();
    if (inFlight) ticks = smaller(ticks, this.core.motor.idle(now));
    else if (this.attempts.get() > 0 && !this.isResting()) {
      ticks = smaller(ticks, (this.core.motor.pulseTick.get() + PULSE_SPACING_TICKS - now - 1) | 0);
    }
    if (this.retrying.isSet()) ticks = smaller(ticks, (this.retryTick.get() - now - 1) | 0);
    return smaller(this.basal.idle(ticks, supply), this.bolus.idle(none));
  }

  /** Finds what gathers in the quiet ticks to come. */
  noteGathering(): void {
    const basal: i32 = this.basal.gathers(this.supply(this.core.alarms.slows()));
    this.gathering.set(basal | (this.bolus.gathers() ? GATHERS_BOLUS : 0));
  }

  /** Passes over `ticks` in which no pulse falls due. */
  skip(ticks: i32): void {
    const gathering: i32 = this.gathering.get();
    if ((gathering & GATHERS_BASAL) != 0) this.basal.skip(ticks);
    if ((gathering & GATHERS_DOSE) != 0) this.basal.doses.skip(ticks);
    if ((gathering & GATHERS_BOLUS) != 0) this.bolus.spread.skip(ticks);
  }

  private minute(): void {
    this.core.motor.holdAge(this.core.clock.now.get());
    this.basal.doses.holdAge();
    // Time counts from the first pulse that was missed, not only from the eighth, which makes a stall, and from the first
    // that the cell could not drive.
    const fails: bool = this.core.motor.missesInRow.get() > 0 || this.core.restarts.isWeak();
    const stands: bool = this.basal.rateUnder(this.supply(this.core.alarms.slows())) == 0;
    const still: bool = stands || this.core.motor.stalled.isSet() || fails;
    if (this.hasRun.isSet() && still && this.stillMinutes.get() < STILL_MINUTES_MAX) this.stillMinutes.add(1);
    this.countStopped();
    this.patientBolus.minute();
    if (!this.bridge.isRunning() && !this.isPriming() && this.core.limiter.endRoom())
      this.core.changes.mark(CHANGED_THERAPY);
  }

  private startRunning(): void {
    const starts: bool = !this.running.isSet();
    this.running.setFlag(true);
    if (starts) {
      this.core.motor.clearFault();
      this.core.restarts.endRest();
    }
    // A pulse that the program before completed falls due now. After a miss the next attempt waits as before.
    if (this.core.motor.missesInRow.get() == 0 && !this.isPriming()) this.tryOwed();
    this.hasRun.setFlag(true);
    this.core.changes.mark(CHANGED_THERAPY);
  }

  /** OUTCOME_ of the conditions that every bolus has. Of several reasons to deny it, the one that lasts longest is given. */
  private checkState(pulses: i32): i32 {
    if (!this.running.isSet()) return OUTCOME_STOPPED;
    if (this.rate.get() == 0 && this.core.program.mode.get() == MODE_STOPPED) return OUTCOME_STOPPED;
    if (this.core.reservoir.wouldEmpty(pulses)) return OUTCOME_EMPTY;
    if (this.core.alarms.critical() || this.core.memory.faulty) return OUTCOME_ALARM;
    if (this.bolus.isActive() || this.bridge.isRunning()) return OUTCOME_BUSY;
    return OUTCOME_ACCEPTED;
  }

  /** Opens a request, of which there is one at a time, and begins its look-ahead. */
  private ask(cause: i32, pulses: i32, ticks: i32, room: i32): i32 {
    const outcome: i32 = this.checkRequest(cause, pulses, ticks);
    if (outcome != OUTCOME_ACCEPTED) return outcome;
    if (this.request.isOpen()) return OUTCOME_BUSY;
    this.noteBasal();
    this.core.limiter.askBolus(pulses, ticks, room);
    this.request.open(cause, pulses, ticks, room);
    return this.continueRequest(true);
  }

  /** OUTCOME_ of all checks of a request but the look-ahead. */
  private checkRequest(cause: i32, pulses: i32, ticks: i32): i32 {
    if (cause == CAUSE_PRIME) return this.checkPrime(pulses);
    const able: i32 = this.checkState(pulses);
    if (able != OUTCOME_ACCEPTED) return able;
    if (cause == CAUSE_PATIENT_BOLUS) {
      if (this.patientBolus.isLockedOut()) return OUTCOME_LOCKOUT;
      this.patientBolus.dropOldStarts();
      if (this.patientBolus.isCapped()) return OUTCOME_PER_24H;
    }
    return this.checkRate(pulses, ticks);
  }

  private checkPrime(pulses: i32): i32 {
    if (this.core.alarms.stops() || this.core.alarms.slows()) return OUTCOME_ALARM;
    // In a stall an attempt waits for a pulse of basal that falls due, and basal rests in a prime: it would never end.
    if (this.running.isSet() && this.core.motor.stalled.isSet()) return OUTCOME_ALARM;
    if (this.core.reservoir.wouldEmpty(pulses)) return OUTCOME_EMPTY;
    return this.bolus.isActive() ? OUTCOME_BUSY : OUTCOME_ACCEPTED;
  }

  /** OUTCOME_ of the check that the pump can give the bolus together with the fastest basal during it. */
  private checkRate(pulses: i32, ticks: i32): i32 {
    if (ticks < 1 || pulses > ticks || ((pulses * PULSE_SPACING_TICKS) | 0) > ticks) return OUTCOME_OUT_OF_RANGE;
    const bolusRate: i32 = (mulDivUp(RATE_TICKS_PER_PULSE, pulses, ticks) - 1) | 0;
    const minutes: i32 = ((ticks - (ticks % TICKS_PER_MINUTE)) / TICKS_PER_MINUTE + 1) | 0;
    const basal: i32 = this.core.program.rateMax(this.core.clock.wall.get(), minutes);
    return ((basal + bolusRate) | 0) > RATE_MAX ? OUTCOME_OUT_OF_RANGE : OUTCOME_ACCEPTED;
  }

  private grant(cause: i32, pulses: i32, ticks: i32, room: i32): void {
    this.core.restarts.endRest();
    if (cause == CAUSE_PATIENT_BOLUS) this.patientBolus.start();
    if (cause == CAUSE_CLINICIAN_BOLUS && room > 0) this.core.limiter.makeRoomForBolus(room, ticks);
    if (cause == CAUSE_PRIME) {
      if (!this.running.isSet()) this.core.motor.clearFault();
      // The pulses that basal owes wait until the prime is over.
      this.cancelAttempts();
      this.core.limiter.makeRoomForPrime(pulses);
    }
    this.bolus.start(cause, pulses, ticks);
  }

  private countStopped(): void {
    if (!this.isStopped() || this.core.alarms.stops()) this.stoppedEdges.set(0);
    else if (this.stoppedEdges.get() < STOPPED_EDGES_MAX) this.stoppedEdges.add(1);
  }

  /** Follows the motor's finding about the pulse in flight: proved, missed, a stall that began or ended. */
  private followMotor(): void {
    if (this.core.motor.proved) {
      const cause: i32 = this.cause.get();
      if (cause == CAUSE_BASAL || cause == CAUSE_BRIDGE) this.basal.countProved();
      else this.bolus.countProved();
      if (cause == CAUSE_BRIDGE) this.giveBridge(1);
      this.stillMinutes.set(0);
      this.retrying.setFlag(false);
      this.stallBackoff.set(1);
      this.stallWait.set(1);
      this.attempts.set(this.core.motor.stalled.isSet() ? 0 : (this.basalOwed() + this.bolus.owed()) | 0);
    }
    if (this.core.motor.missed) this.waitAfterMiss();
    if ((this.core.motor.proved || this.core.motor.missed) && this.core.restarts.endPulse())
      this.core.changes.mark(CHANGED_LIFE);
    if (this.core.motor.stallBegan) {
      this.core.log.event(EVENT_STALL_DETECTED, this.core.motor.missesInRow.get(), 0, 0);
      this.cancelOwed();
      this.stallWait.set(1);
      this.bolus.cancel();
    }
    if (this.core.motor.stallEnded) this.core.log.event(EVENT_STALL_RECOVERED, 0, 0, 0);
  }

  /**
   * Lets the next attempt wait: in a stall for ever more pulses that fall due, in a bolus for the time between two of
   * its pulses, else for the next pulse that falls due, but no longer than BASAL_RETRY_TICKS.
   */
  private waitAfterMiss(): void {
    this.attempts.set(0);
    const late: i32 = (this.basal.owed.get() + this.bolus.owed()) | 0;
    if (late > 0) this.core.limiter.makeRoomForLate(late);
    if (this.core.motor.stalled.isSet()) {
      const backoff: i32 = this.stallBackoff.get();
      this.stallBackoff.set(backoff < STALL_BACKOFF_MAX ? backoff << 1 : STALL_BACKOFF_MAX);
      this.stallWait.set(this.stallBackoff.get());
    } else if (this.bolus.owed() > 0) {
      this.retryAfter(this.bolus.interval());
    } else if (this.basal.owed.get() > 0) {
      this.retryAfter(BASAL_RETRY_TICKS);
    }
  }

  private retryAfter(ticks: i32): void {
    this.retryTick.set((this.core.clock.now.get() + ticks) | 0);
    this.retrying.setFlag(true);
  }

  /** Counts proved pulses of the bridge. */
  giveBridge(pulses: i32): void {
    if (this.bridge.countProved(pulses)) this.endBridge();
  }

  private startBridge(oldConcentration: i32, oldRate: i32, pulses: i32): void {
    this.bridge.start(oldConcentration, oldRate, pulses);
    this.basal.updateAsked();
    this.core.changes.mark(CHANGED_THERAPY);
    this.core.log.event(EVENT_BRIDGE_STARTED, pulses, this.basal.asked.get(), 0);
  }

  private endBridge(): void {
    const given: i32 = this.bridge.given();
    this.bridge.end();
    this.basal.updateAsked();
    this.core.changes.mark(CHANGED_THERAPY);
    this.core.log.event(EVENT_BRIDGE_FINISHED, given, 0, 0);
  }

  /** True when the guard's register may be lowered, because what it was raised for is over. */
  private canLowerGuard(): bool {
    return this.core.limiter.canLowerGuard() && !this.isPriming() && !this.bridge.isRunning();
  }

  /** The SUPPLY_ of basal now. `slows`: an alarm slows the pump. */
  private supply(slows: bool): i32 {
    if (!this.running.isSet() || this.isPriming()) return SUPPLY_NONE;
    return slows || this.limited.isSet() ? SUPPLY_MINIMUM : SUPPLY_FULL;
  }

  private accrue(supply: i32): void {
    this.basal.setRate(this.basal.rateUnder(supply));
    const due: i32 = this.basal.accrue(supply);
    for (let i: i32 = 0; i < DUE_PULSES_MAX && i < due; i = (i + 1) | 0) this.addDuePulse();
    if (this.retrying.isSet() && ((this.core.clock.now.get() - this.retryTick.get()) | 0) >= 0) {
      this.retrying.setFlag(false);
      this.attempts.add(1);
    }
    if (this.bolus.isActive()) {
      const primed: bool = this.isPriming();
      if (this.bolus.accrue()) this.attempts.add(1);
      this.bolus.close(this.core.motor.inFlight.isSet());
      if (primed && !this.bolus.isActive()) this.tryOwed();
    }
  }

  /**
   * Counts a pulse of basal that fell due. In a stall only one is owed, and it is attempted when enough pulses have
   * fallen due.
   */
  private addDuePulse(): void {
    if (!this.core.motor.stalled.isSet()) {
      this.basal.addOwed();
      if (this.isResting()) this.addInRest();
      else this.attempts.add(1);
      return;
    }
    this.basal.owed.set(1);
    this.stallWait.add(-1);
    if (this.stallWait.get() <= 0) this.attempts.set(1);
  }

  /** A pulse of basal fell due in a rest. Those that are owed are given after it, beyond derived limits as after misses. */
  private addInRest(): void {
    this.attempts.set(this.basalOwed());
    this.core.limiter.makeRoomForLate(this.basal.owed.get());
  }

  private isResting(): bool {
    return this.core.restarts.isResting(this.core.clock.counter.get());
  }

  /** The chart says before a pulse that it is about to begin, when the one before it failed with the supply. */
  private setMark(marked: bool): void {
    this.core.restarts.marked.setFlag(marked);
    this.core.changes.mark(CHANGED_LIFE);
  }

  private dispense(): void {
    if (this.attempts.get() == 0 || !this.core.motor.isReady(this.core.clock.now.get())) return;
    assert(this.attempts.get() > 0 || this.core.memory.faulty, "no attempt is made beyond those that there are");
    const forBolus: bool = this.bolus.owed() > 0;
    const isOwed: bool = forBolus || this.basalOwed() > 0;
    if (isOwed && this.isResting()) return;
    if (isOwed && this.core.restarts.needsMark()) {
      this.setMark(true);
      return;
    }
    this.attempts.add(-1);
    if (!isOwed) return;
    if (!this.core.limiter.allows()) {
      this.withhold();
      return;
    }
    const basal: i32 = this.bridge.isRunning() ? CAUSE_BRIDGE : CAUSE_BASAL;
    const cause: i32 = forBolus ? this.bolus.cause.get() : basal;
    // The store must know the cause of the pulse, for the rotor may turn while the controller hangs (PTB-4).
    if (this.cause.get() != cause) this.core.changes.mark(CHANGED_CAUSE);
    this.cause.set(cause);
    this.core.hal.trace.publish(CHANNEL_CAUSE, cause);
    this.core.motor.pulse(this.core.clock.now.get());
  }

  /** Drops the pulses that are owed, because the next one would exceed a limit. They are not made up (LIM-3). */
  private withhold(): void {
    this.cancelOwed();
    this.bolus.cancel();
    if (this.limited.isSet()) return;
    this.limited.setFlag(true);
    this.core.changes.mark(CHANGED_THERAPY);
    this.core.log.event(EVENT_LIMIT_REACHED, this.core.limiter.fullWindow(), 0, 0);
  }

  /** Pulses of basal that may be given now. Under a program that gives nothing, those of the one before wait for the next (THR-8, THR-9). */
  private basalOwed(): i32 {
    if (!this.running.isSet() || this.isPriming() || this.core.program.mode.get() == MODE_STOPPED) return 0;
    return this.basal.owed.get();
  }

  /** Call it when basal is delivered again: the pulses that it still owes, and that are not in flight, may be attempted. */
  private tryOwed(): void {
    const inFlight: i32 = this.core.motor.inFlight.isSet() ? 1 : 0;
    const waiting: i32 = this.core.motor.stalled.isSet() ? 0 : (this.basalOwed() - inFlight) | 0;
    this.attempts.set(waiting > 0 ? waiting : 0);
  }

  private cancelAttempts(): void {
    this.attempts.set(0);
    this.retrying.setFlag(false);
  }

  /** Drops the pulses that basal owes. */
  private cancelOwed(): void {
    this.basal.owed.set(0);
    this.cancelAttempts();
  }
}
