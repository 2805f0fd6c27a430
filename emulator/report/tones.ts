// The tones that a bystander would have heard, from the track `sounder.tone`: one mark a tone, at its start, with the
// alarms that were active then. Times are ticks of 10 ms; a pattern that changes without a pause starts a new tone. At
// most TONES_MAX marks are kept, the first of each pattern in each slice of time, and each says how many tones it stands
// for; the counts are always of all tones.

import { TONE_DUAL, TONE_SINGLE } from "../../hal/sounder";
import type { RunReport, Track } from "../run/report";
import { secondsOf, ticksOfSeconds, timeWords } from "../time";
import type { TonePattern, Tones } from "./page-model";
import { numberWords } from "../amounts";

/** A critical alarm that nobody clears sounds this often in 69 days. */
export const TONES_MAX = 10000;

interface Sounded {
  tick: number;
  endTick: number;
  pattern: TonePattern;
}

/** The tones of a run, or null where the sounder was not recorded. */
export function tonesOf(report: RunReport, tracks: readonly Track[], notes: string[]): Tones | null {
  const track = tracks.find(({ name, ticks }) => name === "sounder.tone" && ticks.length > 0);
  if (track === undefined) return null;
  const sounded = soundedOf(track, report.ended.tick);
  const kept = thinned(sounded, report.ended.tick);
  if (kept.length < sounded.length) {
    const counts = `${numberWords(kept.length)} of ${numberWords(sounded.length)}`;
    notes.push(`Tones are drawn as ${counts} marks; each stands for those that follow it closely.`);
  }
  const activeAt = activeAlarms(report.alarms);
  const marks = kept.map(({ tone, count }) => ({
    at_s: secondsOf(tone.tick),
    pattern: tone.pattern,
    count,
    detail: detailOf(tone, count, activeAt(tone.tick), report.ended.tick),
  }));
  return { words: wordsOf(sounded), marks };
}

function soundedOf({ ticks, values }: Track, endTick: number): Sounded[] {
  const sounded: Sounded[] = [];
  for (let i = 0; i < ticks.length; i++) {
    if (values[i] !== TONE_DUAL && values[i] !== TONE_SINGLE) continue;
    const pattern = values[i] === TONE_DUAL ? "dual" : "single";
    sounded.push({ tick: ticks[i], endTick: i + 1 < ticks.length ? ticks[i + 1] : endTick, pattern });
  }
  return sounded;
}

function thinned(sounded: readonly Sounded[], endTick: number): { tone: Sounded; count: number }[] {
  if (sounded.length <= TONES_MAX) return sounded.map((tone) => ({ tone, count: 1 }));
  const width = (endTick + 1) / Math.floor(TONES_MAX / 2);
  const kept: { tone: Sounded; count: number }[] = [];
  const last = new Map<string, { slice: number; mark: { tone: Sounded; count: number } }>();
  for (const tone of sounded) {
    const slice = Math.floor(tone.tick / width);
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

function wordsOf(sounded: readonly Sounded[]): string {
  const dual = sounded.filter(({ pattern }) => pattern === "dual").length;
  const single = sounded.length - dual;
  const parts = [
    dual > 0 ? `${numberWords(dual)} two-tone (critical)` : "",
    single > 0 ? `${numberWords(single)} single (non-critical)` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "no tone sounded" : parts.join(", ");
}
