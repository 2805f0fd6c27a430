// Makes the trumpet curve of a scenario: it checks that the scenario suits one, plans the samples, moves the run from
// sample to sample, and makes the report with its verdict. The measured volume is the volume that left the pump head in the
// world, not the commanded one. The set rate is the scenario's continuous basal. No action of the timeline may change it;
// faults may change the delivery, since their effect is to be measured. The mathematics is in run/trumpet-curve.ts.

import { TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../../hal/units";
import {
  FAST_WINDOWS,
  LONGEST_ERROR_MAX_PCT,
  longestError,
  MEAN_ERROR_MAX_PCT,
  SLOW_WINDOWS,
  trumpetFigures,
  windowSetFor,
  type TrumpetFigures,
  type TrumpetPlan,
  type TrumpetReport,
  type WindowSet,
} from "./trumpet-curve";
import { UsageError } from "../usage-error";
import { formatTicks, SECONDS_PER_MINUTE } from "../time";
import type { RunReport } from "./report";
import type { ScenarioRun } from "./run";
import { withFindings, type Finding } from "./verdict";
import { ScenarioError, type Action, type Scenario } from "../scenario/scenario";
import { inUlPerDay, percentWords } from "../amounts";

export interface TrumpetOptions {
  /** Replaces the sample interval that suits the rate. */
  sample_ticks?: number;
  /** Replaces the stabilisation period of the window set. */
  stabilise_ticks?: number;
}

const WINDOW_SETS = [FAST_WINDOWS, SLOW_WINDOWS];
/** Actions after which the pump still delivers the same basal and nothing else. */
const HARMLESS: readonly Action["do"][] = ["interrogate", "acknowledge", "set_clock", "self_test"];

/** Throws ScenarioError if the scenario cannot have a trumpet curve, UsageError if an option does not fit it. */
export function trumpetPlan(scenario: Scenario, options: TrumpetOptions = {}): TrumpetPlan {
  const rate_ulPerDay = setRate(scenario);
  const set = options.sample_ticks === undefined ? windowSetFor(rate_ulPerDay) : windowSetOf(options.sample_ticks);
  const sample_ticks = set.sample_s * TICKS_PER_SECOND;
  const stabilise_ticks = options.stabilise_ticks ?? set.stabilise_s * TICKS_PER_SECOND;
  if (stabilise_ticks === 0 || stabilise_ticks % sample_ticks !== 0) {
    const wanted = `a multiple of the sample interval of ${formatTicks(sample_ticks)}`;
    throw new UsageError(`--stabilise: found ${formatTicks(stabilise_ticks)}, expected ${wanted}, at least one`);
  }
  const stabilising = stabilise_ticks / sample_ticks;
  const analysed = Math.floor(scenario.duration_ticks / sample_ticks) - stabilising;
  const fits = (window_min: number) => window_min * SECONDS_PER_MINUTE <= analysed * set.sample_s;
  const windows_min = set.windows_min.filter(fits);
  if (windows_min.length === 0) {
    const shortest_ticks = set.windows_min[0] * TICKS_PER_MINUTE;
    throw new ScenarioError(
      `${scenario.file}: too short for a trumpet curve: \`duration\` is ${formatTicks(scenario.duration_ticks)}; ` +
        `${formatTicks(stabilise_ticks)} to stabilise and the shortest window of ${formatTicks(shortest_ticks)} need ` +
        `${formatTicks(stabilise_ticks + shortest_ticks)}: make \`duration\` longer, or shorten --stabilise`,
      null,
    );
  }
  const leftOut_min = set.windows_min.filter((window_min) => !fits(window_min));
  return { rate_ulPerDay, sample_s: set.sample_s, stabilising, analysed, windows_min, leftOut_min };
}

/** Moves the run on by one sample interval and notes the volume; false when the last sample has been taken. */
export function takeSample(run: ScenarioRun, plan: TrumpetPlan, volumes_nl: number[]): boolean {
  const samples = plan.stabilising + plan.analysed;
  if (volumes_nl.length === 0) volumes_nl.push(run.machine.world.delivered_nl);
  if (volumes_nl.length > samples) return false;
  run.advance(volumes_nl.length * plan.sample_s * TICKS_PER_SECOND);
  if (run.failure !== null) return false;
  volumes_nl.push(run.machine.world.delivered_nl);
  return volumes_nl.length <= samples;
}

/** The report of a run whose samples have been taken. `ran` is the run's own report; its findings count here too. */
export function trumpetReport(ran: RunReport, plan: TrumpetPlan, volumes_nl: readonly number[]): TrumpetReport {
  const intervals = Math.max(0, volumes_nl.length - 1);
  const settling = Math.min(intervals, plan.stabilising);
  const figures = rounded(trumpetFigures(volumes_nl, plan));
  const acceptance = judged(figures);
  // A curve of half a run would be judged by samples that nobody planned.
  const isWhole = ran.findings.every(({ kind }) => kind !== "end");
  const { verdict, reason, findings } = withFindings(ran, isWhole ? acceptance.flatMap(findingsOf) : []);
  return {
    schema: "cistern.trumpet/1",
    scenario: ran.scenario,
    seed: ran.seed,
    controller: ran.controller,
    gear: ran.gear,
    version: ran.version,
    fingerprint: ran.fingerprint,
    rate_ulPerDay: plan.rate_ulPerDay,
    sample_s: plan.sample_s,
    stabilise_s: settling * plan.sample_s,
    analysis_s: (intervals - settling) * plan.sample_s,
    ...figures,
    left_out_min: plan.leftOut_min,
    acceptance,
    verdict,
    reason,
    findings,
  };
}

function setRate({ file, program, timeline }: Scenario): number {
  if (program.mode !== "continuous") {
    throw new ScenarioError(
      `${file}: a trumpet curve needs one set rate, found the basal mode \`${program.mode}\`: ` +
        "write `basal: { mode: continuous, rate: ... }`",
      null,
    );
  }
  for (const entry of timeline) {
    if (!("action" in entry) || HARMLESS.includes(entry.action.do)) continue;
    throw new ScenarioError(
      `\`${entry.action.do}\` can make the delivery differ from the set rate, so there is no trumpet curve of this run: ` +
        "remove it, or keep a scenario with the basal alone",
      entry.place,
    );
  }
  return inUlPerDay(program.rate);
}

function windowSetOf(sample_ticks: number): WindowSet {
  const set = WINDOW_SETS.find((each) => each.sample_s * TICKS_PER_SECOND === sample_ticks);
  if (set) return set;
  const known = WINDOW_SETS.map((each) => formatTicks(each.sample_s * TICKS_PER_SECOND)).join(" or ");
  throw new UsageError(`--sample: found ${formatTicks(sample_ticks)}, expected ${known}`);
}

function judged({ b_pct, windows }: TrumpetFigures): TrumpetReport["acceptance"] {
  const longest = longestError(windows);
  if (b_pct === null || longest === null) return [];
  return [
    {
      ok: Math.abs(b_pct) <= MEAN_ERROR_MAX_PCT,
      text: `mean error B of the analysis period within ${MEAN_ERROR_MAX_PCT} %`,
      seen: percentWords(b_pct),
    },
    {
      ok: Math.abs(longest.error_pct) <= LONGEST_ERROR_MAX_PCT,
      text: `worst error in the longest window, ${longest.window_min} min, within ${LONGEST_ERROR_MAX_PCT} %`,
      seen: percentWords(longest.error_pct),
    },
  ];
}

/** A limit that the curve does not keep. The curve is a figure of the whole run, so it has no moment. */
function findingsOf({ ok, text, seen }: TrumpetReport["acceptance"][number]): Finding[] {
  return ok ? [] : [{ at_tick: null, kind: "acceptance", text: `${text}: seen ${seen}`, weight: "fail" }];
}

/**
 * Rounds to a ten-thousandth of a percent, which is about what sums of doubles are good for. The rounded figures are judged
 * too.
 */
function rounded(figures: TrumpetFigures): TrumpetFigures {
  const tidy = (value: number) => Math.round(value * 1e4) / 1e4 + 0;
  return {
    windows: figures.windows.map(({ window_min, emax_pct, emin_pct, pulse_pct }) => ({
      window_min,
      emax_pct: tidy(emax_pct),
      emin_pct: tidy(emin_pct),
      pulse_pct: tidy(pulse_pct),
    })),
    a_pct: figures.a_pct === null ? null : tidy(figures.a_pct),
    b_pct: figures.b_pct === null ? null : tidy(figures.b_pct),
    startup: figures.startup.map(({ time_s, rate_ulPerDay }) => ({ time_s, rate_ulPerDay: tidy(rate_ulPerDay) })),
  };
}
