// The mathematics of a trumpet curve, after the method of IEC 60601-2-24: how far the volume that left the pump in a window of
// time can be from the set rate, against the length of that window. The input is the cumulative volume (nL) at every sample
// interval and the plan of the samples; the output is errors in percent of the set rate. Nothing here runs a pump. The windows
// for slow ambulatory pumps are thirty times as long as the fast ones. A pump that delivers in whole pulses shows an error in
// short windows for that reason alone, so each window has the error of one pulse beside it.

import { PULSE_NL } from "../../hal/units";
import type { RunReport } from "./report";
import type { Judgement } from "./verdict";
import { SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE } from "../time";
import { NL_PER_UL } from "../amounts";

/** One family of windows and the sample interval that belongs to it. */
export interface WindowSet {
  sample_s: number;
  /** Each a whole number of samples, rising. */
  windows_min: readonly number[];
  /** How long the flow may take to settle, unless the user says otherwise. */
  stabilise_s: number;
}

export const FAST_WINDOWS: WindowSet = { sample_s: 30, windows_min: [2, 5, 11, 19, 31], stabilise_s: SECONDS_PER_HOUR };
export const SLOW_WINDOWS: WindowSet = {
  sample_s: 900,
  windows_min: [15, 60, 150, 330, 570, 930],
  stabilise_s: SECONDS_PER_DAY,
};

/**
 * With fewer pulses than this in the shortest fast window, the curve would show the size of a pulse and not the pump's error.
 */
const PULSES_MIN = 20;

/** Limits of acceptance in percent of the set rate, chosen by this project. */
export const MEAN_ERROR_MAX_PCT = 5;
export const LONGEST_ERROR_MAX_PCT = 14.5;

/** The plan of the measurement. Samples 0..stabilising+analysed bound the intervals; sample 0 is the start. */
export interface TrumpetPlan {
  /** Set rate. */
  rate_ulPerDay: number;
  sample_s: number;
  /** Intervals of the stabilisation period and of the analysis period after it; each at least one. */
  stabilising: number;
  analysed: number;
  /** The windows of the set that fit into the analysis period, and those that do not. */
  windows_min: number[];
  leftOut_min: number[];
}

export interface TrumpetWindow {
  window_min: number;
  /** Worst excess and worst shortfall over all positions of the window. */
  emax_pct: number;
  emin_pct: number;
  /** The volume of one pulse in percent of the volume that the set rate delivers in the window. */
  pulse_pct: number;
}

/** `time_s` is the end of the interval. */
interface StartupPoint {
  time_s: number;
  rate_ulPerDay: number;
}

export interface TrumpetFigures {
  windows: TrumpetWindow[];
  /** Mean error over the stabilisation period and over the analysis period; null where no interval was sampled. */
  a_pct: number | null;
  b_pct: number | null;
  startup: StartupPoint[];
}

/** The value that `trumpet --json` prints and the picture shows. */
export interface TrumpetReport extends TrumpetFigures, Judgement {
  schema: "cistern.trumpet/1";
  scenario: string;
  seed: number;
  controller: string;
  gear: RunReport["gear"];
  version: string;
  fingerprint: string;
  rate_ulPerDay: number;
  sample_s: number;
  stabilise_s: number;
  analysis_s: number;
  left_out_min: number[];
  acceptance: { ok: boolean; text: string; seen: string }[];
}

/** The set that suits a rate: fast windows while the shortest of them holds `PULSES_MIN` pulses at least. */
export function windowSetFor(rate_ulPerDay: number): WindowSet {
  const shortest_min = FAST_WINDOWS.windows_min[0];
  return 100 / pulsePercent(rate_ulPerDay, shortest_min) >= PULSES_MIN ? FAST_WINDOWS : SLOW_WINDOWS;
}

/** The volume of one pulse in percent of the volume that the set rate delivers in the window. */
export function pulsePercent(rate_ulPerDay: number, window_min: number): number {
  return (100 * PULSE_NL) / setVolume_nl(rate_ulPerDay, window_min * SECONDS_PER_MINUTE);
}

/** The figures from the cumulative volumes at samples 0, 1, ...; a run that was cut short has fewer samples than the plan. */
export function trumpetFigures(volumes_nl: readonly number[], plan: TrumpetPlan): TrumpetFigures {
  const { rate_ulPerDay, sample_s, stabilising } = plan;
  const interval_nl = setVolume_nl(rate_ulPerDay, sample_s);
  const settling = volumes_nl.slice(0, stabilising + 1);
  const settled = volumes_nl.slice(stabilising);
  const windows = plan.windows_min.flatMap((window_min) => {
    const errors = windowErrors(settled, (window_min * SECONDS_PER_MINUTE) / sample_s, interval_nl);
    if (errors.length === 0) return [];
    const emax_pct = errors.reduce((most, error) => Math.max(most, error), -Infinity);
    const emin_pct = errors.reduce((least, error) => Math.min(least, error), Infinity);
    return [{ window_min, emax_pct, emin_pct, pulse_pct: pulsePercent(rate_ulPerDay, window_min) }];
  });
  return {
    windows,
    a_pct: meanError(settling, interval_nl),
    b_pct: meanError(settled, interval_nl),
    startup: settling.slice(1).map((volume, i) => ({
      time_s: (i + 1) * sample_s,
      rate_ulPerDay: (rate_ulPerDay * (volume - settling[i])) / interval_nl,
    })),
  };
}

/**
 * The mean error in percent in every window of `intervals` sample intervals, the window sliding by one interval. The mean flow
 * in a window follows from the volumes at its two ends, so nothing is summed. Empty if the window is longer than the time that
 * was sampled.
 */
export function windowErrors(volumes_nl: readonly number[], intervals: number, interval_nl: number): number[] {
  const set_nl = intervals * interval_nl;
  return volumes_nl.slice(intervals).map((end, i) => 100 * ((end - volumes_nl[i]) / set_nl - 1));
}

/** The worse error of the longest window; null without a window. */
export function longestError(windows: readonly TrumpetWindow[]): { window_min: number; error_pct: number } | null {
  if (windows.length === 0) return null;
  const longest = windows[windows.length - 1];
  return { window_min: longest.window_min, error_pct: worseOf(longest) };
}

/** The error of a window that is further from zero, with its sign. */
export function worseOf({ emax_pct, emin_pct }: TrumpetWindow): number {
  return Math.abs(emax_pct) >= Math.abs(emin_pct) ? emax_pct : emin_pct;
}

function meanError(volumes_nl: readonly number[], interval_nl: number): number | null {
  const intervals = volumes_nl.length - 1;
  return intervals < 1 ? null : windowErrors(volumes_nl, intervals, interval_nl)[0];
}

function setVolume_nl(rate_ulPerDay: number, time_s: number): number {
  return (rate_ulPerDay * NL_PER_UL * time_s) / SECONDS_PER_DAY;
}
