// What a row of the programmer's table of commands has: its words for `--help`, whether it needs a pairing and asks before it
// acts, and what it does. Also how the values of options become the integers of the protocol.

import Fraction from "fraction.js";
import { parseQuantity, type Quantity, type Kind } from "../../scenario/quantity";
import { UsageError } from "../../usage-error";
import type { Solute } from "./figures";
import type { Talk, Told } from "./talk";
import type { Paint } from "../paint";

/** Options as they were written; every command has its own. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

export interface Call {
  talk: Talk;
  argument: string;
  given: Given;
  paint: Paint;
  json: boolean;
  /** Prints a line on stdout at once, for commands that go on for long. */
  say: (line: string) => void;
}

export interface ProgrammerCommand {
  name: string;
  /** As commander writes it: `<file>` or `[amount]`. */
  argument?: readonly [flags: string, does: string];
  does: string;
  options?: readonly (readonly [flags: string, does: string])[];
  /** Further text for `--help`. */
  notes?: string;
  /** `acts`: shows what it will do and asks. `sometimes`: it depends on the options. */
  asks?: "acts" | ((given: Given, argument: string) => boolean);
  needsPairing: boolean;
  /** Checks the options before any port is opened. Throws UsageError. */
  check?: (given: Given, argument: string) => void;
  run: (call: Call) => Promise<Told>;
}

/** A quantity as an option's value. Throws UsageError naming the option. */
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

/** ng/nL of the drug to which doses refer; a quantity that is a volume needs none. */
export function concentrationFor(quantity: Quantity, primary: Solute | undefined): Fraction {
  if (primary && primary.concentration > 0) return new Fraction(primary.concentration, 10_000);
  if (quantity.kind !== "dose") return new Fraction(1);
  throw new UsageError(`found the dose "${quantity.text}", but the pump's program names no drug: give a volume`);
}

/** Turns what the conversions of a scenario refuse into a UsageError. */
export function refusing(name: string): (path: readonly (string | number)[], message: string) => never {
  return (path, message) => {
    throw new UsageError([name, ...path].join(" ") + `: ${message}`);
  };
}

/** A list such as `soft-limit,total`. Throws UsageError on a word that is not in `known`. */
export function wordsOption(name: string, text: string | boolean | undefined, known: readonly string[]): string[] {
  if (typeof text !== "string") return [];
  const words = text.split(",").map((word) => word.trim());
  const strange = words.find((word) => !known.includes(word));
  if (strange === undefined) return words;
  throw new UsageError(`${name}: found ${JSON.stringify(strange)}, expected ${known.join(", ")}`);
}
