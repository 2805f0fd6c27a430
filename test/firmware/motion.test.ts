// Proof of motion, stall and recovery, reverse and runaway, and what is left in the reservoir.

import { describe, expect, test } from "vitest";
import { encodeRefill, words } from "../../emulator/telemetry/messages";
import { COMMAND_CLINICIAN_BOLUS, COMMAND_REFILL, COMMAND_START, COMMAND_STOP } from "../../hal/telemetry";
import { ALARM_MOTOR_REVERSE, ALARM_TUBE_SET } from "../../hal/alarms";
import { acknowledge, ask, DAY, HOUR, MINUTE, PROGRAM, Pump } from "../pump";

describe("MOT-2: a stall is found at the programmed pace", () => {
  test.each([
    ["after about 6 min at 0.5 mL/day", 50_000, 5 * MINUTE, 7 * MINUTE],
    ["after about an hour at 2 uL/h", 4_800, 52 * MINUTE, 68 * MINUTE],
  ])("%s", (_, rate, least, most) => {
    const pump = new Pump({ rate, bolus: null }).wait(2 * HOUR);
    const began = pump.machine.tick;
    pump.machine.inject("motor_stall");
    pump.wait(3 * HOUR);
    const [alarm] = pump.heard("alarm_raised", { alarm: "motor_stall" });
    expect(alarm.tick - began).toBeGreaterThan(least);
    expect(alarm.tick - began).toBeLessThan(most);
    expect(pump.heard("stall_detected", { missed: 8 })).toHaveLength(1);
  });

  test("four proofs in a row end it, and the missed pulses are not made up", () => {
    const pump = new Pump({ rate: 50_000, bolus: null }).wait(HOUR);
    pump.machine.inject("motor_stall");
    pump.wait(HOUR);
    pump.machine.release("motor_stall");
    const before = pump.machine.world.delivered_nl;
    pump.wait(HOUR);
    expect(pump.heard("stall_recovered")).toHaveLength(1);
    expect(pump.alarms()).toEqual([]);
    const hour_nl = 500_000 / 24;
    expect(pump.machine.world.delivered_nl - before).toBeLessThanOrEqual(hour_nl + 250);
    expect(pump.machine.world.delivered_nl - before).toBeGreaterThan(hour_nl - 5 * 250);
  });

  test("MOT-1: one missed proof is counted, retried and credited once", () => {
    const pump = new Pump({ rate: 50_000, bolus: null }).wait(HOUR);
    pump.machine.inject("motor_stall");
    while (pump.field("motor.missedTotal") === 0) pump.machine.step();
    pump.machine.release("motor_stall");
    pump.wait(HOUR);
    expect(pump.field("motor.missedTotal")).toBe(1);
    expect(Math.abs(pump.machine.world.delivered_nl - 2 * (500_000 / 24))).toBeLessThan(500);
    expect(pump.heard("stall_detected")).toEqual([]);
  });

  test("PTB-4: a bolus in a stall is cancelled", () => {
    const pump = new Pump({ limits: [{ pulses: 800, window_min: 60 }] }).wait(HOUR);
    ask(pump, COMMAND_CLINICIAN_BOLUS, words(100, 600));
    pump.wait(5 * MINUTE);
    pump.machine.inject("motor_stall");
    pump.wait(30 * MINUTE);
    const [cancelled] = pump.heard("bolus_cancelled");
    expect(cancelled.fields["delivered_nl"]).toBe(pump.machine.world.byCause_nl[3]);
  });
});

describe("MOT-3: backward motion", () => {
  test("is never credited, stops the pump and alarms until a clinician starts it again", () => {
    const pump = new Pump({ rate: 50_000, bolus: null }).wait(HOUR);
    const estimate = pump.machine.signal("reservoir.estimate_nl");
    pump.machine.inject("motor_reverse");
    pump.wait(2 * MINUTE);
    pump.machine.release("motor_reverse");
    expect(pump.alarms()).toEqual(["motor_reverse"]);
    expect(pump.heard("stopped", { by: "alarm" })).toHaveLength(1);
    expect(estimate - pump.machine.signal("reservoir.estimate_nl")).toBeLessThanOrEqual(250);
    const before = pump.pulses;
    pump.wait(HOUR);
    expect(pump.pulses).toBe(before);
    expect(ask(pump, COMMAND_START)).toBe("alarm");
    expect(acknowledge(pump, ALARM_MOTOR_REVERSE)).toBe("accepted");
    expect(ask(pump, COMMAND_START)).toBe("accepted");
    pump.wait(HOUR);
    expect(pump.pulses).toBeGreaterThan(before + 70);
  });
});

test("MOT-4: motion without a pulse is seen within two ticks, and by the guard on its own", () => {
  const pump = new Pump().wait(HOUR + 3 * MINUTE);
  pump.machine.inject("motor_runaway", 90_000_000);
  const moved = pump.machine.signal("motor.motion");
  while (pump.machine.signal("motor.motion") === moved) pump.machine.step();
  pump.machine.run(2);
  expect(pump.alarms()).toContain("motor_runaway");
  expect(pump.machine.board.motor.closed).toBe(false);
  const deaf = new Pump(null);
  deaf.machine.board.motor.closed = true;
  deaf.machine.inject("motor_runaway", 90_000_000);
  for (let i = 0; i < 400 && !deaf.machine.board.guard.open; i++) {
    deaf.machine.board.motor.closed = true;
    deaf.machine.step();
  }
  expect(deaf.machine.board.guard.open).toBe(true);
});

