// Trumpet curves of whole runs: an ideal pump is wrong by less than a pulse in any window, a pump with a known error is
// wrong by that, and heat, cold and the level of the reservoir stay within what is accepted or are found out.

import { describe, expect, test } from "vitest";
import { trumpetPlan, type TrumpetOptions } from "../../emulator/run/trumpet";
import { bench, curveOf, SLOW_RUN, type Bench } from "./trumpet-bench";

const REALISTIC = "unit: { bias: -2.4 %, ripple: 30 % }";
const RATES: [string, string][] = [
  ["0.048 mL/day", SLOW_RUN],
  ["0.5 mL/day", SLOW_RUN],
  ["1 mL/day", SLOW_RUN],
  ["24 mL/day", "2 h"],
];

describe.each(RATES)("a curve at %s", (rate, duration) => {
  test("THR-2: shows no error of an ideal pump above one pulse in any window", () => {
    const { windows, b_pct, left_out_min } = curveOf({ rate, duration });
    expect(left_out_min).toEqual([]);
    for (const { emax_pct, emin_pct, pulse_pct } of windows) {
      expect(emax_pct).toBeLessThanOrEqual(pulse_pct + 1e-4);
      expect(emin_pct).toBeGreaterThanOrEqual(-pulse_pct - 1e-4);
      expect(emax_pct).toBeGreaterThanOrEqual(emin_pct);
    }
    expect(Math.abs(b_pct!)).toBeLessThan(windows[windows.length - 1].pulse_pct);
  });

  // The pump stops its basal at 1.4 mL; from 3.6 mL even the fastest of these runs ends before that.
  test.each([
    ["full", "20 mL", ""],
    ["half full", "10 mL", ""],
    ["nearly empty", "3.6 mL", ""],
    ["full at 39 °C", "20 mL", "timeline: [{ at: 1 s, fault: temperature, to: 39 °C }]"],
    ["nearly empty at 39 °C", "3.6 mL", "timeline: [{ at: 1 s, fault: temperature, to: 39 °C }]"],
  ])("accepts a real pump with a reservoir that is %s", (_, fill, timeline) => {
    const report = curveOf({ rate, duration, more: `pump: { fill: ${fill}, ${REALISTIC} }\n${timeline}` });
    expect(report.acceptance.map((row) => row.ok)).toEqual([true, true]);
    expect([report.verdict, report.reason]).toEqual(["pass", null]);
    const slip = timeline === "" ? 1 : 1.00615; // two degrees push 61.5 mmHg more: 0.6 %
    const last = report.windows[report.windows.length - 1];
    expect(Math.abs(report.b_pct! - (97.6 * slip - 100))).toBeLessThan(last.pulse_pct);
  });

  // At 20 °C the propellant pulls by 205 mmHg where it pushed by 208: 413 mmHg, which cost the head 4.1 %. With the 2.4 %
  // that this unit is short of anyway, that is too much. The method must not hide it.
  test("does not accept a pump with a small error in a cold room", () => {
    const cold = "timeline: [{ at: 1 s, fault: temperature, to: 20 °C }]";
    const report = curveOf({ rate, duration, more: `pump: { ${REALISTIC} }\n${cold}` });
    const last = report.windows[report.windows.length - 1];
    expect(Math.abs(report.b_pct! - (97.6 * 0.9587 - 100))).toBeLessThan(last.pulse_pct);
    expect(report.acceptance.map((row) => row.ok)).toEqual([false, true]);
    expect(report.verdict).toBe("fail");
  });
});

test("a fault that wears the tube shows in B and in every window, and fails", () => {
  const report = curveOf({ more: "timeline: [{ at: 1 s, fault: over_delivery, factor: 1.2 }]" });
  expect(report.b_pct).toBeCloseTo(20, 1);
  expect(report.windows.every((row) => row.emax_pct >= 20)).toBe(true);
  expect(report.verdict).toBe("fail");
  // The harm has its moment in the run, and comes first.
  expect(report.findings.map(({ kind }) => kind)).toEqual(["harm", "acceptance", "acceptance"]);
  expect(report.findings[1].text).toBe("mean error B of the analysis period within 5 %: seen +20.04 %");
});

