// Draws a person: the typical one, or one that is sampled from the spreads of the tables by the run's seed. Each figure has a
// stream of its own, forked by its name, so that a figure that is added changes no other and the same seed is the same person.

import { RandomStream } from "../../random";
import { exponential, normalQuantile } from "./curves";
import type { Figure } from "./figures";

/** Half of the smallest step of a fraction, so that no draw is at the end of the scale. */
const HALF_STEP = 0.5 / 4294967296;

export class Draw {
  private readonly seed: number;
  private readonly isSampled: boolean;

  constructor(seed: number, isSampled: boolean) {
    this.seed = seed;
    this.isSampled = isSampled;
  }

  /** The value of a figure in this person. */
  of(name: string, { typical, spread }: Figure): number {
    if (!this.isSampled || spread === 0) return typical;
    return typical * exponential(spread * this.normal(name));
  }

  /** As `of`, for a part of a whole: the odds are drawn, so the value stays between 0 and 1. */
  partOf(name: string, { typical, spread }: Figure): number {
    if (!this.isSampled || spread === 0 || typical >= 1) return typical;
    const odds = (typical / (1 - typical)) * exponential(spread * this.normal(name));
    return odds / (1 + odds);
  }

  /** A standard normal number; 0 in the typical person. */
  normal(name: string): number {
    if (!this.isSampled) return 0;
    return normalQuantile(this.stream(name).fraction() + HALF_STEP);
  }

  /** The stream of that name for the life of the person. */
  stream(name: string): RandomStream {
    return new RandomStream(this.seed, `patient.${name}`);
  }
}
