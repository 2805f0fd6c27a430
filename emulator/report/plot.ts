// A plot of the report in the making: lines with their curves, which plotOf lays over one axis of time and thins. The modules
// that make plots (pump-plots.ts) use what is here. No line keeps more than POINTS_MAX points, and as many again around what went
// wrong, which keeps the file at a few megabytes for any length of run; a note says which lines were thinned.

import type { RunReport, Track } from "../run/report";
import { numberWords } from "../amounts";
import { tableOf, thinned, type Curve } from "./curve";
import type { Line, Plot, Tone } from "./page-model";

export const POINTS_MAX = 20000;

/** The parts of a finished run from which plots are made. */
export interface Recorded {
  report: RunReport;
  /** The recorded signals that have a value, by name. */
  tracks: ReadonlyMap<string, Track>;
  /** Where a plot says what it lacks. */
  notes: string[];
}

export type Draft = Omit<Plot, "ticks" | "columns" | "lines"> & { lines: (Line & { curve: Curve })[] };

export function draft(
  id: string,
  title: string,
  unit: string,
  note: string,
  height_px: number,
  lines: Draft["lines"],
  { include = null }: { include?: number | null },
): Draft {
  return { id, title, unit, note, height_px, axis: "linear", include, lines, bands: [] };
}

export function line(
  label: string,
  tone: Tone,
  curve: Curve,
  { dashed = false, filled = false, digits }: { dashed?: boolean; filled?: boolean; digits: number },
): Line & { curve: Curve } {
  return { label, tone, kind: curve.kind, dashed, filled, digits, curve };
}

/** How the curves of all plots are thinned. */
export interface Thinning {
  /** Stretches of ticks in which every point is kept. */
  whole: readonly (readonly [number, number])[];
  /** Gets a line for each curve that was thinned. */
  lines: string[];
}

export function plotOf({ lines: drafts, ...plot }: Draft, endTick: number, thinning: Thinning): Plot {
  const curves = drafts.map(({ curve, label }) => {
    const kept = thinned(curve, POINTS_MAX, thinning.whole);
    if (kept !== curve) {
      const counts = `${numberWords(kept.ticks.length)} of ${numberWords(curve.ticks.length)}`;
      thinning.lines.push(`${plot.title}, ${label} (${counts})`);
    }
    return kept;
  });
  const lines = drafts.map(({ curve: _, ...rest }) => rest);
  const { ticks, columns } = tableOf(curves, endTick);
  const rounded = columns.map((column) =>
    column.map((value) => (value === null || Number.isNaN(value) ? null : Number(value.toFixed(5)))),
  );
  return { ...plot, lines, ticks, columns: rounded };
}
