// The causes of the alarms: for each row of the alarm table, the condition under which its cause holds. `holding` puts them
// into one word, bit n for alarm n. alarms.ts decides what follows from it.
//
// Some causes hold for the one tick in which they are found: a step backwards, a step too many, a clock that jumped, and how
// the controller was started. The next tick must look again, or the alarm would keep a cause that is gone.
//
// Invariant: an alarm whose cause holds for one tick latches; otherwise it would clear before anybody sees it.

import {
  ALARM_CLOCK_FAULT,
  ALARM_DOSE_GUARD,
  ALARM_DOSE_LIMIT,
  ALARM_EMPTY_RESERVOIR,
  ALARM_EOS,
  ALARM_ERI,
  ALARM_LATCHES,
  ALARM_LOW_BATTERY_RESET,
  ALARM_LOW_RESERVOIR,
  ALARM_MEMORY_FAULT,
  ALARM_MOTOR_REVERSE,
  ALARM_MOTOR_RUNAWAY,
  ALARM_MOTOR_STALL,
  ALARM_PROGRAM_INVALID,
  ALARM_PUMP_STOPPED,
  ALARM_REFILL_OVERDUE,
  ALARM_RESET_LOOP,
  ALARM_SECURITY,
  ALARM_SELF_TEST_FAILED,
  ALARM_SENSOR_FAULT,
  ALARM_TRIAL_EXPIRED,
  ALARM_TUBE_SET,
  ALARM_VOLUME_MISMATCH,
  alarmRow,
} from "../hal/alarms";
import { assert } from "../hal/assert";
import { RESET_BROWNOUT } from "../hal/reset";
import { LIFE_IN_SERVICE } from "../hal/telemetry";
import { MINUTES_PER_HOUR } from "../hal/units";
import { CHANGED_GUARD, CHANGED_START } from "./changes";
import { Life } from "./life";
import { Motor } from "./motor";
import { Program } from "./program";
import { Pump } from "./pump";
import { Reservoir } from "./reservoir";
import { Store } from "./store";
import { STILL_MINUTES_MAX, Therapy } from "./therapy";
import { Twin } from "./twin";

/** 48 h stopped or stalled and the tube may have taken a set (MOT-5). */
const TUBE_SET_MINUTES: i32 = 48 * MINUTES_PER_HOUR;
/** The alarms whose cause holds for one tick. */
const FOR_ONE_TICK: i32 =
  (1 << ALARM_CLOCK_FAULT) | (1 << ALARM_MOTOR_REVERSE) | (1 << ALARM_MOTOR_RUNAWAY) | (1 << ALARM_LOW_BATTERY_RESET);

assert((alarmRow(ALARM_CLOCK_FAULT) & ALARM_LATCHES) != 0, "a clock fault latches");
assert((alarmRow(ALARM_MOTOR_REVERSE) & ALARM_LATCHES) != 0, "a backward step latches");
assert((alarmRow(ALARM_MOTOR_RUNAWAY) & ALARM_LATCHES) != 0, "a step without a pulse latches");
assert((alarmRow(ALARM_LOW_BATTERY_RESET) & ALARM_LATCHES) != 0, "a brown-out latches");
assert(TUBE_SET_MINUTES < STILL_MINUTES_MAX, "the minutes after which a tube is set can be counted");

export class Causes {
  pump: Pump;
  store: Store;
  /** The alarms that the start of the controller causes, for its first tick. */
  ofStart: Twin;
  /** True when the dose guard holds its switch open, as read in this tick. */
  guardTripped: bool = false;

  constructor(pump: Pump, store: Store) {
    this.pump = pump;
    this.store = store;
    this.ofStart = new Twin(pump.memory, 0);
  }

  /** `resetCause`: RESET_ code of this start. Call it after the boot of the store, which finds what the rotor did meanwhile. */
  boot(resetCause: i32): void {
    this.pump.changes.mark(CHANGED_START);
    this.ofStart.set(
      bit(ALARM_LOW_BATTERY_RESET, resetCause == RESET_BROWNOUT) | bit(ALARM_MOTOR_RUNAWAY, this.store.strayed),
    );
  }

  /** True when the dose guard opened or closed its switch. */
  hasGuardSwitched(): bool {
    return this.pump.hal.guard.tripped() != this.guardTripped;
  }

  /** Reads the dose guard in every tick, because the guard reports nothing by itself. */
  readGuard(): void {
    const tripped: bool = this.pump.hal.guard.tripped();
    if (tripped == this.guardTripped) return;
    this.guardTripped = tripped;
    this.pump.changes.mark(CHANGED_GUARD);
  }

  /** Drops the causes of the start. Call it when the alarms have been raised from them. */
  endStart(): void {
    this.ofStart.set(0);
  }

  /** True when the tick before found a cause that holds for one tick, so that this tick must see its end. */
  heldForOneTick(): bool {
    return (this.pump.alarms.present.get() & FOR_ONE_TICK) != 0;
  }

  /** Bit n is set while the cause of alarm n holds. A pump that has left its patient has none. */
  holding(): i32 {
    const pump: Pump = this.pump;
    const life: Life = pump.life;
    if (life.isExplanted()) return 0;
    const motor: Motor = pump.motor;
    const reservoir: Reservoir = pump.reservoir;
    const program: Program = pump.program;
    const therapy: Therapy = pump.therapy;
    const programmed: bool = program.valid.isSet();
    return (
      this.ofStart.get() |
      bit(ALARM_LOW_RESERVOIR, programmed && reservoir.isLow(program.lowPulses.get())) |
      bit(ALARM_EMPTY_RESERVOIR, programmed && reservoir.isEmpty()) |
      bit(ALARM_VOLUME_MISMATCH, reservoir.mismatch()) |
      bit(ALARM_MOTOR_STALL, motor.stalled.isSet()) |
      bit(ALARM_MOTOR_REVERSE, motor.reversed) |
      bit(ALARM_MOTOR_RUNAWAY, motor.ranAway) |
      bit(ALARM_TUBE_SET, therapy.stillMinutes.get() > TUBE_SET_MINUTES) |
      bit(ALARM_DOSE_LIMIT, therapy.limited.isSet()) |
      bit(ALARM_DOSE_GUARD, this.guardTripped) |
      bit(ALARM_PROGRAM_INVALID, life.state.get() == LIFE_IN_SERVICE && !programmed) |
      bit(ALARM_SELF_TEST_FAILED, pump.selfTest.failed.isSet()) |
      bit(ALARM_CLOCK_FAULT, pump.clock.wrong) |
      bit(ALARM_SENSOR_FAULT, reservoir.sensorFault()) |
      bit(ALARM_MEMORY_FAULT, pump.memory.faulty || this.store.halted.isSet()) |
      bit(ALARM_ERI, life.eriFound.isSet() || pump.session.isRunningOut()) |
      bit(ALARM_EOS, life.eosFound.isSet()) |
      bit(ALARM_SECURITY, pump.usage.isUnderAttack() || pump.session.backOff.isFlooded()) |
      bit(ALARM_REFILL_OVERDUE, programmed && life.refillOverdue(program.refillDays.get())) |
      bit(ALARM_TRIAL_EXPIRED, life.trialExpired()) |
      bit(ALARM_PUMP_STOPPED, life.state.get() == LIFE_IN_SERVICE && therapy.isForgotten()) |
      bit(ALARM_RESET_LOOP, pump.restarts.isLoop(pump.clock.counter.get()))
    );
  }
}

function bit(alarm: i32, holds: bool): i32 {
  return holds ? 1 << alarm : 0;
}
