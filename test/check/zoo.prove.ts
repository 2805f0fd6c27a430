// Every controller of the zoo: the search finds each wrong one, in a bounded time and small, and blames none that is right.

import { expect, test } from "vitest";
import { buildHash } from "../../emulator/check/builds";
import { playZooRow } from "../../emulator/check/zoo";
import { ZOO } from "../../emulator/zoo/controllers";

const CORE_S_MAX = 60;
const ENTRIES_MAX = 5;
/** Of the host, which may be busy: the bound is on the processor's time. */
const TIME_MS = 240_000;

const build = buildHash();

test.each(ZOO)("PRP-5: $name", async (row) => {
  const setup = { build, seed: 1, runs: null, time_ms: TIME_MS, workers: 2, pathOf: (module: string) => module };
  const result = await playZooRow(row, setup, new AbortController().signal, () => undefined);
  const { ok, outcome, core_s, entries } = result;
  expect([ok, outcome], result.text ?? "").toEqual([true, row.hazard === null ? "held" : "found"]);
  if (row.hazard === null) return;
  expect(core_s).toBeLessThanOrEqual(CORE_S_MAX);
  expect(entries).toBeLessThanOrEqual(ENTRIES_MAX);
});
