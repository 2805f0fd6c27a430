// `cistern cohort` runs one scenario over many sampled patients on all cores, and prints quantiles of the patients' signals and
// counts of what happened to them. It checks all arguments before the first run begins. What it prints has nothing of the host
// in it, so the same scenario and seed give the same bytes.

import { Command } from "commander";
import { playCohort, type Cohort, type PeopledScenario } from "../cohort/cohort";
import { writeWhole } from "../file";
import { cohortHtmlOf } from "../report/cohort";
import { formatTicks, MS_PER_SECOND, ticksOfMilliseconds } from "../time";
import { UsageError } from "../usage-error";
import { cohortTextOf } from "./cohort-text";
import { EXIT_OF_VERDICT, exitWith } from "./exit";
import { watchInterrupts } from "./interrupt";
import { junitOf, suiteOfCohort } from "./junit";
import { fieldsOf, printWarnings } from "./open-scenario";
import { controllerOf, durationOption, gearOf, integerOption, patientOf, seedOption, workersOption } from "./options";
import { checkOutputFiles } from "./output-files";
import { paintFor } from "./paint";
import { judgedFiles, type PlayedOptions, withJudgedOptions, withPlayedOptions } from "./played-options";
import { countingBar } from "./progress";
import { scenarioFiles, STDIN_NAME } from "./scenario-files";
import { startTimeLimit, timeLimitOption } from "./time-limit";

interface Options extends PlayedOptions {
  n: string;
  at: string[];
  workers?: string;
}

const N_DEFAULT = "100";
const N_MAX = 100_000;
/** Into so many parts the page divides a run. */
const PARTS = 140;

export const cohortCommand = withJudgedOptions(
  withPlayedOptions(
    new Command("cohort")
      .description("run a scenario over many sampled patients, print quantiles and counts, and exit by the worst run")
      .argument("<scenario>", "a scenario file (YAML) with a patient, or - for the standard input")
      .option("--n <n>", `the number of patients, 1 to ${N_MAX}`, N_DEFAULT),
  )
    .option("--at <time>", "a moment of which to print the quantiles (repeatable; default: the end)", collected, [])
    .option(
      "--workers <n>",
      "runs at a time (default: the cores of this machine); the result is the same with any number",
    )
    .option("--report <file.html>", "write a page with bands over time, as one file that needs no network"),
)
  .addHelpText(
    "after",
    "\nEvery patient is sampled, also of a scenario whose patient is typical. `run SCENARIO --draw sampled --seed N` is the run of the" +
      "\npatient with seed N. Ctrl-C and the time limit keep the patients that are done." +
      "\nExit codes: 0 every run passed, 1 one did not, 2 bad usage or input, 3 a file failed, 4 a run or the cohort proves nothing, 130 interrupted.",
  )
  .action((path: string, options: Options) => exitWith(() => runCohort(path, options)));

function collected(text: string, all: string[]): string[] {
  return [...all, text];
}

async function runCohort(path: string, options: Options): Promise<number> {
  const n = integerOption("--n", options.n, N_MAX, 1);
  const workers = workersOption(options.workers);
  timeLimitOption(options.timeLimit);
  const files = judgedFiles(options);
  const { files: scenarios, isOne } = scenarioFiles([path]);
  if (!isOne) throw new UsageError(`cohort: found the folder ${path}, expected one scenario`);
  const [{ name, load }] = scenarios;
  const loaded = await load(fieldsOf(options.controller));
  const scenario: PeopledScenario = { ...loaded, patient: patientOf(loaded, "cohort") };
  const probes = probesOf(options.at, scenario.duration_ticks);
  const seed = options.seed === undefined ? scenario.seed : seedOption(options.seed);
  checkOutputFiles(files, [
    ["the scenario", name === STDIN_NAME ? undefined : name],
    ["the controller", controllerOf(options.controller, scenario) ?? undefined],
  ]);
  printWarnings(scenario);
  const began_ms = performance.now();
  const { report, bands } = await carryOut({
    ...{ scenario, seed, n, probes, workers, parts: options.report === undefined ? 0 : PARTS },
    gear: gearOf(options.gear, scenario),
    controller: controllerOf(options.controller, scenario),
    timeLimit: options.timeLimit,
  });
  const host_s = (performance.now() - began_ms) / MS_PER_SECOND;
  if (options.report) writeWhole(options.report, [cohortHtmlOf(report, bands)]);
  if (options.junit) writeWhole(options.junit, [junitOf([suiteOfCohort(report, name, host_s)])]);
  const replay = replayOf(name, scenario, options);
  process.stdout.write(
    options.json ? `${JSON.stringify(report)}\n` : cohortTextOf(report, replay, paintFor(process.stdout)),
  );
  return EXIT_OF_VERDICT[report.verdict];
}

/** The command that replays the run of one patient, up to the patient's seed. */
function replayOf(name: string, { patient }: PeopledScenario, { controller, gear }: Options): string {
  const drawn = patient.draw === "sampled" ? "" : " --draw sampled";
  const given = `${controller === undefined ? "" : ` --controller ${controller}`}${gear === undefined ? "" : ` --gear ${gear}`}`;
  return `cistern run ${name}${drawn}${given} --seed`;
}

type Played = Parameters<typeof playCohort>[0] & { timeLimit: string | undefined };

async function carryOut({ timeLimit, ...setup }: Played): Promise<Cohort> {
  const stop = new AbortController();
  const interrupts = watchInterrupts(() => stop.abort());
  const limit = startTimeLimit(timeLimit);
  const timer = Number.isFinite(limit.left_ms) ? setTimeout(() => stop.abort(), limit.left_ms) : undefined;
  const bar = countingBar(setup.scenario.name, setup.n, "patients");
  try {
    return await playCohort(
      setup,
      stop.signal,
      () => (interrupts.heard ? { interrupted: true } : { late: limitWords(timeLimit) }),
      (done) => bar.show(done),
    );
  } finally {
    bar.end();
    clearTimeout(timer);
    interrupts.stop();
  }
}

function limitWords(timeLimit: string | undefined): string {
  return formatTicks(ticksOfMilliseconds(timeLimitOption(timeLimit)));
}

/** The ticks of `--at`; without it the end alone. */
function probesOf(texts: readonly string[], end_ticks: number): number[] {
  if (texts.length === 0) return [end_ticks];
  return texts.map((text) => {
    const ticks = durationOption("--at", text);
    if (ticks <= end_ticks) return ticks;
    throw new UsageError(`--at: found ${text}, expected at most the scenario's ${formatTicks(end_ticks)}`);
  });
}
