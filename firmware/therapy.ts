// What is delivered and when: the basal rate in force, the bolus, and the lockout and cap of the patient's bolus. A rate
// becomes pulses through an accumulator that keeps its remainder, so after any time pulses fired and rate x time differ by
// less than one pulse (THR-2). What falls due is owed until the encoder shows it; the limiter has the last word on each
// pulse, and the motor's pace decides when it starts. After a miss the next attempt waits for the next pulse that falls
// due, so a stall is found at the programmed pace; what fell due during a stall is not made up (MOT-2).

import { GUARD_PULSES_PER_HOUR_MAX } from "../hal/guard";
import { Hal } from "../hal/hal";
import {
  CAP_PER_24H_MAX,
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
  EVENT_BASAL_RATE,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_LIMIT_REACHED,
  EVENT_STALL_DETECTED,
  EVENT_STALL_RECOVERED,
  EVENT_STARTED,
  EVENT_STOPPED,
  MODE_BRIDGE,
  MODE_CONTINUOUS,
  MODE_FLEX,
  MODE_MINIMUM,
  MODE_NOT_PROGRAMMED,
  MODE_PERIODIC,
  MODE_PRIMING,
  MODE_STOPPED,
} from "../hal/trace";
import {
  MINUTES_PER_DAY,
  PULSE_SPACING_TICKS,
  RATE_FASTEST,
  RATE_MINIMUM,
  RATE_TICKS_PER_PULSE,
  TICKS_PER_DAY,
  TICKS_PER_MINUTE,
} from "../hal/units";
import { Alarms } from "./alarms";
import { Bolus } from "./bolus";
import { CHANGED_WALL, Changes } from "./changes";
import { Clock } from "./clock";
import { Core } from "./core";
import { Limiter } from "./limiter";
import { Log } from "./log";
import { Motor } from "./motor";
import { mulDiv, mulDivUp } from "./mul-div";
import { Program, isTherapeutic } from "./program";
import { EMPTY_PULSES, Reservoir } from "./reservoir";
import { Spread } from "./spread";
import { MemoryLatch, Twin, TwinArray } from "./twin";

/** In a stall, attempts are made at every due pulse, then every second, then every fourth. */
const STALL_BACKOFF_MAX: i32 = 4;
/** As much as the store has room for. */
const STILL_MINUTES_MAX: i32 = 0xffff;
/** A bridge is armed for the commit that follows within the hour. Minutes, because ticks wrap and it is nobody's to clear. */
const ARMED_MINUTES: i32 = 60;

export class Therapy {
  hal: Hal;
  log: Log;
  memory: MemoryLatch;
  clock: Clock;
  changes: Changes;
  motor: Motor;
  reservoir: Reservoir;
  limiter: Limiter;
  alarms: Alarms;
  program: Program;
  bolus: Bolus;
  /** The dose of periodic mode under way, and when the next one begins. */
  dose: Spread;
  nextDose: Twin;

  running: Twin;
  /** True from the first start on: a pump on the shelf sets no tube. */
  hasRun: Twin;
  /** Basal rate in force, and the one that program, hour and bridge ask for; 0.01 uL/day. */
  rate: Twin;
  asked: Twin;
  accumulator: Twin;
  basalOwed: Twin;
  /** Attempts that may be made now, at most what is owed. */
  attempts: Twin;
  /** Cause of the pulse in flight. */
  cause: Twin;
  limited: Twin;
  stallBackoff: Twin;
  stallWait: Twin;
  /** When a bolus is to be tried again after a miss, while `retrying`. */
  retryTick: Twin;
  retrying: Twin;
  /** A patient bolus was accepted within the last day, the longest lockout there is; and when. */
  hasStarted: Twin;
  lastStart: Twin;
  /** Ticks of the accepted patient boluses of the last 24 h, a ring. */
  starts: TwinArray;
  startsHead: Twin;
  startsCount: Twin;
  /** Minutes stopped or stalled since the rotor last turned, at most STILL_MINUTES_MAX. */
  stillMinutes: Twin;