test("MOT-5: 48 h stopped latch tube_set until a clinician clears it", () => {
  const pump = new Pump().wait(HOUR);
  ask(pump, COMMAND_STOP);
  pump.wait(2 * DAY - MINUTE);
  expect(pump.alarms()).toEqual(["pump_stopped"]);
  pump.wait(3 * MINUTE);
  expect(pump.alarms()).toEqual(["tube_set", "pump_stopped"]);
  ask(pump, COMMAND_START);
  pump.wait(HOUR);
  expect(pump.alarms()).toEqual(["tube_set"]);
  acknowledge(pump, ALARM_TUBE_SET);
  expect(pump.alarms()).toEqual([]);
});

test("MOT-6: in an MRI field the rotor stops, and afterwards delivery returns by itself and without an interrogation", () => {
  const pump = new Pump({ rate: 50_000, bolus: null }).wait(HOUR);
  pump.machine.inject("mri_field");
  pump.machine.inject("link.babble", 1);
  pump.wait(30 * MINUTE);
  const during = pump.machine.signal("motor.motion");
  pump.machine.release("mri_field");
  pump.machine.release("link.babble");
  pump.wait(HOUR);
  expect(pump.machine.signal("motor.motion") - during).toBeGreaterThan(70);
  expect(pump.heard("link_refused").length).toBeGreaterThan(0);
  expect(pump.alarms()).toEqual([]);
});

describe("the estimate of the reservoir", () => {
  test("RES-1: falls by a pulse for each step that showed motion", () => {
    const pump = new Pump({ rate: 1_000_000, bolus: null, limits: [{ pulses: 4_000, window_min: 60 }] });
    const [full, moved] = [pump.machine.signal("reservoir.estimate_nl"), pump.machine.signal("motor.motion")];
    pump.machine.inject("motor_slip", 0.3);
    pump.wait(3 * HOUR);
    const steps = pump.machine.signal("motor.motion") - moved;
    expect(full - pump.machine.signal("reservoir.estimate_nl")).toBe(steps * 250);
    expect(pump.pulses).toBeGreaterThan(steps);
  });

  test.each([
    [0.5, true],
    [1.3, true],
    [0.8, false],
  ])("RES-2: raises an alarm against a sensor that stays %f mL off only beyond 1 mL", (off_mL, seen) => {
    const pump = new Pump().wait(HOUR);
    pump.machine.inject("reservoir_sensor.offset", off_mL === 0.5 ? -1_500_000 : off_mL * 1e6);
    pump.wait(59 * MINUTE);
    expect(pump.alarms()).toEqual([]);
    pump.wait(30 * MINUTE);
    expect(pump.alarms()).toEqual(seen ? ["volume_mismatch"] : []);
  });

  test("RES-2: raises no alarm against a sensor that disagrees for a short time", () => {
    const pump = new Pump().wait(HOUR);
    pump.machine.inject("reservoir_sensor.offset", 3_000_000);
    pump.wait(30 * MINUTE);
    pump.machine.release("reservoir_sensor.offset");
    pump.wait(3 * HOUR);
    expect(pump.heard("alarm_raised")).toEqual([]);
  });

  test("RES-3: raises low at the threshold and empty at 1.4 mL, with the minimum rate until a refill, so that it never runs dry", () => {
    const pump = new Pump({ rate: 100_000, bolus: null, limits: [] }, { fill_nl: 2_600_000 });
    pump.wait(2 * HOUR);
    expect(pump.alarms()).toEqual([]);
    pump.wait(13 * HOUR);
    expect(pump.alarms()).toEqual(["low_reservoir"]);
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(1_000);
    pump.wait(24 * HOUR);
    expect(pump.alarms()).toEqual(["low_reservoir", "empty_reservoir"]);
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(6);
    pump.wait(30 * DAY);
    expect(pump.machine.world.reservoir.volume_nl).toBeGreaterThan(1_000_000);
    pump.machine.refill(null, 18e6, [10]);
    expect(ask(pump, COMMAND_REFILL, encodeRefill(true, 0, 72_000))).toBe("accepted");
    pump.wait(MINUTE);
    expect(pump.alarms()).toEqual([]);
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBe(1_000);
  });

  test("RES-3: ends a bolus at empty, before the reservoir runs dry", () => {
    const limits = [{ pulses: 4_000, window_min: 60 }];
    const pump = new Pump({ rate: 1_100_000, bolus: null, limits }, { fill_nl: 8_000_000 }).wait(MINUTE);
    expect(ask(pump, COMMAND_CLINICIAN_BOLUS, words(20_000, 43_200))).toBe("accepted");
    pump.wait(DAY);
    expect(pump.heard("bolus_cancelled")).toHaveLength(1);
    expect(pump.machine.world.reservoir.volume_nl).toBeGreaterThan(1_390_000);
  });

  test("RES-4: refuses an overfill, and falls by a part that is taken out", () => {
    const pump = new Pump();
    expect(ask(pump, COMMAND_REFILL, encodeRefill(true, 0, 80_001))).toBe("out_of_range");
    expect(ask(pump, COMMAND_REFILL, encodeRefill(false, 0, 10_000))).toBe("out_of_range");
    expect(ask(pump, COMMAND_REFILL, encodeRefill(false, 72_000, 40_000))).toBe("accepted");
    expect(Math.abs(pump.field("reservoir.estimate") - 40_000)).toBeLessThan(2);
  });
});

test("THR-8: a fault stop cuts power at once", () => {
  const pump = new Pump({ ...PROGRAM }).wait(HOUR);
  pump.machine.board.guard.open = true;
  pump.machine.run(3);
  expect(pump.alarms()).toContain("dose_guard");
  const before = pump.pulses;
  pump.wait(HOUR);
  expect(pump.pulses).toBe(before);
});
