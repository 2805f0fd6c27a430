// The law of boundaries: orders and mishaps that come within the ticks in which the one before is still carried out. A pulse is
// then in flight, a bolus closes, an alarm is raised that has not acted yet. Days that are drawn as a whole seldom put two
// events so close together. Here a pump that runs, one that is stopped and one from the shelf get up to four in a few seconds.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import type { Action, Scenario, TimelineEntry } from "../../emulator/scenario/scenario";
import type { Program } from "../../emulator/telemetry/program";
import { CONFIRM_NO_BRIDGE, CONFIRM_SOFT_LIMIT, CONFIRM_TIGHT_LIMITS, CONFIRM_TOTAL } from "../../hal/telemetry";
import { runs } from "../effort";
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
const PROGRAMS: readonly Program[] = [
  PROGRAM,
  { ...PROGRAM, rate: 600_000 },
  { ...PROGRAM, mode: "periodic", rate: 0, periodic: { every_min: 15, pulses: 10, duration_s: 12 } },
  { ...PROGRAM, limits: [{ pulses: 20, window_min: 15 }] },
  { ...PROGRAM, mode: "minimum", rate: 0 },
  { ...PROGRAM, mode: "stopped", rate: 0 },
];

const ORDERS: readonly Action[] = [
  ...PROGRAMS.map((program): Action => ({ do: "program", program, consent: CONSENT })),
  { do: "patient_bolus" },
  { do: "clinician_bolus", pulses: 3, duration_s: 6 },
  { do: "prime", pulses: 3, confirmed: true },
  { do: "bridge", oldConcentration: 100_000, pulses: 3 },
  { do: "stop" },
  { do: "start" },
  { do: "refill", aspirate_nl: null, fill_nl: 18_000_000, drugs: null, accept: true },
  { do: "set_clock", wallMinute: 12_999_000 },
  { do: "self_test" },
  { do: "implant", purged: false },
  { do: "explant" },
];
const MISHAPS = ["reset", "brownout", "motor_stall", "motor_reverse", "hang"];

type Happening = { action: Action } | { fault: string };

/** The happenings, each so many ticks after the one before, from the fifth second on. */
function scenarioOf(life: "shelf" | "in_service", all: readonly (Happening & { after: number })[]): Scenario {
  let at_ticks = 5 * SECOND;
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
    duration_ticks: 45 * SECOND,
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

/** Ids of the invariants that break, and why the controller failed, if it did. */
function brokenIn(scenario: Scenario, gear: "leap" | "lockstep"): string[] {
  const run = new ScenarioRun(scenario, { gear, controller: referenceController, tracks: false });
  run.advance(run.end_ticks);
  const broken = run.report(0).invariants.flatMap(({ id, ok, at_s }) => (ok ? [] : [`${id} at ${at_s} s`]));
  return run.failure === null ? broken : [run.failure, ...broken];
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...ORDERS).map((action) => ({ action })) },
  { weight: 1, arbitrary: fc.constantFrom(...MISHAPS).map((fault) => ({ fault })) },
);
/** A command is carried out three ticks after its opening; a pulse turns the rotor after 20, and is missed after 50. */
const after = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 400 }));

test("PRP-1: every invariant holds when up to four orders and mishaps come within each other's ticks", () => {
  const each = fc.tuple(happening, after).map(([what, ticks]) => ({ ...what, after: ticks }));
  const all = fc.record({
    life: fc.constantFrom("shelf" as const, "in_service" as const),
    happenings: fc.uniqueArray(each, {
      minLength: 2,
      maxLength: 4,
      // The loader refuses a fault that begins while it lasts.
      selector: (one) => ("fault" in one ? one.fault : one),
    }),
  });
  fc.assert(
    fc.property(all, ({ life, happenings }) => {
      expect(brokenIn(scenarioOf(life, happenings), "leap")).toEqual([]);
    }),
    { numRuns: runs(100) },
  );
});

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
    expect(brokenIn(scenario, "leap")).toEqual([]);
    expect(brokenIn(scenario, "lockstep")).toEqual([]);
  },
);
