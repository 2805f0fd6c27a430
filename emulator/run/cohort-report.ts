// The result of a cohort, which are the runs of many sampled patients of one scenario (PAT-4): quantiles of each of the patients' signals at each probe,
// counts of harms, events and alarms, the outcomes of a trial, and the runs that did not pass, each with the seed that replays
// it. All of it depends on the patients in their order alone, so neither the number of cores nor the order in which they finished
// can change a byte.
//
// A tally takes each patient when the run is over and keeps no more than it needs: the columns of the quantiles (spread.ts), counts by
// name, and the first runs that did not pass. Of a large cohort none of that grows with the patients.

import { toThousandth } from "../amounts";
import type { MachineBuild } from "../machine/controller-host";
import { secondsOf } from "../time";
import { VERSION } from "../version";
import { OUTCOMES, type Outcome } from "./care";
import type { PatientReport, RunReport } from "./report";
import { Column, QUANTILES, type Quantiles, type Spread } from "./spread";
import type { Finding, Judgement, Verdict } from "./verdict";
import { judgementOf } from "./verdict";

/** Runs that did not pass and are listed. The counts have all of them. */
const LISTED_MAX = 100;

/** The run of one patient. All of it is plain data, which comes from another thread. */
export interface Member {
  /** Its place in the cohort, from 0. */
  index: number;
  /** `run --seed` with it is the same run. */
  seed: number;
  verdict: Verdict;
  reason: string | null;
  /** Each signal at each sample, sample by sample; NaN for one that the run did not reach. */
  values: Float64Array;
  events: Record<string, number>;
  alarms: Record<string, number>;
  /** Each harm that happened, how often and when first. */
  harms: Record<string, { times: number; first_s: number }>;
  outcomes: Pick<PatientReport, "baseline" | "last_week" | "change">;
  trial: "passed" | "failed" | "undecided" | null;
}

export interface CountRow {
  name: string;
  /** The patients with at least one. */
  patients: number;
  times: number;
}

export interface Probe {
  at_s: number;
  signals: ({ name: string; unit: string } & Spread)[];
}

export interface CohortReport extends Judgement {
  schema: "cistern.cohort/1";
  scenario: string;
  /** The seed from which the patients' seeds come. */
  seed: number;
  controller: string;
  /** The build in which the machines run. Nothing but the speed depends on it. */
  machine: MachineBuild["machine"];
  gear: RunReport["gear"];
  version: string;
  indication: string;
  /** The patients that were asked for, and those whose run was carried out. */
  n: number;
  finished: number;
  duration_s: number;
  probes: Probe[];
  /** Of each outcome the baseline, the mean of the last week and the change in percent of the baseline. */
  outcomes: ({ name: Outcome } & Record<"baseline" | "last_week" | "change", Spread>)[];
  /** `first_s`: the earliest of all patients. */
  harms: (CountRow & { first_s: number })[];
  events: CountRow[];
  alarms: CountRow[];
  /** Null for a scenario without a trial. `placebo`: of so many people, how many would have passed without the drug; null when nobody waited for them. */
  trial: {
    kind: string;
    rule: string;
    passed: number;
    failed: number;
    undecided: number;
    placebo: { people: number; passed: number } | null;
  } | null;
  runs: Record<"pass" | "fail" | "invalid", number>;
  /** The runs that did not pass, in the order of the patients, a hundred at most. */
  not_passed: { patient: number; seed: number; verdict: Verdict; reason: string | null }[];
}

/** A cohort, apart from its runs. */
export interface CohortFrame {
  scenario: string;
  indication: string;
  seed: number;
  controller: string;
  machine: MachineBuild["machine"];
  gear: RunReport["gear"];
  n: number;
  duration_ticks: number;
  signals: readonly { name: string; unit: string }[];
  /** The ticks of the samples, rising. The probes are some of them. */
  samples: readonly number[];
  probes: readonly number[];
  trial: Omit<NonNullable<CohortReport["trial"]>, "passed" | "failed" | "undecided"> | null;
}

/** How the cohort ended before its own end; null when every patient's run was carried out. */
export type Cut = { interrupted: true } | { late: string } | null;

/** The quantiles of a signal at each sample that some patient reached. */
export interface Band {
  name: string;
  unit: string;
  points: { at_s: number; quantiles: Quantiles }[];
}

/** The outcomes that changed in some patient. Nobody without spasticity has a row of it. */
export function changesIn(outcomes: CohortReport["outcomes"]): CohortReport["outcomes"] {
  return outcomes.filter(
    ({ change: { quantiles } }) => quantiles !== null && (quantiles[5] !== 0 || quantiles[95] !== 0),
  );
}

type Listed = CohortReport["not_passed"][number];
type Part = "baseline" | "last_week" | "change";
const PARTS: readonly Part[] = ["baseline", "last_week", "change"];

/** The patients with at least one of a kind, all of the kind, and the earliest. */
interface Counted {
  patients: number;
  times: number;
  first_s: number;
}

/** The result of a cohort so far. The order in which members come does not count. */
export class CohortTally {
  private readonly frame: CohortFrame;
  /** By sample and signal. */
  private readonly values: Column[];
  private readonly outcomes: Record<Part, Column>[];
  private readonly events = new Map<string, Counted>();
  private readonly alarms = new Map<string, Counted>();
  private readonly harms = new Map<string, Counted>();
  private readonly trials = { passed: 0, failed: 0, undecided: 0 };
  private readonly runs = { pass: 0, fail: 0, invalid: 0 };
  /** The first of each verdict that is no pass, and the first hundred of both, in the order of the patients. */
  private readonly firsts: { fail: Listed | null; invalid: Listed | null } = { fail: null, invalid: null };
  private readonly listed: Listed[] = [];
  finished = 0;

