// Each harm at its boundary, under a controller that does exactly what a list says; then whole runs: both gears, a restore in
// the middle, and what a person ordered.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ALARM_ROWS } from "../../emulator/contract/alarms";
import { HARM_ROWS } from "../../emulator/contract/harms";
import { parseScenario } from "../../emulator/scenario/load";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import type { Program } from "../../emulator/telemetry/program";
import { formatTicks } from "../../emulator/time";
import { ALARM_DOSE_LIMIT, ALARM_EMPTY_RESERVOIR, ALARM_LOW_RESERVOIR, ALARM_VOLUME_MISMATCH } from "../../hal/alarms";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  EVENT_ALARM_CLEARED,
  EVENT_ALARM_RAISED,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_STARTED,
  EVENT_STOPPED,
} from "../../hal/trace";
import { PULSE_NL } from "../../hal/units";
import { DAY, HOUR, MINUTE } from "../pump";
import { accepts, steps, Watched, type Act } from "./scripted-controller";

/** 100 uL/day, 400 pulses. */
const BASAL: Program = { mode: "continuous", rate: 10_000, bolus: null, limits: [], low_pulses: 8 };

function limited(pulses: number, window_min: number): Program {
  return { ...BASAL, rate: 2_400_000, limits: [{ pulses, window_min }] };
}

function alarm(at: number, code: number, event = EVENT_ALARM_RAISED): Act {
  return { at, event: [event, code] };
}

/** The harms of a pump with a program accepted at once that does `acts`, after `ticks`, in both gears. */
function harmsOf(program: Program, acts: readonly Act[], ticks: number, fill_nl = 20_000_000) {
  // A day of single ticks takes a second, so only the shorter runs are made in both gears here.
  const [leapt, stepped = leapt] = [true, false].slice(0, ticks < DAY ? 2 : 1).map((leaps) => {
    const pump = new Watched([accepts(program), ...acts], [program], { fill_nl });
    if (leaps) pump.machine.leap(ticks);
    else pump.machine.run(ticks);
    return pump.seen();
  });
  expect(leapt).toEqual(stepped);
  return leapt;
}

describe("EMU-8: an overdose", () => {
  // 1.145 x 200 pulses and one more are 230.
  test.each([
    [230, []],
    [231, [{ name: "overdose", first: 1_000 + 230 * 90, by: null }]],
  ])("begins with 14.5 %% and a pulse beyond a limit of 200 pulses, of which %i are in the window", (count, seen) => {
    expect(harmsOf(limited(200, 15), steps(1_000, count), HOUR)).toEqual(seen);
  });

  test("counts a pulse to the last tick in which it is in the window, and no longer", () => {
    const window = 15 * MINUTE;
    const last = (at: number) => [...steps(1_000, 1), ...steps(60_000, 229), ...steps(at, 1)];
    expect(harmsOf(limited(200, 15), last(1_000 + window), HOUR)).toEqual([]);
    expect(harmsOf(limited(200, 15), last(1_000 + window - 1), HOUR)).toEqual([
      { name: "overdose", first: 1_000 + window - 1, by: null },
    ]);
  });

  test("counts the volume of a worn head and not its steps", () => {
    const pump = new Watched([accepts(limited(200, 15)), ...steps(1_000, 120)], [limited(200, 15)]);
    pump.machine.inject("over_delivery", 2);
    pump.machine.leap(HOUR);
    expect(pump.seen()).toEqual([{ name: "overdose", first: 1_000 + 115 * 90, by: null }]);
  });

  test("is measured without limits by the hour and the day of the program itself, with the pulses that may be made up", () => {
    // 1,000 pulses an hour, and 8 that are made up: 1.145 x 1,008 and one more are 1,155.
    const program = { ...BASAL, rate: 600_000 };
    expect(harmsOf(program, steps(1_000, 1_155), 2 * HOUR)).toEqual([]);
    expect(harmsOf(program, steps(1_000, 1_156), 2 * HOUR)).toEqual([
      { name: "overdose", first: 1_000 + 1_155 * 90, by: null },
    ]);
  });

  test("leaves out a clinician's single bolus where the limits are derived, and counts it where a clinician set them", () => {
    const ordered: Act = { at: 900, event: [EVENT_BOLUS_STARTED, CAUSE_CLINICIAN_BOLUS, 200, 20_000] };
    const given = [ordered, ...steps(1_000, 200)];
    expect(harmsOf(BASAL, given, 2 * HOUR)).toEqual([]);
    expect(harmsOf(BASAL, steps(1_000, 200), 2 * HOUR)).toMatchObject([{ name: "overdose" }]);
    expect(harmsOf({ ...limited(100, 60), rate: 10_000 }, given, 2 * HOUR)).toMatchObject([{ name: "overdose" }]);
  });

  test("leaves out a bridge until it has finished, and an hour longer, where the limits are derived", () => {
    const bridge: Act = { at: 900, event: [EVENT_BRIDGE_STARTED, 200, 96_000] };
    const finished: Act = { at: 2 * HOUR, event: [EVENT_BRIDGE_FINISHED, 200] };
    const given = [bridge, ...steps(6 * HOUR, 200)];
    expect(harmsOf(BASAL, given, 7 * HOUR)).toEqual([]);
    expect(harmsOf(BASAL, [finished, ...given], 7 * HOUR)).toMatchObject([{ name: "overdose" }]);
  });

  test("does not begin when a limit is lowered, but with the next pulse", () => {
    const [high, low] = [limited(400, 60), limited(100, 60)];
    const acts = [accepts(high), ...steps(1_000, 300), accepts(low, 40_000)];
    const pump = new Watched([...acts, ...steps(40_000 + 59, 1)], [high, low]);
    pump.machine.leap(HOUR);
    expect(pump.seen()).toEqual([]);
    const next = new Watched([...acts, ...steps(40_000 + 60, 1)], [high, low]);
    next.machine.leap(HOUR);
    expect(next.seen()).toEqual([{ name: "overdose", first: 40_060, by: null }]);
  });
});

