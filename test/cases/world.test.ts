// Events in the world that no scenario could say before (cases 03, 08 and 10): each scenario passes by its own expectations, and the
// quantities behind them are what physics and the calendar say.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadScenario } from "../../emulator/scenario/load";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { PULSE_NL } from "../../hal/units";
import { HOUR } from "../pump";

const open = (name: string) =>
  new ScenarioRun(loadScenario(join(import.meta.dirname, name)), {
    gear: "leap",
    controller: referenceController,
    tracks: false,
  });

describe("a case of the field passes", () => {
  test.each([
    [
      "03-dry-reservoir.yaml",
      "RES-3, RES-6: a reservoir that the books believe full raises its critical alarm by its sensor",
    ],
    [
      "10-clock-drift.yaml",
      "THR-4, ALM-2: a clock that gains a minute a day shifts its schedule, and one that gains more is named",
    ],
    ["08-hyperbaric.yaml", "EMU-4, RES-5: two treatments at 2 bar let fluid flow back into the reservoir"],
  ])("%s: %s", (file) => {
    const run = open(file);
    run.advance(run.end_ticks);
    const { expectations, faults, verdict, reason } = run.report(0);
    expect(expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect([verdict, reason]).toEqual(["pass", null]);
    for (const { acted } of faults) expect(acted).toBeGreaterThan(0);
  });
});

describe("EMU-4, RES-5: case 08, a treatment at 2 bar", () => {
  test("stops the delivery, draws spinal fluid into the catheter, and leaves a gap at the tip", () => {
    const run = open("08-hyperbaric.yaml");
    const { world } = run.machine;
    const from = (hours: number) => {
      run.advance(hours * HOUR);
      return { delivered: world.delivered_nl, tip: world.catheter.tip_ng[0], reservoir: world.reservoir.volume_nl };
    };
    const [before, after, later] = [from(2), from(3.5), from(6.5)];
    // 72 uL would leak back in 90 minutes, but the bellows was full two hours before and has no more room (RES-7).
    expect(after.delivered - before.delivered).toBe(-before.delivered);
    expect(before.delivered).toBeCloseTo(41_500, 0);
    expect(after.reservoir - before.reservoir).toBeCloseTo(before.delivered - after.delivered, 3);
    // 62.5 uL in three hours, of which the catheter first gives back the 41.5 uL of fluid that it drew in: a third of the dose.
    expect(Math.abs(later.delivered - after.delivered - 62_500)).toBeLessThanOrEqual(PULSE_NL);
    expect((later.tip - after.tip) / (62_500 * 0.5)).toBeLessThan(0.5);
  });
});