  /** Pulses that the bridge has still to give; the old drug's concentration; or, for another drug, the rate it ran at. */
  bridgeLeft: Twin;
  bridgeFrom: Twin;
  bridgeRate: Twin;
  bridgePulses: Twin;
  /** A bridge waits for the commit of a program with another concentration: how much, of what, until which minute. */
  armedPulses: Twin;
  armedFrom: Twin;
  armedUntil: Twin;
  /** Started, stopped, limited or changed its rate, or the rate that is asked for, in this tick. */
  changed: bool = false;
  /** Began a pulse of another cause than the last one's in this tick. */
  causeChanged: bool = false;

  constructor(core: Core) {
    const log: Log = core.log;
    const memory: MemoryLatch = core.memory;
    this.hal = core.hal;
    this.log = log;
    this.memory = memory;
    this.clock = core.clock;
    this.changes = core.changes;
    this.motor = core.motor;
    this.reservoir = core.reservoir;
    this.limiter = core.limiter;
    this.alarms = core.alarms;
    this.program = core.program;
    this.bolus = new Bolus(log, memory);
    this.dose = new Spread(memory);
    this.nextDose = new Twin(memory, 0);
    this.running = new Twin(memory, 0);
    this.hasRun = new Twin(memory, 0);
    this.rate = new Twin(memory, 0);
    this.asked = new Twin(memory, 0);
    this.accumulator = new Twin(memory, 0);
    this.basalOwed = new Twin(memory, 0);
    this.attempts = new Twin(memory, 0);
    this.cause = new Twin(memory, CAUSE_NONE);
    this.limited = new Twin(memory, 0);
    this.stallBackoff = new Twin(memory, 1);
    this.stallWait = new Twin(memory, 0);
    this.retryTick = new Twin(memory, 0);
    this.retrying = new Twin(memory, 0);
    this.hasStarted = new Twin(memory, 0);
    this.lastStart = new Twin(memory, 0);
    this.starts = new TwinArray(memory, CAP_PER_24H_MAX);
    this.startsHead = new Twin(memory, 0);
    this.startsCount = new Twin(memory, 0);
    this.stillMinutes = new Twin(memory, 0);
    this.bridgeLeft = new Twin(memory, 0);
    this.bridgeFrom = new Twin(memory, 0);
    this.bridgeRate = new Twin(memory, 0);
    this.bridgePulses = new Twin(memory, 0);
    this.armedPulses = new Twin(memory, 0);
    this.armedFrom = new Twin(memory, 0);
    this.armedUntil = new Twin(memory, 0);
  }

  /** MODE_ for the outside: what the pump does, not what it was told. */
  mode(): i32 {
    if (this.priming()) return MODE_PRIMING;
    if (!this.program.valid.is()) return MODE_NOT_PROGRAMMED;
    if (!this.running.is()) return MODE_STOPPED;
    if (this.bridgeLeft.get() > 0) return MODE_BRIDGE;
    const rate: i32 = this.rate.get();
    if (rate == RATE_MINIMUM) return MODE_MINIMUM;
    const mode: i32 = this.program.mode.get();
    return rate == 0 && mode != MODE_PERIODIC && mode != MODE_FLEX ? MODE_STOPPED : mode;
  }

  /** A prime runs: basal rests. */
  priming(): bool {
    return this.bolus.cause.get() == CAUSE_PRIME;
  }

  /** Basal rate that program, hour and bridge ask for; 0 while stopped or priming. */
  intended(): i32 {
    return this.running.is() && !this.priming() ? this.asked.get() : 0;
  }

  /** Pulses that a prime or a bridge has still to give. */
  supervisedLeft(): i32 {
    if (this.priming()) return (this.bolus.spread.pulses.get() - this.bolus.given.get()) | 0;
    return this.bridgeLeft.get();
  }

