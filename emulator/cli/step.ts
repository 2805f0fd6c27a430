// `cistern step` is the stepper at a prompt, with completion, history, and an empty line that repeats the last move. Ctrl-C stops a
// line that is carried out, and ends the session at an empty prompt only. When stdin is not a terminal, it reads a script. It then
// echoes each line, stops at the first line that cannot be carried out, with the line's number and exit code 2, and ends with the
// exit code of the verdict: that of the run, if it has come to its end, and 1 after an `expect` that did not hold.

import { Command } from "commander";
import { createInterface, type Interface } from "node:readline";
import { openRun } from "../apart/open";
import type { RunHandle } from "../apart/run-work";
import { CommandError } from "../debug/command-error";
import type { Executed } from "../debug/stepper";
import type { Moving, Stopper } from "../debug/time-travel";
import { FileError } from "../file";
import { UsageError } from "../usage-error";
import { exitWith } from "./exit";
import { EXIT } from "./exit-codes";
import { exitCodeOfSignal } from "./interrupt";
import { fieldsOf, openScenario } from "./open-scenario";
import { CONTROLLER, controllerOf, FROM } from "./options";
import { moveBar } from "./progress";
import { addToHistory, HISTORY_LINES_MAX, historyPath, readHistory } from "./step-history";

interface Options {
  controller?: string;
  from?: string;
}

const ABOUT = `
A line is a command: step, back, continue, reverse, goto, show, watch, who, why, diff, set, inject, expect and more; \`help\` lists
them. A command may be shortened, Tab completes names, an empty line repeats a move, and Ctrl-C stops one.`;

export const stepCommand = new Command("step")
  .description("step a scenario by hand, forward and back, at a prompt or, when stdin is not a terminal, from a script")
  .argument("<scenario>", "a scenario file (YAML)")
  .option(...CONTROLLER)
  .option(...FROM)
  .addHelpText("after", ABOUT)
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
    return await (process.stdin.isTTY ? new Prompt(run, start).converse() : readScript(run, start));
  } finally {
    await run.close();
  }
}

/** Of a line, so much stands before the bar of its progress. */
const TITLE_CHARACTERS_MAX = 30;

/** A person at a terminal. */
class Prompt {
  private readonly run: RunHandle;
  private readonly lines: Interface;
  private readonly stopper: { now: Stopper | null } = { now: null };
  private readonly historyPath = historyPath();
  private last = "";
  private interrupted = false;

  constructor(run: RunHandle, start: Executed) {
    this.run = run;
    this.lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      history: readHistory(this.historyPath),
      historySize: HISTORY_LINES_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string, answer: (error: null, found: [string[], string]) => void) =>
        void this.complete(line).then((found) => answer(null, found)),
    });
    this.lines.on("SIGINT", () => this.onInterrupt());
    this.lines.setPrompt(start.prompt);
  }

  async converse(): Promise<number> {
    const { lines } = this;
    process.stdout.write(`${this.run.scenario.name}. help lists the commands.\n`);
    const ended = new Promise<void>((resolve) => lines.once("close", resolve));
    let turn: Promise<void> = Promise.resolve();
    let failure: Error | null = null;
    lines.on("line", (line) => {
      addToHistory(this.historyPath, line);
      // Lines that are typed ahead wait for their turn.
      turn = turn
        .then(() => (failure === null ? this.carryOut(line) : undefined))
        .catch((error: Error) => {
          failure = error;
          lines.close();
        });
    });
    lines.prompt();
    await ended;
    await turn;
    if (failure !== null) throw failure as Error;
    return this.interrupted ? exitCodeOfSignal() : EXIT.pass;
  }

  /** Stops the line under way; at the prompt it drops what is typed, and ends the session when nothing is. */
  private onInterrupt(): void {
    if (this.stopper.now !== null) {
      this.stopper.now.stopped = true;
      return;
    }
    if (this.lines.line !== "") {
      process.stdout.write("^C\n");
      this.lines.write(null, { ctrl: true, name: "e" });
      this.lines.write(null, { ctrl: true, name: "u" });
      this.lines.prompt();
      return;
    }
    this.interrupted = true;
    this.lines.close();
  }

  private async carryOut(typed: string): Promise<void> {
    const line = typed.trim() === "" ? this.last : typed;
    const stopper: Stopper = { stopped: false };
    this.stopper.now = stopper;
    const bar = moveBar(line.slice(0, TITLE_CHARACTERS_MAX));
    const progress: Moving["progress"] = ({ tick, from, to }) =>
      bar.show(to === from ? 1 : Math.abs(tick - from) / Math.abs(to - from), tick);
    try {
      const executed = await this.run.execute(line, { stopper, progress });
      bar.end();
      print(executed);
      this.last = executed.repeats ? line : "";
      this.lines.setPrompt(executed.prompt);
      if (executed.done) return this.lines.close();
    } catch (error) {
      bar.end();
      // The person at the prompt can write the line again.
      if (!(error instanceof CommandError || error instanceof FileError)) throw error;
      process.stdout.write(`${error.message}\n`);
    } finally {
      this.stopper.now = null;
    }
    this.lines.prompt();
  }

  /** Completing asks the run, which answers no question while it moves. */
  private async complete(line: string): Promise<[string[], string]> {
    if (this.stopper.now !== null) return [[], line];
    const { words, of } = await this.run.complete(line);
    return [words, of];
  }
}

/** A script whose controller fails ends there: the run proves nothing. */
async function readScript(run: RunHandle, start: Executed): Promise<number> {
  let number = 0;
  let last = start;
  for await (const line of createInterface({ input: process.stdin })) {
    number++;
    process.stdout.write(`${last.prompt}${line}\n`);
    try {
      last = await run.execute(line);
      print(last);
      if (last.failure !== null) return EXIT.invalid;
      if (last.done) break;
    } catch (error) {
      if (error instanceof CommandError) throw new UsageError(`line ${number}: ${error.message}`);
      throw error;
    }
  }
  return EXIT[last.verdict ?? "pass"];
}

function print({ text, failure }: Executed): void {
  for (const part of [text, failure ?? ""]) if (part !== "") process.stdout.write(`${part}\n`);
}
