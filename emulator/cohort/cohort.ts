// A cohort: one scenario, and many people who might be its patient. Each patient is sampled from a seed of their own, which comes from
// the cohort's seed and the patient's place, and that seed replays the run alone. Of a cohort that is cut short, the patients
// that are done count.

import { availableParallelism } from "node:os";
import type { RunSetup } from "../apart/run-work";
import { signalsWith } from "../machine/signals";
import { RandomStream } from "../random";
import {
  type Band,
  bandsOf,
  cohortReport,
  type CohortFrame,
  type CohortReport,
  type Cut,
  type Member,
} from "../run/cohort-report";
import { ruleWords } from "../run/outcomes";
import { PLACEBO_PEOPLE, placeboPasses } from "../run/placebo";
import type { Patient, Scenario } from "../scenario/scenario";
import { playAll } from "./crew";
import type { MemberWork } from "./member";

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

/** How many workers a cohort has unless it is told otherwise. */
export function workersByDefault(): number {
  return availableParallelism();
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
  const frame = frameOf(setup);
  const members: Member[] = [];
  const seeds = seedsOf(setup.seed, setup.n);
  await playAll(workOf(setup, frame), seeds, setup.workers, stop, (member) => {
    members.push(member);
    onDone(members.length);
  });
  members.sort((a, b) => a.index - b.index);
  const report = cohortReport(frame, members, members.length < setup.n ? cut() : null);
  return { report, bands: setup.parts > 0 ? bandsOf(frame, members) : [] };
}

function workOf({ scenario, gear, controller }: CohortSetup, { samples, signals }: CohortFrame): MemberWork {
  const sampled: PeopledScenario = { ...scenario, patient: { ...scenario.patient, draw: "sampled" } };
  const setup: RunSetup = { scenario: sampled, gear, controller, from: null, tracks: false, placebo: false };
  return { setup, samples, signals: signals.length };
}

function frameOf({ scenario, gear, controller, seed, n, probes, parts }: CohortSetup): CohortFrame {
  const { duration_ticks, patient, trial } = scenario;
  const grid = parts > 0 ? Array.from({ length: parts + 1 }, (_, i) => Math.round((duration_ticks * i) / parts)) : [];
  const rising = (ticks: readonly number[]): number[] => [...new Set(ticks)].sort((a, b) => a - b);
  return {
    scenario: scenario.name,
    indication: patient.indication,
    seed,
    controller: controller ?? "reference",
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
          placebo: { people: PLACEBO_PEOPLE, passed: placeboPasses(scenario, seed) },
        }
      : null,
  };
}
