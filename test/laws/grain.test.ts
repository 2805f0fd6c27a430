// Law: a leap over quiet ticks changes the values that machine/grain.ts names, and no other. So a search for a change of any other
// value need not execute the quiet ticks (STP-1).

import { expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { grainOf, grainOfFirmware } from "../../emulator/machine/grain";
import { ScenarioRun } from "../../emulator/run/run";
import { loadScenario } from "../../emulator/scenario/load";
import { runs } from "../effort";
import { TICKS_PER_DAY, TICKS_PER_MINUTE } from "../../hal/units";

/** One leap in so many is looked at. */
const EVERY = 19;
const HOPS_MAX = runs(4_000);

test.each([
  "breakthrough-pain",
  "clock-changes",
  "dose-limit-reached",
  "periodic-doses",
  "restless-patient",
  "pocket-fill",
  "slips-of-the-hand",
])("a leap in %s changes counters and the patient's minutes alone", (name) => {
  const scenario = loadScenario(`scenarios/${name}.yaml`);
  const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
  const { machine } = run;
  const moved = new Set<string>();
  const wrong = new Set<string>();
  const end = Math.min(scenario.duration_ticks, 2 * TICKS_PER_DAY);
  for (let hops = 0; machine.tick < end && hops < HOPS_MAX; hops++) {
    const quiet = hops % EVERY === 0 ? machine.quiet() : 0;
    const before =
      quiet > 0 ? { signals: machine.signals.map((each) => each.read(machine)), at: machine.snapshot() } : null;
    machine.hop(Math.min(quiet || Infinity, end - machine.tick));
    if (before === null) continue;
    const { firmware, others } = machine.differences(before.at, machine.snapshot());
    const passesMinute = Math.floor(before.at.tick / TICKS_PER_MINUTE) < Math.floor(machine.tick / TICKS_PER_MINUTE);
    const allowed = passesMinute ? ["minute", "tick"] : ["tick"];
    for (const each of firmware) {
      moved.add(each.name);
      if (!allowed.includes(grainOfFirmware("reference", each.name))) wrong.add(`firmware.${each.name}`);
    }
    for (const each of others) {
      if (!allowed.includes(grainOf(each.name.replace(/\[\d+\]$/, "")))) wrong.add(each.name);
    }
    machine.signals.forEach((each, i) => {
      if (each.read(machine) !== before.signals[i] && !allowed.includes(grainOf(each.name))) wrong.add(each.name);
    });
  }
  expect([...wrong]).toEqual([]);
  expect(moved).toContain("clock.now");
});
