// The controller's clock on a counter that a test moves by hand: which edges it believes, and how fast its minutes can go.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Changes } from "../../firmware/changes";
import { Clock } from "../../firmware/clock";
import { MemoryLatch } from "../../firmware/twin";
import type { Hal } from "../../hal/hal";
import { DAY, MINUTE } from "../pump";

/** The longest that the clock waits for an edge, and the soonest that it believes one, after the last. */
const LATEST = 6_061;
const SOONEST = 5_940;

class Bench {
  counter = 5;
  wrongs = 0;
  readonly clock: Clock;

  constructor() {
    this.clock = new Clock(
      { clock: { minute: () => this.counter, offset: () => 0 } } as unknown as Hal,
      new MemoryLatch(),
      new Changes(),
    );
    this.clock.boot();
  }

  /** Lets ticks pass, the last of which sees the counter `by` higher. */
  after(ticks: number, by: number): this {
    for (let i = 1; i <= ticks; i++) {
      if (i === ticks) this.counter += by;
      this.clock.tick();
      if (this.clock.wrong) this.wrongs++;
    }
    return this;
  }

  get minutes(): number {
    return this.clock.minute.get();
  }
}

/** One edge, 20 s after boot: from then on the clock knows its phase. */
const aligned = () => new Bench().after(2_000, 1);

describe("ALM-2: the edges of the real-time clock", () => {
  test.each<[string, (bench: Bench) => Bench, number, number]>([
    ["count from the first one on, which may come at any time", (bench) => bench, 1, 0],
    ["count when one comes on time", (bench) => bench.after(MINUTE, 1), 2, 0],
    ["wait for the ticks when one comes a little early", (bench) => bench.after(SOONEST, 1), 1, 0],
    ["count by the ticks after one that came a little early", (bench) => bench.after(SOONEST, 1).after(121, 0), 2, 0],
    ["raise a fault when one comes too early", (bench) => bench.after(SOONEST - 1, 1), 1, 1],
    ["count when one comes a little late", (bench) => bench.after(LATEST - 1, 1), 2, 0],
    ["raise a fault when one is missing, which the ticks replace", (bench) => bench.after(LATEST, 0), 2, 1],
    ["raise a fault when two come at once, and count once", (bench) => bench.after(MINUTE, 2), 2, 1],
    ["raise a fault when the counter goes back, and time goes on", (bench) => bench.after(MINUTE, -3), 2, 1],
  ])("%s", (_, act, minutes, wrongs) => {
    const bench = act(aligned());
    expect([bench.minutes, bench.wrongs]).toEqual([minutes, wrongs]);
  });

  test("raise no fault before the first one", () => {
    const bench = new Bench().after(LATEST, 0);
    expect([bench.minutes, bench.wrongs]).toEqual([1, 0]);
  });

  test("raise a fault when the counter loses its phase, and none afterwards", () => {
    const bench = aligned().after(3_000, 1);
    for (let i = 0; i < 120; i++) bench.after(MINUTE, 1);
    const { wrongs } = bench;
    expect(wrongs).toBeGreaterThan(0);
    for (let i = 0; i < 60; i++) bench.after(MINUTE, 1);
    expect(bench.wrongs).toBe(wrongs);
  });
});

test("PTB-1: no minute is shorter than its ticks and none is set back, whatever the counter does", () => {
  const moves = fc.array(
    fc.record({ ticks: fc.integer({ min: 1, max: 9_000 }), by: fc.integer({ min: -3, max: 3 }) }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(moves, (all) => {
      const bench = aligned();
      const start = bench.clock.now.get();
      for (const { ticks, by } of all) {
        const before = bench.minutes;
        bench.after(ticks, by);
        expect(bench.minutes).toBeGreaterThanOrEqual(before);
      }
      const ticks = bench.clock.now.get() - start;
      expect((bench.minutes - 1) * MINUTE).toBeLessThanOrEqual(ticks);
      expect(bench.minutes * MINUTE).toBeGreaterThanOrEqual(ticks - LATEST);
    }),
  );
});

test("EMU-1: `skip` equals as many quiet ticks, up to the number that `idle` allows", () => {
  const stepped = aligned();
  const skipped = aligned();
  const ticks = skipped.clock.idle();
  stepped.after(ticks, 0);
  skipped.clock.skip(ticks);
  const state = ({ now, minute, tickOfMinute, wrong }: Clock) => ({ now, minute, tickOfMinute, wrong });
  expect(state(skipped.clock)).toEqual(state(stepped.clock));
  expect(stepped.clock.tick()).toBe(true);
});

describe("THR-4, ALM-2: a clock that drifts", () => {
  /** The counter of a clock with that error, for so many days. */
  function drifting(ppm: number, days: number, bench = aligned()): Bench {
    const perTick = 1 + ppm / 1e6;
    // An imported name is a look-up in each of some million turns.
    const [last, minute] = [days * DAY, MINUTE];
    for (let tick = 1, at = 0; tick <= last; tick++) {
      const before = Math.floor(at / minute);
      at = tick * perTick;
      bench.after(1, Math.floor(at / minute) - before);
    }
    return bench;
  }

  test.each([
    [20, 3, 0],
    [-20, 3, 0],
    [690, 3, 0],
    [-690, 3, 0],
    [700, 2, 1],
    [-700, 2, 1],
    [1_000, 0.75, 1],
    [-9_900, 0.08, 1],
  ])("by %d ppm has been found after %d days %d times or more, and no minute follows it", (ppm, days, least) => {
    const bench = drifting(ppm, days);
    expect(least === 0 ? bench.wrongs : Math.min(1, bench.wrongs)).toBe(least);
    expect(Math.abs(bench.minutes - 1 - days * 1_440)).toBeLessThanOrEqual(1);
    expect(bench.minutes - 1).toBeLessThanOrEqual(days * 1_440);
  });

  test("is found two days after it began, whenever in a day of the comparison that is", () => {
    for (const quiet of [0, 0.3, 0.9]) expect(drifting(700, 2, drifting(0, quiet)).wrongs).toBeGreaterThan(0);
  });

  test("does not add up from day to day: a minute in three days is no fault", () => {
    expect(drifting(231, 6).wrongs).toBe(0);
  });
});