describe("EMU-8: an underdose", () => {
  const most = 86_400 * 100;
  /** So many pulses in the day that begins with the service, evenly. */
  const day = (count: number) => steps(7_000, count, Math.floor((most - 8_000) / count));

  // Three quarters of 400 pulses, less the one by which accumulators may lag.
  test.each([
    [299, []],
    [298, [{ name: "underdose", first: DAY + MINUTE, by: null }]],
  ])("begins below three quarters of a day's 100 uL and a pulse, of which %i pulses leave the tip", (count, seen) => {
    expect(harmsOf(BASAL, day(count), DAY + MINUTE + 1)).toEqual(seen);
  });

  test("begins no sooner than a day after service began", () => {
    expect(harmsOf(BASAL, [], DAY)).toEqual([]);
  });

  test("counts the dose that a stop by an alarm withholds, and not the dose that an ordered stop withholds", () => {
    const half = [...steps(1_000, 200, 21_000)];
    const stop = (by: number): Act[] => [
      { at: DAY / 2, event: [EVENT_STOPPED, by] },
      { at: DAY - 1, event: [EVENT_STARTED] },
    ];
    expect(harmsOf(BASAL, [...half, ...stop(0)], DAY + 2 * MINUTE)).toEqual([]);
    expect(harmsOf(BASAL, [...half, ...stop(1)], DAY + 2 * MINUTE)).toMatchObject([{ name: "underdose" }]);
  });

  test("counts a granted bolus that is not given", () => {
    const granted: Act = { at: HOUR, event: [EVENT_BOLUS_STARTED, CAUSE_PATIENT_BOLUS, 160, 30_000] };
    expect(harmsOf(BASAL, day(400), DAY + 2 * MINUTE)).toEqual([]);
    expect(harmsOf(BASAL, [granted, ...day(400)], DAY + 2 * MINUTE)).toMatchObject([{ name: "underdose" }]);
  });

  test("counts periodic doses and a schedule as the program has them", () => {
    const periodic: Program = {
      ...BASAL,
      mode: "periodic",
      rate: 0,
      periodic: { pulses: 100, duration_s: 600, every_min: 360 },
    };
    expect(harmsOf(periodic, day(299), DAY + MINUTE + 1)).toEqual([]);
    // Twenty pulses of the dose that begins with the day fell due in its first two minutes.
    expect(harmsOf(periodic, day(288), DAY + 2 * MINUTE)).toMatchObject([{ name: "underdose" }]);
    const flex: Program = {
      ...BASAL,
      mode: "flex",
      rate: 0,
      flex: {
        patterns: [
          [
            { minute: 0, rate: 20_000 },
            { minute: 720, rate: 0 },
          ],
        ],
        weekdays: [0, 0, 0, 0, 0, 0, 0],
      },
    };
    expect(harmsOf(flex, day(299), DAY + MINUTE + 1)).toEqual([]);
    expect(harmsOf(flex, day(297), DAY + 2 * MINUTE)).toMatchObject([{ name: "underdose" }]);
  });
});

