// The instrumented build of the sources under test, and runs to step through.

import { Instrumented } from "../../emulator/debug/instrumented";
import { TimeTravel } from "../../emulator/debug/time-travel";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { loadScenario } from "../../emulator/scenario/load";
import type { Scenario } from "../../emulator/scenario/scenario";
import { steppingBuild } from "../../scripts/stepping.mjs";

const text = await steppingBuild();

export const instrumented = new Instrumented(text);

/** The build as it is written. */
export const written = JSON.parse(text) as Record<string, unknown> & { sources: Record<string, string> };

export function runOf(scenario: Scenario): ScenarioRun {
  return new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
}

export function travelIn(name: string): TimeTravel {
  return new TimeTravel(runOf(loadScenario(`scenarios/${name}.yaml`)), { instrumented });
}
