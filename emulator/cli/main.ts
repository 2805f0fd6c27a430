#!/usr/bin/env node
// The program `cistern`. It runs the command that its arguments name and exits with its exit code.

import { Command, CommanderError } from "commander";
import { reasonOf } from "../file";
import { VERSION } from "../version";
import { boardCommand } from "./board";
import { cohortCommand } from "./cohort";
import { completionCommand } from "./completion";
import { EXIT, exitCodeOf } from "./exit";
import { portsCommand } from "./ports";
import { programmerCommand } from "./programmer";
import { runCommand } from "./run";
import { schemaCommand } from "./schema";
import { serveCommand } from "./serve";
import { stepCommand } from "./step";
import { trumpetCommand } from "./trumpet";
import { validateCommand } from "./validate";

const program: Command = new Command("cistern")
  .description(
    "Runs the controller firmware of an implantable intrathecal drug pump on virtual hardware in a virtual patient.\n" +
      "A development tool, not a medical device.",
  )
  .version(VERSION)
  .addCommand(runCommand)
  .addCommand(validateCommand)
  .addCommand(stepCommand)
  .addCommand(serveCommand)
  .addCommand(boardCommand)
  .addCommand(programmerCommand)
  .addCommand(portsCommand)
  .addCommand(trumpetCommand)
  .addCommand(cohortCommand)
  .addCommand(schemaCommand)
  .addCommand(completionCommand(() => program))
  .showHelpAfterError("(--help lists commands and options)");

// A reader that closes the pipe early (`| head -1`), or a terminal that is gone, is no failure: further output is dropped, and
// the exit code stays. Output that finds no room is lost, so the command has failed whatever else it did.
const READER_IS_GONE = ["EPIPE", "EIO"];
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (READER_IS_GONE.includes(error.code ?? "")) return;
  process.stderr.write(`cistern: cannot write to the standard output: ${reasonOf(error)}\n`);
  process.on("exit", () => (process.exitCode = EXIT.port));
});
process.stderr.on("error", () => undefined);

for (const each of [program, ...program.commands, ...programmerCommand.commands]) each.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  // Commander has already printed what was wrong. --help and --version end here too, with code 0.
  process.exitCode =
    error instanceof CommanderError ? (error.exitCode === 0 ? EXIT.pass : EXIT.usage) : exitCodeOf(error);
}
