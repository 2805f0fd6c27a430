// A pump that stands still for two days: the rollers have pressed the tube in one place, and it may deliver too much when it
// runs again. What counts is the time since the rotor last turned, stopped or stalled, in one piece or several; no clock and
// no restart shortens it, and only a clinician clears the alarm, after the rotor has turned.

import { describe, expect, test } from "vitest";
import { words } from "../../emulator/telemetry/messages";
import { ALARM_MOTOR_STALL, ALARM_TUBE_SET } from "../../hal/alarms";
import { COMMAND_PATIENT_BOLUS, COMMAND_SET_CLOCK, COMMAND_START, COMMAND_STOP } from "../../hal/telemetry";
import { acknowledge, ask, collectPumps, DAY, HOUR, MINUTE, Pump } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const raised = (pump: Pump) => pump.heard("alarm_raised", { alarm: "tube_set" }).map(({ tick }) => tick);

type Act = (pump: Pump) => unknown;
const wait =
  (hours: number): Act =>
  (pump) =>
    pump.wait(Math.round(hours * HOUR));
const stop: Act = (pump) => expect(ask(pump, COMMAND_STOP)).toBe("accepted");
const start: Act = (pump) => expect(ask(pump, COMMAND_START)).toBe("accepted");
const bind: Act = (pump) => pump.machine.inject("motor_stall");
const free: Act = (pump) => pump.machine.release("motor_stall");
const jump =
  (ticks: number): Act =>
  (pump) =>
    pump.machine.inject("rtc_jump", ticks);
const reset: Act = (pump) => pump.machine.inject("reset");

/** 0.5 mL/day for an hour: a pulse every 43 s. */
const running = () => new Pump({ rate: 50_000 }).wait(HOUR);

describe("T9, MOT-5: a standstill latches tube_set after 48 h", () => {
  test.each<[string, boolean, Act[]]>([
    ["49 h", true, [stop, wait(49)]],
    ["47 h", false, [stop, wait(47), start, wait(49)]],
    ["48 h", false, [stop, wait(48)]],
    [
      "49 h in two pieces with a run between",
      false,
      [stop, wait(24.5), start, wait(1), stop, wait(24.5), start, wait(1)],
    ],
    ["49 h in two pieces with one turn between", false, [stop, wait(24.5), start, wait(0.02), stop, wait(24.5)]],
    ["49 h in two pieces, started between but not turned", true, [stop, wait(24.5), start, stop, wait(24.5)]],
    ["49 h, stalled", true, [bind, wait(49)]],
    ["47 h, stalled", false, [bind, wait(47), free, wait(2)]],
    ["30 h stopped and 19 h more stalled", true, [stop, wait(30), bind, start, wait(19)]],
    ["19 h stalled and 30 h more stopped", true, [bind, wait(19), stop, free, wait(30)]],
    ["30 h stopped and 17 h more stalled", false, [stop, wait(30), bind, start, wait(17), free, wait(2)]],
    ["20 h, and a counter that jumps by two days", false, [stop, wait(10), jump(2 * DAY), wait(10)]],
    ["49 h, and a counter that jumps back", true, [stop, wait(10), jump(-5 * HOUR), wait(39)]],
    [
      "49 h with a restart every hour",
      true,
      [stop, ...Array.from({ length: 49 }, () => [wait(1), reset]).flat(), wait(0.1)],
    ],
    [
      "47 h with a restart every hour",
      false,
      [stop, ...Array.from({ length: 47 }, () => [wait(1), reset]).flat(), wait(0.01), start, wait(1)],
    ],
  ])("in the case of %s: %s", (_, latches, acts) => {
    const pump = running();
    for (const act of acts) act(pump);
    expect(raised(pump)).toHaveLength(latches ? 1 : 0);
    expect(pump.alarms().includes("tube_set")).toBe(latches);
  });

  test.each([
    ["2 uL/h", 4_800],
    ["0.5 mL/day", 50_000],
  ])("from the last turn, and not from the moment at which a stall at %s was found", (_, rate) => {
    const pump = new Pump({ rate }).wait(HOUR);
    bind(pump);
    const bound = pump.machine.tick;
    pump.wait(50 * HOUR);
    const every = 216_000_000 / rate;
    expect(raised(pump)).toHaveLength(1);
    expect(raised(pump)[0] - bound).toBeGreaterThan(48 * HOUR);
    expect(raised(pump)[0] - bound).toBeLessThanOrEqual(48 * HOUR + every + 2 * MINUTE);
  });

  test("but not on the shelf, where a pump that never ran stays for 60 days", () => {
    const pump = new Pump(null, {}, false);
    pump.wait(60 * DAY);
    expect(raised(pump)).toEqual([]);
  });
});

describe("T9, MOT-5: the alarm tube_set stays", () => {
  const latched = () => {
    const pump = running();
    stop(pump);
    pump.wait(49 * HOUR);
    expect(pump.alarms()).toEqual(["tube_set", "pump_stopped"]);
    return pump;
  };

  test("while the pump stands, acknowledged or not, and bars every bolus", () => {
    const pump = latched();
    expect(acknowledge(pump, ALARM_TUBE_SET)).toBe("accepted");
    expect(pump.alarms()).toEqual(["tube_set", "pump_stopped"]);
    start(pump);
    expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("alarm");
  });

  test("through a start, a restart, a set clock and two days of running, until a clinician acknowledges it", () => {
    const pump = latched();
    start(pump);
    pump.wait(HOUR);
    expect(pump.pulses).toBeGreaterThan(80 + 80);
    reset(pump);
    pump.wait(DAY);
    expect(ask(pump, COMMAND_SET_CLOCK, words(13_000_000))).toBe("accepted");
    pump.wait(DAY);
    expect(pump.alarms()).toEqual(["tube_set"]);
    expect(acknowledge(pump, ALARM_MOTOR_STALL)).toBe("out_of_range");
    expect(acknowledge(pump, ALARM_TUBE_SET)).toBe("accepted");
    expect(pump.alarms()).toEqual([]);
    expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("accepted");
  });

  test("for a stop of months, over a restart, because its count does not wrap", () => {
    const pump = latched();
    pump.wait(44 * DAY);
    for (let i = 0; i < 4; i++) {
      reset(pump);
      pump.wait(10 * HOUR);
      acknowledge(pump, ALARM_TUBE_SET);
      expect(pump.alarms()).toEqual(["tube_set", "pump_stopped"]);
    }
  });
});

statesHarms({ "underdose, motor_stall": "R4", "underdose, pump_stopped": "R4" });
