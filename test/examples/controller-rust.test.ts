// The controller in Rust, built with the command line of docs/controllers.md. It does what the controller in C does: in the same scenarios
// both modules have the same run, to the board's fingerprint.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasmController } from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { parseScenario } from "../../emulator/run/open";
import type { RunReport } from "../../emulator/run/report";
import { hasClang, rustcPath } from "../machine-here";
import { cisternIn } from "../program";
import { commandFor, root } from "./example";

const folder = mkdtempSync(join(tmpdir(), "cistern-controller-rust-"));
const [inRust, inC] = [join(folder, "controller-rs.wasm"), join(folder, "controller.wasm")];
const DAY = "scenarios/breakthrough-pain.yaml";
const DAY_IN_C = "examples/controller-c/a-day-in-c.yaml";
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function runOf(module: string, scenario: string): Promise<Partial<RunReport>> {
  const { out } = await cisternIn(root, ["run", scenario, "--controller", module, "--json"]);
  const { verdict, events, delivered, alarms, expectations } = JSON.parse(out) as RunReport;
  return { verdict, events, delivered, alarms, expectations };
}

describe.runIf(rustcPath)("SIL-2: the example of a controller in Rust", () => {
  beforeAll(() => {
    const [, ...args] = commandFor("rustc", join(root, "examples", "controller-rust", "controller.rs"), inRust);
    execFileSync(rustcPath!, ["-D", "warnings", ...args]);
  });

  test.each([DAY, DAY_IN_C])("passes %s, in both gears alike", async (scenario) => {
    const { code, out } = await cisternIn(root, ["run", scenario, "--controller", inRust, "--twice", "--json"]);
    const report = JSON.parse(out) as RunReport;
    expect([code, report.verdict, report.twice?.equal]).toEqual([0, "pass", true]);
  });

  test.runIf(hasClang)("has the run of the controller in C", async () => {
    const example = join(root, "examples", "controller-c");
    const built = spawnSync("make", ["-C", example, `OUT=${folder}`, inC], { encoding: "utf8" });
    expect([built.status, built.stderr]).toEqual([0, ""]);
    expect(await runOf(inRust, DAY_IN_C)).toEqual(await runOf(inC, DAY_IN_C));
  });

  test("has its variables by name, those of an enumeration too", () => {
    const controller = wasmController("controller.rs", new Uint8Array(readFileSync(inRust)));
    const machine = new Machine(parseScenario(readFileSync(join(root, DAY), "utf8"), DAY), controller, null);
    machine.run(100);
    const { firmware } = machine;
    const names = firmware.names();
    expect(names).toEqual(
      expect.arrayContaining([
        "controller.DEVICE.telemetry.number",
        "controller.DEVICE.commands.last[2].kind",
        "controller.DEVICE.pump.bolus.variant",
        "controller.DEVICE.pump.bolus.Some.__0.given",
      ]),
    );
    expect(names.filter((name) => !name.startsWith("controller."))).toEqual([]);
    expect(firmware.read("controller.DEVICE.pump.tick")).toBe(100);
    expect(firmware.read("controller.DEVICE.pump.bolus.variant")).toBe(0);
  });
});