describe("EMU-8: a dry reservoir", () => {
  test("is a harm from the tick in which the last of the bellows is drawn", () => {
    const given = steps(1_000, 10);
    expect(harmsOf(BASAL, given, HOUR, 10 * PULSE_NL)).toEqual([{ name: "dry", first: 1_000 + 9 * 90, by: null }]);
    expect(harmsOf(BASAL, given, HOUR, 10 * PULSE_NL + 1)).toEqual([]);
  });

  /** The bellows is dry after two pulses, and a needle fills it in tick `filled`; four pulses come much later. */
  const filledAt = (filled: number, acts: Act[] = []) => {
    const given = [...steps(1_000, 2), ...acts, ...steps(200_000, 4)];
    const pump = new Watched([accepts(BASAL), ...given], [BASAL], { fill_nl: 500 });
    pump.machine.leap(filled);
    pump.machine.refill(null, 1_000, null);
    pump.machine.leap(HOUR);
    return pump.harms.records().map(({ first, ended }) => [first, ended]);
  };
  const first = 1_090;
  const again = [200_270, null];

  test("ends with a refill, and is another harm when it comes again", () => {
    expect(filledAt(first + 15 * MINUTE)).toEqual([[first, first + 15 * MINUTE], again]);
  });

  test("is none when a needle fills the bellows before the alarm is due, unless the alarm came", () => {
    const filled = first + 15 * MINUTE - 1;
    expect(filledAt(filled)).toEqual([again]);
    expect(filledAt(filled, [alarm(2_000, ALARM_EMPTY_RESERVOIR)])).toEqual([[first, filled], again]);
  });
});

describe("EMU-8: an alarm names a harm, or not, when it is", () => {
  const dry = (acts: Act[]) => harmsOf(BASAL, [...steps(1_000, 2), ...acts], HOUR, 2 * PULSE_NL)[0].by;
  const first = 1_090;

  test.each([
    ["active before the harm", [alarm(500, ALARM_EMPTY_RESERVOIR)], "empty_reservoir"],
    ["raised in the last tick of its time", [alarm(first + 15 * MINUTE, ALARM_EMPTY_RESERVOIR)], "empty_reservoir"],
    ["raised a tick too late", [alarm(first + 15 * MINUTE + 1, ALARM_EMPTY_RESERVOIR)], null],
    [
      "raised and cleared before the harm",
      [alarm(500, ALARM_EMPTY_RESERVOIR), alarm(600, ALARM_EMPTY_RESERVOIR, EVENT_ALARM_CLEARED)],
      null,
    ],
    ["of another harm", [alarm(first + 10, ALARM_LOW_RESERVOIR), alarm(first + 20, ALARM_DOSE_LIMIT)], null],
  ])("%s", (_, acts, by) => {
    expect(dry(acts)).toBe(by);
  });

  test("the first of two is the one that named it", () => {
    const acts = [...steps(1_000, 231), alarm(30_000, ALARM_VOLUME_MISMATCH), alarm(31_000, ALARM_DOSE_LIMIT)];
    expect(harmsOf(limited(200, 15), acts, HOUR)).toMatchObject([{ by: "volume_mismatch" }]);
  });

  test("docs/harms.md states each harm of the table with its alarms and its time", () => {
    const page = readFileSync("docs/harms.md", "utf8");
    for (const { name, sees, alarms, within_ticks } of HARM_ROWS) {
      const words = alarms.map((alarm) => `\`${alarm}\``).join(", ");
      const time = within_ticks === 0 ? "before it" : formatTicks(within_ticks);
      expect(page).toContain(`| \`${name}\` | ${sees} | ${words || "none"} | ${time} |`);
      expect(alarms.filter((alarm) => !ALARM_ROWS.some(({ name }) => name === alarm))).toEqual([]);
    }
  });
});

