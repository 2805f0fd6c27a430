// The diary, the scores of a trial and the ladder of a titration, apart from any machine.

import { describe, expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { ladderOf } from "../../emulator/run/titration";
import { entryTick, FAILED, PASSED, TrialBook } from "../../emulator/run/care";
import { PlaceboShare } from "../../emulator/run/placebo";
import { parseScenario } from "../../emulator/scenario/load";
import type { Trial } from "../../emulator/scenario/scenario";
import type { Program } from "../../emulator/telemetry/program";
import { dayTotal } from "../../emulator/telemetry/program-totals";
import { TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../hal/units";

const HALF_MINUTE = TICKS_PER_MINUTE / 2;

describe("TRI-2: the entries of the diary", () => {
  const hours = (minute: number, count: number) => {
    const ticks = [];
    for (let tick = 0; ticks.length < count;) ticks.push((tick = entryTick({ minute }, tick)));
    return ticks;
  };

  test("are read half a minute after 8, 12, 16 and 20 o'clock by the wall", () => {
    expect(hours(0, 5).map((tick) => (tick - HALF_MINUTE) / TICKS_PER_HOUR)).toEqual([8, 12, 16, 20, 32]);
    expect(hours(9 * 60, 4).map((tick) => (tick - HALF_MINUTE) / TICKS_PER_HOUR)).toEqual([3, 7, 11, 23]);
  });

  test("come four times a day, whenever a run starts", () => {
    for (const minute of [479, 480, 481, 1200, 1439]) {
      const ticks = hours(minute, 8);
      expect(ticks[4] - ticks[0]).toBe(TICKS_PER_DAY);
      expect(ticks.every((tick, i) => i === 0 || tick > ticks[i - 1])).toBe(true);
      expect(ticks[0]).toBeGreaterThan(0);
    }
  });
});

test.each([0, 29, 31, 59])(
  "TRI-2: a run that starts at %i s of a minute enters what the patient wrote last",
  (second) => {
    const start = `start: 2026-03-02T07:00:${String(second).padStart(2, "0")}`;
    const run = new ScenarioRun(
      parseScenario(
        `${start}
duration: 50 h
patient: { indication: spine_pain, weight: 68 kg, draw: sampled, pain: { baseline: 6 } }
drugs: [{ name: morphine, concentration: 1 mg/mL }]
prescription: { basal: { mode: continuous, dose: 0.1 mg/day } }
trial: { kind: single_shot, baseline: 1 d }
timeline: [{ at: 25 h, do: inject, dose: 0.1 mg }]
`,
        "seconds.yaml",
      ),
      { gear: "leap", controller: referenceController, tracks: false, placebo: false },
    );
    const written: number[] = [];
    for (let hour = 1; hour <= 13; hour += 4) {
      run.advance(hour * TICKS_PER_HOUR + TICKS_PER_MINUTE);
      written.push(run.machine.signal("patient.pain_report"));
    }
    run.advance(run.end_ticks);
    const mean = written.reduce((sum, each) => sum + each, 0) / written.length;
    expect(new Set(written).size).toBeGreaterThan(1);
    expect(run.report(0).patient!.trial!.baseline).toBeCloseTo(mean, 3);
  },
);

describe("TRI-2: the verdict of a trial", () => {
  const trial: Trial = {
    kind: "infusion",
    baseline_ticks: TICKS_PER_DAY,
    for_ticks: 2 * TICKS_PER_DAY,
    score: "pain",
    rule: { fraction: 0.5 },
  };

  /** A trial whose diary has these scores, at even times of baseline and trial. */
  function decided(before: number[], after: number[], given: Partial<Trial> = {}, injections: number[] = []) {
    const whole = { ...trial, ...given };
    const book = new TrialBook(whole);
    before.forEach((value, i) => book.enter(((i + 0.5) * whole.baseline_ticks) / before.length, value));
    after.forEach((value, i) => {
      if (injections.includes(i)) book.inject(whole.baseline_ticks + (i * whole.for_ticks) / after.length);
      book.enter(whole.baseline_ticks + ((i + 0.5) * whole.for_ticks) / after.length, value);
    });
    return book.decide();
  }

  test("of an infusion compares the last four entries with all of the baseline", () => {
    expect(decided([8, 8, 6, 6], [7, 7, 7, 7, 3, 3, 4, 4])).toEqual({ baseline: 7, score: 3.5, verdict: PASSED });
    expect(decided([8, 8, 6, 6], [1, 1, 1, 1, 3, 4, 4, 4])).toEqual({ baseline: 7, score: 3.75, verdict: FAILED });
  });

  test("of injections is that of the best three entries after one", () => {
    const shots = { kind: "injections" as const };
    expect(decided([8, 8, 8], [6, 6, 6, 3, 4, 5, 8, 8], shots, [0, 3])).toMatchObject({ score: 4, verdict: PASSED });
    // Entries that follow no injection, or not three of them, are no score.
    expect(decided([8, 8, 8], [1, 1, 1, 1], shots)).toMatchObject({ verdict: FAILED });
    expect(decided([8, 8, 8], [8, 8, 1, 1], shots, [2])).toMatchObject({ verdict: FAILED });
  });

  test("of injections does not count one before the end of the baseline", () => {
    const shot = { ...trial, kind: "injections" as const };
    const book = new TrialBook(shot);
    book.inject(shot.baseline_ticks - 1);
    for (let i = 0; i < 4; i++) book.enter(i + 1, 8);
    for (let i = 0; i < 4; i++) book.enter(shot.baseline_ticks + 1 + i, 1);
    expect(book.decide()).toMatchObject({ score: 8, verdict: FAILED });
  });

  test("is failed where a mean has fewer than three entries", () => {
    expect(decided([8, 8], [1, 1, 1, 1]).verdict).toBe(FAILED);
    expect(decided([8, 8, 8], [1, 1]).verdict).toBe(FAILED);
  });

  test.each<[string, Trial["score"], Trial["rule"], number, number, number]>([
    ["a point of the Ashworth score", "ashworth", { points: 1 }, 3.5, 2.5, PASSED],
    ["less than a point", "ashworth", { points: 1 }, 3.5, 2.6, FAILED],
    ["half of what is above the tone of the healthy", "ashworth", { fraction: 0.5 }, 3, 2, PASSED],
    ["half of the score, which is not enough of what is above 1", "ashworth", { fraction: 0.9 }, 3, 1.5, FAILED],
    ["half of no pain", "pain", { fraction: 0.5 }, 0, 0, FAILED],
  ])("by %s", (_, score, rule, before, after, verdict) => {
    expect(decided([before, before, before], [after, after, after], { score, rule }).verdict).toBe(verdict);
  });

  test("of a placebo is the same for the same seed, and the rule decides how often it passes", () => {
    const file = (rule: string) =>
      parseScenario(
        `duration: 4 d
drugs: [{ name: morphine, concentration: 10 mg/mL }]
patient: { indication: crps, weight: 70 kg }
trial: { kind: single_shot, baseline: 2 d, rule: ${rule} }
timeline: [{ at: 50 h, do: inject, dose: 0.2 mg }]`,
        "p.yaml",
      );
    const passes = (rule: string, seed = 1) => new PlaceboShare(file(rule), seed, 25).whole();
    expect(passes("30 %")).toBe(passes("30 %"));
    expect(passes("10 %")).toBeGreaterThan(passes("50 %"));
    expect(passes("95 %")).toBe(0);
  });
});

describe("PAT-6: the ladder of a titration", () => {
  const program: Program = {
    mode: "continuous",
    rate: 10_000,
    bolus: null,
    limits: [],
    low_pulses: 1,
    drugs: [{ id: 1, concentration: 100_000 }],
  };
  const titration = { every_ticks: 1, aim: { score: "pain" as const, most: 4 }, step: 0.25, most_ngPerDay: 2_000_000 };

  test("rises by steps up to the most, which ends it exactly, and falls to a quarter", () => {
    const { programs, base } = ladderOf({ ...program, rate: 40_000 }, { ...titration, most_ngPerDay: 8_000_000 });
    const rates = programs.map(({ rate }) => rate);
    expect(rates[base]).toBe(40_000);
    expect(rates.slice(base)).toEqual([40_000, 50_000, 62_500, 78_125, 80_000]);
    expect(rates[0]).toBeGreaterThanOrEqual(10_000);
    expect(rates[0]).toBeLessThan(12_500);
    expect(rates.every((rate, i) => i === 0 || rate > rates[i - 1])).toBe(true);
  });

  test("ends at the slowest and at the fastest rate of therapy, beyond which a pump refuses a program", () => {
    const rates = (rate: number) => ladderOf({ ...program, rate }, { ...titration, most_ngPerDay: 1e9 }).programs;
    expect(rates(6_000).map(({ rate }) => rate)[0]).toBe(4_800);
    expect(rates(5_900).map(({ rate }) => rate)[0]).toBe(5_900);
    expect(rates(1_920_000).at(-1)!.rate).toBe(2_400_000);
    expect(rates(1_930_000).at(-1)!.rate).toBe(1_930_000);
  });

  test("leaves a flex step of the minimum rate or of none as it is, and ends where another is too slow", () => {
    const steps = [600, 0, 8_000].map((rate, i) => ({ minute: i * 480, rate }));
    const flex = { patterns: [steps], weekdays: [0, 0, 0, 0, 0, 0, 0] };
    const { programs, base } = ladderOf({ ...program, mode: "flex", rate: 0, flex }, titration);
    const rates = programs.map((each) => each.flex!.patterns[0].map(({ rate }) => rate));
    expect(rates.slice(0, base + 1)).toEqual([
      [600, 0, 5_120],
      [600, 0, 6_400],
      [600, 0, 8_000],
    ]);
    expect(rates[base + 1]).toEqual([600, 0, 10_000]);
  });

  test("never gives more than the most, whatever the mode", () => {
    const flex: Program = {
      ...program,
      mode: "flex",
      rate: 0,
      flex: {
        patterns: [
          [
            { minute: 0, rate: 8_000 },
            { minute: 720, rate: 12_000 },
          ],
        ],
        weekdays: [0, 0, 0, 0, 0, 0, 0],
      },
    };
    const periodic: Program = {
      ...program,
      mode: "periodic",
      rate: 0,
      periodic: { pulses: 66, duration_s: 600, every_min: 240 },
    };
    for (const each of [program, flex, periodic]) {
      const { programs, base } = ladderOf(each, titration);
      const doses_ng = programs.map((one) => dayTotal(one).basal * 250 * 10);
      expect(Math.max(...doses_ng)).toBeLessThanOrEqual(2_000_000 * 1.001);
      expect(doses_ng[programs.length - 1]).toBeGreaterThan(doses_ng[base]);
    }
  });

  test("has one rung where there is no basal to change, and none above where the most is reached", () => {
    expect(ladderOf({ ...program, mode: "stopped", rate: 0 }, titration)).toEqual({
      programs: [expect.anything()],
      base: 0,
    });
    const { programs, base } = ladderOf({ ...program, rate: 20_000 }, titration);
    expect(base).toBe(programs.length - 1);
  });
});
