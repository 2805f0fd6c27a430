// The first quarter of an hour of each scenario that ships, tick by tick; scenarios.prove.ts takes six hours.

import { expect, test } from "vitest";
import { HOUR } from "../pump";
import { ran, SHIPPED } from "./shipped";

const COMPARED_TICKS = HOUR / 4;

test.each(SHIPPED)("EMU-1: scenarios/%s gives the same run in both gears over a quarter of an hour", (file) => {
  expect(ran(file, "lockstep", COMPARED_TICKS).fingerprint).toBe(ran(file, "leap", COMPARED_TICKS).fingerprint);
});
