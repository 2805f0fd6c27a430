// The reference controller: what would be flashed. `tick` reads as a list, from what is sensed to what is kicked; no step
// calls back up. All state is integers, booleans and typed arrays in the parts below, built once; what outlives a tick is
// kept twice (twin.ts), what must outlive a reset lies in the store.

import {
  ALARM_CLOCK_FAULT,
  ALARM_DOSE_GUARD,
  ALARM_DOSE_LIMIT,
  ALARM_EMPTY_RESERVOIR,
  ALARM_EOS,
  ALARM_ERI,
  ALARM_LOW_BATTERY_RESET,
  ALARM_LOW_RESERVOIR,
  ALARM_MEMORY_FAULT,
  ALARM_MOTOR_REVERSE,
  ALARM_MOTOR_RUNAWAY,
  ALARM_MOTOR_STALL,
  ALARM_PROGRAM_INVALID,
  ALARM_REFILL_OVERDUE,
  ALARM_SECURITY,
  ALARM_SELF_TEST_FAILED,
  ALARM_SENSOR_FAULT,
  ALARM_TRIAL_EXPIRED,
  ALARM_TUBE_SET,
  ALARM_VOLUME_MISMATCH,
} from "../hal/alarms";
import { Controller } from "../hal/controller";
import { Hal } from "../hal/hal";
import { RESET_BROWNOUT, RESET_POWER_ON } from "../hal/reset";
import { LIFE_IN_SERVICE } from "../hal/telemetry";
import {
  CHANNELS,
  CHANNEL_ALARMS,
  CHANNEL_ESTIMATE,
  CHANNEL_INTENDED,
  CHANNEL_LIFE,
  CHANNEL_LIMIT0,
  CHANNEL_LIMIT1,
  CHANNEL_MODE,
  CHANNEL_RATE,
  CHANNEL_WINDOW0,
  CHANNEL_WINDOW1,
  EVENT_BOOT,
} from "../hal/trace";
import { LEAP_TICKS_MAX } from "../hal/units";
import { Commands } from "./commands";
import { Pump } from "./pump";
import { SELF_TEST_MEMORY, SELF_TEST_PROGRAM, SELF_TEST_STORE } from "./self-test";
import { Store } from "./store";
import { smaller } from "./therapy";
import { Twin } from "./twin";

/** 48 h stopped or stalled and the tube may have taken a set (MOT-5). */
const TUBE_SET_MINUTES: i32 = 2880;
/** Causes that hold for the tick in which they were found, a bit for each alarm. */
const PASSING: i32 =
  (1 << ALARM_CLOCK_FAULT) | (1 << ALARM_MOTOR_REVERSE) | (1 << ALARM_MOTOR_RUNAWAY) | (1 << ALARM_LOW_BATTERY_RESET);

export class PumpController extends Pump {
  store: Store = new Store(this);
  commands: Commands = new Commands(this, this.store);
  resetCause: Twin = new Twin(this.memory, RESET_POWER_ON);
  /** From boot to the end of the tick that follows at once. */
  firstTick: bool = false;
  /** As the dose guard last said. */
  guardTripped: bool = false;
  /** A cause was stated that holds for one tick. */
  passing: bool = false;
  /** What each trace channel was last told. */
  published: Int32Array = new Int32Array(CHANNELS);

  boot(): void {
    for (let channel: i32 = 0; channel < CHANNELS; channel = (channel + 1) | 0) this.hal.trace.publish(channel, 0);
    this.resetCause.set(this.hal.reset.cause() | 0);
    this.firstTick = true;
    this.motor.boot();
    this.clock.boot();
    this.reservoir.boot();
    this.store.boot();
    this.life.restarted();
    this.motor.hold(this.clock.now.get());
    this.selfTest.start(false);
    this.log.event(EVENT_BOOT, this.resetCause.get(), 0, 0);
  }

