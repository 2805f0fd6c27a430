// Faults as a person types them: every fault of the table can be typed, with the units and bounds of a scenario.

import { describe, expect, test } from "vitest";
import { FAULTS } from "../../emulator/faults";
import { FaultWordsError, parseFault, usageOfFault } from "../../emulator/scenario/fault-words";

/** A parameter that fits, by kind. */
const FITTING: Record<string, string> = {
  fraction: "20 %",
  factor: "1",
  rate_nlPerDay: "100 uL/h",
  volume_nl: "1 mL",
  ticks: "200 ms",
  temperature_mC: "38.5 °C",
  altitude_m: "2500 m",
  pressure_pa: "2 bar",
  ppm: "-694 ppm",
  bit: "basal.rate 3",
  nvm_bit: "12 7",
};

describe("a fault in words", () => {
  test.each(FAULTS.map((row) => [usageOfFault(row), row] as const))("%s", (_usage, row) => {
    const words = row.parameter ? ` ${FITTING[row.parameter.kind]}` : "";
    expect(parseFault(`${row.name}${words}`)).toMatchObject({ fault: row.name });
    if (row.parameter) expect(() => parseFault(row.name)).toThrow(FaultWordsError);
    expect(() => parseFault(`${row.name}${words} 1 2 3`)).toThrow(FaultWordsError);
  });

  test.each([
    ["motor_slip 20 %", { fault: "motor_slip", parameter: 0.2, field: null }],
    ["link.delay 200 ms", { fault: "link.delay", parameter: 20, field: null }],
    ["reservoir_sensor.offset -1 mL", { fault: "reservoir_sensor.offset", parameter: -1_000_000, field: null }],
    ["ram_flip firmware.basal.rate 3", { fault: "ram_flip", parameter: 3, field: "basal.rate" }],
    ["nvm_flip 12 7", { fault: "nvm_flip", parameter: 103, field: null }],
    ["rtc_drift 694", { fault: "rtc_drift", parameter: 694, field: null }],
    ["rtc_drift -20 ppm", { fault: "rtc_drift", parameter: -20, field: null }],
    ["pressure 1500 mmHg", { fault: "pressure", parameter: 199_983, field: null }],
    ["  motor_stall ", { fault: "motor_stall", parameter: 0, field: null }],
  ])("%s", (text, entry) => {
    expect(parseFault(text)).toMatchObject(entry);
  });

  test.each([
    ["", "expected the name of a fault"],
    ["motor_stal", "the nearest known one is `motor_stall`"],
    ["link", "unknown fault `link`"],
    ["motor_stall 5 %", "motor_stall takes no parameter, found 5 %"],
    ["motor_slip", "fraction: missing: expected a percentage (%) (usage: motor_slip FRACTION)"],
    ["motor_slip 120 %", "120 %"],
    ["motor_slip 0.2", "bare number"],
    ["over_delivery 0.5", "expected a factor: a plain number from 1 to 100"],
    ["over_delivery much", "much"],
    ["temperature 200 °C", "from -40 °C to 125 °C"],
    ["ram_flip basal.rate 32", "bit"],
    ["ram_flip basal.rate", "usage: ram_flip FIELD BIT"],
    ["nvm_flip -1 0", "address"],
  ])("%s is refused", (text, message) => {
    expect(() => parseFault(text)).toThrow(message);
    expect(() => parseFault(text)).toThrow(FaultWordsError);
  });
});
