// Makes the page model of a run's report: plots with their lines over a shared time axis, lanes of bars and marks, and the
// events. Everything that can be worked out is worked out here, so that the page only draws. Plots whose signals were not
// recorded are left out and named in `notes`. No line has more than POINTS_MAX points and no table more than EVENTS_MAX rows,
// which keeps the file at a few megabytes for any length of run; `notes` names the lines and tables that were cut.

import { PROGRAM_LIMITS_MAX } from "../../hal/telemetry";
import { PULSE_NL } from "../../hal/units";
import { FAULTS } from "../faults";
import type { RunEvent, RunReport, Track } from "../run/report";
import { MS_PER_SECOND, SECONDS_PER_MINUTE, secondsOf, timeWords } from "../time";
import { curveOf, tableOf, thinned, type Curve } from "./curve";
import { bolusesOf, deliveredRateOf, differenceOf, programmedOf, rateWindowOf } from "./dosing";
import type { Bar, EventRow, Lane, Line, PageModel, Plot, Tone } from "./page-model";
import { tonesOf } from "./tones";
import { NL_PER_ML, NL_PER_UL, numberWords, PAGE, volumeWords } from "../amounts";

export const POINTS_MAX = 20000;
export const EVENTS_MAX = 20000;

const UL = 1 / NL_PER_UL;
const ML = 1 / NL_PER_ML;
/** From this ratio of highest to usual rate on, a linear axis would flatten the basal rate to nothing. */
const ROOT_AXIS_RATIO = 4;

/** A fault with its end, for reports that say it: null is the end of the run, absent is not known. */
type Fault = RunReport["faults"][number] & { until_s?: number | null };

/** Everything that the page of `report` draws. */
export function pageModelOf(report: RunReport, tracks: readonly Track[]): PageModel {
  const notes: string[] = [];
  const endTick = report.ended.tick;
  const startWall_ms = Date.parse(`${report.ended.wall}Z`) - report.ended.time_s * MS_PER_SECOND;
  return {
    end_s: report.ended.time_s,
    startWall_ms: Number.isFinite(startWall_ms) ? startWall_ms : null,
    plots: plotsOf(report, tracks, endTick, notes),
    lanes: lanesOf(report, endTick),
    tones: tonesOf(report, tracks, notes),
    events: eventRowsOf(report.events, notes),
    notes,
  };
}

function plotsOf(report: RunReport, tracks: readonly Track[], endTick: number, notes: string[]): Plot[] {
  if (endTick <= 0) {
    notes.push("The run has no length: there is nothing to plot.");
    return [];
  }
  const byName = new Map(tracks.filter((track) => track.ticks.length > 0).map((track) => [track.name, track]));
  const delivered = deliveredOf(byName);
  const programmed = programmedOf(report.events, endTick, byName.get("motor.intended_ulPerDay"));
  if (delivered === null) notes.push("Neither head.delivered_nl nor motor.pulses was recorded: no delivered volume.");
  if (programmed === null) notes.push("No program was accepted during the run: nothing to compare delivery with.");
  const drafts = [
    volumePlot(delivered, programmed?.volume_nl ?? null),
    delivered === null || programmed === null
      ? null
      : differencePlot(differenceOf(delivered, programmed.volume_nl, endTick)),
    ratePlot(byName, delivered, programmed?.rate_ulPerDay ?? null, endTick),
    reservoirPlot(byName),
    ...Array.from({ length: PROGRAM_LIMITS_MAX }, (_, index) => windowPlot(byName, index)),
  ];
  const thinnings: string[] = [];
  const plots = drafts.flatMap((draft) => (draft === null ? [] : [plotOf(draft, endTick, thinnings)]));
  if (thinnings.length > 0) {
    notes.push(`Drawn from fewer points than recorded, lowest and highest values kept: ${thinnings.join("; ")}.`);
  }
  return plots;
}

type Draft = Omit<Plot, "ticks" | "columns" | "lines"> & { lines: (Line & { curve: Curve })[] };

function volumePlot(delivered: Curve | null, programmed: Curve | null): Draft | null {
  const lines = [];
  if (delivered !== null) {
    lines.push(line("delivered", "delivered", scaled(delivered, UL), { filled: true, digits: 2 }));
  }
  if (programmed !== null) {
    lines.push(line("programmed", "programmed", scaled(programmed, UL), { dashed: true, digits: 2 }));
  }
  if (lines.length === 0) return null;
  const title = programmed === null ? "Delivered" : "Delivered against programmed";
  return draft("volume", title, "µL since the start", "", 200, lines, { include: 0 });
}

function differencePlot(difference: Curve): Draft {
  const lines = [line("delivered − programmed", "programmed", scaled(difference, UL), { filled: true, digits: 2 })];
  const note = "one pulse is 0.25 µL";
  return draft("difference", "Difference", "µL", note, 104, lines, { include: 0 });
}

