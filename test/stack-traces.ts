// Places in the stack traces of tests. Node imports the code under test through tsx, and vitest maps only what it evaluated itself
// back to its source. Here the frames of the other modules get their lines, from the source maps that Node keeps.

import { findSourceMap } from "node:module";

const FRAME = /^( {4}at .*?)((?:file:\/\/)?\/?[^\s()]+\.ts):(\d+):(\d+)(\)?)$/gm;
const TESTS = `${import.meta.dirname.replaceAll("\\", "/")}/`;

function mapped(frame: string, head: string, file: string, line: string, column: string, tail: string): string {
  const map = file.includes(TESTS) ? undefined : findSourceMap(file);
  const place = map?.findEntry(Number(line) - 1, Number(column) - 1);
  if (place === undefined || !("originalLine" in place)) return frame;
  return `${head}${file}:${place.originalLine + 1}:${place.originalColumn + 1}${tail}`;
}

/** The formatter of traces that this process has been given, which may be used for many test files. */
const GIVEN = Symbol.for("cistern.stack-traces");

/** From now on, every trace of this process names lines of sources. */
export function mapStackTraces(): void {
  const prepare = Error.prepareStackTrace;
  if (prepare === undefined || GIVEN in prepare) return;
  const given: typeof prepare = (error, sites) => String(prepare(error, sites)).replace(FRAME, mapped);
  Error.prepareStackTrace = Object.assign(given, { [GIVEN]: true });
}
