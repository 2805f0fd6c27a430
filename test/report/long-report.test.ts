// The page of a run of years: it opens with all of it, leads by mouse and keys to a single pulse, shows a single odd tick at every
// zoom, and has at most 20 MB whatever the run was.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { EVENTS_MAX } from "../../emulator/report/events";
import { htmlOf } from "../../emulator/report/html";
import { chromiumPath } from "../machine-here";
import { browserPages, goTo, ranges, rises, settled } from "./browser";
import { longRun } from "./long-run";

/** 365 days at 500 uL/day. */
const PULSES = 730_000;
const GAP = 4320;

describe("the page of a year in a browser", () => {
  const odd = 412_345 * GAP + 2000;
  const odd_s = odd / 100;
  const run = longRun(PULSES, () => GAP, odd);
  const pages = browserPages();
  beforeAll(pages.launch);
  afterAll(pages.close);
  beforeEach(({ skip }) => skip(chromiumPath === undefined, "no Chromium on this machine"));

  test("leads by the wheel and by the keys to one of 730,000 pulses, whose value the legend reads", async () => {
    const { page, troubles } = await pages.open(run);
    await settled(page);
    expect(await ranges(page)).toEqual([[0, (PULSES * GAP) / 100]]);
    const over = page.locator("#plot-volume .u-over");
    const box = (await over.boundingBox())!;
    await page.mouse.move(box.x + 0.4 * box.width, box.y + 10);
    for (let i = 0; i < 30; i++) await page.mouse.wheel(0, -100);
    await settled(page);
    await page.mouse.move(2, 2);
    await page.locator("#plots").focus();
    for (let i = 0; i < 9; i++) await page.keyboard.press("+");
    await settled(page);
    const [[from_s, to_s]] = await ranges(page);
    expect(to_s - from_s).toBeLessThan(150);
    // A browser draws no dashes on a line that reaches far out of view.
    const ends: unknown = await page.evaluate(
      `[...new Set(uPlot.sync("time").plots.slice(1, -1).flatMap(({ data: [times] }) => [times[0], times.at(-1)]))]`,
    );
    expect(ends).toEqual([from_s, to_s]);
    const first = Math.ceil((from_s * 100) / GAP);
    const pulses = await rises(page, "volume");
    expect(pulses).toEqual(
      Array.from({ length: Math.floor((to_s * 100) / GAP) - first + 1 }, (_, i) => [
        ((first + i) * GAP) / 100,
        (first + i) / 4,
      ]),
    );
    const [[at_s, delivered]] = pulses;
    await goTo(page, `#from=${at_s - 1}&to=${at_s + 1}&at=${at_s}`);
    const read = (): Promise<string[]> => page.locator("#plot-volume .u-value").allTextContents();
    expect((await read())[1]).toBe(delivered.toLocaleString("en", { minimumFractionDigits: 2 }));
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("draws a value of a single tick at every zoom step, from the whole year to a second", async () => {
    const { page, troubles } = await pages.open(run);
    for (let span_s = (PULSES * GAP) / 100; span_s > 1; span_s /= 4) {
      const from_s = Math.max(0, odd_s - 0.37 * span_s);
      await goTo(page, `#from=${from_s}&to=${from_s + span_s}`);
      expect([span_s, await page.evaluate(lowestInk)]).toEqual([span_s, expect.closeTo(1, 1)]);
    }
    // The test reads the canvas back, which Chromium comments.
    expect(troubles.filter((each) => !each.includes("getImageData"))).toEqual([]);
    await page.close();
  });
});

describe("a run that does not compress", () => {
  let state = 1;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const gaps = Uint16Array.from({ length: 1_200_000 }, () => 100 + random() * 8000);

  test("has a page of at most 20 MB, which says what it has less of, with all that a page may have beside its curves", () => {
    const { report, tracks } = longRun(gaps.length, (i) => gaps[i]);
    const events = Array.from({ length: EVENTS_MAX + 10 }, (_, i) => ({
      ...{ tick: i * 9000, time_s: i * 90, wall: "2026-03-02T08:00:00", name: "alarm_raised" },
      alarm: "a_long_name_of_an_alarm",
    }));
    const changes = Array.from({ length: 30_000 }, (_, i) => i * 9000);
    const names = ["sounder.tone", "therapy.mode"].map((name) => ({
      ...{ name, unit: "", ticks: changes },
      values: changes.map((_, i) => 1 + (i % 2)),
    }));
    const html = htmlOf({ ...report, events: [...report.events, ...events] }, [...tracks, ...names]);
    expect(html.length).toBeLessThanOrEqual(20e6);
    expect(html.length).toBeGreaterThan(15e6);
    expect(html).toMatch(
      /shows of some lines\s+the lowest and highest values of groups of points: .*Reservoir, true level \([\d,]+ of 1,200,000\)/,
    );
  });
});

/** Runs in the page: how far down the plot of the reservoir something is drawn in the colour of the estimate, 1 for the value 0. */
const lowestInk = `(() => {
  const over = document.querySelector("#plot-reservoir .u-over");
  const chart = uPlot.sync("time").plots.find((each) => each.over === over);
  const { left, top, width, height } = chart.bbox;
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--estimate");
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  const { data } = chart.ctx.getImageData(left, top, width, height);
  let lowest = 0;
  for (let i = 0; i < data.length; i += 4) {
    const far = Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b);
    if (far < 40) lowest = Math.floor(i / 4 / width);
  }
  return lowest / (chart.valToPos(0, "y", true) - top);
})()`;
