// The report of a cohort (PAT-4), from runs that are written here: quantiles against a count of ranks, counts, and the verdict.

import fc from "fast-check";
import { expect, test } from "vitest";
import { CohortTally, type CohortFrame, type Cut, type Member } from "../../emulator/run/cohort-report";
import { Column, KEPT_MAX, spreadOf } from "../../emulator/run/spread";

const NO_OUTCOME = { baseline: null, last_week: null, change: null } as unknown as Member["outcomes"];

const frame: CohortFrame = {
  ...{
    scenario: "Made",
    indication: "cancer",
    seed: 3,
    controller: "reference",
    machine: "module",
    gear: "leap",
    n: 3,
    duration_ticks: 200,
  },
  signals: [
    { name: "patient.pain", unit: "" },
    { name: "patient.activity", unit: "%" },
  ],
  samples: [0, 100, 200],
  probes: [100, 200],
  trial: { kind: "infusion", rule: "it falls", placebo: { people: 100, passed: 9 } },
};

function tallyOf(members: readonly Member[]): CohortTally {
  const tally = new CohortTally(frame);
  for (const each of members) tally.add(each);
  return tally;
}

function member(index: number, values: number[], more: Partial<Member> = {}): Member {
  return {
    ...{ index, seed: 1000 + index, verdict: "pass", reason: null, values: Float64Array.from(values) },
    ...{ events: {}, alarms: {}, harms: {}, outcomes: NO_OUTCOME, trial: "passed" },
    ...more,
  };
}

test("a quantile has as many values below it and above it as its percentage allows (PAT-4)", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(values, (all) => {
      const { patients, quantiles } = spreadOf(all);
      expect(patients).toBe(all.length);
      for (const percent of [5, 25, 50, 75, 95] as const) {
        const value = quantiles![percent];
        const room = 1e-5 * Math.abs(value) + 1e-9;
        expect(all.filter((each) => each < value - room).length).toBeLessThanOrEqual(
          Math.ceil((percent / 100) * (all.length - 1)),
        );
        expect(all.filter((each) => each > value + room).length).toBeLessThanOrEqual(
          Math.ceil((1 - percent / 100) * (all.length - 1)),
        );
      }
    }),
  );
});

test("a quantile between two values lies on the straight line between them (PAT-4)", () => {
  expect(spreadOf([10, 0, 30, 20])).toEqual({
    patients: 4,
    quantiles: { 5: 1.5, 25: 7.5, 50: 15, 75: 22.5, 95: 28.5 },
  });
  expect(spreadOf([7]).quantiles).toEqual({ 5: 7, 25: 7, 50: 7, 75: 7, 95: 7 });
  expect(spreadOf([])).toEqual({ patients: 0, quantiles: null });
});

test("each signal has its quantiles at each probe, of the patients who reached it (PAT-4)", () => {
  const members = [
    member(0, [9, 50, 1, 60, 2, 70]),
    member(1, [9, 50, 3, 62, NaN, NaN]),
    member(2, [9, 50, 5, 64, 4, 72]),
  ];
  const { probes } = tallyOf(members).report(null);
  expect(probes.map(({ at_s }) => at_s)).toEqual([1, 2]);
  expect(probes[0].signals.map(({ name, quantiles }) => [name, quantiles![50]])).toEqual([
    ["patient.pain", 3],
    ["patient.activity", 62],
  ]);
  expect(probes[1].signals.map(({ patients, quantiles }) => [patients, quantiles![50]])).toEqual([
    [2, 3],
    [2, 71],
  ]);
  expect(
    tallyOf(members)
      .bands()[0]
      .points.map(({ at_s, quantiles }) => [at_s, quantiles[50]]),
  ).toEqual([
    [0, 9],
    [1, 3],
    [2, 3],
  ]);
});

test("harms, events and alarms are counted by patient and in all, and the trial by its outcome (PAT-4, TRI-2)", () => {
  const none = [0, 0, 0, 0, 0, 0];
  const members = [
    member(0, none, { events: { boot: 1, reset: 3 }, harms: { dry: { times: 2, first_s: 70 } }, trial: "failed" }),
    member(1, none, { events: { boot: 1 }, harms: { dry: { times: 1, first_s: 60 } }, alarms: { eri: 1 } }),
    member(2, none, { events: { boot: 1 }, trial: "undecided" }),
  ];
  const { events, harms, alarms, trial } = tallyOf(members).report(null);
  expect(events).toEqual([
    { name: "boot", patients: 3, times: 3 },
    { name: "reset", patients: 1, times: 3 },
  ]);
  expect(harms).toEqual([{ name: "dry", patients: 2, times: 3, first_s: 60 }]);
  expect(alarms).toEqual([{ name: "eri", patients: 1, times: 1 }]);
  expect(trial).toMatchObject({ passed: 1, failed: 1, undecided: 1, placebo: { people: 100, passed: 9 } });
});