  /** A program was committed: the bolus of the old one ends, and the new basal starts unless an alarm forbids it. */
  adopt(): void {
    this.bolus.cancel();
    this.limited.put(false);
    if (this.bridgeLeft.get() > 0) this.closeBridge();
    this.dose.start(0, 1);
    this.nextDose.set(this.clock.now.get());
    this.schedule();
    if (!this.alarms.stops()) this.begin();
  }

  /** OUTCOME_ of a clinician's start. */
  start(): i32 {
    if (!this.program.valid.is()) return OUTCOME_NOT_PROGRAMMED;
    if (this.alarms.stops()) return OUTCOME_ALARM;
    if (this.running.is()) return OUTCOME_ACCEPTED;
    this.begin();
    this.log.event(EVENT_STARTED, 0, 0, 0);
    return OUTCOME_ACCEPTED;
  }

  /** A clinician's stop, or that of an alarm: nothing more is owed; the pulse in flight finishes unless power is cut. */
  stop(byAlarm: bool): void {
    if (this.priming()) this.bolus.cancel();
    if (!this.running.is()) return;
    this.running.put(false);
    this.accumulator.set(0);
    this.dose.start(0, 1);
    this.forget();
    this.bolus.cancel();
    this.changed = true;
    this.log.event(EVENT_STOPPED, byAlarm ? 1 : 0, 0, 0);
  }

  /** OUTCOME_ of a patient's request (PTB-1 to PTB-3). */
  requestPatient(selfTest: bool): i32 {
    const program: Program = this.program;
    const pulses: i32 = program.bolusPulses.get();
    const ticks: i32 = program.bolusTicks.get();
    const cap: i32 = program.capPerDay.get();
    if (!program.valid.is() || cap == 0) return OUTCOME_NOT_PROGRAMMED;
    const able: i32 = this.able(pulses, selfTest);
    if (able != OUTCOME_ACCEPTED) return able;
    // The lockout in force is that of the program in force, also for a bolus under the one before it.
    const now: i32 = this.clock.now.get();
    const waited: i32 = (now - this.lastStart.get()) | 0;
    if (this.hasStarted.is() && program.lockoutTicks.get() > waited) return OUTCOME_LOCKOUT;
    this.expireStarts();
    if (!this.limiter.knowsDay() || this.startsCount.get() >= cap) return OUTCOME_PER_24H;
    const fits: i32 = this.fits(pulses, ticks);
    if (fits != OUTCOME_ACCEPTED) return fits;
    this.hasStarted.put(true);
    this.lastStart.set(now);
    this.starts.set((this.startsHead.get() + this.startsCount.get()) % CAP_PER_24H_MAX, now);
    this.startsCount.add(1);
    this.bolus.start(CAUSE_PATIENT_BOLUS, pulses, ticks);
    return OUTCOME_ACCEPTED;
  }

  /** OUTCOME_ of a clinician's single bolus of `pulses` over `ticks`. */
  requestClinician(pulses: i32, ticks: i32, selfTest: bool): i32 {
    if (!this.program.valid.is()) return OUTCOME_NOT_PROGRAMMED;
    if (pulses < 1 || ticks < 1) return OUTCOME_OUT_OF_RANGE;
    const able: i32 = this.able(pulses, selfTest);
    if (able != OUTCOME_ACCEPTED) return able;
    const fits: i32 = this.fits(pulses, ticks);
    if (fits == OUTCOME_ACCEPTED) this.bolus.start(CAUSE_CLINICIAN_BOLUS, pulses, ticks);
    return fits;
  }

