// The shards of a campaign and their merge: the report of one machine, whatever the number of shards and the order of their units.

import * as fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Results } from "../../emulator/campaign/results";
import { parseShardFile, type ShardFile } from "../../emulator/campaign/shard-file";
import type { Unit } from "../../emulator/campaign/unit";
import { playCampaign } from "../../emulator/check/campaign";
import type { Engine } from "../../emulator/check/engine";
import { mergeShards as mergeWith, type NamedShard } from "../../emulator/check/shards";
import { cisternHere } from "../program";
import { drawnEngine, resultOf, setupOf, timeless } from "./units";

const mergeShards = (shards: readonly NamedShard[]) => mergeWith(shards, (path) => path);
const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "cistern-shards-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function play(seed: number, runs: number, index = 1, of = 1) {
  const setup = { ...setupOf(seed, runs), shard: { index, of } };
  return playCampaign(setup, drawnEngine(seed + index), never, () => undefined);
}

/** The shards as they come back from their files. */
async function shardsOf(seed: number, runs: number, of: number) {
  const played = await Promise.all(Array.from({ length: of }, (_, i) => play(seed, runs, i + 1, of)));
  return played.map(({ shard }, i) => {
    const file = parseShardFile(JSON.stringify(shard));
    if (typeof file === "string") throw new Error(file);
    return { path: `${i + 1}`, file };
  });
}

describe("PRP-4: shards of a campaign", () => {
  test("give the report of one machine, with failures, in any order, with units that came twice", async () => {
    const law = fc.asyncProperty(
      fc.integer({ min: 0, max: 1000 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 7 }),
      async (seed, runs, wished) => {
        const of = Math.min(wished, Math.ceil(runs / 16));
        const whole = await play(seed, runs);
        const shards = await shardsOf(seed, runs, of);
        expect(timeless(mergeShards(shards.reverse()))).toEqual(timeless(whole.report));
      },
    );
    await fc.assert(law, { numRuns: 60 });
  });

  test("of which one or one of its units is missing prove nothing, and the merge says which", async () => {
    const shards = await shardsOf(5, 100, 3);
    const without = mergeShards(shards.filter(({ path }) => path !== "2"));
    expect(without.findings.map(({ text }) => text)).toContain("shard 2/3 is missing");
    const last = shards[2].file;
    const shorter: ShardFile = { ...last, results: last.results.slice(1) };
    const text = `1 units have no result, the first is ${last.results[0].unit}`;
    const gaps = mergeShards([shards[0], shards[1], { path: "3", file: shorter }]).findings.filter(
      (finding) => finding.weight === "invalid" && finding.text === text,
    );
    expect(gaps).toHaveLength(1);
    const halted = mergeShards([shards[0], shards[1], { path: "3", file: { ...last, interrupted: true } }]);
    expect(halted.findings.map((finding) => finding.text)).toContain("shard 3/3 was interrupted");
  });

  test("of two campaigns are refused, and the line names what differs", async () => {
    const [one] = await shardsOf(1, 100, 2);
    const { head, plan } = one.file;
    const others: [string, Partial<ShardFile>][] = [
      ["found build c, expected b", { head: { ...head, build: "c" } }],
      ["found controller f00, expected reference", { head: { ...head, controller: { name: "c", hash: "f00" } } }],
      ["found seed 2, expected 1", { head: { ...head, seed: 2 } }],
      ["found --runs 99, expected 100", { plan: { ...plan, runs: 99 } }],
      ["found corpus a (ff), expected none", { plan: { ...plan, corpus: ["a"], corpusHash: "ff" } }],
      ["found number of shards 3, expected 2", { shard: { index: 2, of: 3 } }],
    ];
    for (const [words, other] of others) {
      expect(() => mergeShards([one, { path: "x/units.json", file: { ...one.file, ...other } }])).toThrow(
        `x/units.json: ${words}`,
      );
    }
  });
});

