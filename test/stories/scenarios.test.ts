// Every scenario that ships is a story with an end: it passes, and states the harms that it does.

import { describe, expect, test } from "vitest";
import { HAZARD_IDS } from "../../emulator/contract/hazards";
import { ran, SHIPPED, shipped } from "./shipped";

describe.each(SHIPPED)("scenarios/%s", (file) => {
  test("passes", () => {
    const report = ran(file, "leap");
    expect(report.expectations.filter((row) => !row.ok)).toEqual([]);
    expect([report.verdict, report.reason]).toEqual(["pass", null]);
    expect(report.expectations.length).toBeGreaterThan(2);
    // EMU-8: every harm of a story is stated in it, also one that an alarm names in its time.
    expect(report.harms.filter(({ expected }) => !expected)).toEqual([]);
  });

  test("EMU-8: states with each harm the hazard that it comes from", () => {
    const harms = shipped(file).expect.filter(({ kind }) => kind === "harm");
    const stated = harms.map((each) => ("hazard" in each ? each.hazard : null));
    expect(stated.filter((id) => id === null || !HAZARD_IDS.includes(id))).toEqual([]);
  });
});