  /**
   * OUTCOME_ of a prime of `pulses` as fast as the pump goes, with or without a program: basal rests until it is over. A
   * clinician's limits hold for it too; limits that nobody set make room for it.
   */
  requestPrime(pulses: i32, selfTest: bool): i32 {
    if (pulses < 1 || pulses > PRIME_PULSES_MAX) return OUTCOME_OUT_OF_RANGE;
    if (this.alarms.stops() || this.alarms.slows()) return OUTCOME_ALARM;
    if (((this.reservoir.estimate.get() - pulses) | 0) <= EMPTY_PULSES) return OUTCOME_EMPTY;
    if (selfTest || this.bolus.active() || this.motor.inFlight.is()) return OUTCOME_BUSY;
    const ticks: i32 = (pulses * PULSE_SPACING_TICKS) | 0;
    const owed: i32 = this.basalOwed.get();
    if (this.program.valid.is() && !this.limiter.permits(pulses, ticks, owed, this.doseIn(), pulses)) {
      return OUTCOME_DOSE_LIMIT;
    }
    if (!this.running.is()) this.motor.mend();
    this.accumulator.set(0);
    this.forget();
    this.limiter.makeRoom(pulses);
    this.hal.guard.setLimit(smaller(GUARD_PULSES_PER_HOUR_MAX, (this.hal.guard.limit() + pulses) | 0));
    this.bolus.start(CAUSE_PRIME, pulses, ticks);
    return OUTCOME_ACCEPTED;
  }

  /** OUTCOME_ of a bridge: starts when the new concentration is in force already, else waits for its commit (THR-7). */
  requestBridge(oldConcentration: i32, pulses: i32): i32 {
    const program: Program = this.program;
    if (!program.valid.is()) return OUTCOME_NOT_PROGRAMMED;
    if (pulses < 1 || pulses > PRIME_PULSES_MAX) return OUTCOME_OUT_OF_RANGE;
    if (program.drugs.get() == 0 || oldConcentration < 1) return OUTCOME_OUT_OF_RANGE;
    if (this.bolus.active()) return OUTCOME_BUSY;
    if (oldConcentration == program.concentrations.get(0)) {
      this.armedPulses.set(pulses);
      this.armedFrom.set(oldConcentration);
      this.armedUntil.set((this.clock.minute.get() + ARMED_MINUTES) | 0);
      return OUTCOME_ACCEPTED;
    }
    if (!this.running.is()) return OUTCOME_STOPPED;
    if (this.bridgeLeft.get() > 0) return OUTCOME_BUSY;
    if (!this.bridgeable(program, oldConcentration)) return OUTCOME_OUT_OF_RANGE;
    this.beginBridge(oldConcentration, 0, pulses);
    return OUTCOME_ACCEPTED;
  }

  /** The clock is set by `minutes`: hours of a schedule may come twice, and limits that nobody set make room (LIM-5, THR-4). */
  shift(minutes: i32): void {
    const program: Program = this.program;
    if (program.mode.get() != MODE_FLEX || !program.selfLimited.is() || minutes == 0) return;
    const apart: i32 = smaller(MINUTES_PER_DAY, minutes < 0 ? -minutes : minutes);
    const room: i32 = mulDivUp(program.flexRateMax(), (apart * TICKS_PER_MINUTE) | 0, RATE_TICKS_PER_PULSE);
    if (room <= this.limiter.clockRoom.get()) return;
    this.limiter.clockRoom.set(room);
    this.limiter.makeRoom(0);
    this.limiter.setGuard();
  }

  /** True when a bridge for a change from the program in force to `next` is armed and can run. */
  bridges(next: Program): bool {
    // A stopped pump would lose the bridge; and without one it is not to take the program.
    if (
      this.alarms.stops() ||
      this.armedPulses.get() == 0 ||
      ((this.armedUntil.get() - this.clock.minute.get()) | 0) <= 0
    )
      return false;
    if (this.armedFrom.get() != this.program.concentrations.get(0)) return false;
    if (next.drugIds.get(0) != this.program.drugIds.get(0)) return isTherapeutic(this.rate.get());
    return this.bridgeable(next, this.armedFrom.get());
  }

