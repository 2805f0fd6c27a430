// The HTML report: what stands in the file, that nothing in it can break out, and how it behaves in a real browser
// without a network: no request, no error, one time axis for all plots.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { FAULTS } from "../../emulator/faults";
import { INVARIANTS } from "../../emulator/run/invariants";
import type { RunReport, Track } from "../../emulator/run/report";
import { htmlOf } from "../../emulator/report/html";
import { EVENTS_MAX } from "../../emulator/report/events";
import { pageModelOf } from "../../emulator/report/model";
import type { Plot } from "../../emulator/report/page-model";
import { TONES_MAX, tonesOf } from "../../emulator/report/tones";
import { chromiumPath } from "../machine-here";
import { until } from "../until";
import { dayFixture } from "../trace/fixture";
import { browserPages, drawn, ranges, SCROLLED_OUT_MS } from "./browser";
import { tableIn } from "./shown";
import { TICKS_PER_HOUR as HOUR } from "../../hal/units";

const DAY_S = 86400;

test("the warnings of the scenario stand among the facts of the run, each with its place (EMU-10)", () => {
  const { report, tracks } = dayFixture();
  expect(htmlOf(report, tracks)).not.toContain("<dt>Warning</dt>");
  const warnings = [{ text: "it <always> holds", line: 4, column: 10 }];
  expect(htmlOf({ ...report, warnings }, tracks)).toContain("<dt>Warning</dt><dd>4:10: it &lt;always&gt; holds</dd>");
});

test("EMU-8: the harms of a run stand before the plots, and one that no alarm named is marked as failed", () => {
  const { report, tracks } = dayFixture();
  expect(htmlOf(report, tracks)).not.toContain("<h2>Harms");
  const silent = {
    name: "underdose",
    first_s: 7200,
    until_s: null,
    reported_s: null,
    by: null,
    expected: false,
    judged: true,
  };
  const named = { ...silent, name: "dry", until_s: 9000, reported_s: 3600, by: "empty_reservoir" };
  const page = htmlOf({ ...report, harms: [silent, named] }, tracks);
  expect(page.indexOf("<h2>Harms")).toBeGreaterThan(0);
  expect(page.indexOf("<h2>Harms")).toBeLessThan(page.indexOf('id="plots"'));
  expect(page).toContain("1 of 2 in silence");
  expect(page).toContain("no alarm named it in its time");
  expect(page).toContain("named by empty_reservoir of 1 h");
  const expected = { ...report, harms: [{ ...silent, expected: true }], verdict: "pass" as const, reason: null };
  expect(htmlOf(expected, tracks)).not.toContain("in silence");
  expect(htmlOf(expected, tracks)).toContain("all expectations and invariants held; 1 harm, named or expected</p>");
});

