// Curves that the report derives: programmed volume and rate, delivered rate, and curves thinned and laid over one axis. The
// days here are small enough to work out by hand: 100 uL/day is 250 nL each 216 s.

import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { referenceController } from "../../emulator/machine/controller-host";
import { loadScenario } from "../../emulator/scenario/load";
import type { RunEvent, Track } from "../../emulator/run/report";
import { ScenarioRun } from "../../emulator/run/run";
import { scaled, tableOf, thinned, valueAt, type ListedCurve } from "../../emulator/report/curve";
import { deliveredRateOf, differenceOf } from "../../emulator/report/derived";
import { bolusesOf, programmedOf, rateWindowOf, stepsOf } from "../../emulator/report/dosing";
import { listsOf } from "../../emulator/points";
import { TICKS_PER_DAY as DAY, TICKS_PER_HOUR as HOUR } from "../../hal/units";

function event(tick: number, name: string, fields: Record<string, string | number> = {}): RunEvent {
  return { tick, time_s: tick / 100, wall: "", name, ...fields };
}

function accepted(tick: number, rate: number): RunEvent {
  return event(tick, "program_accepted", { rate_ul_per_day: rate });
}

function bolus(tick: number, volume_nl: number, duration_s: number): RunEvent {
  return event(tick, "bolus_started", { kind: "patient", volume_nl, duration_s });
}

/** Pulses of 250 nL at these ticks. */
function pulses(...ticks: number[]): ListedCurve {
  return { kind: "step", ticks: [0, ...ticks], values: [0, ...ticks.map((_, i) => (i + 1) * 250)] };
}

describe("the programmed volume", () => {
  test.each(["clock-changes", "leap-day", "periodic-doses", "concentration-with-a-bridge"])(
    "of the scenario %s, taken from the rate that the controller intends, equals the delivered volume to two pulses",
    (name) => {
      const scenario = loadScenario(join(import.meta.dirname, "../../scenarios", `${name}.yaml`));
      const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: true });
      run.advance(run.end_ticks);
      const { events, ended, delivered } = run.report(0);
      const intended = run.signalTracks().find((track) => track.name === "motor.intended_ulPerDay")!;
      const { values } = listsOf(programmedOf(events, ended.tick, intended)!.volume_nl);
      expect(Math.abs(values[values.length - 1] - delivered.volume_nl)).toBeLessThan(2 * 250);
    },
  );

  test("is unknown without a program", () => {
    expect(programmedOf([event(0, "boot"), bolus(100, 5000, 60)], DAY)).toBeNull();
  });

  test.each<[string, RunEvent[], [number, number][]]>([
    [
      "grows at a constant basal rate",
      [accepted(0, 100)],
      [
        [6 * HOUR, 25],
        [DAY, 100],
      ],
    ],
    [
      "is zero until a program comes",
      [accepted(6 * HOUR, 100)],
      [
        [6 * HOUR, 0],
        [DAY, 75],
      ],
    ],
    [
      "follows a second program from its moment on",
      [accepted(0, 100), accepted(12 * HOUR, 200)],
      [
        [12 * HOUR, 50],
        [DAY, 150],
      ],
    ],
    [
      "stays as it is while the pump is stopped",
      [accepted(0, 100), event(6 * HOUR, "stopped"), event(12 * HOUR, "started")],
      [
        [6 * HOUR, 25],
        [12 * HOUR, 25],
        [DAY, 75],
      ],
    ],
    [
      "takes a bolus evenly over its hour",
      [accepted(0, 0), bolus(HOUR, 5000, 3600)],
      [
        [HOUR, 0],
        [1.5 * HOUR, 2.5],
        [2 * HOUR, 5],
        [DAY, 5],
      ],
    ],
    [
      "takes a bolus without a duration at once",
      [accepted(0, 0), bolus(HOUR, 5000, 0)],
      [
        [HOUR, 0],
        [HOUR + 1, 5],
        [DAY, 5],
      ],
    ],
    [
      "takes half of a bolus that is cancelled half way",
      [accepted(0, 0), bolus(HOUR, 5000, 3600), event(1.5 * HOUR, "bolus_cancelled", { delivered_nl: 2250 })],
      [
        [1.5 * HOUR, 2.5],
        [DAY, 2.5],
      ],
    ],
    [
      "takes the part of a bolus that came before a stop",
      [accepted(0, 24), bolus(HOUR, 4000, 3600), event(1.5 * HOUR, "stopped")],
      [[DAY, 3.5]],
    ],
    [
      "takes a bolus over its programmed time even when it finished late",
      [accepted(0, 0), bolus(HOUR, 5000, 3600), event(4 * HOUR, "bolus_finished")],
      [
        [2 * HOUR, 5],
        [DAY, 5],
      ],
    ],
    [
      "takes the part of a bolus that came before the end of the run",
      [accepted(0, 0), bolus(DAY - HOUR, 5000, 7200)],
      [[DAY, 2.5]],
    ],
  ])("%s", (_, events, expected) => {
    const { volume_nl } = programmedOf(events, DAY)!;
    for (const [tick, ul] of expected) expect(valueAt(volume_nl, tick)! / 1000).toBeCloseTo(ul, 6);
    expect(listsOf(volume_nl).ticks.at(-1)).toBe(DAY);
  });

  test("has a rate that is the sum of basal and boluses", () => {
    const { rate_ulPerDay } = programmedOf([accepted(0, 100), bolus(HOUR, 5000, 300)], DAY)!;
    expect(valueAt(rate_ulPerDay, HOUR - 1)).toBe(100);
    expect(valueAt(rate_ulPerDay, HOUR)).toBeCloseTo(100 + 1440, 6);
    expect(valueAt(rate_ulPerDay, HOUR + 30000)).toBeCloseTo(100, 6);
  });

  test("counts a bolus as finished, cancelled or running", () => {
    const events = [
      bolus(0, 1000, 60),
      event(6500, "bolus_finished"),
      bolus(HOUR, 1000, 60),
      event(HOUR + 10, "stopped"),
    ];
    const ends = bolusesOf([...events, bolus(2 * HOUR, 1000, 60)], 3 * HOUR).map(({ end, toTick }) => [end, toTick]);
    expect(ends).toEqual([
      ["finished", 6500],
      ["cancelled", HOUR + 10],
      ["running", 3 * HOUR],
    ]);
  });
});