  /** The commit for which the bridge was armed has happened; `oldRate` for a change to another drug, else 0. */
  cross(oldRate: i32): void {
    const pulses: i32 = this.armedPulses.get();
    this.armedPulses.set(0);
    if (this.running.is()) this.beginBridge(this.armedFrom.get(), oldRate, pulses);
  }

  /** Settles what the motor did, lets time pass for all accumulators, and fires what is due and allowed. */
  tick(selfTest: bool): void {
    if (this.changes.has(CHANGED_WALL)) this.schedule();
    this.settleMotor();
    if (this.alarms.stops() || this.memory.faulty) this.stop(true);
    // Empty, or at a limit: what is left is for the minimum rate (RES-3).
    if (this.alarms.slows()) this.bolus.cancel();
    if (this.limited.is() && this.limiter.hasRoom()) {
      this.limited.put(false);
      this.changed = true;
    }
    this.setRate(this.rateInForce());
    this.accrue();
    this.bolus.settle(this.motor.inFlight.is());
    const active: bool = this.running.is() || this.priming();
    if (active && !selfTest) this.dispense();
    if (!active) this.motor.rest();
    if (this.guardWaits()) this.limiter.lowerGuard();
    if (this.clock.minuteEdge) this.minute();
  }

  /** Ticks until something falls due by itself. */
  idle(none: i32): i32 {
    const rate: i32 = this.rate.get();
    const inFlight: bool = this.motor.inFlight.is();
    // An alarm of this tick, or the limiter, changes the rate or stops the pump in the next.
    if ((this.memory.faulty && this.running.is()) || this.rateInForce() != rate || this.guardWaits()) return 0;
    if (this.alarms.stops() && (this.running.is() || this.priming())) return 0;
    // So does a bolus that is to be cancelled, or was and has not been closed.
    if (this.bolus.active() && (this.bolus.cancelled.is() ? !inFlight : this.alarms.slows())) return 0;
    let ticks: i32 = none;
    const now: i32 = this.clock.now.get();
    if (inFlight) ticks = smaller(ticks, this.motor.idle(now));
    else if (this.attempts.get() > 0) {
      ticks = smaller(ticks, (this.motor.pulseTick.get() + PULSE_SPACING_TICKS - now - 1) | 0);
    }
    if (this.retrying.is()) ticks = smaller(ticks, (this.retryTick.get() - now - 1) | 0);
    if (this.periodic()) ticks = smaller(ticks, (this.nextDose.get() - now - 1) | 0);
    if (this.doses()) ticks = smaller(ticks, this.dose.idle(ticks));
    else if (rate > 0) {
      const rest: i32 = (RATE_TICKS_PER_PULSE - this.accumulator.get() - 1) | 0;
      ticks = smaller(ticks, ((rest - (rest % rate)) / rate) | 0);
    }
    return smaller(ticks, this.bolus.idle(none));
  }

  skip(ticks: i32): void {
    if (this.doses()) this.dose.skip(ticks);
    else this.accumulator.add((this.rate.get() * ticks) | 0);
    this.bolus.skip(ticks);
  }

  private minute(): void {
    this.motor.age(this.clock.now.get());
    // From the first pulse that showed nothing, not only from when eight of them were a stall.
    const still: bool = this.rateInForce() == 0 || this.motor.stalled.is() || this.motor.missesInRow.get() > 0;
    if (this.hasRun.is() && still && this.stillMinutes.get() < STILL_MINUTES_MAX) this.stillMinutes.add(1);
    if (((this.clock.now.get() - this.lastStart.get()) | 0) >= TICKS_PER_DAY) this.hasStarted.put(false);
    this.expireStarts();
    if (this.bridgeLeft.get() == 0 && !this.priming() && this.limiter.endRoom()) this.changed = true;
  }

