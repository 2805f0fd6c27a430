// Self-test, watchdog, and what a restart forgets and does not forget. The alarms have their laws in alarm-laws.test.ts.

import { describe, expect, test } from "vitest";
import { RECORD_CHART, RECORD_PROGRAM, recordAt, slotBytes } from "../../firmware/layout";
import { encodeRefill } from "../../emulator/telemetry/messages";
import { ALARM_CLOCK_FAULT } from "../../hal/alarms";
import {
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_STOP,
  LIFE_IN_SERVICE,
} from "../../hal/telemetry";
import { EVENT_REFILLED } from "../../hal/trace";
import { outcomeName } from "../../emulator/contract/codes";
import { acknowledge, ask, DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";

describe("ALM-2: alarms that are not active, and a clock that jumped", () => {
  test("an inactive alarm cannot be acknowledged", () => {
    const pump = new Pump().wait(HOUR + 30);
    expect(acknowledge(pump, ALARM_CLOCK_FAULT)).toBe("out_of_range");
  });

  test("a clock that jumped by a part of a minute raises one clock fault and no more", () => {
    const pump = new Pump().wait(HOUR + 30);
    pump.machine.inject("rtc_jump", 3_000);
    pump.wait(5 * MINUTE);
    expect(acknowledge(pump, ALARM_CLOCK_FAULT)).toBe("accepted");
    pump.wait(HOUR);
    expect(pump.alarms()).toEqual([]);
  });
});

describe("SLF-1: the self-test of the pump", () => {
  test("runs at power-on before any pulse, and on command", () => {
    const pump = new Pump(null);
    expect(pump.heard("self_test", { failed: 0 })).toHaveLength(1);
    expect(pump.pulses).toBe(0);
    expect(ask(pump, COMMAND_SELF_TEST)).toBe("accepted");
    pump.machine.run(20);
    expect(pump.heard("self_test", { failed: 0 })).toHaveLength(2);
  });

  test.each<[string, (pump: Pump) => void]>([
    ["the sounder", (pump) => (pump.machine.board.sounder.healthy = false)],
    ["the cell", (pump) => (pump.machine.board.battery.voltage_mv = 2_100)],
    ["the temperature", (pump) => pump.machine.inject("temperature", 60_000)],
    ["the level sensor", (pump) => pump.machine.inject("reservoir_sensor.offset", 90_000_000)],
  ])("finds %s that does not answer as it must, and stops the pump", (_, failPart) => {
    const pump = new Pump(null);
    failPart(pump);
    ask(pump, COMMAND_SELF_TEST);
    pump.machine.run(20);
    expect(pump.alarms()).toContain("self_test_failed");
    pump.program(PROGRAM);
    pump.wait(HOUR);
    expect(pump.pulses).toBe(0);
  });

  test.each([
    ["a cool box", 5_000, "empty", 1_500_000],
    ["a room", 20_000, "full", 20_000_000],
    ["a room", 20_000, "empty", 1_500_000],
    ["a hot car", 41_000, "full", 20_000_000],
  ])("ALM-2: passes in a healthy pump in %s at %i mC, %s, at power-on and daily, without an alarm", (...place) => {
    const [, temperature_mC, , fill_nl] = place;
    const pump = new Pump({ mode: "stopped", rate: 0, bolus: null }, { fill_nl });
    pump.machine.inject("temperature", temperature_mC);
    pump.machine.inject("reset");
    pump.wait(2 * DAY);
    expect(pump.heard("boot")).toHaveLength(2);
    expect(pump.heard("self_test", { failed: 0 })).toHaveLength(4);
    expect(pump.alarms().filter((name) => name !== "low_reservoir")).toEqual([]);
  });
});

describe("NVM-1: a damaged copy is repaired, so that the next damaged bit finds two whole copies again", () => {
  const damage = (pump: Pump, record: number, slot: number) => {
    pump.machine.board.nvm.bytes[recordAt(record) + slot * slotBytes(record) + 20] ^= 16;
  };

  test.each([
    ["program", RECORD_PROGRAM, 0],
    ["program", RECORD_PROGRAM, 1],
    ["chart", RECORD_CHART, 0],
    ["chart", RECORD_CHART, 1],
  ])("of %s, in slot %#, at a restart", (_, record, slot) => {
    const pump = new Pump().wait(HOUR);
    for (const which of [slot, 1 - slot, slot]) {
      damage(pump, record, which);
      pump.machine.inject("reset");
      pump.wait(HOUR);
    }
    expect(pump.alarms()).toEqual([]);
    expect(pump.field("life.state")).toBe(LIFE_IN_SERVICE);
    expect(pump.field("therapy.running")).toBe(1);
    expect(pump.heard("store_repaired", { record: "program" })).toHaveLength(record === RECORD_PROGRAM ? 3 : 0);
  });

  test("of the program also at the daily self-test (SLF-1)", () => {
    const pump = new Pump().wait(HOUR);
    for (const slot of [0, 1, 0]) {
      damage(pump, RECORD_PROGRAM, slot);
      pump.wait(DAY);
    }
    expect(pump.heard("store_repaired", { record: "program" })).toHaveLength(3);
    expect(pump.heard("self_test", { failed: 0 }).length).toBeGreaterThanOrEqual(3);
    expect(pump.alarms()).toEqual([]);
  });

  test("NVM-2: a program whose writing was cut off after its first copy is in force, also when that copy is damaged later", () => {
    const pump = new Pump().wait(HOUR);
    const { bytes } = pump.machine.board.nvm;
    const second = recordAt(RECORD_PROGRAM) + slotBytes(RECORD_PROGRAM);
    const old = bytes.slice(second, second + slotBytes(RECORD_PROGRAM));
    expect(outcomeName(pump.program({ ...PROGRAM, rate: 9_000 })!)).toBe("accepted");
    bytes.set(old, second);
    pump.machine.inject("reset");
    pump.wait(HOUR);
    damage(pump, RECORD_PROGRAM, 0);
    pump.machine.inject("reset");
    pump.wait(HOUR);
    expect(pump.field("program.rate")).toBe(9_000);
  });
});

describe("a restart of the pump", () => {
  test("SLF-2: comes within 250 ms after a tick that hangs, with its cause and without a dose", () => {
    const pump = new Pump({ rate: 2_400_000, bolus: null, limits: [] }).wait(MINUTE);
    const began = pump.machine.tick;
    pump.machine.inject("hang");
    while (pump.machine.board.reset.count === 0) pump.machine.step();
    expect(pump.machine.tick - began).toBeLessThanOrEqual(25);
    const before = pump.pulses;
    pump.machine.run(SECOND / 2);
    expect(pump.heard("boot", { cause: "watchdog" })).toHaveLength(1);
    expect(pump.pulses).toBe(before);
  });

  test("SLF-2: comes after a kick that is too early too", () => {
    const pump = new Pump().wait(MINUTE);
    pump.machine.board.watchdog.kick();
    pump.machine.board.watchdog.lastKick = pump.machine.tick;
    pump.machine.step();
    expect(pump.machine.board.reset.count).toBe(1);
  });

  test.each(["brownout", "reset", "hang"])(
    "NVM-2: after %s resumes the committed program, and not the bolus",
    (fault) => {
      const pump = new Pump().wait(HOUR);
      pump.programmer.ask(COMMAND_PATIENT_BOLUS);
      pump.wait(MINUTE);
      pump.machine.inject(fault);
      const before = pump.pulses;
      pump.wait(3 * HOUR);
      expect(pump.heard("bolus_cancelled")).toHaveLength(1);
      expect(pump.heard("bolus_finished")).toEqual([]);
      // 100 uL/day is 50 pulses in 3 h.
      expect(pump.pulses - before).toBeGreaterThanOrEqual(49);
      expect(pump.pulses - before).toBeLessThanOrEqual(51);
      expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe(fault === "brownout" ? "alarm" : "accepted");
    },
  );

  test("NVM-2: leaves a stopped pump stopped", () => {
    const pump = new Pump().wait(HOUR);
    ask(pump, COMMAND_STOP);
    pump.machine.inject("reset");
    const before = pump.pulses;
    pump.wait(3 * HOUR);
    expect(pump.pulses).toBe(before);
    expect(pump.field("program.valid")).toBe(1);
  });

  test("LIM-1, NVM-2: without a readable ledger leaves the pump stopped, and a window counts as full until it was watched", () => {
    const pump = new Pump().wait(HOUR);
    for (const address of [270, 398]) pump.machine.board.nvm.bytes[address] ^= 1;
    pump.machine.inject("reset");
    const before = pump.pulses;
    pump.wait(HOUR);
    expect(pump.pulses).toBe(before);
    expect(pump.alarms()).toContain("self_test_failed");
    expect(pump.field("limiter.ring.known")).toBeLessThan(481);
  });

  test("RES-1, NVM-1: drops a refill whose write was torn, and its event stands before the reset", () => {
    const pump = new Pump().wait(HOUR);
    const estimate = pump.field("reservoir.estimate");
    const order: string[] = [];
    const before = pump.machine.listener!;
    pump.machine.listener = {
      event: (code, a, b, c) => {
        if (code === EVENT_REFILLED) order.push("refilled");
        before.event(code, a, b, c);
      },
      reset: (cause) => {
        order.push("reset");
        before.reset(cause);
      },
      ticked: () => before.ticked(),
    };
    pump.programmer.ask(COMMAND_INTERROGATE);
    pump.machine.inject("nvm_torn_write");
    pump.programmer.ask(COMMAND_REFILL, encodeRefill(false, 1_000, 0));
    pump.machine.release("nvm_torn_write");
    pump.wait(HOUR);
    expect(order).toEqual(["refilled", "reset"]);
    expect(estimate - pump.field("reservoir.estimate")).toBeLessThan(20);
  });

  test("PWR-1: is caused by the next pulse on a cell that sags", () => {
    const pump = new Pump().wait(HOUR);
    pump.machine.inject("battery_sag");
    pump.wait(10 * MINUTE);
    expect(pump.heard("boot", { cause: "brownout" }).length).toBeGreaterThanOrEqual(1);
    expect(pump.alarms()).toContain("low_battery_reset");
  });
});
