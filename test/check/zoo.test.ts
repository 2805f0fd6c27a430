// The zoo's table, and two of its controllers through the command: a wrong one that must be found, and one that is right.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { scriptController } from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { ZOO, zooController } from "../../emulator/zoo/controllers";
import { patch } from "../../emulator/zoo/patch";
import { cisternHere } from "../program";
import { SETUP } from "../pump";

const folder = mkdtempSync(join(tmpdir(), "cistern-zoo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  name: string;
  outcome: string;
  ok: boolean;
  cases: number;
  entries: number | null;
}

describe("the zoo", () => {
  test("has thirty controllers with one fault each, of a known hazard, and three that are right", () => {
    const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "hazards.json"), "utf8");
    const ids = (JSON.parse(page) as { hazards: { id: string }[] }).hazards.map(({ id }) => id);
    const known = ids.flatMap((id) => id.split(", "));
    const wrong = ZOO.filter(({ hazard }) => hazard !== null);
    expect(wrong.length).toBeGreaterThanOrEqual(30);
    expect(wrong.filter(({ hazard }) => !known.includes(hazard!)).map(({ name }) => name)).toEqual([]);
    expect(ZOO.length - wrong.length).toBe(3);
    expect(new Set(ZOO.map(({ name }) => name)).size).toBe(ZOO.length);
    expect(new Set(ZOO.map(({ title }) => title)).size).toBe(ZOO.length);
  });

  test.each(ZOO.map(({ name }) => name))("changes a method that the firmware has: %s", (name) => {
    const machine = new Machine(
      SETUP,
      scriptController(name, (hal) => zooController(name, hal)),
    );
    machine.run(100);
    expect(machine.tick).toBe(100);
  });

  test("finds a row of its table that changes nothing", () => {
    expect(() => patch({}, "isLockedOut", (old) => old)).toThrow("Object has no method isLockedOut");
    expect(() => zooController("no-such", SETUP as never)).toThrow("the zoo has no no-such");
  });
});

describe("cistern zoo", () => {
  test("PRP-5: finds a wrong controller and blames none that is right; zoo.prove.ts has all of them", async () => {
    const bounds = ["--runs", "16"];
    const outputs = ["--json", "--out", "found", "--junit", "zoo.xml"];
    const words = ["zoo", "bolus-a-pulse-short", "right-and-minimal", ...bounds, ...outputs];
    const { code, out, err } = await cisternHere(folder, words);
    const { controllers } = JSON.parse(out) as { controllers: Result[] };
    const row = ({ name, outcome, ok, cases }: Result) => `${name} ${outcome} ${ok} ${cases}`;
    expect([controllers.map(row), code, err]).toEqual([
      ["bolus-a-pulse-short found true 16", "right-and-minimal held true 16"],
      0,
      "",
    ]);
    expect(controllers[0].entries).toBeLessThanOrEqual(5);
    expect(readdirSync(join(folder, "found"))).toEqual(["bolus-a-pulse-short.yaml"]);
    expect(readFileSync(join(folder, "zoo.xml"), "utf8")).toContain('tests="3"');
    // The file fails by itself.
    expect(await cisternHere(folder, ["replay", "found/bolus-a-pulse-short.yaml"])).toMatchObject({ code: 1 });
  });

  test("fails where a wrong controller is not found", async () => {
    const { code, out } = await cisternHere(folder, ["zoo", "catches-up-after-a-stall", "--runs", "1"]);
    expect(out).toMatch(/^held {2,}catches-up-after-a-stall/m);
    expect(out).toContain("0 of 1 wrong controllers were found");
    expect(code).toBe(1);
  });

  test("lists its controllers", async () => {
    const { code, out } = await cisternHere(folder, ["zoo", "--list"]);
    expect(out.trim().split("\n")).toHaveLength(ZOO.length);
    expect(code).toBe(0);
  });

  test.each([
    [["no-such"], "the zoo has no controller no-such; cistern zoo --list prints their names"],
    [["--time", "10 ms"], "--time: found 10 ms, expected 1 s to 1 h"],
    [["--runs", "0"], "--runs: found 0"],
    [["--workers", "0"], "--workers: found 0"],
  ])("refuses %j", async (words, sentence) => {
    const { code, err } = await cisternHere(folder, ["zoo", ...words]);
    expect(err).toContain(sentence);
    expect(code).toBe(2);
  });
});
