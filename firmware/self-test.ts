// The self-test, which runs at power-on before any pulse, once a day and on command (SLF-1). It begins when no pulse is in
// flight, and checks one part in each of eight ticks, so that no tick is long. Meanwhile no pulse starts, and frames wait in
// the link, so that an order is carried out after the test and not refused. A bit is set for each part that did not answer as
// it must. The store checks itself, the program's CRC and the buffer. Safety-critical memory is compared with its complement at
// every use anyway.
//
// Invariants: each part has a bit of its own in the status, and the store reports only the bits of FOUND_BY_OTHERS.

import { assert } from "../hal/assert";
import { GUARD_PULSES_PER_HOUR_MAX } from "../hal/guard";
import { Hal } from "../hal/hal";
import { ADC_CODE_MAX } from "../hal/reservoir";
import { STATUS_LOG, STATUS_SELF_TEST } from "../hal/telemetry";
import { EVENT_SELF_TEST } from "../hal/trace";
import { MINUTES_PER_DAY } from "../hal/units";
import { CHANGED_SELF_TEST, Changes } from "./changes";
import { Core } from "./core";
import { Log } from "./log";
import { MemoryLatch, Twin } from "./twin";

const SELF_TEST_LEVEL: i32 = 1;
const SELF_TEST_PRESSURE: i32 = 2;
const SELF_TEST_CLOCK: i32 = 4;
const SELF_TEST_SOUNDER: i32 = 8;
const SELF_TEST_GUARD: i32 = 16;
const SELF_TEST_MOTOR: i32 = 32;
const SELF_TEST_BATTERY: i32 = 64;
const SELF_TEST_TEMPERATURE: i32 = 128;
export const SELF_TEST_STORE: i32 = 256;
export const SELF_TEST_PROGRAM: i32 = 512;
export const SELF_TEST_MEMORY: i32 = 1024;
const SELF_TEST_WATCHDOG: i32 = 2048;
/**
 * Parts without which therapy can go on. A fault of them in the daily test does not stop the pump; `sensor_fault`
 * reports it.
 */
const NOT_SEVERE: i32 = SELF_TEST_LEVEL | SELF_TEST_PRESSURE | SELF_TEST_TEMPERATURE;
/** Parts that the store checks. */
const FOUND_BY_OTHERS: i32 = SELF_TEST_STORE | SELF_TEST_PROGRAM | SELF_TEST_MEMORY;
/** All bits added up, so that a bit that two parts share makes the sum wrong. */
const ALL_PARTS: i32 =
  NOT_SEVERE +
  FOUND_BY_OTHERS +
  SELF_TEST_CLOCK +
  SELF_TEST_SOUNDER +
  SELF_TEST_GUARD +
  SELF_TEST_MOTOR +
  SELF_TEST_BATTERY +
  SELF_TEST_WATCHDOG;

const STEPS: i32 = 8;
/** The daily test comes so much earlier each day, so that it does not always fall into the same habit of the patient. */
const SOONER_MINUTES: i32 = 7;
/** A cell below this voltage cannot drive a pulse. */
const CELL_MV_MIN: i32 = 2200;
const TEMPERATURE_MC_MIN: i32 = 5000;
const TEMPERATURE_MC_MAX: i32 = 50000;

assert(ALL_PARTS == 2 * SELF_TEST_WATCHDOG - 1, "each part has a bit of its own");
assert(ALL_PARTS < 1 << (8 * (STATUS_LOG - STATUS_SELF_TEST)), "the parts fit the status");
assert(CELL_MV_MIN > 0 && TEMPERATURE_MC_MIN < TEMPERATURE_MC_MAX, "a good cell and a warm body pass");

export class SelfTest {
  hal: Hal;
  log: Log;
  changes: Changes;
  running: Twin;
  step: Twin;
  /** SELF_TEST_ bits of the test under way, then of the last one. */
  found: Twin;
  failed: Twin;
  /** Whether the test under way is the daily one, and the minute of the last test. */
  daily: Twin;
  testedMinute: Twin;
  motion: Twin;
  minute: Twin;

