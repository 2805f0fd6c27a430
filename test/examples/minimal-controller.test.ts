// The smallest controllers of examples/minimal-controller/, built with the command lines of docs/controllers.md and run as their
// readers would run them.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { wasmController } from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { parseScenario } from "../../emulator/run/open";
import type { RunReport } from "../../emulator/run/report";
import { hasClang, hasZig, rustcPath } from "../machine-here";
import { cisternIn } from "../program";
import { commandFor, root } from "./example";

const example = join(root, "examples", "minimal-controller");
const folder = mkdtempSync(join(tmpdir(), "cistern-minimal-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function reportWith(...args: string[]): Promise<{ code: number | null; report: RunReport; err: string }> {
  const { code, out, err } = await cisternIn(example, ["run", "steady.yaml", "--json", ...args]);
  return { code, report: JSON.parse(out) as RunReport, err };
}

/** The module passes, leaps, and has a symbol of this name. */
async function isSteady(module: string, symbol: string | null = null): Promise<void> {
  const { code, report } = await reportWith("--controller", module);
  expect([code, report.verdict, report.delivered.pulses]).toEqual([0, "pass", 400]);
  expect(report.speed.ticks_leapt).toBeGreaterThan(8_600_000);
  if (symbol === null) return;
  const controller = wasmController(module, new Uint8Array(readFileSync(module)));
  const machine = new Machine(
    parseScenario(readFileSync(join(example, "steady.yaml"), "utf8"), "steady.yaml"),
    controller,
    null,
  );
  machine.run(100);
  expect([symbol, machine.firmware.read(symbol)]).toEqual([symbol, 100]);
}

describe("EMU-6: a controller without telemetry passes a scenario that commissions no pump, and leaps", () => {
  test.each(["steady.mjs", "steady.ts"])("%s", async (name) => {
    const { code, report, err } = await reportWith("--controller", name);
    expect([code, err, report.verdict]).toEqual([0, "", "pass"]);
    expect(report.delivered.pulses).toBe(400);
    expect(report.speed.ticks_leapt).toBeGreaterThan(8_600_000);
  });

  test.runIf(hasClang)("steady.c, built with the command line of the page", async () => {
    const module = join(folder, "steady.wasm");
    const [clang, ...args] = commandFor("clang", join(example, "steady.c"), module);
    execFileSync(clang, args);
    await isSteady(module);
  });

  test.runIf(rustcPath)(
    "SIL-2: steady.rs, built with the command line of the page, with its symbols by name",
    async () => {
      const module = join(folder, "steady-rs.wasm");
      const [, ...args] = commandFor("rustc", join(example, "steady.rs"), module);
      execFileSync(rustcPath!, args);
      await isSteady(module, "steady.PUMP.waited");
    },
  );

  test.runIf(hasZig)(
    "SIL-2: steady.zig, built with the command line of the page, with its symbols by name",
    async () => {
      const module = join(folder, "steady-zig.wasm");
      const [zig, ...args] = commandFor("zig", join(example, "steady.zig"), module);
      execFileSync(zig, args);
      await isSteady(module, "waited");
    },
  );

  test("with --twice both gears are the same, and the second leapt nothing", async () => {
    const { code, report } = await reportWith("--controller", "steady.ts", "--twice");
    expect([code, report.twice?.equal]).toEqual([0, true]);
  });
});

describe("a scenario names its controller and its gear, so that it replays from its file alone", () => {
  const own = (text: string): string => {
    const file = join(folder, "own.yaml");
    writeFileSync(file, `${readFileSync(join(example, "steady.yaml"), "utf8")}${text}`);
    return file;
  };

  test("the path of the controller counts from the file", async () => {
    writeFileSync(join(folder, "mine.mjs"), readFileSync(join(example, "steady.mjs")));
    const { code, out } = await cisternIn(example, ["run", own("controller: mine.mjs\ngear: lockstep\n"), "--json"]);
    const report = JSON.parse(out) as RunReport;
    expect([code, report.controller, report.gear]).toEqual([0, join(folder, "mine.mjs"), "lockstep"]);
    expect(report.speed.ticks_leapt).toBe(0);
  });

  test("the options of the command come first", async () => {
    const file = own("controller: nowhere.mjs\ngear: lockstep\n");
    const args = ["run", file, "--json", "--controller", "steady.mjs", "--gear", "leap"];
    const { code, out } = await cisternIn(example, args);
    expect([code, (JSON.parse(out) as RunReport).gear]).toEqual([0, "leap"]);
  });
});

describe("EMU-7: a controller in TypeScript that goes wrong", () => {
  const run = async (text: string) => {
    const file = join(folder, "wrong.ts");
    writeFileSync(file, text);
    return cisternIn(example, ["run", "steady.yaml", "--controller", file]);
  };

  test("is shown at the line of its source", async () => {
    const { code, out } = await run(
      'interface Unused { a: number }\n\nclass Wrong {\n  boot(): void {}\n  tick(): void {\n    throw new Error("here");\n  }\n}\n' +
        "export const createController = (): Wrong => new Wrong();\n",
    );
    expect(code).toBe(4);
    expect(out).toContain(`the controller failed in tick 0: here (${join(folder, "wrong.ts")}:6:11)`);
  });

  test("and cannot be compiled is refused in one line with its place", async () => {
    const { code, out, err } = await run("export const createController = ( => 1;\n");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/cannot load this controller: .*wrong\.ts:1:34/);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});

test("a scenario with neither a prescription nor `commission: none` is refused, and says what would do", async () => {
  const file = join(folder, "neither.yaml");
  writeFileSync(file, "duration: 1 h\ndrugs: [{ name: morphine, concentration: 10 mg/mL }]\n");
  const { code, err } = await cisternIn(example, ["run", file]);
  expect(code).toBe(2);
  expect(err).toContain("missing: expected a prescription, or `commission: none`");
});
