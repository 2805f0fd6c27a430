// Makes tracks of a run's events, for viewers that show text: how many events there have been, and the names of those of the last
// tick that had any, joined by `+`. The count rises with every event, so an edge marks also one that follows its like.

import { EVENT_SIGNAL_NAMES, type Meaning } from "../machine/signals";
import { means } from "../machine/traced";
import type { RunEvent, Track } from "../run/report";

/** The value of `event.last` before the first event. */
const NONE = "none";

/** The tracks of the events that `names` mean. */
export function eventTracks(events: readonly RunEvent[], names: readonly string[]): Track[] {
  const atTick = new Map<number, string[]>();
  for (const { tick, name } of events) atTick.set(tick, [...(atTick.get(tick) ?? []), name]);
  const texts = new Map<string, number>();
  const codeOf = (text: string): number => texts.get(text) ?? texts.set(text, texts.size).size - 1;
  const [count, last]: [number, number][][] = atTick.has(0) ? [[], []] : [[[0, 0]], [[0, codeOf(NONE)]]];
  let total = 0;
  for (const [tick, found] of [...atTick].sort(([a], [b]) => a - b)) {
    total += found.length;
    count.push([tick, total]);
    last.push([tick, codeOf(found.join("+"))]);
  }
  const [countName, lastName] = EVENT_SIGNAL_NAMES;
  const tracks = [
    trackOf(countName, { kind: "number" }, count),
    trackOf(lastName, { kind: "text", names: [...texts.keys()] }, last),
  ];
  return tracks.filter(({ name }) => names.some((pattern) => means(pattern, name)));
}

function trackOf(name: string, meaning: Meaning, rows: readonly [number, number][]): Track {
  return {
    ...{ name, unit: "", meaning },
    ticks: rows.map(([tick]) => tick),
    values: rows.map(([, value]) => value),
  };
}
