// The meter of EMU-2: records a scenario in one gear and has the tape measured in a process of its own, with V8's optimising compiler
// or without it.

import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseScenario } from "../../emulator/run/open";
import { ScenarioRun } from "../../emulator/run/run";
import type { Reading } from "./reading";
import { bytesOf, recorded } from "./tape";

/** Room for all that a pass allocates, so that nothing is collected in it. */
const HEAP_OPTIONS = ["--expose-gc", "--max-semi-space-size=256", "--min-semi-space-size=256"];

export type Gear = "lockstep" | "leap";

/** The meter, whose child is bundled once. `close` removes its files. */
export async function openMeter() {
  const folder = mkdtempSync(join(tmpdir(), "cistern-meter-"));
  const child = join(folder, "child.mjs");
  let tapes = 0;
  await build({
    entryPoints: [join(import.meta.dirname, "child.ts")],
    outfile: child,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["esbuild"],
  });
  return {
    /** Records `text`, a scenario, in a gear, as `play` moves it. Returns the tape's file. */
    record(text: string, gear: Gear, play: (run: ScenarioRun) => void): string {
      const { controller, tape } = recorded();
      const run = new ScenarioRun(parseScenario(text, "a scenario"), { gear, controller, tracks: false });
      play(run);
      if (run.failure !== null) throw new Error(run.failure);
      const file = join(folder, `tape-${tapes++}`);
      writeFileSync(file, bytesOf(tape()));
      return file;
    },
    /** Measures a tape. */
    read(tape: string, isOptimised: boolean, dirt = "none"): Reading {
      const options = [...HEAP_OPTIONS, ...(isOptimised ? [] : ["--no-opt"])];
      // Options of the test's own process would measure themselves.
      const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
      const { status, stdout, stderr } = spawnSync(process.execPath, [...options, child, tape, dirt], {
        encoding: "utf8",
        env,
      });
      if (status !== 0) throw new Error(`the meter failed:\n${stderr}`);
      return JSON.parse(stdout) as Reading;
    },
    close(): void {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
