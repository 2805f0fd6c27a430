// Every scenario that ships is a story with an end: it passes, and both gears tell it alike.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { loadScenario } from "../../emulator/scenario/load";
import { ScenarioRun } from "../../emulator/run/run";

const folder = join(import.meta.dirname, "..", "..", "scenarios");

/** Every tick executed is slow; the first hours of each story are enough to compare the gears by. */
const COMPARED_TICKS = 6 * 360_000;
/** The longest story, seven years, takes some fifteen seconds of an idle core; a crowded one must not fail it. */
const PATIENCE_MS = 600_000;

function ran(file: string, gear: "leap" | "lockstep", until_ticks = Infinity) {
  const scenario = loadScenario(join(folder, file));
  const run = new ScenarioRun(scenario, { gear, controller: referenceController, tracks: false, until_ticks });
  run.advance(run.end_ticks);
  return run.report(0);
}

describe.each(readdirSync(folder).map((file) => [file]))("scenarios/%s", (file) => {
  test(
    "passes",
    () => {
      const report = ran(file, "leap");
      expect(report.expectations.filter((row) => !row.ok)).toEqual([]);
      expect([report.verdict, report.reason]).toEqual(["pass", null]);
      expect(report.expectations.length).toBeGreaterThan(2);
    },
    PATIENCE_MS,
  );

  test("EMU-1: gives the same run in both gears", () => {
    expect(ran(file, "lockstep", COMPARED_TICKS).fingerprint).toBe(ran(file, "leap", COMPARED_TICKS).fingerprint);
  });
});
