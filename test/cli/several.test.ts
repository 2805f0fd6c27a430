// Several scenarios in one call of `cistern run`, and `cistern validate`: files, folders and the standard input, a line for each, and
// the worst verdict as the exit code.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { worstOf } from "../../emulator/cli/exit";
import type { RunReport } from "../../emulator/run/report";
import { cisternHere, cisternIn, cisternPath, type Ended } from "../program";
import { interrupted } from "./interrupted";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), "cistern-several-"));
const inFolder = (...names: string[]) => join(folder, ...names);

const QUIET = readFileSync(join(root, "test", "cases", "quiet.yaml"), "utf8");
const FAILS = `${QUIET.replace("name: quiet", "name: fails")}expect: [{ delivered: { to: 1 h, min: 1 mL } }]\n`;
const IDLE = `${QUIET.replace("name: quiet", "name: idle")}timeline: [{ at: 10 min, fault: guard_dead }]\n`;
const BAD = QUIET.replace("duration:", "duratoin:");

beforeAll(() => {
  for (const [name, text] of [
    ["good.yaml", QUIET],
    ["fails.yaml", FAILS],
    ["idle.yml", IDLE],
    ["bad.yaml", BAD],
  ]) {
    writeFileSync(inFolder(name), text);
  }
  mkdirSync(inFolder("suite", "deep"), { recursive: true });
  mkdirSync(inFolder("suite", ".hidden"));
  mkdirSync(inFolder("suite", "node_modules"));
  mkdirSync(inFolder("empty"));
  for (const [name, text] of [
    ["b.yaml", QUIET],
    ["a.yml", QUIET],
    ["deep/c.yaml", QUIET],
    [".hidden/d.yaml", BAD],
    ["node_modules/e.yaml", BAD],
    ["notes.txt", "no scenario"],
  ]) {
    writeFileSync(inFolder("suite", ...name.split("/")), text);
  }
  symlinkSync("b.yaml", inFolder("suite", "z.yaml"));
  symlinkSync(".", inFolder("suite", "loop"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cistern = (args: string[], input = ""): Promise<Ended> =>
  input === "" ? cisternHere(folder, args) : cisternIn(folder, args, input);

describe("cistern run with several scenarios", () => {
  test("EMU-6: prints one line for each, then what went wrong, and the count as the last line", async () => {
    const { code, out, err } = await cistern(["run", "good.yaml", "fails.yaml", "idle.yml"]);
    expect([code, err]).toEqual([1, ""]);
    const why = "expected delivered 0 s to 1 h: at least 1 mL; seen: 0.004 mL";
    expect(out.split("\n")).toEqual([
      "PASS     good.yaml  quiet",
      `FAIL     fails.yaml  fails: ${why}`,
      "INVALID  idle.yml  idle: the fault guard_dead of 10 min never acted",
      "",
      "did not pass",
      "  fails.yaml  FAIL",
      `    1 h: ${why}`,
      "  idle.yml  INVALID",
      "    the fault guard_dead of 10 min never acted",
      "",
      "3 scenarios: 1 pass, 1 fail, 1 invalid",
      "",
    ]);
  });

  test("runs the YAML files in and below a folder by name, each once, without hidden folders and node_modules", async () => {
    const { code, out } = await cistern(["run", "suite", "suite/b.yaml", "./suite/a.yml"]);
    expect(code).toBe(0);
    const files = out.split("\n").flatMap((line) => /^PASS {5}(\S+)/.exec(line)?.[1] ?? []);
    expect(files).toEqual(["suite/a.yml", "suite/b.yaml", "suite/deep/c.yaml"]);
    expect(out.trimEnd().split("\n").at(-1)).toBe("3 scenarios: 3 pass");
  });

  test("reads one scenario from the standard input, with the report of a single run, and problems at its place", async () => {
    const { code, out } = await cistern(["run", "-"], QUIET);
    expect([code, out.split("\n")[0]]).toEqual([0, "quiet  PASS"]);
    const bad = await cistern(["run", "-"], BAD);
    expect([bad.code, bad.err]).toEqual([2, expect.stringMatching(/^cistern: <stdin>:3:1: .*duratoin/)]);
    const both = await cistern(["run", "-", "good.yaml"], QUIET);
    expect([both.code, both.out]).toEqual([0, expect.stringContaining("PASS     <stdin>  quiet\nPASS     good.yaml")]);
  });

  test.each([
    [2, ["good.yaml", "bad.yaml", "fails.yaml"]],
    [2, ["nosuch.yaml", "good.yaml"]],
    [1, ["idle.yml", "fails.yaml", "good.yaml"]],
    [4, ["good.yaml", "idle.yml"]],
    [0, ["good.yaml", "suite"]],
  ])("EMU-6: exits with %i for the worst of %j, and runs the others", async (exit, files) => {
    const { code, out } = await cistern(["run", ...files]);
    expect(code).toBe(exit);
    expect(out).toMatch(/^PASS {5}good\.yaml {2}quiet$/m);
  });

  test.each([
    [[0, 4], 4],
    [[4, 1, 0], 1],
    [[1, 2, 4], 2],
    [[2, 3, 1], 3],
    [[3, 130, 2], 130],
    [[], 0],
  ])("EMU-6: of the codes %j the worst is %i", (codes, worst) => expect(worstOf(codes)).toBe(worst));

  test("--json prints one value with every report and every problem", async () => {
    const { code, out } = await cistern(["run", "good.yaml", "bad.yaml", "idle.yml", "--json"]);
    expect(out.trim().split("\n")).toHaveLength(1);
    const value = JSON.parse(out) as { runs: (RunReport & { file: string; error?: string })[] };
    expect(code).toBe(2);
    expect(value).toMatchObject({
      schema: "cistern.runs/1",
      exit_code: 2,
      counts: { pass: 1, fail: 0, invalid: 1, interrupted: 0, error: 1, not_run: 0 },
    });
    expect(value.runs.map(({ file, verdict, schema }) => [file, schema, verdict])).toEqual([
      ["good.yaml", "cistern.run/1", "pass"],
      ["bad.yaml", undefined, undefined],
      ["idle.yml", "cistern.run/1", "invalid"],
    ]);
    expect(value.runs[1].error).toMatch(/^bad\.yaml:3:1: .*duratoin/);
    const one = await cistern(["run", "empty/../suite/deep", "--json"]);
    expect(JSON.parse(one.out)).toMatchObject({
      schema: "cistern.runs/1",
      runs: [{ file: expect.any(String) as string }],
    });
  });

  test.each([
    [["--trace", "a.csv", "--report", "b.html"], "--trace, --report: found 2 scenarios, expected one"],
    [["--save", "a.snapshot"], "--save: found 2 scenarios, expected one"],
    [["--from", "a.snapshot"], "--from: found 2 scenarios, expected one"],
    [["--board", "serial:/dev/null"], "--board: found 2 scenarios, expected one"],
    [["--junit", "good.yaml"], "--junit: found good.yaml, which is the scenario good.yaml too"],
    [["--time-limit", "0 s"], "--time-limit: found 0 s"],
    [["--seed", "x"], "--seed: found x"],
  ])("EMU-3: %j is refused before anything runs", async (options, message) => {
    const { code, out, err } = await cistern(["run", "good.yaml", "fails.yaml", ...options]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
  });

  test.each([
    [["empty"], "empty: found no scenario in it, expected files that end in .yaml or .yml"],
    [["-", "-"], "found - twice, expected the standard input once"],
  ])("EMU-3: %j is refused", async (names, message) => {
    const { code, err } = await cistern(["run", ...names]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("EMU-9: an interrupt ends the run under way, the rest is not run, and all is written", async () => {
    const long = inFolder("long.yaml");
    writeFileSync(long, QUIET.replace("duration: 1 h", "duration: 3000 d"));
    const junit = inFolder("stopped.xml");
    const files = [long, inFolder("good.yaml"), inFolder("fails.yaml")];
    const { code, out } = await interrupted(
      [cisternPath, "run", ...files, "--gear", "lockstep", "--junit", junit],
      root,
    );
    expect(code).toBe(130);
    expect(out).toMatch(/^INTERRUPTED {2}\S+long\.yaml {2}quiet: interrupted$/m);
    expect(out).toMatch(/^- {6} {2}\S+fails\.yaml {2}not run$/m);
    expect(out.trimEnd().split("\n").at(-1)).toBe("3 scenarios: 1 interrupted, 2 not run");
    expect(readFileSync(junit, "utf8")).toContain('message="not run"');
  });
});

describe("cistern validate", () => {
  test("names each scenario that can be run, and runs none", async () => {
    const { code, out, err } = await cistern(["validate", "good.yaml", "fails.yaml"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toBe("ok  good.yaml  quiet\nok  fails.yaml  fails\n");
  });

  test("EMU-3: reports every problem of every file with its place, and exits with 2", async () => {
    writeFileSync(inFolder("worse.yaml"), BAD.replace("rate: 100 uL/day", "rate: 100"));
    const { code, out, err } = await cistern(["validate", "worse.yaml", "good.yaml", "bad.yaml", "nosuch.yaml"]);
    expect([code, out]).toEqual([2, "ok  good.yaml  quiet\n"]);
    expect(err).toMatch(/^worse\.yaml:3:1: .*duratoin/m);
    expect(err).toMatch(/^worse\.yaml:5:\d+: .*uL\/day/m);
    expect(err).toMatch(/^bad\.yaml:3:1: /m);
    expect(err).toMatch(/^nosuch\.yaml: .*no such file/m);
  });

  test("--json prints one value, and reads the standard input", async () => {
    const { code, out, err } = await cistern(["validate", "-", "suite", "--json"], BAD);
    expect([code, err, out.trim().split("\n").length]).toEqual([2, "", 1]);
    const { schema, files } = JSON.parse(out) as {
      schema: string;
      files: { file: string; ok: boolean; problems: string[] }[];
    };
    expect(schema).toBe("cistern.validate/1");
    expect(files.map(({ file, ok }) => [file, ok])).toEqual([
      ["<stdin>", false],
      ["suite/a.yml", true],
      ["suite/b.yaml", true],
      ["suite/deep/c.yaml", true],
    ]);
    expect(files[0].problems.join("\n")).toMatch(/^<stdin>:3:1: /);
    expect(existsSync(inFolder("junit.xml"))).toBe(false);
  });
});
