// The report of a run that failed, as a person uses it: what failed first is on the first screen and leads to its moment, lists are
// whole, the view is in the address, and a narrow page can be read.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { htmlOf } from "../../emulator/report/html";
import { pageModelOf } from "../../emulator/report/model";
import { judgementOf, type Finding } from "../../emulator/run/verdict";
import { TICKS_PER_HOUR as HOUR } from "../../hal/units";
import { chromiumPath } from "../machine-here";
import { dayFixture } from "../trace/fixture";
import { until } from "../until";
import { browserPages, drawn, ranges, type Run } from "./browser";

const DAY_S = 86400;
const FIRST_S = 33600.01;

const denied: Finding = { at_tick: 3360001, kind: "expectation", text: "expected never a denial", weight: "fail" };
const late: Finding = { at_tick: 15 * HOUR, kind: "invariant", text: "LIM-1 broke", weight: "fail" };
const never: Finding = { at_tick: null, kind: "fault", text: "the fault reset never acted", weight: "invalid" };

/** The day of the fixture with these findings. */
function dayWith(findings: readonly Finding[], changes: Partial<Run["report"]> = {}): Run {
  const { report, tracks } = dayFixture();
  return { report: { ...report, ...judgementOf(findings), ...changes }, tracks };
}

/** So many expectations, of which every third failed at its hour. */
function longDay(count: number): Run {
  const expectations = Array.from({ length: count }, (_, i) => ({
    judged: true,
    ok: i % 3 !== 0,
    text: `volume number ${i} within 0.25 uL`,
    seen: `${i} uL`,
  }));
  const findings = expectations.flatMap(({ ok, text, seen }, i): Finding[] =>
    ok
      ? []
      : [{ at_tick: 10000 * (i + 1), kind: "expectation", text: `expected ${text}; seen: ${seen}`, weight: "fail" }],
  );
  return dayWith(findings, { expectations });
}

