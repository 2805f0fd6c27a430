// The HTML report: what stands in the file, that nothing in it can break out, and how it behaves in a real browser
// without a network: no request, no error, one time axis for all plots.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { RunReport, Track } from "../../emulator/scenario/report";
import { htmlOf } from "../../emulator/trace/html/html";
import { EVENTS_MOST, pageModelOf, POINTS_MOST } from "../../emulator/trace/html/model";
import { massWords, timeWords, volumeWords } from "../../emulator/trace/html/words";
import { dayFixture } from "./fixture";

const DAY_S = 86400;

describe("words", () => {
  test.each([
    [0, "0 s"],
    [0.25, "0.25 s"],
    [60, "1 min"],
    [33600, "9 h 20 min"],
    [86400, "24 h"],
    [86460.5, "1 d 1 min 0.5 s"],
    [108000, "1 d 6 h"],
  ])("%d s is %s", (time_s, words) => {
    expect(timeWords(time_s)).toBe(words);
  });

  test("volumes and masses take the unit that suits them", () => {
    expect([volumeWords(250), volumeWords(104250), volumeWords(17_500_000)]).toEqual([
      "0.25 µL",
      "104.25 µL",
      "17.5 mL",
    ]);
    expect([massWords(52.5), massWords(1043)]).toEqual(["52.5 µg", "1.043 mg"]);
  });
});

describe("page model", () => {
  test("a day has all plots, aligned, and no notes", () => {
    const { report, tracks } = dayFixture();
    const model = pageModelOf(report, tracks);
    expect(model.plots.map((plot) => plot.id)).toEqual([
      "volume",
      "difference",
      "rate",
      "reservoir",
      "window0",
      "window1",
    ]);
    for (const plot of model.plots) {
      expect(plot.columns).toHaveLength(plot.lines.length);
      for (const column of plot.columns) expect(column).toHaveLength(plot.ticks.length);
      expect([plot.ticks[0], plot.ticks[plot.ticks.length - 1]]).toEqual([0, DAY_S * 100]);
    }
    expect(model.notes).toEqual([]);
    expect(new Date(model.startWall_ms!).toISOString()).toBe("2026-03-02T08:00:00.000Z");
  });

  test("delivered and programmed end where the day says", () => {
    const { report, tracks } = dayFixture();
    const [volume, difference, rate] = pageModelOf(report, tracks).plots;
    const last = (column: (number | null)[]): number | null => column[column.length - 1];
    expect(last(volume.columns[0])).toBe(report.delivered.volume_nl / 1000);
    expect(last(volume.columns[1])).toBeCloseTo(110, 2);
    expect(last(difference.columns[0])).toBeCloseTo(report.delivered.volume_nl / 1000 - 110, 2);
    expect(rate.axis).toBe("root");
  });

  test("without signals or a program it says what is missing, and throws nothing", () => {
    const { report } = dayFixture();
    const model = pageModelOf({ ...report, events: [] }, []);
    expect(model.plots).toEqual([]);
    expect(model.notes).toEqual([
      "Neither head.delivered_nl nor motor.pulses was recorded: no delivered volume.",
      "No program was accepted during the run: nothing to compare delivery with.",
    ]);
    expect(pageModelOf({ ...report, ended: { ...report.ended, tick: 0, time_s: 0 } }, []).plots).toEqual([]);
  });

  test("a fault that says its end is a bar to there", () => {
    const { report, tracks } = dayFixture();
    const ends = [undefined, null, 45000].map((until_s) => {
      const faults = report.faults.map(({ until_s: _fixture, ...fault }) =>
        until_s === undefined ? (fault as (typeof report.faults)[number]) : { ...fault, until_s },
      );
      return pageModelOf({ ...report, faults }, tracks).lanes[1].rows[0][0].to_s;
    });
    expect(ends).toEqual([null, DAY_S, 45000]);
  });

  test("a long run is thinned, stays a small file, and says so", () => {
    const { report, tracks } = longRun(500000);
    const model = pageModelOf(report, tracks);
    for (const plot of model.plots) expect(plot.ticks.length).toBeLessThanOrEqual(3 * POINTS_MOST + 2);
    expect(model.notes.some((note) => /Reservoir, true level \([\d,]+ of 500,000\)/.test(note))).toBe(true);
    expect(model.events).toHaveLength(EVENTS_MOST);
    const html = htmlOf(report, tracks);
    expect(html.length).toBeLessThan(8e6);
    for (const note of model.notes) expect(html).toContain(note);
  });
});