function ratePlot(
  byName: Map<string, Track>,
  delivered: Curve | null,
  programmed: Curve | null,
  endTick: number,
): Draft | null {
  const basal = byName.get("motor.rate_ulPerDay");
  const lines = [];
  let highest = 0;
  let usual = 0;
  let note = "";
  if (delivered !== null) {
    const window = rateWindowOf(endTick);
    const curve = deliveredRateOf(delivered, window, endTick);
    lines.push(line("delivered", "delivered", curve, { filled: true, digits: 1 }));
    for (const value of curve.values) highest = Math.max(highest, value);
    usual = Math.max(usual, ...median(curve.values));
    note = `delivered: mean over ${timeWords(secondsOf(window))}`;
  }
  if (basal !== undefined) {
    const curve = curveOf(basal);
    lines.push(line("basal in force", "estimate", curve, { digits: 1 }));
    usual = Math.max(usual, ...median(curve.values));
  }
  if (programmed !== null) {
    lines.push(line("programmed with boluses", "programmed", programmed, { dashed: true, digits: 1 }));
    for (const value of programmed.values) highest = Math.max(highest, value);
  }
  if (lines.length === 0) return null;
  const axis = usual > 0 && highest > ROOT_AXIS_RATIO * usual ? "root" : "linear";
  if (axis === "root") note += `${note === "" ? "" : "; "}square-root axis`;
  return { ...draft("rate", "Rate", "µL/day", note, 180, lines, { include: 0 }), axis };
}

function reservoirPlot(byName: Map<string, Track>): Draft | null {
  const level = byName.get("reservoir.level_nl");
  const estimate = byName.get("reservoir.estimate_nl");
  const lines = [];
  if (level !== undefined) lines.push(line("true level", "delivered", curveOf(level, ML), { digits: 4 }));
  if (estimate !== undefined) {
    lines.push(line("controller's estimate", "estimate", curveOf(estimate, ML), { dashed: true, digits: 4 }));
  }
  return lines.length === 0 ? null : draft("reservoir", "Reservoir", "mL", "", 140, lines, {});
}

function windowPlot(byName: Map<string, Track>, index: number): Draft | null {
  const content = byName.get(`limiter.window${index}_nl`);
  const limit = byName.get(`limiter.limit${index}_nl`);
  const limited = limit !== undefined && limit.values.some((value) => value > 0);
  if (content === undefined || (!limited && content.values.every((value) => value === 0))) return null;
  const lines = [line("in the window", "delivered", curveOf(content, UL), { filled: true, digits: 2 })];
  if (limited) lines.push(line("limit", "limit", curveOf(limit, UL), { dashed: true, digits: 2 }));
  const bands = limited ? [{ upper: 1, lower: 0, tone: "estimate" as const, label: "headroom", digits: 2 }] : [];
  const note = limited ? "as the controller counts it, in pulses of 250 nL" : "no limit is set";
  const title = `Dose window ${index + 1}${lengthsOf(byName.get(`limiter.length${index}_min`))}`;
  return { ...draft(`window${index}`, title, "µL", note, 130, lines, { include: 0 }), bands };
}

/** The lengths that a window had, each once in their order: `: 1 h, then 4 h`; empty where no length was recorded. */
function lengthsOf(track: Track | undefined): string {
  const lengths = [...new Set(track?.values.filter((minutes) => minutes > 0))];
  const words = lengths.map((minutes) => timeWords(minutes * SECONDS_PER_MINUTE));
  return words.length === 0 ? "" : `: ${words.join(", then ")}`;
}

