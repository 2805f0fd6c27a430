// Chance of the operating system in the place of a reproducible stream, for keys and nonces of a pump that is served to
// programs outside (SEC-5). Its state, which belongs to a machine's state, stays as it was made.

import { randomBytes } from "node:crypto";
import { RandomStream } from "./random";

/** Gives the next random byte. */
export type Chance = () => number;

/** Where keys and nonces come from: the run's seed, so that a run repeats, or the operating system. */
export type SecretSource = "seed" | "system";

class SystemStream extends RandomStream {
  override word(): number {
    return randomBytes(4).readInt32LE();
  }
}

/** A byte of the operating system's, for a part whose stream lies in a module; null for the stream itself. */
export function secretChance(source: SecretSource): Chance | null {
  return source === "system" ? () => randomBytes(1)[0] : null;
}

/** The stream of that name for keys and nonces. */
export function secretStream(source: SecretSource, seed: number, name: string): RandomStream {
  return source === "system" ? new SystemStream(seed, name) : new RandomStream(seed, name);
}
