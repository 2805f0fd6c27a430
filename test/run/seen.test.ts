// A report tells what was seen in the unit in which the expectation is written, so that the two can be compared at a glance.

import { expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { minimal } from "../scenario/example";

/** An hour at 600 uL/day of 10 mg/mL: 24.75 uL, which is 0.2475 mg. */
function seenFor(expectation: string): { ok: boolean; seen: string } {
  const prescription = "basal: { mode: continuous, rate: 600 uL/day }";
  const text = minimal(`expect: [{ ${expectation} }]\n`, prescription).replace("24 h", "1 h");
  const run = new ScenarioRun(parseScenario(text, "f.yaml"), {
    gear: "leap",
    controller: referenceController,
    tracks: false,
  });
  run.advance(run.end_ticks);
  const { ok, seen } = run.report(0).expectations[0];
  return { ok, seen };
}

test.each([
  ["delivered: { volume: 25 uL, within: 0.5 uL }", true, "24.75 uL"],
  ["delivered: { volume: 25 µL, within: 0.5 uL }", true, "24.75 uL"],
  ["delivered: { volume: 0.025 mL, within: 1 nL }", false, "0.02475 mL"],
  ["delivered: { dose: 250 mcg, within: 5 ug }", true, "247.5 mcg"],
  ["delivered: { dose: 0.25 milligrams, within: 0.5 uL }", true, "0.2475 milligrams"],
  ["delivered: { min: 1 cc }", false, "0.02475 cc"],
  ["delivered: { max: 1 mg }", true, "0.2475 mg"],
  ["dose: { dose: 0.25 mg, within: 5 ug }", true, "0.2475 mg of morphine"],
  ["dose: { drug: MORPHINE, min: 1 g }", false, "0.0002475 g of morphine"],
])("EMU-10: { %s } sees %s, %s", (expectation, ok, seen) => {
  expect(seenFor(expectation)).toEqual({ ok, seen });
});
