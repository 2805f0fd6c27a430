// Two things that fall together: a commit and a power cut, a second power cut in the restart after a first, an
// acknowledgement in a self-test, an alarm and a change of concentration, a clock set again and again.

import { describe, expect, test } from "vitest";
import { ALARM_CLOCK_FAULT, ALARM_DOSE_GUARD, ALARM_MOTOR_REVERSE } from "../../hal/alarms";
import { TONE_OFF } from "../../hal/sounder";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_INTERROGATE,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_START,
  COMMAND_STOP,
} from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { encodeBridge, encodeProgram, words } from "../../emulator/telemetry/messages";
import { acknowledge, ask, DAY, HOUR, MINUTE, Pump, PROGRAM, SECOND } from "../pump";
import { beforeCommit, cutInByte } from "./power-cut";

const PLAIN = { bolus: null, limits: [], low_pulses: 0 };
const drugs = (concentration: number) => [{ id: 1, concentration }];
const steps = (pump: Pump) => pump.machine.board.motor.steps;

describe("NVM-1, NVM-2: a power cut in a commit", () => {
  test("never starts the old program of a pump that was stopped", () => {
    const old = { ...PLAIN, rate: 200_000 };
    const pump = new Pump(old).wait(HOUR);
    expect(ask(pump, COMMAND_STOP)).toBe("accepted");
    pump.wait(MINUTE);
    const digest = pump.field("program.digest");
    const { before, bytes } = beforeCommit(pump, encodeProgram({ ...PROGRAM, ...old, rate: 10_000 }));
    expect(bytes).toBeGreaterThan(2_000);
    for (let byte = 1; byte <= bytes; byte += 3) {
      pump.machine.restore(before);
      cutInByte(pump.machine, byte);
      pump.machine.run(20);
      const oldRuns = pump.field("program.digest") === digest && pump.field("therapy.running") === 1;
      expect(oldRuns, `byte ${byte}`).toBe(false);
    }
  });

  test("never brings the old program's next dose forward", () => {
    const doses = (pulses: number, duration_s: number, every_min: number) => ({ pulses, duration_s, every_min });
    const old = { ...PLAIN, mode: "periodic" as const, rate: 0, periodic: doses(400, 3_600, 720) };
    const pump = new Pump(old).wait(2 * HOUR);
    const given = steps(pump);
    const digest = pump.field("program.digest");
    const { before, bytes } = beforeCommit(pump, encodeProgram({ ...PROGRAM, ...old, periodic: doses(30, 1_800, 60) }));
    for (let byte = 1; byte <= bytes; byte += 29) {
      pump.machine.restore(before);
      cutInByte(pump.machine, byte);
      pump.machine.run(20);
      if (pump.field("program.digest") !== digest) continue;
      pump.machine.leap(2 * HOUR);
      expect(steps(pump) - given, `byte ${byte}`).toBeLessThanOrEqual(1);
    }
  });
});

test("NVM-1: a second power cut, in the restart after one that tore the ledger, does not lose it", () => {
  const pump = new Pump({ bolus: null, rate: 200_000 }).wait(HOUR);
  const { machine } = pump;
  machine.listener = null;
  for (let pulse = 0; pulse < 4; pulse++) {
    let before = machine.snapshot();
    for (let moved = false; !moved;) {
      machine.leap(Math.max(machine.quiet(), 0));
      before = machine.snapshot();
      const seen = steps(pump);
      machine.step();
      moved = steps(pump) > seen;
    }
    const after = machine.snapshot();
    machine.restore(before);
    cutInByte(pump.machine, 80);
    while (machine.board.reset.heldTicks > 0) machine.step();
    cutInByte(pump.machine, 20);
    machine.run(40);
    expect([pump.field("store.lost"), pump.field("therapy.running")], `pulse ${pulse}`).toEqual([0, 1]);
    machine.restore(after);
  }
});

