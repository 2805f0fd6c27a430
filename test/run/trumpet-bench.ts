// A pump on steady basal, run from sample to sample to its trumpet curve: for tests of the method and for its stories.

import { expect } from "vitest";
import { parseScenario } from "../../emulator/scenario/load";
import { ScenarioRun } from "../../emulator/run/run";
import type { Scenario } from "../../emulator/scenario/scenario";
import { takeSample, trumpetPlan, trumpetReport, type TrumpetOptions } from "../../emulator/run/trumpet";
import type { TrumpetReport } from "../../emulator/run/trumpet-curve";
import { BUILDS } from "../laws/both-builds";

export interface Bench {
  rate?: string;
  duration?: string;
  /** Further lines: `pump`, `timeline`, `expect`. */
  more?: string;
  /** The pressure of the fluid around the tip above its healthy value, mmHg. */
  outside_mmHg?: number;
}

/** A day to settle, and room for the longest slow window. */
export const SLOW_RUN = "46 h";

export function bench({ rate = "0.5 mL/day", duration = SLOW_RUN, more = "" }: Bench): Scenario {
  return parseScenario(
    `name: Bench
duration: ${duration}
drugs: [{ name: morphine, concentration: 0.5 mg/mL }]
prescription:
  basal: { mode: continuous, rate: ${rate} }
${more}`,
    "bench.yaml",
  );
}

export function curveOf(setup: Bench, options: TrumpetOptions = {}): TrumpetReport {
  const scenario = bench(setup);
  const plan = trumpetPlan(scenario, options);
  const run = new ScenarioRun(scenario, { gear: "leap", controller: BUILDS[1], tracks: false });
  run.machine.world.catheter.outside_mmHg = setup.outside_mmHg ?? 0;
  const volumes_nl: number[] = [];
  while (takeSample(run, plan, volumes_nl));
  run.advance(run.end_ticks);
  expect(volumes_nl).toHaveLength(1 + plan.stabilising + plan.analysed);
  return trumpetReport(run.report(0), plan, volumes_nl);
}
