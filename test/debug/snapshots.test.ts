// Snapshots that share what is alike, against the states themselves: each is restored as it was, whichever came between and
// whichever were dropped, and nothing is left when all are.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { serviceLife } from "../../bench/scenarios";
import { Snapshots, type PackedRun } from "../../emulator/debug/snapshots";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun, type SavedRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { TICKS_PER_MINUTE } from "../../hal/units";
import { runs } from "../effort";

const SHARED_BYTES_MAX = 16_000;

/** Values of few kinds, so that many are alike, and lists and arrays of more than a page. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>(0, -0, 1, true, null, "text"),
    fc.record({ length: fc.nat(1500), at: fc.nat(1500) }).map(({ length, at }) => {
      return Uint8Array.from({ length }, (_, i) => Number(i === at));
    }),
    fc.record({ length: fc.nat(600), at: fc.nat(600) }).map(({ length, at }) => {
      return Array.from({ length }, (_, i) => (i === at ? 1 : 0));
    }),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.record({ a: tie("any"), b: tie("any") }, { requiredKeys: ["a"], noNullPrototype: true }),
  ),
})).any;

const act = fc.oneof(
  fc.record({ keep: value, like: fc.nat(9) }),
  fc.record({ again: fc.nat(9) }),
  fc.record({ drop: fc.nat(9) }),
);

test("each snapshot is restored as it was, and when all are dropped no byte is left", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
      const snapshots = new Snapshots();
      const all: { state: unknown; kept: PackedRun }[] = [];
      const keep = (state: unknown, like: PackedRun | null) => {
        const saved = { machine: { tick: 0 }, state } as unknown as SavedRun;
        all.push({ state: structuredClone(saved), kept: snapshots.keep(saved, {}, like) });
      };
      for (const each of acts) {
        if ("keep" in each) keep(each.keep, all[each.like]?.kept ?? null);
        else if ("again" in each) {
          const before = all.at(each.again);
          if (before !== undefined) keep((structuredClone(before.state) as { state: unknown }).state, before.kept);
        } else for (const { kept } of all.splice(each.drop, 1)) snapshots.drop(kept);
        for (const { state, kept } of all) expect(snapshots.restore(kept)).toStrictEqual(state);
      }
      for (const { kept } of all) snapshots.drop(kept);
      expect(snapshots.bytes).toBe(0);
    }),
    { numRuns: runs(200) },
  );
});

test("one of a minute later takes less than 16 kB of its own, and one of the same moment nothing", () => {
  const scenario = parseScenario(serviceLife(1), "a day");
  const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
  const snapshots = new Snapshots();
  run.advance(100 * TICKS_PER_MINUTE);
  const first = snapshots.keep(run.save(), run, null);
  const whole = snapshots.bytes;
  const same = snapshots.keep(run.save(), run, first);
  expect(snapshots.bytes).toBe(whole);
  run.advance(101 * TICKS_PER_MINUTE);
  snapshots.keep(run.save(), run, same);
  expect(snapshots.bytes - whole).toBeLessThan(SHARED_BYTES_MAX);
  expect(snapshots.bytes - whole).toBeGreaterThan(0);
});
