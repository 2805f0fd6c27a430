// What is delivered and when: the basal rate in force, the bolus, and the lockout and cap of the patient's bolus. A rate
// becomes pulses through an accumulator that keeps its remainder, so after any time pulses fired and rate x time differ by
// less than one pulse (THR-2). What falls due is owed until the encoder shows it; the limiter has the last word on each
// pulse, and the motor's pace decides when it starts. After a miss the next attempt waits for the next pulse that falls
// due, so a stall is found at the programmed pace; what fell due during a stall is not made up (MOT-2).

import { Hal } from "../hal/hal";
import {
  CAP_PER_24H_MOST,
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
} from "../hal/telemetry";
import {
  CAUSE_BASAL,
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_NONE,
  CAUSE_PATIENT_BOLUS,
  CHANNEL_CAUSE,
  EVENT_BASAL_RATE,
  EVENT_LIMIT_REACHED,
  EVENT_STALL_DETECTED,
  EVENT_STALL_RECOVERED,
  EVENT_STARTED,
  EVENT_STOPPED,
  MODE_MINIMUM,
  MODE_NOT_PROGRAMMED,
  MODE_STOPPED,
} from "../hal/trace";
import { PULSE_SPACING_TICKS, RATE_FASTEST, RATE_MINIMUM, RATE_TICKS_PER_PULSE, TICKS_PER_DAY } from "../hal/units";
import { Alarms } from "./alarms";
import { Bolus } from "./bolus";
import { Clock } from "./clock";
import { Limiter } from "./limiter";
import { mulDivUp } from "./mul-div";
import { Motor } from "./motor";
import { Program } from "./program";
import { EMPTY_PULSES, Reservoir } from "./reservoir";

/** In a stall, attempts are made at every due pulse, then every second, then every fourth. */
const STALL_BACKOFF_MOST: i32 = 4;

export class Therapy {
  hal: Hal;
  clock: Clock;
  motor: Motor;
  reservoir: Reservoir;
  limiter: Limiter;
  alarms: Alarms;
  program: Program;
  bolus: Bolus;

  running: bool = false;
  /** True from the first start after boot: a pump on the shelf sets no tube. */
  hasRun: bool = false;
  /** Basal rate in force, 0.01 uL/day. */
  rate: i32 = 0;
  accumulator: i32 = 0;
  basalOwed: i32 = 0;
  /** Attempts that may be made now, at most what is owed. */
  attempts: i32 = 0;
  /** Cause of the pulse in flight. */
  cause: i32 = CAUSE_NONE;
  limited: bool = false;
  stallBackoff: i32 = 1;
  stallWait: i32 = 0;
  /** When a bolus is to be tried again after a miss, while `retrying`. */
  retryTick: i32 = 0;
  retrying: bool = false;
  /** A patient bolus was accepted within the last day, the longest lockout there is; and when. */
  hasStarted: bool = false;
  lastStart: i32 = 0;
  /** Ticks of the accepted patient boluses of the last 24 h, a ring. */
  starts: Int32Array = new Int32Array(CAP_PER_24H_MOST);
  startsHead: i32 = 0;
  startsCount: i32 = 0;
  /** Minutes stopped or stalled since the rotor last turned. */
  stillMinutes: i32 = 0;

  constructor(
    hal: Hal,
    clock: Clock,
    motor: Motor,
    reservoir: Reservoir,
    limiter: Limiter,
    alarms: Alarms,
    program: Program,
  ) {
    this.hal = hal;
    this.clock = clock;
    this.motor = motor;
    this.reservoir = reservoir;
    this.limiter = limiter;
    this.alarms = alarms;
    this.program = program;
    this.bolus = new Bolus(hal);
  }

  /** MODE_ for the outside: what the pump does, not what it was told. */
  mode(): i32 {
    if (!this.program.valid) return MODE_NOT_PROGRAMMED;
    if (!this.running || this.rate == 0) return MODE_STOPPED;
    return this.rate == RATE_MINIMUM ? MODE_MINIMUM : this.program.mode;
  }

