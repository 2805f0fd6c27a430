// The files that a command writes of one run: traces, report and JUnit. Their names are checked before the run begins, and they are
// written when it has ended, however it ended.

import { writeWhole } from "../file";
import { htmlOf } from "../report/html";
import type { RunReport, Track } from "../run/report";
import { traceWriterFor } from "../trace/writers";
import { junitOf, suiteOf } from "./junit";
import { checkReportName } from "./options";
import type { NamedFile } from "./output-files";

interface RunFileOptions {
  trace: string[];
  report?: string;
  junit?: string;
}

export interface RunFiles {
  /** The files with their options, for `checkOutputFiles`. */
  readonly named: readonly NamedFile[];
  /** True when one of them needs every change of every signal. */
  readonly needsTracks: boolean;
  /** Writes them. `file` names the scenario's file in JUnit. Throws FileError. */
  write(report: RunReport, tracks: readonly Track[], file: string): void;
}

/** Throws UsageError for a name with a wrong ending. */
export function runFilesOf({ trace, report: page, junit }: RunFileOptions): RunFiles {
  const writers = trace.map((file) => ({ file, writer: traceWriterFor(file) }));
  checkReportName(page);
  return {
    named: [...trace.map((file) => ["--trace", file] as const), ["--report", page], ["--junit", junit]],
    needsTracks: writers.length > 0 || page !== undefined,
    write: (report, tracks, name) => {
      const { ended, version, scenario } = report;
      for (const { file, writer } of writers)
        writeWhole(file, writer(tracks, { endTick: ended.tick, version, scenario }));
      if (page) writeWhole(page, [htmlOf(report, tracks)]);
      if (junit) writeWhole(junit, [junitOf([suiteOf(report, name)])]);
    },
  };
}
