// Ticks as seconds and as words, and back.

import fc from "fast-check";
import Fraction from "fraction.js";
import { describe, expect, test } from "vitest";
import { parseQuantity, parseTicks } from "../emulator/scenario/quantity";
import { formatTicks, secondsOf, ticksOfMilliseconds, ticksOfSeconds, timeWords } from "../emulator/time";

test.each([
  [0, 0],
  [1, 0.01],
  [29, 0.29],
  [100, 1],
  [8_640_001, 86_400.01],
])("%d ticks are converted to %d s and back", (ticks, time_s) => {
  expect(secondsOf(ticks)).toBe(time_s);
  expect(ticksOfSeconds(time_s)).toBe(ticks);
  expect(ticksOfMilliseconds(ticks * 10)).toBe(ticks);
});

describe("`formatTicks`", () => {
  test.each([
    [0, "0 s"],
    [25, "250 ms"],
    [3_360_000, "9 h 20 min"],
    [8_640_000, "1 d"],
    [8_640_100, "1 d 1 s"],
    [-6000, "-1 min"],
  ])("writes %d ticks as %s", (ticks, text) => expect(formatTicks(ticks)).toBe(text));

  test("law: writes a text that parses back to the same ticks", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), (ticks) => {
        const parsed = parseQuantity(formatTicks(ticks), ["duration"], true);
        expect(parsed.ok && parsed.quantity.value.equals(new Fraction(ticks).mul(10))).toBe(true);
      }),
    );
  });

  test("has its inverse in `parseTicks`, which rounds to the nearest tick and says what is wrong with any other text", () => {
    expect([parseTicks("1 h 10 ms"), parseTicks("14 ms"), parseTicks("16 ms")]).toEqual([
      { ok: true, ticks: 360_001 },
      { ok: true, ticks: 1 },
      { ok: true, ticks: 2 },
    ]);
    expect(parseTicks("5")).toEqual({ ok: false, problem: expect.stringContaining("bare number") as string });
    expect(parseTicks("-5 s")).toEqual({ ok: false, problem: expect.stringContaining("negative") as string });
  });
});

describe("`timeWords`", () => {
  test.each([
    [0, "0 s", "0"],
    [12.345, "12.35 s", "0"],
    [59.997, "1 min", "1 min"],
    [60, "1 min", "1 min"],
    [33_600, "9 h 20 min", "9 h 20 min"],
    [86_400, "24 h", "24 h"],
    [86_400.01, "1 d 0.01 s", "1 d"],
    [108_000, "1 d 6 h", "1 d 6 h"],
    [172_861, "2 d 1 min 1 s", "2 d 1 min"],
  ])("writes %d s as %s, and without seconds as %s", (time_s, words, withoutSeconds) => {
    expect(timeWords(time_s)).toBe(words);
    expect(timeWords(time_s, false)).toBe(withoutSeconds);
  });

  test("writes hours up to two days at a programmer", () => {
    const words = (time_s: number) => timeWords(time_s, true, 172_799);
    expect([129_600, 172_799, 172_800].map(words)).toEqual(["36 h", "47 h 59 min 59 s", "2 d"]);
  });
});