  /** A program was committed: the bolus of the old one ends, and the new basal starts unless an alarm forbids it. */
  adopt(): void {
    this.bolus.cancel();
    this.limited = false;
    if (this.alarms.stops) return;
    this.begin();
  }

  /** OUTCOME_ of a clinician's start. */
  start(): i32 {
    if (!this.program.valid) return OUTCOME_NOT_PROGRAMMED;
    if (this.alarms.stops) return OUTCOME_ALARM;
    if (this.running) return OUTCOME_ACCEPTED;
    this.begin();
    this.hal.trace.event(EVENT_STARTED, 0, 0, 0);
    return OUTCOME_ACCEPTED;
  }

  /** A clinician's stop, or that of an alarm: nothing more is owed; the pulse in flight finishes unless power is cut. */
  stop(byAlarm: bool): void {
    if (!this.running) return;
    this.running = false;
    this.accumulator = 0;
    this.forget();
    this.bolus.cancel();
    this.hal.trace.event(EVENT_STOPPED, byAlarm ? 1 : 0, 0, 0);
  }

  /** OUTCOME_ of a patient's request (PTB-1 to PTB-3). */
  requestPatient(selfTest: bool): i32 {
    const program: Program = this.program;
    if (!program.valid || program.capPerDay == 0) return OUTCOME_NOT_PROGRAMMED;
    const able: i32 = this.able(program.bolusPulses, selfTest);
    if (able != OUTCOME_ACCEPTED) return able;
    // The lockout in force is that of the program in force, also for a bolus under the one before it.
    if (this.hasStarted && ((this.clock.now - this.lastStart) | 0) < program.lockoutTicks) return OUTCOME_LOCKOUT;
    this.expireStarts();
    if (!this.limiter.knowsDay() || this.startsCount >= program.capPerDay) return OUTCOME_PER_24H;
    const fits: i32 = this.fits(program.bolusPulses, program.bolusTicks);
    if (fits != OUTCOME_ACCEPTED) return fits;
    this.hasStarted = true;
    this.lastStart = this.clock.now;
    this.starts[(this.startsHead + this.startsCount) % CAP_PER_24H_MOST] = this.clock.now;
    this.startsCount = (this.startsCount + 1) | 0;
    this.bolus.start(CAUSE_PATIENT_BOLUS, program.bolusPulses, program.bolusTicks);
    return OUTCOME_ACCEPTED;
  }

  /** OUTCOME_ of a clinician's single bolus of `pulses` over `ticks`. */
  requestClinician(pulses: i32, ticks: i32, selfTest: bool): i32 {
    if (!this.program.valid) return OUTCOME_NOT_PROGRAMMED;
    if (pulses < 1 || ticks < 1) return OUTCOME_OUT_OF_RANGE;
    const able: i32 = this.able(pulses, selfTest);
    if (able != OUTCOME_ACCEPTED) return able;
    const fits: i32 = this.fits(pulses, ticks);
    if (fits == OUTCOME_ACCEPTED) this.bolus.start(CAUSE_CLINICIAN_BOLUS, pulses, ticks);
    return fits;
  }

  /** Settles what the motor did, lets time pass for all accumulators, and fires what is due and allowed. */
  tick(selfTest: bool): void {
    this.settleMotor();
    if (this.alarms.stops) this.stop(true);
    // Empty, or at a limit: what is left is for the minimum rate (RES-3).
    if (this.alarms.slows) this.bolus.cancel();
    if (this.limited && this.limiter.hasRoom()) this.limited = false;
    this.setRate(this.rateInForce());
    this.accrue();
    this.bolus.settle(this.motor.inFlight);
    if (this.running && !selfTest) this.dispense();
    if (!this.running) this.motor.rest();
    if (this.clock.minuteEdge) this.minute();
  }

