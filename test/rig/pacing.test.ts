// Pacing against a clock that the test turns: what is owed, what is late, what is given up, and how lateness is kept.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Histogram, Pacer } from "../../emulator/rig/pacing";
import { speedOf } from "../../emulator/speed";

/** Executes what is owed at each of `times_ms` and says how many ticks that were. */
function play(pacer: Pacer, times_ms: readonly number[]): number {
  let tick = 0;
  for (const now_ms of times_ms) {
    for (let owed = pacer.owed(tick, now_ms); owed > 0; owed--) pacer.begin(tick++, now_ms);
  }
  return tick;
}

describe("the ticks that are due", () => {
  test.each([
    [1, 0, 1],
    [1, 9.99, 1],
    [1, 10, 2],
    [1, 95, 10],
    [0.1, 99, 1],
    [0.1, 100, 2],
    [100, 0.1, 2],
    [100, 1, 11],
    [Infinity, 0, Infinity],
  ])("at speed %d after %d ms are %d", (speed, now_ms, ticks) => {
    expect(new Pacer(speed, 0, 0).owed(0, now_ms)).toBe(ticks);
  });

  test("are none before the time that the pacer names", () => {
    const pacer = new Pacer(1, 5, 1000);
    pacer.begin(5, 1000);
    expect([pacer.owed(6, 1003), pacer.rest_ms(6, 1003), pacer.rest_ms(6, 1010), pacer.rest_ms(6, 1020)]).toEqual([
      0, 7, 0, 0,
    ]);
  });

  test("are counted anew from the moment at which a speed is set, so that none is late for it", () => {
    const pacer = new Pacer(Infinity, 0, 0);
    pacer.setSpeed(1, 123_456, 5000);
    expect(pacer.owed(123_456, 5000)).toBe(1);
    pacer.begin(123_456, 5000);
    expect([pacer.misses, pacer.lateness.most_us, pacer.slipped]).toEqual([0, 0, 0]);
  });

  test("law: are each run once, still due, or counted as slipped, whatever the clock does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: 0, max: 50, noNaN: true }), fc.constantFrom(0, 10, 999, 1001, 3_600_000)), {
          maxLength: 40,
        }),
        fc.constantFrom(0.5, 1, 3, 1000),
        (steps_ms, speed) => {
          const pacer = new Pacer(speed, 0, 0);
          let now_ms = 0;
          const ran = play(
            pacer,
            steps_ms.map((step_ms) => (now_ms += step_ms)),
          );
          const due = steps_ms.length === 0 ? 0 : Math.floor((now_ms * speed) / 10) + 1;
          // One either way: a sum of doubles may fall on either side of a tick's edge.
          expect(Math.abs(ran + pacer.slipped - due)).toBeLessThanOrEqual(1);
          expect(pacer.lateness.count).toBe(ran);
        },
      ),
    );
  });
});

describe("HIL-1: the deadline of a tick", () => {
  test("is missed only when the tick begins more than its length late", () => {
    const pacer = new Pacer(1, 0, 0);
    pacer.begin(0, 0);
    pacer.begin(1, 20);
    expect(pacer.misses).toBe(0);
    pacer.begin(2, 30.001);
    pacer.begin(3, 30);
    expect(pacer.misses).toBe(1);
    expect(pacer.counted()).toEqual({
      timed: 4,
      misses: 1,
      slipped: 0,
      lateness: { p50_us: 1, p99_us: 10_001, p999_us: 10_001, most_us: 10_001 },
    });
  });

  test("is counted as missed for every tick of a stall of half a second, which is caught up", () => {
    const pacer = new Pacer(1, 0, 0);
    expect(play(pacer, [0, 500])).toBe(51);
    // Ticks 1 to 48 were due 10 ms or longer before 490 ms; 49 and 50 are in time.
    expect([pacer.misses, pacer.slipped]).toEqual([48, 0]);
  });

  test("is given up for the ticks beyond a second of arrears, which count as slipped", () => {
    const pacer = new Pacer(1, 0, 0);
    expect(play(pacer, [0, 60_000])).toBe(102);
    expect(pacer.slipped).toBe(5899);
  });

  test("stays at 10 ms of the host above real time, and does not exist at the speed `max`", () => {
    const fast = new Pacer(1000, 0, 0);
    fast.begin(0, 9);
    expect(fast.misses).toBe(0);
    const slow = new Pacer(0.1, 0, 0);
    slow.begin(0, 99);
    expect(slow.misses).toBe(0);
    const max = new Pacer(Infinity, 0, 0);
    max.begin(0, 1e9);
    expect([max.misses, max.lateness.count]).toEqual([0, 0]);
  });
});

describe("the histogram of lateness", () => {
  test("law: gives a percentile that is never below the true one and at most a bucket above it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.99, 0.999, 1),
        (values, share) => {
          const histogram = new Histogram();
          for (const value of values) histogram.add(value);
          const exact = values.sort((a, b) => a - b)[Math.ceil(share * values.length) - 1];
          const found = histogram.percentile_us(share);
          expect(found).toBeGreaterThanOrEqual(Math.min(exact, histogram.most_us) - 0.5);
          expect(found).toBeLessThanOrEqual(exact * 2 ** (1 / 8) + 1.5);
          expect(histogram.rows().reduce((sum, row) => sum + row.count, 0)).toBe(values.length);
        },
      ),
    );
  });

  test("is empty at first, and then has its values in rows", () => {
    const histogram = new Histogram();
    expect([histogram.percentile_us(0.5), histogram.most_us]).toEqual([0, 0]);
    for (const value of [0, 50, 700, 700, 15_000, 2e9, -3]) histogram.add(value);
    expect(histogram.rows().filter((row) => row.count > 0)).toEqual([
      { most_us: 100, count: 3 },
      { most_us: 1000, count: 2 },
      { most_us: 20_000, count: 1 },
      { most_us: Infinity, count: 1 },
    ]);
  });
});

test.each([
  ["1", 1],
  ["0.5", 0.5],
  ["0", null],
  ["-1", null],
  ["1e3", null],
  ["fast", null],
  ["", null],
  ["2000000", null],
])("the text %j is read as the speed %j, where null is none", (text, speed) => {
  expect(speedOf(text)).toBe(speed);
  expect(speedOf("max")).toBe(Infinity);
});
