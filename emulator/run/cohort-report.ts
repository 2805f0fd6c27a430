// The result of a cohort, which are the runs of many sampled patients of one scenario (PAT-4): quantiles of each of the patients' signals at each probe,
// counts of harms, events and alarms, the outcomes of a trial, and the runs that did not pass, each with the seed that replays
// it. All of it depends on the patients in their order alone, so neither the number of cores nor the order in which they finished
// can change a byte.
//
// A quantile is the value at the place q (n - 1) of the n sorted values, on the straight line between its neighbours. With one
// patient every quantile is that patient's value.

import { toThousandth } from "../amounts";
import { secondsOf } from "../time";
import { VERSION } from "../version";
import { OUTCOMES, type Outcome } from "./care";
import type { PatientReport, RunReport } from "./report";
import type { Finding, Judgement, Verdict } from "./verdict";
import { judgementOf } from "./verdict";

/** In percent of the patients. */
export const QUANTILES = [5, 25, 50, 75, 95] as const;
export type Quantiles = Record<(typeof QUANTILES)[number], number>;

/** Runs that did not pass and are listed. The counts have all of them. */
const LISTED_MAX = 100;
/** Significant digits of a quantile: concentrations and scores have scales of their own. */
const DIGITS = 6;

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

export interface Spread {
  /** The patients who have a value. */
  patients: number;
  /** Null when none has. */
  quantiles: Quantiles | null;
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
  /** Null for a scenario without a trial. `placebo`: of so many people, how many would have passed without the drug. */
  trial: {
    kind: string;
    rule: string;
    passed: number;
    failed: number;
    undecided: number;
    placebo: { people: number; passed: number };
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

/** The report of the members, which are in the order of the patients and may be fewer than were asked for. */
export function cohortReport(frame: CohortFrame, members: readonly Member[], cut: Cut): CohortReport {
  const { scenario, indication, seed, controller, gear, n } = frame;
  const count = (verdict: Verdict): number => members.filter((each) => each.verdict === verdict).length;
  const runs = { pass: count("pass"), fail: count("fail"), invalid: count("invalid") };
  const bad = members.filter(({ verdict }) => verdict !== "pass");
  return {
    schema: "cistern.cohort/1",
    scenario,
    seed,
    controller,
    gear,
    version: VERSION,
    indication,
    n,
    finished: members.length,
    duration_s: secondsOf(frame.duration_ticks),
    probes: frame.probes.map((tick) => probeAt(frame, members, tick)),
    outcomes: outcomesOf(members),
    harms: harmsOf(members),
    events: countsOf(members, ({ events }) => events),
    alarms: countsOf(members, ({ alarms }) => alarms),
    trial: trialOf(frame, members),
    runs,
    not_passed: bad
      .slice(0, LISTED_MAX)
      .map(({ index, seed: own, verdict, reason }) => ({ patient: index + 1, seed: own, verdict, reason })),
    ...judgement(members, n, cut),
  };
}

/** The quantiles of a signal at each sample that some patient reached. */
export interface Band {
  name: string;
  unit: string;
  points: { at_s: number; quantiles: Quantiles }[];
}

/** One for each signal. */
export function bandsOf({ signals, samples }: CohortFrame, members: readonly Member[]): Band[] {
  return signals.map(({ name, unit }, signal) => {
    const points = samples.flatMap((tick, sample) => {
      const { quantiles } = spreadOf(column(members, sample * signals.length + signal));
      return quantiles === null ? [] : [{ at_s: secondsOf(tick), quantiles }];
    });
    return { name, unit, points };
  });
}

/** The outcomes that changed in some patient. Nobody without spasticity has a row of it. */
export function changesIn(outcomes: CohortReport["outcomes"]): CohortReport["outcomes"] {
  return outcomes.filter(
    ({ change: { quantiles } }) => quantiles !== null && (quantiles[5] !== 0 || quantiles[95] !== 0),
  );
}

/** `values` need not be in order. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return { patients: 0, quantiles: null };
  const quantiles = Object.fromEntries(QUANTILES.map((percent) => [percent, quantileOf(sorted, percent)])) as Quantiles;
  return { patients: sorted.length, quantiles };
}

/** Of values in rising order, at least one. */
function quantileOf(sorted: Float64Array, percent: number): number {
  const place = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  const value = sorted[below] + (sorted[above] - sorted[below]) * (place - below);
  return Number(value.toPrecision(DIGITS));
}

/** The values that the members have at that place. */
function column(members: readonly Member[], place: number): number[] {
  return members.map(({ values }) => values[place]).filter((value) => !Number.isNaN(value));
}

function probeAt({ signals, samples }: CohortFrame, members: readonly Member[], tick: number): Probe {
  const sample = samples.indexOf(tick);
  return {
    at_s: secondsOf(tick),
    signals: signals.map(({ name, unit }, i) => ({
      name,
      unit,
      ...spreadOf(column(members, sample * signals.length + i)),
    })),
  };
}

function outcomesOf(members: readonly Member[]): CohortReport["outcomes"] {
  const spread = (name: Outcome, part: "baseline" | "last_week" | "change"): Spread => {
    const values = members.map(({ outcomes }) => outcomes[part]?.[name] ?? null);
    const { patients, quantiles } = spreadOf(values.filter((value) => value !== null));
    return { patients, quantiles: quantiles && rounded(quantiles) };
  };
  return OUTCOMES.map((name) => ({
    name,
    baseline: spread(name, "baseline"),
    last_week: spread(name, "last_week"),
    change: spread(name, "change"),
  }));
}

/** The means of a diary have three decimals in the report of a run too. */
function rounded(quantiles: Quantiles): Quantiles {
  return Object.fromEntries(QUANTILES.map((each) => [each, toThousandth(quantiles[each])])) as Quantiles;
}

/** By name. */
function countsOf(members: readonly Member[], of: (member: Member) => Record<string, number>): CountRow[] {
  const names = [...new Set(members.flatMap((member) => Object.keys(of(member))))].sort();
  return names.map((name) => {
    const times = members.map((member) => of(member)[name] ?? 0);
    return {
      name,
      patients: times.filter((each) => each > 0).length,
      times: times.reduce((sum, each) => sum + each, 0),
    };
  });
}

function harmsOf(members: readonly Member[]): CohortReport["harms"] {
  const rows = countsOf(members, ({ harms }) =>
    Object.fromEntries(Object.entries(harms).map(([name, { times }]) => [name, times])),
  );
  return rows.map((row) => {
    const firsts = members.flatMap(({ harms }) => (row.name in harms ? [harms[row.name].first_s] : []));
    return { ...row, first_s: firsts.reduce((least, each) => Math.min(least, each)) };
  });
}

function trialOf({ trial }: CohortFrame, members: readonly Member[]): CohortReport["trial"] {
  if (trial === null) return null;
  const { kind, rule, placebo } = trial;
  const count = (outcome: Member["trial"]): number => members.filter((each) => each.trial === outcome).length;
  return { kind, rule, passed: count("passed"), failed: count("failed"), undecided: count("undecided"), placebo };
}

/** The cohort fails when a run fails, and proves nothing when a run does or when it was cut short. */
function judgement(members: readonly Member[], n: number, cut: Cut): Judgement {
  const findings: Finding[] = (["fail", "invalid"] as const).flatMap((verdict) => {
    const some = members.filter((each) => each.verdict === verdict);
    if (some.length === 0) return [];
    const [first] = some;
    const what = verdict === "fail" ? "failed" : "proved nothing";
    const why = first.reason === null ? "" : `: ${first.reason}`;
    const text = `${some.length} of ${members.length} runs ${what}, the first that of patient ${first.index + 1} (seed ${first.seed})${why}`;
    return [{ at_tick: null, kind: "member", text, weight: verdict }];
  });
  const done = `after ${members.length} of ${n} patients`;
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
