// `cistern run` runs one scenario to its end, prints a report and exits by the verdict; or several, with one line for each. It
// checks all arguments before the run begins, so that no file is written for a run that could not be reported.

import { Command } from "commander";
import type { RunHandle } from "../apart/run-work";
import type { RunReport } from "../run/report";
import { checkSavedRunPath, writeSavedRun } from "../run/saved-run";
import type { Scenario } from "../scenario/scenario";
import { writeWhole } from "../file";
import { UsageError } from "../usage-error";
import { EXIT_OF_VERDICT, exitWith, shownCode } from "./exit";
import { watchInterrupts } from "./interrupt";
import {
  ALLOW_ON_BENCH,
  allowOption,
  controllerOf,
  drawOption,
  FROM,
  gearOf,
  REPORT,
  SAVE,
  seedOption,
  SIGNALS,
  traceOption,
  UNTIL,
  untilOption,
  withDraw,
} from "./options";
import { junitOf } from "./junit";
import { fieldsOf, printWarnings } from "./open-scenario";
import { checkOutputFiles } from "./output-files";
import { paintFor } from "./paint";
import { type PlayedOptions, withJudgedOptions, withPlayedOptions } from "./played-options";
import { withBaudOption } from "./port-options";
import { textOf } from "./report-text";
import { runFilesOf, type RunFiles } from "./run-files";
import { playScenario, type Play } from "./run-scenario";
import { codeOfAll, jsonOf, lineOf, playAll, suitesOf, summaryOf } from "./run-several";
import { scenarioFiles, STDIN_NAME, type ScenarioFile } from "./scenario-files";
import { startTimeLimit, timeLimitOption } from "./time-limit";

interface Options extends PlayedOptions {
  until?: string;
  trace: string[];
  signals?: string;
  save?: string;
  from?: string;
  twice?: boolean;
  allow?: string;
  draw?: "typical" | "sampled";
  board?: string;
  baud: string;
}

export const runCommand = withJudgedOptions(
  withBaudOption(
    withPlayedOptions(
      new Command("run")
        .description("run scenarios to their end as fast as possible, print a report, and exit by the worst verdict")
        .argument("<scenario...>", "scenario files (YAML), folders of them, or - for the standard input"),
    )
      .addOption(drawOption())
      .option(...UNTIL)
      .addOption(traceOption())
      .option(...SIGNALS)
      .option(...REPORT)
      .option(...SAVE)
      .option(...FROM)
      .option(...ALLOW_ON_BENCH)
      .option("--twice", "run again in the other gear and compare the fingerprints")
      .option(
        "--board <serial:path|tcp:host:port|rfc2217:host:port>",
        "run the controller here and the board at the other end of the hal wire (docs/hal-wire.md)",
      ),
  ),
)
  .addHelpText(
    "after",
    "\nWith several scenarios there is one line for each, and --json prints one value with all reports. An option that names a file" +
      "\nof one run (--trace with --signals, --report, --save, --from) needs one scenario; --junit has all runs in one file." +
      "\nExit codes: 0 everything held, 1 something did not, 2 bad usage or input, 3 a file failed, 4 the run proves nothing, 130 interrupted.",
  )
  .action((names: string[], options: Options, command: Command) =>
    exitWith(async () => {
      const { files, isOne } = scenarioFiles(names);
      if (!isOne) return runSeveral(files, options, givenOf(ONE_RUN_OPTIONS, command));
      if (options.board === undefined) return runOne(files[0], options);
      const { runOnBoard } = await import("./run-on-board");
      return runOnBoard(files[0], { ...options, board: options.board }, givenOf(MACHINE_OPTIONS, command));
    }),
  );

/** The options that only the end with the machine can carry out. */
const MACHINE_OPTIONS = [
  "gear",
  "seed",
  "until",
  "trace",
  "signals",
  "report",
  "save",
  "from",
  "twice",
  "allow",
  "draw",
];
/** The options that name a file of one run, or its other end. */
const ONE_RUN_OPTIONS = ["trace", "signals", "report", "save", "from", "board"];