test("a stall of an hour empties the windows that fit into it, and shows in the longest one", () => {
  const report = curveOf({ more: "timeline: [{ at: 30 h, fault: motor_stall, for: 1 h 30 min }]" });
  expect(report.windows.map((row) => row.emin_pct).slice(0, 2)).toEqual([-100, -100]);
  const tail = report.windows[report.windows.length - 1].emin_pct;
  expect(tail).toBeLessThan(-100 * (90 / 930) + 1);
  expect(tail).toBeGreaterThan(-100 * (110 / 930));
});

test("EMU-4: a good curve is invalid when its fault never acted", () => {
  const report = curveOf({ more: "timeline: [{ at: 1 h, fault: guard_dead, for: 1 h }]" });
  expect(report.acceptance.every((row) => row.ok)).toBe(true);
  expect([report.verdict, report.reason]).toEqual(["invalid", "the fault guard_dead of 1 h never acted"]);
});

test("a run that fails an expectation of its scenario fails here too, and says so", () => {
  const report = curveOf({ more: "expect: [{ signal: { name: motor.pulses, at: 1 h, min: 500, max: 501 } }]" });
  expect(report.verdict).toBe("fail");
  expect(report.reason).toMatch(/^expected signal motor\.pulses/);
});

describe("the plan of a curve", () => {
  test("leaves out windows that do not fit", () => {
    const plan = trumpetPlan(bench({ duration: "30 h 20 min" }));
    expect([plan.windows_min, plan.leftOut_min]).toEqual([
      [15, 60, 150, 330],
      [570, 930],
    ]);
    expect([plan.stabilising, plan.analysed]).toEqual([96, 25]);
  });

  test("takes another sample interval and stabilisation", () => {
    const plan = trumpetPlan(bench({ duration: "2 h" }), { sample_ticks: 3000, stabilise_ticks: 90_000 });
    expect([plan.sample_s, plan.stabilising, plan.analysed]).toEqual([30, 30, 210]);
  });

  test.each<[string, Bench, TrumpetOptions, RegExp]>([
    ["too short", { duration: "24 h" }, {}, /^bench\.yaml: too short .* is 1 d; .* need 1 d 15 min/],
    ["another sample", {}, { sample_ticks: 6000 }, /--sample: found 1 min, expected 30 s or 15 min/],
    ["no stabilisation", {}, { stabilise_ticks: 0 }, /--stabilise: found 0 s, expected a multiple/],
    [
      "half a sample",
      {},
      { stabilise_ticks: 45_000 },
      /--stabilise: found 7 min 30 s, expected a multiple.* of 15 min/,
    ],
    [
      "a change of rate",
      { more: "timeline: [{ at: 1 h, do: stop }]" },
      {},
      /^bench\.yaml:6:\d+: `stop` can make the delivery differ/,
    ],
  ])("EMU-3: is refused for %s, with advice", (_, setup, options, message) => {
    expect(() => trumpetPlan(bench(setup), options)).toThrow(message);
  });

  test("EMU-3: is refused for any other basal mode, by its name", () => {
    const scenario = bench({});
    const minimum = { ...scenario, program: { ...scenario.program, mode: "minimum" as const, rate: 0 } };
    expect(() => trumpetPlan(minimum)).toThrow(/one set rate, found the basal mode `minimum`: write/);
  });

  test("allows an action that talks to the pump and changes no rate", () => {
    const more =
      "timeline: [{ at: 1 h, do: interrogate }, { at: 2 h, do: self_test }, { at: 3 h, fault: motor_stall }]";
    expect(() => trumpetPlan(bench({ more }))).not.toThrow();
  });
});
