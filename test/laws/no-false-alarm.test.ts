// The law of alarms, backward (ALM-2): whatever people and mishaps do to a pump, no alarm is raised unless a witness who sees
// rotor, reservoir, sensors, resets and faults, and knows what was announced to the pump, sees its cause. The witness keeps
// books of its own and never looks into the firmware. A cause here is what must have been so; when the alarm must follow is the
// law of alarm-laws.test.ts.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { fieldsOf } from "../../emulator/campaign/fields";
import {
  FAULT_NVM_FLIP,
  FAULT_NVM_TORN_WRITE,
  FAULT_RAM_FLIP,
  FAULT_RTC_DRIFT,
  FAULT_RTC_JUMP,
  FAULT_SENSOR_NOISE,
  FAULT_SENSOR_OFFSET,
  FAULT_SENSOR_STUCK,
} from "../../emulator/fault-ledger";
import { digestOf, encodeProgram } from "../../emulator/telemetry/messages";
import { referenceController } from "../../emulator/machine/controller-host";
import type { Machine } from "../../emulator/machine/machine";
import { ScenarioRun } from "../../emulator/run/run";
import type { Program, Scenario } from "../../emulator/scenario/scenario";
import { ALARMS } from "../../hal/alarms";
import { RESET_BROWNOUT } from "../../hal/reset";
import { ADC_CODE_MAX, LEVEL_NL_PER_CODE } from "../../hal/reservoir";
import {
  CHANNEL_LIMIT0,
  CHANNEL_LIMIT1,
  EVENT_ALARM_RAISED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_REFILLED,
  EVENT_STARTED,
  EVENT_STOPPED,
} from "../../hal/trace";
import { PULSE_NL } from "../../hal/units";
import { alarmName } from "../../emulator/contract/alarms";
import { crc16 } from "../../firmware/crc";
import { HEADER_AT, HEADER_BYTES, HEADER_CRC, LAYOUT_MAGIC } from "../../firmware/layout";
import { runs } from "../effort";
import { DAY, HOUR, MINUTE } from "../pump";

const NAMES = Array.from({ length: ALARMS }, (_, alarm) => alarmName(alarm));
/** From a hung tick to the first one after the restart, and a pulse's proof. */
const SHORTLY = 60;
const EMPTY_NL = 1_400_000;
const READINGS = 12;
/** The rise of the mean below which the pump keeps to the lowest one that it had. */
const RISE_NL = 500_000;
/** The lag of a mean of twelve minutes behind an estimate that falls at 1,000 uL/h, plus a step of the converter. */
const LAG_NL = 150_000;
/** A minute in a day, less a tick. */
const DRIFT_PPM = 694;
/** The pulses as which one damaged bucket of the windows' ring counts. */
const DAMAGED_PULSES = 15;

type Range = [least: number, most: number];

class Witness {
  readonly machine: Machine;
  private readonly scenario: Scenario;
  private readonly programs = new Map<number, Program>();
  tick = 0;
  program: Program | null = null;
  /** The volume that the last refill announced, less a pulse for each step forward since. */
  announced_nl = 0;
  refilled = 0;
  /** The same before the last refill. */
  before_nl = 0;
  /** Ticks of the steps forward, of the last one backward, and of the last one that no pulse explains. */
  steps: number[] = [];
  backward = -Infinity;
  unasked = -Infinity;
  /** Pulses since the last step forward. */
  unproved = 0;
  resets = 0;
  restarts: number[] = [];
  /** The last start or stop of the pump. */
  stopped = 0;
  brownout = -Infinity;
  jumped = -Infinity;
  /** The last tick in which the clock drifted by more than a minute a day. */
  drifted = -Infinity;
  /** The worst that the level sensor may have read beyond or below what it should, minute by minute; and for how long. */
  private readonly beyond: number[] = [];
  private readonly below: number[] = [];
  private readonly least: number[] = [];
  apart_min = 0;
  private last = { steps: 0, pulses: 0, minute: -1, level_nl: [0, 0] as Range };

