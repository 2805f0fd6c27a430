// An expectation about a signal over a time is wrong from the moment at which the signal leaves its bounds.

import { expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun, type RunOptions } from "../../emulator/run/run";
import type { RunReport } from "../../emulator/run/report";
import { parseScenario } from "../../emulator/scenario/load";
import { minimal } from "../scenario/example";

/** Three hours at 600 uL/day of 10 mg/mL, so 100 pulses an hour, with these expectations. */
function reportOf(gear: RunOptions["gear"], ...expectations: string[]): RunReport {
  const prescription = "basal: { mode: continuous, rate: 600 uL/day }";
  const list = expectations.map((each) => `{ ${each} }`).join(", ");
  const text = minimal(`expect: [${list}]\n`, prescription).replace("24 h", "3 h");
  const run = new ScenarioRun(parseScenario(text, "f.yaml"), { gear, controller: referenceController, tracks: true });
  run.advance(run.end_ticks);
  const pulses = run.signalTracks().find(({ name }) => name === "motor.pulses")!;
  return Object.assign(run.report(0), { tenth: pulses.ticks[10] / 100, hundredth: pulses.ticks[100] / 100 });
}

test.each(["leap", "lockstep"] as const)(
  "EMU-6: in %s the finding has the tick of the first value out of bounds, and findings come in that order",
  (gear) => {
    const report = reportOf(
      gear,
      "signal: { name: motor.pulses, between: [0 s, 3 h], max: 99 }",
      "delivered: { from: 0 s, to: 30 min, max: 1 uL }",
      "signal: { name: motor.pulses, between: [1 min, 2 h], max: 9 }",
    ) as RunReport & { tenth: number; hundredth: number };
    expect(report.findings.map(({ at_s }) => at_s)).toEqual([report.tenth, 1800, report.hundredth]);
    expect(report.reason).toContain("at most 9;");
  },
);

test("EMU-6: a signal that is wrong from the beginning of the time is wrong at its beginning", () => {
  const { findings } = reportOf("leap", "signal: { name: motor.pulses, between: [1 h, 2 h], max: 9 }");
  expect(findings.map(({ at_s }) => at_s)).toEqual([3600]);
});

test("EMU-6: a signal that is wrong before and after its time is right", () => {
  const { findings } = reportOf("leap", "signal: { name: motor.pulses, between: [5 min, 6 min], min: 1, max: 20 }");
  expect(findings).toEqual([]);
});
