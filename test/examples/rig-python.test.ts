// The rig package of python/: its own tests, and the example of a rig test, run by pytest with the package as pip installs
// it from this repository. All of it is against a real `cistern serve`. Its types: python-types.prove.ts.

import type { ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cisternWords, endAll, root, start } from "./example";
import { pythonForRigs } from "./python";

const folder = mkdtempSync(join(tmpdir(), "cistern-rig-python-"));
const source = join(folder, "python");
const installed = join(folder, "installed");
const children: ChildProcess[] = [];
let python: string;

/** Runs Python in a folder, with the package as it is installed. */
async function run(where: string, args: string[]): Promise<{ code: number | null; out: string }> {
  const running = start(children, ["env", "-C", where, python, "-B", ...args], {
    CISTERN: cisternWords.join(" "),
    PYTHONPATH: installed,
  });
  const code = await running.over;
  return { code, out: running.out + running.err };
}

const pytest = (where: string, ...args: string[]) =>
  run(where, ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--cistern-evidence", join(folder, "evidence"), ...args]);

beforeAll(async () => {
  python = pythonForRigs();
  // setuptools writes beside what it installs.
  cpSync(join(root, "python"), source, { recursive: true });
  const pip = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--no-index",
    "--no-build-isolation",
    "--target",
    installed,
  ];
  const { code, out } = await run(folder, [...pip, source]);
  expect(code, out).toBe(0);
});
afterEach(() => endAll(children));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("HIL-8: the rig package for Python", () => {
  test("is what pip installs, with its plug-in, types and no file more", () => {
    const files = readdirSync(join(installed, "cistern_rig")).filter((name) => name !== "__pycache__");
    expect(files.sort()).toEqual(
      readdirSync(join(root, "python", "cistern_rig"))
        .filter((name) => name !== "__pycache__")
        .sort(),
    );
    expect(files).toContain("py.typed");
  });

  test("passes its own tests against a real pump", async () => {
    const { code, out } = await pytest(join(root, "python"), "tests");
    expect(out).toMatch(/^\d+ passed in/m);
    expect(code, out).toBe(0);
  });

  test("makes a rig test of ten lines, whose example passes", async () => {
    const example = join(root, "examples", "rig-python");
    const { code, out } = await pytest(example);
    expect(out).toContain("2 passed");
    expect(code, out).toBe(0);
    const lines = readFileSync(join(example, "test_rig.py"), "utf8").split("\n");
    const begin = lines.findIndex((line) => line.startsWith("def test_a_stall"));
    expect(lines.slice(begin).findIndex((line) => line === "")).toBeLessThanOrEqual(10);
  });

  test("fails the example on a pump that gives less, and keeps the evidence", async () => {
    const less = join(folder, "less");
    cpSync(join(root, "examples", "rig-python"), less, { recursive: true });
    const scenario = readFileSync(join(less, "quiet-pump.yaml"), "utf8");
    writeFileSync(join(less, "quiet-pump.yaml"), scenario.replace("volume: 5 uL", "volume: 4 uL"));
    const { code, out } = await pytest(less, "-k", "bolus");
    expect(out).toContain("assert 16 == 20");
    expect(out).toContain("cistern: evidence in");
    expect(readdirSync(join(folder, "evidence")).join()).toContain("test_a_bolus_is_given_once_in_its_lockout");
    expect(code).toBe(1);
  });

  test("says in one line that there is no cistern on the machine", async () => {
    const { out } = await pytest(join(root, "examples", "rig-python"), "-k", "bolus", "--cistern", "no-such-program");
    expect(out).toContain("cannot start cistern: there is no program `no-such-program`; install Node 20 or newer");
  });
});
