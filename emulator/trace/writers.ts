// Chooses the format of a trace by the ending of its file's name.

import { extname } from "node:path";
import { EVENT_SIGNAL_NAMES } from "../machine/signals";
import type { Track } from "../run/report";
import { UsageError } from "../usage-error";
import { csvOf } from "./csv";
import { vcdOf, type VcdOptions } from "./vcd";

/** Makes the text of a trace file, in chunks. */
export type TraceWriter = (tracks: readonly Track[], options: VcdOptions) => Iterable<string>;

/** The writers by the endings that `traceWriterFor` knows. */
const TRACE_WRITERS: Record<string, TraceWriter> = { ".csv": csvOf, ".vcd": vcdOf };

/** The writer that fits the ending of `path`, whatever its case. Throws `UsageError` on any other ending. */
export function traceWriterFor(path: string): TraceWriter {
  const ending = extname(path);
  const writer = new Map(Object.entries(TRACE_WRITERS)).get(ending.toLowerCase());
  if (writer !== undefined) return writer;
  const found = ending === "" ? "no ending" : ending;
  throw new UsageError(`${path}: found ${found}, expected a trace file that ends in ${endings()}`);
}

/** The signals of events in a trace file whose signals nobody chose. Readers of a CSV file expect a number in every row. */
export function eventSignalsIn(path: string): readonly string[] {
  return traceWriterFor(path) === vcdOf ? EVENT_SIGNAL_NAMES : [];
}

function endings(): string {
  return Object.keys(TRACE_WRITERS).join(" or ");
}
