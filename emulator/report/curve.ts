// Curves of the report's plots: a value over ticks of 10 ms, held until the next point (`step`) or joined by straight lines (`line`,
// where two points a tick apart make a jump). A curve of few points has them as lists. That of a signal or of a figure that is worked
// out has them by blocks, because a run of years has millions. The page thins them to what its pixels can show and lays them over one
// axis of time, which is what uPlot draws from; so this file is used on both sides.

import { blocksOf, countBefore, listsOf, mapped, PointReader, type Block, type Lists, type Points } from "../points";

export type Curve = ListedCurve | StreamedCurve;

export interface ListedCurve extends Lists {
  kind: "step" | "line";
}

export interface StreamedCurve {
  kind: "step" | "line";
  blocks: () => Iterable<Block>;
  /** Where the points come from, when others give them. */
  origin?: Origin;
}

/** A curve that is worked out from others (derived.ts). The page works its points out too, for the stretch in view. */
export interface Origin {
  by: "difference" | "rate";
  of: readonly Curve[];
  /** Of a rate: the ticks over which it is a mean. */
  window: number;
}

/** Values of several curves at the same ticks; null where a curve has not begun or has a gap. */
export interface Table {
  ticks: number[];
  columns: (number | null)[][];
}

/** The curve of a signal, each value multiplied by `factor`. */
export function curveOf(points: Points, factor = 1): StreamedCurve {
  if (factor === 1) return { kind: "step", blocks: () => blocksOf(points) };
  return { kind: "step", ...mapped(points, (value) => value * factor) };
}

export function scaled(curve: Curve, factor: number): StreamedCurve {
  return { kind: curve.kind, ...mapped(curve, (value) => value * factor) };
}

/**
 * The first, lowest, highest and last point of each stretch of `width` ticks, counted from `from`; the same object if it has no more
 * points than these.
 */
export function extremesIn(lists: Lists, from: number, width: number): Lists {
  const { ticks, values } = lists;
  const kept: Lists = { ticks: [], values: [] };
  let isSame = true;
  for (let start = 0; start < ticks.length;) {
    const stretch = Math.floor((ticks[start] - from) / width);
    let [low, high, end] = [start, start, start];
    for (; end < ticks.length && Math.floor((ticks[end] - from) / width) === stretch; end++) {
      if (values[end] < values[low] || Number.isNaN(values[low])) low = end;
      if (values[end] > values[high] || Number.isNaN(values[high])) high = end;
    }
    let last = -1;
    for (const at of [start, Math.min(low, high), Math.max(low, high), end - 1]) {
      if (at <= last) continue;
      if (last >= 0 && at > last + 1) isSame = false;
      kept.ticks.push(ticks[at]);
      kept.values.push(values[at]);
      last = at;
    }
    start = end;
  }
  return isSame ? lists : kept;
}

/** `curve` with at most `pointsMax` points, the extremes of as many stretches as that allows; the same object if it has no more. */
export function thinned(curve: ListedCurve, pointsMax: number): ListedCurve {
  const { kind, ticks } = curve;
  if (ticks.length <= pointsMax) return curve;
  const stretches = Math.max(1, Math.floor(pointsMax / 4));
  return { kind, ...extremesIn(curve, ticks[0], (ticks[ticks.length - 1] - ticks[0] + 1) / stretches) };
}

/** The value of `curve` at `tick`, or null before its first point. After its last point it stays. */
export function valueAt(curve: Curve, tick: number): number | null {
  const { ticks, values } = listsOf(curve);
  const at = countBefore(ticks, tick + 1) - 1;
  return at < 0 ? null : between(curve.kind, ticks, values, at, tick);
}

/**
 * All curves on the union of their ticks within a range, and of both its ends. Nothing lies beyond them, because a browser draws no
 * dashes on a line that reaches millions of pixels out of view.
 */
export function tableOf(curves: readonly ListedCurve[], from: number, to: number): Table {
  const ticks: number[] = [];
  const ends = to > from ? [from, to] : [from];
  const readers = [{ ticks: ends, values: ends }, ...curves].map((points) => new PointReader(points));
  for (let tick = leastOf(readers); tick <= to; tick = passed(readers, tick)) if (tick >= from) ticks.push(tick);
  const columns = curves.map(({ kind, ticks: own, values }) => {
    let at = -1;
    return ticks.map((tick) => {
      while (at + 1 < own.length && own[at + 1] <= tick) at++;
      const value = at < 0 ? NaN : between(kind, own, values, at, tick);
      return Number.isNaN(value) ? null : value;
    });
  });
  return { ticks, columns };
}

/** The start and the end of a run as points of no value. */
export function endsOf(endTick: number): PointReader {
  return new PointReader({ ticks: endTick > 0 ? [0, endTick] : [0], values: [0, 0] });
}

/** The least tick at which one of them stands. */
export function leastOf(readers: readonly PointReader[]): number {
  let least = Infinity;
  for (const { tick } of readers) if (tick < least) least = tick;
  return least;
}

/** Moves all that stand at `tick` on, and gives the next tick at which one stands. */
export function passed(readers: readonly PointReader[], tick: number): number {
  for (const reader of readers) if (reader.tick === tick) reader.next();
  return leastOf(readers);
}

/** Reads a curve at ticks that never fall, in constant time each; 0 before its first point. */
export class CurveReader {
  private readonly kind: Curve["kind"];
  private readonly next: PointReader;
  private tick = -Infinity;
  private value = 0;

  constructor(curve: Curve) {
    this.kind = curve.kind;
    this.next = new PointReader(curve);
  }

  at(tick: number): number {
    while (this.next.tick <= tick) {
      this.tick = this.next.tick;
      this.value = this.next.value;
      this.next.next();
    }
    if (this.kind === "step" || this.tick === -Infinity || this.next.tick === Infinity) return this.value;
    const share = (tick - this.tick) / (this.next.tick - this.tick);
    return this.value + share * (this.next.value - this.value);
  }
}

function between(
  kind: Curve["kind"],
  ticks: ArrayLike<number>,
  values: ArrayLike<number>,
  at: number,
  tick: number,
): number {
  if (kind === "step" || at + 1 >= ticks.length || ticks[at] === tick) return values[at];
  const share = (tick - ticks[at]) / (ticks[at + 1] - ticks[at]);
  return values[at] + share * (values[at + 1] - values[at]);
}
