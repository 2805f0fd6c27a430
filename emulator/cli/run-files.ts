// The files that a command writes of one run: traces, report and JUnit. Their names are checked before the run begins, and they are
// written when it has ended, however it ended.

import { writeWhole } from "../file";
import { htmlOf } from "../report/html";
import type { RunReport, Track } from "../run/report";
import type { RunOptions } from "../run/run";
import { eventTracks } from "../trace/events";
import { eventSignalsIn, traceWriterFor } from "../trace/writers";
import { UsageError } from "../usage-error";
import { junitOf, suiteOf } from "./junit";
import { checkReportName, signalsOption } from "./options";
import type { NamedFile } from "./output-files";

interface RunFileOptions {
  trace: string[];
  signals?: string;
  report?: string;
  junit?: string;
}

export interface RunFiles {
  /** The files with their options, for `checkOutputFiles`. */
  readonly named: readonly NamedFile[];
  /** The signals that the run must record for them. */
  readonly recorded: Pick<RunOptions, "tracks" | "signals">;
  /** Writes them. `file` names the scenario's file in JUnit. Throws FileError. */
  write(report: RunReport, tracks: readonly Track[], file: string): void;
}

/** Throws UsageError for a name with a wrong ending, and for a choice of signals that no file is made of. */
export function runFilesOf({ trace, signals, report: page, junit }: RunFileOptions): RunFiles {
  const writers = trace.map((file) => ({ file, writer: traceWriterFor(file) }));
  checkReportName(page);
  const names = signals === undefined ? null : signalsOption(signals);
  if (names !== null && trace.length === 0)
    throw new UsageError("--signals: found no --trace, whose signals it chooses");
  return {
    named: [...trace.map((file) => ["--trace", file] as const), ["--report", page], ["--junit", junit]],
    recorded: {
      tracks: page !== undefined || (writers.length > 0 && names === null),
      ...(names === null ? {} : { signals: names }),
    },
    write: (report, tracks, name) => {
      const { ended, version, scenario } = report;
      const traced = tracks.filter(({ reportOnly }) => !reportOnly);
      for (const { file, writer } of writers) {
        const ofEvents = eventTracks(report.events, names ?? eventSignalsIn(file));
        writeWhole(file, writer([...traced, ...ofEvents], { endTick: ended.tick, version, scenario }));
      }
      if (page) writeWhole(page, [htmlOf(report, tracks)]);
      if (junit) writeWhole(junit, [junitOf([suiteOf(report, name)])]);
    },
  };
}
