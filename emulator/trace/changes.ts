// Lists every change of every track, by tick and within a tick by the order of the tracks. Both trace formats write in this
// order. Times are ticks of 10 ms from the start. Output is joined into chunks of about 64 kB, so that the text of a long trace
// is never in memory as a whole.

import { PointReader } from "../points";
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
  const readers = tracks.map((track) => new PointReader(track));
  for (;;) {
    let tick = Infinity;
    for (const reader of readers) if (reader.tick < tick) tick = reader.tick;
    if (tick === Infinity) return;
    for (let track = 0; track < readers.length; track++) {
      const reader = readers[track];
      if (reader.tick !== tick) continue;
      yield { tick, track, value: reader.value };
      reader.next();
    }
  }
}

/**
 * The shortest decimal that reads back as the same number. `String` gives the same text, but V8 keeps that of a double in a table,
 * where it outlives the young heap: a trace of 1,000 days takes 75 MB more with it (measured, Node 20). JSON keeps nothing.
 */
export function decimal(value: number): string {
  return Number.isFinite(value) ? JSON.stringify(value) : String(value);
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
