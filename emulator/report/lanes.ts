// The lanes below the plots: alarms, faults and boluses as bars, and events as marks. Everything that a lane says about a bar or
// a mark is worded here, so that the page only draws.

import { FAULTS } from "../faults";
import type { RunEvent, RunReport } from "../run/report";
import { secondsOf, timeWords } from "../time";
import { numberWords, PAGE, volumeWords } from "../amounts";
import { bolusesOf } from "./dosing";
import { fieldsOf, toneOf } from "./events";
import type { Bar, Lane } from "./page-model";

/** A fault with its end, for reports that say it: null is the end of the run, absent is not known. */
type Fault = RunReport["faults"][number] & { until_s?: number | null };

/** `events` are those that the page has. */
export function lanesOf(report: RunReport, events: readonly RunEvent[]): Lane[] {
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
  const marks = events.map((event) => ({
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
