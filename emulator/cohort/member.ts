// The run of one patient of a cohort: it moves from sample to sample and keeps the values of the patient's signals there, then
// makes of its report what the cohort counts. It keeps no signal between samples, so a long run takes no more memory than a short one.

import { openRun } from "../apart/open";
import type { RunSetup } from "../apart/run-work";
import { advanceInSlices } from "../apart/slices";
import type { Member } from "../run/cohort-report";
import type { RunReport } from "../run/report";

/** The parts that the runs of all patients of a cohort share. */
export interface MemberWork {
  setup: RunSetup;
  /** Ticks, rising. */
  samples: readonly number[];
  /** The number of the patient's signals. */
  signals: number;
}

/** Carries it out; null as soon as `isOver` says that nobody wants it any more. Throws ControllerFault and ScenarioError. */
export async function playMember(
  { setup, samples, signals }: MemberWork,
  index: number,
  seed: number,
  isOver: () => boolean = () => false,
): Promise<Member | null> {
  const run = await openRun({ ...setup, seed });
  try {
    const values = new Float64Array(samples.length * signals).fill(NaN);
    for (let sample = 0; sample < samples.length && !isOver(); sample++) {
      await advanceInSlices(run, samples[sample], isOver);
      if (run.tick < samples[sample]) break;
      values.set(await run.patientValues(), sample * signals);
    }
    await advanceInSlices(run, run.end_ticks, isOver);
    if (isOver()) return null;
    return { index, seed, values, ...countedIn(await run.report(0, false)) };
  } finally {
    await run.close();
  }
}

function countedIn(report: RunReport): Omit<Member, "index" | "seed" | "values"> {
  const { verdict, reason, events, alarms, harms, patient } = report;
  if (patient === null) throw new RangeError("expected the run of a patient");
  const { baseline, last_week, change, trial } = patient;
  const harmed: Member["harms"] = {};
  for (const { name, first_s } of harms) {
    const known = harmed[name] ?? { times: 0, first_s };
    harmed[name] = { times: known.times + 1, first_s: Math.min(known.first_s, first_s) };
  }
  return {
    verdict,
    reason,
    events: timesOf(events),
    alarms: timesOf(alarms),
    harms: harmed,
    outcomes: { baseline, last_week, change },
    trial: trial === null ? null : trial.passed === null ? "undecided" : trial.passed ? "passed" : "failed",
  };
}

function timesOf(rows: readonly { name: string }[]): Record<string, number> {
  const times: Record<string, number> = {};
  for (const { name } of rows) times[name] = (times[name] ?? 0) + 1;
  return times;
}
