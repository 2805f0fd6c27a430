// `cistern step` is the stepper at a prompt. When stdin is not a terminal, it reads a script. It then echoes each line and
// stops at the first line that cannot be carried out, with the line's number and exit code 2.

import { Command } from "commander";
import { CONTROLLER } from "./options";
import { createInterface } from "node:readline/promises";
import { CommandError } from "../debug/door";
import { Stepper } from "../debug/stepper";
import { FileError } from "../file";
import { loadController, referenceController } from "../machine/controller-host";
import { fieldsOf, openScenario } from "./open-scenario";
import { ScenarioRun } from "../run/run";
import { resumeFrom } from "../run/saved-run";
import { UsageError } from "../usage-error";
import { EXIT, exitWith } from "./exit";

interface Options {
  controller?: string;
  from?: string;
}

export const stepCommand = new Command("step")
  .description("step a scenario by hand, at a prompt or, when stdin is not a terminal, from a script")
  .argument("<scenario>", "a scenario file (YAML)")
  .option(...CONTROLLER)
  .option("--from <file>", "start from a snapshot of the same scenario")
  .action((path: string, options: Options) => exitWith(() => stepScenario(path, options)));

async function stepScenario(path: string, options: Options): Promise<number> {
  const scenario = openScenario(path, fieldsOf(options.controller));
  const controller = options.controller ? await loadController(options.controller) : referenceController;
  const run = new ScenarioRun(scenario, { gear: "leap", controller, tracks: false });
  if (options.from) resumeFrom(options.from, run);
  const stepper = new Stepper(run);
  if (process.stdin.isTTY) await converse(stepper, scenario.name);
  else await readScript(stepper);
  return EXIT.pass;
}

async function converse(stepper: Stepper, name: string): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  process.stdout.write(`${name}. help lists the commands.\n`);
  lines.setPrompt(stepper.prompt);
  lines.prompt();
  for await (const line of lines) {
    try {
      print(stepper.execute(line));
    } catch (error) {
      // The person at the prompt can write the line again.
      if (!(error instanceof CommandError || error instanceof FileError)) throw error;
      print(error.message);
    }
    if (stepper.done) break;
    lines.setPrompt(stepper.prompt);
    lines.prompt();
  }
  lines.close();
}

async function readScript(stepper: Stepper): Promise<void> {
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    number++;
    process.stdout.write(`${stepper.prompt}${line}\n`);
    try {
      print(stepper.execute(line));
    } catch (error) {
      if (error instanceof CommandError) throw new UsageError(`line ${number}: ${error.message}`);
      throw error;
    }
    if (stepper.done) return;
  }
}

function print(text: string): void {
  if (text !== "") process.stdout.write(`${text}\n`);
}
