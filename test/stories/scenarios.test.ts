// Every scenario that ships is a story with an end: it passes, and states the harms that it does. Those that take seconds are in
// scenarios.prove.ts.

import { describe, expect, test } from "vitest";
import { HAZARD_IDS } from "../../emulator/contract/hazards";
import { expectStory, LONG, SHIPPED, shipped } from "./shipped";

describe("a scenario that ships passes, and its controller makes no call outside of the contract (HIL-5)", () => {
  test.each(SHIPPED.filter((file) => !LONG.includes(file)))("scenarios/%s", expectStory);
});

test.each(SHIPPED)("EMU-8: scenarios/%s states with each harm the hazard that it comes from", (file) => {
  const harms = shipped(file).expect.filter(({ kind }) => kind === "harm");
  const stated = harms.map((each) => ("hazard" in each ? each.hazard : null));
  expect(stated.filter((id) => id === null || !HAZARD_IDS.includes(id))).toEqual([]);
});