  constructor(run: ScenarioRun) {
    this.machine = run.machine;
    this.scenario = run.scenario;
    const later = run.scenario.timeline.flatMap((each) =>
      "action" in each && each.action.do === "program" ? [each.action.program] : [],
    );
    for (const program of [run.scenario.program, ...later]) {
      this.programs.set(digestOf(encodeProgram(program)) | 0, program);
    }
  }

  /** Takes in the tick under way; again and again in it is as once. */
  look(): void {
    const { motor } = this.machine.board;
    const { faults } = this.machine;
    this.tick = this.machine.tick;
    const minute = Math.floor(this.tick / MINUTE);
    // The pump compares in each minute. In one in which nothing shows a leap calls no listener, and what was before still held.
    for (let passed = this.last.minute + 1; passed < minute; passed++) this.compare(this.last.level_nl);
    const turned = motor.steps - this.last.steps;
    this.unproved += motor.pulses - this.last.pulses;
    if (turned > 0) {
      for (let i = 0; i < turned; i++) this.steps.push(this.tick);
      this.announced_nl = Math.max(0, this.announced_nl - turned * PULSE_NL);
      this.unproved = 0;
    }
    if (turned < 0) this.backward = this.tick;
    if (turned > 0 && motor.unasked > 0) this.unasked = this.tick;
    // A second jump begins its count of acts anew, so the count may be what it was.
    if (faults.first[FAULT_RTC_JUMP] >= 0) this.jumped = faults.first[FAULT_RTC_JUMP];
    if (faults.on[FAULT_RTC_DRIFT] && Math.abs(faults.parameter[FAULT_RTC_DRIFT]) > DRIFT_PPM) this.drifted = this.tick;
    const level_nl = this.level_nl();
    if (minute !== this.last.minute) this.compare(level_nl);
    this.last = { steps: motor.steps, pulses: motor.pulses, minute, level_nl };
  }

  hear(code: number, a: number, b: number): void {
    this.look();
    if (code === EVENT_STOPPED || code === EVENT_STARTED) this.stopped = this.tick;
    if (code === EVENT_PROGRAM_ACCEPTED) this.program = this.programs.get(b) ?? null;
    if (code !== EVENT_REFILLED) return;
    this.before_nl = this.announced_nl;
    this.announced_nl = a * PULSE_NL;
    this.refilled = this.tick;
  }

  reset(cause: number): void {
    this.look();
    this.resets++;
    this.restarts.push(this.tick);
    if (cause === RESET_BROWNOUT) this.brownout = this.tick;
  }

  /** The least that the pump can have believed in this tick: a refill is entered after the estimate was looked at. */
  least_nl(): number {
    return this.refilled === this.tick ? Math.min(this.before_nl, this.announced_nl) : this.announced_nl;
  }

  since(tick: number): number {
    return this.tick - tick;
  }

  /** Two mishaps in the non-volatile memory can take both copies of a record, and one can take its header, which has no copy. */
  forgetful(): boolean {
    const { acts } = this.machine.faults;
    return (
      !this.hasHeader() ||
      this.entries(["nvm_flip", "nvm_torn_write"]) + Math.min(1, acts[FAULT_NVM_FLIP] + acts[FAULT_NVM_TORN_WRITE]) > 2
    );
  }

  /** The memory's first bytes are those of this layout, or were never written. */
  private hasHeader(): boolean {
    const header = Buffer.from(this.machine.board.nvm.bytes.subarray(HEADER_AT, HEADER_AT + HEADER_BYTES));
    const isWritten =
      header.readInt32LE(0) === LAYOUT_MAGIC && header.readUInt16LE(HEADER_CRC) === crc16(header, 0, HEADER_CRC);
    return isWritten || header.every((byte) => byte === 0);
  }

  /** A flipped bit in memory may have any effect. */
  flipped(): boolean {
    return this.machine.faults.acts[FAULT_RAM_FLIP] > 0;
  }

  /** Entries of the timeline until now with one of those faults. */
  entries(faults: readonly string[]): number {
    const is = (each: Scenario["timeline"][number]) => "fault" in each && faults.includes(each.fault.fault);
    return this.scenario.timeline.filter((each) => each.at_ticks <= this.tick && is(each)).length;
  }

