// `cistern check` and `cistern replay` as their users see them: the same report from any number of processes, controllers that hang or
// end their process, a corpus with a file that is no scenario, and a line for each wrong argument.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { CampaignReport } from "../../emulator/campaign/campaign-report";
import { controllerFile } from "../cases/compiled";
import { cisternHere } from "../program";

const folder = mkdtempSync(join(tmpdir(), "cistern-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cistern = (...args: string[]) => cisternHere(folder, args);
const reportOf = (out: string) => JSON.parse(out) as CampaignReport;

const STALL = `
# failure: harm underdose at 25 h
duration: 50 h
drugs: [{ name: saline, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, rate: 100 uL/day } }
timeline: [{ at: 1 h, fault: motor_stall, for: 20 h }]
`;

test("PRP-4: a campaign gives the same report from one process and from two, times aside", async () => {
  const args = ["check", "--runs", "20", "--seed", "3", "--json"];
  const both = await Promise.all([cistern(...args, "--workers", "1"), cistern(...args, "--workers", "2")]);
  const [one, two] = both.map(({ out }) => ({ ...reportOf(out), core_s: 0, host_s: 0 }));
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(one).toEqual(two);
  expect(one).toMatchObject({ schema: "cistern.campaign/1", cases: 20, units: 2, verdict: "pass" });
});

describe("EMU-7: a campaign of a controller that", () => {
  test("hangs has a case that fails by itself, in its folder, in JUnit and on GitHub", async () => {
    const loops = controllerFile("loops-in-a-tick.mjs");
    const args = ["--controller", loops, "--runs", "1", "--workers", "1", "--out", "found", "--junit", "j.xml"];
    const { code, out } = await cisternHere(folder, ["check", ...args], { GITHUB_ACTIONS: "true" });
    expect([code, out]).toEqual([1, expect.stringContaining("::error file=found/controller-")]);
    expect(readFileSync(join(folder, "j.xml"), "utf8")).toContain("the controller did not return from tick");
    const [name] = readdirSync(join(folder, "found")).filter((each) => each.endsWith(".yaml"));
    const file = join("found", name);
    const again = await cistern("replay", file);
    expect([again.code, again.out]).toEqual([
      1,
      expect.stringMatching(/^still fails {2}.*did not return from tick 499/s),
    ]);
  });

  test("ends its process loses its unit alone", async () => {
    const { code, out } = await cistern(
      "check",
      "--controller",
      controllerFile("kills-itself.mjs"),
      "--runs",
      "2",
      "--json",
    );
    expect(code).toBe(1);
    expect(reportOf(out).failures[0].text).toBe("the controller failed: its process was ended by SIGKILL");
  });
});

test("known counterexamples run first, and a file that is no scenario is told in a line", async () => {
  mkdirSync(join(folder, "corpus"));
  writeFileSync(join(folder, "corpus", "stall.yaml"), STALL);
  writeFileSync(join(folder, "corpus", "broken.yaml"), "duration: soon\n");
  const { code, out } = await cistern("check", "--corpus", "corpus", "--runs", "1", "--json");
  const { known, cases, verdict } = reportOf(out);
  expect([code, cases, verdict]).toEqual([4, 1, "invalid"]);
  expect(known).toMatchObject([
    { file: join("corpus", "broken.yaml"), outcome: "untold" },
    { file: join("corpus", "stall.yaml"), outcome: "mended" },
  ]);
});

test("PRP-3: replay says which files hold now, and that it cannot tell without a field", async () => {
  writeFileSync(join(folder, "mended.yaml"), STALL);
  const flip = "timeline: [{ at: 1 h, fault: ram_flip, field: nobody.knows, bit: 1 }]";
  writeFileSync(join(folder, "other.yaml"), STALL.replace(/timeline.*/, flip));
  const { code, out } = await cistern("replay", "mended.yaml", "other.yaml");
  expect(code).toBe(4);
  expect(out).toMatch(/^mended {7}mended.yaml\ncannot tell {2}other.yaml: .*nobody.knows/);
});

test.each([
  [["check", "--only", "LIMM-1"], "cistern: --only: unknown id `LIMM-1`: the nearest known one is `LIM-1`"],
  [["check", "--time", "soon"], "cistern: --time: expected a duration"],
  [["check", "--time", "10 ms"], "cistern: --time: found 10 ms, expected 1 s to 24 d"],
  [["check", "--corpus", "nowhere"], "cistern: --corpus: found nowhere, expected a folder of scenarios"],
  [["check", "--controller", "none.mjs"], "cistern: none.mjs: cannot load this controller: no such file"],
  [["replay", "none.yaml"], "cistern: none.yaml: expected a scenario file that can be read: no such file"],
])("one line about %j", async (args, line) => {
  const { code, err } = await cistern(...args);
  expect([code, err.split("\n").length]).toEqual([2, 2]);
  expect(err).toContain(line);
});
