// `cistern trumpet` as its users see it: a process of its own, exit codes, one JSON value, a picture that is there as a
// whole or not at all.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { TrumpetReport } from "../../emulator/run/trumpet-curve";
import { interrupted } from "./interrupted";
import { cisternHere, cisternPath } from "../program";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const shipped = (name: string) => join(root, "scenarios", `trumpet-${name}-per-day.yaml`);
const common = shipped("500-ul");
const folder = mkdtempSync(join(tmpdir(), "cistern-trumpet-"));
const inFolder = (name: string) => join(folder, name);
const program = [cisternPath, "trumpet"];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const trumpet = (...args: string[]) => cisternHere(root, ["trumpet", ...args]);

/** The common scenario with more at its end. */
function variant(name: string, more: string): string {
  writeFileSync(inFolder(name), `${readFileSync(common, "utf8")}${more}\n`);
  return inFolder(name);
}

test("`cistern trumpet` prints errors, a sketch and the acceptance, and exits with 0", async () => {
  const { code, out, err } = await trumpet(common);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("Trumpet curve at 0.5 mL/day  PASS");
  expect(out).toMatch(/B, the 2 d after +-2\.40 %/);
  expect(out).toMatch(/ 930 min +-2\.51 % +-2\.32 % +0\.08 % +-\s+\|/);
  expect(out).not.toContain("\x1b[");
});

test("`cistern trumpet --json` prints the published value in one line, and nothing else", async () => {
  const { code, out } = await trumpet(common, "--json", "--seed", "9");
  expect([code, out.trim().split("\n").length]).toEqual([0, 1]);
  const report = JSON.parse(out) as TrumpetReport;
  expect(report).toMatchObject({
    schema: "cistern.trumpet/1",
    scenario: "Trumpet curve at 0.5 mL/day",
    seed: 9,
    controller: "reference",
    rate_ulPerDay: 500,
    sample_s: 900,
    stabilise_s: 86_400,
    analysis_s: 172_800,
    b_pct: -2.4,
    verdict: "pass",
    version: expect.any(String) as string,
  });
  expect(report.windows.map((row) => row.window_min)).toEqual([15, 60, 150, 330, 570, 930]);
  expect(Object.keys(report.windows[0])).toEqual(["window_min", "emax_pct", "emin_pct", "pulse_pct"]);
  expect(report.startup).toHaveLength(96);
  expect(Object.keys(report.startup[0])).toEqual(["time_s", "rate_ulPerDay"]);
});

test("EMU-1: `cistern trumpet` gives the same curve in both gears", async () => {
  const fast = ["--sample", "30s", "--stabilise", "30 min", "--json", shipped("24-ml")];
  const [leap, lockstep] = await Promise.all([trumpet(...fast), trumpet(...fast, "--gear", "lockstep")]);
  const { gear, ...figures } = JSON.parse(lockstep.out) as TrumpetReport;
  expect(gear).toBe("lockstep");
  expect(JSON.parse(leap.out)).toEqual({ ...figures, gear: "leap" });
});

