// The mathematics of a trumpet curve against the definition, sum by sum, and against flows whose errors are known without
// it; then the picture, which must say what the figures say and let nothing out of its file.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgementOf } from "../../emulator/run/verdict";
import { trumpetHtmlOf } from "../../emulator/report/trumpet";
import {
  FAST_WINDOWS,
  longestError,
  pulsePercent,
  SLOW_WINDOWS,
  trumpetFigures,
  windowErrors,
  windowSetFor,
  type TrumpetPlan,
  type TrumpetReport,
} from "../../emulator/run/trumpet-curve";

/** 1 nL each 30 s. */
const RATE_UL_PER_DAY = 2.88;

const PLAN: TrumpetPlan = {
  rate_ulPerDay: RATE_UL_PER_DAY,
  sample_s: 30,
  stabilising: 10,
  analysed: 40,
  windows_min: [2, 5, 11],
  leftOut_min: [],
};

function cumulative(flows_nl: readonly number[]): number[] {
  const volumes = [0];
  for (const flow of flows_nl) volumes.push(volumes[volumes.length - 1] + flow);
  return volumes;
}

/** The definition: E_j is the mean over k intervals of 100 (Q_i - r) / r. */
function errorsByDefinition(flows_nl: readonly number[], intervals: number, interval_nl: number): number[] {
  const errors: number[] = [];
  for (let j = 0; j + intervals <= flows_nl.length; j++) {
    let sum = 0;
    for (let i = j; i < j + intervals; i++) sum += (100 * (flows_nl[i] - interval_nl)) / interval_nl;
    errors.push(sum / intervals);
  }
  return errors;
}

describe("the errors of a window", () => {
  test("are those of the definition for any flow", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 4000 }),
        (flows, intervals, interval_nl) => {
          const expected = errorsByDefinition(flows, intervals, interval_nl);
          const found = windowErrors(cumulative(flows), intervals, interval_nl);
          expect(found).toHaveLength(expected.length);
          found.forEach((error, i) => expect(error).toBeCloseTo(expected[i], 6));
        },
      ),
    );
  });

  test("are taken at every interval, so that a single late pulse shows in each window that holds it", () => {
    expect(windowErrors([0, 1, 2, 2, 4, 5], 2, 1)).toEqual([0, -50, 0, 50]);
  });
});

describe("the figures of a curve", () => {
  test("are 3 % for a steady flow that is 3 % high after a start at half of the rate", () => {
    const flows = Array.from({ length: 50 }, (_, i) => (i < 10 ? 0.5 : 1.03));
    const { windows, a_pct, b_pct, startup } = trumpetFigures(cumulative(flows), PLAN);
    expect(a_pct).toBeCloseTo(-50, 9);
    expect(b_pct).toBeCloseTo(3, 9);
    expect(windows.map((row) => row.window_min)).toEqual([2, 5, 11]);
    for (const { emax_pct, emin_pct } of windows) {
      expect(emax_pct).toBeCloseTo(3, 9);
      expect(emin_pct).toBeCloseTo(3, 9);
    }
    expect(startup).toHaveLength(10);
    expect([startup[0].time_s, startup[9].time_s]).toEqual([30, 300]);
    expect(startup[9].rate_ulPerDay).toBeCloseTo(RATE_UL_PER_DAY / 2, 9);
  });

  test("are 0 over whole periods of a flow that alternates between nothing and double, and one part in k over odd windows", () => {
    const flows = Array.from({ length: 50 }, (_, i) => (i % 2) * 2);
    const odd = { ...PLAN, windows_min: [0.5, 1, 1.5, 2.5] };
    const { windows } = trumpetFigures(cumulative(flows), odd);
    expect(windows.map((row) => row.emax_pct)).toEqual([100, 0, expect.closeTo(100 / 3), expect.closeTo(20)]);
    expect(windows.map((row) => row.emin_pct)).toEqual([-100, 0, expect.closeTo(-100 / 3), expect.closeTo(-20)]);
  });

  test("are those of the samples when a run was cut short, and null without samples", () => {
    const short = trumpetFigures(cumulative([1, 1, 1]), PLAN);
    expect([short.windows, short.b_pct, short.startup.length]).toEqual([[], null, 3]);
    expect(short.a_pct).toBeCloseTo(0, 9);
    expect(trumpetFigures([], PLAN)).toEqual({ windows: [], a_pct: null, b_pct: null, startup: [] });
  });

  test("have for the longest window the worse of its two errors, with its sign", () => {
    const row = { window_min: 31, emax_pct: 1, emin_pct: -2, pulse_pct: 0.1 };
    expect(longestError([{ ...row, window_min: 2, emax_pct: 90 }, row])).toEqual({ window_min: 31, error_pct: -2 });
    expect(longestError([])).toBeNull();
  });
});

