// A cell that sags: each pulse restarts the controller, and the pump rests between them (firmware/restarts.ts). The oracle is the
// count of restarts and the pulses that a program of that rate gives.

import { describe, expect, test } from "vitest";
import { Restarts } from "../../firmware/restarts";
import { MemoryLatch } from "../../firmware/twin";
import { ALARM_LOW_BATTERY_RESET, ALARM_RESET_LOOP } from "../../hal/alarms";
import { COMMAND_ACKNOWLEDGE, COMMAND_START, COMMAND_STOP } from "../../hal/telemetry";
import type { ControllerFactory } from "../../emulator/machine/controller-host";
import { mutant, replace } from "../mutant";
import { HOUR, MINUTE, Pump, SECOND } from "../pump";

/** A pulse each ten seconds, and limits that never have a say. */
const FAST = { rate: 216_000, bolus: null, limits: [{ pulses: 100_000, window_min: 60 }] };
/** A pulse each six minutes. */
const SLOW = { ...FAST, rate: 6_000 };
const REST = 12 * MINUTE;

const steps = (pump: Pump): number => pump.machine.signal("motor.motion");
const restarts = (pump: Pump): number => pump.heard("boot", { cause: "brownout" }).length;

/** A pump whose cell has sagged for that long. */
function sagging(program: typeof FAST, ticks: number, controller?: ControllerFactory): Pump {
  const pump = new Pump(program, {}, true, controller).wait(30 * MINUTE);
  pump.machine.inject("battery_sag");
  return pump.wait(ticks);
}

/** The supply drops out, and the controller starts. */
function brownOut(pump: Pump): void {
  pump.machine.inject("brownout");
  pump.wait(SECOND);
}

describe("PWR-1: a pump on a cell that sags", () => {
  test.each([
    ["a pulse each ten seconds", FAST],
    ["a pulse each six minutes", SLOW],
  ])("of %s restarts four times, and then once in a rest of twelve minutes", (_, program) => {
    const pump = sagging(program, 30 * MINUTE);
    const first = restarts(pump);
    pump.wait(5 * HOUR);
    expect(first).toBeGreaterThanOrEqual(4);
    expect(first).toBeLessThanOrEqual(7);
    const later = restarts(pump) - first;
    expect(later).toBeGreaterThanOrEqual(23);
    expect(later).toBeLessThanOrEqual(26);
  });

  test("ALM-6: has both alarms all the while", () => {
    const pump = sagging(FAST, 30 * MINUTE);
    for (let minute = 0; minute < 3 * 60; minute += 3) {
      expect(pump.alarms()).toEqual(expect.arrayContaining(["low_battery_reset", "reset_loop"]));
      pump.wait(3 * MINUTE);
    }
  });

  test.each([
    ["ten seconds", FAST],
    ["six minutes", SLOW],
  ])(
    "THR-9: of a pulse each %s gives again within a rest after the sag, with what it owes up to eight",
    (_, program) => {
      const pump = sagging(program, 2 * HOUR);
      const before = steps(pump);
      pump.machine.release("battery_sag");
      pump.wait(REST + MINUTE);
      const first = steps(pump) - before;
      expect(first).toBeGreaterThanOrEqual(1);
      const most = ((REST + MINUTE) * program.rate) / (25 * 24 * HOUR) + 8;
      expect(first).toBeLessThanOrEqual(most + 1);
      const from = steps(pump);
      pump.wait(HOUR);
      const due = (HOUR * program.rate) / (25 * 24 * HOUR);
      expect(Math.abs(steps(pump) - from - due)).toBeLessThanOrEqual(1.1);
    },
  );

  test("MOT-5: counts the hours for which its tube stands, from one rest to the next", () => {
    const pump = sagging(FAST, 56 * HOUR);
    expect(pump.alarms()).toContain("tube_set");
  });

  test("PRP-2: rests only because the chart keeps the marks: a controller that forgets them restarts each minute", () => {
    const forgetful = mutant("forgets", ({ restarts }) => {
      const note = restarts.note.bind(restarts);
      replace(restarts, "note", (minute, brownOut) => {
        restarts.marked.set(0);
        note(minute, brownOut);
      });
    });
    expect(restarts(sagging(FAST, 30 * MINUTE, forgetful))).toBeGreaterThan(30);
  });

  test("THR-9: does not rest longer for restarts in the rest that come in no pulse", () => {
    const pump = sagging(FAST, 5 * MINUTE);
    const before = steps(pump);
    pump.machine.release("battery_sag");
    for (let i = 0; i < 30; i++) {
      brownOut(pump);
      pump.wait(20 * SECOND);
    }
    pump.wait(3 * MINUTE);
    expect(steps(pump)).toBeGreaterThan(before);
  });

  test("is tried at once when a clinician starts it again", () => {
    const pump = sagging(FAST, 5 * MINUTE);
    pump.machine.release("battery_sag");
    const before = steps(pump);
    pump.programmer.ask(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_LOW_BATTERY_RESET));
    pump.programmer.ask(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_RESET_LOOP));
    pump.programmer.ask(COMMAND_STOP);
    pump.programmer.ask(COMMAND_START);
    pump.wait(20 * SECOND);
    expect(steps(pump)).toBeGreaterThan(before);
  });
});

