// The words of the trace: every code has a name that is published, and its arguments their unit.

import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { COMMAND_NAMES } from "../../emulator/contract/commands";
import { referenceController } from "../../emulator/machine/controller-host";
import {
  describeEvent,
  EVENT_FIELDS,
  EVENT_NAMES,
  EVENT_VALUES,
  RESET_CODE,
  SELF_TEST_NAMES,
} from "../../emulator/machine/events";
import { ScenarioRun } from "../../emulator/run/run";
import { SIGNALS } from "../../emulator/machine/signals";
import { RESET_WATCHDOG } from "../../hal/reset";
import {
  COMMAND_COMMIT,
  COMMANDS,
  LIFE_EXPLANTED,
  LIFE_SHELF,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_SOFT_LIMIT,
} from "../../hal/telemetry";
import {
  CAUSE_BASAL,
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  CHANNEL_LIFE,
  CHANNELS,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_COMMAND_REFUSED,
  EVENT_LIFE_CHANGED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_PROGRAM_REFUSED,
  EVENT_REFILL_DISCREPANCY,
  EVENT_STORE_REPAIRED,
  EVENTS,
} from "../../hal/trace";

test("every event has a published name of its own; the board has the one that is left", () => {
  const traced = Array.from({ length: EVENTS - 1 }, (_, i) => describeEvent(i + 1, 0, 0, 0)?.name);
  expect(new Set(traced).size).toBe(EVENTS - 1);
  expect([...traced, "reset"].sort()).toEqual([...EVENT_NAMES].sort());
  expect([describeEvent(0, 0, 0, 0), describeEvent(EVENTS, 0, 0, 0)]).toEqual([null, null]);
});

test("the published names are these, in this order: scripts of users wait for them", () => {
  const published =
    "boot bolus_started bolus_finished bolus_denied bolus_cancelled basal_rate program_accepted program_refused stopped " +
    "started refilled clock_set alarm_raised alarm_cleared alarm_acknowledged stall_detected stall_recovered limit_reached " +
    "reset session_opened session_closed link_refused self_test bridge_started bridge_finished life_changed " +
    "refill_discrepancy command_refused store_repaired paired";
  expect(EVENT_NAMES).toEqual(published.split(" "));
});

test("a reset of the board is described like an event of the controller, by its cause", () => {
  expect(describeEvent(RESET_CODE, RESET_WATCHDOG, 0, 0)).toEqual({ name: "reset", fields: { cause: "watchdog" } });
});

test("every command is called what its constant is called", () => {
  const source = readFileSync(new URL("../../hal/telemetry.ts", import.meta.url), "utf8");
  const constants = [...source.matchAll(/export const COMMAND_(\w+): i32 = (\d+);/g)];
  expect(constants).toHaveLength(COMMANDS - 2);
  for (const [, name, code] of constants) expect(COMMAND_NAMES[Number(code)]).toBe(name.toLowerCase());
});

describe("values", () => {
  test("each field of each event has its words, or its unit and range", () => {
    expect([...EVENT_VALUES.keys()]).toEqual(EVENT_NAMES);
    for (const [name, values] of EVENT_VALUES) expect(Object.keys(values)).toEqual(EVENT_FIELDS.get(name));
  });

  test("over generated days the reference controller gives no word but these", () => {
    const days = fc.sample(arbitraries.scenario({ faults: true, hours: 8 }), { numRuns: 40 });
    const words = new Set<string>();
    for (const day of days) {
      const run = new ScenarioRun(day, { gear: "leap", controller: referenceController, tracks: false });
      run.advance(run.end_ticks);
      for (const { tick: _tick, time_s: _time, wall: _wall, name, ...fields } of run.report(0).events) {
        for (const [field, value] of Object.entries(fields)) {
          const values = EVENT_VALUES.get(name)![field];
          if (typeof values === "string") continue;
          words.add(`${name} ${field} ${value}`);
          expect(values, `${name} ${field}`).toContain(value);
        }
      }
    }
    expect(words.size).toBeGreaterThan(30);
  });

  test("a part that fails a self-test has the bit of its constant in the firmware", () => {
    const source = readFileSync(new URL("../../firmware/self-test.ts", import.meta.url), "utf8");
    const constants = [...source.matchAll(/const SELF_TEST_(\w+): i32 = (\d+);/g)];
    expect(constants).toHaveLength(SELF_TEST_NAMES.length);
    constants.forEach(([, name, bit], i) => {
      expect(Number(bit)).toBe(1 << i);
      expect(SELF_TEST_NAMES[i].split(" ")[0]).toBe(name.toLowerCase());
    });
  });
});

