// CSV traces: the rows and their order, checked against rows that are sorted afresh.

import { describe, expect, test } from "vitest";

import { csvOf } from "../../emulator/trace/csv";
import { dayFixture } from "./fixture";

function linesOf(...tracks: Parameters<typeof csvOf>[0]): string[] {
  const text = [...csvOf(tracks)].join("");
  expect(text.endsWith("\n")).toBe(true);
  return text.trimEnd().split("\n");
}

describe("the CSV of a trace", () => {
  test("has one row for each change, by tick and then by the order of the signals", () => {
    const lines = linesOf(
      { name: "b.second", unit: "", ticks: [0, 5, 7], values: [1, 2.5, -3] },
      { name: "a.first", unit: "", ticks: [0, 5, 100], values: [0, 1e-7, 1] },
    );
    expect(lines).toEqual([
      "time_s,tick,signal,value",
      "0.00,0,b.second,1",
      "0.00,0,a.first,0",
      "0.05,5,b.second,2.5",
      "0.05,5,a.first,1e-7",
      "0.07,7,b.second,-3",
      "1.00,100,a.first,1",
    ]);
  });

  test("has the header alone when no track has a change", () => {
    expect(linesOf()).toEqual(["time_s,tick,signal,value"]);
    expect(linesOf({ name: "a.b", unit: "", ticks: [], values: [] })).toEqual(["time_s,tick,signal,value"]);
  });

  test("quotes a name that has a comma or a quote", () => {
    expect(linesOf({ name: 'a."b",c', unit: "", ticks: [0], values: [1] })[1]).toBe('0.00,0,"a.""b"",c",1');
  });

  test("holds every change of every track of a day exactly once and in order", () => {
    const { tracks } = dayFixture();
    const expected = tracks
      .flatMap(({ name, ticks, values }, order) => ticks.map((tick, i) => ({ tick, order, name, value: values[i] })))
      .sort((a, b) => a.tick - b.tick || a.order - b.order)
      .map(({ tick, name, value }) => `${(tick / 100).toFixed(2)},${tick},${name},${value}`);
    expect(linesOf(...tracks).slice(1)).toEqual(expected);
  });

  test("comes in chunks when it is long", () => {
    const ticks = Array.from({ length: 50000 }, (_, i) => i);
    const sizes = [...csvOf([{ name: "a.b", unit: "", ticks, values: ticks }])].map((chunk) => chunk.length);
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThan(70000);
  });
});
