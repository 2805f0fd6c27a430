// The two results of a run: the value that `run --json` prints, in its published shape, and the tracks of its signals. All
// other output (console text, HTML, CSV, VCD) is made from these two.

import type { Meaning } from "../machine/signals";
import type { Block } from "../points";
import type { MachineBuild } from "../machine/controller-host";
import type { Outcome } from "./care";
import type { TwiceReport } from "./twice";
import type { Warning } from "../scenario/scenario";
import type { Judgement } from "./verdict";

/** Times: `tick` counts 10 ms from the start, `time_s` is the same in seconds, `wall` is ISO 8601 local time without zone. */
export interface RunEvent {
  tick: number;
  time_s: number;
  wall: string;
  name: string;
  [field: string]: string | number;
}

export interface RunReport extends Judgement {
  schema: "cistern.run/1";
  scenario: string;
  seed: number;
  controller: string;
  gear: "leap" | "lockstep";
  version: string;
  ended: { tick: number; time_s: number; wall: string };
  fingerprint: string;
  /**
   * The harms that reached the patient, the first in time first. `until_s` is null while a harm lasts. `reported_s` and `by` are of the
   * first alarm that named it in its time; `expected` is true when the scenario expects it; `judged` is false when neither is so
   * and the run was cut short before the time of its alarms was over.
   */
  harms: {
    name: string;
    first_s: number;
    until_s: number | null;
    reported_s: number | null;
    by: string | null;
    expected: boolean;
    judged: boolean;
  }[];
  delivered: {
    pulses: number;
    volume_nl: number;
    /** Nanolitres. `unattributed` is the volume of steps for which the controller announced no cause. */
    by_cause: {
      basal: number;
      patient_bolus: number;
      clinician_bolus: number;
      prime: number;
      bridge: number;
      unattributed: number;
    };
    drugs: { name: string; ug: number }[];
  };
  tip: { volume_nl: number; drugs: { name: string; ug: number }[] };
  events: RunEvent[];
  alarms: { name: string; priority: "critical" | "non_critical"; raised_s: number; cleared_s: number | null }[];
  /** One row for each expectation of the scenario. One that the run did not get to is not judged, and not ok. */
  expectations: { judged: boolean; ok: boolean; text: string; seen: string }[];
  invariants: { id: string; judged: boolean; ok: boolean; at_s: number | null }[];
  /** `until_s` is null for a fault that lasts to the end of the run, and for a momentary one. */
  faults: { name: string; at_s: number; until_s: number | null; acted: number; first_s: number | null }[];
  /** The controller's calls outside of the contract, by class: how many, the first one, and whether `--allow` names the class. */
  outside_calls: { kind: string; count: number; call: string; first_s: number; allowed: boolean }[];
  /** The oddities of the scenario's file, which is allowed to say them, in its order. */
  warnings: Warning[];
  /** The outcomes of the patient; null without one. */
  patient: PatientReport | null;
  /** Both runs of `--twice`; absent without it. */
  twice?: TwiceReport;
  /** Nothing but the speed depends on the build of the machine. */
  speed: {
    simulated_s: number;
    host_s: number;
    ticks_executed: number;
    ticks_leapt: number;
  } & MachineBuild;
}

/**
 * Means of a patient's diary, which has four entries a day: true pain and reported pain (0 to 10), Ashworth score (1 to 5), spasm
 * frequency (0 to 4), activity in percent of the healthy, oral morphine equivalent in mg a day, ventilation as a fraction, sedation
 * and itching (0 to 3).
 */
export type Outcomes = Record<Outcome, number>;

export interface PatientReport {
  indication: string;
  /** Before the first treatment. Of a patient who is treated from the start on, what the file says; the rest is null. */
  baseline: Record<Outcome, number | null>;
  /** Null for a run that ended before the first entry of the diary. */
  last_week: Outcomes | null;
  /** From the baseline to the last week, in percent; null where there is no number to compare with. */
  change: Record<Outcome, number | null> | null;
  /** By 30 days, from the start of the run. */
  months: ({ from_s: number } & Outcomes)[];
  harms: { name: string; first_s: number; until_s: number | null }[];
  /** The visits of a clinician who titrates that were over, the steps that the pump took, and those that it refused; null without one. */
  visits: { held: number; raised: number; lowered: number; refused: number } | null;
  /** `baseline`, `mean` and `passed` are null before the end of the trial. `placebo`: of so many people, how many would have passed. */
  trial: {
    kind: string;
    /** The score that is measured: `pain` as reported, or `ashworth`. */
    score: string;
    rule: string;
    from_s: number;
    to_s: number;
    /** The highest score that passes; null before the end of the trial. */
    passes_at: number | null;
    baseline: number | null;
    mean: number | null;
    passed: boolean | null;
    placebo: { people: number; passed: number } | null;
  } | null;
}

/** One signal over the run: one row for the start and one for each change. `ticks` rises strictly. */
export interface Track {
  /** `part.signal`, for instance `motor.pulses`. */
  name: string;
  /** Unit of `values`; empty for counts and codes. */
  unit: string;
  /** Absent for an amount or a count. */
  meaning?: Meaning;
  /** True for a signal that is recorded for the report alone, because a trace was asked for others. */
  reportOnly?: boolean;
  ticks: number[];
  values: number[];
  /** Absent: the lists are all there is. */
  blocks?: () => Iterable<Block>;
}

/** The ways into the body, in the order of a saved run, each with its words. */
export const DRUG_SOURCES = [
  { name: "tip", words: "from the catheter's tip" },
  { name: "needle", words: "from a lumbar needle" },
  { name: "mouth", words: "by mouth" },
  { name: "skin", words: "from under the skin" },
  { name: "before", words: "from before the recording" },
] as const;
export type DrugSource = (typeof DRUG_SOURCES)[number]["name"];

/** The effect sites. */
export type Site = "cord" | "brain";

/** The name of the track with the part of a drug's concentration at a site that came from a source. */
export function sourceTrack(source: DrugSource, site: Site, drug: string): string {
  return `source.${source}.${site}_ngPerMl.${drug}`;
}
