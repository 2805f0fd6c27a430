// Where the warnings of a scenario are printed: with the report of a run, on stderr beside JSON, and beside a refusal.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cisternHere } from "../program";
import { minimal } from "../scenario/example";

const folder = mkdtempSync(join(tmpdir(), "cistern-warnings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ODD = minimal("timeline: [{ at: 1 h, fault: motor_stall, for: 30 h }]\n").replace("24 h", "2 h");
writeFileSync(join(folder, "odd.yaml"), ODD);
writeFileSync(join(folder, "bad.yaml"), ODD.replace("drugs:", "drgs:"));

const TEXT = "timeline[0].for: the fault lasts to 1 d 7 h, and the run ends at 2 h";
const WARNING = `odd.yaml:4:48: warning: ${TEXT}\n`;

const cistern = (...args: string[]) => cisternHere(folder, args);

describe("a warning (EMU-10)", () => {
  test("is a section of the report of a run", async () => {
    const { out, err } = await cistern("run", "odd.yaml");
    expect(out).toContain(`\n  warnings\n    4:48: ${TEXT}\n`);
    expect(err).toBe("");
  });

  test("is on stderr, and in `warnings` with its place, when stdout is JSON", async () => {
    const { out, err } = await cistern("run", "--json", "odd.yaml");
    expect(err).toBe(`cistern: ${WARNING}`);
    expect((JSON.parse(out) as { warnings: object[] }).warnings).toEqual([{ text: TEXT, line: 4, column: 48 }]);
  });

  test("is printed by `validate`, which still says ok", async () => {
    expect(await cistern("validate", "odd.yaml")).toEqual({ code: 0, out: "ok  odd.yaml  odd\n", err: WARNING });
    const { out, code } = await cistern("validate", "--json", "odd.yaml");
    expect([code, (JSON.parse(out) as { files: { warnings: object[] }[] }).files[0].warnings]).toEqual([
      0,
      [{ text: TEXT, line: 4, column: 48 }],
    ]);
  });

  test("stands beside the problems of a file that is refused", async () => {
    const { code, out, err } = await cistern("run", "bad.yaml");
    expect([code, out]).toEqual([2, ""]);
    const [problem, ...rest] = err.split("\n");
    expect(problem).toContain("cistern: bad.yaml:2:1: drgs: unknown key `drgs`: the nearest known one is `drugs`");
    expect(rest.join("\n")).toBe(`cistern: ${WARNING.replace("odd", "bad")}`);
  });
});
