// Prescriptions and orders that a pump got wrong, as reports of the field and an independent reckoning of the doses found them. Each
// file of pump/ says at its head what was seen, what is right, and which requirement says so.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { loadScenario } from "../../emulator/run/open";
import { ScenarioRun } from "../../emulator/run/run";

const FOLDER = join(import.meta.dirname, "pump");

function ran(name: string) {
  const options = { gear: "leap" as const, controller: referenceController, tracks: false };
  const run = new ScenarioRun(loadScenario(join(FOLDER, `${name}.yaml`)), options);
  run.advance(run.end_ticks);
  return run.report(0);
}

describe("an input that this pump once got wrong comes out right", () => {
  test.each([
    ["THR-9", "01-stop-start-every-5-min"],
    ["LIM-5", "04-test-bolus-on-simple-continuous"],
    ["LIM-9", "05-patient-bolus-too-fast-for-the-pump"],
    ["LIM-9", "06-program-against-its-own-limits"],
    ["THR-10", "07-program-starts-a-stopped-pump"],
    ["LIM-2", "lim2-allowance-expires"],
    ["LIM-2", "lim2-periodic-overcount"],
    ["LIM-9", "lim3-limit-equals-basal"],
    ["LIM-5", "lim5-false-alarm-after-slip"],
    ["LIM-5", "lim5-periodic"],
    ["LIM-5", "lim5-slowed-periodic"],
    ["RES-7", "d13-refill-onto-rest"],
  ])("%s: %s", (_, name) => {
    const { expectations } = ran(name);
    expect(expectations.length).toBeGreaterThan(0);
    expect(expectations.filter(({ ok }) => !ok)).toEqual([]);
  });
});
