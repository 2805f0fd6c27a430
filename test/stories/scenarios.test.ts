// Every scenario that ships is a story with an end: it passes, and both gears tell its first hours alike. scenarios.prove.ts compares
// more of them.

import { describe, expect, test } from "vitest";
import { HOUR } from "../pump";
import { ran, SHIPPED } from "./shipped";

/** Every tick executed is slow: half a second for six hours. */
const COMPARED_TICKS = 2 * HOUR;

describe.each(SHIPPED)("scenarios/%s", (file) => {
  test("passes", () => {
    const report = ran(file, "leap");
    expect(report.expectations.filter((row) => !row.ok)).toEqual([]);
    expect([report.verdict, report.reason]).toEqual(["pass", null]);
    expect(report.expectations.length).toBeGreaterThan(2);
  });

  test("EMU-1: gives the same run in both gears", () => {
    expect(ran(file, "lockstep", COMPARED_TICKS).fingerprint).toBe(ran(file, "leap", COMPARED_TICKS).fingerprint);
  });
});
