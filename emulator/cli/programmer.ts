// `cistern programmer COMMAND` is the clinician's and the patient's side of telemetry over a serial port, for the emulated pump
// and for any other device that speaks the protocol. This file reads the arguments, carries one command out, prints text or
// JSON and sets the exit code. The commands are the rows of the table below; the folder programmer/ has them.

import { Command } from "commander";
import { TICK_MS } from "../../hal/units";
import { TelemetryClient, TIMEOUT_MS_DEFAULT, TRIES_DEFAULT } from "../programmer/client";
import {
  defaultPairingPath,
  type KeptPairing,
  PairingBook,
  permissionsWarning,
  readPairing,
} from "../programmer/pairing-file";
import { openLine } from "../port/line";
import { UsageError } from "../usage-error";
import { exitWith } from "./exit";
import { watchInterrupts } from "./interrupt";
import { durationOption, integerOption, JSON_OUTPUT } from "./options";
import { checkOutputFiles } from "./output-files";
import { paintFor } from "./paint";
import { baudOption, SERIAL_HELP, serialPlace, withBaudOption } from "./port-options";
import type { Given, ProgrammerCommand } from "./programmer/command";
import { EXIT_CODES, declinedResult, shortfallResult } from "./programmer/ending";
import { LIFE } from "./programmer/life";
import { ORDERS } from "./programmer/orders";
import { PROGRAM_ORDER } from "./programmer/program-order";
import { READINGS } from "./programmer/readings";
import { checkCanAsk, Declined, Ended, type Person, Talk, type CommandResult } from "./programmer/talk";

/** The one table of commands, which help, docs and tests read. */
export const PROGRAMMER_COMMANDS: readonly ProgrammerCommand[] = [...READINGS, PROGRAM_ORDER, ...ORDERS, ...LIFE];

const SCHEMA = "cistern.programmer/1";
const TRIES_MAX = 20;

export const programmerCommand = new Command("programmer")
  .description("the clinician's and the patient's side of telemetry, over a serial port")
  .addHelpText("after", `\n${EXIT_CODES}`);

for (const row of PROGRAMMER_COMMANDS) programmerCommand.addCommand(commandOf(row));

function commandOf(row: ProgrammerCommand): Command {
  const command = new Command(row.name).description(row.does);
  if (row.argument) command.argument(...row.argument);
  command.requiredOption("--serial <path>", SERIAL_HELP);
  withBaudOption(command).option(
    "--pairing <file>",
    "the file that keeps the pairing",
    defaultPairingPath() ?? undefined,
  );
  for (const [flags, does] of row.options ?? []) command.option(flags, does);
  command
    .option(
      "--timeout <time>",
      "how long the first try waits for an answer; each further one waits twice as long",
      `${TIMEOUT_MS_DEFAULT} ms`,
    )
    .option("--tries <n>", "number of tries before the command gives up", String(TRIES_DEFAULT))
    .option("--yes", "answer yes where the command asks before it acts")
    .option(...JSON_OUTPUT)
    .addHelpText("after", `\n${row.notes ? `${row.notes}\n` : ""}${EXIT_CODES}`);
  return command.action(async (...given: unknown[]) => {
    const argument = row.argument ? given[0] : undefined;
    const options = given[row.argument ? 1 : 0] as Given;
    await exitWith(() => runRow(row, typeof argument === "string" ? argument : "", options));
  });
}

function textIn(option: unknown): string | undefined {
  return typeof option === "string" ? option : undefined;
}

async function runRow(row: ProgrammerCommand, argument: string, given: Given): Promise<number> {
  const baud = baudOption(String(given["baud"]));
  const place = serialPlace("--serial", String(given["serial"]));
  const timeout_ms = durationOption("--timeout", String(given["timeout"])) * TICK_MS;
  const tries = integerOption("--tries", String(given["tries"]), TRIES_MAX);
  if (tries < 1 || timeout_ms < 1) throw new UsageError("--tries and --timeout: expected at least one try of 10 ms");
  if (given["pairing"] === undefined && (row.needsPairing || row.name === "pair")) {
    throw new UsageError("--pairing: there is no home folder to keep the pairing in; expected --pairing <file>");
  }
  checkOutputFiles([["--log", textIn(given["log"])]], [["the pairing", textIn(given["pairing"])]]);
  row.check?.(given, argument);
  const stopped = new AbortController();
  const interrupts = watchInterrupts(() => stopped.abort());
  const paint = paintFor(process.stderr);
  const person: Person = {
    yes: given["yes"] === true,
    signal: stopped.signal,
    input: process.stdin,
    note: (text) => void process.stderr.write(`${text}\n`),
  };
  const asks = row.asks === "acts" || (row.asks?.(given, argument) ?? false);
  if (asks) checkCanAsk(row.name, person);
  const pairing = row.needsPairing ? pairingIn(String(given["pairing"]), person) : null;
  // A port that is unplugged during a command is opened again, and the command continues.
  const port = await openLine(place, baud, { reopen: true });
  port.onLost = (why) => person.note(paint("yellow", `${port.path}: ${why}; waiting for it to come back`));
  try {
    const onRetry = (what: string) => person.note(paint("dim", what));
    const client = new TelemetryClient(port, { timeout_ms, tries, signal: stopped.signal, onRetry });
    if (pairing) client.use(new PairingBook(pairing, String(given["pairing"])));
    const outcome = await carryOut(row, new Talk(client, port, pairing, person), argument, given);
    print(row, outcome, given, pairing);
    return outcome.exit;
  } finally {
    interrupts.stop();
    await port.close();
  }
}

async function carryOut(row: ProgrammerCommand, talk: Talk, argument: string, given: Given): Promise<CommandResult> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const paint = paintFor(process.stdout);
  try {
    return await row.run({ talk, argument, given, paint, json: given["json"] === true, say });
  } catch (error) {
    if (error instanceof Declined) return declinedResult(row.name);
    if (error instanceof Ended) return shortfallResult(row.name, talk.port.path, error.answer, error.isQuery);
    throw error;
  }
}

function print(row: ProgrammerCommand, outcome: CommandResult, given: Given, pairing: KeptPairing | null): void {
  const done = outcome.result === "accepted" || outcome.result === "read";
  if (given["json"] !== true) {
    // A result goes to stdout. The reason why there is none goes to stderr.
    (done ? process.stdout : process.stderr).write(`${outcome.text}\n`);
    return;
  }
  // With --follow the command has already printed a value for each entry.
  if (given["follow"] === true) return;
  const { result, exit, json } = outcome;
  const value = { schema: SCHEMA, command: row.name, pairing: pairing?.name ?? null, result, exit, ...json };
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function pairingIn(path: string, person: Person): KeptPairing {
  const pairing = readPairing(path);
  if (pairing === null) {
    throw new UsageError(`there is no pairing in ${path}: \`cistern programmer pair --role clinician\` makes one`);
  }
  const warning = permissionsWarning(path);
  if (warning !== null) person.note(`cistern: ${warning}`);
  return pairing;
}