  tick(): void {
    this.clock.tick();
    this.motor.sense(this.clock.now.get());
    this.limiter.tick(this.motor.credited, this.clock.minuteEdge);
    this.reservoir.tick(this.motor.credited, this.clock.minuteEdge);
    const testing: bool = this.selfTest.running.is();
    if (testing) this.selfTest.tick(this.selfTest.begins() ? this.found() : 0, this.clock.minute.get());
    this.telemetry.receive();
    this.session.tick();
    this.commands.tick();
    this.therapy.tick(this.selfTest.running.is());
    if (this.clock.minuteEdge) this.minute();
    const stirred: bool = this.stirred() || testing;
    if (stirred) this.follow();
    if (stirred) this.weigh();
    this.alarms.tick(this.clock.now.get(), this.clock.minute.get(), this.clock.minuteEdge);
    if (stirred) this.store.tick(this.pulsed(), this.ordersChanged(), this.chartChanged());
    this.telemetry.transmit();
    if (stirred || this.limiter.changed) this.publish();
    if (stirred || this.limiter.changed) this.settle();
    if (!this.commands.restarting.is()) this.hal.watchdog.kick();
  }

  idle(): i32 {
    // What holds for one tick only must be seen to end: the next tick is executed.
    if (this.selfTest.running.is() || this.telemetry.busy() || this.motor.stirred() || this.clock.wrong) return 0;
    if (this.commands.restarting.is() || this.life.purging.is()) return 0;
    // Found after this tick's alarms were weighed: the next one raises it.
    if (this.memory.faulty && !this.alarms.isActive(ALARM_MEMORY_FAULT)) return 0;
    let ticks: i32 = smaller(LEAP_TICKS_MAX, this.clock.idle());
    ticks = this.therapy.idle(ticks);
    ticks = smaller(ticks, this.alarms.idle(this.clock.now.get(), ticks));
    ticks = this.limiter.idle(ticks, this.therapy.limited.is());
    return ticks > 0 ? ticks : 0;
  }

  skip(ticks: i32): void {
    this.clock.skip(ticks);
    this.limiter.skip(ticks);
    this.therapy.skip(ticks);
  }

  private minute(): void {
    this.life.minute();
    this.session.minute();
    const free: bool = !this.therapy.bolus.active() && !this.motor.inFlight.is() && !this.selfTest.running.is();
    if (free && this.selfTest.due(this.clock.minute.get())) this.selfTest.start(true);
  }

  /**
   * False in a tick like most: time passed, and nothing else that is kept or a cause of alarm can have changed. What says so
   * is computed anew in every tick; each minute's edge stirs, whatever else does not.
   */
  private stirred(): bool {
    const guardTripped: bool = this.hal.guard.tripped();
    const guardChanged: bool = guardTripped != this.guardTripped;
    this.guardTripped = guardTripped;
    if (this.clock.minuteEdge || this.clock.wrong || this.clock.wallChanged || this.firstTick) return true;
    if (this.passing || this.pulsed() || this.telemetry.hasFrame || guardChanged || this.memory.faulty) return true;
    return this.therapy.changed || this.therapy.bolus.changed;
  }

  /** Tells the alarms what holds; of a cause that passes with its tick the next one sees the end. */
  private weigh(): void {
    const holding: i32 = this.causes();
    this.passing = (holding & PASSING) != 0;
    this.alarms.causes(holding);
  }

  /** What one part's news means for another's. */
  private follow(): void {
    if (this.therapy.running.is()) this.life.ran();
    if (this.life.purging.is() && !this.therapy.bolus.active()) this.life.purged(this.therapy.bolus.given.get());
  }

  /** SELF_TEST_ bits of what the self-test cannot see from the board. */
  private found(): i32 {
    let found: i32 = 0;
    if (!this.store.own.is() || this.store.lost) found = found | SELF_TEST_STORE;
    if (!this.store.repairProgram()) found = found | SELF_TEST_PROGRAM;
    if (this.memory.faulty || !this.store.records.testBuffer()) found = found | SELF_TEST_MEMORY;
    return found;
  }

