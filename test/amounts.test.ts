// Volumes, masses, rates and percentages as numbers and as words.

import { describe, expect, test } from "vitest";
import {
  EXACT,
  figure,
  inUlPerDay,
  massWords,
  PAGE,
  percentWords,
  TEXT,
  toThousandth,
  volumeWords,
} from "../emulator/amounts";

describe("a volume is written in the unit that keeps it readable", () => {
  test.each([
    [250, "0.25 µL", "0.25 uL", "0.25 uL"],
    [104_250, "104.25 µL", "104.25 uL", "104.25 uL"],
    [999_999, "1,000 µL", "999.999 uL", "999.999 uL"],
    [1_000_250, "1,000.25 µL", "1,000.25 uL", "1.00025 mL"],
    [17_500_000, "17.5 mL", "17,500 uL", "17.5 mL"],
    [-17_500_000, "-17.5 mL", "-17,500 uL", "-17.5 mL"],
  ])("%d nL is written in its own style on a page, in a text and at a programmer", (volume_nl, ...words) => {
    expect([PAGE, TEXT, EXACT].map((style) => volumeWords(volume_nl, style))).toEqual(words);
  });
});

describe("a mass is written in the unit that keeps it readable", () => {
  test.each([
    [52.54, "52.5 µg", "52.54 ug", "52.54 ug"],
    [999.9999, "1,000 µg", "1,000 ug", "999.9999 ug"],
    [1043.25, "1.043 mg", "1.0433 mg", "1.04325 mg"],
  ])("%d ug is written in its own style on a page, in a text and at a programmer", (mass_ug, ...words) => {
    expect([PAGE, TEXT, EXACT].map((style) => massWords(mass_ug, style))).toEqual(words);
  });
});

test("a rate in units of 0.01 uL/day is converted to uL/day", () => {
  expect([0, 1, 4800, 4_294_967_295].map(inUlPerDay)).toEqual([0, 0.01, 48, 42_949_672.95]);
});

test.each([
  [1.254, "+1.25 %", "+1.25 %"],
  [-0.3, "-0.30 %", "−0.30 %"],
  [-0.001, "0.00 %", "0.00 %"],
])("%d percent is written with two decimals and its sign in a text and on a page", (value_pct, text, page) => {
  expect([percentWords(value_pct), percentWords(value_pct, "−")]).toEqual([text, page]);
});

test("a percentage that rounds to nothing at the digits asked for has no sign", () => {
  expect([12.5, -12.5, -0.04].map((value_pct) => percentWords(value_pct, "-", 1))).toEqual([
    "+12.5 %",
    "-12.5 %",
    "0.0 %",
  ]);
});

test("`toThousandth` rounds to a thousandth, and `figure` removes only the error of a division", () => {
  expect([0.0004, 0.0005, 2.71828].map(toThousandth)).toEqual([0, 0.001, 2.718]);
  expect([0.1 + 0.2, 1e-6, 123_456_789].map(figure)).toEqual(["0.3", "0.000001", "123456789"]);
});
