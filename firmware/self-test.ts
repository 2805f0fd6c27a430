// The self-test: at power-on before any pulse, and on command (SLF-1). One part a tick, so that no tick is long; while it
// runs no pulse starts and nothing that would start one is granted. A bit for each part that did not answer as it must.
// Memory and program checks join it with the store.

import { Hal } from "../hal/hal";
import { GUARD_PULSES_PER_HOUR_MOST } from "../hal/guard";
import { ADC_CODE_MOST } from "../hal/reservoir";
import { EVENT_SELF_TEST } from "../hal/trace";

const SELF_TEST_LEVEL: i32 = 1;
const SELF_TEST_PRESSURE: i32 = 2;
const SELF_TEST_CLOCK: i32 = 4;
const SELF_TEST_SOUNDER: i32 = 8;
const SELF_TEST_GUARD: i32 = 16;
const SELF_TEST_MOTOR: i32 = 32;
const SELF_TEST_BATTERY: i32 = 64;
const SELF_TEST_TEMPERATURE: i32 = 128;

const STEPS: i32 = 8;
/** Below this the cell cannot hold its voltage under one pulse. */
const CELL_MV_LEAST: i32 = 2200;
const TEMPERATURE_MC_LEAST: i32 = 5000;
const TEMPERATURE_MC_MOST: i32 = 50000;

export class SelfTest {
  hal: Hal;
  running: bool = false;
  step: i32 = 0;
  /** SELF_TEST_ bits of the test under way, then of the last one. */
  found: i32 = 0;
  failed: bool = false;
  motion: i32 = 0;
  minute: i32 = 0;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  start(): void {
    this.running = true;
    this.step = 0;
    this.found = 0;
  }

  tick(): void {
    if (!this.running) return;
    this.probe();
    this.step = (this.step + 1) | 0;
    if (this.step < STEPS) return;
    this.running = false;
    this.failed = this.found != 0;
    this.hal.trace.event(EVENT_SELF_TEST, this.found, 0, 0);
  }

  private probe(): void {
    const level: i32 = this.step == 1 ? this.hal.reservoir.level() | 0 : 1;
    const pressure: i32 = this.step == 2 ? this.hal.reservoir.pressure() | 0 : 1;
    if (this.step == 0) {
      this.motion = this.hal.motor.motion() | 0;
      this.minute = this.hal.clock.minute() | 0;
    }
    if (level < 0 || level >= ADC_CODE_MOST) this.found = this.found | SELF_TEST_LEVEL;
    if (pressure <= 0 || pressure >= ADC_CODE_MOST) this.found = this.found | SELF_TEST_PRESSURE;
    if (this.step == 3 && !this.hal.sounder.responds()) this.found = this.found | SELF_TEST_SOUNDER;
    if (this.step == 4 && !this.guardAnswers()) this.found = this.found | SELF_TEST_GUARD;
    if (this.step == 5 && this.hal.battery.cell_mv() < CELL_MV_LEAST) this.found = this.found | SELF_TEST_BATTERY;
    if (this.step == 6 && !this.isWarm()) this.found = this.found | SELF_TEST_TEMPERATURE;
    if (this.step == 7) this.compare();
  }

  private guardAnswers(): bool {
    const limit: i32 = this.hal.guard.limit() | 0;
    return limit >= 1 && limit <= GUARD_PULSES_PER_HOUR_MOST;
  }

  private isWarm(): bool {
    const temperature: i32 = this.hal.thermometer.temperature_mC() | 0;
    return temperature >= TEMPERATURE_MC_LEAST && temperature <= TEMPERATURE_MC_MOST;
  }

  /** No pulse started, so the rotor must not have moved; and the clock gains at most one minute in 80 ms. */
  private compare(): void {
    if ((this.hal.motor.motion() | 0) != this.motion) this.found = this.found | SELF_TEST_MOTOR;
    const gained: i32 = ((this.hal.clock.minute() | 0) - this.minute) | 0;
    if (gained < 0 || gained > 1) this.found = this.found | SELF_TEST_CLOCK;
  }
}
