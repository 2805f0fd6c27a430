// The curves of a page, from the points of a run to those that a view shows: at every zoom the extremes of each pixel, at the closest
// every point, and never more bytes than the page has room for.

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import { blocksOf, listsOf, type Block, type Lists } from "../../emulator/points";
import { scaled, type Curve, type ListedCurve } from "../../emulator/report/curve";
import { deliveredRateOf, differenceOf } from "../../emulator/report/derived";
import { PageCurves, PLAIN_POINTS_MAX } from "../../emulator/report/page-curves";
import { TICKS_PER_DAY } from "../../hal/units";
import { runs } from "../effort";
import { shownIn, type View } from "./shown";

const WIDTH_PX = 1000;
const ROOM = 1e9;

/** The curves of a page with that room, and what `of` adds gets. */
function pageOf(curves: readonly Curve[], room = ROOM, whole: [number, number][] = []): PageCurves {
  const page = new PageCurves(whole, room);
  curves.forEach((curve, i) => page.add(curve, `line ${i}`));
  return page;
}

/** A curve of `count` points with bursts and pauses; about every thousandth is a peak. */
function wild(count: number, seed: number): ListedCurve {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const curve: ListedCurve = { kind: "step", ticks: [], values: [] };
  let [tick, pace, level] = [0, 1000, 0];
  for (let i = 0; i < count; i++) {
    if (random() < 0.002) pace = 1 + Math.floor(10 ** (random() * 5));
    level += random() - 0.5;
    curve.ticks.push(tick);
    curve.values.push(Math.round((random() < 0.001 ? level + 100 * (random() - 0.5) : level) * 1e5) / 1e5);
    tick += 1 + Math.floor(random() * pace);
  }
  return curve;
}

/** The lowest and highest value in each stretch of `pixel` ticks from `from` on. */
function extents({ ticks, values }: Lists, [from, to, pixel]: View): Map<number, [number, number]> {
  const found = new Map<number, [number, number]>();
  ticks.forEach((tick, i) => {
    if (tick < from || tick > to) return;
    const column = Math.floor((tick - from) / pixel);
    const [low, high] = found.get(column) ?? [Infinity, -Infinity];
    if (!Number.isNaN(values[i])) found.set(column, [Math.min(low, values[i]), Math.max(high, values[i])]);
  });
  return found;
}

test("a view shows at every pixel, to a pixel, the lowest and highest value that the curve has there, and real points alone", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: PLAIN_POINTS_MAX + 1, max: 60_000 }),
      fc.integer(),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: -7, max: 0, noNaN: true })), {
        minLength: 4,
        maxLength: 4,
      }),
      async (count, seed, views) => {
        const curve = wild(count, seed);
        const endTick = curve.ticks.at(-1)!;
        const curves = pageOf([curve]).curves();
        const known = new Map(curve.ticks.map((tick, i) => [tick, curve.values[i]]));
        for (const [place, power] of [[0, 0], ...views]) {
          const span = Math.max(100, endTick * 10 ** power);
          const from = place * (endTick - span);
          const view: View = [from, from + span, span / WIDTH_PX];
          const shown = await shownIn(curves, endTick, 0, view);
          shown.ticks.forEach((tick, i) => expect([tick, shown.values[i]]).toEqual([tick, known.get(tick)]));
          expect(shown.ticks.filter((tick) => tick >= from && tick <= from + span).length).toBeLessThanOrEqual(
            4 * WIDTH_PX + 4,
          );
          const seen = extents(shown, view);
          for (const [column, [low, high]] of extents(curve, view)) {
            const near = [column - 1, column, column + 1].flatMap((each) => seen.get(each) ?? []);
            // At the edge of the view a group reaches out of it.
            const isEdge = column === 0 || column >= WIDTH_PX - 1;
            if (isEdge) continue;
            expect(Math.min(...near)).toBeLessThanOrEqual(low);
            expect(Math.max(...near)).toBeGreaterThanOrEqual(high);
          }
        }
      },
    ),
    { numRuns: runs(20) },
  );
});

describe("seven years with a pulse each 108 s and one peak of a single tick", () => {
  const count = 2_000_000;
  const gap = 10_800;
  const peak = 1_234_567 * gap + 17;
  const endTick = count * gap;
  let page: PageCurves;
  beforeAll(() => {
    page = pageOf([{ kind: "step", blocks: () => steady(count, gap, peak) }]);
  });

  test("show the peak at every zoom, and the points around it at the closest", async () => {
    const curves = page.curves();
    for (let span = endTick; span >= 100; span /= 2) {
      const from = Math.max(0, peak - 0.3 * span);
      const shown = await shownIn(curves, endTick, 0, [from, from + span, span / WIDTH_PX]);
      expect([span, Math.max(...shown.values)]).toEqual([span, 1e6]);
    }
    const near = await shownIn(curves, endTick, 0, [peak - 15_000, peak + 15_000, 30]);
    const at = peak - 17;
    expect(near.ticks).toEqual([at - 2 * gap, at - gap, at, peak, peak + 1, at + gap, at + 2 * gap]);
  });

  test("take less than a byte for eight pulses, of which a view inflates few", () => {
    expect(page.bytes()).toBeLessThan(count / 8);
    const [{ rungs, ticks }] = page.curves();
    expect(ticks.length).toBeLessThanOrEqual(PLAIN_POINTS_MAX);
    expect(rungs.at(-1)!.from).toHaveLength(Math.ceil((count + 2) / 16_384));
  });
});

