// The words of the trace: every code has a name that is published, and its arguments their unit.

import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { COMMAND_NAMES } from "../../emulator/contract/commands";
import { referenceController } from "../../emulator/machine/controller-host";
import {
  describeEvent,
  EVENT_NAMES,
  EVENT_VALUES,
  isTraced,
  problemOfField,
  problemOfFields,
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
  REFUSED_DRUGS_0,
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
  REFILL_ERROR_UNKNOWN,
  EVENT_STORE_REPAIRED,
  EVENTS,
} from "../../hal/trace";

test("every event of the controller has a published name of its own, and board and people have the only other names", () => {
  const traced = Array.from({ length: EVENTS - 1 }, (_, i) => describeEvent(i + 1, 0, 0, 0)?.name);
  expect(new Set(traced).size).toBe(EVENTS - 1);
  const others = EVENT_NAMES.filter((name) => !isTraced(name));
  expect(others).toEqual(["reset", "trial_passed", "trial_failed", "converted", "oral_taken", "taken_out"]);
  expect([...traced, ...others].sort()).toEqual([...EVENT_NAMES].sort());
  expect([describeEvent(0, 0, 0, 0), describeEvent(EVENTS, 0, 0, 0)]).toEqual([null, null]);
});

test("the published names and their order stay as scripts of users know them", () => {
  const published =
    "boot bolus_started bolus_finished bolus_denied bolus_cancelled basal_rate program_accepted program_refused stopped " +
    "started refilled clock_set alarm_raised alarm_cleared alarm_acknowledged stall_detected stall_recovered limit_reached " +
    "reset session_opened session_closed link_refused self_test bridge_started bridge_finished life_changed " +
    "refill_discrepancy command_refused store_repaired paired sessions_left trial_passed trial_failed converted oral_taken " +
    "taken_out";
  expect(EVENT_NAMES).toEqual(published.split(" "));
});

test("a reset of the board is described like an event of the controller, with its cause", () => {
  expect(describeEvent(RESET_CODE, RESET_WATCHDOG, 0, 0)).toEqual({ name: "reset", fields: { cause: "watchdog" } });
});

test("every command has the name of its constant", () => {
  const source = readFileSync(new URL("../../hal/telemetry.ts", import.meta.url), "utf8");
  const constants = [...source.matchAll(/export const COMMAND_(\w+): i32 = (\d+);/g)];
  expect(constants).toHaveLength(COMMANDS - 2);
  for (const [, name, code] of constants) expect(COMMAND_NAMES[Number(code)]).toBe(name.toLowerCase());
});

