// Draws of a case's generator, from one stream of reproducible chance. The edges of a range and their neighbours are drawn more often
// than the values between them.

import { RandomStream } from "../random";

export class Draw {
  private readonly stream: RandomStream;

  constructor(seed: number, name: string) {
    this.stream = new RandomStream(seed, name);
  }

  /** A whole number from `min` to `max`. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.stream.fraction() * (max - min + 1));
  }

  /** A whole number of which a quarter of the draws is an end of the range or its neighbour. */
  edged(min: number, max: number): number {
    if (!this.chance(0.25)) return this.integer(min, max);
    return this.one([min, Math.min(min + 1, max), Math.max(max - 1, min), max]);
  }

  /** A whole number whose logarithm is uniform, so that each size is as likely as the next one. */
  sized(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.stream.fraction());
  }

  chance(part: number): boolean {
    return this.stream.fraction() < part;
  }

  one<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)];
  }

  /** One of the rows, each as likely as its weight. */
  weighted<T>(rows: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.stream.fraction() * rows.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of rows) {
      left -= weight;
      if (left < 0) return value;
    }
    return rows[rows.length - 1][1];
  }

  seed(): number {
    return this.stream.bits();
  }
}
