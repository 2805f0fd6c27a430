// `cistern cohort` as its users see it: the same bytes from any number of workers, a run of one patient that `run` replays, an end
// by Ctrl-C or the time limit that keeps what is done, and a line for each wrong argument.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { playAll } from "../../emulator/cohort/crew";
import type { CohortReport } from "../../emulator/run/cohort-report";
import type { RunReport } from "../../emulator/run/report";
import { parseScenario } from "../../emulator/scenario/load";
import { cisternHere, cisternPath } from "../program";
import { ROOT } from "../../scripts/sources.mjs";
import { interrupted } from "./interrupted";

const folder = mkdtempSync(join(tmpdir(), "cistern-cohort-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cohort = (...args: string[]) => cisternHere(folder, ["cohort", ...args]);

function scenario(name: string, { duration = "6 h", patient = PATIENT, expect: expected = "[]" } = {}): string {
  const lines = [
    "name: Hours of a pump",
    "start: 2026-03-02T08:00",
    `duration: ${duration}`,
    "pump: { model: implant-20, fill: 18 mL }",
    "drugs: [{ name: morphine, concentration: 10 mg/mL }]",
    patient,
    "prescription: { basal: { mode: continuous, dose: 1 mg/day } }",
    `expect: ${expected}`,
    "",
  ];
  writeFileSync(join(folder, name), lines.join("\n"));
  return name;
}

const PATIENT =
  "patient: { indication: cancer, weight: 70 kg, oral: [{ drug: morphine, dose: 60 mg/day, by_need: 10 mg }] }";
const plain = scenario("plain.yaml");

test("a cohort has the same bytes from one worker and from three, and other bytes from another seed (PAT-4)", async () => {
  const args = [plain, "--n", "5", "--seed", "7", "--at", "0 s", "--at", "6 h", "--json"];
  const [one, three, other] = await Promise.all([
    cohort(...args, "--workers", "1"),
    cohort(...args, "--workers", "3"),
    cohort(...args.with(4, "8"), "--workers", "1"),
  ]);
  expect([one.code, one.out.trim().split("\n").length]).toEqual([0, 1]);
  expect(three.out).toBe(one.out);
  expect(other.out).not.toBe(one.out);
  const report = JSON.parse(one.out) as CohortReport;
  expect(report).toMatchObject({
    schema: "cistern.cohort/1",
    n: 5,
    finished: 5,
    seed: 7,
    verdict: "pass",
    trial: null,
  });
  expect(report.probes.map(({ at_s }) => at_s)).toEqual([0, 21_600]);
  const pain = report.probes[1].signals.find(({ name }) => name === "patient.pain")!;
  expect(pain.patients).toBe(5);
  expect(pain.quantiles![95]).toBeGreaterThan(pain.quantiles![5]);
  expect(report.events).toContainEqual({ name: "boot", patients: 5, times: 5 });
});

test("the patient of a run that did not pass is named by a seed with which `run` fails alike (PAT-4)", async () => {
  const strict = scenario("strict.yaml", { expect: "[{ signal: { name: patient.pain, at: 6 h, max: 2 } }]" });
  const { code, out } = await cohort(strict, "--n", "6", "--json");
  const { not_passed, runs, verdict } = JSON.parse(out) as CohortReport;
  expect([code, verdict, runs.pass + runs.fail]).toEqual([1, "fail", 6]);
  expect(not_passed).toHaveLength(runs.fail);
  const [{ seed, reason }] = not_passed;
  const alone = await cisternHere(folder, ["run", strict, "--draw", "sampled", "--seed", String(seed), "--json"]);
  expect([alone.code, (JSON.parse(alone.out) as RunReport).reason]).toEqual([1, reason]);
  const text = (await cohort(strict, "--n", "6")).out;
  expect(text).toContain(`one alone: cistern run strict.yaml --draw sampled --seed ${seed}`);
  expect(text).toMatch(/FAIL {2}Hours of a pump: \d of 6 runs failed/);
  const rows = text.split("\n").filter((line) => line.startsWith("    patient."));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row).toMatch(/^ {4}patient\.[\w.]+( \([^)]+\))?( +-?[\d.,]+(e[+-]\d+)?){5}$/);
});

test("a typical patient is sampled in a cohort as one whose draw is sampled (PAT-4)", async () => {
  const sampled = scenario("sampled.yaml", { patient: PATIENT.replace("weight", "draw: sampled, weight") });
  const [a, b] = await Promise.all([cohort(plain, "--n", "2", "--json"), cohort(sampled, "--n", "2", "--json")]);
  expect(a.out).toBe(b.out);
});

test("the patients of a controller that is not ours have values too (PAT-4)", async () => {
  const short = scenario("short.yaml", { duration: "2 min" });
  const controller = join(ROOT, "test", "tiny-controller.mjs");
  const { out } = await cohort(short, "--n", "2", "--controller", controller, "--json");
  const report = JSON.parse(out) as CohortReport;
  expect([report.finished, report.probes[0].signals[0].patients]).toEqual([2, 2]);
});

