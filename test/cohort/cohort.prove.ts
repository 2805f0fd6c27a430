// A cohort as large as people are many: a trial of a week by a thousand sampled patients, on all cores (PAT-4). It takes minutes of
// a core; `test/cli/cohort.test.ts` has the small ones. Bounds are wide: they say that the model has people who differ, and not
// that a number of them is right.

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Cohort, playCohort, type PeopledScenario } from "../../emulator/cohort/cohort";
import { loadScenario } from "../../emulator/scenario/load";
import { TICKS_PER_DAY } from "../../hal/units";
import { ROOT } from "../../scripts/sources.mjs";

const PEOPLE = 1000;
const MEGABYTES_MAX = 200;
/** Eight hours after the first injection, when breathing is slowest. */
const AFTER_SHOT_TICKS = 3 * TICKS_PER_DAY + TICKS_PER_DAY / 3;
const scenario = loadScenario(join(ROOT, "scenarios", "injections-crps.yaml"));
const trial = { ...scenario, expect: [] } as typeof scenario & PeopledScenario;

let cohort: Cohort;
let heldAt: number[];

beforeAll(async () => {
  heldAt = [];
  const setup = {
    ...{ scenario: trial, gear: "leap" as const, controller: null, seed: 7, n: PEOPLE, parts: 0 },
    ...{ probes: [AFTER_SHOT_TICKS, trial.duration_ticks], workers: availableParallelism() },
  };
  cohort = await playCohort(
    setup,
    new AbortController().signal,
    () => null,
    (done) => {
      if (done % 100 === 0) heldAt.push(process.memoryUsage().heapUsed);
    },
  );
}, 1_800_000);

test("a thousand patients over a week all finish, and none of their runs is cut short (PAT-4)", () => {
  const { finished, runs } = cohort.report;
  expect(finished).toBe(PEOPLE);
  expect(runs.pass + runs.fail + runs.invalid).toBe(PEOPLE);
  expect(runs.invalid).toBe(0);
});

test("they differ: in untreated pain, in relief, in breathing, and in whether the trial is passed (PAT-4, TRI-2)", () => {
  const { outcomes, probes, trial: tried } = cohort.report;
  const pain = outcomes.find(({ name }) => name === "pain_report")!.last_week.quantiles!;
  expect(pain[95] - pain[5]).toBeGreaterThan(2);
  const breath = probes[0].signals.find(({ name }) => name === "patient.ventilation")!.quantiles!;
  expect(breath[95] - breath[5]).toBeGreaterThan(0.03);
  if (tried !== null) {
    expect(tried.passed).toBeGreaterThan(PEOPLE / 20);
    expect(tried.failed).toBeGreaterThan(PEOPLE / 20);
    expect(tried.placebo!.passed / tried.placebo!.people).toBeLessThan(tried.passed / PEOPLE);
  }
});

test("the last patients take no more memory than the first (PAT-4)", () => {
  const [early, late] = [heldAt.slice(0, 3), heldAt.slice(-3)].map((held) => Math.min(...held));
  expect(late - early).toBeLessThan(MEGABYTES_MAX * 1e6);
});