  private begin(): void {
    if (!this.running.is()) {
      this.accumulator.set(0);
      this.forget();
      this.motor.mend();
      this.dose.start(0, 1);
      this.nextDose.set(this.clock.now.get());
    }
    this.running.put(true);
    this.hasRun.put(true);
    this.changed = true;
  }

  /** What every bolus needs; the reason that holds longest comes first. */
  private able(pulses: i32, selfTest: bool): i32 {
    if (!this.running.is()) return OUTCOME_STOPPED;
    if (this.rate.get() == 0 && this.program.mode.get() == MODE_STOPPED) return OUTCOME_STOPPED;
    if (((this.reservoir.estimate.get() - pulses) | 0) <= EMPTY_PULSES) return OUTCOME_EMPTY;
    if (this.alarms.critical() || this.memory.faulty) return OUTCOME_ALARM;
    if (selfTest || this.bolus.active() || this.bridgeLeft.get() > 0) return OUTCOME_BUSY;
    return OUTCOME_ACCEPTED;
  }

  /** Rate together with basal, then the look-ahead over every window. */
  private fits(pulses: i32, ticks: i32): i32 {
    if (ticks < 1 || pulses > ticks || ((pulses * PULSE_SPACING_TICKS) | 0) > ticks) return OUTCOME_OUT_OF_RANGE;
    const bolusRate: i32 = (mulDivUp(RATE_TICKS_PER_PULSE, pulses, ticks) - 1) | 0;
    const minutes: i32 = ((ticks - (ticks % TICKS_PER_MINUTE)) / TICKS_PER_MINUTE + 1) | 0;
    const basal: i32 = this.program.rateMax(this.clock.wall.get(), minutes);
    if (((basal + bolusRate) | 0) > RATE_FASTEST) return OUTCOME_OUT_OF_RANGE;
    const rest: i32 = this.dose.done() ? 0 : (this.dose.pulses.get() - this.dose.due.get()) | 0;
    const owed: i32 = (this.basalOwed.get() + rest + (this.motor.inFlight.is() ? 1 : 0)) | 0;
    if (!this.limiter.permits(pulses, ticks, owed, this.doseIn(), 0)) return OUTCOME_DOSE_LIMIT;
    // What was read on the way may have been found spoilt: then nothing is granted.
    return this.memory.faulty ? OUTCOME_ALARM : OUTCOME_ACCEPTED;
  }

  private settleMotor(): void {
    if (this.motor.proved) {
      const cause: i32 = this.cause.get();
      if (cause == CAUSE_BASAL || cause == CAUSE_BRIDGE) {
        if (this.basalOwed.get() > 0) this.basalOwed.add(-1);
      } else this.bolus.give();
      if (cause == CAUSE_BRIDGE) this.crossed(1);
      this.stillMinutes.set(0);
      this.retrying.put(false);
      this.stallBackoff.set(1);
      this.stallWait.set(1);
      this.attempts.set(this.motor.stalled.is() ? 0 : (this.basalOwed.get() + this.bolus.owed()) | 0);
    }
    if (this.motor.missed) this.settleMiss();
    if (this.motor.stallBegan) {
      this.log.event(EVENT_STALL_DETECTED, this.motor.missesInRow.get(), 0, 0);
      this.forget();
      this.stallWait.set(1);
      this.bolus.cancel();
    }
    if (this.motor.stallEnded) this.log.event(EVENT_STALL_RECOVERED, 0, 0, 0);
  }

  private settleMiss(): void {
    this.attempts.set(0);
    if (this.motor.stalled.is()) {
      const backoff: i32 = this.stallBackoff.get();
      this.stallBackoff.set(backoff < STALL_BACKOFF_MAX ? backoff << 1 : STALL_BACKOFF_MAX);
      this.stallWait.set(this.stallBackoff.get());
    } else if (this.bolus.owed() > 0) {
      this.retryTick.set((this.clock.now.get() + this.bolus.interval()) | 0);
      this.retrying.put(true);
    }
  }

