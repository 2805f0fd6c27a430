// Checks a controller with random scenarios against every invariant. When an invariant breaks, it throws an error that names
// the invariant, the shrunk scenario, and the seed and path with which fast-check finds it again.

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
  /** The seed of fast-check; by default fast-check draws one, and the error names it. */
  seed?: number;
  /** The longest scenario, in hours; default 6. */
  hours?: number;
  /** Ids of the invariants that are checked; default all. */
  only?: readonly string[];
  /** False: no bit of the controller's memory flips. Default true; a controller without named fields gets no flips. */
  flips?: boolean;
  /** False: the error has the first failing scenario unshrunk, which is quicker. Default true. */
  shrink?: boolean;
}

/** An implant with a full reservoir of 20 mL of morphine 10 mg/mL and a primed catheter: the pump of a bench without a scenario. */
export const BENCH_PUMP: MachineSetup = {
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

/** The elements of an array in which bits flip; they stand for all of its elements. */
const ELEMENTS = [0, 1];

/** The names of the words of a controller's memory in which bits may flip; empty for a controller without named fields. */
export function fieldsOf(controller: ControllerFactory): string[] {
  const { firmware } = new Machine(BENCH_PUMP, controller);
  return firmware
    .paths()
    .flatMap((path) => (firmware.read(path) === undefined ? ELEMENTS.map((i) => `${path}[${i}]`) : [path]))
    .filter((path) => firmware.read(path) !== undefined);
}

/** Runs a scenario to its end. Returns a text about the broken invariant or the failed controller, or null. */
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
