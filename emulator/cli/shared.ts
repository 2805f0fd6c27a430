// What the commands share: exit codes, the one place where an error becomes a message and a code, interrupts, colour. Codes: 0 all
// held, 1 one did not, 2 bad usage or input, 3 a file or port failed, 4 the run proves nothing, 130 interrupted.

import { PairingFileError } from "../programmer/pairing-file";
import { PortError } from "../port/port";
import { WireInterruptError } from "../hal-wire/wire";
import { FileError } from "../file";
import { UsageError } from "../usage-error";
import { ControllerFault } from "../machine/controller-host";
import type { Verdict } from "../run/report";
import { ScenarioError } from "../scenario/scenario";
import { parseTicks } from "../scenario/quantity";

export const EXIT_OF_VERDICT: Readonly<Record<Verdict, number>> = { pass: 0, fail: 1, invalid: 4, interrupted: 130 };
const EXIT_USAGE = 2;
const EXIT_FILE = 3;

/** Prints what went wrong on stderr and returns the exit code; rethrows what no user can cause. */
export function exitCodeOf(error: unknown): number {
  const code = codeOf(error);
  if (code === null) throw error;
  process.stderr.write(`cistern: ${(error as Error).message}\n`);
  return code;
}

function codeOf(error: unknown): number | null {
  if (error instanceof FileError || error instanceof PortError) return EXIT_FILE;
  if (error instanceof WireInterruptError) return EXIT_OF_VERDICT.interrupted;
  if (error instanceof PairingFileError) return error.exitCode;
  const usage = error instanceof ScenarioError || error instanceof UsageError || error instanceof ControllerFault;
  return usage ? EXIT_USAGE : null;
}

/** A duration as an option's value, in ticks of 10 ms. Throws UsageError naming the option. */
export function durationOption(name: string, text: string): number {
  const parsed = parseTicks(text);
  if (!parsed.ok) throw new UsageError(`${name}: ${parsed.problem}`);
  return parsed.ticks;
}

/** An integer 0..`most` as an option's value. Throws UsageError naming the option. */
export function integerOption(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) {
    throw new UsageError(`${name}: found ${text}, expected an integer from 0 to ${most}`);
  }
  return value;
}

/** Throws UsageError when `--report` was given a file that is not a page. */
export function checkReportName(file: string | undefined): void {
  if (file === undefined || file.endsWith(".html")) return;
  throw new UsageError(`--report: found ${file}, expected a file that ends in .html`);
}

export interface Interrupt {
  heard: boolean;
  stop(): void;
}

/** The first interrupt ends the run in order; a second one, while that takes long, ends the program. */
export function watchInterrupt(): Interrupt {
  const onInterrupt = () => {
    if (watch.heard) process.exit(130);
    watch.heard = true;
  };
  const watch: Interrupt = { heard: false, stop: () => process.off("SIGINT", onInterrupt) };
  process.on("SIGINT", onInterrupt);
  return watch;
}

/** Calls `heard` at the first interrupt; a second one ends the program. Returns how to stop listening. */
export function onInterrupts(heard: () => void): () => void {
  let count = 0;
  const onInterrupt = () => {
    if (count++ > 0) process.exit(130);
    heard();
  };
  process.on("SIGINT", onInterrupt);
  return () => process.off("SIGINT", onInterrupt);
}

export type Paint = (style: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Colours for a stream: only on a terminal, and never with NO_COLOR. */
export function paintFor(stream: { isTTY?: boolean }): Paint {
  const colours = stream.isTTY === true && !process.env["NO_COLOR"];
  return (style, text) => (colours ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text);
}