describe("two boluses of different kinds at once", () => {
  test("end each by an event of its own kind, and both by a stop", () => {
    const both = [bolus(0, 1000, 60), { ...bolus(10, 2000, 600), kind: "clinician" }];
    const ends = (...rest: RunEvent[]): string[] => bolusesOf([...both, ...rest], HOUR).map(({ end }) => end);
    expect(ends(event(6000, "bolus_finished", { kind: "patient" }))).toEqual(["finished", "running"]);
    expect(ends(event(6000, "bolus_cancelled", { kind: "clinician" }))).toEqual(["running", "cancelled"]);
    expect(ends(event(6000, "stopped", { by: "command" }))).toEqual(["cancelled", "cancelled"]);
  });
});

describe("the delivered rate", () => {
  /** The mean over 5 min, uL/day. */
  const rateOf = (volume_nl: ListedCurve, endTick: number) => deliveredRateOf(scaled(volume_nl, 1e-3), 30000, endTick);

  test("is even for even pulses, to the end of the run", () => {
    const ticks = Array.from({ length: 399 }, (_, i) => (i + 1) * 21600);
    const rate = listsOf(rateOf(pulses(...ticks), DAY));
    for (const value of rate.values) expect(value).toBeCloseTo(100, 6);
    expect(rate.ticks[rate.ticks.length - 1]).toBe(DAY);
  });

  test("is zero in a pause", () => {
    const before = Array.from({ length: 10 }, (_, i) => (i + 1) * 21600);
    const after = before.map((tick) => tick + 216000 + 10 * 21600);
    const rate = rateOf(pulses(...before, ...after), 20 * 21600 + 216000);
    expect(valueAt(rate, 216000)).toBeCloseTo(100, 6);
    expect(valueAt(rate, 216000 + 30000)).toBeCloseTo(0, 6);
    expect(valueAt(rate, 216000 + 200000)).toBeCloseTo(0, 6);
    expect(valueAt(rate, 216000 + 216000 + 31000)).toBeCloseTo(100, 6);
  });

  test("is zero without any pulse", () => {
    expect(listsOf(rateOf(pulses(), DAY)).values.every((value) => value === 0)).toBe(true);
  });

  test("and the programmed one have a difference that shows both sides of each pulse", () => {
    const programmed = programmedOf([accepted(0, 100)], 43200)!.volume_nl;
    const difference = differenceOf(pulses(21600, 43200), programmed, 43200);
    expect(valueAt(difference, 21599)).toBeCloseTo(-250, 1);
    expect(valueAt(difference, 21600)).toBeCloseTo(0, 6);
    expect(valueAt(difference, 43200)).toBeCloseTo(0, 6);
  });

  test.each([
    [HOUR, 60],
    [DAY, 300],
    [7 * DAY, 3600],
    [1000 * DAY, 86400],
  ])("of a run of %i ticks is taken over windows of %i s", (ticks, window_s) => {
    expect(rateWindowOf(ticks)).toBe(window_s * 100);
  });
});

