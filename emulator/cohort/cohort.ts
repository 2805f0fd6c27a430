// A cohort: one scenario, and many people who might be its patient. Each patient is sampled from a seed of their own, which comes from
// the cohort's seed and the patient's place, and that seed replays the run alone. Of a cohort that is cut short, the patients
// that are done count.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { RunSetup } from "../apart/run-work";
import { buildWith } from "../machine/module";
import { signalsWith } from "../machine/signals";
import { RandomStream } from "../random";
import { type Band, type CohortFrame, type CohortReport, CohortTally, type Cut } from "../run/cohort-report";
import { ruleWords } from "../run/outcomes";
import { PLACEBO_PEOPLE, PlaceboShare } from "../run/placebo";
import type { Patient, Scenario } from "../scenario/scenario";
import { playAll } from "./crew";
import type { MemberWork } from "./member";

type Placebo = NonNullable<CohortReport["trial"]>["placebo"];

/** A scenario that has a patient. */
export type PeopledScenario = Scenario & { patient: Patient };

export interface CohortSetup {
  scenario: PeopledScenario;
  gear: RunSetup["gear"];
  /** The path of a controller; null for the reference controller. */
  controller: string | null;
  seed: number;
  n: number;
  /** The ticks at which the report has quantiles. */
  probes: readonly number[];
  /** Into so many parts the run is divided for bands over time; 0 for none. */
  parts: number;
  workers: number;
}

export interface Cohort {
  report: CohortReport;
  /** None without `parts`. */
  bands: Band[];
}

/** The seed of each patient. */
function seedsOf(seed: number, n: number): number[] {
  const stream = new RandomStream(seed, "cohort");
  return Array.from({ length: n }, () => stream.bits());
}

/**
 * Carries it out until its end or until `stop` is aborted, of which `cut` then says why. `onDone` gets the number of patients that
 * are done. Throws ControllerFault and ScenarioError.
 */
export async function playCohort(
  setup: CohortSetup,
  stop: AbortSignal,
  cut: () => Cut,
  onDone: (done: number) => void,
): Promise<Cohort> {
  const frame = await frameOf(setup, stop);
  const tally = new CohortTally(frame);
  const seeds = seedsOf(setup.seed, setup.n);
  await playAll(workOf(setup, frame), seeds, setup.workers, stop, (member) => {
    tally.add(member);
    onDone(tally.finished);
  });
  const report = tally.report(tally.finished < setup.n ? cut() : null);
  return { report, bands: setup.parts > 0 ? tally.bands() : [] };
}

/** How many people would have passed with a placebo; null when the cohort is over before they have all lived. */
async function placeboOf(scenario: Scenario, seed: number, stop: AbortSignal): Promise<Placebo> {
  const share = new PlaceboShare(scenario, seed);
  while (share.next()) {
    await nextTurn();
    if (stop.aborted) return null;
  }
  return { people: PLACEBO_PEOPLE, passed: share.whole() };
}

function workOf({ scenario, gear, controller }: CohortSetup, { samples, signals }: CohortFrame): MemberWork {
  const sampled: PeopledScenario = { ...scenario, patient: { ...scenario.patient, draw: "sampled" } };
  const setup: RunSetup = { scenario: sampled, gear, controller, from: null, tracks: false, placebo: false };
  return { setup, samples, signals: signals.length };
}

async function frameOf(setup: CohortSetup, stop: AbortSignal): Promise<CohortFrame> {
  const { scenario, gear, controller, seed, n, probes, parts } = setup;
  const { duration_ticks, patient, trial } = scenario;
  const grid = parts > 0 ? Array.from({ length: parts + 1 }, (_, i) => Math.round((duration_ticks * i) / parts)) : [];
  const rising = (ticks: readonly number[]): number[] => [...new Set(ticks)].sort((a, b) => a - b);
  return {
    scenario: scenario.name,
    indication: patient.indication,
    seed,
    controller: controller ?? "reference",
    machine: buildWith(controller).machine,
    gear,
    n,
    duration_ticks,
    signals: signalsWith(patient)
      .filter(({ name }) => name.startsWith("patient."))
      .map(({ name, unit }) => ({ name, unit })),
    samples: rising([...grid, ...probes]),
    probes: rising(probes),
    trial: trial
      ? {
          kind: trial.kind,
          rule: ruleWords(trial),
          placebo: await placeboOf(scenario, seed, stop),
        }
      : null,
  };
}