test("a cohort in which a run cannot be opened ends the other runs before it says so (PAT-4)", async () => {
  // The first process that loads it gets a controller, and the second is refused.
  const controller = join(folder, "once.mjs");
  const source = pathToFileURL(join(ROOT, "test/tiny-controller.mjs")).href;
  writeFileSync(
    controller,
    `import { mkdirSync } from "node:fs";
mkdirSync(${JSON.stringify(join(folder, "taken"))});
export { createController } from ${JSON.stringify(source)};
`,
  );
  const text = readFileSync(join(folder, scenario("years.yaml", { duration: "3650 d" })), "utf8");
  const setup = { scenario: parseScenario(text, "years.yaml"), gear: "leap" as const, controller, from: null };
  const work = { setup: { ...setup, tracks: false, placebo: false }, samples: [], signals: 0 };
  // Each child that lives is ended when this process exits.
  const children = () => process.listenerCount("exit");
  const before = children();
  const done: unknown[] = [];
  const played = playAll(work, [1, 2], 2, new AbortController().signal, (member) => done.push(member));
  await expect(played).rejects.toThrow("cannot load this controller");
  expect([children(), done]).toEqual([before, []]);
});

test("the command that replays a patient has the controller and the gear of the cohort (PAT-4)", async () => {
  const broken = scenario("broken.yaml", { duration: "2 min", expect: "[{ event: { name: boot, count: 9 } }]" });
  const given = ["--controller", join(ROOT, "test", "tiny-controller.mjs"), "--gear", "lockstep"];
  const { out } = await cohort(broken, "--n", "1", ...given);
  const [, command] = /one alone: cistern (.*)/.exec(out)!;
  expect(command).toContain(given.join(" "));
  const { code, err } = await cisternHere(folder, command.split(" "));
  expect([code, err]).toEqual([1, ""]);
});

describe("a cohort that ends early", () => {
  const long = scenario("long.yaml", { duration: "60 d" });

  test("keeps the patients that are done after Ctrl-C, says so and exits with 130 (PAT-4)", async () => {
    const { code, out } = await interrupted(
      [cisternPath, "cohort", long, "--n", "500", "--workers", "1", "--json"],
      folder,
    );
    const { verdict, reason, finished } = JSON.parse(out) as CohortReport;
    expect([code, verdict]).toEqual([130, "interrupted"]);
    expect(finished).toBeLessThan(500);
    expect(reason).toBe(`interrupted after ${finished} of 500 patients`);
  });

  test("proves nothing after its time limit (PAT-4)", async () => {
    const { code, out } = await cohort(long, "--n", "500", "--workers", "1", "--time-limit", "300 ms");
    expect(code).toBe(4);
    expect(out).toMatch(/INVALID {2}Hours of a pump: the time limit of 300 ms was over after \d+ of 500 patients/);
  });
});

test("the page of a cohort has a drawing of each signal that differs, and fetches nothing (PAT-4)", async () => {
  const { code } = await cohort(plain, "--n", "3", "--report", "page.html", "--junit", "page.xml");
  expect(code).toBe(0);
  const page = readFileSync(join(folder, "page.html"), "utf8");
  expect(page).toContain('aria-label="patient.pain: at the end the median is ');
  expect(page).toContain("patient.ashworth 1");
  expect(page).not.toMatch(/NaN|undefined|<script|https?:/);
  expect(readFileSync(join(folder, "page.xml"), "utf8")).toContain('name="3 patients are done"');
});

test.each([
  { args: ["--n", "0"], found: "--n: found 0, expected an integer from 1 to 100000" },
  { args: ["--n", "many"], found: "--n: found many, expected an integer" },
  { args: ["--at", "7 h"], found: "--at: found 7 h, expected at most the scenario's 6 h" },
  { args: ["--at", "soon"], found: "--at: " },
  { args: ["--workers", "0"], found: "--workers: found 0, expected an integer from 1 to 256" },
  { args: ["--seed", "-1"], found: "--seed: found -1, expected an integer from 0 to 4294967295" },
  { args: ["--report", "page.txt"], found: "--report: found page.txt, expected a file that ends in .html" },
  { args: ["--time-limit", "0 s"], found: "--time-limit: found 0 s" },
])("`cohort $args` exits with 2 and says what would be right (PAT-4)", async ({ args, found }) => {
  const { code, out, err } = await cohort(plain, ...args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(found);
  expect(err.trim().split("\n")).toHaveLength(1);
});

test("a cohort and --draw of a scenario without a patient exit with 2 and name the file (PAT-4)", async () => {
  const nobody = scenario("nobody.yaml", { patient: "commission: none" });
  const all = await Promise.all([cohort(nobody), cisternHere(folder, ["run", nobody, "--draw", "sampled"])]);
  expect(all.map(({ code }) => code)).toEqual([2, 2]);
  expect(all[0].err).toContain("cohort: found no patient in nobody.yaml, expected a scenario with one (key patient)");
  expect(all[1].err).toContain("--draw: found no patient in nobody.yaml");
});
