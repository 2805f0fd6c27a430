// Keeps a machine in real time. A pacer tells which ticks are due by a monotonic host clock, measures how late each one began,
// and gives ticks up when the host cannot follow. A tick is 10 ms of pump time and takes 10 ms / speed on the host. A deadline
// is missed when a tick begins more than its own length after it was due; at speeds above one the limit stays 10 ms, because a
// host's timer is coarser than such a tick. Lateness is counted in a fixed number of buckets. When the arrears are longer than
// a second, the rest is counted as slipped and given up, so that a laptop that slept does not catch up at full speed. The
// caller reads the clock; nothing here does.

import { TICK_MS } from "../../hal/units";
import type { Speed } from "../speed";
import { US_PER_MS } from "../time";

/** The longest arrears in host time. Ticks beyond them are given up. */
const ARREARS_MS_MAX = 1000;

/** Eight buckets for each octave, from 1 us to more than an hour. So a value is known to within 9 %. */
const BUCKETS_AN_OCTAVE = 8;
const BUCKETS = 32 * BUCKETS_AN_OCTAVE;

/** Counts latenesses in a fixed number of buckets. */
export class Histogram {
  count = 0;
  most_us = 0;
  private readonly buckets = new Float64Array(BUCKETS);

  add(value_us: number): void {
    const value = Math.max(0, value_us);
    const bucket = value < 1 ? 0 : 1 + Math.floor(Math.log2(value) * BUCKETS_AN_OCTAVE);
    this.buckets[Math.min(bucket, BUCKETS - 1)]++;
    this.count++;
    if (value > this.most_us) this.most_us = value;
  }

  /**
   * The value that the fraction `share` (0..1) of all values does not exceed, as the upper edge of its bucket; 0 when empty.
   */
  percentile_us(share: number): number {
    const rank = Math.ceil(share * this.count);
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.buckets[bucket];
      if (seen >= rank && seen > 0) return Math.min(Math.round(2 ** (bucket / BUCKETS_AN_OCTAVE)), this.most_us);
    }
    return this.most_us;
  }

  /** Rows for a histogram: `count` values are at most `most_us` and above the `most_us` of the row before. */
  rows(): { most_us: number; count: number }[] {
    const edges = [100, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 1_000_000, Infinity];
    const rows = edges.map((most_us) => ({ most_us, count: 0 }));
    this.buckets.forEach((count, bucket) => {
      const upper = 2 ** (bucket / BUCKETS_AN_OCTAVE);
      rows.find((row) => upper <= row.most_us)!.count += count;
    });
    return rows;
  }
}

/** The counts of a pacer. */
export interface Paced {
  /** Ticks and leaps whose beginning was timed. */
  timed: number;
  misses: number;
  /** Ticks that were given up because the arrears were too long. */
  slipped: number;
  lateness: { p50_us: number; p99_us: number; p999_us: number; most_us: number };
}

export class Pacer {
  readonly lateness = new Histogram();
  misses = 0;
  slipped = 0;
  /** When the last tick began, and how late it was. */
  readonly begun = { at_ms: 0, late_ms: 0 };
  private pace: Speed = 1;
  /** Tick `origin` is due at `origin_ms`. */
  private origin = 0;
  private origin_ms = 0;

  constructor(speed: Speed, tick: number, now_ms: number) {
    this.setSpeed(speed, tick, now_ms);
  }

  get speed(): Speed {
    return this.pace;
  }

  /** Changes the speed. `tick` becomes due at `now_ms`. */
  setSpeed(speed: Speed, tick: number, now_ms: number): void {
    this.pace = speed;
    this.origin = tick;
    this.origin_ms = now_ms;
  }

  /** The number of ticks from `tick` on that are due by now. It first gives up arrears that are too long. */
  owed(tick: number, now_ms: number): number {
    if (this.pace === Infinity) return Infinity;
    const period_ms = TICK_MS / this.pace;
    const arrears_ms = now_ms - this.due_ms(tick);
    if (arrears_ms > ARREARS_MS_MAX) {
      const slip = Math.floor((arrears_ms - ARREARS_MS_MAX) / period_ms);
      this.slipped += slip;
      this.origin -= slip;
    }
    return Math.max(0, Math.floor((now_ms - this.due_ms(tick)) / period_ms) + 1);
  }

  /** Records that tick `tick` begins now. */
  begin(tick: number, now_ms: number): void {
    if (this.pace === Infinity) return;
    const late_ms = now_ms - this.due_ms(tick);
    this.begun.at_ms = now_ms;
    this.begun.late_ms = late_ms;
    this.lateness.add(late_ms * US_PER_MS);
    if (late_ms > Math.max(TICK_MS, TICK_MS / this.pace)) this.misses++;
  }

  /** Host time until tick `tick` is due; 0 when it is due already. */
  rest_ms(tick: number, now_ms: number): number {
    return this.pace === Infinity ? 0 : Math.max(0, this.due_ms(tick) - now_ms);
  }

  counted(): Paced {
    const of = (share: number) => Math.round(this.lateness.percentile_us(share));
    return {
      timed: this.lateness.count,
      misses: this.misses,
      slipped: this.slipped,
      lateness: {
        p50_us: of(0.5),
        p99_us: of(0.99),
        p999_us: of(0.999),
        most_us: Math.round(this.lateness.most_us),
      },
    };
  }

  private due_ms(tick: number): number {
    return this.origin_ms + ((tick - this.origin) * TICK_MS) / this.pace;
  }
}
