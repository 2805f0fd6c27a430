// The lanes below the plots: harms, alarms, faults, boluses, modes and sessions as bars, findings and events as marks. Everything that a lane says about a bar or
// a mark is worded here, so that the page only draws.

import { FAULTS } from "../faults";
import { MODE_BRIDGE, MODE_MINIMUM, MODE_NOT_PROGRAMMED, MODE_PRIMING, MODE_STOPPED } from "../../hal/trace";
import { modeName } from "../contract/codes";
import type { RunEvent, RunReport, Track } from "../run/report";
import { secondsOf, timeWords } from "../time";
import { numberWords, PAGE, volumeWords } from "../amounts";
import { PointReader } from "../points";
import { bolusesOf } from "./dosing";
import { fieldsOf, toneOf } from "./events";
import { harmTimes, namingOf } from "./harms";
import type { Bar, Lane, Mark, Tone } from "./page-model";

/** A fault with its end, for reports that say it: null is the end of the run, absent is not known. */
type Fault = RunReport["faults"][number] & { until_s?: number | null };

/** Bars of a lane that has one for each change of a signal. */
const CHANGES_MAX = 10000;

interface LaneParts {
  report: RunReport;
  tracks: ReadonlyMap<string, Track>;
  /** The moments that went wrong. */
  wrong: readonly Mark[];
  /** Those that the page has. */
  events: readonly RunEvent[];
  notes: string[];
}

export function lanesOf({ report, tracks, wrong, events, notes }: LaneParts): Lane[] {
  const modes = modesOf(tracks.get("therapy.mode"), report.ended.tick, notes);
  const sessions = sessionsOf(report);
  const harms = report.harms.map((harm) => ({
    from_s: harm.first_s,
    to_s: harm.until_s ?? report.ended.time_s,
    label: harm.name,
    detail: `harm ${harm.name}: ${harmTimes(harm)}, ${namingOf(harm)}`,
    tone: "critical" as const,
    mark_s: harm.reported_s,
  }));
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
  const boluses = bolusesOf(report.events, report.ended.tick).map((bolus) => ({
    from_s: secondsOf(bolus.fromTick),
    to_s: secondsOf(bolus.toTick),
    label: `${bolus.kind} ${volumeWords(bolus.volume_nl, PAGE)}`.trim(),
    detail:
      `${bolus.kind} bolus of ${volumeWords(bolus.volume_nl, PAGE)} from ${timeWords(secondsOf(bolus.fromTick))}: ` +
      (bolus.end === "running" ? "still running at the end" : `${bolus.end} at ${timeWords(secondsOf(bolus.toTick))}`),
    tone: bolus.end === "cancelled" ? ("warning" as const) : ("delivered" as const),
    mark_s: null,
  }));
  const oral = events.flatMap(({ name, time_s, wall, drug, dose }): Mark[] => {
    if (name !== "oral_taken") return [];
    const label = `${drug} ${dose} mg`;
    return [{ at_s: time_s, label, detail: `${label} by mouth at ${timeWords(time_s)} (${wall})`, tone: "estimate" }];
  });
  const marks = events
    .filter(({ name }) => name !== "oral_taken")
    .map((event) => ({
      at_s: event.time_s,
      label: event.name,
      detail: `${event.name} at ${timeWords(event.time_s)} (${event.wall}) ${fieldsOf(event)}`.trim(),
      tone: toneOf(event.name),
    }));
  return [
    ...(oral.length === 0 ? [] : [{ id: "oral" as const, title: "Oral doses", rows: [], marks: oral }]),
    ...(harms.length === 0 ? [] : [{ id: "harms" as const, title: "Harms", rows: rowsByLabel(harms), marks: [] }]),
    { id: "alarms", title: "Alarms", rows: rowsByLabel(alarms), marks: [] },
    { id: "faults", title: "Faults", rows: rowsByLabel(faults), marks: [] },
    {
      id: "boluses",
      title: "Boluses",
      rows: boluses.length === 0 ? [] : [boluses],
      marks: marks.filter((mark) => mark.label === "bolus_denied"),
    },
    ...(modes.length === 0 ? [] : [{ id: "modes" as const, title: "Mode", rows: [modes], marks: [] }]),
    ...(sessions.length === 0 ? [] : [{ id: "sessions" as const, title: "Sessions", rows: [sessions], marks: [] }]),
    ...(wrong.length === 0 ? [] : [{ id: "findings" as const, title: "Findings", rows: [], marks: [...wrong] }]),
    { id: "events", title: "Events", rows: [], marks },
  ];
}

/** A bar for each mode of therapy that the controller published; none where it was not recorded or never changed. */
function modesOf(track: Track | undefined, endTick: number, notes: string[]): Bar[] {
  if (track === undefined) return [];
  const bars: Bar[] = [];
  const reader = new PointReader(track);
  let count = 0;
  for (; reader.tick < Infinity; count++) {
    const { tick, value } = reader;
    reader.next();
    if (count >= CHANGES_MAX) continue;
    const [from_s, to_s] = [secondsOf(tick), secondsOf(Math.min(reader.tick, endTick))];
    const label = modeName(value);
    const detail = `mode ${label}: ${timeWords(from_s)} to ${timeWords(to_s)}`;
    bars.push({ from_s, to_s, label, detail, tone: MODE_TONES.get(value) ?? "delivered", mark_s: null });
  }
  if (count > CHANGES_MAX) {
    notes.push(`The lane of modes has the first ${numberWords(CHANGES_MAX)} of ${numberWords(count)} changes.`);
  }
  return count < 2 ? [] : bars;
}

const MODE_TONES = new Map<number, Tone>([
  [MODE_NOT_PROGRAMMED, "warning"],
  [MODE_STOPPED, "warning"],
  [MODE_MINIMUM, "warning"],
  [MODE_PRIMING, "fault"],
  [MODE_BRIDGE, "estimate"],
]);

/** A bar for each telemetry session; one that nobody closed lasts to the end. */
function sessionsOf({ events, ended }: RunReport): Bar[] {
  const bars: Bar[] = [];
  let open: Bar | null = null;
  for (const { name, time_s, ...fields } of events) {
    if (name !== "session_opened" && name !== "session_closed") continue;
    if (open !== null) Object.assign(open, { to_s: time_s, detail: `${open.detail} to ${timeWords(time_s)}` });
    open = null;
    if (name === "session_closed" || bars.length === CHANGES_MAX) continue;
    const label = String(fields["role"] ?? "session");
    const detail = `session of the ${label}: ${timeWords(time_s)}`;
    open = { from_s: time_s, to_s: ended.time_s, label, detail, tone: "quiet", mark_s: null };
    bars.push(open);
  }
  return bars;
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