/** Blocks of pulses, each 0.25 higher than the last, and a peak of one tick. */
function* steady(count: number, gap: number, peak: number): Generator<Block> {
  for (let from = 0; from < count; from += 10_000) {
    const ticks: number[] = [];
    const values: number[] = [];
    for (let i = from; i < Math.min(count, from + 10_000); i++) {
      ticks.push(i * gap);
      values.push(i / 4);
      if (peak <= i * gap || peak >= (i + 1) * gap) continue;
      ticks.push(peak, peak + 1);
      values.push(1e6, i / 4);
    }
    yield { ticks, values };
  }
}

describe("curves that are worked out in the page", () => {
  /** Pulses whose pace changes, and what was programmed. */
  const delivered = ((): ListedCurve => {
    const curve = wild(50_000, 5);
    return { kind: "step", ticks: curve.ticks, values: curve.ticks.map((_, i) => i / 4) };
  })();
  const endTick = delivered.ticks.at(-1)! + 500;
  const programmed: ListedCurve = { kind: "line", ticks: [0, endTick / 3, endTick], values: [0, 3000, 12_000] };
  const window = 3_000;

  test.each([
    ["difference", differenceOf(delivered, programmed, endTick)],
    ["rate", deliveredRateOf(delivered, window, endTick)],
  ])("the %s has at the closest zoom the points that the host has, at any place", async (_, curve) => {
    const page = pageOf([curve]);
    const curves = page.curves();
    const index = page.add(curve, null);
    expect(curves[index].origin).not.toBeNull();
    const all = listsOf(curve);
    for (const share of [0, 0.1, 0.333, 0.5, 0.77, 1]) {
      const middle = Math.floor(share * (all.ticks.length - 1));
      const [first, last] = [Math.max(0, middle - 20), Math.min(all.ticks.length - 1, middle + 20)];
      const view: View = [all.ticks[first], all.ticks[last], 1e-3];
      const shown = await shownIn(curves, endTick, index, view);
      const begin = shown.ticks.indexOf(all.ticks[first]);
      expect(shown.ticks.slice(begin, begin + last - first + 1)).toEqual(all.ticks.slice(first, last + 1));
      const near = shown.values.slice(begin, begin + last - first + 1);
      near.forEach((value, i) =>
        expect(Math.abs(value - all.values[first + i])).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))),
      );
    }
  });
});

describe("a page without room for all points", () => {
  const [largest, other, delivered] = [wild(400_000, 1), wild(60_000, 2), wild(80_000, 3)];
  const programmed: ListedCurve = { kind: "line", ticks: [0, 9], values: [0, 0] };
  const all = [delivered, largest, other, programmed, differenceOf(delivered, programmed, delivered.ticks.at(-1)!)];
  const whole = pageOf(all).bytes();
  const middle = largest.ticks[200_000];

  test.each([
    [0.9, ["line 1"]],
    [0.3, ["line 1", "line 2"]],
    [0.1, ["line 0", "line 1", "line 2", "line 4"]],
    [0.01, ["line 0", "line 1", "line 2", "line 4"]],
  ])(
    "that has room for %d of them takes points of the largest line first, and last of pulses that give others",
    (share, names) => {
      const page = pageOf(all, share * whole);
      expect(page.bytes()).toBeLessThanOrEqual(share * whole);
      expect(page.thinned().map((line) => line.replace(/ \(.*/, ""))).toEqual(names);
      for (const { ticks } of page.curves()) expect(ticks.length).toBeGreaterThan(1);
    },
  );

  test("keeps every point around what went wrong, and the extremes elsewhere", async () => {
    const page = pageOf(all, 0.9 * whole, [[middle - 1000, middle + 1000]]);
    const [, curve] = page.curves();
    expect(curve.rungs.at(-1)!.texts.filter((text) => text !== "")).toHaveLength(1);
    const view: View = [middle - 1000, middle + 1000, 1];
    const shown = await shownIn(page.curves(), 1e9, 1, view);
    expect(extents(shown, view)).toEqual(extents(largest, view));
    const endTick = largest.ticks.at(-1)!;
    const far: View = [0, endTick, endTick];
    expect(extents(await shownIn(page.curves(), endTick, 1, far), far)).toEqual(extents(largest, far));
  });
});

test("a gap of a long curve is a gap at every zoom, and the extremes beside it stay", async () => {
  const { ticks, values } = wild(100_000, 6);
  const half = ticks.at(-1)! + 1;
  const curve: ListedCurve = {
    kind: "step",
    ticks: [...ticks, half, ...ticks.map((tick) => tick + 2 * half)],
    values: [...values, NaN, ...values],
  };
  const curves = pageOf([curve]).curves();
  for (const span of [3 * half, half, 10_000]) {
    const view: View = [Math.max(0, half - span / 2), half + span / 2, span / WIDTH_PX];
    const shown = await shownIn(curves, 3 * half, 0, view);
    expect(shown.ticks.filter((_, i) => Number.isNaN(shown.values[i]))).toEqual([half]);
  }
  const all: View = [0, 3 * half, 3 * half];
  expect(extents(await shownIn(curves, 3 * half, 0, all), all)).toEqual(extents(curve, all));
});

test("a curve that several lines show is in the page once, and a scaled one keeps its blocks", () => {
  const curve = wild(100, 4);
  const page = pageOf([curve, curve]);
  expect(page.curves()).toHaveLength(1);
  expect([...blocksOf(scaled(curve, 2))].map(({ values }) => values[7])).toEqual([2 * curve.values[7]]);
  expect(TICKS_PER_DAY).toBe(8_640_000);
});
