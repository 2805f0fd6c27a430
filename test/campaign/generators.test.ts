// The generators draw every mode, action and fault, and each of them also has its effect at the pump. A law over generated
// days says nothing about what never happens in them. These tests say what is likely, and are no laws.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { fieldsOf } from "../../emulator/campaign/fields";
import { FAULTS } from "../../emulator/faults";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import type { Action, Program, Scenario } from "../../emulator/scenario/scenario";
import {
  CHANNEL_MODE,
  MODE_BRIDGE,
  MODE_CONTINUOUS,
  MODE_FLEX,
  MODE_MINIMUM,
  MODE_NOT_PROGRAMMED,
  MODE_PERIODIC,
  MODE_PRIMING,
  MODE_STOPPED,
} from "../../hal/trace";

/** Nobody is behind the catheter of a generated day, who could be injected or converted; nobody debugs it. */
type Generated = Exclude<Action["do"], "inject" | "convert" | "set">;

const ACTIONS: Record<Generated, true> = {
  patient_bolus: true,
  clinician_bolus: true,
  program: true,
  prime: true,
  bridge: true,
  stop: true,
  start: true,
  refill: true,
  tap: true,
  top_up: true,
  port_injection: true,
  port_aspiration: true,
  set_clock: true,
  acknowledge: true,
  interrogate: true,
  self_test: true,
  implant: true,
  explant: true,
};
const MODES: Record<Program["mode"], true> = {
  continuous: true,
  flex: true,
  periodic: true,
  minimum: true,
  stopped: true,
};

const fields = fieldsOf(referenceController);
const days = fc.sample(arbitraries.scenario({ faults: true, hours: 4, fields }), { numRuns: 400 });
const actions = days.flatMap(({ timeline }) => timeline.flatMap((each) => ("action" in each ? [each.action] : [])));
const faults = days.flatMap(({ timeline }) => timeline.flatMap((each) => ("fault" in each ? [each.fault] : [])));

describe("PRP-1: generated days have", () => {
  test("every action, with explants rarely", () => {
    expect([...new Set(actions.map((action) => action.do))].sort()).toEqual(Object.keys(ACTIONS).sort());
    expect(actions.filter((action) => action.do === "explant").length).toBeLessThan(actions.length / 30);
  });

  test("every mode, and schedules of one to thirteen steps and one to seven patterns, some with rests", () => {
    const programs = fc.sample(arbitraries.program, { numRuns: 300 });
    expect([...new Set(programs.map(({ mode }) => mode))].sort()).toEqual(Object.keys(MODES).sort());
    const schedules = programs.flatMap(({ flex }) => (flex ? [flex] : []));
    const patterns = schedules.flatMap((each) => each.patterns);
    expect(new Set(schedules.map((each) => each.patterns.length))).toContain(7);
    expect(Math.min(...patterns.map((steps) => steps.length))).toBe(1);
    expect(Math.max(...patterns.map((steps) => steps.length))).toBe(13);
    expect(patterns.flat().some(({ rate }) => rate === 0)).toBe(true);
  });

  test("every fault, and flipped bits of the controller's memory", () => {
    expect([...new Set(faults.map(({ fault }) => fault))].sort()).toEqual(FAULTS.map(({ name }) => name).sort());
    const flipped = faults.filter(({ fault }) => fault === "ram_flip").map(({ field }) => field);
    expect(flipped.filter((field) => field === null || !fields.includes(field))).toEqual([]);
  });

  test("no flipped bits when no fields are given, and no mishaps when faults are switched off", () => {
    const without = fc.sample(arbitraries.fault, { numRuns: 500 });
    expect(without.some(({ fault }) => fault === "ram_flip")).toBe(false);
    const healthy = fc.sample(arbitraries.scenario({ faults: false, hours: 12 }), { numRuns: 50 });
    expect(healthy.flatMap(({ timeline }) => timeline).some((each) => "fault" in each)).toBe(false);
  });
});

/** The modes that the pump was in, and the names of its events, reasons and alarms. */
function happened(scenarios: readonly Scenario[]) {
  const modes = new Set<number>();
  const events = new Map<string, number>();
  const reasons = new Set<string>();
  const count = (name: string) => events.set(name, (events.get(name) ?? 0) + 1);
  for (const scenario of scenarios) {
    const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
    const { channels } = run.machine.board.trace;
    run.machine.listener = {
      event: run.event.bind(run),
      reset: run.reset.bind(run),
      ticked: () => {
        run.ticked();
        modes.add(channels[CHANNEL_MODE]);
      },
    };
    run.advance(run.end_ticks);
    for (const { name, ...rest } of run.report(0).events) {
      const { kind, reason, to } = rest as Record<string, unknown>;
      count(name);
      if (typeof kind === "string") count(`${name} ${kind}`);
      if (typeof to === "string") count(`${name} ${to}`);
      if (typeof reason === "string") reasons.add(`${name} ${reason}`);
    }
  }
  return { modes, events, reasons };
}

test("PRP-1: at the pump every mode is entered, and every command is carried out in some of them and refused in others", () => {
  const { modes, events, reasons } = happened(days.slice(0, 240));
  const all = [MODE_NOT_PROGRAMMED, MODE_STOPPED, MODE_MINIMUM, MODE_CONTINUOUS, MODE_FLEX, MODE_PERIODIC];
  expect([...modes].sort()).toEqual([...all, MODE_PRIMING, MODE_BRIDGE].sort());
  const carriedOut = [
    "bolus_finished patient",
    "bolus_finished clinician",
    "bolus_finished prime",
    "bridge_started",
    "bridge_finished",
    "life_changed implanted",
    "life_changed in_service",
    "life_changed explanted",
    "program_accepted",
    "refilled",
    "refill_discrepancy",
    "clock_set",
    "alarm_acknowledged",
    "self_test",
    "stopped",
    "started",
    "limit_reached",
  ];
  expect(carriedOut.filter((name) => !events.has(name))).toEqual([]);
  const refused = [
    "command_refused life_cycle",
    "program_refused bridge_needed",
    "program_refused total_doubled",
    "bolus_denied lockout",
    "bolus_denied dose_limit",
    "bolus_denied busy",
  ];
  expect(refused.filter((name) => !reasons.has(name))).toEqual([]);
});
