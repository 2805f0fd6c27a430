// The tones that a bystander would have heard, from the track `sounder.tone`: one mark a tone, at its start, with the
// alarms that were active then. Times are ticks of 10 ms; a pattern that changes without a pause starts a new tone. At
// most TONES_MAX marks are kept, the first of each pattern in each slice of time, and each says how many tones it stands
// for; the counts are always of all tones.

import { TONE_DUAL, TONE_SINGLE } from "../../hal/sounder";
import type { RunReport, Track } from "../run/report";
import { secondsOf, ticksOfSeconds, timeWords } from "../time";
import type { TonePattern, Tones } from "./page-model";
import { numberWords } from "../amounts";
import { firstOf, PointReader } from "../points";

/** A critical alarm that nobody clears sounds this often in 69 days. */
export const TONES_MAX = 10000;

interface Sounded {
  tick: number;
  endTick: number;
  pattern: TonePattern;
}

/** The tones of a run, or null where the sounder was not recorded. */
export function tonesOf(report: RunReport, tracks: readonly Track[], notes: string[]): Tones | null {
  const track = tracks.find((each) => each.name === "sounder.tone" && firstOf(each).length > 0);
  if (track === undefined) return null;
  const { tick: endTick } = report.ended;
  const counts = { dual: 0, single: 0 };
  for (const { pattern } of soundedIn(track, endTick)) counts[pattern]++;
  const count = counts.dual + counts.single;
  const kept = keptOf(soundedIn(track, endTick), count > TONES_MAX ? (endTick + 1) / Math.floor(TONES_MAX / 2) : 0);
  if (kept.length < count) {
    const words = `${numberWords(kept.length)} of ${numberWords(count)}`;
    notes.push(`Tones are drawn as ${words} marks; each stands for those that follow it closely.`);
  }
  const activeAt = activeAlarms(report.alarms);
  const marks = kept.map(({ tone, count: stands }) => ({
    at_s: secondsOf(tone.tick),
    pattern: tone.pattern,
    count: stands,
    detail: detailOf(tone, stands, activeAt(tone.tick), endTick),
  }));
  return { words: wordsOf(counts), marks };
}

/** One after the other, because a run of years may have hundreds of thousands. */
function* soundedIn(track: Track, endTick: number): Generator<Sounded> {
  const reader = new PointReader(track);
  while (reader.tick < Infinity) {
    const { tick, value } = reader;
    reader.next();
    if (value !== TONE_DUAL && value !== TONE_SINGLE) continue;
    const pattern = value === TONE_DUAL ? "dual" : "single";
    yield { tick, endTick: reader.tick < Infinity ? reader.tick : endTick, pattern };
  }
}

/** The first tone of each pattern in each slice of `width` ticks, with the number of tones that it stands for; with 0 every tone. */
function keptOf(sounded: Iterable<Sounded>, width: number): { tone: Sounded; count: number }[] {
  const kept: { tone: Sounded; count: number }[] = [];
  const last = new Map<string, { slice: number; mark: { tone: Sounded; count: number } }>();
  for (const tone of sounded) {
    const slice = width === 0 ? tone.tick : Math.floor(tone.tick / width);
    const before = last.get(tone.pattern);
    if (before?.slice === slice) {
      before.mark.count++;
      continue;
    }
    const mark = { tone, count: 1 };
    kept.push(mark);
    last.set(tone.pattern, { slice, mark });
  }
  return kept;
}

/** Names the alarms active at a tick, for ticks that never fall. */
function activeAlarms(alarms: RunReport["alarms"]): (tick: number) => string {
  const raised = alarms
    .map(({ name, priority, raised_s, cleared_s }) => ({
      text: `${name} (${priority === "critical" ? "critical" : "non-critical"})`,
      from: ticksOfSeconds(raised_s),
      to: cleared_s === null ? Infinity : ticksOfSeconds(cleared_s),
    }))
    .sort((a, b) => a.from - b.from);
  let next = 0;
  let active: typeof raised = [];
  return (tick) => {
    while (next < raised.length && raised[next].from <= tick) active.push(raised[next++]);
    active = active.filter(({ to }) => to > tick);
    return active.map(({ text }) => text).join(", ");
  };
}

function detailOf({ tick, endTick, pattern }: Sounded, count: number, alarms: string, runEnd: number): string {
  const words = pattern === "dual" ? "two-tone (critical)" : "single tone (non-critical)";
  const lasted = timeWords(secondsOf(endTick - tick));
  const length = endTick < runEnd ? `for ${lasted}` : "until the run ended";
  const more = count > 1 ? `, the first of ${numberWords(count)}` : "";
  const active = alarms === "" ? "no alarm was active" : `active: ${alarms}`;
  return `${words} at ${timeWords(secondsOf(tick))} ${length}${more}; ${active}`;
}

function wordsOf({ dual, single }: Record<TonePattern, number>): string {
  const parts = [
    dual > 0 ? `${numberWords(dual)} two-tone (critical)` : "",
    single > 0 ? `${numberWords(single)} single (non-critical)` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "no tone sounded" : parts.join(", ");
}
