// Low, empty and faulty: which of estimate, level sensor and pressure decides (RES-3, RES-6). Each row is a pump with a reservoir
// that needles, mishaps and sensors bring into a state, and the alarms that it raises within a quarter of an hour.

import { describe, expect, test } from "vitest";
import { encodeRefill } from "../../emulator/telemetry/messages";
import { outcomeName } from "../../emulator/contract/codes";
import { COMMAND_PATIENT_BOLUS, COMMAND_REFILL } from "../../hal/telemetry";
import { mutant, replace } from "../mutant";
import { DAY, HOUR, MINUTE, Pump } from "../pump";

const QUARTER = 15 * MINUTE;
const EMPTY_PULSES = 5_600;
/** 0.1 mL/day: the level hardly falls by itself. */
const SLOW = { rate: 10_000, limits: [], low_pulses: 8_000 };

const pumpWith = (fill_nl: number, controller?: ReturnType<typeof mutant>) =>
  new Pump(SLOW, { fill_nl }, true, controller).wait(HOUR);

const alarmsIn = (pump: Pump, ticks = QUARTER) => pump.wait(ticks).alarms().sort();

describe("RES-3, RES-6: within 15 minutes the pump knows", () => {
  test.each<[string, number, (pump: Pump) => void, string[]]>([
    ["nothing of a tap that leaves enough", 10e6, (pump) => pump.machine.tap(0.8e6), []],
    ["that a tap leaves 2 mL", 10e6, (pump) => pump.machine.tap(8e6), ["low_reservoir"]],
    ["that a tap leaves 1.4 mL", 10e6, (pump) => pump.machine.tap(8.61e6), ["empty_reservoir", "low_reservoir"]],
    [
      "that a tap leaves nothing, and blames no sensor",
      20e6,
      (pump) => pump.machine.tap(20e6),
      ["empty_reservoir", "low_reservoir"],
    ],
    [
      "that nothing is left while it has a fever",
      20e6,
      (pump) => {
        pump.machine.inject("temperature", 41_000);
        pump.machine.tap(20e6);
      },
      ["empty_reservoir", "low_reservoir"],
    ],
    [
      "that nothing is left in a chamber at 3 bar, where the pressure sensor is at a rail",
      1.9e6,
      (pump) => {
        pump.machine.tap(1e6);
        pump.wait(QUARTER);
        pump.machine.inject("pressure", 300_000);
        pump.machine.tap(20e6);
      },
      ["empty_reservoir", "low_reservoir", "sensor_fault"],
    ],
    [
      "that a tap at 1,600 m leaves nothing, where an empty bellows has the pressure of a full one at the sea",
      20e6,
      (pump) => {
        pump.machine.inject("altitude", 1600);
        pump.wait(QUARTER);
        pump.machine.tap(20e6);
      },
      ["empty_reservoir", "low_reservoir"],
    ],
    [
      "that a tap at 1,600 m leaves nothing of 3 mL",
      3e6,
      (pump) => {
        pump.machine.inject("altitude", 1600);
        pump.wait(QUARTER);
        pump.machine.tap(20e6);
      },
      ["empty_reservoir", "low_reservoir"],
    ],
    [
      "that a level of zero at 1,600 m, without a fall of the pressure, is a fault of the sensor",
      15e6,
      (pump) => {
        pump.machine.inject("altitude", 1600);
        pump.wait(QUARTER);
        pump.machine.inject("reservoir_sensor.offset", -20e6);
      },
      ["sensor_fault"],
    ],
    [
      "that a level of zero, with the fall of pressure of a descent by 150 m, is a fault of the sensor",
      15e6,
      (pump) => {
        pump.machine.inject("altitude", 300);
        pump.wait(QUARTER);
        pump.machine.inject("altitude", 150);
        pump.machine.inject("reservoir_sensor.offset", -20e6);
      },
      ["sensor_fault"],
    ],
    [
      "that a level of zero in a reservoir under pressure is a fault of its sensor, and not an empty reservoir",
      15e6,
      (pump) => pump.machine.inject("reservoir_sensor.offset", -20e6),
      ["sensor_fault"],
    ],
    [
      "that a level at the upper rail is a fault of its sensor",
      15e6,
      (pump) => pump.machine.inject("reservoir_sensor.offset", 90e6),
      ["sensor_fault"],
    ],
    [
      "that a sensor that sticks at 1.3 mL shows an empty reservoir",
      15e6,
      (pump) => pump.machine.inject("reservoir_sensor.offset", -13.7e6),
      ["empty_reservoir", "low_reservoir"],
    ],
  ])("%s", (_, fill_nl, bring, alarms) => {
    const pump = pumpWith(fill_nl);
    bring(pump);
    expect(alarmsIn(pump)).toEqual(alarms);
  });

  test("D3: a worn head empties the reservoir ahead of the books, and the pump warns and slows before it is dry", () => {
    const pump = new Pump({ ...SLOW, rate: 100_000 }, { fill_nl: 8e6 }).wait(HOUR);
    pump.machine.inject("over_delivery", 1.5);
    pump.wait(10 * DAY);
    expect(pump.alarms().sort()).toEqual(["empty_reservoir", "low_reservoir", "volume_mismatch"]);
    expect(pump.machine.world.reservoir.volume_nl).toBeGreaterThan(1.3e6);
  });

  test("a bolus is denied as empty by what the sensor shows, and granted again when fluid is back", () => {
    const pump = new Pump(
      { ...SLOW, bolus: { pulses: 20, duration_s: 60, lockout_min: 15, per24h: 96 } },
      { fill_nl: 10e6 },
    );
    pump.wait(HOUR).machine.tap(8.5e6);
    pump.wait(QUARTER);
    expect(outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)!)).toBe("accepted");
    pump.wait(QUARTER).machine.tap(0.2e6);
    pump.wait(QUARTER);
    expect(outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)!)).toBe("empty");
    pump.machine.topUp(8e6);
    pump.wait(QUARTER);
    expect(pump.alarms()).toEqual([]);
    expect(outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)!)).toBe("accepted");
  });

  test("the sensor's word outlives a restart: the alarm does not go away for the minutes of a new mean", () => {
    const pump = pumpWith(10e6);
    pump.machine.tap(9e6);
    pump.wait(QUARTER);
    expect(pump.alarms()).toContain("empty_reservoir");
    pump.machine.inject("reset");
    pump.wait(2 * MINUTE);
    expect(pump.alarms()).toContain("empty_reservoir");
    expect(pump.heard("alarm_cleared", { alarm: "empty_reservoir" })).toEqual([]);
  });

  test("a refill is believed until the sensor has spoken again", () => {
    const pump = pumpWith(10e6);
    pump.machine.tap(9e6);
    pump.wait(QUARTER);
    pump.machine.refill(null, 18e6, [10]);
    expect(outcomeName(pump.programmer.outcome(COMMAND_REFILL, encodeRefill(true, 4_000, 72_000))!)).toBe("accepted");
    expect(alarmsIn(pump, 2 * HOUR)).toEqual([]);
  });

  test("ALM-2: a noisy sensor near a threshold raises its alarm once, not again and again", () => {
    const pump = pumpWith(2.05e6);
    pump.machine.inject("reservoir_sensor.noise", 0.4e6);
    pump.wait(6 * HOUR);
    expect(pump.heard("alarm_raised", { alarm: "low_reservoir" })).toHaveLength(1);
    expect(pump.heard("alarm_cleared", { alarm: "low_reservoir" })).toEqual([]);
  });
});

