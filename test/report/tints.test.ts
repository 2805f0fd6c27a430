// The tints behind the plots: an alarm tints its time, and one that fills much of the view is a strip instead of a colour over all.

import { expect, test } from "vitest";

import type { Bar } from "../../emulator/report/page-model";
import { tintsIn } from "../../emulator/report/page/tints";

const bar = (from_s: number, to_s: number | null, tone: Bar["tone"] = "critical"): Bar => ({
  from_s,
  to_s,
  label: "",
  detail: "",
  tone,
  mark_s: null,
});

test("a short alarm tints its time in the whole height of the plot", () => {
  expect(tintsIn([bar(10, 20)], 0, 100)).toEqual([{ tone: "critical", spans: [[10, 20]], isFull: true }]);
});

test("an alarm that lasts longer than a quarter of the view is a strip, and tints again when the view is wide enough", () => {
  expect(tintsIn([bar(10, 36)], 0, 100)).toEqual([{ tone: "critical", spans: [[10, 36]], isFull: false }]);
  expect(tintsIn([bar(10, 36)], 0, 200)[0].isFull).toBe(true);
  expect(tintsIn([bar(10, 1000)], 100, 200)).toEqual([{ tone: "critical", spans: [[100, 200]], isFull: false }]);
});

test("alarms that overlap are one tint, so that they do not add up to another colour", () => {
  const bars = [bar(12, 18), bar(10, 15), bar(18, 20), bar(50, 51)];
  expect(tintsIn(bars, 0, 100)).toEqual([
    {
      tone: "critical",
      spans: [
        [10, 20],
        [50, 51],
      ],
      isFull: true,
    },
  ]);
});

test("many short alarms that fill much of the view together are strips", () => {
  const bars = Array.from({ length: 30 }, (_, i) => bar(i * 3, i * 3 + 1));
  expect(tintsIn(bars, 0, 100)[0].isFull).toBe(false);
});

test("moments, unknown ends and what is out of view tint nothing, and each colour counts for itself", () => {
  expect(tintsIn([bar(10, 10), bar(10, null), bar(200, 300)], 0, 100)).toEqual([]);
  const tints = tintsIn([bar(0, 20), bar(20, 40, "fault")], 0, 100);
  expect(tints.map(({ tone, isFull }) => [tone, isFull])).toEqual([
    ["critical", true],
    ["fault", true],
  ]);
});
