// Carries a unit out, whatever it is. The same unit, build and controller give the same result, `core_ms` aside.

import type { ControllerFactory } from "../machine/controller-host";
import { parseScenario } from "../scenario/load";
import { ScenarioError } from "../scenario/scenario";
import { formatTicks } from "../time";
import { CaseRuns } from "./case-run";
import { COMMISSIONING } from "./judge";
import { coreMs, type Place } from "./place";
import { seek } from "./seek";
import { shrink } from "./shrink";
import type { CorpusResult, CorpusUnit, Unit, UnitResult } from "./unit";

export function workOn(unit: Unit, controller: ControllerFactory, place: Place): UnitResult {
  switch (unit.kind) {
    case "seek":
      return seek(unit, controller, place);
    case "shrink":
      return shrink(unit, controller, place);
    case "corpus":
      return runKnown(unit, controller, place);
  }
}

/** Runs a counterexample from its file. Nothing can be said if the file or the pump refuses it. */
function runKnown(unit: CorpusUnit, controller: ControllerFactory, place: Place): CorpusResult {
  const began = process.cpuUsage();
  const runs = new CaseRuns(controller, unit.property, place);
  const outcome: Pick<CorpusResult, "failures" | "excused" | "untold"> = { failures: [], excused: {}, untold: null };
  try {
    const scenario = parseScenario(unit.text, unit.file);
    const { run, failures, excused, openUntil } = runs.judged(scenario);
    outcome.failures = failures;
    for (const each of excused) outcome.excused[each] = 1;
    const isServed = run.outcomeOf(COMMISSIONING) >= 0;
    if (failures.length === 0 && !isServed) outcome.untold = "the pump never answered its commissioning";
    else if (failures.length === 0 && openUntil !== null)
      outcome.untold = `it ends while an alarm may still name a harm in time, until ${formatTicks(openUntil)}`;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    outcome.untold = error.message.split("\n")[0];
  }
  return { kind: "corpus", unit: unit.id, ...outcome, ticks: runs.ticks, core_ms: coreMs(began) };
}
