// The search for the first tick after which two runs differ, over made-up runs whose difference is known.

import { describe, expect, test } from "vitest";
import { findingsOfTwice, firstDifference, type GearRow, type GearRun } from "../../emulator/run/twice";

/** A run whose machine is another one after each tick of `from`. */
function runThatDiffers(from: number | null, ticks: number[] = []): GearRun {
  let at = 0;
  return {
    get tick() {
      return at;
    },
    advance: (tick) => {
      at = tick;
      ticks.push(tick);
    },
    fingerprints: () => ({ machine: from !== null && at > from ? "b" : "a", controller: "c" }),
  };
}

const never = () => Promise.resolve(false);
const pairOf = (from: number | null) => () => Promise.resolve([runThatDiffers(null), runThatDiffers(from)] as const);

describe("firstDifference", () => {
  test.each([0, 1, 63, 64, 65, 4095, 999_999, 123_456_789])(
    "EMU-1: finds tick %i among a billion, whatever the stretch",
    async (tick) => {
      expect(await firstDifference(pairOf(tick), 1_000_000_000, never)).toBe(tick);
    },
  );

  test("EMU-1: finds the only tick of a run of one tick", async () => {
    expect(await firstDifference(pairOf(0), 1, never)).toBe(0);
  });

  test("EMU-1: stops at no more moments than its pairs have", async () => {
    const ticks: number[] = [];
    const open = () => Promise.resolve([runThatDiffers(null), runThatDiffers(777_777, ticks)] as const);
    expect(await firstDifference(open, 1_000_000_000, never)).toBe(777_777);
    expect(ticks.length).toBeLessThan(6 * 65);
  });

  test("EMU-6: ends with the last known tick when the next pair does not differ, or differs before", async () => {
    const later = [900, null];
    const open = (ticks: (number | null)[]) => () => pairOf(ticks.length > 1 ? ticks.shift()! : ticks[0])();
    expect(await firstDifference(open(later), 6400, never)).toBe(999);
    expect(await firstDifference(open([900, 10]), 6400, never)).toBe(10);
  });

  test("EMU-6: gives no tick when it is stopped", async () => {
    expect(await firstDifference(pairOf(5), 1000, () => Promise.resolve(true))).toBeNull();
  });
});

describe("findings of --twice", () => {
  const row = (gear: GearRow["gear"], more: Partial<GearRow> = {}): GearRow => ({
    gear,
    ended_tick: 100,
    ticks_executed: 10,
    ticks_leapt: gear === "leap" ? 90 : 0,
    machine: "m1",
    controller: "c1",
    ...more,
  });

  test("EMU-6: there is none when both gears did the same and one of them has leapt", () => {
    expect(findingsOfTwice([row("leap"), row("lockstep")], null)).toEqual([]);
    expect(findingsOfTwice([row("lockstep"), row("leap")], null)).toEqual([]);
  });

  test.each<[string, Partial<GearRow>, string]>([
    ["machines", { machine: "m2" }, "machine m1 in leap and m2 in lockstep"],
    ["controllers", { controller: "c2" }, "controller c1 in leap and c2 in lockstep"],
    ["ends", { ended_tick: 50 }, "end 1 s in leap and 500 ms in lockstep"],
  ])(
    "EMU-6: %s that differ are named, with both values and the tick, and nothing that is equal is",
    (_, more, words) => {
      const [finding, ...others] = findingsOfTwice([row("leap"), row("lockstep", more)], 7);
      expect(finding).toEqual({
        at_tick: 7,
        kind: "gears",
        weight: "invalid",
        text: `the two gears differ, first after tick 7 (70 ms): ${words}`,
      });
      expect(others).toEqual([]);
    },
  );

  test("EMU-6: two equal runs prove nothing when the leap gear never leapt", () => {
    const [finding] = findingsOfTwice([row("leap", { ticks_leapt: 0 }), row("lockstep")], null);
    expect(finding).toMatchObject({ weight: "invalid", text: expect.stringContaining("never leapt") as string });
  });
});
