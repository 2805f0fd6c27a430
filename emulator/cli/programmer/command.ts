// The type of a row in the programmer's table of commands. A row has its words for `--help`, says whether it needs a pairing
// and whether it asks before it acts, and has the function that carries the command out. The functions here read the values of
// its options.

import Fraction from "fraction.js";
import { parseQuantity, type Quantity, type Kind } from "../../scenario/quantity";
import { UsageError } from "../../usage-error";
import type { Solute } from "./figures";
import type { Talk, CommandResult } from "./talk";
import type { Paint } from "../paint";

/** The options as they were written; every command has its own. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

export interface Call {
  talk: Talk;
  argument: string;
  given: Given;
  paint: Paint;
  json: boolean;
  /** Prints a line on stdout at once, for commands that run for long. */
  say: (line: string) => void;
}

export interface ProgrammerCommand {
  name: string;
  /** The argument in the notation of commander: `<file>` or `[amount]`. */
  argument?: readonly [flags: string, does: string];
  does: string;
  options?: readonly (readonly [flags: string, does: string])[];
  /** Further text for `--help`. */
  notes?: string;
  /** `acts`: the command always shows its effect and asks. A function: whether it does so depends on the options. */
  asks?: "acts" | ((given: Given, argument: string) => boolean);
  needsPairing: boolean;
  /** Checks the options before any port is opened. Throws UsageError. */
  check?: (given: Given, argument: string) => void;
  run: (call: Call) => Promise<CommandResult>;
}

/** The quantity that is an option's value. Throws UsageError, which names the option. */
export function quantityOption(name: string, text: string, kinds: readonly Kind[]): Quantity {
  const parsed = parseQuantity(text, kinds);
  if (!parsed.ok) throw new UsageError(`${name}: ${parsed.problem}`);
  return parsed.quantity;
}

/** The option's text. Throws UsageError when it is missing. */
export function required(given: Given, option: string, wanted: string): string {
  const value = given[option];
  if (typeof value === "string") return value;
  throw new UsageError(`--${option} is missing: expected ${wanted}`);
}

/** The concentration in ng/nL of the drug to which a dose refers. A volume needs no drug. Throws UsageError. */
export function concentrationFor(quantity: Quantity, primary: Solute | undefined): Fraction {
  if (primary && primary.concentration > 0) return new Fraction(primary.concentration, 10_000);
  if (quantity.kind !== "dose") return new Fraction(1);
  throw new UsageError(`found the dose "${quantity.text}", but the pump's program names no drug: give a volume`);
}

/** A `Refuse` for the conversions of a scenario that throws UsageError. */
export function refusing(name: string): (path: readonly (string | number)[], message: string) => never {
  return (path, message) => {
    throw new UsageError([name, ...path].join(" ") + `: ${message}`);
  };
}

/** The words of a list such as `soft-limit,total`. Throws UsageError on a word that is not in `known`. */
export function wordsOption(name: string, text: string | boolean | undefined, known: readonly string[]): string[] {
  if (typeof text !== "string") return [];
  const words = text.split(",").map((word) => word.trim());
  const strange = words.find((word) => !known.includes(word));
  if (strange === undefined) return words;
  throw new UsageError(`${name}: found ${JSON.stringify(strange)}, expected ${known.join(", ")}`);
}
