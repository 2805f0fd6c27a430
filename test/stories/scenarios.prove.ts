// Every tick of the first six hours of each scenario that ships, and the long ones to their ends.

import { expect, test } from "vitest";
import { HOUR } from "../pump";
import { expectStory, LONG, ran, SHIPPED } from "./shipped";

const COMPARED_TICKS = 6 * HOUR;

test.each(SHIPPED)("EMU-1: scenarios/%s gives the same run in both gears over six hours", (file) => {
  expect(ran(file, "lockstep", COMPARED_TICKS).fingerprint).toBe(ran(file, "leap", COMPARED_TICKS).fingerprint);
});

test.each(LONG)("scenarios/%s passes, and its controller makes no call outside of the contract (HIL-5)", expectStory);
