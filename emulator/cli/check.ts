// `cistern check` runs a property campaign: random prescriptions, actions and faults against every invariant and harm. It checks all
// arguments before the first case, keeps the time that it is given, and writes what it has found however it ends.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { JUDGED_IDS } from "../campaign/judge";
import { seekUnits, type Shard, shardFileName, WHOLE } from "../campaign/shard-file";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "../campaign/profiles";
import type { CampaignReport } from "../campaign/campaign-report";
import { buildHash, controllerHash } from "../check/builds";
import { playCampaign, type CampaignSetup } from "../check/campaign";
import { childrenEngine } from "../check/children";
import type { Engine } from "../check/engine";
import { queueEngine } from "../check/queue";
import { connect } from "../check/redis";
import { writeWhole } from "../file";
import { buildWith } from "../machine/module";
import { describeUnknown } from "../names";
import { SEED_MAX } from "../random";
import { withFindings } from "../run/verdict";
import { MS_PER_DAY, formatTicks, ticksOfMilliseconds } from "../time";
import { TICK_MS } from "../../hal/units";
import { UsageError } from "../usage-error";
import { VERSION } from "../version";
import { CAMPAIGN_PAGE, makeFolder, seenFrom, writeCampaign } from "./campaign-output";
import { EXIT_OF_VERDICT, exitWith } from "./exit";
import { watchInterrupts } from "./interrupt";
import {
  durationOption,
  ENGINE,
  integerOption,
  JSON_OUTPUT,
  JUNIT,
  OWN_CONTROLLER,
  seedOption,
  workersOption,
} from "./options";
import { checkOutputFiles } from "./output-files";
import { judgedFiles, type JudgedOptions } from "./played-options";
import { campaignBar } from "./progress";
import { TIME_LIMIT, timeLimitOption } from "./time-limit";

interface Options extends JudgedOptions {
  runs?: string;
  time?: string;
  seed: string;
  workers?: string;
  out?: string;
  only?: string;
  profile: ProfileName;
  corpus?: string;
  shard?: string;
  engine?: string;
}

/** A process that is older than this has done other things before. */
const STARTING_MS_MAX = 3_000;
const RUNS_MAX = 10_000_000;
const SHARDS_MAX = 10_000;

export const checkCommand = new Command("check")
  .description(
    "run random prescriptions, actions and faults against every invariant, and shrink what fails to a scenario",
  )
  .option("--runs <n>", "cases (default without --time: as many as the profile promises its classes for)")
  .option("--time <duration>", "the host's time that all of it may take; a quarter is for shrinking: '2 min'")
  .option("--seed <n>", `the seed of the campaign, 0 to ${SEED_MAX}`, "1")
  .addOption(new Option("--profile <profile>", "how long a case is").choices(PROFILE_NAMES).default("hours"))
  .option(...OWN_CONTROLLER)
  .option("--only <id,...>", "judge these invariants and harms alone")
  .option("--corpus <dir>", "run the counterexamples of this folder first")
  .option("--shard <i/n>", "carry out part i of n, for instance 1/4; `cistern merge` makes one report of the parts")
  .option(ENGINE[0], "queue the units there, for `cistern worker` on any number of machines")
  .option("--out <dir>", "write campaign.json, the results of the units, and a scenario for each failure")
  .option(
    "--workers <n>",
    "processes (default: the cores of this machine); the result of --runs is the same with any number",
  )
  .option(...CAMPAIGN_PAGE)
  .option(...JUNIT)
  .option(TIME_LIMIT[0], "end the campaign after this time of the host; its verdict is then invalid")
  .option(...JSON_OUTPUT)
  .addHelpText(
    "after",
    "\nEvery failure is a scenario that `cistern run` fails by itself. Ctrl-C keeps what was found." +
      "\nExit codes: 0 everything held, 1 something did not, 2 bad usage or input, 3 a file failed, 4 a failure did not repeat or the" +
      "\ncampaign did not reach what its profile promises, 130 interrupted.",
  )
  .action((options: Options) => exitWith(() => runCheck(options)));