  /** Pulses of the bridge were proved. */
  crossed(pulses: i32): void {
    if (this.bridgeLeft.get() == 0) return;
    this.bridgeLeft.add(-smaller(pulses, this.bridgeLeft.get()));
    if (this.bridgeLeft.get() == 0) this.closeBridge();
  }

  private beginBridge(oldConcentration: i32, oldRate: i32, pulses: i32): void {
    this.bridgeFrom.set(oldConcentration);
    this.bridgeRate.set(oldRate);
    this.bridgeLeft.set(pulses);
    this.bridgePulses.set(pulses);
    this.limiter.makeRoom(pulses);
    this.limiter.setGuard();
    this.schedule();
    this.changed = true;
    this.log.event(EVENT_BRIDGE_STARTED, pulses, this.asked.get(), 0);
  }

  private closeBridge(): void {
    const given: i32 = (this.bridgePulses.get() - this.bridgeLeft.get()) | 0;
    this.bridgeLeft.set(0);
    this.limiter.keepRoom();
    this.schedule();
    this.changed = true;
    this.log.event(EVENT_BRIDGE_FINISHED, given, 0, 0);
  }

  /** The guard's register may be lowered: what it was raised for is over, too. */
  private guardWaits(): bool {
    return this.limiter.guardWaits() && !this.priming() && this.bridgeLeft.get() == 0;
  }

  /** Every rate of `next` with the old drug in the path is one that the pump has: the same drug, no periodic doses. */
  private bridgeable(next: Program, oldConcentration: i32): bool {
    const mode: i32 = next.mode.get();
    if (mode != MODE_CONTINUOUS && mode != MODE_FLEX) return false;
    const concentration: i32 = next.concentrations.get(0);
    // Beyond a hundredfold change nothing is a bridge, and the product would not fit.
    if (concentration > ((oldConcentration * 100) | 0)) return false;
    // A day that only rests would never give it.
    return (
      next.rateMax(this.clock.wall.get(), MINUTES_PER_DAY) > RATE_MINIMUM &&
      next.scales(concentration, oldConcentration)
    );
  }

  private rateInForce(): i32 {
    if (!this.running.is() || this.priming()) return 0;
    const rate: i32 = this.asked.get();
    if (!this.limited.is() && !this.alarms.slows()) return rate;
    return rate > RATE_MINIMUM || this.program.mode.get() == MODE_PERIODIC ? RATE_MINIMUM : rate;
  }

  /** Finds the rate that is asked for: after whatever changes it. */
  schedule(): void {
    const asked: i32 = this.rateAsked();
    if (asked == this.asked.get()) return;
    this.asked.set(asked);
    this.changed = true;
  }

  private rateAsked(): i32 {
    if (this.program.mode.get() == MODE_PERIODIC) return this.dose.done() ? 0 : this.program.doseRate();
    const rate: i32 = this.program.rateAt(this.clock.wall.get());
    if (this.bridgeLeft.get() == 0) return rate;
    if (this.bridgeRate.get() > 0) return this.bridgeRate.get();
    const from: i32 = this.bridgeFrom.get();
    if (from < 1 || rate <= RATE_MINIMUM) return rate;
    return smaller(RATE_FASTEST, mulDiv(rate, this.program.concentrations.get(0), from));
  }

  /** Doses of periodic mode fall due. */
  private periodic(): bool {
    return this.program.mode.get() == MODE_PERIODIC && this.running.is() && !this.priming();
  }

  /** Basal comes in doses now, not at a rate. */
  private doses(): bool {
    return this.periodic() && !this.limited.is() && !this.alarms.slows();
  }

  private setRate(rate: i32): void {
    if (this.rate.get() == rate) return;
    this.rate.set(rate);
    this.changed = true;
    this.log.event(EVENT_BASAL_RATE, rate, 0, 0);
  }