  /** The least and the most that the level sensor can read now. */
  level_nl(): Range {
    const { reservoir } = this.machine.board;
    const { on, parameter } = this.machine.faults;
    const truth = reservoir.volume_nl;
    if (on[FAULT_SENSOR_STUCK] && reservoir.lastCode >= 0) {
      const stuck = reservoir.lastCode * LEVEL_NL_PER_CODE;
      return [stuck, stuck];
    }
    if (on[FAULT_SENSOR_OFFSET])
      return [truth + parameter[FAULT_SENSOR_OFFSET], truth + parameter[FAULT_SENSOR_OFFSET]];
    if (!on[FAULT_SENSOR_NOISE]) return [truth, truth];
    return [truth - parameter[FAULT_SENSOR_NOISE], truth + parameter[FAULT_SENSOR_NOISE]];
  }

  /** A sensor may be at a rail now. */
  railed(): boolean {
    const [least, most] = this.level_nl();
    const pressure = this.machine.board.reservoir.pressure();
    const level = least < LEVEL_NL_PER_CODE || most > (ADC_CODE_MAX - 1) * LEVEL_NL_PER_CODE;
    return level || pressure <= 0 || pressure >= ADC_CODE_MAX;
  }

  /**
   * Some window holds its limit, as far as it may count too long: W/96, a minute a restart, and each damaged bucket as a full
   * one.
   */
  windowFull(): boolean {
    const { channels } = this.machine.board.trace;
    const own = [
      { pulses: channels[CHANNEL_LIMIT0], window_min: 60 },
      { pulses: channels[CHANNEL_LIMIT1], window_min: 1_440 },
    ];
    const limits = this.program?.limits.length ? this.program.limits : own;
    const damaged = this.entries(["nvm_flip"]) * DAMAGED_PULSES;
    return limits.some(({ pulses, window_min }) => {
      const from = this.tick - window_min * MINUTE * (1 + 1 / 96) - this.resets * MINUTE;
      return this.steps.filter((step) => step > from).length + damaged >= pulses;
    });
  }

  allowed_nl(): number {
    return this.scenario.pump.capacity_nl > 20_000_000 ? 2_000_000 : 1_000_000;
  }

  /** The least that the level sensor may have shown in the mean of its last readings, or that the pump may have kept of it. */
  shown_nl(): number {
    // The minutes of the pump begin at other moments than ours, so one more or one less of ours may be in its mean.
    const means = [READINGS - 1, READINGS + 1].map((count) => {
      const last = this.least.slice(-count);
      return last.reduce((sum, each) => sum + each, 0) / last.length;
    });
    return Math.min(...means) - RISE_NL - LAG_NL;
  }

  /** The pump may have found its reservoir at that content: the lower of its books and its level sensor. */
  isDownTo(content_nl: number): boolean {
    return Math.min(this.least_nl(), this.shown_nl()) <= content_nl;
  }

  /** Once a minute: how far level and books may be apart, over twelve readings. */
  private compare([least, most]: Range): void {
    this.beyond.push(most - this.announced_nl);
    this.below.push(this.announced_nl - least);
    this.least.push(least);
    // In their mean, or now: a mean that turns from one side to the other is no agreement.
    const most_nl = (all: number[]) =>
      Math.max(all[all.length - 1], all.slice(-READINGS).reduce((sum, each) => sum + each, 0) / READINGS);
    const apart = Math.max(most_nl(this.beyond), most_nl(this.below)) > this.allowed_nl() - LAG_NL;
    this.apart_min = apart ? this.apart_min + 1 : 0;
  }
}