describe("the values of an event's fields", () => {
  test("are described for each field of each event by its words, or by its unit and range", () => {
    expect([...EVENT_VALUES.keys()]).toEqual(EVENT_NAMES);
    const described = [RESET_CODE, ...Array.from({ length: EVENTS - 1 }, (_, i) => i + 1)].map((code) =>
      describeEvent(code, 0, 0, 0)!,
    );
    for (const { name, fields } of described) {
      expect(Object.keys(EVENT_VALUES.get(name)!), name).toEqual(Object.keys(fields));
    }
  });

  test("include every word and number that the reference controller gives over generated days (EMU-10)", () => {
    const days = fc.sample(arbitraries.scenario({ faults: true, hours: 8 }), { numRuns: 40 });
    const words = new Set<string>();
    for (const day of days) {
      const run = new ScenarioRun(day, { gear: "leap", controller: referenceController, tracks: false });
      run.advance(run.end_ticks);
      for (const { tick: _tick, time_s: _time, wall: _wall, name, ...fields } of run.report(0).events) {
        expect([name, fields, problemOfFields(name, fields)]).toEqual([name, fields, null]);
        for (const [field, value] of Object.entries(fields)) {
          words.add(`${name} ${field} ${value}`);
          expect([name, field, value, problemOfField(name, field, value)]).toEqual([name, field, value, null]);
        }
      }
    }
    expect(words.size).toBeGreaterThan(30);
  });

  test.each<[string, string, unknown, string]>([
    ["reset", "cause", "extrenal", "unknown cause of reset `extrenal`: the nearest known one is `external`"],
    ["boot", "cause", "External", "the nearest known one is `external`"],
    ["reset", "cause", 3, "expected a cause of reset (power_on, brownout, watchdog, external), found the number 3"],
    ["reset", "causes", "external", "unknown field of reset `causes`: the nearest known one is `cause`"],
    ["stall_recovered", "by", "command", "the event stall_recovered has no fields: found `by`"],
    ["stopped", "by", "comand", "the nearest known one is `command`"],
    ["bolus_started", "kind", "pateint", "the nearest known one is `patient`"],
    ["session_opened", "role", "clinican", "the nearest known one is `clinician`"],
    ["session_closed", "reason", "lockout", "unknown reason of session_closed `lockout`"],
    ["program_refused", "reason", "lockout", "unknown reason of program_refused `lockout`"],
    ["bolus_denied", "reason", "digest", "unknown reason of bolus_denied `digest`"],
    ["life_changed", "to", "shelf", "unknown to of life_changed `shelf`"],
    ["clock_set", "to", "2026-02-30T08:00", "expected the to of clock_set: wall time to the minute"],
    ["clock_set", "to", "2026-03-02T08:00:00", "wall time to the minute"],
    ["program_accepted", "digest", 12345678, "8 hexadecimal digits in quotes; found the number 12345678"],
    ["program_accepted", "digest", "FFFFFFFF", "8 hexadecimal digits"],
    ["program_accepted", "total_ul_per_day", 100.1, "in steps of 0.25; found the number 100.1"],
    ["bolus_started", "volume_nl", "abc", 'whole number in nL, 0 to 100000000 in steps of 250; found "abc"'],
    ["bolus_started", "volume_nl", "5000", 'found "5000"'],
    ["bolus_started", "volume_nl", 5001, "found the number 5001"],
    ["bolus_started", "volume_nl", -250, "found the number -250"],
    ["bolus_started", "duration_s", 43_201, "0 to 43200 in steps of 0.01"],
    ["bolus_started", "duration_s", NaN, "found the number NaN"],
    ["basal_rate", "ul_per_day", 7, "0 or 6 or 48 to 24000 in steps of 0.01; found the number 7"],
    ["limit_reached", "window_min", 1, "in min, 15 to 10080"],
    ["stall_detected", "missed", 7, "a whole number, 8: pulses in a row"],
    ["paired", "pairing", 6, "0 to 5"],
    ["self_test", "failed", 4096, "0 to 4095"],
    ["refill_discrepancy", "error_pct", 0.05, "in steps of 0.1"],
  ])("of %s cannot have %s %j (EMU-10)", (event, field, value, words) => {
    expect(problemOfField(event, field, value)?.message).toContain(words);
  });

  test.each<[string, string, unknown]>([
    ["basal_rate", "ul_per_day", 6],
    ["basal_rate", "ul_per_day", 100.01],
    ["bolus_started", "duration_s", 301.13],
    ["refill_discrepancy", "error_pct", -15.2],
    ["program_accepted", "digest", "0000abcd"],
    ["clock_set", "to", "2028-02-29T23:59"],
  ])("of %s can have %s %j", (event, field, value) => expect(problemOfField(event, field, value)).toBeNull());

  test("name a part that fails a self-test by the bit that its constant has in the firmware", () => {
    const source = readFileSync(new URL("../../firmware/self-test.ts", import.meta.url), "utf8");
    const constants = [...source.matchAll(/const SELF_TEST_(\w+): i32 = (\d+);/g)];
    expect(constants).toHaveLength(SELF_TEST_NAMES.length);
    constants.forEach(([, name, bit], i) => {
      expect(Number(bit)).toBe(1 << i);
      expect(SELF_TEST_NAMES[i].split(" ")[0]).toBe(name.toLowerCase());
    });
  });
});

describe("the arguments of an event", () => {
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
      "refill_discrepancy",
      EVENT_REFILL_DISCREPANCY,
      [8000, 12_000, REFILL_ERROR_UNKNOWN],
      { expected_nl: 2_000_000, aspirated_nl: 3_000_000 },
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
    ["program_refused", EVENT_PROGRAM_REFUSED, [OUTCOME_SOFT_LIMIT, 0, 0], { reason: "soft_limit", field: "none" }],
    [
      "program_refused",
      EVENT_PROGRAM_REFUSED,
      [OUTCOME_SOFT_LIMIT, REFUSED_DRUGS_0, 0],
      { reason: "soft_limit", field: "drugs[0]" },
    ],
    [
      "program_accepted",
      EVENT_PROGRAM_ACCEPTED,
      [10_000, -1, 401],
      { rate_ul_per_day: 100, digest: "ffffffff", total_ul_per_day: 100.25 },
    ],
  ])("of %s are described in words and units", (name, code, [a, b, c], fields) => {
    expect(describeEvent(code, a, b, c)).toEqual({ name, fields });
  });

  test.each([
    [CAUSE_PATIENT_BOLUS, "patient"],
    [CAUSE_CLINICIAN_BOLUS, "clinician"],
    [CAUSE_PRIME, "prime"],
    [CAUSE_BASAL, "unknown"],
  ])("of a bolus with the cause %d name the kind %s", (cause, kind) => {
    expect(describeEvent(EVENT_BOLUS_STARTED, cause, 20, 30_000)?.fields).toEqual({
      kind,
      volume_nl: 5000,
      duration_s: 300,
    });
  });
});

test("a signal shows the life of the pump as its trace channel publishes it", () => {
  const channels = new Int32Array(CHANNELS);
  channels[CHANNEL_LIFE] = LIFE_EXPLANTED;
  const signal = SIGNALS.find(({ name }) => name === "pump.life");
  const measured = { board: { trace: { channels } } } as unknown as Parameters<(typeof SIGNALS)[number]["read"]>[0];
  expect(signal?.read(measured)).toBe(LIFE_EXPLANTED);
});
