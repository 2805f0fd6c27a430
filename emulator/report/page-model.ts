// The data that the page of a run's report draws. model.ts makes it, the file has it as JSON, and the modules of page/ draw it.
// This file has types alone and no import, because the two sides are compiled separately, one for Node and one for a browser.
// Times are seconds from the start of the run, `tick` counts 10 ms.

/** A colour by meaning; page.css gives each its light and dark value. */
export type Tone = "delivered" | "programmed" | "estimate" | "limit" | "critical" | "warning" | "fault" | "quiet";

export interface Line {
  label: string;
  tone: Tone;
  /** `step`: a value holds until the next point. `line`: the points are joined. */
  kind: "step" | "line";
  dashed: boolean;
  /** Shade the area down to 0. */
  filled: boolean;
  /** Decimals in the legend. */
  digits: number;
  /** Its place among the curves of the page. */
  curve: number;
}

/**
 * The points of a line. Of a curve with many, `ticks` and `values` are the extremes of stretches, and the rungs have more and more of
 * them, down to all (page-curves.ts).
 */
export interface PageCurve {
  kind: Line["kind"];
  /** Rise strictly. */
  ticks: number[];
  /** Null for a gap. */
  values: (number | null)[];
  /** The coarsest first. */
  rungs: Rung[];
  /** Null where the lowest rung has all points; else they are worked out from those of other curves (derived.ts). */
  origin: { by: "difference" | "rate"; of: number[]; window: number } | null;
}

/** One resolution of a curve, in pieces. */
export interface Rung {
  /** The tick of each piece's first point. */
  from: number[];
  /** Each piece (piece.ts), deflated, as base64; empty for one that the file does not have. */
  texts: string[];
}

/** A pair of lines to shade between, by their indices. */
export interface Band {
  upper: number;
  lower: number;
  tone: Tone;
  label: string;
  digits: number;
}

export interface Plot {
  id: string;
  title: string;
  unit: string;
  note: string;
  height_px: number;
  /** A root axis is proportional to the square root of the value. */
  axis: "linear" | "root";
  /** Always within the range of the y axis. */
  include: number | null;
  lines: Line[];
  bands: Band[];
}

export interface Bar {
  from_s: number;
  /** Null: no end is known. The same as `from_s`: a moment. */
  to_s: number | null;
  label: string;
  detail: string;
  tone: Tone;
  /** When it first showed, s, or null. */
  mark_s: number | null;
}

export interface Mark {
  at_s: number;
  label: string;
  detail: string;
  tone: Tone;
}

export interface Lane {
  id: "oral" | "harms" | "alarms" | "faults" | "boluses" | "modes" | "sessions" | "findings" | "events";
  title: string;
  /** Each row is a list of bars that do not share a moment, unless the run itself let them. */
  rows: Bar[][];
  marks: Mark[];
}

/** The two patterns of hal/sounder.ts. */
export type TonePattern = "dual" | "single";

export interface ToneMark {
  at_s: number;
  pattern: TonePattern;
  /** Tones of this pattern from here to the next mark of it. */
  count: number;
  detail: string;
}

export interface Tones {
  /** How many there were, in words. */
  words: string;
  marks: ToneMark[];
}

export interface EventRow {
  tick: number;
  time: string;
  wall: string;
  name: string;
  fields: string;
  tone: Tone;
}

export interface PageModel {
  end_s: number;
  /** Wall time at the start, ms since 1970 as if the zone were UTC, or null if the report does not tell. */
  startWall_ms: number | null;
  plots: Plot[];
  curves: PageCurve[];
  lanes: Lane[];
  /** Drawn as a lane under the alarms; null where the sounder was not recorded. */
  tones: Tones | null;
  events: EventRow[];
  /** The moments that went wrong, the first one first. */
  wrong: Mark[];
  notes: string[];
}
