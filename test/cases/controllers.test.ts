// Controllers that go wrong, as users meet them: what is wrong is told in one line that names the call, the tick and the place,
// and never costs the verdict. Each file of controllers/ says at its head what it does.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { loadController, wasmController } from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { loadScenario } from "../../emulator/run/open";
import type { RunReport } from "../../emulator/run/report";
import { cisternHere, cisternIn, cisternPath } from "../program";
import { assembled, CASES, controllerFile } from "./compiled";

const quiet = join(CASES, "quiet.yaml");

const cistern = (...args: string[]) => cisternHere(CASES, args);

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
    const { code, out, err } = await runWith(name);
    expect([code, err]).toEqual([4, ""]);
    expect(out).toContain(why);
    expect(out).not.toMatch(/^ +at /m);
  });
});

describe("EMU-7: a controller that does something to the process around it when it is loaded is refused", () => {
  test.each([
    ["replaces-math-when-loaded.mjs", "it changed the language around it: Math.min was replaced"],
    ["adds-to-arrays.mjs", "it changed the language around it: Array.prototype.last was added"],
    ["waits-for-nothing.mjs", "it never finishes loading: it waits for nothing"],
    ["leaves-a-timer-when-loaded.mjs", "it left a timer open when it was loaded"],
    ["start-never-returns.wat", "its construction did not return within 1 s"],
    ["private-field.mjs", "it keeps state in the private field #ticks, which cannot be saved"],
    ["global-state.wat", "some of its state is not in its memory: after a restore it goes on otherwise"],
  ])("%s", async (name, why) => {
    const { code, out, err } = await runWith(name);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(`cannot load this controller: ${why}`);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});

describe("EMU-6, EMU-7: a run whose controller breaks the contract is invalid, and the first line says how", () => {
  test.each([
    ["tick-never-returns.wat", "the controller did not return from tick 0 within 1 s"],
    ["boot-never-returns.wat", "the controller did not return from tick 0 within 1 s"],
    [
      "exits-zero.mjs",
      "the controller failed in tick 99: it ended the process: process.exit(0) (exits-zero.mjs:12:39)",
    ],
    ["exits-and-catches.mjs", "the controller failed in tick 99: it ended the process: process.exit(0)"],
    ["kills-itself.mjs", "its process was ended by SIGKILL"],
    ["blocks.mjs", "a call did not return within 1 s and could not be ended"],
    ["tick-gives-a-promise.mjs", "the controller failed in tick 0: it gave a promise"],
    ["fails-later.mjs", /the controller failed in the ticks 0 to \d+: too late \(fails-later.mjs:14:44\)/],
    [
      "module-variable.mjs",
      /the controller keeps state in the variable ticks, which no snapshot holds: it changed in the/,
    ],
    ["closure-variable.mjs", /the controller keeps state in the variable hidden, which no snapshot holds/],
    ["leaves-a-timer.mjs", /the controller left a timer open in the ticks 0 to \d+/],
    [
      "replaces-math-in-a-tick.mjs",
      /the controller changed the language around it in the ticks 0 to \d+: Math.min was repl/,
    ],
  ])("%s", async (name, why) => {
    const { code, out, err } = await runWith(name);
    expect([code, err]).toEqual([4, ""]);
    const [banner, reason] = out.split("\n");
    expect(banner).toBe("quiet  INVALID");
    expect(reason).toMatch(why);
  });

  test("a loop that never ends costs nothing that was recorded before its tick", async () => {
    const { code, out } = await runWith("loops-in-a-tick.mjs", "--json");
    const report = JSON.parse(out) as RunReport;
    expect([code, report.verdict]).toEqual([4, "invalid"]);
    expect(report.reason).toContain("the controller did not return from tick 499 within 1 s");
    expect(report.ended.tick).toBe(499);
    expect(report.speed.ticks_executed).toBe(499);
    expect(report.findings[0]).toMatchObject({ at_s: 4.99, kind: "controller", weight: "invalid" });
  });
});

describe("EMU-7: a call that takes two seconds and then returns", () => {
  const none = join(CASES, "..", "..", "..", "examples", "minimal-controller", "steady.yaml");
  const run = [
    cisternPath,
    "run",
    none,
    "--until",
    "10 s",
    "--json",
    "--controller",
    controllerFile("waits-in-a-tick.mjs"),
  ];

  test.each([
    ["is late", [], "the controller did not return from tick 499 within 1 s", 499],
    [
      "is not while an inspector is open, because a person may be at a breakpoint",
      ["--inspect=127.0.0.1:0"],
      null,
      1000,
    ],
  ])("%s", async (_, options, late, tick) => {
    const child = spawn(process.execPath, [...options, ...run], { stdio: ["ignore", "pipe", "ignore"] });
    const report = (await json(child.stdout)) as RunReport;
    expect(report.findings.find(({ kind }) => kind === "controller")?.text ?? null).toBe(late);
    expect(report.ended.tick).toBe(tick);
  });
});

test("EMU-7: the lines that a controller prints go to stderr with a mark, and stdout is one JSON value", async () => {
  const { out, err } = await runWith("prints.mjs", "--json");
  expect(JSON.parse(out)).toMatchObject({ schema: "cistern.run/1" });
  expect(err.trim().split("\n").sort()).toEqual(["controller: careful", "controller: half", "controller: hello"]);
});

describe("EMU-7: the stepper says what went wrong with a controller in the line in which it did, and its script ends", () => {
  test.each([
    ["loops-in-a-tick.mjs", "the controller did not return from tick 499 within 1 s"],
    ["module-variable.mjs", "the controller keeps state in the variable ticks"],
    ["exits-zero.mjs", "the controller failed in tick 99: it ended the process: process.exit(0)"],
  ])("%s", async (name, why) => {
    const script = "continue 10 s\nback 5 s\n";
    const { code, out } = await cisternIn(CASES, ["step", quiet, "--controller", controllerFile(name)], script);
    expect(code).toBe(4);
    expect(out).toContain(why);
    expect(out).not.toContain("back 5 s");
  });
});

describe("EMU-7: a signal ends a run whose controller hangs", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s", async (signal) => {
    const program = [cisternPath, "run", quiet, "--controller", controllerFile("loops-in-a-tick.mjs")];
    const child = spawn(process.execPath, program, { stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    // The controller hangs from its tick 499 on. At the first signals it may not have been loaded.
    const again = setInterval(() => child.kill(signal), 200);
    const code = await ended;
    clearInterval(again);
    expect([signal === "SIGINT" ? 130 : 143, null]).toContain(code);
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

test("EMU-6: a run with more events in a tick than anybody here can see proves nothing", async () => {
  const steady = join(CASES, "..", "..", "..", "examples", "minimal-controller", "steady.yaml");
  const run = async (until: string) => {
    const file = controllerFile("many-events.mjs");
    const { out } = await cisternHere(CASES, ["run", steady, "--until", until, "--controller", file, "--json"]);
    return (JSON.parse(out) as RunReport).findings.filter(({ kind }) => kind === "controller");
  };
  expect(await run("1500 ms")).toEqual([]);
  expect(await run("3 s")).toEqual([
    {
      ...{ at_s: 2, kind: "controller", weight: "invalid" },
      text: "2 events were reported in a tick that had 64 already, and nothing here saw them",
    },
  ]);
});

describe("HIL-5: calls outside of the contract make a run invalid unless they are allowed", () => {
  const none = join(CASES, "..", "..", "..", "examples", "minimal-controller", "steady.yaml");
  const run = async (...args: string[]) => {
    const file = controllerFile("outside.mjs");
    const result = await cisternHere(CASES, ["run", none, "--until", "1 h", "--controller", file, ...args]);
    return { ...result, report: args.includes("--json") ? (JSON.parse(result.out) as RunReport) : null };
  };

  test("each class is counted, named and a finding", async () => {
    const { report } = await run("--json");
    expect(report?.outside_calls.map(({ kind, count, call, first_s }) => [kind, count, call, first_s])).toEqual([
      ["addresses", 2, "nvm.write", 1],
      ["slots", 1, "crypto.storeKey", 1],
      ["counts", 3, "crypto.random", 1],
      ["pulses", 1, "motor.pulse", 1],
      ["free", 1, "link.send", 1],
    ]);
    expect(report?.findings.filter(({ kind }) => kind === "controller")).toHaveLength(5);
    expect(report?.reason).toBe(
      "2 calls of the controller outside of the contract (addresses), the first to nvm.write",
    );
  });

  test("a class that is allowed is no finding, and each use is printed", async () => {
    const { report, out } = await run("--json", "--allow", "addresses,slots,counts,pulses,free");
    expect(report?.findings.filter(({ kind }) => kind === "controller")).toEqual([]);
    expect(report?.outside_calls.every(({ allowed }) => allowed)).toBe(true);
    expect(out).not.toBe("");
    const text = await run("--allow", "addresses,slots,counts,pulses,free");
    expect(text.out).toContain("addresses: 2, the first to nvm.write at 1 s (allowed)");
  });

  test("a class that does not exist is refused with the nearest", async () => {
    const { code, err } = await run("--allow", "adresses");
    expect(code).toBe(2);
    expect(err).toContain("addresses");
  });
});
