// Every scenario that ships, and one run of it.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import type { RunReport } from "../../emulator/run/report";
import { ScenarioRun } from "../../emulator/run/run";
import { loadScenario } from "../../emulator/scenario/load";
import type { Scenario } from "../../emulator/scenario/scenario";

const folder = join(import.meta.dirname, "..", "..", "scenarios");
export const SHIPPED = readdirSync(folder);

export function shipped(file: string): Scenario {
  return loadScenario(join(folder, file));
}

/** The scenarios that take seconds: `npm run prove` runs them to their ends, as `.ci/run` does. */
export const LONG = ["over-delivery-found.yaml", "seven-years.yaml", "trial-to-implant.yaml"];

/** Runs a scenario in one gear to its end, or to `until_ticks` if that comes first. */
export function ran(
  file: string,
  gear: "leap" | "lockstep",
  until_ticks = Infinity,
  controller = referenceController,
): RunReport {
  const run = new ScenarioRun(shipped(file), { gear, controller, tracks: false, until_ticks });
  run.advance(run.end_ticks);
  return run.report(0);
}

/**
 * A scenario passes, and states the harms that it does. On the way its controller makes no call outside of the contract, which only
 * counted ports see.
 */
export function expectStory(file: string): void {
  const report = ran(file, "leap", Infinity, { ...referenceController, ports: "counted" });
  expect(report.expectations.filter((row) => !row.ok)).toEqual([]);
  expect([report.verdict, report.reason]).toEqual(["pass", null]);
  expect(report.expectations.length).toBeGreaterThan(2);
  // EMU-8: every harm of a story is stated in it, also one that an alarm names in its time.
  expect(report.harms.filter(({ expected }) => !expected)).toEqual([]);
  expect(report.outside_calls).toEqual([]);
}