  private accrue(): void {
    if (this.periodic()) this.accrueDose();
    if (!this.doses()) {
      const sum: i32 = (this.accumulator.get() + this.rate.get()) | 0;
      this.accumulator.set(sum < RATE_TICKS_PER_PULSE ? sum : (sum - RATE_TICKS_PER_PULSE) | 0);
      if (sum >= RATE_TICKS_PER_PULSE) this.fallDue();
    }
    if (this.bolus.accrue()) this.attempts.add(1);
    if (this.retrying.is() && ((this.clock.now.get() - this.retryTick.get()) | 0) >= 0) {
      this.retrying.put(false);
      this.attempts.add(1);
    }
  }

  /** A dose that falls into a time at the minimum rate is not given nor made up. */
  private accrueDose(): void {
    const due: bool = ((this.clock.now.get() - this.nextDose.get()) | 0) >= 0;
    const dosing: bool = this.doses();
    if (due) this.nextDose.add(this.program.doseEveryTicks.get());
    if (due && dosing) {
      // The last pulse of one dose may fall due with the beginning of the next.
      if (this.dose.accrue()) this.fallDue();
      this.accumulator.set(0);
      this.dose.start(this.program.dosePulses.get(), this.program.doseTicks.get());
    } else if (!dosing && !this.dose.done()) this.dose.start(0, 1);
    else if (!dosing || !this.dose.accrue()) return;
    else this.fallDue();
    this.schedule();
    this.setRate(this.rateInForce());
  }

  /** Ticks until the next dose of periodic mode begins. */
  private doseIn(): i32 {
    const ticks: i32 = (this.nextDose.get() - this.clock.now.get()) | 0;
    return ticks > 0 ? ticks : 0;
  }

  private fallDue(): void {
    if (!this.motor.stalled.is()) {
      this.basalOwed.add(1);
      this.attempts.add(1);
      return;
    }
    this.basalOwed.set(1);
    this.stallWait.add(-1);
    if (this.stallWait.get() <= 0) this.attempts.set(1);
  }

  private dispense(): void {
    if (this.attempts.get() == 0 || !this.motor.ready(this.clock.now.get())) return;
    this.attempts.add(-1);
    const forBolus: bool = this.bolus.owed() > 0;
    if (!forBolus && this.basalOwed.get() == 0) return;
    if (!this.limiter.allows()) {
      this.withhold();
      return;
    }
    const basal: i32 = this.bridgeLeft.get() > 0 ? CAUSE_BRIDGE : CAUSE_BASAL;
    const cause: i32 = forBolus ? this.bolus.cause.get() : basal;
    // The store must know whose the pulse is: the rotor may turn while the controller hangs (PTB-4).
    if (this.cause.get() != cause) this.causeChanged = true;
    this.cause.set(cause);
    this.hal.trace.publish(CHANNEL_CAUSE, cause);
    this.motor.pulse(this.clock.now.get());
  }

  /** LIM-3: the pulse that would cross is not given, nor made up. */
  private withhold(): void {
    this.forget();
    this.bolus.cancel();
    if (this.limited.is()) return;
    this.limited.put(true);
    this.changed = true;
    this.log.event(EVENT_LIMIT_REACHED, this.limiter.fullWindow(), 0, 0);
  }

  private forget(): void {
    this.basalOwed.set(0);
    this.attempts.set(0);
    this.retrying.put(false);
  }

  private expireStarts(): void {
    for (let i: i32 = 0; i < CAP_PER_24H_MAX; i = (i + 1) | 0) {
      if (this.startsCount.get() == 0) return;
      const age: i32 = (this.clock.now.get() - this.starts.get(this.startsHead.get())) | 0;
      if (age < TICKS_PER_DAY) return;
      this.startsHead.set((this.startsHead.get() + 1) % CAP_PER_24H_MAX);
      this.startsCount.add(-1);
    }
  }
}

export function smaller(a: i32, b: i32): i32 {
  return a < b ? a : b;
}
