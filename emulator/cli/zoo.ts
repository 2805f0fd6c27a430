// `cistern zoo` runs the search of `cistern check` against controllers that are wrong on purpose, and prints which of them it found,
// in what time, and how small the counterexample is.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { buildHash } from "../check/builds";
import { playZooRow, zooRows, type ZooResult } from "../check/zoo";
import { writeWhole } from "../file";
import { SEED_MAX } from "../random";
import { TICK_MS } from "../../hal/units";
import { UsageError } from "../usage-error";
import type { ZooRow } from "../zoo/controllers";
import { makeFolder, seenFrom } from "./campaign-output";
import { exitWith, worstOf } from "./exit";
import { EXIT } from "./exit-codes";
import { watchInterrupts } from "./interrupt";
import { junitOf, suiteOfZoo } from "./junit";
import { durationOption, integerOption, JSON_OUTPUT, JUNIT, seedOption, workersOption } from "./options";
import { checkOutputFiles } from "./output-files";
import { paintFor, type Paint } from "./paint";
import { countingBar } from "./progress";

interface Options {
  list?: boolean;
  runs?: string;
  time?: string;
  seed: string;
  workers?: string;
  out?: string;
  junit?: string;
  json?: boolean;
}

const TIME = "60 s";
const TIME_MS_MAX = 3_600_000;
const RUNS_MAX = 1_000_000;

export const zooCommand = new Command("zoo")
  .description("run `check` against controllers that are wrong on purpose, and print which of them it finds")
  .argument("[name...]", "controllers of the zoo; all of them without a name")
  .option("--list", "print the controllers with the hazard of each, and run nothing")
  .option("--time <duration>", `the host's time for each controller that is wrong (default without --runs: ${TIME})`)
  .option("--runs <n>", "cases for each controller; the result of a seed is then always the same")
  .option("--seed <n>", `the seed of the campaigns, 0 to ${SEED_MAX}`, "1")
  .option("--workers <n>", "processes (default: the cores of this machine)")
  .option("--out <dir>", "write the counterexample of each, as NAME.yaml")
  .option(...JUNIT)
  .option(...JSON_OUTPUT)
  .addHelpText(
    "after",
    "\nExit codes: 0 every wrong controller was found and no right one was blamed, 1 that is not so, 2 bad usage, 3 a file failed," +
      "\n4 of one it cannot be told, 130 interrupted.",
  )
  .action((names: string[], options: Options) => exitWith(() => runZoo(names, options)));

async function runZoo(names: string[], options: Options): Promise<number> {
  const rows = zooRows(names);
  if (options.list) return list(rows, options);
  const { out = "." } = options;
  const setup = {
    build: buildHash(),
    seed: seedOption(options.seed),
    ...boundOf(options),
    workers: workersOption(options.workers),
    pathOf: (module: string) => seenFrom(out, module),
  };
  checkOutputFiles([["--junit", options.junit]], []);
  if (options.out !== undefined) makeFolder(options.out);
  const stop = new AbortController();
  const interrupts = watchInterrupts(() => stop.abort());
  const bar = countingBar("zoo", rows.length, "controllers");
  const paint = paintFor(process.stdout);
  const results: ZooResult[] = [];
  try {
    for (const row of rows) {
      if (stop.signal.aborted) break;
      const result = await playZooRow(row, setup, stop.signal, () => bar.show(results.length));
      if (stop.signal.aborted) break;
      results.push(result);
      if (options.out !== undefined) keep(options.out, result);
      if (!options.json) process.stdout.write(`${lineOf(result, paint)}\n`);
    }
  } finally {
    bar.end();
    interrupts.stop();
  }
  if (options.junit) writeWhole(options.junit, [junitOf([suiteOfZoo(results)])]);
  const code = interrupts.heard ? EXIT.interrupted : worstOf(results.map(codeOf));
  const found = results.filter(({ outcome, ok }) => ok && outcome === "found").length;
  const wrong = rows.filter(({ hazard }) => hazard !== null).length;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ schema: "cistern.zoo/1", exit_code: code, controllers: results })}\n`
      : `\n${found} of ${wrong} wrong controllers were found\n`,
  );
  return code;
}

/** The bound for a controller that is wrong. */
function boundOf({ runs, time }: Options): { runs: number | null; time_ms: number } {
  const isTimed = runs === undefined || time !== undefined;
  const time_ms = isTimed ? durationOption("--time", time ?? TIME) * TICK_MS : Infinity;
  if (isTimed && (time_ms < 1000 || time_ms > TIME_MS_MAX)) {
    throw new UsageError(`--time: found ${time}, expected 1 s to 1 h`);
  }
  return { runs: runs === undefined ? null : integerOption("--runs", runs, RUNS_MAX, 1), time_ms };
}

function codeOf({ ok, outcome }: ZooResult): number {
  if (ok) return EXIT.pass;
  return outcome === "untold" ? EXIT.invalid : EXIT.fail;
}

/** Writes the counterexample under the controller's name, in the place of an older one. */
function keep(folder: string, { name, text_yaml }: ZooResult): void {
  const path = join(folder, `${name}.yaml`);
  if (text_yaml !== null || existsSync(path)) writeWhole(path, [text_yaml ?? "# not found any more\n"]);
}

function lineOf({ name, hazard, outcome, ok, text, cases, entries, core_s }: ZooResult, paint: Paint): string {
  const word = paint(ok ? "green" : "red", outcome.padEnd(6));
  const size = entries === null ? "" : `, ${entries} ${entries === 1 ? "entry" : "entries"}`;
  const spent = `${core_s.toFixed(1)} core-s, ${cases} cases${size}`;
  const why = text === null ? "" : `\n        ${text}`;
  return `${word}  ${name.padEnd(34)} ${(hazard ?? "right").padEnd(9)} ${spent}${why}`;
}

function list(rows: readonly ZooRow[], { json }: Options): Promise<number> {
  const plain = rows.map(({ name, hazard, title }) => ({ name, hazard, title }));
  const lines = plain.map(
    ({ name, hazard, title }) => `${name.padEnd(34)} ${(hazard ?? "right").padEnd(9)} ${title}\n`,
  );
  process.stdout.write(json ? `${JSON.stringify(plain)}\n` : lines.join(""));
  return Promise.resolve(EXIT.pass);
}
