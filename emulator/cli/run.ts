// `cistern run` runs one scenario to its end, prints a report and exits by the verdict. It checks all arguments before the run
// begins, so that no file is written for a run that could not be reported.

import { Command } from "commander";
import { setImmediate as nextTurn } from "node:timers/promises";
import { loadController, referenceController } from "../machine/controller-host";
import { loadScenario } from "../scenario/load";
import { MS_PER_SECOND } from "../time";
import { ScenarioRun, type RunOptions } from "../run/run";
import type { RunReport } from "../run/report";
import { resumeFrom, textOfSavedRun } from "../run/saved-run";
import { interruptedJudgement, withFindings } from "../run/verdict";
import type { Scenario } from "../scenario/scenario";
import { htmlOf } from "../report/html";
import { writeWhole } from "../file";
import { traceWriterFor } from "../trace/writers";
import { VERSION } from "../version";
import { EXIT_OF_VERDICT, exitWith } from "./exit";
import { watchInterrupts, type Interrupts } from "./interrupt";
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
import { progressBar, type Progress } from "./progress";
import { textOf } from "./report-text";
import { runOnBoard } from "./run-on-board";

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
  const setup = await runOptions(scenario, options, writers.length > 0 || options.report !== undefined);
  const run = new ScenarioRun(scenario, setup);
  if (options.from) resumeFrom(options.from, run);
  const second = options.twice
    ? new ScenarioRun(scenario, { ...setup, gear: otherGear(setup.gear), tracks: false })
    : null;
  if (second && options.from) resumeFrom(options.from, second);
  const interrupted = watchInterrupts();
  const first = await carryOut(run, progressBar(scenario.name), interrupted);
  const report = second && first.verdict !== "interrupted" ? await compared(first, run, second, interrupted) : first;
  interrupted.stop();
  const tracks = run.signalTracks();
  for (const { file, writer } of writers) {
    writeWhole(file, writer(tracks, { endTick: report.ended.tick, version: VERSION, scenario: scenario.name }));
  }
  if (options.report) writeWhole(options.report, [htmlOf(report, tracks)]);
  if (options.save) writeWhole(options.save, [textOfSavedRun(run)]);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOf(report, paintFor(process.stdout)));
  return EXIT_OF_VERDICT[report.verdict];
}

async function runOptions(scenario: Scenario, options: Options, tracks: boolean): Promise<RunOptions> {
  const controller = options.controller ? await loadController(options.controller) : referenceController;
  return {
    gear: options.gear,
    controller,
    tracks,
    ...(options.seed === undefined ? {} : { seed: seedOption(options.seed) }),
    ...(options.until === undefined ? {} : { until_ticks: untilOption(options.until, scenario.duration_ticks) }),
  };
}

/** Runs in slices of about a twentieth of a second. Between them the bar moves and an interrupt takes effect. */
async function carryOut(run: ScenarioRun, bar: Progress, interrupted: Interrupts): Promise<RunReport> {
  const began = performance.now();
  let slice = 10_000;
  while (!run.over && !interrupted.heard) {
    const sliceBegan = performance.now();
    run.advance(run.machine.tick + slice);
    const took = performance.now() - sliceBegan;
    slice = Math.max(100, Math.min(100_000_000, Math.round((slice * 50) / Math.max(took, 1))));
    bar.show(run.machine.tick / run.end_ticks, run.machine.tick);
    await nextTurn();
  }
  run.advance(run.machine.tick);
  bar.end();
  return run.report((performance.now() - began) / MS_PER_SECOND, interrupted.heard);
}

/** The report after the scenario ran again in the other gear. If the fingerprints differ, the run proves nothing. */
async function compared(
  report: RunReport,
  run: ScenarioRun,
  second: ScenarioRun,
  interrupted: Interrupts,
): Promise<RunReport> {
  await carryOut(second, progressBar(`${second.scenario.name} (again)`), interrupted);
  if (interrupted.heard) return interruptedJudgement(report, "interrupted in the second run");
  const same =
    second.machine.fingerprint() === report.fingerprint &&
    second.machine.controllerFingerprint() === run.machine.controllerFingerprint();
  if (same) return report;
  const text = `two gears, two fingerprints: ${report.fingerprint} and ${second.machine.fingerprint()}`;
  return withFindings(report, [{ at_tick: null, kind: "gears", text, weight: "invalid" }]);
}

function otherGear(gear: RunOptions["gear"]): RunOptions["gear"] {
  return gear === "leap" ? "lockstep" : "leap";
}