  /** Ticks until something falls due by itself. */
  idle(none: i32): i32 {
    // An alarm of this tick, or the limiter, changes the rate or stops the pump in the next.
    if (this.rateInForce() != this.rate || (this.running && this.alarms.stops)) return 0;
    // So does a bolus that is to be cancelled, or was and has not been closed.
    if (this.bolus.active() && (this.bolus.cancelled ? !this.motor.inFlight : this.alarms.slows)) return 0;
    let ticks: i32 = none;
    const now: i32 = this.clock.now;
    if (this.motor.inFlight) ticks = least(ticks, this.motor.idle(now));
    else if (this.attempts > 0) ticks = least(ticks, (this.motor.pulseTick + PULSE_SPACING_TICKS - now - 1) | 0);
    if (this.retrying) ticks = least(ticks, (this.retryTick - now - 1) | 0);
    if (this.rate > 0) {
      const rest: i32 = (RATE_TICKS_PER_PULSE - this.accumulator - 1) | 0;
      ticks = least(ticks, ((rest - (rest % this.rate)) / this.rate) | 0);
    }
    return least(ticks, this.bolus.idle(none));
  }

  skip(ticks: i32): void {
    this.accumulator = (this.accumulator + ((this.rate * ticks) | 0)) | 0;
    this.bolus.skip(ticks);
  }

  private begin(): void {
    if (!this.running) {
      this.accumulator = 0;
      this.forget();
      this.motor.mend();
    }
    this.running = true;
    this.hasRun = true;
  }

  /** What every bolus needs; the reason that holds longest comes first. */
  private able(pulses: i32, selfTest: bool): i32 {
    if (!this.running || this.rate == 0) return OUTCOME_STOPPED;
    if (((this.reservoir.estimate - pulses) | 0) <= EMPTY_PULSES) return OUTCOME_EMPTY;
    if (this.alarms.critical) return OUTCOME_ALARM;
    if (selfTest || this.bolus.active()) return OUTCOME_BUSY;
    return OUTCOME_ACCEPTED;
  }

  /** Rate together with basal, then the look-ahead over every window. */
  private fits(pulses: i32, ticks: i32): i32 {
    if (pulses > ticks || ((pulses * PULSE_SPACING_TICKS) | 0) > ticks) return OUTCOME_OUT_OF_RANGE;
    const bolusRate: i32 = (mulDivUp(RATE_TICKS_PER_PULSE, pulses, ticks) - 1) | 0;
    if (((this.program.rate + bolusRate) | 0) > RATE_FASTEST) return OUTCOME_OUT_OF_RANGE;
    const owed: i32 = (this.basalOwed + (this.motor.inFlight ? 1 : 0)) | 0;
    return this.limiter.permits(pulses, ticks, this.program.rate, owed) ? OUTCOME_ACCEPTED : OUTCOME_DOSE_LIMIT;
  }

  private settleMotor(): void {
    if (this.motor.proved) {
      if (this.cause == CAUSE_BASAL) this.basalOwed = this.basalOwed > 0 ? (this.basalOwed - 1) | 0 : 0;
      else this.bolus.give();
      this.stillMinutes = 0;
      this.retrying = false;
      this.stallBackoff = 1;
      this.stallWait = 1;
      this.attempts = this.motor.stalled ? 0 : (this.basalOwed + this.bolus.owed()) | 0;
    }
    if (this.motor.missed) this.settleMiss();
    if (this.motor.stallBegan) {
      this.hal.trace.event(EVENT_STALL_DETECTED, this.motor.missesInRow, 0, 0);
      this.forget();
      this.stallWait = 1;
      this.bolus.cancel();
    }
    if (this.motor.stallEnded) this.hal.trace.event(EVENT_STALL_RECOVERED, 0, 0, 0);
  }

