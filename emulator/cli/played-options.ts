// The options that commands share which play something and judge it: what commander reads of them, how they are declared, and the
// names of the files that they ask for.

import type { Command } from "commander";
import type { RunOptions } from "../run/run";
import { checkReportName, CONTROLLER, gearOption, JSON_OUTPUT, JUNIT, SEED } from "./options";
import type { NamedFile } from "./output-files";
import { TIME_LIMIT } from "./time-limit";

/** Of every command that judges. */
export interface JudgedOptions {
  controller?: string;
  report?: string;
  junit?: string;
  timeLimit?: string;
  json?: boolean;
}

/** Of a command that plays a scenario itself. */
export interface PlayedOptions extends JudgedOptions {
  gear?: RunOptions["gear"];
  seed?: string;
}

/** Declares how a scenario is played: `--gear`, `--seed` and `--controller`. */
export function withPlayedOptions(command: Command): Command {
  return command
    .addOption(gearOption())
    .option(...SEED)
    .option(...CONTROLLER);
}

/** Declares `--junit`, `--time-limit` and `--json`, which are the last ones of a command. */
export function withJudgedOptions(command: Command): Command {
  return command
    .option(...JUNIT)
    .option(...TIME_LIMIT)
    .option(...JSON_OUTPUT);
}

/** The files of `--report` and `--junit`, for `checkOutputFiles`. Throws UsageError for a report of another kind than .html. */
export function judgedFiles({ report, junit }: Pick<JudgedOptions, "report" | "junit">): readonly NamedFile[] {
  checkReportName(report);
  return [
    ["--report", report],
    ["--junit", junit],
  ];
}