describe("the model of the page", () => {
  test("has all plots of a day on one axis, and no notes", async () => {
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
      const { ticks, columns } = await tableIn(model, plot);
      expect(columns).toHaveLength(plot.lines.length);
      for (const column of columns) expect(column).toHaveLength(ticks.length);
      expect([ticks[0], ticks.at(-1)]).toEqual([0, DAY_S * 100]);
    }
    expect(model.notes).toEqual([]);
    expect(new Date(model.startWall_ms!).toISOString()).toBe("2026-03-02T08:00:00.000Z");
  });

  test("has a plot for each of the four dose windows that a program limits, with its length in the title", () => {
    const { report, tracks } = dayFixture();
    const track = (name: string, unit: string, values: number[]): Track => ({ name, unit, ticks: [0, HOUR], values });
    const windows = [0, 1, 2, 3].flatMap((index) => [
      track(`limiter.window${index}_nl`, "nl", [0, 250 * (index + 1)]),
      track(`limiter.limit${index}_nl`, "nl", [0, index === 3 ? 0 : 5000]),
      track(`limiter.length${index}_min`, "min", index === 2 ? [240, 10080] : [0, [60, 1440, 0, 0][index]]),
    ]);
    const { plots } = pageModelOf(report, [...tracks.filter(({ name }) => !name.startsWith("limiter.")), ...windows]);
    expect(plots.slice(4).map(({ id, title, lines }) => [id, title, lines.length])).toEqual([
      ["window0", "Dose window 1: 1 h", 2],
      ["window1", "Dose window 2: 24 h", 2],
      ["window2", "Dose window 3: 4 h, then 7 d", 2],
      ["window3", "Dose window 4", 1],
    ]);
  });

  test("ends the delivered and the programmed curve at the volumes of the report", async () => {
    const { report, tracks } = dayFixture();
    const model = pageModelOf(report, tracks);
    const [volume, difference, rate] = model.plots;
    const last = async (plot: Plot): Promise<(number | null)[]> =>
      (await tableIn(model, plot)).columns.map((column) => column.at(-1)!);
    const [delivered, programmed] = await last(volume);
    expect(delivered).toBe(report.delivered.volume_nl / 1000);
    expect(programmed).toBeCloseTo(110, 2);
    expect((await last(difference))[0]).toBeCloseTo(report.delivered.volume_nl / 1000 - 110, 2);
    expect(rate.axis).toBe("root");
  });

  test("notes which signals or program are missing, and throws nothing", () => {
    const { report } = dayFixture();
    const model = pageModelOf({ ...report, events: [] }, []);
    expect(model.plots).toEqual([]);
    expect(model.notes).toEqual([
      "Neither head.delivered_nl nor motor.pulses was recorded: no delivered volume.",
      "No program was accepted during the run: nothing to compare delivery with.",
    ]);
    expect(pageModelOf({ ...report, ended: { ...report.ended, tick: 0, time_s: 0 } }, []).plots).toEqual([]);
  });

  test("has a bar for each mode of therapy and each session, a session that nobody closed to the end", () => {
    const { report, tracks } = dayFixture();
    const lane = (id: string, of = report): unknown[] =>
      pageModelOf(of, tracks)
        .lanes.filter((each) => each.id === id)
        .flatMap(({ rows }) => rows.flat().map(({ from_s, to_s, label, tone }) => [from_s, to_s, label, tone]));
    expect(lane("modes")).toEqual([
      [0, 1, "not_programmed", "warning"],
      [1, DAY_S, "continuous", "delivered"],
    ]);
    expect(lane("sessions")).toEqual([[72000, 72090, "clinician", "quiet"]]);
    const events = report.events.filter(({ name }) => name !== "session_closed");
    expect(lane("sessions", { ...report, events })).toEqual([[72000, DAY_S, "clinician", "quiet"]]);
    expect([lane("sessions", { ...report, events: [] }), pageModelOf(report, []).lanes.map(({ id }) => id)]).toEqual([
      [],
      ["alarms", "faults", "boluses", "sessions", "findings", "events"],
    ]);
  });

  test("ends the bar of a fault where the report says, or else at the end of the run", () => {
    const { report, tracks } = dayFixture();
    const ends = [undefined, null, 45000].map((until_s) => {
      const faults = report.faults.map(({ until_s: _fixture, ...fault }) =>
        until_s === undefined ? (fault as (typeof report.faults)[number]) : { ...fault, until_s },
      );
      return pageModelOf({ ...report, faults }, tracks).lanes[1].rows[0][0].to_s;
    });
    expect(ends).toEqual([null, DAY_S, 45000]);
  });

  test.each(FAULTS.map(({ name, duration }) => [name, duration] as const))(
    "draws %s, which is %s, as a bar or a mark",
    (name, duration) => {
      const { report, tracks } = dayFixture();
      const faults = [{ name, at_s: 43200, until_s: null, acted: 1, first_s: 43202 }];
      const [bar] = pageModelOf({ ...report, faults }, tracks).lanes[1].rows[0];
      expect([bar.from_s, bar.to_s]).toEqual([43200, duration === "momentary" ? 43200 : DAY_S]);
      expect(bar.detail).toContain(`fault ${name}: ${duration === "momentary" ? "at" : "from"} 12 h, acted once`);
    },
  );

  test("has every point of a long run in a small file, and of too many events the first and the last", () => {
    const { report, tracks } = longRun(500000);
    const model = pageModelOf(report, tracks);
    const level = model.plots.find(({ id }) => id === "reservoir")!.lines[0];
    expect(model.curves[level.curve].rungs.map(({ from }) => from.length)).toEqual([1, Math.ceil(500000 / 16384)]);
    expect(model.notes[0]).toMatch(/^The page has the first and the last 10,000 of 20,010 events/);
    expect(model.notes.some((note) => note.includes("more points than a page"))).toBe(false);
    expect(model.events).toHaveLength(EVENTS_MAX);
    expect([model.events[0].tick, model.events[EVENTS_MAX - 1].tick]).toEqual([0, EVENTS_MAX + 9]);
    const html = htmlOf(report, tracks);
    expect(html.length).toBeLessThan(8e6);
    for (const note of model.notes) expect(html).toContain(note);
  });
});

