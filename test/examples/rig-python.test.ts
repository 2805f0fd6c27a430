// The rig test in Python, run as its README says against `cistern serve` over a pseudo-terminal: it holds for the pump that it was
// written for, and notices one that is another.

import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cisternWords, endAll, needTool, root, start } from "./example";

const example = join(root, "examples", "rig-python");
const folder = mkdtempSync(join(tmpdir(), "cistern-rig-python-"));
const children: ChildProcess[] = [];

beforeAll(() => needTool("python3", "python3"));
afterEach(() => endAll(children));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function rig(...args: string[]): Promise<{ code: number | null; lines: string[]; err: string }> {
  const running = start(children, ["python3", "-B", join(example, "rig.py"), ...args], {
    CISTERN: cisternWords.join(" "),
  });
  const code = await running.over;
  return { code, lines: running.out.trim().split("\n"), err: running.err };
}

describe("the example of a rig test in Python", () => {
  test("gives a bolus, stalls the motor and sees it recover", async () => {
    const { code, lines, err } = await rig();
    expect(lines.filter((line) => !line.startsWith("ok"))).toEqual(["all held"]);
    expect(lines).toContain("ok      it was given in full");
    expect(lines).toContain("ok      the stall raises its alarm");
    expect(lines).toContain("ok      it ends when the rotor turns again");
    expect([code, err]).toEqual([0, ""]);
  });

  test("fails on a pump that gives less", async () => {
    const path = join(folder, "less.yaml");
    const text = readFileSync(join(example, "quiet-pump.yaml"), "utf8");
    expect(text).toContain("volume: 5 uL");
    writeFileSync(path, text.replace("volume: 5 uL", "volume: 4 uL"));
    const { code, lines } = await rig(path);
    expect(lines).toContain("FAILED  of the size that was prescribed: seen 16");
    expect(lines).toContain("FAILED  it was given in full: seen 16");
    expect(code).toBe(1);
  });

  test("says in one line that no pump answers", async () => {
    const { code, lines } = await rig(join(folder, "no-such.yaml"));
    expect(lines).toEqual(["FAILED  cistern serve did not start", "1 failed"]);
    expect(code).toBe(1);
  });
});