describe("arguments", () => {
  test.each<[string, number, [number, number, number], object]>([
    ["bridge_started", EVENT_BRIDGE_STARTED, [800, 5_025, 0], { volume_nl: 200_000, ul_per_day: 50.25 }],
    ["bridge_finished", EVENT_BRIDGE_FINISHED, [799, 0, 0], { delivered_nl: 199_750 }],
    ["life_changed", EVENT_LIFE_CHANGED, [LIFE_SHELF, 0, 0], { to: "shelf" }],
    ["life_changed", EVENT_LIFE_CHANGED, [LIFE_EXPLANTED, 0, 0], { to: "explanted" }],
    [
      "refill_discrepancy",
      EVENT_REFILL_DISCREPANCY,
      [8000, 12_000, -152],
      { expected_nl: 2_000_000, aspirated_nl: 3_000_000, error_pct: -15.2 },
    ],
    [
      "command_refused",
      EVENT_COMMAND_REFUSED,
      [COMMAND_COMMIT, OUTCOME_NOT_AUTHORISED, 0],
      { command: "commit", reason: "not_authorised" },
    ],
    ["command_refused", EVENT_COMMAND_REFUSED, [77, 11, 0], { command: "unknown", reason: "malformed" }],
    ["store_repaired", EVENT_STORE_REPAIRED, [0, 0, 0], { record: "time" }],
    ["store_repaired", EVENT_STORE_REPAIRED, [4, 0, 0], { record: "window" }],
    ["store_repaired", EVENT_STORE_REPAIRED, [5, 0, 0], { record: "unknown" }],
    ["program_refused", EVENT_PROGRAM_REFUSED, [OUTCOME_SOFT_LIMIT, 0, 0], { reason: "soft_limit" }],
    [
      "program_accepted",
      EVENT_PROGRAM_ACCEPTED,
      [10_000, -1, 401],
      { rate_ul_per_day: 100, digest: "ffffffff", total_ul_per_day: 100.25 },
    ],
  ])("of %s", (name, code, [a, b, c], fields) => {
    expect(describeEvent(code, a, b, c)).toEqual({ name, fields });
  });

  test.each([
    [CAUSE_PATIENT_BOLUS, "patient"],
    [CAUSE_CLINICIAN_BOLUS, "clinician"],
    [CAUSE_PRIME, "prime"],
    [CAUSE_BASAL, "unknown"],
  ])("a bolus of cause %d is of the kind %s", (cause, kind) => {
    expect(describeEvent(EVENT_BOLUS_STARTED, cause, 20, 30_000)?.fields).toEqual({
      kind,
      volume_nl: 5000,
      duration_s: 300,
    });
  });
});

test("the pump's life is a signal of the channel that publishes it", () => {
  const channels = new Int32Array(CHANNELS);
  channels[CHANNEL_LIFE] = LIFE_EXPLANTED;
  const signal = SIGNALS.find(({ name }) => name === "pump.life");
  const measured = { board: { trace: { channels } } } as unknown as Parameters<(typeof SIGNALS)[number]["read"]>[0];
  expect(signal?.read(measured)).toBe(LIFE_EXPLANTED);
});