describe("html", () => {
  test("verdict, numbers and tables stand in the file itself", () => {
    const { report, tracks } = dayFixture();
    const html = htmlOf(report, tracks);
    for (const text of [
      "A day with breakthrough pain and a stalled rotor",
      '<div class="verdict fail">',
      "1 of 5 expectations failed",
      "9f2c61d07be4a835",
      "107.5 µL",
      "morphine 1.075 mg",
      "107.5 µL, 2.25 µL below the least",
      "24 h in 0.41 s",
      "2026-03-02 08:00:00 to 2026-03-03 08:00:00",
    ]) {
      expect(html).toContain(text);
    }
  });

  test.each([
    ["pass", "Pass", null],
    ["fail", "Fail", null],
    ["invalid", "Invalid", "the fault motor_stall never acted"],
    ["interrupted", "Interrupted", null],
  ] as const)("verdict %s", (verdict, word, reason) => {
    const { report } = dayFixture();
    const html = htmlOf({ ...report, verdict, reason }, []);
    expect(html).toContain(`<div class="verdict ${verdict}">`);
    expect(html).toMatch(new RegExp(`</span> ${word}</span>`));
    if (reason !== null) expect(html).toContain(reason);
  });

  test("nothing in it is fetched", () => {
    const { report, tracks } = dayFixture();
    const html = htmlOf(report, tracks);
    expect(html).not.toMatch(/<script[^>]*\ssrc=|<link[^>]*\shref="(?!data:,")|@import|url\((?!data:)/);
    expect(html).toContain("default-src 'none'");
  });

  test("no text of the run can end an element", () => {
    const { report, tracks } = hostileRun();
    const clean = dayFixture();
    const html = htmlOf(report, tracks);
    const count = (text: string, part: string): number => text.toLowerCase().split(part).length - 1;
    for (const part of ["<script", "</script", "<style", "</style", "<img", "<!--"]) {
      expect(count(html, part)).toBe(count(htmlOf(clean.report, clean.tracks), part));
    }
    const json = /<script type="application\/json" id="model">([^<]*)<\/script>/.exec(html)![1];
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(pageModelOf(report, tracks))));
  });
});

