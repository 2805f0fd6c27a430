// Controllers that go wrong, as users meet them: what is wrong is told in one line that names the call, the tick and the place,
// and never costs the verdict. Each file of controllers/ says at its head what it does.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadController, wasmController } from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { loadScenario } from "../../emulator/run/open";
import { cisternIn } from "../program";
import { assembled, CASES, controllerFile } from "./compiled";

const quiet = join(CASES, "quiet.yaml");

const cistern = (...args: string[]) => cisternIn(CASES, args);

const runWith = (name: string, ...args: string[]) =>
  cistern("run", quiet, "--controller", controllerFile(name), ...args);

describe("EMU-7: a controller that does not fit the contract is refused when it is loaded, in one line", () => {
  test.each([
    ["memory-is-a-function.wat", "its export memory is no memory"],
    ["tick-has-parameters.wat", "its tick is (i32, i64) -> (), expected () -> ()"],
    ["kick-has-a-result.wat", "its watchdog.kick is (i32) -> (i32), expected () -> ()"],
    ["import-is-a-global.wat", "its import watchdog.kick is no function"],
    ["import-is-unknown.wat", "it imports wasi_snapshot_preview1.proc_exit, which is no call of the contract"],
    ["idle-without-skip.wat", "it exports idle and no skip"],
    ["memory-grows.wat", "its memory may grow (1 to 100 pages), expected a maximum that is equal to the initial size"],
    ["memory-has-no-maximum.wat", "its memory may grow (1 pages and no maximum), expected a maximum"],
    ["factory-throws.mjs", "cannot load this controller: no board like this (factory-throws.mjs:3:9)"],
    ["constructor-throws.mjs", "cannot load this controller: no memory (constructor-throws.mjs:4:11)"],
  ])("%s", async (name, why) => {
    const { code, out, err } = await runWith(name);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(why);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});

describe("EMU-7: a call of a controller that throws or traps ends the run with its name, its tick and its place", () => {
  test.each([
    ["boot-throws.mjs", "the controller failed in boot() in tick 0: boot! (boot-throws.mjs:4:11)"],
    ["idle-throws.mjs", "the controller failed in idle() before tick 4: idle! (idle-throws.mjs:16:31)"],
    ["skip-throws.mjs", "the controller failed in skip(9) before tick 1: skip! (skip-throws.mjs:18:11)"],
    ["idle-traps.wat", "the controller failed in idle() before tick 6: unreachable (idle, wasm-function[3]:"],
    ["skip-traps.wat", "the controller failed in skip(9) before tick 1: unreachable (skip, wasm-function[4]:"],
    [
      "idle-gives-a-fraction.mjs",
      "the controller failed in idle() before tick 1: it gave 0.5, expected a whole number",
    ],
  ])("%s", async (name, why) => {
    const { out, err } = await runWith(name);
    expect(err).toBe("");
    expect(out).toContain(why);
    expect(out).not.toMatch(/^ +at /m);
  });
});

describe("EMU-7: a compiled module, of which only names and kinds are known", () => {
  const compiled = (name: string) => wasmController(name, new WebAssembly.Module(assembled(name)));

  test("is held against the contract in these", () => {
    expect(() => compiled("memory-is-a-function.wat")).toThrow("its export memory is no memory");
    expect(() => compiled("import-is-a-global.wat")).toThrow("its import watchdog.kick is no function");
  });

  test("fails in the tick in which its memory grows", () => {
    const machine = new Machine(loadScenario(quiet), compiled("memory-grows.wat"), null);
    expect(() => machine.step()).toThrow("the controller failed in tick 0: its memory grew, and must be fixed");
  });
});

test("EMU-7: the bytes of a module are held against signatures and limits too", async () => {
  expect(() => wasmController("grows", assembled("memory-grows.wat"))).toThrow("its memory may grow");
  await expect(loadController(controllerFile("tick-has-parameters.wat"))).rejects.toThrow(
    "its tick is (i32, i64) -> ()",
  );
});
