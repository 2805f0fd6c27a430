// A service life of 2,500 days and 5 million pulses with all of its files: the memory that they take, and the page, which opens with
// all of it and leads to one pulse. It takes a minute of a core; `long-report.test.ts` has a year that was made up.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serviceLife } from "../../bench/scenarios";
import type { RunReport } from "../../emulator/run/report";
import { chromiumPath } from "../machine-here";
import { cisternPath } from "../program";
import { browserPages, goTo, ranges, rises, settled } from "./browser";

const DAYS = 2500;
/** 180 to 201 MB were seen, as V8 collects sooner or later. Without the pyramid of the page it is some gigabytes. */
const MEMORY_MB_MAX = 240;
const PAGE_BYTES_MAX = 20e6;
const PULSE_UL = 0.25;
/** 2,000 pulses a day. */
const GAP_S = 43.2;

const folder = mkdtempSync(join(tmpdir(), "cistern-life-"));
const [scenario, html, memory] = ["life.yaml", "life.html", "memory"].map((name) => join(folder, name));
let report: RunReport;

beforeAll(() => {
  writeFileSync(scenario, serviceLife(DAYS));
  // The traces have 2.4 GB, which nobody reads.
  const traces = ["life.csv", "life.vcd"].map((name) => join(folder, name));
  for (const trace of traces) symlinkSync("/dev/null", trace);
  // Linux counts in maxRSS the memory of the process that started this one, and in VmHWM its own alone.
  const tells =
    `import{readFileSync,writeFileSync}from"node:fs";` +
    `process.on("exit",()=>writeFileSync(${JSON.stringify(memory)},/VmHWM:\\s+(\\d+) kB/.exec(readFileSync("/proc/self/status","utf8"))[1]))`;
  const out = execFileSync(
    process.execPath,
    [
      ...(process.platform === "linux" ? [`--import=data:text/javascript,${encodeURIComponent(tells)}`] : []),
      ...[cisternPath, "run", scenario, "--json", "--report", html],
      ...traces.flatMap((trace) => ["--trace", trace]),
    ],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  report = JSON.parse(out) as RunReport;
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a run of seven years with its report and both traces takes some 200 MB of memory", ({ skip }) => {
  skip(process.platform !== "linux", "only Linux tells the memory of a process alone");
  expect(report.delivered.pulses).toBeGreaterThan(4_990_000);
  const memory_mb = Number(readFileSync(memory, "utf8")) / 1024;
  expect(memory_mb).toBeGreaterThan(50);
  expect(memory_mb).toBeLessThan(MEMORY_MB_MAX);
});

describe("the page of seven years in a browser", () => {
  const pages = browserPages();
  beforeAll(pages.launch);
  afterAll(pages.close);

  test("opens with all of the run and leads to one of 5 million pulses", async ({ skip }) => {
    skip(chromiumPath === undefined, "no Chromium on this machine");
    const text = readFileSync(html, "utf8");
    expect(text.length).toBeLessThan(PAGE_BYTES_MAX);
    const { page, troubles } = await pages.open(text);
    await settled(page);
    expect(await ranges(page)).toEqual([[0, report.ended.time_s]]);
    await page.locator("#plots").focus();
    for (let i = 0; i < 22; i++) await page.keyboard.press("+");
    await settled(page);
    const [[from_s, to_s]] = await ranges(page);
    const pulses = await rises(page, "volume");
    const count = pulses.length;
    expect(Math.abs(count - (to_s - from_s) / GAP_S)).toBeLessThan(1);
    expect(count).toBeGreaterThan(0);
    const [at_s, volume_ul] = pulses[0];
    expect(volume_ul / PULSE_UL).toBe(Math.round(volume_ul / PULSE_UL));
    expect(pulses).toEqual(pulses.map((_, i) => [expect.closeTo(at_s + i * GAP_S, 0), volume_ul + i * PULSE_UL]));
    await goTo(page, `#from=${at_s - 1}&to=${at_s + 1}&at=${at_s}`);
    expect(await rises(page, "volume")).toEqual([pulses[0]]);
    const legend = await page.locator("#plot-volume .u-value").allTextContents();
    expect(legend[1]).toBe(volume_ul.toLocaleString("en", { minimumFractionDigits: 2 }));
    expect(troubles).toEqual([]);
  });
});