test.each([
  { runs: ["pass", "pass", "pass"], cut: null, verdict: "pass", reason: null },
  {
    runs: ["pass", "invalid", "fail"],
    cut: null,
    verdict: "fail",
    reason: /^1 of 3 runs failed, .* patient 3 \(seed 1002\): why 2$/,
  },
  {
    runs: ["invalid", "pass", "pass"],
    cut: null,
    verdict: "invalid",
    reason: /^1 of 3 runs proved nothing, .* \(seed 1000\): why 0$/,
  },
  {
    runs: ["pass", "pass"],
    cut: { late: "1 s" },
    verdict: "invalid",
    reason: /^the time limit of 1 s was over after 2 of 3 patients$/,
  },
  { runs: ["fail"], cut: { late: "1 s" }, verdict: "fail", reason: /^1 of 1 runs failed/ },
  { runs: ["fail"], cut: { interrupted: true }, verdict: "interrupted", reason: /^interrupted after 1 of 3 patients$/ },
] as const)(
  "a cohort of runs that $runs, cut short by $cut, has the verdict $verdict (PAT-4)",
  ({ runs, cut, verdict, reason }) => {
    const members = runs.map((each, i) =>
      member(i, [0, 0, 0, 0, 0, 0], { verdict: each, reason: each === "pass" ? null : `why ${i}` }),
    );
    const report = tallyOf(members).report(cut as Cut);
    expect(report.verdict).toBe(verdict);
    if (reason === null) expect(report.reason).toBeNull();
    else expect(report.reason).toMatch(reason);
    expect(report.finished).toBe(runs.length);
    expect(report.not_passed.map(({ patient, seed }) => [patient, seed])).toEqual(
      runs.flatMap((each, i) => (each === "pass" ? [] : [[i + 1, 1000 + i]])),
    );
  },
);

test("the report does not depend on the order in which patients finish, and lists the first hundred that did not pass (PAT-4)", () => {
  const members = Array.from({ length: 150 }, (_, i) =>
    member(i, [i, 0, i, 0, i, 0], {
      verdict: i % 2 === 0 ? "fail" : "invalid",
      reason: `why ${i}`,
      events: { boot: i },
    }),
  );
  const inOrder = tallyOf(members).report(null);
  expect(tallyOf([...members].reverse()).report(null)).toEqual(inOrder);
  expect(inOrder.not_passed.map(({ patient }) => patient)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(inOrder.reason).toMatch(/^75 of 150 runs failed, the first that of patient 1 /);
});

const LARGE = KEPT_MAX + 1;

test("a large cohort keeps no value of its own, and a quantile of it is within 2 % of the exact one (PAT-4)", () => {
  const shapes: [(i: number) => number, number][] = [
    [(i) => (i * 7919) % LARGE, 0.02],
    [(i) => Math.exp(((i * 7919) % LARGE) / 200), 0.02],
    // Whole numbers are exact, as those of a diary.
    [(i) => (i * 7919) % 11, 0],
    [() => 37.25, 0],
  ];
  for (const [value, width] of shapes) {
    const values = Array.from({ length: LARGE }, (_, i) => value(i));
    const column = new Column(LARGE);
    for (const each of values) column.add(each);
    const [exact, seen] = [spreadOf(values), column.spread()];
    expect(seen.patients).toBe(exact.patients);
    for (const percent of [5, 25, 50, 75, 95] as const) {
      const [wanted, found] = [exact.quantiles![percent], seen.quantiles![percent]];
      expect(Math.abs(found - wanted)).toBeLessThanOrEqual(width * Math.abs(wanted) + 1e-12);
    }
    const reversed = new Column(LARGE);
    for (const each of [...values].reverse()) reversed.add(each);
    expect(reversed.spread()).toEqual(seen);
  }
});

test("a small cohort is exact to its last digit, and a value that a patient does not have counts nowhere (PAT-4)", () => {
  const column = new Column(4);
  for (const each of [10, NaN, 0, 30, 20]) column.add(each);
  expect(column.spread()).toEqual(spreadOf([10, 0, 30, 20]));
});