  constructor(frame: CohortFrame) {
    const { samples, signals, n } = frame;
    this.frame = frame;
    this.values = Array.from({ length: samples.length * signals.length }, () => new Column(n));
    this.outcomes = OUTCOMES.map(() => ({
      baseline: new Column(n),
      last_week: new Column(n),
      change: new Column(n),
    }));
  }

  add(member: Member): void {
    this.finished++;
    this.values.forEach((column, i) => column.add(member.values[i]));
    OUTCOMES.forEach((name, i) => {
      for (const part of PARTS) this.outcomes[i][part].add(member.outcomes[part]?.[name] ?? NaN);
    });
    for (const [name, times] of Object.entries(member.events)) count(this.events, name, times);
    for (const [name, times] of Object.entries(member.alarms)) count(this.alarms, name, times);
    for (const [name, { times, first_s }] of Object.entries(member.harms)) count(this.harms, name, times, first_s);
    if (member.trial !== null) this.trials[member.trial]++;
    const { verdict } = member;
    this.runs[verdict === "pass" || verdict === "fail" ? verdict : "invalid"]++;
    if (verdict !== "pass") this.list(member, verdict === "fail" ? "fail" : "invalid");
  }

  report(cut: Cut): CohortReport {
    const { scenario, indication, seed, controller, machine, gear, n } = this.frame;
    return {
      schema: "cistern.cohort/1",
      scenario,
      seed,
      controller,
      machine,
      gear,
      version: VERSION,
      indication,
      n,
      finished: this.finished,
      duration_s: secondsOf(this.frame.duration_ticks),
      probes: this.frame.probes.map((tick) => this.probeAt(tick)),
      outcomes: OUTCOMES.map((name, i) => {
        const [baseline, last_week, change] = PARTS.map((part) => rounded(this.outcomes[i][part].spread()));
        return { name, baseline, last_week, change };
      }),
      harms: rowsOf(this.harms).map(([name, { patients, times, first_s }]) => ({ name, patients, times, first_s })),
      events: rowsOf(this.events).map(([name, { patients, times }]) => ({ name, patients, times })),
      alarms: rowsOf(this.alarms).map(([name, { patients, times }]) => ({ name, patients, times })),
      trial: this.frame.trial === null ? null : { ...this.frame.trial, ...this.trials },
      runs: { ...this.runs },
      not_passed: [...this.listed],
      ...this.judgement(cut),
    };
  }

  /** One band for each signal. */
  bands(): Band[] {
    const { signals, samples } = this.frame;
    return signals.map(({ name, unit }, signal) => {
      const points = samples.flatMap((tick, sample) => {
        const { quantiles } = this.values[sample * signals.length + signal].spread();
        return quantiles === null ? [] : [{ at_s: secondsOf(tick), quantiles }];
      });
      return { name, unit, points };
    });
  }

  private probeAt(tick: number): Probe {
    const { signals, samples } = this.frame;
    const from = samples.indexOf(tick) * signals.length;
    return {
      at_s: secondsOf(tick),
      signals: signals.map(({ name, unit }, i) => ({ name, unit, ...this.values[from + i].spread() })),
    };
  }

  private list({ index, seed, verdict, reason }: Member, weight: "fail" | "invalid"): void {
    const row = { patient: index + 1, seed, verdict, reason };
    const first = this.firsts[weight];
    if (first === null || row.patient < first.patient) this.firsts[weight] = row;
    const at = this.listed.findIndex(({ patient }) => patient > row.patient);
    this.listed.splice(at < 0 ? this.listed.length : at, 0, row);
    if (this.listed.length > LISTED_MAX) this.listed.pop();
  }

  /** The cohort fails when a run fails, and proves nothing when a run does or when it was cut short. */
  private judgement(cut: Cut): Judgement {
    const findings: Finding[] = (["fail", "invalid"] as const).flatMap((verdict) => {
      const first = this.firsts[verdict];
      if (first === null) return [];
      const what = verdict === "fail" ? "failed" : "proved nothing";
      const why = first.reason === null ? "" : `: ${first.reason}`;
      const text = `${this.runs[verdict]} of ${this.finished} runs ${what}, the first that of patient ${first.patient} (seed ${first.seed})${why}`;
      return [{ at_tick: null, kind: "member", text, weight: verdict }];
    });
    const done = `after ${this.finished} of ${this.frame.n} patients`;
    if (cut !== null && "late" in cut) {
      findings.push({
        at_tick: null,
        kind: "end",
        text: `the time limit of ${cut.late} was over ${done}`,
        weight: "invalid",
      });
    }
    return judgementOf(findings, cut !== null && "interrupted" in cut ? `interrupted ${done}` : null);
  }
}

function count(counts: Map<string, Counted>, name: string, times: number, first_s = Infinity): void {
  const known = counts.get(name) ?? { patients: 0, times: 0, first_s };
  counts.set(name, {
    patients: known.patients + 1,
    times: known.times + times,
    first_s: Math.min(known.first_s, first_s),
  });
}

/** By name. */
function rowsOf(counts: Map<string, Counted>): [string, Counted][] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The means of a diary have three decimals in the report of a run too. */
function rounded({ patients, quantiles }: Spread): Spread {
  if (quantiles === null) return { patients, quantiles };
  const shown = Object.fromEntries(QUANTILES.map((each) => [each, toThousandth(quantiles[each])])) as Quantiles;
  return { patients, quantiles: shown };
}