describe("the tones of a day", () => {
  /** The tones of a day whose sounder changed at these ticks to these values. */
  function toneDay(rows: [number, number][], alarms: RunReport["alarms"] = []) {
    const ticks = rows.map(([tick]) => tick);
    const track: Track = { name: "sounder.tone", unit: "", ticks, values: rows.map(([, value]) => value) };
    return tonesOf({ ...dayFixture().report, alarms }, [track], [])!;
  }

  test.each<[string, [number, number][], string, [number, string][]]>([
    ["are none in silence", [[0, 0]], "no tone sounded", []],
    [
      "are counted by their pattern",
      [
        [0, 0],
        [HOUR, 2],
        [HOUR + 300, 0],
        [2 * HOUR, 1],
        [2 * HOUR + 100, 0],
      ],
      "1 two-tone (critical), 1 single (non-critical)",
      [
        [3600, "dual"],
        [7200, "single"],
      ],
    ],
    [
      "are two when one follows the other without a pause",
      [
        [0, 1],
        [50, 2],
        [350, 0],
      ],
      "1 two-tone (critical), 1 single (non-critical)",
      [
        [0, "single"],
        [0.5, "dual"],
      ],
    ],
    [
      "do not include a code that is no tone",
      [
        [0, 0],
        [HOUR, 3],
      ],
      "no tone sounded",
      [],
    ],
  ])("%s", (_, rows, words, starts) => {
    const tones = toneDay(rows);
    expect(tones.words).toBe(words);
    expect(tones.marks.map(({ at_s, pattern }) => [at_s, pattern])).toEqual(starts);
  });

  test("say each its time, its pattern, its length and the alarms that were active", () => {
    const alarms: RunReport["alarms"] = [
      { name: "motor_stall", priority: "critical", raised_s: 7200, cleared_s: 10800 },
      { name: "low_reservoir", priority: "non_critical", raised_s: 3600, cleared_s: null },
    ];
    const starts: [number, number][] = [0, 1, 2, 3, 24].map((hour) => [hour * HOUR, hour === 2 ? 2 : 1]);
    const rows = starts.flatMap<[number, number]>(([tick, tone]) => [
      [tick, tone],
      [tick + 100 * tone, 0],
    ]);
    expect(toneDay(rows.slice(0, -1), alarms).marks.map(({ detail }) => detail)).toEqual([
      "single tone (non-critical) at 0 s for 1 s; no alarm was active",
      "single tone (non-critical) at 1 h for 1 s; active: low_reservoir (non-critical)",
      "two-tone (critical) at 2 h for 2 s; active: low_reservoir (non-critical), motor_stall (critical)",
      "single tone (non-critical) at 3 h for 1 s; active: low_reservoir (non-critical)",
      "single tone (non-critical) at 24 h until the run ended; active: low_reservoir (non-critical)",
    ]);
  });

  test("are thinned when there are thousands, with marks that say for how many they stand and counts of all", () => {
    const { report } = dayFixture();
    const days = 400;
    const rows = Array.from({ length: days * 144 }, (_, i): [number, number] => [i * 60000, i % 6 === 5 ? 1 : 2]);
    const both = rows.flatMap<[number, number]>(([tick, tone]) => [
      [tick, tone],
      [tick + 100, 0],
    ]);
    const ended = { ...report.ended, tick: days * 24 * HOUR, time_s: days * DAY_S };
    const track = { name: "sounder.tone", unit: "", ticks: both.map(([t]) => t), values: both.map(([, v]) => v) };
    const { tones, notes } = pageModelOf({ ...report, ended, alarms: [] }, [track]);
    expect(tones!.words).toBe("48,000 two-tone (critical), 9,600 single (non-critical)");
    expect(tones!.marks.length).toBeLessThanOrEqual(TONES_MAX);
    expect(tones!.marks.length).toBeGreaterThan(TONES_MAX / 2);
    const counted = (pattern: string): number =>
      tones!.marks.filter((mark) => mark.pattern === pattern).reduce((sum, mark) => sum + mark.count, 0);
    expect([counted("dual"), counted("single")]).toEqual([48000, 9600]);
    expect(tones!.marks[0].detail).toContain("the first of 10;");
    expect(notes.some((note) => /^Tones are drawn as [\d,]+ of 57,600 marks/.test(note))).toBe(true);
  });

  test("are unknown without a track of the sounder", () => {
    const { report, tracks } = dayFixture();
    const silent = tracks.filter(({ name }) => name !== "sounder.tone");
    expect(pageModelOf(report, silent).tones).toBeNull();
    expect(htmlOf(report, silent)).not.toContain("; tones: ");
    expect(htmlOf(report, tracks)).toContain("; tones: 2 two-tone (critical)");
  });
});

