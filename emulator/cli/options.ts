// The values of options that several commands take. Each function reads one value; what cannot be read is a UsageError that
// names the option, what was found and what was expected.

import { parseTicks } from "../scenario/quantity";
import { SPEED_MAX, SPEED_MIN, speedOf, type Speed } from "../speed";
import { UsageError } from "../usage-error";

/** Seeds are words of 32 bits. */
const SEED_MAX = 0xffffffff;

/** A duration, in ticks of 10 ms. */
export function durationOption(name: string, text: string): number {
  const parsed = parseTicks(text);
  if (!parsed.ok) throw new UsageError(`${name}: ${parsed.problem}`);
  return parsed.ticks;
}

/** An integer from `least` to `most`, in digits alone. */
export function integerOption(name: string, text: string, most: number, least = 0): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${name}: found ${text}, expected an integer from ${least} to ${most}`);
  }
  return value;
}

export function seedOption(text: string): number {
  return integerOption("--seed", text, SEED_MAX);
}

export function speedOption(text: string): Speed {
  const speed = speedOf(text);
  if (speed !== null) return speed;
  throw new UsageError(`--speed: found ${text}, expected a number from ${SPEED_MIN} to ${SPEED_MAX}, or max`);
}

/** The page that `--report` names must be one by its ending. */
export function checkReportName(file: string | undefined): void {
  if (file === undefined || file.endsWith(".html")) return;
  throw new UsageError(`--report: found ${file}, expected a file that ends in .html`);
}