describe("PRP-4: results of one unit", () => {
  const unit: Unit = {
    ...{ kind: "seek", id: "hours 0000000", build: "b", controller: "reference", property: "all" },
    ...{ profile: "hours", seed: 1, from: 0, count: 16 },
  };
  const result = resultOf(unit, 5);
  if (result.kind !== "seek") throw new Error("expected a result of seeking");

  test("that differ in the time alone are one", () => {
    const results = new Results();
    expect([results.add(result), results.add({ ...result, core_ms: 6 })]).toEqual([true, false]);
    expect(results.flaws()).toEqual([]);
  });

  test("that differ otherwise are a finding, and the same one counts in either order", () => {
    const other = { ...result, ticks: result.ticks + 1 };
    const counted = [[result, other] as const, [other, result] as const].map((both) => {
      const results = new Results();
      for (const each of both) results.add(each);
      expect(results.flaws()).toEqual([
        "hours 0000000: two results of this unit differ, so the controller or the build does",
      ]);
      return results.byUnit.get(unit.id);
    });
    expect(counted[0]).toEqual(counted[1]);
  });

  test("of which one ended early for want of time are no finding, and the longer one counts", () => {
    const results = new Results();
    for (const cases of [9, 16, 12]) results.add({ ...result, cases });
    expect(results.byUnit.get(unit.id)).toMatchObject({ cases: 16 });
    expect(results.flaws()).toEqual([]);
  });
});

test("PRP-3: under a time limit a quarter is left for shrinking, and each unit is told how long it may take", async () => {
  const left: { kind: string; left_ms: number }[] = [];
  const drawn = drawnEngine(7);
  const engine: Engine = {
    ...drawn,
    run: (next, stop, onOutcome, leftFor) => {
      let given = 0;
      const few = (): Unit | null => {
        const unit = given++ < 8 ? next() : null;
        if (unit !== null) left.push({ kind: unit.kind, left_ms: leftFor!(unit) });
        return unit;
      };
      return drawn.run(few, stop, onOutcome);
    },
  };
  const time_ms = 1_000_000;
  const setup = { ...setupOf(7, 1000), runs: null, time_ms, spent_ms: 500_000 };
  await playCampaign(setup, engine, never, () => undefined);
  const kinds = new Set(left.map(({ kind }) => kind));
  expect([...kinds]).toEqual(["seek", "shrink"]);
  for (const { kind, left_ms } of left) {
    expect(left_ms).toBeLessThanOrEqual(kind === "seek" ? 250_000 : 500_000);
    expect(left_ms).toBeGreaterThan(kind === "seek" ? 0 : 250_000);
  }
});

describe("bad input", () => {
  test.each(["0/3", "4/3", "a/b"])("--shard %s is refused in a line", async (shard) => {
    const { code, out, err } = await cisternHere(folder, ["check", "--runs", "100", "--shard", shard, "--out", "none"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe(
      `cistern: --shard: found ${shard}, expected I/N with I from 1 to N and N up to 10000, such as 1/4\n`,
    );
  });

  test("more shards than units, no folder, no shard in it, and a shard that is none are a line each", async () => {
    const { shard } = await play(1, 20);
    const write = (name: string, text: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "units.json"), text);
    };
    write("torn", JSON.stringify(shard).slice(0, 300));
    write("other", '{"schema":"cistern.run/1"}');
    write("lame", JSON.stringify({ ...shard, results: [{ kind: "seek" }] }));
    mkdirSync(join(folder, "empty"));
    const lines = await Promise.all(
      [
        ["check", "--runs", "32", "--shard", "1/3"],
        ["merge", "nowhere"],
        ["merge", "empty"],
        ["merge", "torn"],
        ["merge", "other", "--out", "made"],
        ["merge", "lame", "--json"],
      ].map((args) => cisternHere(folder, args)),
    );
    expect(lines.map(({ code, out }) => [code, out])).toEqual(lines.map(() => [2, ""]));
    expect(lines.map(({ err }) => err)).toEqual([
      "cistern: --shard: found 3 shards, expected 2 at most: 32 cases of the profile hours are 2 units of work\n",
      "cistern: nowhere: found no folder, expected one that check --out wrote\n",
      "cistern: empty: found no units.json and no units-I-of-N.json in it or in its folders\n",
      "cistern: torn/units.json: found no JSON; expected the units of a campaign\n",
      'cistern: other/units.json: schema: Invalid input: expected "cistern.units/1"; expected the units of a campaign\n',
      "cistern: lame/units.json: results.0.unit: Invalid input: expected string, received undefined; expected the units of a campaign\n",
    ]);
  });

  test("a merge of failing shards exits with 1, and writes their scenarios", async () => {
    const shards = await shardsOf(3, 64, 2);
    mkdirSync(join(folder, "both"));
    for (const { path, file } of shards) {
      writeFileSync(join(folder, "both", `units-${path}-of-2.json`), JSON.stringify(file));
    }
    const { code, out, err } = await cisternHere(folder, ["merge", "both", "--json", "--out", "merged"]);
    expect([code, err]).toEqual([1, ""]);
    expect(timeless(JSON.parse(out))).toEqual(timeless((await play(3, 64)).report));
  });
});