describe("the steps that showed motion", () => {
  const motion = (...values: number[]): Track => ({
    name: "motor.motion",
    unit: "",
    ticks: values.map((_, i) => i * 100),
    values,
  });
  const pulses: Track = { name: "motor.pulses", unit: "", ticks: [0, 100], values: [0, 9] };

  test.each<[string, Track[], number | null]>([
    ["are the encoder's count", [pulses, motion(0, 1, 2, 3)], 3],
    ["are counted from the start of the run", [motion(40, 41, 42)], 2],
    ["include each step of a leap of the rotor", [motion(0, 5)], 5],
    ["are counted less those that turned back", [motion(0, 1, 2, 1)], 1],
    ["are none while nothing turned", [motion(0)], 0],
    ["are unknown without the encoder", [pulses, motion()], null],
  ])("%s", (_, tracks, steps) => {
    expect(stepsOf(tracks)).toBe(steps);
  });
});

describe("a curve of the report", () => {
  test("holds its value as a step, goes straight as a line, and is unknown before it begins", () => {
    const points = { ticks: [10, 20], values: [1, 2] };
    expect([9, 10, 15, 20, 99].map((tick) => valueAt({ kind: "step", ...points }, tick))).toEqual([null, 1, 1, 2, 2]);
    expect([9, 10, 15, 20, 99].map((tick) => valueAt({ kind: "line", ...points }, tick))).toEqual([null, 1, 1.5, 2, 2]);
  });

  test("is read at each tick for a table", () => {
    const step: ListedCurve = { kind: "step", ticks: [0, 7, 30], values: [1, 5, 2] };
    const line: ListedCurve = { kind: "line", ticks: [5, 25], values: [0, 20] };
    const { ticks, columns } = tableOf([step, line], 0, 40);
    expect(ticks).toEqual([0, 5, 7, 25, 30, 40]);
    expect(columns).toEqual([step, line].map((curve) => ticks.map((tick) => valueAt(curve, tick))));
    expect(tableOf([step, line], 6, 20)).toEqual({
      ticks: [6, 7, 20],
      columns: [
        [1, 5, 5],
        [1, 2, 15],
      ],
    });
  });

  test("keeps its ends, its extremes and its order when it is thinned to a bound", () => {
    const ticks = Array.from({ length: 100000 }, (_, i) => i * 3);
    const values = ticks.map((tick) => Math.sin(tick / 1000));
    values[54321] = 99;
    values[54322] = -99;
    const thin = thinned({ kind: "step", ticks, values }, 2000);
    expect(thin.ticks.length).toBeLessThanOrEqual(2000);
    expect(thin.ticks.length).toBeGreaterThan(900);
    expect([thin.ticks[0], thin.ticks[thin.ticks.length - 1]]).toEqual([0, 299997]);
    expect([Math.max(...thin.values), Math.min(...thin.values)]).toEqual([99, -99]);
    for (let i = 1; i < thin.ticks.length; i++) expect(thin.ticks[i]).toBeGreaterThan(thin.ticks[i - 1]);
    expect(thin.values).toEqual(thin.ticks.map((tick) => values[tick / 3]));
  });

  test("is not thinned when it is short", () => {
    const curve: ListedCurve = { kind: "step", ticks: [0, 1], values: [1, 2] };
    expect(thinned(curve, 2)).toBe(curve);
  });
});
