// The axes and scales of the charts, as options of uPlot. The time axis counts seconds from the start and has the steps of a
// clock; a value axis is linear, or proportional to the square root where a few high values would flatten the rest.

import type { Plot } from "../page-model";
import { CLOCK_STEPS_S, SECONDS_PER_DAY, SECONDS_PER_MINUTE, timeWords } from "../../time";
import type { Palette } from "./palette";
import { numberWords } from "../../amounts";
import type { View } from "./view";

/** Left of every chart, so that all share one time axis. */
export const GUTTER_PX = 66;
/** Right of every chart, so that the last label of the time axis fits. */
export const MARGIN_PX = 22;
export const FONT = "11px system-ui, sans-serif";
/** Of FONT, about. */
const CHARACTER_PX = 6;

const TIME_STEPS_S = [
  ...[0.1, 0.5, 1, 5, 10, 30],
  ...CLOCK_STEPS_S,
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((days) => days * SECONDS_PER_DAY),
];
const TIME_LABEL_PX = 105;
const VALUE_LABEL_PX = 26;
const ROOT_LABEL_PX = 22;
/** Of a value axis, beyond the lowest and highest value, as a share of their distance. */
const MARGIN_SHARE = 0.08;

const SIDE_BOTTOM = 2;
/** uPlot's number for a scale with transforms of its own. */
const DISTRIBUTION_CUSTOM = 100;

/** At the top (0) or the bottom (2) of a chart, with a grid there; without labels it is a bare edge. */
export function timeAxis(palette: Palette, side: 0 | 2, size_px: number, labelled: boolean): uPlot.Axis {
  return {
    side,
    size: size_px,
    font: FONT,
    gap: 4,
    stroke: () => palette.colour("muted"),
    grid: { stroke: () => palette.colour("grid"), width: 1, show: side === SIDE_BOTTOM },
    ticks: { stroke: () => palette.colour("edge"), width: 1, size: labelled ? 5 : 0, show: labelled },
    space: TIME_LABEL_PX,
    incrs: TIME_STEPS_S,
    values: (plot, splits, _axis, _space, step_s) =>
      splits.map((at_s) => {
        const text = labelled ? axisText(at_s, step_s) : "";
        const end_px = plot.valToPos(at_s, "x") + (text.length * CHARACTER_PX) / 2;
        return end_px > plot.bbox.width / uPlot.pxRatio + MARGIN_PX ? "" : text;
      }),
  };
}

/** `6 h`, `2 d`, `9 h 20 min 12.5 s`: as fine as the step from one label to the next, and `0` at the start. */
function axisText(at_s: number, step_s: number): string {
  if (step_s >= SECONDS_PER_DAY) return at_s === 0 ? "0" : `${at_s / SECONDS_PER_DAY} d`;
  if (step_s >= SECONDS_PER_MINUTE) return timeWords(at_s, false);
  const minutes = Math.floor(at_s / SECONDS_PER_MINUTE + 1e-9);
  const seconds = Math.max(0, at_s - minutes * SECONDS_PER_MINUTE).toFixed(step_s < 1 ? 1 : 0);
  if (minutes === 0) return `${seconds} s`;
  const whole = timeWords(minutes * SECONDS_PER_MINUTE, false);
  return Number(seconds) === 0 ? whole : `${whole} ${seconds} s`;
}

export function valueAxis(palette: Palette, kind: Plot["axis"]): uPlot.Axis {
  const axis: uPlot.Axis = {
    size: GUTTER_PX,
    font: FONT,
    gap: 6,
    stroke: () => palette.colour("muted"),
    grid: { stroke: () => palette.colour("grid"), width: 1 },
    ticks: { show: false },
    space: VALUE_LABEL_PX,
    values: (_plot, splits: readonly (number | null)[]) =>
      splits.map((value) => (value === null ? "" : valueText(value))),
  };
  if (kind === "root") {
    axis.splits = (plot, _axis, low, high) => rootSplits(plot, low, high);
    axis.filter = (_plot, splits) => splits; // or uPlot labels powers of ten only, as on a logarithmic axis
  }
  return axis;
}

/** Keeps the gutter free where a chart has no values. */
export function emptyAxis(): uPlot.Axis {
  return { size: GUTTER_PX, values: () => [], splits: () => [], grid: { show: false }, ticks: { show: false } };
}

/** From the lowest to the highest value in view, with a margin that does not cross 0. */
export function valueScale({ axis, include }: Pick<Plot, "axis" | "include">, view: View): uPlot.Scale {
  const range: uPlot.Range.Function = (plot) => {
    const [lowest, highest] = extentIn(plot, view);
    if (lowest > highest) return [0, 1];
    const low = include === null ? lowest : Math.min(lowest, include);
    const high = include === null ? highest : Math.max(highest, include);
    if (low === high) return low === 0 ? [0, 1] : [low - 1, high + 1];
    const margin = (high - low) * MARGIN_SHARE;
    return [
      low >= 0 ? Math.max(0, low - margin) : low - margin,
      high <= 0 ? Math.min(0, high + margin) : high + margin,
    ];
  };
  if (axis === "linear") return { range };
  return {
    range,
    distr: DISTRIBUTION_CUSTOM,
    fwd: (value) => Math.sign(value) * Math.sqrt(Math.abs(value)),
    bwd: (value) => value * Math.abs(value),
  };
}

/**
 * The lowest and highest value of the lines that are shown. A value holds until the next one, so the last one before the view and
 * the first one after it count; uPlot itself looks at the points within only, and sees nothing between two of them.
 */
function extentIn({ data, series }: uPlot, view: View): [number, number] {
  const times = data[0];
  const first = Math.max(0, countUpTo(times, view.from_s) - 1);
  const last = Math.min(times.length - 1, countUpTo(times, view.to_s));
  let [lowest, highest] = [Infinity, -Infinity];
  for (let line = 1; line < data.length; line++) {
    if (series[line].show === false) continue;
    for (let i = first; i <= last; i++) {
      const value = data[line][i];
      if (value === null || value === undefined) continue;
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
  }
  return [lowest, highest];
}

/** How many of the rising `times` are not after `at_s`. */
function countUpTo(times: ArrayLike<number>, at_s: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] <= at_s) low = middle + 1;
    else high = middle;
  }
  return low;
}

function valueText(value: number): string {
  return numberWords(value, 6).replace("-", "−");
}

/** 0, then powers of ten, then 5 and 2 times those, as far as there is room. */
function rootSplits(plot: uPlot, low: number, high: number): number[] {
  const height_px = plot.bbox.height / uPlot.pxRatio;
  const place = (value: number): number => (Math.sqrt(value) / Math.sqrt(Math.max(high, 1e-9))) * height_px;
  const splits = [0];
  for (const digit of [1, 5, 2]) {
    for (let power = 0.01; power <= high; power *= 10) {
      const value = Number((digit * power).toPrecision(1));
      if (value > high || value < low) continue;
      if (splits.every((other) => Math.abs(place(value) - place(other)) >= ROOT_LABEL_PX)) splits.push(value);
    }
  }
  return splits.sort((a, b) => a - b);
}