/** The condition that must hold when an alarm is raised. */
const CAUSES: Record<string, (seen: Witness) => boolean> = {
  low_reservoir: (seen) => seen.isDownTo((seen.program?.low_pulses ?? 0) * PULSE_NL) || seen.forgetful(),
  empty_reservoir: (seen) => seen.isDownTo(EMPTY_NL) || seen.forgetful(),
  // Minutes of the pump's clock and of ours begin at different moments.
  volume_mismatch: (seen) => seen.apart_min >= 58 || seen.forgetful(),
  motor_stall: (seen) => seen.unproved >= 8,
  motor_reverse: (seen) => seen.since(seen.backward) === 0,
  motor_runaway: (seen) => Math.min(seen.since(seen.unasked), seen.since(seen.backward)) <= SHORTLY || seen.forgetful(),
  tube_set: (seen) => seen.since(seen.steps[seen.steps.length - 1] ?? 0) >= 2 * DAY,
  dose_limit: (seen) => seen.windowFull() || seen.forgetful(),
  dose_guard: (seen) => seen.machine.board.guard.open,
  low_battery_reset: (seen) => seen.since(seen.brownout) <= SHORTLY,
  program_invalid: (seen) => seen.forgetful(),
  self_test_failed: (seen) =>
    seen.railed() ||
    seen.entries(["sounder_dead"]) > 0 ||
    Math.min(seen.since(seen.unasked), seen.since(seen.jumped)) <= SHORTLY ||
    seen.forgetful(),
  clock_fault: (seen) => seen.since(seen.jumped) <= 2 * MINUTE || seen.since(seen.drifted) <= DAY,
  sensor_fault: (seen) => seen.railed(),
  memory_fault: (seen) => seen.flipped(),
  eri: (seen) => seen.machine.board.battery.voltage_mv < 3_200,
  eos: (seen) => seen.machine.board.battery.voltage_mv < 2_500,
  // A clinician's frames that are late, or come twice, find the programming head gone.
  security: (seen) => seen.entries(["link.delay", "link.duplicate"]) > 0,
  refill_overdue: (seen) => {
    const days = seen.program?.refill_days ?? 0;
    return days > 0 && seen.since(seen.refilled) >= days * DAY - MINUTE;
  },
  pump_stopped: (seen) => seen.since(seen.stopped) >= HOUR - seen.resets * MINUTE || seen.forgetful(),
  // Whole minutes of the counter, which began within the hour.
  reset_loop: (seen) =>
    seen.restarts.filter((tick) => seen.since(tick) <= HOUR).length > 3 || seen.since(seen.jumped) <= HOUR,
  trial_expired: (seen) => seen.tick >= 7 * DAY - MINUTE,
};

/** Names of a run's alarms whose cause the witness saw, and of those whose cause it did not, with their times. */
function alarmsOf(scenario: Scenario): { founded: string[]; unfounded: string[] } {
  const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
  const seen = new Witness(run);
  const founded: string[] = [];
  const unfounded: string[] = [];
  run.machine.listener = {
    event: (code, a, b) => {
      seen.hear(code, a, b);
      if (code !== EVENT_ALARM_RAISED) return;
      const name = alarmName(a);
      if (CAUSES[name](seen) || (seen.flipped() && name !== "memory_fault")) founded.push(name);
      else unfounded.push(`${name} at ${seen.tick / 100} s`);
    },
    reset: (cause) => seen.reset(cause),
    ticked: () => seen.look(),
  };
  run.advance(run.end_ticks);
  return { founded, unfounded };
}

function lawOver(options: Parameters<typeof arbitraries.scenario>[0], count: number): Set<string> {
  const seen = new Set<string>();
  fc.assert(
    fc.property(arbitraries.scenario(options), (scenario) => {
      const { founded, unfounded } = alarmsOf(scenario);
      expect(unfounded).toEqual([]);
      founded.forEach((name) => seen.add(name));
    }),
    { numRuns: runs(count) },
  );
  return seen;
}

test("ALM-2, ALM-5: the witness knows the cause of every alarm", () => {
  expect(Object.keys(CAUSES).sort()).toEqual([...NAMES].sort());
});

test("ALM-2: a healthy pump raises no alarm without its cause, whatever people do", () => {
  const seen = lawOver({ faults: false, hours: 24 }, 120);
  const broken = [
    "motor_stall",
    "motor_reverse",
    "motor_runaway",
    "dose_guard",
    "memory_fault",
    "clock_fault",
    "security",
  ];
  expect([...seen].filter((name) => broken.includes(name))).toEqual([]);
  expect(seen.size).toBeGreaterThan(1);
});

test("ALM-2: a pump raises no alarm without its cause, whatever breaks", () => {
  const seen = lawOver({ faults: true, hours: 8, fields: fieldsOf(referenceController) }, 160);
  expect(seen.size).toBeGreaterThan(5);
});
