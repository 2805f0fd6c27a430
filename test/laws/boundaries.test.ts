// The law of boundaries: orders and mishaps that come within the ticks in which the one before is still carried out. A pulse is
// then in flight, a bolus closes, an alarm is raised that has not acted yet. Days that are drawn as a whole seldom put two
// events so close together.

import { expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import type { Action, Scenario, TimelineEntry } from "../../emulator/scenario/scenario";
import type { Program } from "../../emulator/telemetry/program";
import { CONFIRM_NO_BRIDGE, CONFIRM_SOFT_LIMIT, CONFIRM_TIGHT_LIMITS, CONFIRM_TOTAL } from "../../hal/telemetry";
import { SECOND } from "../pump";

const PLACE = { file: "generated", line: 1, column: 1 };
const CONSENT = { confirm: CONFIRM_SOFT_LIMIT | CONFIRM_TOTAL | CONFIRM_NO_BRIDGE | CONFIRM_TIGHT_LIMITS, reason: 1 };

/** 12 mL/day: a pulse every 180 ticks, and room for a bolus between them. */
const PROGRAM: Program = {
  mode: "continuous",
  rate: 1_200_000,
  bolus: { pulses: 4, duration_s: 8, lockout_min: 15, per24h: 4 },
  limits: [],
  low_pulses: 0,
};
type Happening = { action: Action } | { fault: string };

/** The happenings, each so many ticks after the one before, from the twentieth second on. */
function scenarioOf(life: "shelf" | "in_service", all: readonly (Happening & { after: number })[]): Scenario {
  let at_ticks = 20 * SECOND;
  const timeline = all.map(({ after, ...each }): TimelineEntry => {
    at_ticks += after;
    if ("action" in each) return { at_ticks, place: PLACE, action: each.action };
    const fault = { fault: each.fault, for_ticks: 3 * SECOND, parameter: 0, field: null };
    return { at_ticks, place: PLACE, fault };
  });
  return {
    program: PROGRAM,
    consent: CONSENT,
    name: "generated",
    file: "generated",
    start: { minute: 13_000_000, second: 0 },
    duration_ticks: 60 * SECOND,
    seed: 0,
    pump: {
      model: "implant-20",
      capacity_nl: 20_000_000,
      fill_nl: 18_000_000,
      catheter: { length_cm: 89, volume_nlPerCm: 2_200 },
      state: "primed",
      unit: { bias: 0, ripple: 0 },
      life,
    },
    drugs: [{ name: "morphine", concentration_mgPerMl: 10 }],
    timeline,
    expect: [],
  };
}

/** Ids of the invariants that break, in both gears, and why the controller failed, if it did. */
function brokenIn(scenario: Scenario): string[] {
  const [leapt, stepped] = (["leap", "lockstep"] as const).map((gear) => {
    const run = new ScenarioRun(scenario, { gear, controller: referenceController, tracks: false });
    run.advance(run.end_ticks);
    const broken = run.report(0).invariants.flatMap(({ id, ok, at_s }) => (ok ? [] : [`${id} at ${at_s} s`]));
    return run.failure === null ? broken : [run.failure, ...broken];
  });
  expect(leapt).toEqual(stepped);
  return leapt;
}

test.each([
  ["stop", 90],
  ["stop", 20],
  ["explant", 90],
] as const)(
  "THR-6: a purge of a pump without a program, that ends by %s %i ticks later with a pulse in flight is explained",
  (end, later) => {
    const implant: Happening = { action: { do: "implant", purged: false } };
    const scenario = scenarioOf("shelf", [
      { ...implant, after: 0 },
      { action: { do: end }, after: later },
    ]);
    expect(brokenIn(scenario)).toEqual([]);
  },
);