  /** Bit n of the result is set while the cause of alarm n holds. A pump that has left its patient has none. */
  private causes(): i32 {
    if (this.life.explanted()) return 0;
    const first: bool = this.firstTick;
    const programmed: bool = this.program.valid.is();
    const inService: bool = this.life.state.get() == LIFE_IN_SERVICE;
    return (
      bit(ALARM_LOW_RESERVOIR, programmed && this.reservoir.isLow(this.program.lowPulses.get())) |
      bit(ALARM_EMPTY_RESERVOIR, programmed && this.reservoir.isEmpty()) |
      bit(ALARM_VOLUME_MISMATCH, this.reservoir.mismatch()) |
      bit(ALARM_MOTOR_STALL, this.motor.stalled.is()) |
      bit(ALARM_MOTOR_REVERSE, this.motor.reversed) |
      bit(ALARM_MOTOR_RUNAWAY, this.motor.ranAway || (first && this.store.strayed)) |
      bit(ALARM_TUBE_SET, this.therapy.stillMinutes.get() > TUBE_SET_MINUTES) |
      bit(ALARM_DOSE_LIMIT, this.therapy.limited.is()) |
      bit(ALARM_DOSE_GUARD, this.guardTripped) |
      bit(ALARM_LOW_BATTERY_RESET, first && this.resetCause.get() == RESET_BROWNOUT) |
      bit(ALARM_PROGRAM_INVALID, inService && !programmed) |
      bit(ALARM_SELF_TEST_FAILED, this.selfTest.failed.is()) |
      bit(ALARM_CLOCK_FAULT, this.clock.wrong) |
      bit(ALARM_SENSOR_FAULT, this.reservoir.sensorFault()) |
      bit(ALARM_MEMORY_FAULT, this.memory.faulty || this.store.halted.is()) |
      bit(ALARM_ERI, this.life.eriFound.is()) |
      bit(ALARM_EOS, this.life.eosFound.is()) |
      bit(ALARM_SECURITY, this.usage.attacked()) |
      bit(ALARM_REFILL_OVERDUE, programmed && this.life.refillOverdue(this.program.refillDays.get())) |
      bit(ALARM_TRIAL_EXPIRED, this.life.trialExpired())
    );
  }

  /** The rotor moved or failed to, or a pulse began that the store would take for another's. */
  private pulsed(): bool {
    return this.motor.stirred() || this.therapy.causeChanged;
  }

  private ordersChanged(): bool {
    return this.commands.acted || this.therapy.changed || this.therapy.bolus.changed;
  }

  private chartChanged(): bool {
    return this.commands.acted || this.session.changed || this.alarms.changed || this.life.changed;
  }

  /** What holds for one tick is over. */
  private settle(): void {
    this.firstTick = false;
    this.limiter.changed = false;
    this.therapy.changed = false;
    this.therapy.causeChanged = false;
    this.therapy.bolus.changed = false;
    this.alarms.changed = false;
    this.life.changed = false;
    this.session.changed = false;
  }

  /** Tells the trace what this tick changed; after a command or a restart, everything. */
  private publish(): void {
    const all: bool = this.firstTick || this.telemetry.hasFrame;
    const therapy: bool = all || this.therapy.changed || this.therapy.bolus.changed;
    const credited: bool = this.motor.credited > 0;
    if (therapy) this.publishTherapy();
    if (all || credited) this.publishOne(CHANNEL_ESTIMATE, this.reservoir.estimate.get());
    if (therapy || credited || this.limiter.changed) this.publishWindows();
    if (all || this.alarms.changed) this.publishOne(CHANNEL_ALARMS, this.alarms.active.get());
    if (all || this.life.changed) this.publishOne(CHANNEL_LIFE, this.life.state.get());
  }

  private publishTherapy(): void {
    this.publishOne(CHANNEL_RATE, this.therapy.rate.get());
    this.publishOne(CHANNEL_INTENDED, this.therapy.intended());
    this.publishOne(CHANNEL_MODE, this.therapy.mode());
  }

  private publishWindows(): void {
    const limits: i32 = this.program.limits.get();
    this.publishOne(CHANNEL_WINDOW0, limits > 0 ? this.limiter.count.get(0) : 0);
    this.publishOne(CHANNEL_WINDOW1, limits > 1 ? this.limiter.count.get(1) : 0);
    this.publishOne(CHANNEL_LIMIT0, limits > 0 ? this.limiter.limitOf(0) : 0);
    this.publishOne(CHANNEL_LIMIT1, limits > 1 ? this.limiter.limitOf(1) : 0);
  }

  private publishOne(channel: i32, value: i32): void {
    if (this.published[channel] == value) return;
    this.published[channel] = value;
    this.hal.trace.publish(channel, value);
  }
}

function bit(alarm: i32, holds: bool): i32 {
  return holds ? 1 << alarm : 0;
}

/** The controller contract's factory. */
export function createController(hal: Hal): Controller {
  return new PumpController(hal);
}
