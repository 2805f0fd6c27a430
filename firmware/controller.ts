// The reference controller: what would be flashed. `tick` reads as a list, from what is sensed to what is kicked; no step
// calls back up. All state is integers, booleans and typed arrays in the parts below, built once. The store of program
// and windows, sessions and signatures, and the clock-driven modes take their places in the same list.

import {
  ALARM_CLOCK_FAULT,
  ALARM_DOSE_GUARD,
  ALARM_DOSE_LIMIT,
  ALARM_EMPTY_RESERVOIR,
  ALARM_LOW_BATTERY_RESET,
  ALARM_LOW_RESERVOIR,
  ALARM_MOTOR_REVERSE,
  ALARM_MOTOR_RUNAWAY,
  ALARM_MOTOR_STALL,
  ALARM_PROGRAM_INVALID,
  ALARM_SELF_TEST_FAILED,
  ALARM_SENSOR_FAULT,
  ALARM_TUBE_SET,
  ALARM_VOLUME_MISMATCH,
} from "../hal/alarms";
import { Controller } from "../hal/controller";
import { Hal } from "../hal/hal";
import { RESET_BROWNOUT, RESET_POWER_ON } from "../hal/reset";
import {
  CHANNEL_ALARMS,
  CHANNEL_ESTIMATE,
  CHANNEL_LIMIT0,
  CHANNEL_LIMIT1,
  CHANNEL_MODE,
  CHANNEL_RATE,
  CHANNEL_WINDOW0,
  CHANNEL_WINDOW1,
  CHANNELS,
  EVENT_BOOT,
} from "../hal/trace";
import { LEAP_TICKS_MOST } from "../hal/units";
import { Alarms } from "./alarms";
import { Clock } from "./clock";
import { Commands } from "./commands";
import { Limiter } from "./limiter";
import { Motor } from "./motor";
import { Program } from "./program";
import { Reservoir } from "./reservoir";
import { SelfTest } from "./self-test";
import { Telemetry } from "./telemetry";
import { least, Therapy } from "./therapy";

/** 48 h stopped or stalled and the tube may have taken a set (MOT-5). */
const TUBE_SET_MINUTES: i32 = 2880;

export class PumpController extends Controller {
  hal: Hal;
  clock: Clock;
  program: Program;
  motor: Motor;
  reservoir: Reservoir;
  limiter: Limiter;
  alarms: Alarms;
  therapy: Therapy;
  selfTest: SelfTest;
  telemetry: Telemetry;
  commands: Commands;
  resetCause: i32 = RESET_POWER_ON;
  /** What each trace channel was last told. */
  published: Int32Array = new Int32Array(CHANNELS);

  constructor(hal: Hal) {
    super();
    const clock: Clock = new Clock(hal);
    const program: Program = new Program();
    const motor: Motor = new Motor(hal);
    const reservoir: Reservoir = new Reservoir(hal);
    const limiter: Limiter = new Limiter(program);
    const alarms: Alarms = new Alarms(hal);
    const therapy: Therapy = new Therapy(hal, clock, motor, reservoir, limiter, alarms, program);
    const selfTest: SelfTest = new SelfTest(hal);
    const telemetry: Telemetry = new Telemetry(hal);
    this.hal = hal;
    this.clock = clock;
    this.program = program;
    this.motor = motor;
    this.reservoir = reservoir;
    this.limiter = limiter;
    this.alarms = alarms;
    this.therapy = therapy;
    this.selfTest = selfTest;
    this.telemetry = telemetry;
    this.commands = new Commands(hal, telemetry, clock, motor, reservoir, limiter, alarms, program, therapy, selfTest);
  }

  boot(): void {
    this.resetCause = this.hal.reset.cause() | 0;
    this.clock.boot();
    this.motor.boot();
    this.reservoir.boot();
    this.limiter.boot(this.resetCause == RESET_POWER_ON);
    this.selfTest.start();
    for (let channel: i32 = 0; channel < CHANNELS; channel = (channel + 1) | 0) this.hal.trace.publish(channel, 0);
    this.hal.trace.event(EVENT_BOOT, this.resetCause, 0, 0);
  }

  tick(): void {
    this.clock.tick();
    this.motor.sense(this.clock.now);
    this.limiter.tick(this.motor.credited);
    this.reservoir.tick(this.motor.credited, this.clock.minuteEdge, this.program.valid, this.program.lowPulses);
    this.selfTest.tick();
    this.telemetry.receive();
    this.commands.tick();
    this.therapy.tick(this.selfTest.running);
    this.alarms.causes(this.causes());
    this.alarms.tick(this.clock.now, this.clock.minute, this.clock.minuteEdge);
    this.telemetry.transmit();
    this.publish();
    this.hal.watchdog.kick();
  }

  idle(): i32 {
    // What holds for one tick only must be seen to end: the next tick is executed.
    if (this.selfTest.running || this.telemetry.busy() || this.motor.stirred() || this.clock.wrong) return 0;
    let ticks: i32 = least(LEAP_TICKS_MOST, this.clock.idle());
    ticks = least(ticks, this.limiter.idle(this.therapy.limited));
    ticks = this.therapy.idle(ticks);
    ticks = least(ticks, this.alarms.idle(this.clock.now, ticks));
    return ticks > 0 ? ticks : 0;
  }

  skip(ticks: i32): void {
    this.clock.skip(ticks);
    this.limiter.skip(ticks);
    this.therapy.skip(ticks);
  }

  /** Bit n of the result is set while the cause of alarm n holds. */
  private causes(): i32 {
    return (
      bit(ALARM_LOW_RESERVOIR, this.reservoir.low) |
      bit(ALARM_EMPTY_RESERVOIR, this.reservoir.empty) |
      bit(ALARM_VOLUME_MISMATCH, this.reservoir.mismatch) |
      bit(ALARM_MOTOR_STALL, this.motor.stalled) |
      bit(ALARM_MOTOR_REVERSE, this.motor.reversed) |
      bit(ALARM_MOTOR_RUNAWAY, this.motor.ranAway) |
      bit(ALARM_TUBE_SET, this.therapy.stillMinutes > TUBE_SET_MINUTES) |
      bit(ALARM_DOSE_LIMIT, this.therapy.limited) |
      bit(ALARM_DOSE_GUARD, this.hal.guard.tripped()) |
      bit(ALARM_LOW_BATTERY_RESET, this.resetCause == RESET_BROWNOUT && this.clock.now == 1) |
      bit(ALARM_PROGRAM_INVALID, this.resetCause != RESET_POWER_ON && !this.program.valid) |
      bit(ALARM_SELF_TEST_FAILED, this.selfTest.failed) |
      bit(ALARM_CLOCK_FAULT, this.clock.wrong) |
      bit(ALARM_SENSOR_FAULT, this.reservoir.sensorFault)
    );
  }

  private publish(): void {
    this.publishOne(CHANNEL_RATE, this.therapy.rate);
    this.publishOne(CHANNEL_ESTIMATE, this.reservoir.estimate);
    this.publishOne(CHANNEL_WINDOW0, this.program.limits > 0 ? this.limiter.count[0] : 0);
    this.publishOne(CHANNEL_WINDOW1, this.program.limits > 1 ? this.limiter.count[1] : 0);
    this.publishOne(CHANNEL_LIMIT0, this.program.limitPulses[0]);
    this.publishOne(CHANNEL_LIMIT1, this.program.limitPulses[1]);
    this.publishOne(CHANNEL_ALARMS, this.alarms.active);
    this.publishOne(CHANNEL_MODE, this.therapy.mode());
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