describe("in a browser", () => {
  const executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  const missing = executable === undefined && !process.env.CI;
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
  let folder = "";
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cistern-html-"));
    if (!missing) browser = await chromium.launch({ executablePath: executable ?? "/usr/bin/chromium", args });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(({ skip }) => skip(missing, "no Chromium on this machine"));

  /** A page with the report open, and everything that it asked for or complained about. */
  async function open(run: { report: RunReport; tracks: Track[] }): Promise<{ page: Page; troubles: string[] }> {
    const path = join(folder, "report.html");
    writeFileSync(path, htmlOf(run.report, run.tracks));
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const troubles: string[] = [];
    page.on("console", (message) => troubles.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) troubles.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(path).href);
    return { page, troubles };
  }

  /** The ranges of all plots: one if they agree. */
  async function ranges(page: Page): Promise<[number, number][]> {
    await page.waitForTimeout(50);
    const text: string = await page.evaluate(
      `JSON.stringify([...new Set(uPlot.sync("time").plots.map((u) => JSON.stringify([u.scales.x.min, u.scales.x.max])))])`,
    );
    return (JSON.parse(text) as string[]).map((range) => JSON.parse(range) as [number, number]);
  }

  async function place(page: Page, plot: string): Promise<{ at: (share: number) => number; y: number }> {
    const over = page.locator(`#plot-${plot} .u-over`);
    await over.scrollIntoViewIfNeeded();
    await page.waitForTimeout(400); // a wheel turn right after a scroll goes on scrolling
    const box = (await over.boundingBox())!;
    return { at: (share) => box.x + share * box.width, y: box.y + box.height * 0.8 };
  }

  test("draws every plot, asks for nothing and complains of nothing", async () => {
    const { page, troubles } = await open(dayFixture());
    expect(await page.locator("figure canvas").count()).toBe(7);
    const blank: number = await page.evaluate(
      `[...document.querySelectorAll("canvas")].filter((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return !data.some((value) => value !== 0);
      }).length`,
    );
    expect(blank).toBe(0);
    expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")).toBe(
      true,
    );
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("a drag on one plot zooms all, a double click resets all", async () => {
    const { page, troubles } = await open(dayFixture());
    expect(await ranges(page)).toEqual([[0, DAY_S]]);
    const { at, y } = await place(page, "rate");
    await page.mouse.move(at(0.25), y);
    await page.mouse.down();
    await page.mouse.move(at(0.5), y, { steps: 4 });
    await page.mouse.up();
    const zoomed = await ranges(page);
    expect(zoomed).toHaveLength(1);
    expect(Math.abs(zoomed[0][0] - DAY_S / 4)).toBeLessThan(120);
    expect(Math.abs(zoomed[0][1] - DAY_S / 2)).toBeLessThan(120);
    await page.mouse.dblclick(at(0.5), y);
    expect(await ranges(page)).toEqual([[0, DAY_S]]);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("wheel, shift-drag, buttons and keys move all plots together", async () => {
    const { page, troubles } = await open(dayFixture());
    const { at, y } = await place(page, "lanes");
    await page.mouse.move(at(0.5), y);
    await page.mouse.wheel(0, -100);
    const [wheeled] = await ranges(page);
    expect(wheeled[1] - wheeled[0]).toBeCloseTo(DAY_S * 0.8, 0);
    await page.keyboard.down("Shift");
    await page.mouse.down();
    await page.mouse.move(at(0.55), y, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    const [panned] = await ranges(page);
    expect(panned[0] - wheeled[0]).toBeCloseTo(-0.05 * (wheeled[1] - wheeled[0]), -2);
    await page.getByRole("button", { name: "1 h", exact: true }).click();
    const hour = await ranges(page);
    expect(hour).toHaveLength(1);
    expect(hour[0][1] - hour[0][0]).toBeCloseTo(3600, 3);
    await page.locator("#plots").focus();
    await page.keyboard.press("-");
    const [wider] = await ranges(page);
    expect(wider[1] - wider[0]).toBeCloseTo(7200, 3);
    await page.keyboard.press("Shift+ArrowRight");
    expect((await ranges(page))[0][0] - wider[0]).toBeCloseTo(1800, 3);
    await page.keyboard.press("0");
    expect(await ranges(page)).toEqual([[0, DAY_S]]);
    await page.keyboard.press("ArrowRight");
    expect(await page.locator("#now").textContent()).toMatch(/^t = .* · {2}2026-03-0\d/);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("the wheel scrolls the page while there is nothing to zoom out of", async () => {
    const { page } = await open(dayFixture());
    const { at, y } = await place(page, "rate");
    const before: number = await page.evaluate("scrollY");
    await page.mouse.move(at(0.5), y);
    await page.mouse.wheel(0, 200);
    await page.waitForTimeout(200);
    expect(await page.evaluate("scrollY")).toBeGreaterThan(before);
    expect(await ranges(page)).toEqual([[0, DAY_S]]);
    await page.close();
  });

  test("the cursor reads the same moment in every plot, with the value in force", async () => {
    const { page } = await open(dayFixture());
    const { at, y } = await place(page, "reservoir");
    await page.mouse.move(at(0.25), y);
    await page.waitForTimeout(100);
    expect(await page.locator("#now").textContent()).toMatch(/^t = (5 h 59 min|6 h)/);
    const values = (plot: string): Promise<string[]> => page.locator(`#plot-${plot} .u-value`).allTextContents();
    expect((await values("volume")).slice(1)).toEqual(["24.75", expect.stringMatching(/^(24\.[789]|25\.0)/)]);
    expect((await values("reservoir")).slice(1)).toEqual(["17.9753", "17.9753"]);
    expect((await values("rate")).slice(1)).toEqual(["100.0", "100.0", "100.0"]);
    await page.close();
  });

  test("the event table filters by every word and leads to the plots", async () => {
    const { page } = await open(dayFixture());
    expect(await page.locator("#events tbody tr").count()).toBe(14);
    await page.locator("#filter").fill("bolus_denied LOCKOUT");
    expect(await page.locator("#events tbody tr").count()).toBe(1);
    expect(await page.locator("#event-count").textContent()).toBe("1 of 14");
    await page.locator("#events tbody button").click();
    const [range] = await ranges(page);
    expect(range[0]).toBeLessThan(33600);
    expect(range[1] - range[0]).toBeCloseTo(3600, 3);
    await page.close();
  });

  test("a bar in the lanes says what it is", async () => {
    const { page } = await open(dayFixture());
    const over = page.locator("#plot-lanes .u-over");
    await over.scrollIntoViewIfNeeded();
    const box = (await over.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.525, box.y + 12);
    const tip = page.locator("#tip");
    await tip.waitFor({ state: "visible" });
    expect(await tip.textContent()).toContain("alarm motor_stall (critical): raised at 12 h 25 min 13 s");
    await page.close();
  });

  test("hostile text stays text, and an empty run is a page too", async () => {
    const hostile = await open(hostileRun());
    expect(await hostile.page.evaluate("window.broken")).toBeUndefined();
    expect(await hostile.page.locator("h1").textContent()).toBe(hostileRun().report.scenario);
    expect(hostile.troubles).toEqual([]);
    await hostile.page.close();
    const { report } = dayFixture();
    const empty = { ...report, ended: { ...report.ended, tick: 0, time_s: 0 }, events: [], alarms: [], faults: [] };
    for (const run of [empty, { ...empty, ended: report.ended }]) {
      const { page, troubles } = await open({ report: run, tracks: [] });
      expect(troubles).toEqual([]);
      await page.close();
    }
  });

  test("a dark page, a narrow page and a printed page fit their width", async () => {
    const { page, troubles } = await open(dayFixture());
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 400, height: 800 });
    await page.waitForTimeout(100);
    expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")).toBe(
      true,
    );
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(10000);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

function hostileRun(): { report: RunReport; tracks: Track[] } {
  const { report, tracks } = dayFixture();
  const text = `</script></style><script>window.broken=1</script><!-- <img src=x onerror="window.broken=1"> & 'x' \u2028`;
  return {
    report: {
      ...report,
      scenario: text,
      controller: text,
      fingerprint: text,
      reason: text,
      delivered: { ...report.delivered, drugs: [{ name: text, ug: 1 }] },
      events: report.events.map((event) => ({ ...event, [text]: text })),
      alarms: report.alarms.map((alarm) => ({ ...alarm, name: text })),
      faults: report.faults.map((fault) => ({ ...fault, name: text })),
      expectations: [{ ok: false, text, seen: text }],
      invariants: [{ id: text, ok: false, at_s: 5 }],
    },
    tracks,
  };
}

/** A run with `changes` changes of each volume and rather too many events. */
function longRun(changes: number): { report: RunReport; tracks: Track[] } {
  const { report } = dayFixture();
  const ticks = Array.from({ length: changes }, (_, i) => i * 200);
  const track = (name: string, value: (i: number) => number): Track => ({
    name,
    unit: "nl",
    ticks,
    values: ticks.map((_, i) => value(i)),
  });
  const tick = changes * 200;
  const events = Array.from({ length: EVENTS_MOST + 10 }, (_, i) => ({
    ...report.events[0],
    tick: i,
    time_s: i / 100,
  }));
  return {
    report: { ...report, events, ended: { ...report.ended, tick, time_s: tick / 100 } },
    tracks: [
      track("head.delivered_nl", (i) => i * 250),
      track("reservoir.level_nl", (i) => 4e7 - (i % 100000) * 250),
      track("limiter.window0_nl", (i) => 5000 + 4000 * Math.sin(i / 7)),
      track("limiter.limit0_nl", (i) => (i > 0 ? 25000 : 0)),
    ],
  };
}
