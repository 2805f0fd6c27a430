// LIM-8: the 24-hour total that a programmer shows before a commit is the one that the pump reckons with.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeProgram } from "../../emulator/telemetry/messages";
import { dayTotal } from "../../emulator/telemetry/program-totals";
import type { Program } from "../../emulator/telemetry/program";
import { Program as FirmwareProgram } from "../../firmware/program";
import { MemoryLatch } from "../../firmware/twin";
import { BARE, FLEX } from "./programs";

function pumpTotal(program: Program): number {
  const own = new FirmwareProgram(new MemoryLatch());
  own.adopt(encodeProgram(program));
  return own.total.get();
}

const bolus = fc.option(
  fc.record({
    pulses: fc.integer({ min: 1, max: 400 }),
    duration_s: fc.integer({ min: 60, max: 3600 }),
    lockout_min: fc.integer({ min: 60, max: 1440 }),
    per24h: fc.integer({ min: 1, max: 24 }),
  }),
);
const rate = fc.integer({ min: 0, max: 200_000 });
const steps = fc
  .uniqueArray(fc.integer({ min: 0, max: 1439 }), { minLength: 1, maxLength: 13 })
  .chain((minutes) =>
    fc.tuple(...minutes.sort((a, b) => a - b).map((minute) => rate.map((each) => ({ minute, rate: each })))),
  );
const flex = fc
  .array(steps, { minLength: 1, maxLength: 7 })
  .chain((patterns) =>
    fc
      .array(fc.integer({ min: 0, max: patterns.length - 1 }), { minLength: 7, maxLength: 7 })
      .map((weekdays): Program => ({ ...BARE, mode: "flex", rate: 0, flex: { patterns, weekdays } })),
  );
const periodic = fc
  .record({
    pulses: fc.integer({ min: 1, max: 400 }),
    duration_s: fc.integer({ min: 60, max: 900 }),
    every_min: fc.integer({ min: 15, max: 1440 }),
  })
  .map((each): Program => ({ ...BARE, mode: "periodic", rate: 0, periodic: each }));
const continuous = rate.map((each): Program => ({ ...BARE, rate: each }));

describe("LIM-8: the total that a programmer shows equals the pump's own", () => {
  test.each([
    ["continuous", BARE],
    ["flex", FLEX],
    ["minimum", { ...BARE, mode: "minimum" as const, rate: 0 }],
    ["stopped", { ...BARE, mode: "stopped" as const, rate: 0 }],
  ])("%s", (_, program) => {
    expect(dayTotal(program).total).toBe(pumpTotal(program));
  });

  test("for any program with any patient bolus", () => {
    fc.assert(
      fc.property(fc.oneof(continuous, periodic, flex), bolus, (program, given) => {
        const whole = { ...program, bolus: given };
        expect(dayTotal(whole).total).toBe(pumpTotal(whole));
      }),
      { numRuns: 300 },
    );
  });

  test("such as 560 pulses for 100 uL/day and eight boluses of 5 uL", () => {
    const program = { ...BARE, bolus: { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 8 } };
    expect(dayTotal(program)).toEqual({ basal: 400, boluses: 160, total: 560 });
  });
});