describe("ALM-2: a cause that lasts one tick", () => {
  test("raises an acknowledged clock fault again at the next jump", () => {
    const pump = new Pump({ bolus: null }).wait(HOUR + 10 * SECOND);
    for (let jump = 1; jump <= 2; jump++) {
      pump.machine.inject("rtc_jump", 10 * MINUTE);
      pump.wait(10 * SECOND);
      expect(acknowledge(pump, ALARM_CLOCK_FAULT)).toBe("accepted");
      expect(pump.alarms()).toEqual([]);
      expect(pump.heard("alarm_raised", { alarm: "clock_fault" })).toHaveLength(jump);
    }
  });

  test("raises no alarm for a dose guard that is armed again in a self-test", () => {
    const pump = new Pump({ bolus: null }).wait(HOUR);
    pump.machine.board.guard.open = true;
    pump.wait(2 * MINUTE);
    expect(pump.alarms()).toEqual(["dose_guard"]);
    pump.programmer.ask(COMMAND_INTERROGATE);
    pump.machine.board.link.programmingHead = true;
    pump.say(COMMAND_SELF_TEST, 800);
    pump.machine.run(3);
    pump.say(COMMAND_ACKNOWLEDGE, 801, Uint8Array.of(ALARM_DOSE_GUARD));
    pump.machine.run(2);
    expect(pump.field("selfTest.running")).toBe(1);
    pump.wait(10 * MINUTE);
    expect(pump.alarms()).toEqual([]);
  });
});

test("ALM-1: an alarm whose cause a restart finds sounds at once", () => {
  const pump = new Pump({ bolus: null, low_pulses: 80_000 }).wait(10 * MINUTE + 5 * SECOND);
  expect(pump.alarms()).toEqual(["low_reservoir"]);
  pump.machine.inject("reset");
  pump.machine.run(30);
  expect(pump.machine.signal("sounder.tone")).not.toBe(TONE_OFF);
});

test("RAM-2: a limiter whose ring takes no write any more grants nothing and raises an alarm", () => {
  const tight = { ...PLAIN, rate: 10_000, limits: [{ pulses: 400, window_min: 600 }] };
  const pump = new Pump(tight).wait(HOUR);
  const before = steps(pump);
  pump.machine.inject("ram_flip", 0, "limiter.ring.mute");
  for (let i = 0; i < 3; i++) {
    ask(pump, COMMAND_CLINICIAN_BOLUS, words(200, 1_800));
    pump.machine.leap(HOUR);
    pump.program({ ...PROGRAM, ...tight });
  }
  expect(steps(pump) - before).toBeLessThanOrEqual(2);
  expect(pump.alarms()).toContain("memory_fault");
});

/** Pulses that the register lets through more, for those that are made up after misses. */
const LATE_PULSES = 16;

test("LIM-5, LIM-7: a clock that is set again and again makes room in a limit once, and not for long", () => {
  const flex = { patterns: [[{ minute: 0, rate: 100_000 }]], weekdays: Array<number>(7).fill(0) };
  const pump = new Pump({ ...PLAIN, mode: "flex", rate: 0, flex }).wait(HOUR);
  const [hour] = [pump.field("program.limitPulses[0]")];
  for (let i = 0; i < 11; i++) ask(pump, COMMAND_SET_CLOCK, words(i % 2 ? 20_000 : 18_560));
  expect(pump.machine.board.guard.limit()).toBeLessThanOrEqual(2 * hour + 1 + LATE_PULSES);
  for (let day = 0; day < 10; day++) {
    ask(pump, COMMAND_SET_CLOCK, words(30_000 + day * 1_440 + (day % 2) * 10));
    pump.machine.leap(DAY);
  }
  expect(pump.field("limiter.clockRoom")).toBeLessThan(hour);
});

test("THR-7: under an alarm that stops the pump another concentration is refused, because its bridge would be lost", () => {
  const old = { ...PLAIN, mode: "continuous" as const, rate: 40_000, drugs: drugs(100_000) };
  const pump = new Pump(old).wait(HOUR);
  pump.machine.inject("motor_reverse");
  pump.wait(10 * MINUTE);
  pump.machine.release("motor_reverse");
  expect(ask(pump, COMMAND_BRIDGE, encodeBridge(100_000, 200))).toBe("accepted");
  expect(outcomeName(pump.program({ ...old, rate: 20_000, drugs: drugs(200_000) })!)).toBe("bridge_needed");
  expect(acknowledge(pump, ALARM_MOTOR_REVERSE)).toBe("accepted");
  expect(ask(pump, COMMAND_START)).toBe("accepted");
  expect(outcomeName(pump.program({ ...old, rate: 20_000, drugs: drugs(200_000) })!)).toBe("accepted");
  pump.wait(MINUTE);
  expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(400);
});

test("THR-6: periodic doses that follow one another without a pause are given whole", () => {
  const pump = new Pump({
    ...PLAIN,
    mode: "periodic",
    rate: 0,
    periodic: { pulses: 60, duration_s: 3_600, every_min: 60 },
  });
  const before = steps(pump);
  pump.machine.leap(10 * HOUR + MINUTE);
  expect(steps(pump) - before).toBe(600);
});