describe("the HTML of a failed run", () => {
  test("EMU-6: names in the headline what went wrong first in time, with a link to its moment", () => {
    const { report, tracks } = dayWith([late, never, denied]);
    const html = htmlOf(report, tracks);
    const headline = /<div class="why">(.*?)<\/div>/.exec(html)![1];
    expect(headline).toContain('<a class="moment" href="#at=33600.01">9 h 20 min 0.01 s</a>: expected never a denial');
    const items = [...html.matchAll(/<li class="(fail|invalid)">.*?<span class="text">(.*?)<\/span>/g)];
    expect(items.map(([, weight, text]) => [weight, text])).toEqual([
      ["fail", denied.text],
      ["fail", late.text],
      ["invalid", never.text],
    ]);
    expect(pageModelOf(report, tracks).wrong.map(({ at_s, tone }) => [at_s, tone])).toEqual([
      [FIRST_S, "critical"],
      [54000, "critical"],
    ]);
  });

  test("EMU-6: says of an invalid run that it proves nothing, after the reason, and links no moment that there was not", () => {
    const { report, tracks } = dayWith([never]);
    const html = htmlOf(report, tracks);
    expect(html).toContain(`<div class="why"><p>${never.text}</p><p>the run proves nothing</p></div>`);
    expect(html).not.toContain("What went wrong");
    expect(pageModelOf(report, tracks).wrong).toEqual([]);
  });

  test("lists what had gone wrong before a person interrupted the run, after the word of the interruption", () => {
    const { report, tracks } = dayWith([]);
    const judged = judgementOf([denied], "stopped by SIGINT at 10 h of 24 h");
    const html = htmlOf({ ...report, ...judged }, tracks);
    expect(html).toContain('<div class="why"><p>stopped by SIGINT at 10 h of 24 h</p>');
    expect(html).toContain('<span class="text">expected never a denial</span>');
  });

  test("EMU-8: has the harms before everything else that went wrong, each with a link to the whole of its time", () => {
    const harm = {
      name: "underdose",
      first_s: 30000,
      until_s: 60000,
      reported_s: null,
      by: null,
      expected: false,
      judged: true,
    };
    const { report, tracks } = dayWith([denied, late], { harms: [harm] });
    const html = htmlOf(report, tracks);
    const places = ["<h2>Harms", "What went wrong", 'id="plots"'].map((part) => html.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(html).toContain('href="#from=27000&amp;to=63000&amp;at=30000">8 h 20 min to 16 h 40 min</a>');
    const [lane] = pageModelOf(report, tracks).lanes;
    expect([lane.id, lane.rows[0][0].detail]).toEqual([
      "harms",
      "harm underdose: 8 h 20 min to 16 h 40 min, no alarm named it in its time",
    ]);
  });

  test("has the failed rows of a table first, each with a link to its moment, and every row in the file", () => {
    const { report, tracks } = longDay(60);
    const html = htmlOf(report, tracks);
    const seen = [...html.matchAll(/data-label="Seen">(\d+) uL/g)].map(([, number]) => Number(number));
    expect(seen).toHaveLength(60);
    expect(seen.slice(0, 3)).toEqual([0, 3, 6]);
    expect(seen.slice(20, 23)).toEqual([1, 2, 4]);
    expect(html).toContain('data-label="Failed at"><a class="moment" href="#at=400">6 min 40 s</a>');
  });

  test("has tables of the alarms, the calls outside of the contract and the two gears", () => {
    const outside = { kind: "slot", count: 3, call: "nvm.write", first_s: 5, allowed: false };
    const row = { machine: "aa", controller: "bb", ended_tick: 5, ticks_executed: 4, ticks_leapt: 1 };
    const runs = [
      { ...row, gear: "leap" },
      { ...row, gear: "lockstep", machine: "cc" },
    ] as const;
    const { report, tracks } = dayWith([], {
      outside_calls: [outside],
      twice: { equal: false, differ_at_s: 1, runs: [...runs] },
    });
    const html = htmlOf(report, tracks);
    expect(html).toMatch(/motor_stall<\/span><\/td><td role="cell" data-label="Priority">critical/);
    expect(html).toContain('nvm.write at <a class="moment" href="#at=5">5 s</a>');
    expect(html).toContain('data-label="Machine">cc');
    const clean = htmlOf(dayFixture().report, tracks);
    expect([clean.includes("Two gears"), clean.includes("outside of the contract")]).toEqual([false, false]);
  });
});

describe("a failed run in a browser", () => {
  const pages = browserPages();
  beforeAll(pages.launch);
  afterAll(pages.close);
  beforeEach(({ skip }) => skip(chromiumPath === undefined, "no Chromium on this machine"));

  const hash = (page: Page): Promise<string> => page.evaluate<string>("location.hash");
  /** The view has come to rest, which makes a step of the history. */
  const rested = (page: Page, part: string): Promise<void> =>
    until(`the address has ${part}`, async () => (await hash(page)).includes(part));
  /** All that an address is to give back. */
  const shown = async (page: Page) => ({
    ranges: await ranges(page),
    now: await page.locator("#now").textContent(),
    cursors: await page
      .locator(".u-cursor-x")
      .evaluateAll((all) => [...new Set(all.map((line) => line.style.transform))]),
    found: await page.locator("#event-count").textContent(),
    rows: await page.locator("tr:visible, li:visible").count(),
  });

  test.each([1280, 390])(
    "has what failed first on the first screen at %d px, and a click marks and zooms every plot to it",
    async (width) => {
      const { page, troubles } = await pages.open(dayWith([late, denied]), { viewport: { width, height: 800 } });
      const link = page.locator("a.moment").first();
      const box = (await link.boundingBox())!;
      expect(box.y + box.height).toBeLessThan(800);
      await link.click();
      expect(await ranges(page)).toEqual([[FIRST_S - 1800, FIRST_S + 1800]]);
      expect(await hash(page)).toBe("#from=31800.01&to=35400.01&at=33600.01");
      expect(await page.locator("#now").textContent()).toMatch(/^t = 9 h 20 min .* 2026-03-02 17:20:00$/);
      const { cursors } = await shown(page);
      expect(cursors).toHaveLength(1);
      expect(await page.locator("#plots").evaluate((plots) => plots.getBoundingClientRect().top < 10)).toBe(true);
      expect(await page.evaluate("document.activeElement.id")).toBe("plots");
      expect(await page.locator("#events .marked").count()).toBe(0);
      expect(troubles).toEqual([]);
      await page.close();
    },
  );

  test("keeps the mark while the pointer reads other values, and returns the cursor to it", async () => {
    const { page } = await pages.open(dayWith([denied, late]));
    expect(await page.locator(".mark-line:visible").count()).toBe(0);
    await page.locator(".findings a.moment").nth(1).click();
    await drawn(page);
    const charts = await page.locator(".u-over").count();
    expect(await page.locator(".mark-line:visible").count()).toBe(charts);
    const marked = await page.locator("#now").textContent();
    const over = page.locator("#plot-volume .u-over");
    await over.hover({ position: { x: 20, y: 20 } });
    await drawn(page);
    expect(await page.locator("#now").textContent()).not.toBe(marked);
    await page.mouse.move(2, 2);
    await drawn(page);
    expect(await page.locator("#now").textContent()).toBe(marked);
    await over.click({ position: { x: 300, y: 20 } });
    await page.mouse.move(2, 2);
    await drawn(page);
    expect(await page.locator("#now").textContent()).not.toBe(marked);
    await page.close();
  });

  test("shows an address that is typed in the moment in which the view before comes to rest", async () => {
    const { page } = await pages.open(dayWith([denied, late]));
    await page.evaluate(
      `new Promise((done) => {
        addEventListener("hashchange", () => done(), { once: true });
        location.hash = "#from=3600&to=7200";
        history.pushState(null, "", location.href.replace(/#.*/, "#from=0&to=60"));
      })`,
    );
    expect(await ranges(page)).toEqual([[3600, 7200]]);
    await rested(page, "from=3600&to=7200");
    await page.close();
  });

  test("goes through what went wrong by the keys n and p, and moves the mark by the arrows", async () => {
    const { page } = await pages.open(dayWith([denied, late]));
    await page.locator("#plots").focus();
    const at = async (): Promise<string | null> => new URLSearchParams((await hash(page)).slice(1)).get("at");
    for (const [key, at_s] of [
      ["n", "33600.01"],
      ["n", "54000"],
      ["n", "54000"],
      ["p", "33600.01"],
    ]) {
      await page.keyboard.press(key);
      expect([key, await at()]).toEqual([key, at_s]);
    }
    await drawn(page);
    await page.keyboard.press("ArrowRight");
    await rested(page, "at=33636.01");
    await page.close();
  });

  test("cuts a long list to its first rows with a button for all, has no list that scrolls in a box, and prints all", async () => {
    const { page } = await pages.open(longDay(90));
    const boxed = (): Promise<number> =>
      page.evaluate<number>(
        `[...document.querySelectorAll("main *")].filter((each) =>
           /auto|scroll/.test(getComputedStyle(each).overflowY) && each.scrollHeight > each.clientHeight).length`,
      );
    const items = page.locator(".findings li:visible");
    const rows = page.locator('[data-list="expectations"] tr:visible');
    expect([await items.count(), await rows.count(), await boxed()]).toEqual([5, 20, 0]);
    const button = page.getByRole("button", { name: "Show all 30" });
    expect(await button.getAttribute("aria-expanded")).toBe("false");
    await button.focus();
    await page.keyboard.press("Enter");
    expect(await items.count()).toBe(30);
    expect(await hash(page)).toBe("#open=findings");
    await page.getByRole("button", { name: "Show all 90" }).click();
    expect([await rows.count(), await hash(page), await boxed()]).toEqual([90, "#open=expectations.findings", 0]);
    await page.getByRole("button", { name: "Show the first 5" }).click();
    expect([await items.count(), await hash(page)]).toEqual([5, "#open=expectations"]);
    await page.emulateMedia({ media: "print" });
    expect(await items.count()).toBe(30);
    await page.close();
  });

  test("shows the same from a copied address: range, mark, open lists and the choice of events", async () => {
    const run = longDay(90);
    const { page } = await pages.open(run);
    await page.locator(".findings a.moment").nth(2).click();
    await page.getByRole("button", { name: "Show all 30" }).click();
    await page.locator("#filter").fill("bolus");
    await page.getByRole("button", { name: "Zoom out" }).click();
    await rested(page, "find=bolus");
    await rested(page, "to=7200");
    const address = await hash(page);
    const before = await shown(page);
    const { page: copy, troubles } = await pages.open(run, { hash: address });
    expect(await shown(copy)).toEqual(before);
    expect(await hash(copy)).toBe(address);
    expect(troubles).toEqual([]);
    await copy.close();
    await page.close();
  });

  test("goes back and forth through the views by the buttons of the browser", async () => {
    const { page } = await pages.open(dayWith([denied, late]));
    const [first, second] = [page.locator(".findings a.moment").nth(0), page.locator(".findings a.moment").nth(1)];
    await first.click();
    await second.click();
    const at = async (): Promise<[string, number]> => [await hash(page), Math.round((await ranges(page))[0][0])];
    const last = await at();
    await page.goBack();
    expect(await at()).toEqual(["#from=31800.01&to=35400.01&at=33600.01", 31800]);
    await page.goBack();
    expect(await at()).toEqual(["", 0]);
    expect(await page.locator("#now").textContent()).toBe("");
    await page.goForward();
    await page.goForward();
    expect(await at()).toEqual(last);
    await page.close();
  });

  test("makes one step of the history of a gesture that goes on", async () => {
    const { page } = await pages.open(dayWith([denied, late]));
    const length = (): Promise<number> => page.evaluate<number>("history.length");
    const before = await length();
    await page.locator("#plots").focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press("+");
    await rested(page, "from=");
    await drawn(page);
    expect((await length()) - before).toBe(1);
    await page.close();
  });

  test("shows the whole run for an address that says nothing", async () => {
    const { page, troubles } = await pages.open(dayWith([denied, late]), { hash: "#from=9&to=1&at=x&open=nothing" });
    expect(await ranges(page)).toEqual([[0, DAY_S]]);
    expect(await hash(page)).toBe("");
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("has in the table the events in view alone if asked, and marks those at the marked moment", async () => {
    const { page } = await pages.open(dayWith([denied, late]));
    await page.locator("#only-view").check();
    expect(await page.locator("#event-count").textContent()).toBe("14");
    await page.locator("#events tbody a").nth(3).click();
    expect(await page.locator("#event-count").textContent()).toBe("3 of 14");
    expect(await page.locator("#events .marked td").nth(2).textContent()).toBe("bolus_started");
    await page.close();
  });

  test("leaves the background of a plot as it is under an alarm that lasts all day, in light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const pixels: string[] = [];
      for (const cleared_s of [null, 1]) {
        const alarms = [{ name: "low_reservoir", priority: "critical" as const, raised_s: 0, cleared_s }];
        const run = dayWith([denied, late], { alarms, faults: [] });
        const { page } = await pages.open(run, { colorScheme });
        await drawn(page);
        pixels.push(
          await page.evaluate<string>(
            `(() => { const c = document.querySelector("#plot-volume canvas");
               return c.getContext("2d").getImageData(c.width * 0.4, c.height * 0.2, 1, 1).data.join(); })()`,
          ),
        );
        await page.close();
      }
      expect(pixels[0]).toBe(pixels[1]);
    }
  });

  test("has readable events at 390 px: each name on one line, and nothing cut or wider than the page", async () => {
    const { page } = await pages.open(dayWith([denied, late]), { viewport: { width: 390, height: 800 } });
    const cells = await page.locator("#events tbody td").evaluateAll((all) =>
      all.map((cell) => {
        const box = cell.getBoundingClientRect();
        return { right: box.right, height: box.height, isCut: cell.scrollWidth > cell.clientWidth + 1 };
      }),
    );
    expect(cells.some(({ isCut, right }) => isCut || right > 390)).toBe(false);
    const names = cells.filter((_, i) => i % 5 === 2);
    expect(Math.max(...names.map(({ height }) => height))).toBeLessThan(24);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await page.close();
  });

  test("has text of a contrast of 4.5 at least, in light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await pages.open(dayWith([denied, late, never]), { colorScheme });
      expect([colorScheme, await page.evaluate(weakTexts)]).toEqual([colorScheme, []]);
      await page.close();
    }
  });
});

/** Runs in the page: the texts whose colour is too near to their background, by the formula of WCAG. */
const weakTexts = `(() => {
  const parse = (text) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const backgroundOf = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.push(parse(getComputedStyle(each).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const weak = new Set();
  for (const element of document.querySelectorAll("main *, footer")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!own || element.closest("button:disabled, [hidden], noscript, script")) continue;
    const background = backgroundOf(element);
    const [a, b] = [light(over(parse(getComputedStyle(element).color), background)), light(background)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.add(element.className + " " + element.textContent.slice(0, 30) + " " + ratio.toFixed(2));
  }
  return [...weak];
})()`;
