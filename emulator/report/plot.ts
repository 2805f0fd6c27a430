// A plot of the report in the making: lines with their curves, which plotOf gives to the page. The modules that make plots
// (pump-plots.ts) use what is here. A curve that several lines or figures rest on is one object, which the page has once.

import type { RunReport, Track } from "../run/report";
import type { Curve } from "./curve";
import type { PageCurves } from "./page-curves";
import type { Line, Plot, Tone } from "./page-model";

/** The parts of a finished run from which plots are made. */
export interface Recorded {
  report: RunReport;
  /** The recorded signals that have a value, by name. */
  tracks: ReadonlyMap<string, Track>;
  /** Where a plot says what it lacks. */
  notes: string[];
}

type DraftLine = Omit<Line, "curve"> & { curve: Curve };

export type Draft = Omit<Plot, "lines"> & { lines: DraftLine[] };

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
): DraftLine {
  return { label, tone, kind: curve.kind, dashed, filled, digits, curve };
}

export function plotOf({ lines, ...plot }: Draft, curves: PageCurves): Plot {
  return {
    ...plot,
    lines: lines.map(({ curve, ...line }) => ({ ...line, curve: curves.add(curve, `${plot.title}, ${line.label}`) })),
  };
}
