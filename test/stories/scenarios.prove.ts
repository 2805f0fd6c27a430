// Every tick of the first twelve hours of each scenario that ships.

import { expect, test } from "vitest";
import { HOUR } from "../pump";
import { ran, SHIPPED } from "./shipped";

const COMPARED_TICKS = 12 * HOUR;

test.each(SHIPPED)("EMU-1: scenarios/%s gives the same run in both gears over twelve hours", (file) => {
  expect(ran(file, "lockstep", COMPARED_TICKS).fingerprint).toBe(ran(file, "leap", COMPARED_TICKS).fingerprint);
});
