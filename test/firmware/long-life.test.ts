// Behaviour that shows only after months. The count of ticks wraps after 248 days, and a state that was meant to last an hour or
// a minute must not come back with it.

import { describe, expect, test } from "vitest";
import { encodeBridge } from "../../emulator/telemetry/messages";
import { COMMAND_BRIDGE } from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { DAY, HOUR, MINUTE, Pump } from "../pump";

const MORPHINE = 1;

/** Months pass with nobody watching but the pump. */
function later(pump: Pump, ticks: number): void {
  const { listener } = pump.machine;
  pump.machine.listener = null;
  pump.machine.leap(ticks);
  pump.machine.listener = listener;
}

describe("THR-7: a bridge that was ordered and never used", () => {
  const slowest = (concentration: number) => ({
    mode: "continuous" as const,
    rate: 4_800,
    bolus: null,
    limits: [],
    low_pulses: 0,
    drugs: [{ id: MORPHINE, concentration }],
  });

  test.each<[string, string, number]>([
    ["59 minutes", "accepted", 59 * MINUTE],
    ["61 minutes", "bridge_needed", 61 * MINUTE],
    ["249 days", "bridge_needed", 249 * DAY],
  ])("is %s later answered to a change of concentration with %s", (_, outcome, ticks) => {
    const pump = new Pump(slowest(100_000)).wait(HOUR);
    expect(outcomeName(pump.programmer.outcome(COMMAND_BRIDGE, encodeBridge(100_000, 200))!)).toBe("accepted");
    later(pump, ticks);
    expect(outcomeName(pump.program(slowest(200_000))!)).toBe(outcome);
    expect(pump.heard("bridge_started")).toHaveLength(outcome === "accepted" ? 1 : 0);
  });
});

test.each([1, 249])("NVM-2: a reset after %i days on the shelf does not set time back", (days) => {
  const pump = new Pump(null, {}, false);
  later(pump, days * DAY);
  const minute = pump.field("clock.minute");
  pump.machine.inject("reset");
  pump.machine.run(MINUTE);
  expect(pump.field("clock.minute") - minute).toBeGreaterThanOrEqual(0);
  expect(pump.field("clock.minute") - minute).toBeLessThanOrEqual(1);
});
