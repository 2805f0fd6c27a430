// `cistern replay` runs counterexamples that `check` wrote and says of each whether it still fails. A file that is no counterexample of
// `check` is judged in the same way.

import { Command } from "commander";
import { readFileSync } from "node:fs";
import { signatureIn } from "../campaign/counterexample";
import { buildHash, controllerHash } from "../check/builds";
import { childrenEngine } from "../check/children";
import { type Replayed, replayAll } from "../check/replay";
import { loadScenario } from "../scenario/load";
import { exitWith, worstOf } from "./exit";
import { EXIT } from "./exit-codes";
import { watchInterrupts } from "./interrupt";
import { junitOf, suiteOfReplay } from "./junit";
import { writeWhole } from "../file";
import { CONTROLLER } from "./options";
import { checkOutputFiles } from "./output-files";
import { paintFor } from "./paint";
import { type JudgedOptions, withJudgedOptions } from "./played-options";
import { timeLimitOption } from "./time-limit";
import { scenarioFiles } from "./scenario-files";
import { WORDS } from "./campaign-text";

type Options = Omit<JudgedOptions, "report">;

const CODES = { still: EXIT.fail, mended: EXIT.pass, untold: EXIT.invalid } as const;
const STYLES = { still: "red", mended: "green", untold: "yellow" } as const;

export const replayCommand = withJudgedOptions(
  new Command("replay")
    .description("run counterexamples again and say of each whether it still fails")
    .argument("<file...>", "counterexamples of `cistern check`, or folders of them")
    .option(...CONTROLLER),
)
  .addHelpText(
    "after",
    "\nExit codes: 0 all are mended, 1 one still fails, 2 bad usage or input, 4 of one it cannot be told, 130 interrupted.",
  )
  .action((names: string[], options: Options) => exitWith(() => runReplay(names, options)));

async function runReplay(names: string[], options: Options): Promise<number> {
  const limit_ms = timeLimitOption(options.timeLimit);
  const { files } = scenarioFiles(names);
  checkOutputFiles(
    [["--junit", options.junit]],
    files.map(({ name }) => [`the scenario ${name}`, name] as const),
  );
  const known = files.map(({ name }) => knownOf(name, options.controller));
  const stop = new AbortController();
  const interrupts = watchInterrupts(() => stop.abort());
  const limit = Number.isFinite(limit_ms) ? setTimeout(() => stop.abort(), limit_ms) : undefined;
  let rows: Replayed[];
  try {
    rows = await replayAll(known, buildHash(), (controller) => childrenEngine(controller, 1), stop.signal);
  } finally {
    clearTimeout(limit);
    interrupts.stop();
  }
  if (options.junit) writeWhole(options.junit, [junitOf([suiteOfReplay(rows)])]);
  const codes = rows.map(({ outcome }) => CODES[outcome]);
  const code = interrupts.heard ? EXIT.interrupted : worstOf(codes);
  const paint = paintFor(process.stdout);
  const lines = rows.map(({ file, outcome, text }) => {
    const word = paint(STYLES[outcome], WORDS[outcome].padEnd(11));
    return `${word}  ${file}${text === "" ? "" : `: ${text}`}\n`;
  });
  process.stdout.write(
    options.json ? `${JSON.stringify({ schema: "cistern.replay/1", exit_code: code, files: rows })}\n` : lines.join(""),
  );
  return code;
}

/** Reads a file and finds everything that is wrong with it before anything runs. Throws ScenarioError. */
function knownOf(file: string, given: string | undefined) {
  const scenario = loadScenario(file);
  const text = readFileSync(file, "utf8");
  const controller = given ?? scenario.controller ?? null;
  return { file, text, signature: signatureIn(text), controller, hash: controllerHash(controller) };
}
