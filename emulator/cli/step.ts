// `cistern step` is the stepper at a prompt. When stdin is not a terminal, it reads a script. It then echoes each line and
// stops at the first line that cannot be carried out, with the line's number and exit code 2.

import { Command } from "commander";
import { createInterface } from "node:readline/promises";
import { openRun } from "../apart/open";
import type { Executed, RunHandle } from "../apart/run-work";
import { CommandError } from "../debug/door";
import { FileError } from "../file";
import { fieldsOf, openScenario } from "./open-scenario";
import { UsageError } from "../usage-error";
import { exitWith } from "./exit";
import { EXIT } from "./exit-codes";
import { exitCodeOfSignal } from "./interrupt";
import { CONTROLLER, controllerOf, FROM } from "./options";

interface Options {
  controller?: string;
  from?: string;
}

export const stepCommand = new Command("step")
  .description("step a scenario by hand, at a prompt or, when stdin is not a terminal, from a script")
  .argument("<scenario>", "a scenario file (YAML)")
  .option(...CONTROLLER)
  .option(...FROM)
  .action((path: string, options: Options) => exitWith(() => stepScenario(path, options)));

async function stepScenario(path: string, options: Options): Promise<number> {
  const scenario = openScenario(path, fieldsOf(options.controller));
  const controller = controllerOf(options.controller, scenario);
  const run = await openRun({
    scenario,
    gear: "leap",
    controller,
    from: options.from ?? null,
    tracks: false,
    isStepped: true,
  });
  try {
    // An empty line does nothing and gives the first prompt.
    const start = await run.execute("");
    return await (process.stdin.isTTY ? converse(run, start) : readScript(run, start));
  } finally {
    await run.close();
  }
}

/**
 * Ctrl-C ends the session, at the prompt and while a command runs. At the prompt the terminal passes it on as a key; for the time
 * of a command it is a signal again, which also ends a machine that steps in this process.
 */
async function converse(run: RunHandle, start: Executed): Promise<number> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  let interrupted = false;
  lines.on("SIGINT", () => {
    interrupted = true;
    lines.close();
  });
  process.stdout.write(`${run.scenario.name}. help lists the commands.\n`);
  let { prompt } = start;
  lines.setPrompt(prompt);
  lines.prompt();
  for await (const line of lines) {
    process.stdin.setRawMode(false);
    try {
      const executed = await run.execute(line);
      print(executed);
      if (executed.done) break;
      prompt = executed.prompt;
    } catch (error) {
      // The person at the prompt can write the line again.
      if (!(error instanceof CommandError || error instanceof FileError)) throw error;
      process.stdout.write(`${error.message}\n`);
    } finally {
      process.stdin.setRawMode(true);
    }
    lines.setPrompt(prompt);
    lines.prompt();
  }
  lines.close();
  return interrupted ? exitCodeOfSignal() : EXIT.pass;
}

/** A script whose controller fails ends there: the run proves nothing. */
async function readScript(run: RunHandle, start: Executed): Promise<number> {
  let number = 0;
  let { prompt } = start;
  for await (const line of createInterface({ input: process.stdin })) {
    number++;
    process.stdout.write(`${prompt}${line}\n`);
    try {
      const executed = await run.execute(line);
      print(executed);
      if (executed.failure !== null) return EXIT.invalid;
      if (executed.done) break;
      prompt = executed.prompt;
    } catch (error) {
      if (error instanceof CommandError) throw new UsageError(`line ${number}: ${error.message}`);
      throw error;
    }
  }
  return EXIT.pass;
}

function print({ text, failure }: Executed): void {
  for (const part of [text, failure ?? ""]) if (part !== "") process.stdout.write(`${part}\n`);
}