/** Those of the options that were given. */
function givenOf(names: readonly string[], command: Command): string[] {
  return names.filter((name) => command.getOptionValueSource(name) === "cli").map((name) => `--${name}`);
}

async function runOne({ name, load }: ScenarioFile, options: Options): Promise<number> {
  const scenario = withDraw(await load(fieldsOf(options.controller)), options.draw);
  if (options.json) printWarnings(scenario);
  const files = runFilesOf(options);
  checkOutputFiles(
    [...files.named, ["--save", options.save]],
    [
      ["the scenario", name === STDIN_NAME ? undefined : name],
      ["the controller", controllerOf(options.controller, scenario) ?? undefined],
    ],
  );
  if (options.save) checkSavedRunPath(options.save);
  const interrupts = watchInterrupts();
  const limit = startTimeLimit(options.timeLimit);
  return playScenario(playOf(scenario, options, files.recorded), { interrupts, limit }, async (report, run) => {
    interrupts.stop();
    files.write(report, await run.tracks(), name);
    if (options.save) await save(options.save, run);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOf(report, paintFor(process.stdout)));
    return EXIT_OF_VERDICT[report.verdict];
  });
}

async function save(file: string, run: RunHandle): Promise<void> {
  const text = await run.savedText();
  if (text !== null) return writeSavedRun(file, text);
  process.stderr.write("cistern: no snapshot was written, because the controller's process has ended\n");
}

/** Runs several scenarios one after the other. `given` are the options that need a single one; they are refused. */
async function runSeveral(files: ScenarioFile[], options: Options, given: string[]): Promise<number> {
  if (given.length > 0) throw new UsageError(`${given.join(", ")}: found ${files.length} scenarios, expected one`);
  timeLimitOption(options.timeLimit);
  if (options.seed !== undefined) seedOption(options.seed);
  const inputs = files
    .filter(({ name }) => name !== STDIN_NAME)
    .map(({ name }) => [`the scenario ${name}`, name] as const);
  checkOutputFiles([["--junit", options.junit]], [...inputs, ["the controller", options.controller]]);
  const interrupts = watchInterrupts();
  const paint = paintFor(process.stdout);
  const say = (line: string): void => void (options.json || process.stdout.write(`${line}\n`));
  const play = async (loaded: Scenario): Promise<RunReport> => {
    const scenario = withDraw(loaded, options.draw);
    printWarnings(scenario);
    const stops = { interrupts, limit: startTimeLimit(options.timeLimit) };
    return playScenario(playOf(scenario, options, { tracks: false }), stops, async (report) => report);
  };
  const outcomes = await playAll(
    files,
    fieldsOf(options.controller),
    play,
    () => interrupts.heard,
    (outcome) => say(lineOf(outcome, paint)),
  );
  interrupts.stop();
  if (options.junit) writeWhole(options.junit, [junitOf(suitesOf(outcomes))]);
  const code = codeOfAll(outcomes);
  for (const line of summaryOf(outcomes, paint)) say(line);
  if (options.json) process.stdout.write(`${JSON.stringify(jsonOf(outcomes, shownCode(code)))}\n`);
  return code;
}

function playOf(scenario: Scenario, options: Options, recorded: RunFiles["recorded"]): Play {
  return {
    scenario,
    gear: gearOf(options.gear, scenario),
    ...recorded,
    controller: controllerOf(options.controller, scenario),
    from: options.from ?? null,
    twice: options.twice ?? false,
    ...allowOption(options.allow),
    ...(options.seed === undefined ? {} : { seed: seedOption(options.seed) }),
    ...(options.until === undefined ? {} : { until_ticks: untilOption(options.until, scenario.duration_ticks) }),
  };
}