  constructor(core: Core) {
    const memory: MemoryLatch = core.memory;
    this.hal = core.hal;
    this.log = core.log;
    this.changes = core.changes;
    this.running = new Twin(memory, 0);
    this.step = new Twin(memory, 0);
    this.found = new Twin(memory, 0);
    this.failed = new Twin(memory, 0);
    this.daily = new Twin(memory, 0);
    this.testedMinute = new Twin(memory, 0);
    this.motion = new Twin(memory, 0);
    this.minute = new Twin(memory, 0);
  }

  start(daily: bool): void {
    this.running.setFlag(true);
    this.daily.setFlag(daily);
    this.step.set(0);
    this.found.set(0);
  }

  /** True when a day has passed since the last test. */
  isDue(minute: i32): bool {
    return ((minute - this.testedMinute.get()) | 0) >= MINUTES_PER_DAY - SOONER_MINUTES;
  }

  /** True from the first step to the last. Before it, a test may wait for the pulse in flight. */
  isUnderWay(): bool {
    return this.running.isSet() && !this.isAtFirstStep();
  }

  /** True at the first step, in which the store's findings are added. */
  isAtFirstStep(): bool {
    return this.step.get() == 0;
  }

  /** Executes a step. `found`: SELF_TEST_ bits that the store found, in the first step; 0 in the others. */
  tick(found: i32, minute: i32): void {
    assert((found & ~FOUND_BY_OTHERS) == 0, "others say what they looked at");
    const step: i32 = this.step.get();
    this.changes.mark(CHANGED_SELF_TEST);
    if (step == 0) this.addFinding(found);
    this.probe(step);
    this.step.set((step + 1) | 0);
    if (step + 1 < STEPS) return;
    const severe: i32 = this.daily.isSet() ? this.found.get() & ~NOT_SEVERE : this.found.get();
    this.running.setFlag(false);
    this.testedMinute.set(minute);
    if (severe != 0 || !this.daily.isSet()) this.failed.setFlag(severe != 0);
    this.log.event(EVENT_SELF_TEST, this.found.get(), 0, 0);
  }

  private probe(step: i32): void {
    if (step == 0) {
      this.motion.set(this.hal.motor.motion() | 0);
      this.minute.set(this.hal.clock.minute() | 0);
    }
    const level: i32 = step == 1 ? this.hal.reservoir.level() | 0 : 1;
    const pressure: i32 = step == 2 ? this.hal.reservoir.pressure() | 0 : 1;
    if (level < 0 || level >= ADC_CODE_MAX) this.addFinding(SELF_TEST_LEVEL);
    if (pressure <= 0 || pressure >= ADC_CODE_MAX) this.addFinding(SELF_TEST_PRESSURE);
    if (step == 3 && !this.hal.sounder.responds()) this.addFinding(SELF_TEST_SOUNDER);
    if (step == 4 && !this.guardAnswers()) this.addFinding(SELF_TEST_GUARD);
    if (step == 5 && this.hal.battery.cell_mv() < CELL_MV_MIN) this.addFinding(SELF_TEST_BATTERY);
    if (step == 6 && !this.isWarm()) this.addFinding(SELF_TEST_TEMPERATURE);
    if (step == 7) this.checkMotorAndClock();
    if (step > 0 && this.hal.watchdog.since() != 1) this.addFinding(SELF_TEST_WATCHDOG);
  }

  private addFinding(part: i32): void {
    this.found.set(this.found.get() | part);
  }

  private guardAnswers(): bool {
    const limit: i32 = this.hal.guard.limit() | 0;
    return limit >= 1 && limit <= GUARD_PULSES_PER_HOUR_MAX;
  }

  private isWarm(): bool {
    const temperature: i32 = this.hal.thermometer.temperature_mC() | 0;
    return temperature >= TEMPERATURE_MC_MIN && temperature <= TEMPERATURE_MC_MAX;
  }

  /** No pulse started, so the rotor must not have moved; and the clock gains at most one minute in 80 ms. */
  private checkMotorAndClock(): void {
    if ((this.hal.motor.motion() | 0) != this.motion.get()) this.addFinding(SELF_TEST_MOTOR);
    const gained: i32 = ((this.hal.clock.minute() | 0) - this.minute.get()) | 0;
    if (gained < 0 || gained > 1) this.addFinding(SELF_TEST_CLOCK);
  }
}
