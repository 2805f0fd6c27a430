// The one place where an error becomes a message and an exit code. Errors themselves have no exit code.

import { PairingFileError } from "../programmer/pairing-file";
import { PortError } from "../port/port";
import { WireInterruptError } from "../hal-wire/wire";
import { FileError } from "../file";
import { UsageError } from "../usage-error";
import { ControllerFault } from "../machine/controller-host";
import type { Verdict } from "../run/verdict";
import { ScenarioError } from "../scenario/scenario";
import { EXIT } from "./exit-codes";
import { exitCodeOfSignal } from "./interrupt";
import { printWarnings } from "./open-scenario";

export const EXIT_OF_VERDICT: Readonly<Record<Verdict, number>> = {
  pass: EXIT.pass,
  fail: EXIT.fail,
  invalid: EXIT.invalid,
  interrupted: EXIT.interrupted,
};

/** The codes of several runs, the worst first: a signal, a port or file, bad input, a failure, no proof, a pass. */
const WORST_FIRST: readonly number[] = [EXIT.interrupted, EXIT.port, EXIT.usage, EXIT.fail, EXIT.invalid, EXIT.pass];

/** The exit code of several runs, which is the worst of theirs. */
export function worstOf(codes: readonly number[]): number {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.pass;
}

/** Carries a command out and sets the exit code that it returns, or the one for its error. */
export async function exitWith(command: () => Promise<number>): Promise<void> {
  let code: number;
  try {
    code = await command();
  } catch (error) {
    code = exitCodeOf(error);
  }
  process.exitCode = shownCode(code);
}

/** The code with which the program exits: after a signal that of the signal. */
export function shownCode(code: number): number {
  return code === EXIT.interrupted ? exitCodeOfSignal() : code;
}

/** Prints the message of an error on stderr and returns its exit code. Rethrows an error that no user can cause. */
export function exitCodeOf(error: unknown): number {
  const code = codeOf(error);
  if (code === null) throw error;
  process.stderr.write(`cistern: ${(error as Error).message}\n`);
  if (error instanceof ScenarioError && error.place) printWarnings({ ...error.place, warnings: [...error.warnings] });
  return code;
}

/** The exit code of an error; null for one that no user can cause. */
export function codeOf(error: unknown): number | null {
  if (error instanceof FileError || error instanceof PortError) return EXIT.port;
  if (error instanceof WireInterruptError) return EXIT.interrupted;
  if (error instanceof PairingFileError) return error.isContent ? EXIT.usage : EXIT.port;
  const usage = error instanceof ScenarioError || error instanceof UsageError || error instanceof ControllerFault;
  return usage ? EXIT.usage : null;
}