async function runCheck(options: Options): Promise<number> {
  const { setup, workers } = setupOf(options);
  const files = judgedFiles(options);
  const limit_ms = timeLimitOption(options.timeLimit);
  checkOutputFiles(files, [["the controller", options.controller]]);
  if (options.out !== undefined) makeFolder(options.out);
  const engine = await engineOf(options, setup, workers);
  const stop = new AbortController();
  const interrupts = watchInterrupts(() => stop.abort());
  const limit = Number.isFinite(limit_ms) ? setTimeout(() => stop.abort(), limit_ms) : undefined;
  const bar = campaignBar(setup.runs && Math.ceil(setup.runs / setup.shard.of), setup.time_ms);
  let played: Awaited<ReturnType<typeof playCampaign>>;
  try {
    played = await playCampaign(setup, engine, stop.signal, (progress) => bar.show(progress));
  } finally {
    bar.end();
    clearTimeout(limit);
    await engine.close();
    interrupts.stop();
  }
  const isLate = stop.signal.aborted && !interrupts.heard;
  const report = isLate ? lateReport(played.report, limit_ms) : played.report;
  if (options.out !== undefined) {
    writeWhole(join(options.out, shardFileName(setup.shard)), [`${JSON.stringify(played.shard)}\n`]);
  }
  await writeCampaign(report, options);
  return EXIT_OF_VERDICT[report.verdict];
}

async function engineOf({ engine, controller }: Options, { head }: CampaignSetup, workers: number): Promise<Engine> {
  if (engine === undefined) return childrenEngine(controller ?? null, workers);
  const connection = await connect(engine);
  const notify = (line: string): void => void process.stderr.write(`cistern: ${line}\n`);
  if (!connection.isDurable)
    notify(`${connection.name} has appendonly no: what it holds is done again after a restart`);
  return queueEngine(connection, head, notify);
}

function setupOf(options: Options): { setup: CampaignSetup; workers: number } {
  const { profile, controller } = options;
  const time_ms = options.time === undefined ? Infinity : timeOf(options.time);
  const runs =
    options.runs !== undefined
      ? integerOption("--runs", options.runs, RUNS_MAX, 1)
      : Number.isFinite(time_ms)
        ? null
        : PROFILES[profile].runs;
  if (options.engine !== undefined && options.workers !== undefined) {
    throw new UsageError(
      "--workers: found it with --engine, expected one of them: `cistern worker` has its own --workers",
    );
  }
  const workers = workersOption(options.workers);
  const head = {
    version: VERSION,
    build: buildHash(),
    controller: { name: controller ?? "reference", hash: controllerHash(controller ?? null) },
    machine: buildWith(controller ?? null).machine,
    seed: seedOption(options.seed),
    profile,
    property: propertyOf(options.only),
  };
  const controllerPath = controller === undefined ? null : seenFrom(options.out ?? ".", controller);
  const shard = options.shard === undefined ? WHOLE : shardOf(options.shard, profile, runs);
  const started_ms = performance.now();
  const spent_ms = started_ms < STARTING_MS_MAX ? started_ms : 0;
  return { setup: { head, runs, time_ms, spent_ms, controllerPath, corpus: corpusIn(options.corpus), shard }, workers };
}

function shardOf(text: string, profile: ProfileName, runs: number | null): Shard {
  const [index, of] = /^\d+\/\d+$/.test(text) ? text.split("/").map(Number) : [0, 0];
  if (index < 1 || index > of || of > SHARDS_MAX) {
    throw new UsageError(
      `--shard: found ${text}, expected I/N with I from 1 to N and N up to ${SHARDS_MAX}, such as 1/4`,
    );
  }
  const units = runs === null ? Infinity : seekUnits(profile, runs);
  if (of <= units) return { index, of };
  throw new UsageError(
    `--shard: found ${of} shards, expected ${units} at most: ${runs} cases of the profile ${profile} are ${units} units of work`,
  );
}

function timeOf(text: string): number {
  const time_ms = durationOption("--time", text) * TICK_MS;
  if (time_ms >= 1000 && time_ms <= 24 * MS_PER_DAY) return time_ms;
  throw new UsageError(`--time: found ${text}, expected 1 s to 24 d`);
}

/** The ids of `--only`, in their order, with commas. */
function propertyOf(only: string | undefined): string {
  if (only === undefined) return "all";
  const ids = only.split(",").map((id) => id.trim());
  for (const id of ids)
    if (!JUDGED_IDS.includes(id)) throw new UsageError(`--only: ${describeUnknown("id", id, JUDGED_IDS)}`);
  return ids.join(",");
}

/** The YAML files of the folder of known counterexamples, by name. A folder that is not there yet is empty. */
function corpusIn(folder: string | undefined): { name: string; text: string }[] {
  if (folder === undefined) return [];
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--corpus: found ${folder}, expected a folder of scenarios`);
  }
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => {
    const path = join(folder, name);
    return { name: path, text: readFileSync(path, "utf8") };
  });
}

function lateReport(report: CampaignReport, limit_ms: number): CampaignReport {
  const text = `the time limit of ${formatTicks(ticksOfMilliseconds(limit_ms))} was over after ${report.cases} cases`;
  const { verdict: _verdict, reason: _reason, ...rest } = report;
  return withFindings({ ...rest, verdict: "invalid", reason: null }, [
    { at_tick: null, kind: "end", text, weight: "invalid" },
  ]);
}
