// `cistern run` runs one scenario to its end, prints a report and exits by the verdict. It checks all arguments before the run
// begins, so that no file is written for a run that could not be reported.

import { Command } from "commander";
import { loadScenario } from "../scenario/load";
import type { RunOptions } from "../run/run";
import { checkSavedRunPath, writeSavedRun } from "../run/saved-run";
import type { Scenario } from "../scenario/scenario";
import { htmlOf } from "../report/html";
import { writeWhole } from "../file";
import { traceWriterFor } from "../trace/writers";
import { VERSION } from "../version";
import { EXIT_OF_VERDICT, exitWith } from "./exit";
import { watchInterrupts } from "./interrupt";
import {
  checkReportName,
  CONTROLLER,
  FROM,
  gearOption,
  JSON_OUTPUT,
  REPORT,
  SAVE,
  SEED,
  seedOption,
  traceOption,
  UNTIL,
  untilOption,
} from "./options";
import { checkOutputFiles } from "./output-files";
import { paintFor } from "./paint";
import { withBaudOption } from "./port-options";
import { textOf } from "./report-text";
import { runOnBoard } from "./run-on-board";
import { playScenario, type Play } from "./run-scenario";
import { startTimeLimit, TIME_LIMIT } from "./time-limit";

interface Options {
  gear: RunOptions["gear"];
  seed?: string;
  until?: string;
  trace: string[];
  report?: string;
  controller?: string;
  save?: string;
  from?: string;
  twice?: boolean;
  board?: string;
  timeLimit?: string;
  baud: string;
  json?: boolean;
}

export const runCommand = withBaudOption(
  new Command("run")
    .description("run a scenario to its end as fast as possible, print a report, and exit by the verdict")
    .argument("<scenario>", "a scenario file (YAML)")
    .addOption(gearOption())
    .option(...SEED)
    .option(...UNTIL)
    .addOption(traceOption())
    .option(...REPORT)
    .option(...CONTROLLER)
    .option(...SAVE)
    .option(...FROM)
    .option("--twice", "run again in the other gear and compare the fingerprints")
    .option(
      "--board <serial:path>",
      "run the controller here and the board at the other end of the hal wire (docs/hal-wire.md)",
    ),
)
  .option(...TIME_LIMIT)
  .option(...JSON_OUTPUT)
  .addHelpText(
    "after",
    "\nExit codes: 0 everything held, 1 something did not, 2 bad usage or input, 3 a file failed, 4 the run proves nothing, 130 interrupted.",
  )
  .action((path: string, options: Options, command: Command) =>
    exitWith(() =>
      options.board === undefined
        ? runScenario(path, options)
        : runOnBoard(path, { ...options, board: options.board }, machineOptions(command)),
    ),
  );

/** The given options that only the end with the machine can carry out. */
function machineOptions(command: Command): string[] {
  const names = ["gear", "seed", "until", "trace", "report", "save", "from", "twice"];
  return names.filter((name) => command.getOptionValueSource(name) === "cli").map((name) => `--${name}`);
}

async function runScenario(path: string, options: Options): Promise<number> {
  const scenario = loadScenario(path);
  const writers = options.trace.map((file) => ({ file, writer: traceWriterFor(file) }));
  checkReportName(options.report);
  checkOutputFiles(
    [
      ...options.trace.map((file) => ["--trace", file] as const),
      ["--report", options.report],
      ["--save", options.save],
    ],
    [
      ["the scenario", path],
      ["the controller", options.controller],
    ],
  );
  if (options.save) checkSavedRunPath(options.save);
  const interrupts = watchInterrupts();
  const limit = startTimeLimit(options.timeLimit);
  const tracked = writers.length > 0 || options.report !== undefined;
  const { report, run } = await playScenario(playOf(scenario, options, tracked), { interrupts, limit });
  interrupts.stop();
  const tracks = run.signalTracks();
  for (const { file, writer } of writers) {
    writeWhole(file, writer(tracks, { endTick: report.ended.tick, version: VERSION, scenario: scenario.name }));
  }
  if (options.report) writeWhole(options.report, [htmlOf(report, tracks)]);
  if (options.save) writeSavedRun(options.save, run);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOf(report, paintFor(process.stdout)));
  return EXIT_OF_VERDICT[report.verdict];
}

function playOf(scenario: Scenario, options: Options, tracks: boolean): Play {
  return {
    scenario,
    gear: options.gear,
    tracks,
    controller: options.controller,
    from: options.from,
    twice: options.twice ?? false,
    ...(options.seed === undefined ? {} : { seed: seedOption(options.seed) }),
    ...(options.until === undefined ? {} : { until_ticks: untilOption(options.until, scenario.duration_ticks) }),
  };
}