describe("THR-9: a pump whose restarts come in no pulse", () => {
  test.each(["brownout", "reset", "hang"])("never rests: %s each minute of an hour", (fault) => {
    const pump = new Pump(FAST).wait(30 * MINUTE);
    const before = steps(pump);
    for (let i = 0; i < 60; i++) {
      // Pulses fall due all ten seconds, and a restart is never within one.
      while (pump.field("motor.inFlight") === 1) pump.machine.run(1);
      pump.machine.inject(fault);
      pump.wait(MINUTE);
    }
    // A restart loses a minute of the program at most, and here less than a pulse.
    expect(steps(pump) - before).toBeGreaterThan(60 * 5);
  });

  test("never writes a mark while its cell is sound", () => {
    const pump = new Pump(FAST).wait(30 * MINUTE);
    pump.machine.inject("reset");
    pump.wait(HOUR);
    expect([pump.field("restarts.marks"), pump.field("restarts.marked"), pump.field("restarts.inPulse")]).toEqual([
      0, 0, 0,
    ]);
  });

  test("takes a mark back whose pulse did not begin", () => {
    const pump = new Pump(FAST).wait(30 * MINUTE);
    pump.machine.inject("brownout");
    for (let i = 0; i < 30 * SECOND && pump.field("restarts.marked") === 0; i++) pump.machine.run(1);
    expect(pump.field("motor.inFlight")).toBe(0);
    pump.machine.firmware.write("therapy.running.value", 0);
    pump.machine.firmware.write("therapy.running.inverse", -1);
    pump.machine.run(2);
    expect(pump.field("restarts.marked")).toBe(0);
  });
});

describe("the marks of restarts.ts", () => {
  const LATER = 100;

  /** That many restarts in marked pulses, a minute apart, the last in minute LATER. */
  function after(count: number): Restarts {
    const all = new Restarts(new MemoryLatch());
    for (let i = 0; i < count; i++) {
      all.marked.setFlag(true);
      all.note(LATER - count + 1 + i, true);
    }
    return all;
  }

  test("THR-9: make the pump rest from the third restart in a row on, and not after a pulse that ended", () => {
    expect([2, 3, 4].map((count) => after(count).isResting(LATER))).toEqual([false, true, true]);
    const ended = after(3);
    expect([ended.endPulse(), ended.isResting(LATER), ended.needsMark()]).toEqual([true, false, false]);
  });

  test("end the rest by the clock's counter, also one that goes back, or by the minutes since the start", () => {
    const all = after(3);
    expect([0, 11, 12, -1].map((minutes) => all.isResting(LATER + minutes))).toEqual([true, true, false, false]);
    for (let i = 0; i < 12; i++) {
      expect(all.isResting(LATER)).toBe(true);
      all.minute();
    }
    expect(all.isResting(LATER)).toBe(false);
  });

  test("are asked for after a brown-out alone, until a pulse ended", () => {
    const all = new Restarts(new MemoryLatch());
    all.note(LATER, false);
    expect(all.needsMark()).toBe(false);
    all.note(LATER, true);
    expect(all.needsMark()).toBe(true);
    expect([all.endPulse(), all.needsMark()]).toEqual([false, false]);
  });
});
