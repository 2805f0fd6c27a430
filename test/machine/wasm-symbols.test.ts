// The symbols of a controller in C as WebAssembly: variables by the names of its debug information, or by the addresses that it
// exports, and bytes of memory otherwise (SIL-2, STP-1).

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { conditionOf } from "../../emulator/debug/condition";
import { TimeTravel } from "../../emulator/debug/time-travel";
import { wasmController } from "../../emulator/machine/controller-host";
import { variablesOf } from "../../emulator/machine/dwarf";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { hasClang } from "../machine-here";
import { minimal } from "../scenario/example";

const SOURCE = `
#include "cistern_hal.h"
struct dose { unsigned char kind; short pulses; unsigned flags : 3; double volume; };
enum mode { OFF, ON = 7 };
typedef struct { int ticks; struct dose doses[3]; enum mode mode; _Bool armed; long long total; const char *text; } state;
static volatile state pump = { .doses = { { 1, -2, 0, 2.5 }, { 0 }, { 9 } }, .text = "x" };
volatile unsigned int grid[2][3];
__attribute__((noinline)) static int count_ticks(void) { static volatile int calls; return ++calls; }
__attribute__((export_name("boot"))) void boot(void) { pump.mode = ON; }
__attribute__((export_name("tick"))) void tick(void) {
  pump.ticks = count_ticks();
  if (pump.ticks % 5 == 0) { grid[1][2]++; pump.doses[1].pulses--; pump.total -= 1; pump.armed = !pump.armed; }
  watchdog_kick();
}
`;

const folder = mkdtempSync(join(tmpdir(), "cistern-symbols-"));
afterAll(() => rmSync(folder, { recursive: true }));

function compiled(name: string, ...flags: string[]): Uint8Array {
  const [source, out] = [join(folder, `${name}.c`), join(folder, `${name}.wasm`)];
  writeFileSync(source, SOURCE);
  const fixed = ["--target=wasm32", "-O1", "-nostdlib", "-Itargets/c", "-Wl,--no-entry"];
  const memory = ["-Wl,--initial-memory=131072", "-Wl,--max-memory=131072"];
  execFileSync("clang", [...fixed, ...memory, ...flags, "-o", out, source]);
  return new Uint8Array(readFileSync(out));
}

function travelOf(bytes: Uint8Array): TimeTravel {
  const scenario = parseScenario(
    `commission: none\n${minimal("")}`.replace(/duration: .*/, "duration: 1 min"),
    "t.yaml",
  );
  const controller = wasmController("c", bytes);
  return new TimeTravel(new ScenarioRun(scenario, { gear: "leap", controller, tracks: false }));
}

describe.runIf(hasClang)("a controller in C", () => {
  test.each(["-gdwarf-4", "-gdwarf-5"])("compiled with %s has its variables by name and type", async (flag) => {
    const travel = travelOf(compiled(flag.slice(1), flag));
    const { firmware } = travel.run.machine;
    expect(firmware.names()).toEqual(
      expect.arrayContaining(["pump.ticks", "pump.doses[2].kind", "pump.mode", "count_ticks.calls", "grid[0]"]),
    );
    const read = (path: string) => firmware.read(path);
    expect([read("pump.doses[0].pulses"), read("pump.doses[0].volume"), read("pump.doses[2].kind")]).toEqual([
      -2, 2.5, 9,
    ]);
    expect(read("pump.doses[0].flags")).toBeUndefined();
    expect(read("pump.doses[3].kind")).toBeUndefined();
    await travel.goto(11);
    expect([read("pump.ticks"), read("count_ticks.calls"), read("grid[1][2]"), read("pump.mode")]).toEqual([
      11, 11, 2, 7,
    ]);
    expect([read("pump.doses[1].pulses"), read("pump.total"), firmware.isSwitch("pump.armed")]).toEqual([-2, -2, true]);
    expect(firmware.write("pump.doses[0].volume", 1.25)).toBe(true);
    expect(firmware.write("pump.total", -9)).toBe(true);
    expect([read("pump.doses[0].volume"), read("pump.total")]).toEqual([1.25, -9]);
    expect(() => firmware.write("pump.doses[0].pulses", 40_000)).toThrow("from -32768 to 32767");
    expect(firmware.write("pump.nothing", 1)).toBe(false);
  });

  test("is stepped by tick: conditions, the last change and the difference of two places name its variables", async () => {
    const travel = travelOf(compiled("stepped", "-gdwarf-4"));
    const { place } = await travel.until("forward", (run) => conditionOf(run, "grid[1][2] == 3"));
    expect(place.tick).toBe(15);
    const [one, other] = [travel.mark("one"), (await travel.tick(1), travel.mark("other"))];
    expect(await travel.diff(one, other)).toContainEqual({ name: "pump.ticks", before: 15, after: 16 });
    await travel.goto(30);
    expect(await travel.who("pump.doses[1].pulses")).toMatchObject({ tick: 29, old: -5, now: -6, by: "firmware" });
    expect((await travel.write("back", "grid[1][2]")).place.tick).toBe(25);
    travel.run.machine.inject("ram_flip", 4, "pump.ticks");
    expect(travel.run.machine.firmware.read("pump.ticks")).toBe(25 ^ 16);
  });

  test("without debug information has the variables whose addresses it exports, and else its bytes", () => {
    const { firmware } = travelOf(compiled("exported", "-Wl,--export=grid")).run.machine;
    expect(firmware.names()).toEqual(["grid"]);
    expect(firmware.read("grid")).toBe(0);
    const bare = travelOf(compiled("bare")).run.machine.firmware;
    expect(bare.names()).toEqual([]);
    expect(bare.read("memory[70000]")).toBe(0);
  });
});

test("debug information that is cut off or nonsense gives the variables before it, and no error (SIL-2)", () => {
  const section = (bytes: number[]) => (name: string) =>
    name === ".debug_info" || name === ".debug_abbrev" ? Uint8Array.from(bytes) : null;
  expect(variablesOf(section([]))).toEqual([]);
  expect(variablesOf(section([1, 2, 3]))).toEqual([]);
  expect(variablesOf(section(Array.from({ length: 100 }, (_, i) => (i * 37) & 255)))).toEqual([]);
  expect(variablesOf(section([7, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4, 1]))).toEqual([]);
});
