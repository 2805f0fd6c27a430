// Every bit of the controller's memory, flipped in one mode of therapy each: no dose beyond what a healthy pump gives, and an
// alarm unless the flip was harmless (RAM-1, RAM-2).

import { expect, test } from "vitest";
import { flipPart, modes } from "./bit-flip";

test.each(modes)(
  "RAM-1, RAM-2: after any bit flip in mode %s the pump gives no more, and raises an alarm unless nothing changed",
  (mode) => {
    const { harm, detected } = flipPart(mode, 1);
    expect(harm).toEqual([]);
    expect(detected).toBeGreaterThan(1_000);
  },
);