describe("EMU-8: in whole runs", () => {
  const OVER = `
duration: 20 h
drugs: [{ name: saline, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, rate: 100 uL/day }, limits: [{ volume: 120 uL, window: 24 h }] }
timeline: [{ at: 1 h, fault: over_delivery, factor: 3 }]
`;
  const SHUT = `
duration: 40 h
start: 2026-03-02T08:00:29
drugs: [{ name: saline, concentration: 10 mg/mL }]
prescription:
  basal: { mode: flex, steps: [{ at: "06:00", rate: 200 uL/day }, { at: "22:00", rate: 80 uL/day }] }
  patient_bolus: { volume: 5 uL, duration: 5 min, lockout: 1 h, per_24h: 4 }
timeline: [{ at: 20 h, do: patient_bolus }, { at: 25 h, fault: catheter_occlusion }, { at: 31 h, do: patient_bolus }]
`;

  /** The harms of a run that leaps to `cut`, is saved and restored there, and goes on in `gear`. */
  const harmsIn = (text: string, gear: "leap" | "lockstep" = "leap", cut = 0) => {
    const scenario = parseScenario(text, "harms.yaml");
    const make = (way: "leap" | "lockstep") =>
      new ScenarioRun(scenario, { gear: way, controller: referenceController, tracks: false });
    const first = make("leap");
    first.advance(cut);
    const run = make(gear);
    run.restore(structuredClone(first.save()));
    run.advance(run.end_ticks);
    return run.report(0).harms;
  };

  test.each([
    ["overdose", OVER, 3 * HOUR],
    ["underdose", SHUT, 29 * HOUR],
  ])("%s: one run in both gears, and over a restore at any moment", (name, text, before) => {
    const harms = harmsIn(text);
    expect(harms.map((each) => each.name)).toContain(name);
    expect(harms[0].first_s * 100).toBeGreaterThan(before);
    expect(harmsIn(text, "lockstep", before)).toEqual(harms);
    for (const cut of [1_234, 10 * HOUR + 7, 25 * HOUR, 31 * HOUR + 3_001, 32 * HOUR]) {
      expect(harmsIn(text, "leap", cut)).toEqual(harms);
    }
  });

  const STALLED = `
duration: 49 h
drugs: [{ name: saline, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, rate: 167.5 uL/day } }
timeline: [{ at: 69 min, fault: motor_stall, for: 567 min }]
`;
  const DOSES = "basal: { mode: periodic, volume: 2 uL, duration: 9 s, every: 1000 min }";
  const AGAIN = `
duration: 38 h
drugs: [{ name: saline, concentration: 10 mg/mL }]
prescription: { ${DOSES} }
timeline: [{ at: 31 h, do: program, prescription: { ${DOSES} } }]
`;

  test("an underdose is measured over a day, so an alarm that was active in that day names it", () => {
    expect(harmsIn(STALLED)).toMatchObject([{ name: "underdose", by: "motor_stall" }]);
  });

  test("a periodic dose is owed at its interval from the last one, also after the program is committed again", () => {
    expect(harmsIn(AGAIN)).toEqual([]);
    expect(harmsIn(AGAIN.replace("at: 31 h, do: program", "at: 20 h, do: stop }, { at: 31 h, do: program"))).toEqual(
      [],
    );
  });

  const DEPRESSED = `
duration: 9 h
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, rate: 100 uL/day } }
patient: { indication: cancer, weight: 70 kg }
timeline: [{ at: 1 h, do: inject, dose: 8 mg }]
`;
  const SPASTIC = `
duration: 34 d
drugs: [{ name: baclofen, concentration: 2 mg/mL }]
prescription: { basal: { mode: continuous, dose: 0.4 mg/day } }
patient: { indication: ms_spasticity, weight: 70 kg }
`;
  const BLOCKED = `${SPASTIC}timeline: [{ at: 30 d, fault: catheter_occlusion }]\n`;
  const EMPTY = `${SPASTIC}timeline: [{ at: 28 d, do: tap, volume: 20 mL }]\n`;

  test("a patient's breath is a harm after a quarter of an hour, alike in both gears and over a restore", () => {
    const harms = harmsIn(DEPRESSED);
    expect(harms).toMatchObject([{ name: "respiratory_depression", reported_s: null, by: null, expected: false }]);
    const { first_s } = harms[0];
    expect(first_s % 60).toBe(0);
    expect(first_s).toBeGreaterThan(1.5 * 3600);
    expect(first_s).toBeLessThan(6 * 3600);
    expect(harmsIn(DEPRESSED, "lockstep", HOUR + 3)).toEqual(harms);
    for (const cut of [HOUR, first_s * 100 - 5 * MINUTE, first_s * 100, 6 * HOUR + 17]) {
      expect(harmsIn(DEPRESSED, "leap", cut)).toEqual(harms);
    }
  });

  test("withdrawal is one to three days behind a catheter that shuts, without a word of the pump", () => {
    const seen = harmsIn(BLOCKED).find(({ name }) => name === "withdrawal");
    expect(seen).toMatchObject({ reported_s: null, by: null });
    expect(seen!.first_s / 86_400).toBeGreaterThan(31);
    expect(seen!.first_s / 86_400).toBeLessThan(33);
  });

  test("withdrawal behind an empty reservoir is named by the alarm of before", () => {
    const seen = harmsIn(EMPTY).find(({ name }) => name === "withdrawal");
    expect(seen!.by).not.toBeNull();
    expect(seen!.reported_s).toBeLessThan(seen!.first_s);
  });

  test("three times the dose in silence is an overdose that no alarm named", () => {
    // 1.145 x 120 uL and a pulse are 137.65 uL: 4.1 uL in the first hour, 12.5 uL in each hour after it.
    const [first] = harmsIn(OVER);
    expect(first).toMatchObject({ name: "overdose", reported_s: null, by: null });
    expect(first.first_s / 3600).toBeCloseTo(1 + (137.65 - 100 / 24) / 12.5, 1);
  });

  const judged = (expectation: string, { until = "20 h", text = OVER } = {}) => {
    const scenario = parseScenario(`${text}expect: [${expectation}]\n`, "harms.yaml");
    const until_ticks = parseScenario(OVER.replace("20 h", until), "until.yaml").duration_ticks;
    const run = new ScenarioRun(scenario, {
      gear: "leap",
      controller: referenceController,
      tracks: false,
      until_ticks,
    });
    run.advance(run.end_ticks);
    const { verdict, reason, expectations, harms } = run.report(0);
    return { verdict, reason, ok: expectations[0]?.ok, judged: expectations[0]?.judged, expected: harms[0]?.expected };
  };

  test("a harm that no alarm names fails the run, unless the scenario expects it", () => {
    const silent = judged("");
    expect(silent).toMatchObject({ verdict: "fail", expected: false });
    expect(silent.reason).toContain("overdose");
    const expected = "{ harm: { name: overdose, reported: false, between: [11 h, 12 h], hazard: H-5 } }";
    expect(judged(expected)).toEqual({ verdict: "pass", reason: null, ok: true, judged: true, expected: true });
  });

  test.each([
    ["is named by no alarm and is expected to be", "{ harm: { name: overdose, reported: true } }"],
    ["begins outside of its time", "{ harm: { name: overdose, reported: false, between: [12 h, 20 h] } }"],
    ["is another one", "{ harm: { name: dry, reported: false } }"],
  ])("a harm that %s fails twice: as expected and as seen", (_, expectation) => {
    expect(judged(expectation)).toMatchObject({ verdict: "fail", ok: false, judged: true, expected: false });
  });

  test("an expected harm that does not happen fails", () => {
    const quiet = OVER.replace("factor: 3", "factor: 1.01");
    expect(judged("{ harm: { name: overdose, reported: false } }", { text: quiet })).toMatchObject({
      verdict: "fail",
      ok: false,
    });
  });

  test("a run that ends before an alarm had to name the harm proves nothing about it", () => {
    expect(judged("", { until: "15 h" })).toMatchObject({ verdict: "invalid" });
    const open = judged("{ harm: { name: overdose, reported: false } }", { until: "15 h" });
    expect(open).toMatchObject({ verdict: "invalid", judged: false });
  });

  test.each([
    ["an unknown hazard", "{ harm: { name: overdose, reported: false, hazard: H-99 } }", "H-99"],
    ["a hazard of another harm", "{ harm: { name: underdose, reported: false, hazard: H-5 } }", "H-1, H-2"],
    ["a hazard that an alarm can name", "{ harm: { name: overdose, reported: false, hazard: R3 } }", "H-5"],
    ["an unknown harm", "{ harm: { name: overdoes, reported: false } }", "overdose"],
    ["no word about alarms", "{ harm: { name: overdose } }", "reported"],
  ])("EMU-10: %s is refused at load", (_, expectation, word) => {
    expect(() => judged(expectation)).toThrow(word);
  });
});
