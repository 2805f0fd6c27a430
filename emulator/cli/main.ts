#!/usr/bin/env node
// The program `cistern`: arguments in, one command, an exit code out.

import { Command, CommanderError } from "commander";
import { VERSION } from "../version";
import { runCommand } from "./run";
import { schemaCommand } from "./schema";
import { exitCodeOf } from "./shared";
import { stepCommand } from "./step";
import { trumpetCommand } from "./trumpet";

const program = new Command("cistern")
  .description(
    "Runs the controller firmware of an implantable intrathecal drug pump on virtual hardware in a virtual patient.\n" +
      "A development tool, not a medical device.",
  )
  .version(VERSION)
  .addCommand(runCommand)
  .addCommand(stepCommand)
  .addCommand(trumpetCommand)
  .addCommand(schemaCommand)
  .showHelpAfterError("(--help shows what there is)");

for (const each of [program, ...program.commands]) each.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what was wrong; --help and --version end here too, with code 0.
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : exitCodeOf(error);
}
