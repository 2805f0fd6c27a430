// Draws a person: the typical one, or one that is sampled from the spreads of the tables by the run's seed. Each figure has a
// stream of its own, forked by its name, so that a figure that is added changes no other and the same seed is the same person. The
// figures of a group that go together in people (TOGETHER) share a part of their variance, from the stream of the group.

import { RandomStream } from "../../random";
import { exponential, normalQuantile } from "./curves";
import type { Figure } from "./figures";
import { SCORES, TOGETHER } from "./people-table";

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

  /** An untreated score about its middle. The ends of the scale stay as they are: nobody without spasticity gets some. */
  scoreOf(name: keyof typeof SCORES, middle: number): number {
    const { least, most, spread } = SCORES[name];
    const part = (middle - least) / (most - least);
    if (!this.isSampled || part <= 0 || part >= 1) return middle;
    const odds = (part / (1 - part)) * exponential(spread * this.normal(name));
    return least + ((most - least) * odds) / (1 + odds);
  }

  /** True in the typical person, and in that part of the sampled ones. */
  isOf(name: string, part: number): boolean {
    return !this.isSampled || this.stream(name).fraction() < part;
  }

  /** A standard normal number; 0 in the typical person. */
  normal(name: string): number {
    if (!this.isSampled) return 0;
    const group = TOGETHER.find(({ figures }) => figures.test(name));
    if (group === undefined) return this.own(name);
    return Math.sqrt(group.part) * this.own(`together.${group.name}`) + Math.sqrt(1 - group.part) * this.own(name);
  }

  private own(name: string): number {
    return normalQuantile(this.stream(name).fraction() + HALF_STEP);
  }

  /** The stream of that name for the life of the person. */
  stream(name: string): RandomStream {
    return new RandomStream(this.seed, `patient.${name}`);
  }
}