function draft(
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

function line(
  label: string,
  tone: Tone,
  curve: Curve,
  { dashed = false, filled = false, digits }: { dashed?: boolean; filled?: boolean; digits: number },
): Line & { curve: Curve } {
  return { label, tone, kind: curve.kind, dashed, filled, digits, curve };
}

function plotOf({ lines: drafts, ...plot }: Draft, endTick: number, thinnings: string[]): Plot {
  const curves = drafts.map(({ curve, label }) => {
    const kept = thinned(curve, POINTS_MAX);
    if (kept !== curve) {
      const counts = `${numberWords(kept.ticks.length)} of ${numberWords(curve.ticks.length)}`;
      thinnings.push(`${plot.title}, ${label} (${counts})`);
    }
    return kept;
  });
  const lines = drafts.map(({ curve: _, ...rest }) => rest);
  const { ticks, columns } = tableOf(curves, endTick);
  const rounded = columns.map((column) => column.map((value) => (value === null ? null : Number(value.toFixed(5)))));
  return { ...plot, lines, ticks, columns: rounded };
}

/** Volume out of the pump head since the start of the run, nl. */
function deliveredOf(byName: Map<string, Track>): Curve | null {
  const volume = byName.get("head.delivered_nl");
  const pulses = byName.get("motor.pulses");
  if (volume === undefined && pulses === undefined) return null;
  const curve = volume === undefined ? curveOf(pulses!, PULSE_NL) : curveOf(volume);
  const before = curve.values[0];
  return { ...curve, values: curve.values.map((value) => value - before) };
}

function lanesOf(report: RunReport, endTick: number): Lane[] {
  const alarms = report.alarms.map((alarm) => ({
    from_s: alarm.raised_s,
    to_s: alarm.cleared_s ?? report.ended.time_s,
    label: alarm.name,
    detail:
      `alarm ${alarm.name} (${alarm.priority === "critical" ? "critical" : "non-critical"}): ` +
      `raised at ${timeWords(alarm.raised_s)}, ` +
      (alarm.cleared_s === null ? "not cleared" : `cleared at ${timeWords(alarm.cleared_s)}`),
    tone: alarm.priority === "critical" ? ("critical" as const) : ("warning" as const),
    mark_s: null,
  }));
  const faults = report.faults.map((fault: Fault) => ({
    from_s: fault.at_s,
    to_s: faultEndOf(fault, report.ended.time_s),
    label: fault.name,
    detail:
      `fault ${fault.name}: ${isMoment(fault) ? "at" : "from"} ${timeWords(fault.at_s)}, ` +
      (fault.first_s === null
        ? "never acted"
        : `acted ${fault.acted === 1 ? "once" : `${numberWords(fault.acted)} times`}, first at ${timeWords(fault.first_s)}`),
    tone: "fault" as const,
    mark_s: fault.first_s,
  }));
  const boluses = bolusesOf(report.events, endTick).map((bolus) => ({
    from_s: secondsOf(bolus.fromTick),
    to_s: secondsOf(bolus.toTick),
    label: `${bolus.kind} ${volumeWords(bolus.volume_nl, PAGE)}`.trim(),
    detail:
      `${bolus.kind} bolus of ${volumeWords(bolus.volume_nl, PAGE)} from ${timeWords(secondsOf(bolus.fromTick))}: ` +
      (bolus.end === "running" ? "still running at the end" : `${bolus.end} at ${timeWords(secondsOf(bolus.toTick))}`),
    tone: bolus.end === "cancelled" ? ("warning" as const) : ("delivered" as const),
    mark_s: null,
  }));
  const marks = report.events.slice(0, EVENTS_MAX).map((event) => ({
    at_s: event.time_s,
    label: event.name,
    detail: `${event.name} at ${timeWords(event.time_s)} (${event.wall}) ${fieldsOf(event)}`.trim(),
    tone: toneOf(event.name),
  }));
  return [
    { id: "alarms", title: "Alarms", rows: rowsByLabel(alarms), marks: [] },
    { id: "faults", title: "Faults", rows: rowsByLabel(faults), marks: [] },
    {
      id: "boluses",
      title: "Boluses",
      rows: boluses.length === 0 ? [] : [boluses],
      marks: marks.filter((mark) => mark.label === "bolus_denied"),
    },
    { id: "events", title: "Events", rows: [], marks },
  ];
}

function faultEndOf(fault: Fault, end_s: number): number | null {
  if (isMoment(fault)) return fault.at_s;
  return fault.until_s === undefined ? null : (fault.until_s ?? end_s);
}

/** True for a fault that is over at once, by the table of faults. */
function isMoment({ name, until_s }: Fault): boolean {
  return until_s === null && FAULTS.some((row) => row.name === name && row.duration === "momentary");
}

function rowsByLabel(bars: readonly Bar[]): Bar[][] {
  const rows = new Map<string, Bar[]>();
  for (const bar of bars) rows.set(bar.label, [...(rows.get(bar.label) ?? []), bar]);
  return [...rows.values()];
}

function eventRowsOf(events: readonly RunEvent[], notes: string[]): EventRow[] {
  if (events.length > EVENTS_MAX) {
    notes.push(`The event table holds the first ${numberWords(EVENTS_MAX)} of ${numberWords(events.length)} events.`);
  }
  return events.slice(0, EVENTS_MAX).map((event) => ({
    tick: event.tick,
    time: timeWords(event.time_s),
    wall: event.wall.replace("T", " "),
    name: event.name,
    fields: fieldsOf(event),
    tone: toneOf(event.name),
  }));
}

function fieldsOf(event: RunEvent): string {
  const own = new Set(["tick", "time_s", "wall", "name"]);
  return Object.entries(event)
    .filter(([key]) => !own.has(key))
    .map(([key, value]) => `${key}=${value}`)
    .join("  ");
}

function toneOf(event: string): Tone {
  if (event === "alarm_raised" || event === "stall_detected") return "critical";
  if (/_(denied|refused|cancelled)$/.test(event) || event === "limit_reached" || event === "reset") return "warning";
  if (event.startsWith("bolus_")) return "delivered";
  return "quiet";
}

function scaled(curve: Curve, factor: number): Curve {
  return { ...curve, values: curve.values.map((value) => value * factor) };
}

/** The middle of the values above 0, as a list of one or none. */
function median(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0).sort((a, b) => a - b);
  return positive.length === 0 ? [] : [positive[positive.length >>> 1]];
}
