// The events of a run as the page has them: at most EVENTS_MAX, each with its fields as text and the colour of its meaning.

import type { RunEvent } from "../run/report";
import { timeWords } from "../time";
import { numberWords } from "../amounts";
import type { EventRow, Tone } from "./page-model";

export const EVENTS_MAX = 20000;

/** The events that the page has, of too many the first and the last; a note says so. */
export function eventsKept(events: readonly RunEvent[], notes: string[]): readonly RunEvent[] {
  if (events.length <= EVENTS_MAX) return events;
  const half = EVENTS_MAX / 2;
  const counts = `${numberWords(half)} of ${numberWords(events.length)} events`;
  notes.push(`The page has the first and the last ${counts}; the JSON has all.`);
  return [...events.slice(0, half), ...events.slice(-half)];
}

export function eventRowOf(event: RunEvent): EventRow {
  return {
    tick: event.tick,
    time: timeWords(event.time_s),
    wall: event.wall.replace("T", " "),
    name: event.name,
    fields: fieldsOf(event),
    tone: toneOf(event.name),
  };
}

export function fieldsOf(event: RunEvent): string {
  const own = new Set(["tick", "time_s", "wall", "name"]);
  return Object.entries(event)
    .filter(([key]) => !own.has(key))
    .map(([key, value]) => `${key}=${value}`)
    .join("  ");
}

export function toneOf(event: string): Tone {
  if (event === "alarm_raised" || event === "stall_detected") return "critical";
  if (/_(denied|refused|cancelled)$/.test(event) || event === "limit_reached" || event === "reset") return "warning";
  if (event.startsWith("bolus_")) return "delivered";
  return "quiet";
}
