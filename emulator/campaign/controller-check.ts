// The check of a controller with random cases against every invariant and harm, by the units of a campaign (`cistern check`), one after
// the other. Where it is carried out is said in apart/check-controller.ts.

import { randomInt } from "node:crypto";
import type { ControllerFactory } from "../machine/controller-host";
import { describeUnknown } from "../names";
import { SEED_MAX } from "../random";
import { parseTicks } from "../scenario/quantity";
import { UsageError } from "../usage-error";
import { TICK_MS } from "../../hal/units";
import { textOfCase } from "./case-file";
import { JUDGED_IDS } from "./judge";
import { NEVER_SERVED } from "./merge";
import type { Place } from "./place";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "./profiles";
import { seek } from "./seek";
import { shrink as shrinkCase } from "./shrink";
import { type Found, SEEKING_PART, type SeekUnit, TRIES_MAX } from "./unit";

/** A URL object, of a project whose types know none. */
export interface Url {
  readonly href: string;
}

export interface CheckOptions {
  /** Default: the reference controller. The path or URL of a module is loaded in a child process; a factory runs in this one. In both each call has its time. */
  controller?: ControllerFactory | string | Url;
  /** Cases to try; default 100. */
  runs?: number;
  /** The seed of the cases; by default one is drawn, and the error names it. */
  seed?: number;
  /** How long a case is: `hours`, `days` or `month`; default `hours`. */
  profile?: ProfileName;
  /** Ids of the invariants and names of the harms that are judged; default all. */
  only?: readonly string[];
  /** The host's time that the check may take, as `90 s`; a quarter of it is kept for shrinking. Default: no limit. */
  time?: string;
  /** The path of an earlier counterexample, together with its seed: the check begins there. */
  path?: string;
  /** False: the error has the first failing case unshrunk, which is quicker. Default true. */
  shrink?: boolean;
}

/** The outcome of a check. */
export interface CheckResult {
  controller: string;
  /** The cases that were tried, those of shrinking aside. */
  runs: number;
  seed: number;
  profile: ProfileName;
  /** True when the time was over before all cases were tried. */
  isCutShort: boolean;
  /** The options that find the counterexample again; null when there is none. */
  replay: { seed: number; profile: ProfileName; path: string } | null;
  /** The invariant or harm that broke or the controller's failure, in words; null when everything held. */
  why: string | null;
  /** The counterexample as the text of a scenario's file, which `cistern run` fails by itself. */
  scenario: string | null;
}

/** A check found a counterexample. */
export class CounterexampleError extends Error {
  readonly result: CheckResult;

  constructor(result: CheckResult) {
    const { controller, why, replay, scenario } = result;
    const found = replay === null ? "" : ` (seed ${replay.seed}, path ${replay.path}) in the scenario\n${scenario}`;
    super(`${controller}: ${why}${found}`);
    this.name = "CounterexampleError";
    this.result = result;
  }
}

const OPTIONS: Record<keyof CheckOptions, true> = {
  controller: true,
  runs: true,
  seed: true,
  profile: true,
  only: true,
  time: true,
  path: true,
  shrink: true,
};

/** The options of a check in a child process, without the controller; all of them are plain data. */
export type PlainOptions = Omit<CheckOptions, "controller">;

/** The check itself, in this process. */
export function check(controller: ControllerFactory, options: PlainOptions, guarded: Place["guarded"]): CheckResult {
  const { runs = 100, profile = "hours", shrink = true, path = "0", seed = randomInt(SEED_MAX) } = options;
  const time_ms = options.time === undefined ? Infinity : durationOf(options.time);
  const began_ms = performance.now();
  const seekingPart = shrink ? SEEKING_PART : 1;
  const common = { build: "here", controller: controller.name, property: options.only?.join(",") ?? "all" };
  const result: CheckResult = {
    ...{ controller: controller.name, runs: 0, seed, profile },
    ...{ isCutShort: false, replay: null, why: null, scenario: null },
  };
  const first = Number(path);
  let served = 0;
  while (result.runs < runs) {
    const from = first + result.runs;
    const count = Math.min(PROFILES[profile].count, runs - result.runs);
    const unit: SeekUnit = { ...common, kind: "seek", id: `${profile} ${from}`, profile, seed, from, count };
    const sought = seek(unit, controller, { guarded, until_ms: began_ms + time_ms * seekingPart });
    result.runs += sought.cases + sought.refused;
    served += sought.served;
    const found = firstOf(sought.failures);
    if (found !== null) {
      const whole = { ...common, kind: "shrink", id: "shrink", signature: found.signature, file: found.file } as const;
      const place = { guarded, until_ms: began_ms + time_ms };
      const small = shrink ? shrinkCase({ ...whole, tries: TRIES_MAX }, controller, place) : null;
      const best = small?.failure
        ? { why: small.failure.text, file: small.file }
        : { why: found.text, file: found.file };
      const unsteady = small !== null && !small.repeats ? ", and the same case did not fail again" : "";
      return {
        ...result,
        replay: { seed, profile, path: String(from) },
        why: best.why + unsteady,
        scenario: textOfCase(best.file),
      };
    }
    if (sought.unanswered !== null) {
      const why = `the pump never answered its commissioning: ${sought.unanswered.text}`;
      const replay = { seed, profile, path: String(from) };
      return { ...result, replay, why, scenario: textOfCase(sought.unanswered.file) };
    }
    if (sought.cases + sought.refused < count) return { ...result, isCutShort: true };
  }
  return served === 0 ? { ...result, why: NEVER_SERVED } : result;
}

function firstOf(failures: readonly Found[]): Found | null {
  return [...failures].sort((a, b) => a.case - b.case).at(0) ?? null;
}

/** Throws UsageError for an option that does not exist, and for a value that an option does not take. */
export function checkOptions(options: CheckOptions): void {
  const known = Object.keys(OPTIONS);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`checkController: ${describeUnknown("option", unknown, known)}`);
  if (options.time !== undefined) durationOf(options.time);
  const { profile = "hours", only = [], path, seed } = options;
  if (!PROFILE_NAMES.includes(profile)) {
    throw new UsageError(`checkController: ${describeUnknown("profile", profile, PROFILE_NAMES)}`);
  }
  const wrong = only.find((id) => !JUDGED_IDS.includes(id));
  if (wrong !== undefined) throw new UsageError(`checkController: ${describeUnknown("id", wrong, JUDGED_IDS)}`);
  if (path === undefined) return;
  if (seed === undefined) throw new UsageError("checkController: a path belongs to a seed, and none was given");
  if (!/^\d+$/.test(path)) throw new UsageError(`checkController: path: found ${path}, expected the number of a case`);
}

function durationOf(text: string): number {
  const parsed = parseTicks(text);
  if (parsed.ok && parsed.ticks > 0) return parsed.ticks * TICK_MS;
  throw new UsageError(`checkController: time: ${parsed.ok ? "found 0 s, expected more" : parsed.problem}`);
}
