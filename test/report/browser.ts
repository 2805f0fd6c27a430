// A browser for the tests of the report. It opens the page of a run from a file, as a reader does, and notes everything that the
// page fetches or complains about.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

import { htmlOf } from "../../emulator/report/html";
import type { RunReport, Track } from "../../emulator/run/report";
import { chromiumPath } from "../machine-here";
import { until } from "../until";

/** A wheel turn right after a scroll goes on scrolling. Longer after the last one than the page counts as right after. */
export const SCROLLED_OUT_MS = 500;

export interface Run {
  report: RunReport;
  tracks: Track[];
}

interface Opening extends BrowserContextOptions {
  /** A script that runs before those of the page. */
  before?: string;
  /** Of the address, with its `#`. */
  hash?: string;
}

/** Call `launch` before and `close` after the tests of a group. */
export function browserPages() {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
  let folder = "";
  let browser: Browser | null = null;
  return {
    async launch(): Promise<void> {
      folder = mkdtempSync(join(tmpdir(), "cistern-html-"));
      if (chromiumPath !== undefined) browser = await chromium.launch({ executablePath: chromiumPath, args });
    },
    async close(): Promise<void> {
      await browser?.close();
      rmSync(folder, { recursive: true });
    },
    /** `run`: the page of a run, or the text of any page. */
    async open(run: Run | string, opening: Opening | string = {}): Promise<{ page: Page; troubles: string[] }> {
      const { before = "", hash = "", ...options } = typeof opening === "string" ? { before: opening } : opening;
      const path = join(folder, "report.html");
      writeFileSync(path, typeof run === "string" ? run : htmlOf(run.report, run.tracks));
      const page = await browser!.newPage({ viewport: { width: 1280, height: 900 }, ...options });
      await page.addInitScript(before);
      await page.addInitScript(
        `scrolled_ms = -${SCROLLED_OUT_MS}; addEventListener("scroll", () => setTimeout(() => (scrolled_ms = performance.now())))`,
      );
      const troubles: string[] = [];
      page.on("console", (message) => troubles.push(`${message.type()}: ${message.text()}`));
      page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
      page.on("request", (request) => {
        if (!/^(file|data):/.test(request.url())) troubles.push(`request: ${request.url()}`);
      });
      await page.goto(pathToFileURL(path).href + hash);
      return { page, troubles };
    },
  };
}

/** Returns when the page has drawn what it was asked for: the charts draw in a frame after the event, as does the cursor. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

/** Returns when the page has drawn all points of the range in view. */
export async function settled(page: Page): Promise<void> {
  await drawn(page);
  await until("the points of the range have come", () =>
    page.evaluate<boolean>(`document.getElementById("plots").getAttribute("aria-busy") === "false"`),
  );
  await drawn(page);
}

/** Types an address into the page, and returns when it has drawn all points of the range there. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(
    `new Promise((done) => {
      addEventListener("hashchange", () => done(), { once: true });
      location.hash = ${JSON.stringify(hash)};
    })`,
  );
  await settled(page);
}

/** The ranges of all plots: one if they agree. */
export async function ranges(page: Page): Promise<[number, number][]> {
  await drawn(page);
  const text: string = await page.evaluate(
    `JSON.stringify([...new Set(uPlot.sync("time").plots.map((u) => JSON.stringify([u.scales.x.min, u.scales.x.max])))])`,
  );
  return (JSON.parse(text) as string[]).map((range) => JSON.parse(range) as [number, number]);
}

/** Where the first line of a plot rises in view, and to what. */
export async function rises(page: Page, plot: string): Promise<[number, number][]> {
  const text = await page.evaluate<string>(
    `(() => {
      const over = document.querySelector("#plot-${plot} .u-over");
      const { data, scales } = uPlot.sync("time").plots.find((each) => each.over === over);
      const rows = data[0].map((at_s, i) => [at_s, data[1][i]]);
      return JSON.stringify(rows.filter(([at_s, value], i) =>
        i > 0 && value > rows[i - 1][1] && at_s >= scales.x.min && at_s <= scales.x.max));
    })()`,
  );
  return JSON.parse(text) as [number, number][];
}