describe("PRP-2: a controller that is wrong on purpose is caught", () => {
  test.each([
    [
      "judges by the books alone, as FA596 was",
      mutant("the sensor is not asked", ({ reservoir }) =>
        replace(reservoir, "isEmpty", () => reservoir.estimate.get() <= EMPTY_PULSES),
      ),
    ],
    [
      "takes a level of zero for a rail",
      mutant("zero is a rail", ({ reservoir }) =>
        replace(reservoir as unknown as { seemsEmpty(): boolean }, "seemsEmpty", () => false),
      ),
    ],
    [
      "does not hold the fall of the level against that of the pressure",
      mutant("no fall", ({ reservoir }) =>
        replace(reservoir as unknown as { hasFallen(): boolean }, "hasFallen", () => false),
      ),
    ],
  ])("that %s leaves a dry pump at 1,600 m without its alarm", (_, controller) => {
    const pump = pumpWith(20e6, controller);
    pump.machine.inject("altitude", 1600);
    pump.wait(QUARTER);
    pump.machine.tap(20e6);
    expect(alarmsIn(pump)).not.toContain("empty_reservoir");
  });
});

describe("RES-4: the error of a refill", () => {
  const discrepancyAfter = (delivered_uL: number) => {
    const pump = new Pump({ rate: 200_000, bolus: null, limits: [], low_pulses: 0 }, { fill_nl: 10e6 });
    pump.wait((delivered_uL * DAY) / 2_000);
    const aspirated = Math.floor(pump.machine.refill(null, 10e6, [10]) / 250);
    pump.programmer.outcome(COMMAND_REFILL, encodeRefill(true, aspirated - 8_000, 40_000));
    return pump.heard("refill_discrepancy")[0].fields;
  };

  test("is told as a part of what was delivered, and not at all where that is hardly anything", () => {
    expect(Number(discrepancyAfter(1_000)["error_pct"])).toBeCloseTo(200, 0);
    expect(discrepancyAfter(5)).not.toHaveProperty("error_pct");
  });
});
