// The ending of a file says which kind of trace it holds.

import { extname } from "node:path";
import type { Track } from "../run/report";
import { UsageError } from "../usage-error";
import { csvOf } from "./csv";
import { vcdOf, type VcdOptions } from "./vcd";

/** Makes a trace file's text, in chunks. */
export type TraceWriter = (tracks: readonly Track[], options: VcdOptions) => Iterable<string>;

/** Every ending that `traceWriterFor` knows, with its writer. */
const TRACE_WRITERS: Record<string, TraceWriter> = { ".csv": csvOf, ".vcd": vcdOf };

/** The writer that fits the ending of `path`, whatever its case. Throws `UsageError` on any other ending. */
export function traceWriterFor(path: string): TraceWriter {
  const ending = extname(path);
  const writer = new Map(Object.entries(TRACE_WRITERS)).get(ending.toLowerCase());
  if (writer !== undefined) return writer;
  const found = ending === "" ? "no ending" : ending;
  throw new UsageError(`${path}: found ${found}, expected a trace file that ends in ${endings()}`);
}

function endings(): string {
  return Object.keys(TRACE_WRITERS).join(" or ");
}
