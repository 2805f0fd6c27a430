// The property check of a controller: random scenarios, every invariant. A broken one is an error that names the
// invariant and carries the scenario, shrunk, and the seed that finds it again.

import * as fc from "fast-check";
import { referenceController, type ControllerFactory } from "../machine/controller-host";
import { INVARIANTS } from "../machine/invariants";
import { ScenarioRun } from "../scenario/run";
import type { Scenario } from "../scenario/scenario";
import { arbitraries } from "./arbitraries";

export interface CheckOptions {
  /** Default: the reference controller. */
  controller?: ControllerFactory;
  /** Scenarios to try; default 100. */
  runs?: number;
  /** Of fast-check; default drawn by it and named in the error. */
  seed?: number;
  /** Longest scenario; default 6 h. */
  hours?: number;
  /** Ids of INVARIANTS; default all. */
  only?: readonly string[];
}

/** Runs a scenario to its end and returns what broke, in words, or null. */
export function brokenBy(scenario: Scenario, controller: ControllerFactory, only: readonly string[]): string | null {
  const run = new ScenarioRun(scenario, { gear: "leap", controller, tracks: false });
  run.advance(run.end_ticks);
  const report = run.report(0);
  const broken = report.invariants.find((row) => !row.ok && only.includes(row.id));
  if (broken) return `${broken.id} at ${broken.at_s} s`;
  return report.verdict === "fail" && report.reason !== null ? report.reason : null;
}

/** Throws an error with the shrunk scenario when an invariant breaks or the controller fails. */
export function checkController(options: CheckOptions = {}): void {
  const controller = options.controller ?? referenceController;
  const only = options.only ?? INVARIANTS.map((each) => each.id);
  const property = fc.property(arbitraries.scenario({ faults: true, hours: options.hours ?? 6 }), (scenario) => {
    const broken = brokenBy(scenario, controller, only);
    if (broken !== null) throw new Error(broken);
  });
  fc.assert(property, { numRuns: options.runs ?? 100, ...(options.seed === undefined ? {} : { seed: options.seed }) });
}
