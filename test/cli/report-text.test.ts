// The text of `cistern run`: the harms right after the verdict, and at the end, where a person looks last, the last events, all
// that went wrong and the verdict.

import { describe, expect, test } from "vitest";

import { textOf } from "../../emulator/cli/report-text";
import { judgementOf, type Finding } from "../../emulator/run/verdict";
import { dayFixture } from "../trace/fixture";

const plain = (_style: string, text: string): string => text;
const finding = (at_tick: number | null, text: string): Finding => ({
  at_tick,
  kind: "expectation",
  text,
  weight: "fail",
});

/** The lines for the day of the fixture, whose first event comes so many times, with these findings. */
function linesFor(findings: readonly Finding[], times = 1): string[] {
  const { report } = dayFixture();
  const [first, ...rest] = report.events;
  const events = [...Array.from({ length: times }, (_, tick) => ({ ...first, tick })), ...rest];
  const harms = [
    { name: "dry", first_s: 60, until_s: null, reported_s: null, by: null, expected: false, judged: true },
  ];
  const text = textOf({ ...report, ...judgementOf(findings), events, harms }, plain);
  expect(text.endsWith("\n")).toBe(true);
  return text.trimEnd().split("\n");
}

describe("the text of a run", () => {
  test("ends with the last event and the verdict when everything held", () => {
    const lines = linesFor([]);
    expect(lines.at(-1)).toBe("PASS  A day with breakthrough pain and a stalled rotor");
    expect(lines.at(-3)).toContain("session_closed");
  });

  test("EMU-6: ends with the events, then all that went wrong in its order, then the verdict with the first", () => {
    const lines = linesFor([finding(null, "it never came"), finding(6000, "late"), finding(100, "early")]);
    const places = ["  events", "  went wrong, the first in time first"].map((line) => lines.indexOf(line));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(lines.slice(places[1] + 1)).toEqual([
      "    1 s: early",
      "    1 min: late",
      "    it never came",
      "",
      "FAIL  A day with breakthrough pain and a stalled rotor: early",
    ]);
    expect(places[0]).toBeLessThan(places[1]);
  });

  test("ends with the verdict and its reason alone when one thing went wrong", () => {
    const lines = linesFor([finding(6000, "late")]);
    expect(lines.at(-1)).toBe("FAIL  A day with breakthrough pain and a stalled rotor: late");
    expect(lines.at(-3)).toContain("session_closed");
    expect(lines).not.toContain("  went wrong, the first in time first");
  });

  test("has the last events of many, not the first, and says how many there were", () => {
    const lines = linesFor([], 5000);
    const start = lines.indexOf("  events, the last 30 of 5,013: --json has all");
    const events = lines.slice(start + 1, -2);
    expect(events).toHaveLength(30);
    expect(events.at(-1)).toContain("session_closed");
    expect(events.filter((line) => line.includes("boot"))).toHaveLength(17);
  });

  test("cuts a long list of what went wrong, and says how many more there are", () => {
    const lines = linesFor(Array.from({ length: 50 }, (_, i) => finding(i, `number ${i}`)));
    expect(lines.at(-3)).toBe("    ... and 30 more");
    expect(lines.at(-1)).toMatch(/^FAIL {2}.*: number 0$/);
  });

  test("EMU-8: has the harms before all else but the verdict and what ran", () => {
    const lines = linesFor([finding(100, "early")]);
    const harms = lines.indexOf("  harms");
    expect(lines.slice(harms, harms + 2)).toEqual([
      "  harms",
      "    FAIL  dry from 1 min to the end: no alarm named it in its time",
    ]);
    const others = ["  expectations", "  invariants", "  faults", "  alarms", "  events"].map((line) =>
      lines.indexOf(line),
    );
    expect(Math.min(...others)).toBeGreaterThan(harms);
  });
});
