// The header for controllers in C: a C compiler takes it as it stands, and a controller written against it, compiled to
// WebAssembly, runs in the machine and leaps.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CALLS } from "../../emulator/contract/calls";
import { wasmController } from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { parseScenario } from "../../emulator/run/open";
import { needTool, root } from "../examples/example";
import { hasClang } from "../machine-here";
import { HOUR } from "../pump";
import { minimal } from "../scenario/example";
import { importsOf } from "./imports-of";

const folder = mkdtempSync(join(tmpdir(), "cistern-c-header-"));
const source = join(import.meta.dirname, "steady.c");
const include = `-I${join(root, "targets", "c")}`;
const STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("targets/c/cistern_hal.h", () => {
  beforeAll(() => needTool("gcc", "gcc and libc6-dev"));

  test("compiles in a controller that is written against it", () => {
    const checked = spawnSync("gcc", [...STRICT, include, "-fsyntax-only", source], { encoding: "utf8" });
    expect([checked.stderr, checked.status]).toEqual(["", 0]);
  });

  test("declares every call of the table, with its import", () => {
    const header = readFileSync(join(root, "targets", "c", "cistern_hal.h"), "utf8");
    const missing = CALLS.filter(({ port, name }) => !header.includes(`CISTERN_IMPORT("${port}", "${name}")`));
    expect(missing).toEqual([]);
    expect(header.match(/^CISTERN_IMPORT\(/gm)).toHaveLength(CALLS.length);
  });
});

describe.runIf(hasClang)("a controller in C that is compiled to WebAssembly", () => {
  let bytes: Uint8Array;
  let module: WebAssembly.Module;
  beforeAll(() => {
    const out = join(folder, "steady.wasm");
    const linked = ["-nostdlib", "-Wl,--no-entry", "-Wl,--initial-memory=131072", "-Wl,--max-memory=131072"];
    execFileSync("clang", ["--target=wasm32", "-O2", ...STRICT, include, ...linked, "-o", out, source]);
    bytes = Uint8Array.from(readFileSync(out));
    module = new WebAssembly.Module(bytes);
  });
  const machine = () => new Machine(parseScenario(minimal(), "t.yaml"), wasmController("steady.c", module), null);

  test("imports the calls that it makes and nothing else", () => {
    const names = importsOf(bytes);
    const known = CALLS.map(({ port, name }) => `${port}.${name}`);
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("SIL-2: delivers at its rate, and ends a leap in the state that steps would have given", () => {
    const [stepping, leaping] = [machine(), machine()];
    stepping.run(HOUR);
    leaping.leap(HOUR);
    // 100 uL/h in pulses of 250 nL.
    expect(stepping.board.motor.pulses).toBe(400);
    expect(leaping.fingerprint()).toBe(stepping.fingerprint());
    expect(leaping.leapt).toBeGreaterThan(HOUR / 2);
  });
});
