// The program `cistern` as a tree of commands. A command is loaded when its name is the first argument; all of them are loaded when
// the program must know them all, for `--help`, for `completion` and for a name that is none.

import { Command, CommanderError } from "commander";
import { reasonOf } from "../file";
import { VERSION } from "../version";
import { EXIT } from "./exit-codes";

/** Every command in the order of the help. `program` is the program itself with all its commands. */
const COMMANDS: Readonly<Record<string, (program: Command) => Promise<Command>>> = {
  run: async () => (await import("./run")).runCommand,
  validate: async () => (await import("./validate")).validateCommand,
  step: async () => (await import("./step")).stepCommand,
  debug: async () => (await import("./debug")).debugCommand,
  serve: async () => (await import("./serve")).serveCommand,
  board: async () => (await import("./board")).boardCommand,
  programmer: async () => (await import("./programmer")).programmerCommand,
  ports: async () => (await import("./ports")).portsCommand,
  trumpet: async () => (await import("./trumpet")).trumpetCommand,
  cohort: async () => (await import("./cohort")).cohortCommand,
  check: async () => (await import("./check")).checkCommand,
  replay: async () => (await import("./replay")).replayCommand,
  merge: async () => (await import("./merge")).mergeCommand,
  worker: async () => (await import("./worker")).workerCommand,
  zoo: async () => (await import("./zoo")).zooCommand,
  schema: async () => (await import("./schema")).schemaCommand,
  completion: async (program) => (await import("./completion")).completionCommand(() => program),
};
/** The command that needs all others. */
const NEEDS_ALL = "completion";

/** Runs the command that `words` name, and sets the exit code of the process. */
export async function runProgram(words: readonly string[]): Promise<void> {
  const program = new Command("cistern")
    .description(
      "Runs the controller firmware of an implantable intrathecal drug pump on virtual hardware in a virtual patient.\n" +
        "A development tool, not a medical device.",
    )
    .version(VERSION)
    .showHelpAfterError("(--help lists commands and options)");
  const [name] = words;
  const isOne = name !== undefined && Object.hasOwn(COMMANDS, name) && name !== NEEDS_ALL;
  for (const each of isOne ? [name] : Object.keys(COMMANDS)) program.addCommand(await COMMANDS[each](program));
  guardOutput();
  throwInsteadOfExit(program);
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    // Commander has already printed what was wrong. --help and --version end here too, with code 0.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.pass : EXIT.usage;
    else process.exitCode = (await import("./exit")).exitCodeOf(error);
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) throwInsteadOfExit(each);
}

/**
 * A reader that closes the pipe early (`| head -1`), or a terminal that is gone, is no failure: further output is dropped, and
 * the exit code stays. Output that finds no room is lost, so the command has failed whatever else it did.
 */
function guardOutput(): void {
  const isReaderGone = (error: NodeJS.ErrnoException) => error.code === "EPIPE" || error.code === "EIO";
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isReaderGone(error)) return;
    process.stderr.write(`cistern: cannot write to the standard output: ${reasonOf(error)}\n`);
    process.on("exit", () => (process.exitCode = EXIT.port));
  });
  process.stderr.on("error", () => undefined);
}
