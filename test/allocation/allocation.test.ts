// A tick allocates nothing (EMU-2): one row of the matrix of allocation.prove.ts, and that the meter finds what it must.

import { afterAll, expect, test } from "vitest";
import { EXAMPLE } from "../scenario/example";
import { openMeter } from "./meter";
import { CLEAN_BYTES } from "./reading";

const meter = await openMeter();
afterAll(() => meter.close());

const tape = meter.record(EXAMPLE, "leap", (run) => run.advance(run.end_ticks));

test.each([true, false])(
  "EMU-2: a day with boluses, denials and a stall allocates nothing (optimised: %s)",
  (isOptimised) => {
    expect(meter.read(tape, isOptimised).bytes).toBeLessThanOrEqual(CLEAN_BYTES);
  },
);

test("EMU-2: the meter finds an object a tick", () => {
  expect(meter.read(tape, true, "object").bytes).toBeGreaterThan(CLEAN_BYTES);
});
