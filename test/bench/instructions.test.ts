// The comparison of instruction counts with those that were kept.

import { expect, test } from "vitest";
import { risen } from "../../bench/kept-counts";

test("a count that rose by more than 5 % is named with both counts, and no other is", () => {
  const kept = { "instructions a quiet tick": 100, "instructions a pulse": 1000, "no longer counted": 1 };
  expect(risen({ "instructions a quiet tick": 105, "instructions a pulse": 1051, "counted since": 9 }, kept)).toEqual([
    "instructions a pulse: 1051, and 1000 before",
  ]);
});
