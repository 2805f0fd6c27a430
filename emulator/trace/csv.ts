// Writes a trace as comma-separated values, with one row for each change, so a signal that does not change takes no room.
// `time_s` always has two decimals because a tick is 10 ms; `value` is the shortest decimal that reads back as the same number.
// Lines end in LF, and only a name with a comma, a quote or a line break is quoted (RFC 4180). Every value
// is a number, but for that of a track of texts.

import type { Track } from "../run/report";
import { secondsOf } from "../time";
import { changesOf, chunked, decimal } from "./changes";

/** The text of a CSV file in chunks: rows of `time_s,tick,signal,value` by tick and then by the order of `tracks`. */
export function csvOf(tracks: readonly Track[]): Iterable<string> {
  return chunked(rows(tracks));
}

function* rows(tracks: readonly Track[]): Generator<string> {
  const names = tracks.map((track) => quoted(track.name));
  yield "time_s,tick,signal,value\n";
  for (const { tick, track, value } of changesOf(tracks)) {
    const { meaning } = tracks[track];
    const text = meaning?.kind === "text" ? quoted(meaning.names[value]) : decimal(value);
    yield `${secondsOf(tick).toFixed(2)},${decimal(tick)},${names[track]},${text}\n`;
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