test("`cistern trumpet --report` writes one whole file beside the JSON", async () => {
  const file = inFolder("curve.html");
  const { code, out } = await trumpet(shipped("48-ul"), "--report", file, "--json");
  expect(code).toBe(0);
  expect((JSON.parse(out) as TrumpetReport).verdict).toBe("pass");
  const html = readFileSync(file, "utf8");
  expect(html).toContain("Trumpet curve at 48 uL/day");
  expect(html.trimEnd().endsWith("</html>")).toBe(true);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("`cistern trumpet` names windows that do not fit", async () => {
  const { code, out } = await trumpet(common, "--stabilise", "60 h");
  expect(code).toBe(0);
  expect(out).toContain("left out, longer than the analysis: 930 min");
});

test("`cistern trumpet` measures any controller", async () => {
  const { code, out } = await trumpet(common, "--controller", join(root, "test", "tiny-controller.mjs"));
  expect(code).toBe(0);
  expect(out).toContain("tiny-controller.mjs");
});

describe("`cistern trumpet` exits with", () => {
  test("1 when a worn tube is outside the limits", async () => {
    const file = variant("worn.yaml", "timeline: [{ at: 1 d, fault: over_delivery, factor: 1.5 }]");
    const { code, out } = await trumpet(file);
    expect(code).toBe(1);
    expect(out).toMatch(/FAIL {2}mean error B[^\n]*\n +seen: \+46\.40 %/);
  });

  test("EMU-6: 4 past --time-limit, with the limit as the reason and the JUnit file red", async () => {
    const [junit, long] = ["late.xml", "late.yaml"].map(inFolder);
    writeFileSync(long, readFileSync(common, "utf8").replace(/duration: .*/, "duration: 3000 d"));
    const { code, out } = await trumpet(long, "--gear", "lockstep", "--time-limit", "1 s", "--junit", junit);
    expect(code).toBe(4);
    expect(out).toMatch(/INVALID\n {2}the time limit of 1 s was over at .* of 3000 d\n/);
    expect(readFileSync(junit, "utf8")).toContain('type="invalid"');
  });

  test("EMU-4: 4 when a fault never acted, which it names", async () => {
    const { code, out } = await trumpet(variant("idle.yaml", "timeline: [{ at: 1 d, fault: guard_dead, for: 1 h }]"));
    expect(code).toBe(4);
    expect(out).toContain("the fault guard_dead of 1 d never acted");
  });

  test.each<[string, string[], number, RegExp]>([
    ["no scenario", [], 2, /scenario/],
    ["a file that is not there", ["no-such-file.yaml"], 2, /no-such-file\.yaml/],
    ["boluses", [join(root, "scenarios", "breakthrough-pain.yaml")], 2, /:21:5: `patient_bolus` can make/],
    ["a run too short", [common, "--stabilise", "3 d"], 2, /too short .*make `duration` longer/],
    ["another sample", [common, "--sample", "5 min"], 2, /--sample: found 5 min, expected 30 s or 15 min/],
    ["a bare number", [common, "--stabilise", "24"], 2, /--stabilise: .*bare number/],
    ["a seed that is none", [common, "--seed", "x"], 2, /--seed: found x, expected an integer/],
    ["a report of another kind", [common, "--report", "curve.pdf"], 2, /--report: found curve\.pdf/],
    ["a folder that is not there", [common, "--report", inFolder("no/curve.html")], 3, /its directory does not exist/],
  ])("EMU-3: 2 or 3, a message and no stack for %s", async (_, args, expected, message) => {
    const { code, out, err } = await trumpet(...args);
    expect([code, out]).toEqual([expected, ""]);
    expect(err).toMatch(message);
    expect(err).not.toContain("    at ");
  });

  test("130 when an interrupt ends the run, in order", async () => {
    const long = inFolder("long.yaml");
    // Its own expectations would lie far from the truth, but an interrupted run is not held to them.
    writeFileSync(long, readFileSync(common, "utf8").replace("duration: 3 d", "duration: 3600 d"));
    const { code, out } = await interrupted([...program, long, "--gear", "lockstep", "--json"], root);
    expect(code).toBe(130);
    const report = JSON.parse(out) as TrumpetReport;
    expect([report.verdict, report.reason]).toEqual(["interrupted", "interrupted"]);
    expect(report.stabilise_s + report.analysis_s).toBeLessThan(3600 * 86_400);
  });
});

test("every trumpet scenario of the package passes, with the windows that suit its rate", async () => {
  const names = ["48-ul", "500-ul", "1-ml", "24-ml"];
  const all = await Promise.all(names.map((name) => trumpet(shipped(name), "--json")));
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(all.map(({ out }) => (JSON.parse(out) as TrumpetReport).sample_s)).toEqual([900, 900, 900, 30]);
});
