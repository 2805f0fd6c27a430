// Lists every change of every track, by tick and within a tick by the order of the tracks. Both trace formats write in this
// order. Times are ticks of 10 ms from the start. Output is joined into chunks of about 64 kB, so that the text of a long trace
// is never in memory as a whole.

import type { Track } from "../run/report";

const CHUNK_CHARACTERS = 65536;

interface Change {
  tick: number;
  /** Index into the tracks. */
  track: number;
  value: number;
}

/** All changes of `tracks`, by tick and then by track. */
export function* changesOf(tracks: readonly Track[]): Generator<Change> {
  const next = new Uint32Array(tracks.length);
  for (;;) {
    let tick = Infinity;
    for (let i = 0; i < tracks.length; i++) {
      const ticks = tracks[i].ticks;
      if (next[i] < ticks.length && ticks[next[i]] < tick) tick = ticks[next[i]];
    }
    if (tick === Infinity) return;
    for (let i = 0; i < tracks.length; i++) {
      if (next[i] >= tracks[i].ticks.length || tracks[i].ticks[next[i]] !== tick) continue;
      yield { tick, track: i, value: tracks[i].values[next[i]] };
      next[i]++;
    }
  }
}

/** Joins short pieces into chunks that are large enough to be written one by one. */
export function* chunked(pieces: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}
