// The comparison of `--twice`: the same scenario in both gears. Equal fingerprints of machine and controller show that both
// gears ran alike, if one of them has leapt. When they differ, new pairs of runs look for the first tick after which they do.
// Each pair stops at 64 moments of the stretch in which the last pair began to differ, so five pairs find one tick in a
// billion. A controller that never runs the same twice may differ elsewhere each time; the tick that is found is then one of
// the last pair.

import { formatTicks } from "../time";
import type { Finding } from "./verdict";

export interface Fingerprints {
  machine: string;
  controller: string;
}

/** A run as the comparison sees it; it may be in another process. */
export interface GearRun {
  readonly tick: number;
  advance(tick: number): void | Promise<void>;
  fingerprints(): Fingerprints | Promise<Fingerprints>;
  close?(): void | Promise<void>;
}

/** One of the two runs as JSON has it. */
export interface GearRow extends Fingerprints {
  gear: "leap" | "lockstep";
  ended_tick: number;
  ticks_executed: number;
  ticks_leapt: number;
}

/** The value `twice` in the JSON of a run. `differ_at_s` is null when they are equal, and when the tick was not found. */
export interface TwiceReport {
  equal: boolean;
  differ_at_s: number | null;
  runs: [GearRow, GearRow];
}

type Pair = readonly [GearRun, GearRun];

const STOPS = 64;
/** A pair that differs from the last one is tried again, but not for ever. */
const PAIRS_MAX = 12;

export function areEqual([a, b]: TwiceReport["runs"]): boolean {
  return a.machine === b.machine && a.controller === b.controller && a.ended_tick === b.ended_tick;
}

/**
 * The first tick after which two runs differ that differ at `end`; null when `isStopped` ended the search. `open` makes
 * a new pair at the start of the run.
 */
export async function firstDifference(
  open: () => Promise<Pair>,
  end: number,
  isStopped: () => Promise<boolean>,
): Promise<number | null> {
  let [same, different] = [0, end];
  for (let pairs = 0; pairs < PAIRS_MAX && different - same > 1; pairs++) {
    const pair = await open();
    try {
      const found = await differenceWithin(pair, same, different, isStopped);
      if (found === "stopped") return null;
      // Without a difference this pair is another one than the last; the difference of that one is what is known.
      if (found === null) break;
      [same, different] = found;
    } finally {
      for (const run of pair) await run.close?.();
    }
  }
  return different - 1;
}

/** The stretch of the `STOPS` from `from` to `to` in which the pair begins to differ; from the start if it does before. */
async function differenceWithin(
  pair: Pair,
  from: number,
  to: number,
  isStopped: () => Promise<boolean>,
): Promise<[number, number] | "stopped" | null> {
  const stride = Math.max(1, Math.ceil((to - from) / STOPS));
  let same = from;
  for (let tick = from; ; tick = Math.min(tick + stride, to)) {
    for (const run of pair) await run.advance(tick);
    if (await isStopped()) return "stopped";
    if (await differ(pair)) return tick === from ? [0, Math.max(from, 1)] : [same, tick];
    if (tick === to) return null;
    same = tick;
  }
}

async function differ([a, b]: Pair): Promise<boolean> {
  if (a.tick !== b.tick) return true;
  const [one, other] = [await a.fingerprints(), await b.fingerprints()];
  return one.machine !== other.machine || one.controller !== other.controller;
}

/** The findings of the comparison. `differAt` is the tick that `firstDifference` found. */
export function findingsOfTwice(runs: TwiceReport["runs"], differAt: number | null): Finding[] {
  const findings: Finding[] = [];
  const leaping = runs.find(({ gear }) => gear === "leap");
  if (leaping?.ticks_leapt === 0) {
    const text = "the leap gear never leapt, so the same gear was compared with itself";
    findings.push({ at_tick: null, kind: "gears", text, weight: "invalid" });
  }
  if (!areEqual(runs)) {
    const when = differAt === null ? "" : `, first after tick ${differAt} (${formatTicks(differAt)})`;
    const text = `the two gears differ${when}: ${differences(runs).join(", ")}`;
    findings.push({ at_tick: differAt, kind: "gears", text, weight: "invalid" });
  }
  return findings;
}

/** The values that differ, of both gears: `machine aa in leap and bb in lockstep`. */
function differences([a, b]: TwiceReport["runs"]): string[] {
  const both = (name: string, one: string, other: string) =>
    one === other ? [] : [`${name} ${one} in ${a.gear} and ${other} in ${b.gear}`];
  return [
    ...both("machine", a.machine, b.machine),
    ...both("controller", a.controller, b.controller),
    ...both("end", formatTicks(a.ended_tick), formatTicks(b.ended_tick)),
  ];
}