  private settleMiss(): void {
    this.attempts = 0;
    if (this.motor.stalled) {
      this.stallBackoff = this.stallBackoff < STALL_BACKOFF_MOST ? this.stallBackoff << 1 : STALL_BACKOFF_MOST;
      this.stallWait = this.stallBackoff;
    } else if (this.bolus.owed() > 0) {
      const interval: i32 = ((this.bolus.ticks - (this.bolus.ticks % this.bolus.pulses)) / this.bolus.pulses) | 0;
      this.retryTick = (this.clock.now + interval) | 0;
      this.retrying = true;
    }
  }

  private rateInForce(): i32 {
    if (!this.running) return 0;
    return this.program.rate > RATE_MINIMUM && (this.limited || this.alarms.slows) ? RATE_MINIMUM : this.program.rate;
  }

  private setRate(rate: i32): void {
    if (this.rate == rate) return;
    this.rate = rate;
    this.hal.trace.event(EVENT_BASAL_RATE, rate, 0, 0);
  }

  private accrue(): void {
    this.accumulator = (this.accumulator + this.rate) | 0;
    if (this.accumulator >= RATE_TICKS_PER_PULSE) {
      this.accumulator = (this.accumulator - RATE_TICKS_PER_PULSE) | 0;
      this.fallDue();
    }
    if (this.bolus.accrue()) this.attempts = (this.attempts + 1) | 0;
    if (this.retrying && ((this.clock.now - this.retryTick) | 0) >= 0) {
      this.retrying = false;
      this.attempts = (this.attempts + 1) | 0;
    }
  }

  private fallDue(): void {
    if (!this.motor.stalled) {
      this.basalOwed = (this.basalOwed + 1) | 0;
      this.attempts = (this.attempts + 1) | 0;
      return;
    }
    this.basalOwed = 1;
    this.stallWait = (this.stallWait - 1) | 0;
    if (this.stallWait <= 0) this.attempts = 1;
  }

  private dispense(): void {
    if (this.attempts == 0 || !this.motor.ready(this.clock.now)) return;
    this.attempts = (this.attempts - 1) | 0;
    const forBolus: bool = this.bolus.owed() > 0;
    if (!forBolus && this.basalOwed == 0) return;
    if (!this.limiter.allows()) {
      this.withhold();
      return;
    }
    this.cause = forBolus ? this.bolus.cause : CAUSE_BASAL;
    this.hal.trace.publish(CHANNEL_CAUSE, this.cause);
    this.motor.pulse(this.clock.now);
  }

  /** LIM-3: the pulse that would cross is not given, nor made up. */
  private withhold(): void {
    this.forget();
    this.bolus.cancel();
    if (this.limited) return;
    this.limited = true;
    this.hal.trace.event(EVENT_LIMIT_REACHED, this.limiter.fullWindow(), 0, 0);
  }

  private forget(): void {
    this.basalOwed = 0;
    this.attempts = 0;
    this.retrying = false;
  }

  private minute(): void {
    this.motor.age(this.clock.now);
    if (this.hasRun && (!this.running || this.rate == 0 || this.motor.stalled)) {
      this.stillMinutes = (this.stillMinutes + 1) | 0;
    }
    if (((this.clock.now - this.lastStart) | 0) >= TICKS_PER_DAY) this.hasStarted = false;
    this.expireStarts();
  }

  private expireStarts(): void {
    for (let i: i32 = 0; i < CAP_PER_24H_MOST; i = (i + 1) | 0) {
      if (this.startsCount == 0) return;
      if (((this.clock.now - this.starts[this.startsHead]) | 0) < TICKS_PER_DAY) return;
      this.startsHead = ((this.startsHead + 1) % CAP_PER_24H_MOST) | 0;
      this.startsCount = (this.startsCount - 1) | 0;
    }
  }
}

export function least(a: i32, b: i32): i32 {
  return a < b ? a : b;
}
