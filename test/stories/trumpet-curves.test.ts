// Flow accuracy on the bench, as a laboratory would file it: four rates, three temperatures, three levels of the reservoir,
// two pressures at the tip, by the method of scenario/trumpet-curve.ts. Accepted is a mean error B within 5 % together with errors
// within 14.5 % in every window of 930 min (24 mL/day lasts so long from a full reservoir only; else in its longest fast
// window of 31 min). The unit has the volume a pulse that it was made for and a ripple of 30 %: what is tried is what a
// place does to it.

import { describe, expect, test } from "vitest";
import { curveOf, SLOW_RUN } from "../run/trumpet-bench";

const B_MAX_PCT = 5;
const E_MAX_PCT = 14.5;
const QUARTER_HOUR = 90_000;

const RATES: [rate: string, duration: string][] = [
  ["0.048 mL/day", SLOW_RUN],
  ["0.5 mL/day", SLOW_RUN],
  ["1 mL/day", SLOW_RUN],
  ["24 mL/day", "2 h"],
];
/** The error of the flow at a temperature: 1 % per 100 mmHg of the propellant's pressure. */
const PLACES: [place: string, temperature: string, error_pct: number][] = [
  ["in a cold room", "20 °C", -4.129],
  ["in the body", "37 °C", 0],
  ["in a fever", "39 °C", 0.615],
];
/** The pump stops its basal at 1.4 mL; from 3.6 mL even the fastest of these runs ends before that. */
const LEVELS = [
  ["full", "20 mL"],
  ["half full", "10 mL"],
  ["nearly empty", "3.6 mL"],
];

const unit = (fill: string, bias = "0 %") => `pump: { fill: ${fill}, unit: { bias: ${bias}, ripple: 30 % } }`;
const at = (temperature: string) =>
  temperature === "37 °C" ? "" : `timeline: [{ at: 1 s, fault: temperature, to: ${temperature} }]`;

describe.each(PLACES)("THR-2: %s, %s", (_, temperature, error_pct) => {
  describe.each(LEVELS)("%s", (__, fill) => {
    test.each(RATES)("a curve at %s is accepted", (rate, duration) => {
      const report = curveOf({ rate, duration, more: `${unit(fill)}\n${at(temperature)}` });
      const { window_min, emax_pct, emin_pct, pulse_pct } = report.windows[report.windows.length - 1];
      expect(window_min).toBe(rate === "24 mL/day" ? 31 : 930);
      expect(Math.abs(report.b_pct!)).toBeLessThanOrEqual(B_MAX_PCT);
      expect(Math.max(emax_pct, -emin_pct)).toBeLessThanOrEqual(E_MAX_PCT);
      expect(report.verdict).toBe("pass");
      expect(Math.abs(report.b_pct! - error_pct)).toBeLessThan(pulse_pct);
    });
  });

  test("THR-2: at 24 mL/day from a full reservoir every window of 930 min is within 14.5 %", () => {
    const setup = { rate: "24 mL/day", duration: "17 h", more: `${unit("20 mL")}\n${at(temperature)}` };
    const report = curveOf(setup, { sample_ticks: QUARTER_HOUR, stabilise_ticks: 4 * QUARTER_HOUR });
    const { window_min, emax_pct, emin_pct } = report.windows[report.windows.length - 1];
    expect(window_min).toBe(930);
    expect(Math.abs(report.b_pct!)).toBeLessThanOrEqual(B_MAX_PCT);
    expect(Math.max(emax_pct, -emin_pct)).toBeLessThanOrEqual(E_MAX_PCT);
  });
});

describe.each([
  ["-50 mmHg", -50, 0.5],
  ["+100 mmHg", 100, -1],
])("THR-2, RES-5: against %s at the tip", (_, outside_mmHg, error_pct) => {
  test.each(RATES)("a curve at %s is accepted", (rate, duration) => {
    const report = curveOf({ rate, duration, outside_mmHg, more: unit("10 mL") });
    const { emax_pct, emin_pct, pulse_pct } = report.windows[report.windows.length - 1];
    expect(Math.abs(report.b_pct!)).toBeLessThanOrEqual(B_MAX_PCT);
    expect(Math.max(emax_pct, -emin_pct)).toBeLessThanOrEqual(E_MAX_PCT);
    expect(report.verdict).toBe("pass");
    expect(Math.abs(report.b_pct! - error_pct)).toBeLessThan(pulse_pct);
  });
});

describe("THR-2: a curve finds a fault", () => {
  test.each<[string, string, string, number]>([
    ["a head 6 % short, in the body", "-6 %", "", 0],
    ["a head 6 % over, in the body", "6 %", "", 0],
    ["a head 2.4 % short, in a cold room", "-2.4 %", at("20 °C"), 0],
    ["a head as it should be, in a cold room and against 100 mmHg at once", "0 %", at("20 °C"), 100],
    ["a head as it should be, against 350 mmHg", "0 %", "", 350],
  ])("of %s, by its mean", (_, bias, timeline, outside_mmHg) => {
    const report = curveOf({ outside_mmHg, more: `${unit("20 mL", bias)}\n${timeline}` });
    expect(Math.abs(report.b_pct!)).toBeGreaterThan(B_MAX_PCT);
    expect(report.acceptance[0].ok).toBe(false);
    expect(report.verdict).toBe("fail");
  });

  test("of a stall of three hours, which the mean hides, by the window that holds it", () => {
    const stall = "timeline: [{ at: 40 h, fault: motor_stall, for: 3 h }]";
    const report = curveOf({ duration: "96 h", more: `${unit("20 mL")}\n${stall}` });
    expect(report.acceptance.map((row) => row.ok)).toEqual([true, false]);
    expect(report.verdict).toBe("fail");
  });
});
