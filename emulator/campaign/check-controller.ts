// The property check of a controller: random scenarios, every invariant. A broken one is an error that names the
// invariant and carries the scenario, shrunk, and the seed that finds it again.

import * as fc from "fast-check";
import { referenceController, type ControllerFactory } from "../machine/controller-host";
import { INVARIANTS } from "../run/invariants";
import { Machine, type MachineSetup } from "../machine/machine";
import { ScenarioRun } from "../run/run";
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
  /** False: no bit flips in the controller's memory; default true, where it can be looked into. */
  flips?: boolean;
  /** False: report the first scenario found as it is; quicker when it need not be read. */
  shrink?: boolean;
}

const SETUP: MachineSetup = {
  seed: 1,
  start: { second: 0 },
  pump: {
    capacity_nl: 20_000_000,
    fill_nl: 20_000_000,
    catheter: { length_cm: 89, volume_nlPerCm: 2200 },
    state: "primed",
    unit: { bias: 0, ripple: 0 },
  },
  drugs: [{ concentration_mgPerMl: 10 }],
};

/** Elements of an array that stand for the rest. */
const ELEMENTS = [0, 1];

/** The words of a controller's memory by name, in which bits may flip; none for one that cannot be looked into. */
export function fieldsOf(controller: ControllerFactory): string[] {
  const { firmware } = new Machine(SETUP, controller);
  return firmware
    .paths()
    .flatMap((path) => (firmware.read(path) === undefined ? ELEMENTS.map((i) => `${path}[${i}]`) : [path]))
    .filter((path) => firmware.read(path) !== undefined);
}

/** Runs a scenario to its end and returns what broke, in words, or null. */
function brokenBy(scenario: Scenario, controller: ControllerFactory, only: readonly string[]): string | null {
  const run = new ScenarioRun(scenario, { gear: "leap", controller, tracks: false });
  run.advance(run.end_ticks);
  const broken = run.report(0).invariants.find((row) => !row.ok && only.includes(row.id));
  return broken ? `${broken.id} broke at ${broken.at_s} s` : run.failure;
}

/** Throws an error with the shrunk scenario when an invariant breaks or the controller fails. */
export function checkController(options: CheckOptions = {}): void {
  const controller = options.controller ?? referenceController;
  const only = options.only ?? INVARIANTS.map((each) => each.id);
  const { hours = 6, flips = true } = options;
  const scenarios = arbitraries.scenario({ faults: true, hours, fields: flips ? fieldsOf(controller) : [] });
  const property = fc.property(scenarios, (scenario) => {
    const broken = brokenBy(scenario, controller, only);
    if (broken !== null) throw new Error(broken);
  });
  const seeded = options.seed === undefined ? {} : { seed: options.seed };
  const found = fc.check(property, {
    numRuns: options.runs ?? 100,
    endOnFailure: options.shrink === false,
    ...seeded,
  });
  if (!found.failed) return;
  const [scenario] = found.counterexample ?? [];
  const why = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  const replay = `seed ${found.seed}, path ${found.counterexamplePath}`;
  throw new Error(`${controller.name}: ${why} (${replay}) in the scenario ${JSON.stringify(scenario)}`);
}