describe("the windows of a curve", () => {
  test("are thirty times as long for slow rates as for fast ones, and each a whole number of samples", () => {
    expect(SLOW_WINDOWS.sample_s).toBe(30 * FAST_WINDOWS.sample_s);
    expect(SLOW_WINDOWS.windows_min.slice(1)).toEqual(FAST_WINDOWS.windows_min.map((window) => 30 * window));
    for (const set of [FAST_WINDOWS, SLOW_WINDOWS]) {
      expect(set.windows_min.map((window) => (window * 60) % set.sample_s)).toEqual(set.windows_min.map(() => 0));
    }
  });

  test.each([
    [48, "slow"],
    [500, "slow"],
    [1000, "slow"],
    [3599.99, "slow"],
    [3600, "fast"],
    [24_000, "fast"],
  ])("at %d uL/day are the %s ones", (rate, name) => {
    expect(windowSetFor(rate)).toBe(name === "fast" ? FAST_WINDOWS : SLOW_WINDOWS);
  });

  // The share of one 0.25 uL pulse, worked out by hand: 100 x 0.25 / (rate / 1440 x window).
  test.each([
    [48, 15, 50],
    [48, 60, 12.5],
    [48, 930, 0.806],
    [500, 15, 4.8],
    [500, 2, 36],
    [24_000, 2, 0.75],
  ])("at %d uL/day and %d min are changed by %d %% by one pulse", (rate, window, percent) => {
    expect(pulsePercent(rate, window)).toBeCloseTo(percent, 3);
  });
});

describe("the picture of a curve", () => {
  const report: TrumpetReport = {
    schema: "cistern.trumpet/1",
    scenario: "Steady",
    seed: 1,
    controller: "reference",
    gear: "leap",
    version: "0.0.0",
    fingerprint: "0123456789abcdef",
    rate_ulPerDay: 500,
    sample_s: 900,
    stabilise_s: 1800,
    analysis_s: 7200,
    windows: [
      { window_min: 15, emax_pct: 4.75, emin_pct: -9.5, pulse_pct: 4.8 },
      { window_min: 60, emax_pct: 1.25, emin_pct: -3.5, pulse_pct: 1.2 },
    ],
    a_pct: -2.25,
    b_pct: -2.5,
    startup: [
      { time_s: 900, rate_ulPerDay: 480 },
      { time_s: 1800, rate_ulPerDay: 510 },
    ],
    left_out_min: [150, 330],
    acceptance: [{ ok: true, text: "mean error B within 5 %", seen: "-2.50 %" }],
    ...judgementOf([]),
  };
  const count = (text: string, part: string) => text.split(part).length - 1;

  test("has both graphs, and every window as a point and as a row, all of them numbers", () => {
    const html = trumpetHtmlOf(report);
    expect(count(html, "<svg")).toBe(2);
    expect(count(html, "<circle")).toBe(4);
    for (const text of ["−9.50 %", "+4.75 %", "−3.50 %", "+1.25 %", "−2.25 %", "150, 330 min", "± 14.5 %"]) {
      expect(html).toContain(text);
    }
    expect(html).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  test("needs no script and no other file, and a name cannot break out of it", () => {
    const html = trumpetHtmlOf({ ...report, scenario: "</title><script>1</script>", reason: "<b>" });
    expect(html).not.toContain("<script");
    expect(html).not.toContain("<b>");
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(html).toContain("default-src 'none'");
  });

  test.each<[string, Partial<TrumpetReport>, number]>([
    ["one window", { windows: report.windows.slice(0, 1) }, 2],
    ["no flow at all", { startup: report.startup.map((point) => ({ ...point, rate_ulPerDay: 0 })) }, 2],
    ["no window yet", { windows: [], b_pct: null, acceptance: [], verdict: "interrupted" }, 1],
    ["nothing yet", { windows: [], startup: [], a_pct: null, b_pct: null, acceptance: [] }, 0],
  ])("is drawn with %s", (_, change, graphs) => {
    const html = trumpetHtmlOf({ ...report, ...change });
    expect(count(html, "<svg")).toBe(graphs);
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("stays a small file for a start of many days", () => {
    const startup = Array.from({ length: 100_000 }, (_, i) => ({ time_s: (i + 1) * 30, rate_ulPerDay: 400 + (i % 7) }));
    expect(trumpetHtmlOf({ ...report, startup }).length).toBeLessThan(500_000);
  });
});