describe("the HTML of the report", () => {
  test("has the plots directly below the verdict, and the tables after them", () => {
    const { report, tracks } = dayFixture();
    const html = htmlOf(report, tracks);
    const places = ['class="verdict', 'id="plots"', 'class="tiles"', 'class="tables"', 'id="events"'].map((part) =>
      html.indexOf(part),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(html).toMatch(/<\/header>\s*<section class="plots"/);
  });

  test("describes each invariant in words", () => {
    const { report } = dayFixture();
    const invariants = [...INVARIANTS.map(({ id }) => id), "X-1"].map((id) => ({
      id,
      judged: true,
      ok: true,
      at_s: null,
    }));
    const html = htmlOf({ ...report, invariants }, []);
    for (const { id, text } of INVARIANTS) expect(html).toContain(`<b>${id}</b> ${text}</td>`);
    expect(html).toContain("<b>X-1</b> </td>");
  });

  test("gives the volume of a step by the steps that showed motion, or else by the commanded pulses, and says which", () => {
    const { report, tracks } = dayFixture();
    const delivered = { ...report.delivered, pulses: 500, volume_nl: 100000 };
    const tile = (of: Track[], by = delivered): string =>
      />Pulses<.*?<p class="detail">(.*?)<\/p>/.exec(htmlOf({ ...report, delivered: by }, of))![1];
    const motion = (steps: number): Track => ({
      name: "motor.motion",
      unit: "",
      ticks: [0, 1],
      values: [7, 7 + steps],
    });
    expect(tile([motion(400)])).toBe("250 nL a step that showed motion (400 steps)");
    expect(tile([])).toBe("200 nL a commanded pulse");
    expect(tile([motion(0)])).toBe("no step showed motion");
    expect(tile([], { ...delivered, pulses: 0 })).toBe("");
    const day = `250 nL a step that showed motion (${report.delivered.volume_nl / 250} steps)`;
    expect(tile(tracks, report.delivered)).toBe(day);
  });

  test("holds verdict, numbers and tables without a script", () => {
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
  ] as const)("shows the verdict %s with its word and its reason", (verdict, word, reason) => {
    const { report } = dayFixture();
    const html = htmlOf({ ...report, verdict, reason }, []);
    expect(html).toContain(`<div class="verdict ${verdict}">`);
    expect(html).toMatch(new RegExp(`</span> ${word}</span>`));
    if (reason !== null) expect(html).toContain(reason);
  });

  test("fetches nothing", () => {
    const { report, tracks } = dayFixture();
    const html = htmlOf(report, tracks);
    expect(html).not.toMatch(/<script[^>]*\ssrc=|<link[^>]*\shref="(?!data:,")|@import|url\((?!data:)/);
    expect(html).toContain("default-src 'none'");
  });

  test("lets no text of the run end an element", () => {
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

describe("the report in a browser", () => {
  const pages = browserPages();
  beforeAll(pages.launch);
  afterAll(pages.close);
  beforeEach(({ skip }) => skip(chromiumPath === undefined, "no Chromium on this machine"));
  const open = pages.open;

  async function place(page: Page, plot: string): Promise<{ at: (share: number) => number; y: number }> {
    const over = page.locator(`#plot-${plot} .u-over`);
    await over.scrollIntoViewIfNeeded();
    await drawn(page);
    await until("the scroll is long past", () =>
      page.evaluate<boolean>(`performance.now() - scrolled_ms > ${SCROLLED_OUT_MS}`),
    );
    const box = (await over.boundingBox())!;
    return { at: (share) => box.x + share * box.width, y: box.y + box.height * 0.8 };
  }

  test("draws every plot, fetches nothing and logs no error", async () => {
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

  test("zooms all plots by a drag on one, and resets all by a double click", async () => {
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

  test("moves all plots together by wheel, shift-drag, buttons and keys", async () => {
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
    await expect.poll(() => page.locator("#now").textContent()).toMatch(/^t = .* · {2}2026-03-0\d/);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("scrolls by the wheel while there is nothing to zoom out of", async () => {
    const { page } = await open(dayFixture());
    const { at, y } = await place(page, "rate");
    const before: number = await page.evaluate("scrollY");
    await page.mouse.move(at(0.5), y);
    await page.mouse.wheel(0, 200);
    await until("the page has scrolled", () => page.evaluate<boolean>(`scrollY > ${before}`));
    expect(await ranges(page)).toEqual([[0, DAY_S]]);
    await page.close();
  });

  test("shows the same moment in every plot at the cursor, with the value in force", async () => {
    const { page } = await open(dayFixture());
    const { at, y } = await place(page, "reservoir");
    await page.mouse.move(at(0.25), y);
    await drawn(page);
    expect(await page.locator("#now").textContent()).toMatch(/^t = (5 h 59 min|6 h)/);
    const values = (plot: string): Promise<string[]> => page.locator(`#plot-${plot} .u-value`).allTextContents();
    expect((await values("volume")).slice(1)).toEqual(["24.75", expect.stringMatching(/^(24\.[789]|25\.0)/)]);
    expect((await values("reservoir")).slice(1)).toEqual(["17.9753", "17.9753"]);
    expect((await values("rate")).slice(1)).toEqual(["100.0", "100.0", "100.0"]);
    await page.close();
  });

  test("moves the cursor of every plot by the keys and by a click on an event", async () => {
    const { page } = await open(dayFixture());
    const lines = (): Promise<string[]> =>
      page.locator(".u-cursor-x").evaluateAll((all) => all.map((line) => line.style.transform));
    const values = (): Promise<string[]> => page.locator("#plot-reservoir .u-value").allTextContents();
    await page.locator("#plots").focus();
    await page.keyboard.press("ArrowRight");
    expect(await lines()).toHaveLength(8);
    expect(new Set(await lines()).size).toBe(1);
    expect((await values()).slice(1)).toEqual(["17.9453", "17.9443"]);
    await page.locator("#events tbody a").last().click();
    await drawn(page);
    expect(new Set(await lines()).size).toBe(1);
    expect((await values()).slice(1)).not.toContain("–");
    await page.close();
  });

  test("fits the value axis to the values in view, also between two points, and keeps 0 where it is the measure", async () => {
    const { page } = await open(dayFixture(), { hash: "#from=43300&to=43400" });
    await drawn(page);
    const axis = (plot: string): Promise<[number, number]> =>
      page.evaluate(
        `(() => { const over = document.querySelector("#plot-${plot} .u-over");
           const { min, max } = uPlot.sync("time").plots.find((u) => u.over === over).scales.y; return [min, max]; })()`,
      );
    const [low, high] = await axis("volume");
    expect([low > 50, high < 60, low < high]).toEqual([true, true, true]);
    expect((await axis("rate"))[0]).toBe(0);
    expect((await axis("window0"))[1]).toBeGreaterThanOrEqual(25);
    await page.close();
  });

  test("filters the table of events by every word, and leads from an event to the plots", async () => {
    const { page } = await open(dayFixture());
    expect(await page.locator("#events tbody tr").count()).toBe(14);
    await page.locator("#filter").fill("bolus_denied LOCKOUT");
    expect(await page.locator("#events tbody tr").count()).toBe(1);
    expect(await page.locator("#event-count").textContent()).toBe("1 of 14");
    await page.locator("#events tbody a").click();
    const [range] = await ranges(page);
    expect(range[0]).toBeLessThan(33600);
    expect(range[1] - range[0]).toBeCloseTo(3600, 3);
    await page.close();
  });

  test("names a bar in the lanes", async () => {
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

  test("has a lane for the tones on the common time axis, each with its words, and a count", async () => {
    const { page, troubles } = await open(toneRun());
    expect(await page.locator("#tone-count").textContent()).toBe(
      "Tones: 3 two-tone (critical), 2 single (non-critical)",
    );
    expect(await page.locator("#tone-note").textContent()).toBe("");
    const over = page.locator("#plot-lanes .u-over");
    await over.scrollIntoViewIfNeeded();
    const box = (await over.boundingBox())!;
    const tip = page.locator("#tip");
    for (const [share, row, text] of [
      [0.25, 0, "two-tone (critical) at 6 h for 3 s; no alarm was active"],
      [0.75, 1, "single tone (non-critical) at 18 h for 1 s; no alarm was active"],
    ] as const) {
      await page.mouse.move(box.x + box.width * share, box.y + 32 + 4 + 8 + 16 * row);
      await tip.waitFor({ state: "visible" });
      expect(await tip.textContent()).toBe(text);
      await page.mouse.move(box.x + box.width * share, box.y + 32 + 4 + 8 + 16 * (1 - row));
      await tip.waitFor({ state: "hidden" });
    }
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("draws tones that would overlap as fewer marks, and says so until they fit", async () => {
    const rows = Array.from({ length: 1440 }, (_, i): [number, number] => [i * 6000, 2]);
    const { page } = await open(toneRun(rows));
    const note = page.locator("#tone-note");
    expect(await note.textContent()).toMatch(/^\d{2,3} marks for the 1,440 tones in view: zoom in for each$/);
    await page.getByRole("button", { name: "1 h", exact: true }).click();
    await drawn(page);
    expect(await note.textContent()).toBe("");
    await page.close();
  });

  test("plays a pattern on a press, and ends it on the next one", async () => {
    const { page, troubles } = await open(toneRun(), recordSound);
    const heard = async (): Promise<Heard[]> => JSON.parse(await page.evaluate("JSON.stringify(heard)")) as Heard[];
    expect(await heard()).toEqual([]);
    const dual = page.getByRole("button", { name: "Play the two-tone pattern" });
    await dual.click();
    expect(await dual.getAttribute("aria-pressed")).toBe("true");
    const [first] = await heard();
    expect(new Set(first.pitches.map(([hz]) => hz)).size).toBe(2);
    for (let i = 1; i < first.pitches.length; i++) expect(first.pitches[i][0]).not.toBe(first.pitches[i - 1][0]);
    expect(audible(first)).toEqual([[0, 3]]);
    await page.getByRole("button", { name: "Play the single pattern" }).click();
    expect(await dual.getAttribute("aria-pressed")).toBe("false");
    const [ended, second] = await heard();
    expect([ended.stopped, second.stopped]).toEqual([true, false]);
    expect([second.pitches.length, audible(second)]).toEqual([1, [[0, 1]]]);
    await page.getByRole("button", { name: "Play the single pattern" }).click();
    expect((await heard()).map(({ stopped }) => stopped)).toEqual([true, true]);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("plays the tones of the run in 20 s, each at its place", async () => {
    const { page } = await open(toneRun(), recordSound);
    await page.getByRole("button", { name: "Play the run in 20 s" }).click();
    const [tune] = JSON.parse(await page.evaluate("JSON.stringify(heard)")) as Heard[];
    expect(audible(tune).map(([from]) => from)).toEqual([5, 7.5, 10, 12.5, 15]);
    await page.close();
  });

  test("plays the real sound of the browser without an error", async () => {
    const { page, troubles } = await open(toneRun());
    for (const button of await page.locator(".play").all()) await button.click();
    await page.locator('.play[aria-pressed="true"]').waitFor();
    await page.locator(".play").last().click();
    expect(await page.locator('.play[aria-pressed="true"]').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("shows a momentary fault as a mark and not as a bar", async () => {
    const { report, tracks } = dayFixture();
    const faults = [{ name: "reset", at_s: 21600, until_s: null, acted: 1, first_s: 21600 }];
    const { page } = await open({ report: { ...report, alarms: [], faults }, tracks: tracks.slice(0, 1) });
    const over = page.locator("#plot-lanes .u-over");
    await over.scrollIntoViewIfNeeded();
    const box = (await over.boundingBox())!;
    const tip = page.locator("#tip");
    await page.mouse.move(box.x + box.width / 4, box.y + 32 + 12);
    await tip.waitFor({ state: "visible" });
    expect(await tip.textContent()).toBe("fault reset: at 6 h, acted once, first at 6 h");
    await page.mouse.move(box.x + box.width / 2, box.y + 32 + 12);
    await tip.waitFor({ state: "hidden" });
    await page.close();
  });

  test("shows hostile text as text, and an empty run as a page", async () => {
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

  test("fits its width when dark, narrow or printed", async () => {
    const { page, troubles } = await open(dayFixture());
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 400, height: 800 });
    await until("the page fits its width", () =>
      page.evaluate<boolean>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"),
    );
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(10000);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

/** The day without alarms, with a tone at each of these. */
function toneRun(starts: [number, number][] = [6, 9, 12, 15, 18].map((hour, i) => [hour * 360000, i < 3 ? 2 : 1])): {
  report: RunReport;
  tracks: Track[];
} {
  const { report, tracks } = dayFixture();
  const rows = starts.flatMap(([tick, tone]) => [
    [tick, tone],
    [tick + (tone === 2 ? 300 : 100), 0],
  ]);
  const sounder = {
    name: "sounder.tone",
    unit: "",
    ticks: rows.map(([tick]) => tick),
    values: rows.map(([, tone]) => tone),
  };
  return {
    report: { ...report, alarms: [] },
    tracks: [...tracks.filter(({ name }) => name !== "sounder.tone"), sounder],
  };
}

/** The pitches and gains that were set on an oscillator, in s since its start. */
interface Heard {
  from: number;
  pitches: [number, number][];
  gains: [number, number][];
  stopped: boolean;
}

/** Stands in for the sound of the browser and writes down what it is told. */
const recordSound = `
  window.heard = [];
  window.AudioContext = class {
    currentTime = 0;
    resume() { return Promise.resolve(); }
    createOscillator() {
      const row = { from: 0, pitches: [], gains: [], stopped: false };
      heard.push(row);
      const set = (value, time) => row.pitches.push([value, time]);
      return {
        frequency: { setValueAtTime: set },
        connect: (gain) => gain,
        disconnect: () => undefined,
        start: (from) => (row.from = from),
        stop: (at) => (row.stopped = at === undefined),
      };
    }
    createGain() {
      const set = (value, time) => heard[heard.length - 1].gains.push([value, time]);
      return { gain: { setValueAtTime: set, linearRampToValueAtTime: set }, connect: () => undefined };
    }
  };
`;

/** From when to when it is not silent, to a hundredth. */
function audible({ from, gains }: Heard): [number, number][] {
  const spans: [number, number][] = [];
  const hundredths = (time: number): number => Math.round((time - from) * 100) / 100;
  for (let i = 0; i + 1 < gains.length; i++) {
    const [silent, loud] = [gains[i], gains[i + 1]];
    if (silent[0] !== 0 || loud[0] === 0) continue;
    const end = gains.find(([value, time]) => value === 0 && time > loud[1])!;
    spans.push([hundredths(silent[1]), hundredths(end[1])]);
  }
  return spans;
}

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
      expectations: [{ judged: true, ok: false, text, seen: text }],
      invariants: [{ id: text, judged: true, ok: false, at_s: 5 }],
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
  const events = Array.from({ length: EVENTS_MAX + 10 }, (_, i) => ({
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
