// A scenario file as it is read: the integers, times and amounts that each key becomes, the refusals that name their place, and
// the law that no change of a valid file is answered by anything but a scenario or a refusal.

import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse, stringify } from "yaml";
import { loadScenario, parseScenario } from "../../emulator/scenario/load";
import { type Expectation, type Scenario, ScenarioError, type TimelineEntry } from "../../emulator/scenario/scenario";
import { runs } from "../effort";
import { EXAMPLE, minimal } from "./example";

const load = (text: string): Scenario => parseScenario(text, "day.yaml");

function refusal(text: string): ScenarioError {
  try {
    load(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    return error as ScenarioError;
  }
  throw new Error("expected a refusal, found a scenario");
}

const timeline = (...entries: string[]): TimelineEntry[] =>
  load(minimal(`timeline:\n${entries.map((entry) => `  - ${entry}\n`).join("")}`)).timeline;

const expectation = (entry: string): Expectation => load(minimal(`expect:\n  - ${entry}\n`)).expect[0];

describe("the published example", () => {
  const scenario = load(EXAMPLE);
  const place = (line: number) => ({ file: "day.yaml", line, column: 5 });

  it("loads with exactly these integers", () => {
    expect({ ...scenario, timeline: null, expect: null, outside: null }).toEqual({
      outside: null,
      name: "A day with breakthrough pain",
      file: "day.yaml",
      start: { minute: 13_762_560, second: 0 }, // 9,557 days and 8 h after 2000-01-01T00:00
      duration_ticks: 8_640_000,
      seed: 7,
      pump: {
        model: "implant-20",
        capacity_nl: 20_000_000,
        fill_nl: 18_000_000,
        catheter: { length_cm: 89, volume_nlPerCm: 2200 },
        state: "primed",
        unit: { bias: 0, ripple: 0 },
        life: "in_service",
      },
      drugs: [{ name: "morphine", concentration_mgPerMl: 10 }],
      program: {
        mode: "continuous",
        rate: 10_000,
        bolus: { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 8 },
        limits: [
          { pulses: 100, window_min: 60 },
          { pulses: 640, window_min: 1440 },
        ],
        low_pulses: 8000,
        drugs: [{ id: 1, concentration: 100_000 }],
      },
      consent: { confirm: 0, reason: 0 },
      timeline: null,
      expect: null,
      warnings: [],
    });
  });

  it("has its timeline", () => {
    expect(scenario.timeline).toEqual([
      { at_ticks: 3_240_000, place: place(21), action: { do: "patient_bolus" } },
      { at_ticks: 3_360_000, place: place(22), action: { do: "patient_bolus" } },
      {
        at_ticks: 4_320_000,
        place: place(23),
        fault: { fault: "motor_stall", for_ticks: 180_000, parameter: 0, field: null },
      },
    ]);
  });

  it("has its expectations, each with a line of English", () => {
    expect(scenario.expect).toEqual([
      {
        kind: "delivered",
        text: "delivered 0 s to 9 h: 37.5 uL within 0.25 uL",
        place: place(25),
        from_ticks: 0,
        to_ticks: 3_240_000,
        least_nl: 37_250,
        most_nl: 37_750,
        shown: { unit: "uL", size: 1000 },
      },
      {
        kind: "event",
        text: "event bolus_denied (reason lockout) between 9 h 20 min and 9 h 21 min: once",
        place: place(26),
        name: "bolus_denied",
        fields: { reason: "lockout" },
        from_ticks: 3_360_000,
        to_ticks: 3_366_000,
        least: 1,
        most: 1,
      },
      {
        kind: "alarm",
        text: "alarm motor_stall: raised 12 h to 12 h 30 min",
        place: place(27),
        name: "motor_stall",
        raised: { from_ticks: 4_320_000, to_ticks: 4_500_000 },
        cleared: null,
      },
      { kind: "never", text: "never alarm dose_guard", place: place(28), alarm: "dose_guard" },
      {
        kind: "signal",
        text: "signal motor.pulses at 9 h: at least 149, at most 151",
        place: place(29),
        name: "motor.pulses",
        from_ticks: 3_240_000,
        to_ticks: 3_240_000,
        min: 149,
        max: 151,
      },
    ]);
  });
});

describe("the defaults", () => {
  it("are those of the published format", () => {
    expect(load(minimal())).toMatchObject({
      name: "day",
      start: { minute: (Date.UTC(2026, 0, 1) - Date.UTC(2000, 0, 1)) / 60_000, second: 0 },
      seed: 1,
      pump: {
        model: "implant-20",
        capacity_nl: 20_000_000,
        fill_nl: 20_000_000,
        catheter: { length_cm: 89, volume_nlPerCm: 2200 },
        state: "primed",
        unit: { bias: 0, ripple: 0 },
        life: "in_service",
      },
      timeline: [],
      expect: [],
    });
  });

  test.each([
    ["implant-20", 20_000_000],
    ["implant-40", 40_000_000],
    ["external-trial", 20_000_000],
  ])("a pump %s is full with %d nL", (model, capacity_nl) => {
    expect(load(minimal(`pump: { model: ${model} }`)).pump).toMatchObject({ capacity_nl, fill_nl: capacity_nl });
  });

  test.each(["shelf", "in_service"] as const)("a pump may begin its life as %s (LIF-1)", (life) => {
    expect(load(minimal(`pump: { life: ${life} }`)).pump.life).toBe(life);
  });

  test.each(["name", "start", "seed", "pump", "timeline", "expect"])("`%s` may be left out", (key) => {
    const value = parse(EXAMPLE) as Record<string, unknown>;
    delete value[key];
    expect(() => load(stringify(value))).not.toThrow();
  });

  test.each(["duration", "drugs", "prescription"])("`%s` may not be left out", (key) => {
    const value = parse(EXAMPLE) as Record<string, unknown>;
    delete value[key];
    expect(refusal(stringify(value)).message).toMatch(new RegExp(`^day.yaml:1:1: ${key}: missing: expected `));
  });
});

describe("the timeline", () => {
  it("is sorted by time, and entries of one moment stay in the order of the file", () => {
    const entries = timeline(
      "{ at: 2 h, do: stop }",
      "{ do: start, at: 0 s }",
      "{ at: 2 h, do: start }",
      "{ at: 1 h, do: stop }",
    );
    expect(entries.map((entry) => [entry.at_ticks, entry.place.line])).toEqual([
      [0, 6],
      [360_000, 8],
      [720_000, 5],
      [720_000, 7],
    ]);
  });

  test.each<[string, object]>([
    ["do: patient_bolus", { do: "patient_bolus" }],
    ["do: clinician_bolus, volume: 20.3 uL, duration: 5 min", { do: "clinician_bolus", pulses: 81, duration_s: 300 }],
    ["do: clinician_bolus, dose: 1 mg, duration: 1 d", { do: "clinician_bolus", pulses: 400, duration_s: 86_400 }],
    ["do: stop", { do: "stop" }],
    ["do: start", { do: "start" }],
    ["do: refill, fill: 18 mL", { do: "refill", aspirate_nl: null, fill_nl: 18_000_000, drugs: null, accept: true }],
    [
      "do: refill, aspirate: 1 mL, fill: 2 mL, accept: false",
      { do: "refill", aspirate_nl: 1_000_000, fill_nl: 2_000_000, drugs: null, accept: false },
    ],
    ["do: prime, volume: 0.3 mL", { do: "prime", pulses: 1200, confirmed: false }],
    ["do: prime, volume: 300.4 uL, confirm: true", { do: "prime", pulses: 1201, confirmed: true }],
    [
      "do: bridge, old_concentration: 0.00005 mg/mL, volume: 0.3 mL",
      { do: "bridge", oldConcentration: 1, pulses: 1200 },
    ],
    ["do: implant", { do: "implant", purged: false }],
    ["do: implant, purged: true", { do: "implant", purged: true }],
    ["do: explant", { do: "explant" }],
    ["do: set_clock, to: 2000-01-02T00:01", { do: "set_clock", wallMinute: 1441 }],
    ["do: set, symbol: therapy.rate, value: -7", { do: "set", symbol: "therapy.rate", value: -7 }],
    ["do: acknowledge, alarm: motor_stall", { do: "acknowledge", alarm: 3 }],
    ["do: interrogate", { do: "interrogate" }],
    ["do: self_test", { do: "self_test" }],
  ])("reads the action { %s }", (action, built) => {
    expect(timeline(`{ at: 1 h, ${action} }`)[0]).toMatchObject({ at_ticks: 360_000, action: built });
  });

  it("counts a dose by the drugs that are in the reservoir at that moment", () => {
    const program = "do: program, prescription: { basal: { mode: continuous, dose: 1 mg/day } }";
    const entries = timeline(
      `{ at: 3 h, ${program} }`,
      "{ at: 2 h, do: refill, fill: 18 mL, drugs: [{ name: morphine, concentration: 20 mg/mL }] }",
      `{ at: 1 h, ${program} }`,
    );
    const rates = entries.map(
      (entry) => "action" in entry && entry.action.do === "program" && entry.action.program.rate,
    );
    expect(rates).toEqual([10_000, false, 5000]);
  });

  it("gives a program the drugs that are in the reservoir at that moment, as of the last refill that says (LIM-8)", () => {
    const program = "do: program, prescription: { basal: { mode: minimum } }";
    const entries = timeline(
      `{ at: 1 h, ${program} }`,
      "{ at: 2 h, do: refill, fill: 18 mL, drugs: [{ name: x, concentration: 1 mg/mL }, { name: baclofen, concentration: 2 mg/mL }] }",
      `{ at: 3 h, ${program} }`,
      "{ at: 4 h, do: refill, fill: 18 mL }",
      `{ at: 5 h, ${program} }`,
    );
    const drugs = entries.flatMap((entry) =>
      "action" in entry && entry.action.do === "program" ? [entry.action.program.drugs] : [],
    );
    const mixture = [
      { id: 0, concentration: 10_000 },
      { id: 8, concentration: 20_000 },
    ];
    expect(drugs).toEqual([[{ id: 1, concentration: 100_000 }], mixture, mixture]);
  });

  it("keeps every drug of the file in one order, with concentration 0 where it is absent", () => {
    const refill =
      "{ at: 2 h, do: refill, fill: 18 mL, drugs: [{ name: x, concentration: 2 mg/mL }, { name: morphine, concentration: 5 mg/mL }] }";
    const later = "{ at: 3 h, do: refill, fill: 18 mL, drugs: [{ name: y, concentration: 1 mg/mL }] }";
    const program = "{ at: 2 h, do: clinician_bolus, dose: 1 mg, duration: 1 h }";
    const scenario = load(
      minimal(`timeline: [${refill}, ${program}, ${later}]\nexpect: [{ dose: { drug: y, min: 1 ng } }]`),
    );
    const drugs = (morphine: number, x: number, y: number) => [
      { name: "morphine", concentration_mgPerMl: morphine },
      { name: "x", concentration_mgPerMl: x },
      { name: "y", concentration_mgPerMl: y },
    ];
    expect(scenario.drugs).toEqual(drugs(10, 0, 0));
    expect(scenario.timeline[0]).toMatchObject({ action: { drugs: drugs(5, 2, 0) } });
    expect(scenario.timeline[1]).toMatchObject({ action: { pulses: 2000 } }); // 1 mg of x, which is primary now: 500 uL
    expect(scenario.timeline[2]).toMatchObject({ action: { drugs: drugs(0, 0, 1) } });
  });

  it("knows a drug whatever its case, in refills, injections, expectations and doses (EMU-10)", () => {
    const refill = "{ at: 2 h, do: refill, fill: 18 mL, drugs: [{ name: MORPHINE, concentration: 20 mg/mL }] }";
    const injection = "{ at: 3 h, do: port_injection, drug: Morphine, dose: 1 mg, volume: 1 mL }";
    const scenario = load(
      minimal(`timeline: [${refill}, ${injection}]\nexpect: [{ dose: { drug: " mORphine", max: 1 mg } }]`),
    );
    expect(scenario.drugs).toEqual([{ name: "morphine", concentration_mgPerMl: 10 }]);
    expect(scenario.timeline[0]).toMatchObject({
      action: { drugs: [{ name: "morphine", concentration_mgPerMl: 20 }] },
    });
    expect(scenario.timeline[1]).toMatchObject({ action: { drug_ng: [1_000_000] } });
    expect(scenario.expect[0]).toMatchObject({ drug: "morphine" });
    expect(scenario.warnings).toEqual([]);
  });

  it("refuses more drugs than the world keeps apart", () => {
    const drugs = ["a", "b", "c", "d"].map((name) => `{ name: ${name}, concentration: 1 mg/mL }`).join(", ");
    const error = refusal(minimal(`timeline: [{ at: 2 h, do: refill, fill: 18 mL, drugs: [${drugs}] }]`));
    expect(error.message).toContain(
      "timeline[0].drugs: expected at most 4 drugs in a file, found morphine, a, b, c, d",
    );
  });

  test.each<[string, object]>([
    ["fault: motor_slip, fraction: 20 %", { fault: "motor_slip", for_ticks: null, parameter: 0.2, field: null }],
    ["fault: motor_runaway, rate: 1 uL/h, for: 1 min", { fault: "motor_runaway", for_ticks: 6000, parameter: 24_000 }],
    ["fault: over_delivery, factor: 1.5", { fault: "over_delivery", parameter: 1.5 }],
    ["fault: reservoir_sensor, stuck: true", { fault: "reservoir_sensor.stuck", parameter: 0 }],
    ['fault: reservoir_sensor, offset: "-1 mL"', { fault: "reservoir_sensor.offset", parameter: -1_000_000 }],
    ['fault: reservoir_sensor, noise: "0.5 mL"', { fault: "reservoir_sensor.noise", parameter: 500_000 }],
    ['fault: link, drop: "5 %"', { fault: "link.drop", parameter: 0.05 }],
    ['fault: link, delay: "200 ms"', { fault: "link.delay", parameter: 20 }],
    ["fault: rtc_jump, by: -30 s", { fault: "rtc_jump", for_ticks: null, parameter: -3000 }],
    ["fault: nvm_flip, address: 100, bit: 3", { fault: "nvm_flip", parameter: 803, field: null }],
    ["fault: ram_flip, field: basal.rate, bit: 31", { fault: "ram_flip", parameter: 31, field: "basal.rate" }],
    ["fault: temperature, to: 38.5 °C", { fault: "temperature", parameter: 38_500 }],
    ["fault: altitude, to: 2500 m", { fault: "altitude", parameter: 2500 }],
    ["fault: pressure, to: 2 bar", { fault: "pressure", parameter: 200_000 }],
    ["fault: pressure, to: 0 bar", { fault: "pressure", parameter: 0 }],
    ["fault: pressure, to: 400 kPa", { fault: "pressure", parameter: 400_000 }],
    ["fault: rtc_drift, ppm: 694", { fault: "rtc_drift", for_ticks: null, parameter: 694 }],
    ['fault: rtc_drift, ppm: "-20 ppm"', { fault: "rtc_drift", parameter: -20 }],
    ["fault: sounder_dead, for: 1 min", { fault: "sounder_dead", for_ticks: 6000, parameter: 0 }],
    ["fault: flow_past_rotor, rate: 1 uL/h", { fault: "flow_past_rotor", parameter: 24_000 }],
    ["fault: brownout", { fault: "brownout", for_ticks: null, parameter: 0 }],
  ])("reads the fault { %s }", (fault, built) => {
    expect(timeline(`{ at: 0 s, ${fault} }`)[0]).toMatchObject({ at_ticks: 0, fault: built });
  });

  test.each([
    ["fault: pressure, to: 4.1 bar", 'expected an absolute pressure from 0 bar to 4 bar, found "4.1 bar"'],
    ["fault: pressure, to: -1 bar", "which is negative"],
    ["fault: pressure, to: 2", "found the bare number 2 without its unit"],
    ["fault: pressure, to: 20 m", "expected a pressure (bar, kPa, mmHg), found a length"],
    ["fault: altitude, to: 21 km", 'expected from -500 m to 20 km, found "21 km"'],
    ["fault: rtc_drift, ppm: 100001", "expected millionths from -100000 to 100000 ppm"],
    ['fault: rtc_drift, ppm: "20 %"', "expected millionths from -100000 to 100000 ppm"],
    ["fault: rtc_drift", "missing: expected"],
  ])("EMU-3: { %s } is refused: %s", (fault, message) => {
    expect(refusal(minimal(`timeline: [{ at: 0 s, ${fault} }]`)).message).toContain(message);
  });

  it("EMU-3: refuses an altitude while a pressure is on, because both are the ambient pressure", () => {
    const entries =
      "timeline:\n  - { at: 1 h, fault: pressure, to: 2 bar }\n  - { at: 2 h, fault: altitude, to: 1 km }";
    expect(refusal(minimal(entries)).message).toContain("pressure is on already: that of line 5 lasts to the end");
  });

  it("RES-7: reads the needles that nobody announces to the pump", () => {
    const entries = timeline(
      "{ at: 1 h, do: tap, volume: 5 mL }",
      "{ at: 2 h, do: top_up, volume: 5 mL }",
      "{ at: 3 h, do: top_up, volume: 1 mL, drugs: [{ name: clonidine, concentration: 1 mg/mL }] }",
      "{ at: 4 h, do: port_injection, drug: bupivacaine, dose: 1 mg, volume: 2 mL }",
      "{ at: 5 h, do: port_injection, dose: 1 mg, volume: 2 mL }",
      "{ at: 6 h, do: port_injection, volume: 2 mL }",
      "{ at: 7 h, do: port_aspiration, volume: 0.5 mL }",
    );
    const drug = (name: string, concentration_mgPerMl: number) => ({ name, concentration_mgPerMl });
    const mixed = [drug("morphine", 0), drug("clonidine", 1), drug("bupivacaine", 0)];
    expect(entries.map((entry) => "action" in entry && entry.action)).toEqual([
      { do: "tap", volume_nl: 5e6 },
      { do: "top_up", volume_nl: 5e6, drugs: null },
      { do: "top_up", volume_nl: 1e6, drugs: mixed },
      { do: "port_injection", volume_nl: 2e6, drug_ng: [0, 0, 1e6] },
      { do: "port_injection", volume_nl: 2e6, drug_ng: [1e6, 0, 0] },
      { do: "port_injection", volume_nl: 2e6, drug_ng: [0, 0, 0] },
      { do: "port_aspiration", volume_nl: 5e5 },
    ]);
  });

  test.each([
    ["do: port_injection, drug: x, volume: 1 mL", "expected `dose` beside `drug`"],
    ["do: port_injection, dose: 1 mg, volume: 0 mL", 'expected a volume above 0, found "0 mL"'],
    ["do: port_injection, dose: 1 mg", "missing: expected a volume"],
    ["do: tap", "missing: expected a volume"],
    ["do: top_up, volume: 5 mg", "found a dose"],
  ])("EMU-3: { %s } is refused: %s", (action, message) => {
    expect(refusal(minimal(`timeline: [{ at: 0 s, ${action} }]`)).message).toContain(message);
  });

  it("lets a fault follow itself, and different faults overlap", () => {
    const entries = timeline(
      "{ at: 1 h, fault: motor_stall, for: 1 h }",
      "{ at: 2 h, fault: motor_stall }",
      "{ at: 2 h, fault: link, drop: 5 % }",
      "{ at: 3 h, fault: link, flip: 5 % }",
      "{ at: 3 h, fault: reset }",
      "{ at: 3 h, fault: reset }",
    );
    expect(entries).toHaveLength(6);
  });

  it("refuses overlapping entries of one fault at the later one, and says when the first ends", () => {
    const entries = "timeline:\n  - { at: 90 min, fault: motor_stall }\n  - { at: 1 h, fault: motor_stall, for: 1 h }";
    const error = refusal(minimal(entries));
    expect(error.place).toEqual({ file: "day.yaml", line: 5, column: 5 });
    expect(error.message).toContain("motor_stall is on already: that of line 6 ends at 2 h, this starts at 90 min");
  });
});

describe("expectations", () => {
  const ANY = Number.MAX_SAFE_INTEGER;
  test.each<[string, object]>([
    [
      "delivered: { volume: 1 uL, within: 0 uL }",
      { from_ticks: 0, to_ticks: 8_640_000, least_nl: 1000, most_nl: 1000 },
    ],
    ["delivered: { dose: 1 mg, within: 2.5 uL }", { least_nl: 97_500, most_nl: 102_500 }],
    ["delivered: { dose: 1 mg, within: 0.1 mg }", { least_nl: 90_000, most_nl: 110_000 }],
    ["delivered: { from: 1 h, min: 1 uL, max: 1 mg }", { from_ticks: 360_000, least_nl: 1000, most_nl: 100_000 }],
    ["delivered: { max: 1 uL }", { least_nl: -ANY, most_nl: 1000, text: "delivered 0 s to 1 d: at most 1 uL" }],
    ["dose: { dose: 1 mg, within: 50 ug }", { kind: "dose", drug: "morphine", least_ug: 950, most_ug: 1050 }],
    ["event: { name: boot }", { fields: {}, from_ticks: 0, to_ticks: 8_640_000, least: 1, most: ANY }],
    ["event: { name: boot, count: 2 }", { least: 2, most: 2, text: "event boot: 2 times" }],
    ["event: { name: boot, max: 2 }", { least: 0, most: 2, text: "event boot: at most 2 times" }],
    ["event: { name: boot, min: 2 }", { least: 2, most: ANY }],
    ["event: { name: limit_reached, window_min: 60 }", { fields: { window_min: 60 } }],
    ["event: { name: life_changed, to: explanted }", { fields: { to: "explanted" } }],
    ["event: { name: clock_set, to: 2026-03-29T03:00 }", { fields: { to: "2026-03-29T03:00" } }],
    [
      "event: { name: command_refused, command: commit, reason: not_authorised }",
      { fields: { command: "commit", reason: "not_authorised" } },
    ],
    ["alarm: { name: tube_set }", { raised: null, cleared: null, text: "alarm tube_set: raised" }],
    ["alarm: { name: tube_set, raised: true }", { raised: { from_ticks: 0, to_ticks: 8_640_000 }, cleared: null }],
    [
      "alarm: { name: tube_set, cleared: { after: 1 h, within: 1 min } }",
      { raised: null, cleared: { from_ticks: 360_000, to_ticks: 366_000 } },
    ],
    ["signal: { name: battery.cell_mv, min: 2800 }", { from_ticks: 0, to_ticks: 8_640_000, min: 2800, max: null }],
    ["signal: { name: guard.tripped, equals: 0, between: [1 h, 2 h] }", { from_ticks: 360_000, min: 0, max: 0 }],
    ["never: { event: reset }", { kind: "never", event: "reset", fields: {} }],
    ["never: { event: alarm_raised, alarm: motor_stall }", { event: "alarm_raised", fields: { alarm: "motor_stall" } }],
  ])("are read from { %s }", (entry, built) => expect(expectation(`{ ${entry} }`)).toMatchObject(built));

  it("refuses a delivered dose across a change of concentration, and takes it on either side", () => {
    const refill = "{ at: 2 h, do: refill, fill: 18 mL, drugs: [{ name: morphine, concentration: 20 mg/mL }] }";
    const file = (stretch: string) =>
      minimal(`timeline: [${refill}]\nexpect: [{ delivered: { ${stretch}, dose: 1 mg, within: 0 mg } }]`);
    expect(refusal(file("to: 3 h")).message).toContain("the primary drug or its concentration changes at 2 h");
    expect(load(file("to: 2 h")).expect[0]).toMatchObject({ least_nl: 100_000 });
    expect(load(file("from: 2 h")).expect[0]).toMatchObject({ least_nl: 50_000 });
  });
});

/** Replaces text of the example; the refusal must stand at this line and column and have these words. */
const REFUSALS: [string, string, number, number, string][] = [
  ["duration: 24 h", "durration: 24 h", 3, 1, "unknown key `durration`: the nearest known one is `duration`"],
  ["duration: 24 h", "duration: 24", 3, 11, "expected a duration (ms, s, min, h, d, week), found the bare number 24"],
  ["duration: 24 h", "duration:", 3, 10, "found an empty value"],
  ["duration: 24 h", "duration: 0 s", 3, 11, "expected more than 0 s"],
  ["duration: 24 h", "duration: 40 mL", 3, 11, 'found a volume: "40 mL"'],
  ["duration: 24 h", "duration: 11000 d", 3, 11, "at most 3660 days"],
  ["duration: 24 h", "duration: 24 h 5 ms", 3, 11, "whole ticks of 10 ms"],
  ["start: 2026-03-02T08:00", "start: 2026-02-30T08:00", 2, 8, "expected a local time"],
  ["start: 2026-03-02T08:00", "start: 2026-03-02T24:00", 2, 8, "expected a local time"],
  ["start: 2026-03-02T08:00", "start: tomorrow", 2, 8, "expected a local time"],
  ["seed: 7", "seed: -1", 4, 7, "a whole number from 0 to 4294967295"],
  ["seed: 7", "seed: 4294967296", 4, 7, "a whole number from 0 to 4294967295"],
  ["seed: 7", "seed: 1.5", 4, 7, "found the number 1.5"],
  ["seed: 7", 'seed: "7"', 4, 7, 'found "7"'],
  ["name: morphine", 'name: "  "', 12, 13, "text of 1 to 200 characters"],
  ["seed: 7", "name: again", 4, 1, "the key `name` is here a second time"],
  ["name: A day", "name: [A day", 2, 1, "not YAML 1.2"],
  [
    "model: implant-20",
    "model: implant-30",
    6,
    10,
    "unknown model `implant-30`: the nearest known one is `implant-20`",
  ],
  ["fill: 18 mL", "fill: 20.000001 mL", 7, 9, "expected at most the 20 mL that implant-20 holds"],
  ["fill: 18 mL", "fill: 0.5 nL", 7, 9, "whole nanolitres"],
  ["fill: 18 mL", "fill: -1 mL", 7, 9, "negative"],
  ["length: 89 cm", "lenght: 89 cm", 8, 15, "the nearest known one is `length`"],
  ["bias: 0 %", "bias: 0", 10, 17, "expected a percentage (%), found the bare number 0"],
  ["concentration: 10 mg/mL", "concentration: 0 mg/mL", 12, 38, "a concentration above 0"],
  ["concentration: 10 mg/mL", "concentration: 10 mg", 12, 38, "expected a concentration (mg/mL, ug/mL), found a dose"],
  ["mode: continuous, dose: 1 mg/day", "mode: flex", 14, 10, "expected exactly one of steps, patterns, found none"],
  ["mode: continuous", "mode: flecks", 14, 18, "unknown basal mode `flecks`: the nearest known one is `flex`"],
  ["state: primed ", "life: implanted ", 9, 9, "unknown life `implanted`: the nearest known one is `shelf`"],
  ["mode: continuous", "mode: continuos", 14, 18, "the nearest known one is `continuous`"],
  ["mode: continuous, ", "", 14, 10, "prescription.basal.mode: missing"],
  ["dose: 0.05 mg", "dose: 2 ug", 15, 26, 'at least one pulse, 0.25 uL; found "2 ug", which is 0.2 uL'],
  ["dose: 0.05 mg", "doze: 0.05 mg", 15, 20, "the nearest known one is `dose`"],
  ["at: 9 h,", "at: 25 h,", 21, 11, "expected a time within the run of 24 h"],
  ["at: 9 h,", "at: -1 h,", 21, 11, "negative"],
  ["at: 9 h,", "", 21, 5, "timeline[0].at: missing"],
  [
    "do: patient_bolus",
    "do: patient_blus",
    21,
    20,
    "unknown action `patient_blus`: the nearest known one is `patient_bolus`",
  ],
  ["do: patient_bolus", "do: prime", 21, 5, "timeline[0].volume: missing"],
  ["do: patient_bolus", "do: prime, volume: 0.1 uL", 21, 35, "expected a prime of at least one pulse, 0.25 uL"],
  ["do: patient_bolus", "do: prime, volume: 1 mL, confirm: yes", 21, 50, 'expected `true` or `false`, found "yes"'],
  ["do: patient_bolus", "do: bridge, volume: 1 mL", 21, 5, "timeline[0].old_concentration: missing"],
  [
    "do: patient_bolus",
    "do: bridge, volume: 1 mL, old_concentration: 0 mg/mL",
    21,
    61,
    "expected a concentration above 0",
  ],
  ["do: patient_bolus", "do: implant, purge: true", 21, 29, "unknown key `purge`: the nearest known one is `purged`"],
  ["do: patient_bolus", "do: explant, volume: 1 mL", 21, 29, "unknown key `volume`"],
  ["do: patient_bolus", "doo: patient_bolus", 21, 16, "unknown key `doo`: the nearest known one is `do`"],
  ["do: patient_bolus", "do: patient_bolus, for: 1 h", 21, 35, "unknown key `for`"],
  ["do: patient_bolus", "do: refill", 21, 5, "timeline[0].fill: missing"],
  ["do: patient_bolus", "do: refill, fill: 21 mL", 21, 34, "expected at most the 20 mL that the pump holds"],
  ["do: patient_bolus", "do: acknowledge, alarm: motor_stal", 21, 40, "the nearest known one is `motor_stall`"],
  ["do: patient_bolus", "do: set_clock, to: 2026-01-01T00:00:30", 21, 35, "whole minutes"],
  [
    "do: patient_bolus",
    "fault: motor_stal",
    21,
    23,
    "unknown fault `motor_stal`: the nearest known one is `motor_stall`",
  ],
  ["do: patient_bolus", "fault: link.drop", 21, 23, "unknown fault `link.drop`: the nearest known one is `link`"],
  ["do: patient_bolus", "fault: link", 21, 5, "exactly one of drop, duplicate, flip, delay, babble, found none"],
  ["do: patient_bolus", "fault: link, drop: 5 %, flip: 5 %", 21, 5, "found drop and flip"],
  ["do: patient_bolus", "fault: link, drip: 5 %", 21, 29, "the nearest known one is `drop`"],
  ["do: patient_bolus", "fault: reservoir_sensor, stuck: 1 mL", 21, 48, "expected `true`"],
  ["do: patient_bolus", "fault: motor_slip, fraction: 120 %", 21, 45, "from 0 % to 100 %"],
  ["do: patient_bolus", "fault: over_delivery, factor: 0.5", 21, 46, "a plain number from 1 to 100"],
  ["do: patient_bolus", "fault: over_delivery, factor: 2 %", 21, 46, "a plain number from 1 to 100"],
  ["do: patient_bolus", "fault: nvm_flip, address: 131072, bit: 0", 21, 42, "a whole number from 0 to 131071"],
  ["do: patient_bolus", "fault: nvm_flip, address: 0, bit: 8", 21, 50, "a whole number from 0 to 7"],
  ["do: patient_bolus", "fault: motor_runaway, rate: 1 L/h", 21, 44, "expected at most 90 mL/h"],
  ["do: patient_bolus", "fault: pocket_fill, volume: 1 L", 21, 44, "expected at most 100 mL"],
  ["do: patient_bolus", "fault: reservoir_sensor, offset: 1 L", 21, 49, "from -100 mL to 100 mL"],
  ["fault: motor_stall, for: 30 min", "fault: reset, for: 30 min", 23, 36, "reset is momentary: expected no `for`"],
  ["for: 30 min", "for: 0 s", 23, 42, "expected more than 0 s"],
  ["- { delivered:", "- { deliverd:", 25, 7, "the nearest known one is `delivered`"],
  [", within: 0.25 uL", "", 25, 18, "expected volume or dose with within, or min, max or both; found volume"],
  ["to: 9 h, volume", "to: 30 h, volume", 25, 35, "expected a time within the run of 24 h"],
  ["from: 0 s", "from: 10 h", 25, 36, "expected the end not to be before the start, found 10 h and then 9 h"],
  ["name: bolus_denied", "name: bolus_refused", 26, 22, "the nearest known one is `bolus_"],
  [
    "reason: lockout",
    "reason: lockot",
    26,
    44,
    "unknown reason of bolus_denied `lockot`: the nearest known one is `lockout`",
  ],
  [
    "name: bolus_denied, reason: lockout",
    "name: command_refused, command: comit",
    26,
    48,
    "unknown command of command_refused `comit`: the nearest known one is `commit`",
  ],
  [
    "name: bolus_denied, reason: lockout",
    "name: life_changed, to: explantd",
    26,
    40,
    "nearest known one is `explanted`",
  ],
  [
    "name: bolus_denied, reason: lockout",
    "name: bolus_denied, kind: prime, reason: lockout",
    26,
    57,
    "bolus_denied with the kind prime has the reason dose_limit, busy, alarm, empty, out_of_range, life_cycle; never lockout",
  ],
  [
    "name: bolus_denied, reason: lockout",
    "name: command_refused, command: stop, reason: busy",
    26,
    62,
    "command_refused with the command stop has the reason not_authorised, life_cycle; never busy",
  ],
  [
    "name: bolus_denied, reason: lockout",
    "name: paired, role: patient, pairing: 0",
    26,
    54,
    "paired with the role patient has the pairing 2, 3; never 0",
  ],
  [
    "name: bolus_denied, reason: lockout",
    "name: program_refused, reason: digest, field: limits",
    26,
    62,
    "program_refused with the reason digest has the field none; never limits",
  ],
  ["name: bolus_denied, reason: lockout", "name: store_repaired, record: leger", 26, 46, "known one is `ledger`"],
  ["reason: lockout", "raeson: lockout", 26, 36, "the nearest known one is `reason`"],
  ["between: [9 h", "betwen: [9 h", 26, 53, "the nearest known one is `between`"],
  ["9 h 21 min]", "9 h 19 min]", 26, 75, "found 9 h 20 min and then 9 h 19 min"],
  ["count: 1", "count: 1, min: 1", 26, 14, "expected count, or min and max; found both"],
  ["raised: { after: 12 h", "raised: { aftr: 12 h", 27, 45, "the nearest known one is `after`"],
  ["raised: { after: 12 h, within: 30 min }", "raised: yes", 27, 43, "expected `true` or a mapping with after, within"],
  ["after: 12 h, within: 30 min", "after: 12 h, within: 13 h", 27, 66, "expected a time within the run of 24 h"],
  [
    "alarm: dose_guard",
    "alarm: dose_gaurd",
    28,
    23,
    "unknown alarm `dose_gaurd`: the nearest known one is `dose_guard`",
  ],
  ["alarm: dose_guard", "alarm: dose_guard, event: boot", 28, 14, "expected an alarm, or an event with its fields"],
  ["alarm: dose_guard", "event: reset, count: 0", 28, 30, "unknown key `count`: the nearest known one is `event`"],
  ["alarm: dose_guard", "event: reset, cause: [1]", 28, 37, "expected a cause of reset (power_on, brownout"],
  ["alarm: dose_guard", "event: reset, cause: extrenal", 28, 37, "the nearest known one is `external`"],
  ["alarm: dose_guard", "event: stopped, by: alram", 28, 36, "the nearest known one is `alarm`"],
  ["alarm: dose_guard", "event: bolus_started, volume_nl: abc", 28, 49, 'found "abc"'],
  ["alarm: dose_guard", "event: bolus_started, volume_nl: 5 uL", 28, 49, 'found "5 uL"'],
  ["alarm: dose_guard", "event: bolus_denied, reason: digest", 28, 45, "unknown reason of bolus_denied `digest`"],
  ["reason: lockout", "reason: digest", 26, 44, "unknown reason of bolus_denied `digest`"],
  ["alarm: dose_guard", "event: bolus_denied, raeson: x", 28, 37, "the nearest known one is `reason`"],
  [
    "name: motor.pulses",
    "name: motor.puls",
    29,
    23,
    "unknown signal `motor.puls`: the nearest known one is `motor.pulses`",
  ],
  ["seed: 7", "patient: { age: 58 }", 4, 10, "missing: expected the name of an indication (spine_pain,"],
  [
    "do: patient_bolus",
    "do: inject, dose: 0.3 mg",
    21,
    20,
    "expected a `patient` in the file, into whose fluid the drug goes",
  ],
  ["name: motor.pulses", "name: patient.pain", 29, 23, "expected a `patient` in the file, of whom this signal is"],
  ["min: 149, max: 151", "min: 151, max: 149", 29, 15, "expected min to be at most max, found 151 and 149"],
  [", min: 149, max: 151", "", 29, 15, "expected min, max or equals, found none"],
  ["min: 149", "min: -1, equals: 2", 29, 15, "expected equals, or min and max; found both"],
  ["min: 149, max: 151", "equals: 149.5", 29, 54, "expected a whole number, as motor.pulses is; found 149.5"],
  ["min: 149, max: 151", "max: -1", 29, 51, "expected at least 0, below which motor.pulses never is; found -1"],
  [
    "name: motor.pulses, at: 9 h, min: 149, max: 151",
    "name: guard.tripped, min: 2",
    29,
    43,
    "expected at most 1, which guard.tripped never exceeds; found 2",
  ],
  ["from: 0 s", "from: 9 h", 25, 35, "expected an end after the start, found 9 h twice"],
  ["volume: 37.5 uL, within: 0.25 uL", "min: 0 uL", 25, 45, "expected more than 0, or a max"],
  ["count: 1", "min: 0", 26, 14, "with min 0 alone it always holds"],
  ["window: 1 h", "window: 14 min", 17, 32, "expected whole minutes from 15 min to 7 d"],
  ["window: 1 h", "window: 8 days", 17, 32, "expected whole minutes from 15 min to 7 d"],
  ["window: 1 h", "window: 90 min 1 s", 17, 32, "expected whole minutes from 15 min to 7 d"],
];

describe("a refusal names its place, what was found and what was expected (EMU-3)", () => {
  test("an unknown reason is answered with every reason that this event can have, each once", () => {
    const { message } = refusal(EXAMPLE.replace("reason: lockout", "reason: lockot"));
    const [, reasons] = /expected one of ([a-z0-9_, ]+)/.exec(message)!;
    const names = reasons.split(", ");
    expect(names).toEqual(expect.arrayContaining(["lockout", "per_24h", "out_of_range"]));
    expect(names).not.toContain("replay");
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(REFUSALS)("for %j changed to %j at %d:%d: %s", (from, to, line, column, words) => {
    expect(EXAMPLE).toContain(from);
    const error = refusal(EXAMPLE.replace(from, to));
    const first = error.message.split("\n")[0];
    expect(first).toContain(words);
    expect(first.startsWith(`day.yaml:${line}:${column}: `)).toBe(true);
    expect(error.place).toEqual({ file: "day.yaml", line, column });
  });

  it("reports all problems of a stage, a line each, in the order of the file", () => {
    const text = EXAMPLE.replace("seed: 7", "seed: x")
      .replace("at: 9 h,", "at: 9,")
      .replace("fill: 18 mL", "fil: 18 mL");
    const lines = refusal(text).message.split("\n");
    expect(lines.map((line) => /^day\.yaml:\d+:\d+: \S+: /.exec(line)?.[0])).toEqual([
      "day.yaml:4:7: seed: ",
      "day.yaml:7:3: pump.fil: ",
      "day.yaml:21:11: timeline[0].at: ",
    ]);
  });

  test.each<[string, string, string]>([
    ["nothing", "", "expected a scenario"],
    ["a list", "- a", "expected a scenario: a mapping with name"],
    ["two documents", "a: 1\n---\nb: 1", "found a second one"],
    ["an alias to nothing", "x: *b", "no anchor `&b`"],
    ["an alias to itself", "x: &a [*a]", "stands within its own anchor"],
    ["a bomb of aliases", bomb(), "expected plain YAML"],
    ["a number as a key", "1: 2", "expected a word as a key, found the number 1"],
    ["a list as a key", "? [a]\n: 2", "expected a word as a key, found a list"],
    ["__proto__", "__proto__: 1", "expected a word as a key"],
    ["another YAML", "%YAML 1.1\n---\na: 1", "expected YAML 1.2"],
    [
      "a tag of YAML's own",
      "a: 1\nduration: !!str 24 h",
      "day.yaml:2:11: expected a value without a tag, found `!!str`",
    ],
    ["a tag before an anchor", "pump: !!map &a { fill: 1 mL }", "1:7: expected a value without a tag, found `!!map`"],
    ["an unknown tag", "name: !pump x", "expected a value without a tag, found `!pump`"],
    ["deep nesting", "[".repeat(50_000), "nested less deeply"],
    ["a tab", "pump:\n\tfill: 1 mL", "not YAML 1.2"],
    ["too much", "#".repeat(1_000_001), "at most 1000000 characters"],
  ])("%s is no scenario", (_, text, words) => {
    const error = refusal(text);
    expect(error.message).toContain(words);
    expect(error.place).not.toBeNull();
  });

  it("follows aliases to the place that they stand for", () => {
    expect(
      load(minimal("pump: { fill: &v 18 mL }\ntimeline: [{ at: 1 h, do: refill, fill: *v }]")).timeline,
    ).toHaveLength(1);
    const error = refusal(minimal("pump: { fill: &v 18 }\ntimeline: [{ at: 1 h, do: refill, fill: *v }]"));
    expect(error.place).toMatchObject({ line: 4, column: 18 });
  });
});

describe("`loadScenario`", () => {
  it("reads a file", () => {
    const folder = mkdtempSync(join(tmpdir(), "cistern-"));
    try {
      const path = join(folder, "quiet-night.yaml");
      writeFileSync(path, minimal());
      expect(loadScenario(path)).toMatchObject({ name: "quiet-night", file: path });
      writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x31]));
      expect(() => loadScenario(path)).toThrow(ScenarioError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ["/nowhere/day.yaml", "no such file"],
    [tmpdir(), "found a directory"],
    ["a\0b", "ERR_INVALID_ARG_VALUE"],
  ])("refuses %j: %s (EMU-3)", (path, words) => {
    try {
      loadScenario(path);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ScenarioError);
      expect((error as ScenarioError).message).toContain(words);
      expect((error as ScenarioError).place).toBeNull();
    }
  });
});

describe("EMU-3, law: any mutation of a valid file is a scenario or a refusal with a place", () => {
  const RICH = `${EXAMPLE}${[
    "  - { dose: { drug: morphine, to: 9 h, dose: 0.3 mg, within: 0.1 mg } }",
    "  - { never: { event: reset, cause: watchdog } }",
    "  - { delivered: { min: 1 uL, max: 1 mg } }",
  ].join("\n")}\n`.replace(
    "expect:",
    `  - { at: 1 h, fault: link, drop: 5 % }
  - { at: 1 h, fault: nvm_flip, address: 7, bit: 3 }
  - { at: 1 h, do: refill, fill: 18 mL, drugs: [{ name: x, concentration: 500 ug/mL }] }
  - { at: 2 h, do: program, prescription: { basal: { mode: minimum } } }
  - { at: 3 h, do: bridge, old_concentration: 10 mg/mL, volume: 0.3 mL }
  - at: 4 h
    do: program
    prescription:
      basal:
        mode: flex
        patterns: [{ days: [mon, tue, wed, thu, fri], steps: [{ at: "07:00", rate: 1 mL/day }] },
          { days: [sat, sun], steps: [{ at: "08:30", dose: 1 mg/day }, { at: "22:00", rate: 1 uL/h }] }]
      confirm: { soft_limit: true }
      reason: other
  - { at: 5 h, do: program, prescription: { basal: { mode: periodic, dose: 1 mg, duration: 1 h, every: 4 h } } }
expect:`,
  );

  function holds(text: string): void {
    try {
      const scenario = load(text);
      expect(Number.isSafeInteger(scenario.duration_ticks)).toBe(true);
      expect(Number.isSafeInteger(scenario.program.rate)).toBe(true);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      expect(error.message).toMatch(/^day\.yaml:\d+:\d+: ./);
      expect(error.place!.line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
    }
  }

  it("when its text is changed", () => {
    holds(RICH);
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.constantFrom(
        "\n",
        "  ",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "!!set ",
        "|",
        '"',
        "#",
        "? ",
        "<<: ",
        "---\n",
        "~",
      ),
    );
    const edit = fc.record({ where: fc.nat({ max: RICH.length }), cut: fc.nat({ max: 12 }), piece });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let text = RICH;
        for (const { where, cut, piece: added } of edits) text = text.slice(0, where) + added + text.slice(where + cut);
        holds(text);
      }),
      { numRuns: runs(150) },
    );
  });

  it("when its values are changed", () => {
    const paths: (string | number)[][] = [];
    const walk = (value: unknown, path: (string | number)[]): void => {
      paths.push(path);
      if (typeof value !== "object" || value === null) return;
      for (const [key, inner] of Object.entries(value))
        walk(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    };
    walk(parse(RICH), []);
    const words = [
      "12 h",
      "-1 s",
      "1 mL",
      "5 %",
      "2 mg/day",
      "link",
      "motor_stall",
      "flex",
      "07:00",
      "sun",
      "reset",
      "0 uL/h",
      "__proto__",
    ];
    const values = fc.oneof(
      fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, [], {}, { "": 1 }, ...words),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, fc.constantFrom("set", "delete", "add"), (path, value, how) => {
        const root = { all: parse(RICH) as unknown };
        let parent = root as Record<string | number, unknown>;
        const keys = ["all", ...path];
        for (const key of keys.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
        const last = keys[keys.length - 1];
        if (how === "set") parent[last] = value;
        else if (how === "delete") delete parent[last];
        else parent[`${last}x`] = value;
        holds(stringify(root.all ?? null));
      }),
      { numRuns: runs(150) },
    );
  });
});

/** Ten aliases of ten aliases of ten aliases. */
function bomb(): string {
  const lines = ["a0: &a0 [x]"];
  for (let i = 1; i < 6; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`);
  return lines.join("\n");
}
