// Units whose results are drawn from their own words, for tests of what carries units out and puts their results together. No machine runs.

import { createHash } from "node:crypto";
import type { CampaignHead, CampaignReport } from "../../emulator/campaign/campaign-report";
import type { Found, Unit, UnitResult } from "../../emulator/campaign/unit";
import { WHOLE } from "../../emulator/campaign/shard-file";
import type { CampaignSetup } from "../../emulator/check/campaign";
import type { Engine } from "../../emulator/check/engine";

const HEAD: CampaignHead = {
  version: "1.2.3",
  build: "b",
  controller: { name: "reference", hash: "reference" },
  machine: "module",
  seed: 1,
  profile: "hours",
  property: "all",
};

export function setupOf(seed: number, runs: number): CampaignSetup {
  return { head: { ...HEAD, seed }, runs, time_ms: Infinity, controllerPath: null, corpus: [], shard: WHOLE };
}

/** A number from 0 to 255 that the words decide. */
function chance(...words: (string | number)[]): number {
  return createHash("sha256").update(words.join(" ")).digest()[0];
}

const file = (words: string) => ({ name: words, duration: "1 h", drugs: [], prescription: {} });

/** About every third case fails, in one of nine ways. */
export function resultOf(unit: Unit, core_ms: number): UnitResult {
  if (unit.kind === "corpus") {
    return { kind: "corpus", unit: unit.id, failures: [], untold: null, excused: {}, ticks: 1, core_ms };
  }
  if (unit.kind === "shrink") {
    const { id, signature, file: from } = unit;
    const failure = { signature, kind: "invariant" as const, id: signature, text: `shrunk ${signature}`, at_s: 1 };
    const shrunk = file(`smaller than ${from.name}`);
    return { kind: "shrink", unit: id, repeats: chance(id) > 20, failure, file: shrunk, tries: 9, core_ms };
  }
  const cases = Array.from({ length: unit.count }, (_, i) => unit.from + i);
  const failures = cases.flatMap((index): Found[] => {
    if (chance(unit.seed, index, "fails") > 80) return [];
    const id = `LIM-${chance(unit.seed, index, "way") % 9}`;
    const failure = { signature: `invariant ${id}`, kind: "invariant" as const, id, text: `${id} broke`, at_s: index };
    return [{ ...failure, case: index, file: file(`case ${index}`) }];
  });
  const isFirst = (each: Found, i: number) => failures.findIndex(({ signature }) => signature === each.signature) === i;
  return {
    kind: "seek",
    unit: unit.id,
    ...{ cases: unit.count, refused: 0, served: unit.count, ticks: 1000 * unit.count, core_ms },
    unanswered: null,
    compared: { gears: 1, restore: 0, builds: 0 },
    classes: { [`mode ${chance(unit.id) % 3}`]: 1, "mode always": unit.count },
    excused: chance(unit.id, "excused") > 128 ? { "H-1": 1 } : {},
    failures: failures.filter(isFirst),
  };
}

/** An engine that gives the results in an order of its own, and some of them twice. */
export function drawnEngine(order: number): Engine {
  return {
    run: (next, _, onOutcome) => {
      const units: Unit[] = [];
      for (let unit = next(); unit !== null; unit = next()) units.push(unit);
      const keys = new Map(units.map((unit) => [unit, chance(order, unit.id)]));
      units.sort((a, b) => keys.get(a)! - keys.get(b)!);
      for (const unit of units) {
        const times = chance(order, unit.id, "twice") < 64 ? 2 : 1;
        for (let i = 0; i < times; i++) onOutcome({ unit, result: resultOf(unit, chance(order, i)), deeds: [] });
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** A report without the times, which are the machine's. */
export function timeless({ host_s: _host, core_s: _core, ...report }: CampaignReport): unknown {
  return report;
}
