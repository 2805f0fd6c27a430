// The cell (PWR-1): what each use costs, how the voltage falls, and how long it lasts at the published rates, by settling
// every minute of its life.

import { describe, expect, test } from "vitest";
import { MINUTES_PER_DAY, TICKS_PER_DAY } from "../../hal/units";
import { BROWNOUT_MV, VirtualBattery } from "../../emulator/board/battery";
import { FAULT_BATTERY_SAG, FaultLedger } from "../../emulator/fault-ledger";

const CAPACITY_UC = 7.2e9;

function bench(drawn_uC = 0) {
  const faults = new FaultLedger();
  const battery = new VirtualBattery(faults);
  battery.drawn_uC = drawn_uC;
  return { faults, battery };
}

describe("PWR-1: a minute draws from the cell", () => {
  test.each([
    ["720 uC for sleep", 0, 0, 0, 720],
    ["550 uC more for a pulse", 1, 0, 0, 1270],
    ["20 uC more for a byte of telemetry", 0, 1, 0, 740],
    ["10 uC more for a tick of tone", 0, 0, 1, 730],
    ["the sum for pulses, bytes and tones together", 4, 100, 300, 7920],
  ])("%s", (_, pulses, bytes, toneTicks, cost) => {
    const { battery } = bench();
    battery.drawCharge(pulses, bytes, toneTicks);
    expect(battery.drawn_uC).toBe(cost);
    battery.drawCharge(pulses, bytes, toneTicks);
    expect(battery.drawn_uC).toBe(cost + 720);
  });
});

describe("PWR-1: the voltage of the cell falls from 85 % of its charge on", () => {
  test.each([
    [0, 3600],
    [0.85, 3600],
    [0.925, 2800],
    [1, 2000],
    [1.5, 2000],
  ])("after %d of the charge is used, the cell has %d mV", (used, cell_mv) => {
    const { battery } = bench(used * CAPACITY_UC - 720);
    battery.drawCharge(0, 0, 0);
    expect(battery.cell_mv()).toBe(cell_mv);
  });
});

/** Years until a pulse browns the controller out, at a rate. */
function life_years(rate_mLPerDay: number): number {
  const { battery } = bench();
  const pulsesPerMinute = (rate_mLPerDay * 4000) / MINUTES_PER_DAY;
  let minutes = 0;
  while (!battery.dips()) battery.drawCharge(++minutes * pulsesPerMinute, 0, 0);
  return minutes / MINUTES_PER_DAY / 365.25;
}

describe("PWR-1: the life of a cell depends on the rate", () => {
  test("a day has 1,440 minutes of 6,000 ticks, in each of which the charge is drawn once", () =>
    expect(TICKS_PER_DAY / MINUTES_PER_DAY).toBe(6000));
  test("at 0.9 mL/day the cell lasts 6.5 years, to a quarter of a year", () =>
    expect(Math.abs(life_years(0.9) - 6.5)).toBeLessThan(0.25));
  test("at 24 mL/day the cell lasts less than two years", () => expect(life_years(24)).toBeLessThan(2));
  test("at rest the cell lasts more than fifteen years", () => expect(life_years(0)).toBeGreaterThan(15));
});

describe("a pulse dips the voltage of the cell", () => {
  /** The cell just under or at the voltage that a pulse of 20 mA over 10 ohm leaves at the threshold. */
  test.each([
    [BROWNOUT_MV + 200, false],
    [BROWNOUT_MV + 199, true],
  ])("a pulse on a healthy cell of %d mV causes a brown-out: %s", (voltage_mv, out) => {
    const { faults, battery } = bench();
    battery.voltage_mv = voltage_mv;
    expect([battery.dips(), faults.acts[FAULT_BATTERY_SAG]]).toEqual([out, 0]);
  });

  test("EMU-4: with the fault sag a pulse browns out even a full cell, and the fault counts an act", () => {
    const { faults, battery } = bench();
    faults.start(FAULT_BATTERY_SAG, 0);
    faults.tick = 5;
    expect(battery.dips()).toBe(true);
    expect([faults.acts[FAULT_BATTERY_SAG], faults.first[FAULT_BATTERY_SAG]]).toEqual([1, 5]);
  });

  test("EMU-4: the fault sag counts no act on a cell that browns out without it", () => {
    const { faults, battery } = bench();
    faults.start(FAULT_BATTERY_SAG, 0);
    battery.voltage_mv = BROWNOUT_MV + 100;
    expect([battery.dips(), faults.acts[FAULT_BATTERY_SAG]]).toEqual([true, 0]);
  });
});
