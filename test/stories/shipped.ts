// Every scenario that ships, and one run of it.

import { readdirSync } from "node:fs";
import { join } from "node:path";
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

/** Runs a scenario in one gear to its end, or to `until_ticks` if that comes first. */
export function ran(file: string, gear: "leap" | "lockstep", until_ticks = Infinity): RunReport {
  const run = new ScenarioRun(shipped(file), { gear, controller: referenceController, tracks: false, until_ticks });
  run.advance(run.end_ticks);
  return run.report(0);
}
