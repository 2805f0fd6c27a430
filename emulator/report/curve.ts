// Curves of the report's plots: a value over ticks of 10 ms, held until the next point (`step`) or joined by straight
// lines (`line`, where two points a tick apart make a jump). Here they are thinned so that a long run stays a small
// file, and laid over one common time axis, which is what uPlot draws from. Thinning keeps the first, lowest, highest
// and last point of each slice of time, so no peak is lost to the eye, and every point of the stretches that a reader
// looks at closely.

import type { Track } from "../run/report";

export interface Curve {
  kind: "step" | "line";
  /** Rise strictly. */
  ticks: number[];
  /** NaN for a gap. */
  values: number[];
}

/** Values of several curves at the same ticks; null where a curve has not begun. */
interface Table {
  ticks: number[];
  columns: (number | null)[][];
}

/** The curve of a signal, each value multiplied by `factor`. */
export function curveOf(track: Track, factor = 1): Curve {
  return { kind: "step", ticks: track.ticks, values: track.values.map((value) => value * factor) };
}

/**
 * `curve` with at most `pointsMax` points; the same object if it has no more. Every point within `whole` is kept besides, as long
 * as those are no more than `pointsMax`, the first stretches first. The stretches are ticks, both ends included.
 */
export function thinned(curve: Curve, pointsMax: number, whole: readonly (readonly [number, number])[] = []): Curve {
  const { kind, ticks, values } = curve;
  if (ticks.length <= pointsMax) return curve;
  const kept = new Set(extremesIn(curve, Math.max(1, Math.floor(pointsMax / 4))));
  let left = pointsMax;
  for (const [from, to] of whole) {
    const [first, end] = [countBefore(ticks, from), countBefore(ticks, to + 1)];
    left -= end - first;
    if (left < 0) break;
    for (let index = first; index < end; index++) kept.add(index);
  }
  const indices = [...kept].sort((a, b) => a - b);
  return { kind, ticks: indices.map((index) => ticks[index]), values: indices.map((index) => values[index]) };
}

/** The indices of the first, lowest, highest and last point of each slice of time. */
function extremesIn({ ticks, values }: Curve, slices: number): number[] {
  const first = ticks[0];
  const width = (ticks[ticks.length - 1] - first + 1) / slices;
  const kept: number[] = [];
  for (let start = 0; start < ticks.length;) {
    const slice = Math.floor((ticks[start] - first) / width);
    let low = start;
    let high = start;
    let end = start;
    for (; end < ticks.length && Math.floor((ticks[end] - first) / width) === slice; end++) {
      if (values[end] < values[low]) low = end;
      if (values[end] > values[high]) high = end;
    }
    kept.push(start, low, high, end - 1);
    start = end;
  }
  return kept;
}

/** The value of `curve` at `tick`, or null before its first point. After its last point it stays. */
export function valueAt(curve: Curve, tick: number): number | null {
  const { kind, ticks, values } = curve;
  const count = countBefore(ticks, tick + 1);
  return count === 0 ? null : between(kind, ticks, values, count - 1, tick);
}

/** How many of the rising `ticks` are before `tick`. */
function countBefore(ticks: readonly number[], tick: number): number {
  let low = 0;
  let high = ticks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ticks[middle] < tick) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All curves on the union of their ticks, and of 0 and `endTick`. */
export function tableOf(curves: readonly Curve[], endTick: number): Table {
  const ticks = [...new Set([0, endTick, ...curves.flatMap((curve) => curve.ticks)])].sort((a, b) => a - b);
  const columns = curves.map(({ kind, ticks: own, values }) => {
    let index = -1;
    return ticks.map((tick) => {
      while (index + 1 < own.length && own[index + 1] <= tick) index++;
      return index < 0 ? null : between(kind, own, values, index, tick);
    });
  });
  return { ticks, columns };
}

function between(kind: Curve["kind"], ticks: number[], values: number[], index: number, tick: number): number {
  if (kind === "step" || index + 1 >= ticks.length || ticks[index] === tick) return values[index];
  const share = (tick - ticks[index]) / (ticks[index + 1] - ticks[index]);
  return values[index] + share * (values[index + 1] - values[index]);
}
