// Checks a controller with random scenarios against every invariant. When an invariant breaks, it throws an error that names
// the invariant, the shrunk scenario, and the seed and path with which the same options find it again. A controller that is given
// by its path runs in a child process, with all of the check, so one that hangs or ends its process is a counterexample too.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { ControllerFault, referenceController, type ControllerFactory } from "../machine/controller-host";
import { INVARIANTS } from "../run/invariants";
import { Machine, type MachineSetup } from "../machine/machine";
import { ScenarioRun } from "../run/run";
import type { Scenario } from "../scenario/scenario";
import { describeUnknown } from "../names";
import { parseTicks } from "../scenario/quantity";
import { UsageError } from "../usage-error";
import { TICK_MS } from "../../hal/units";
import { arbitraries } from "./arbitraries";

/** A URL object, of a project whose types know none. */
export interface Url {
  readonly href: string;
}

export interface CheckOptions {
  /** Default: the reference controller. The path or URL of a module is loaded in a child process; a factory runs in this one. */
  controller?: ControllerFactory | string | Url;
  /** Scenarios to try; default 100. */
  runs?: number;
  /** The seed of fast-check; by default fast-check draws one, and the error names it. */
  seed?: number;
  /** The longest scenario, in hours; default 6. */
  hours?: number;
  /** Ids of the invariants that are checked; default all. */
  only?: readonly string[];
  /** False: no bit of the controller's memory flips. Default true; a controller without named fields gets no flips. */
  flips?: boolean;
  /** The host's time that the check may take, as `90 s`; a quarter of it is kept for shrinking. Default: no limit. */
  time?: string;
  /** The path of an earlier counterexample, together with its seed: the check begins there. */
  path?: string;
  /** False: the error has the first failing scenario unshrunk, which is quicker. Default true. */
  shrink?: boolean;
}

/** The outcome of a check. */
export interface CheckResult {
  controller: string;
  /** The scenarios that were tried, those of shrinking aside. */
  runs: number;
  seed: number;
  /** True when the time was over before all scenarios were tried. */
  isCutShort: boolean;
  /** The options that find the counterexample again; null when there is none. */
  replay: { seed: number; path: string } | null;
  /** The invariant that broke or the controller's failure, in words; null when everything held. */
  why: string | null;
  /** The scenario in which it did. */
  scenario: Scenario | null;
}

/** A check found a counterexample. */
export class CounterexampleError extends Error {
  readonly result: CheckResult;

  constructor(result: CheckResult) {
    const { controller, why, replay, scenario } = result;
    const again = `seed ${replay?.seed}, path ${replay?.path}`;
    super(`${controller}: ${why} (${again}) in the scenario ${JSON.stringify(scenario)}`);
    this.name = "CounterexampleError";
    this.result = result;
  }
}

const OPTIONS: Record<keyof CheckOptions, true> = {
  controller: true,
  runs: true,
  seed: true,
  hours: true,
  only: true,
  flips: true,
  time: true,
  path: true,
  shrink: true,
};
/** The part of the time in which a counterexample is sought; the rest is for shrinking it. */
const SEEKING_PART = 0.75;

/** An implant with a full reservoir of 20 mL of morphine 10 mg/mL and a primed catheter: the pump of a bench without a scenario. */
export const BENCH_PUMP: MachineSetup = {
  seed: 1,
  start: { second: 0 },
  pump: {
    capacity_nl: 20_000_000,
    fill_nl: 20_000_000,
    catheter: { length_cm: 89, volume_nlPerCm: 2200 },
    state: "primed",
    unit: { bias: 0, ripple: 0 },
  },
  drugs: [{ concentration_mgPerMl: 10 }],
};

/** The elements of an array in which bits flip; they stand for all of its elements. */
const ELEMENTS = [0, 1];

/** The names of the words of a controller's memory in which bits may flip; empty for a controller without named fields. */
export function fieldsOf(controller: ControllerFactory): string[] {
  const { firmware } = new Machine(BENCH_PUMP, controller);
  return firmware
    .paths()
    .flatMap((path) => (firmware.read(path) === undefined ? ELEMENTS.map((i) => `${path}[${i}]`) : [path]))
    .filter((path) => firmware.read(path) !== undefined);
}

/** The options of a check in a child process, without the controller; all of them are plain data. */
export type PlainOptions = Omit<CheckOptions, "controller">;

/** Runs the part of a run that calls the controller, perhaps under a watch; returns its failure in words, or null. */
export type Guarded = (run: ScenarioRun, piece: () => void) => string | null;

/**
 * Checks a controller. Throws CounterexampleError when an invariant breaks or the controller fails, UsageError for a wrong option,
 * and ControllerFault for a path that cannot be loaded.
 */
export function checkController(options: CheckOptions = {}): CheckResult {
  checkOptions(options);
  const { controller = referenceController, ...plain } = options;
  const result =
    typeof controller === "string" || isUrl(controller)
      ? checkApart(pathOf(controller), plain)
      : check(controller, plain, (_, piece) => {
          piece();
          return null;
        });
  if (result.why !== null) throw new CounterexampleError(result);
  return result;
}

/** The check itself, in this process. */
export function check(controller: ControllerFactory, options: PlainOptions, guarded: Guarded): CheckResult {
  const only = options.only ?? INVARIANTS.map((each) => each.id);
  const { hours = 6, flips = true, runs = 100, shrink = true, path } = options;
  const time_ms = options.time === undefined ? Infinity : durationOf(options.time);
  const began_ms = performance.now();
  const scenarios = arbitraries.scenario({ faults: true, hours, fields: flips ? fieldsOf(controller) : [] });
  const property = fc.property(scenarios, (scenario) => {
    const broken = brokenBy(scenario, controller, only, guarded);
    if (broken !== null) throw new Error(broken);
  });
  const seek = (more: fc.Parameters<[Scenario]>, most_ms: number) =>
    fc.check(property, {
      numRuns: runs,
      ...more,
      ...(Number.isFinite(most_ms)
        ? { interruptAfterTimeLimit: Math.max(1, most_ms), markInterruptAsFailure: false }
        : {}),
    });
  const isBounded = shrink && Number.isFinite(time_ms);
  const start = {
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(path === undefined ? {} : { path }),
  };
  const first = seek({ ...start, endOnFailure: !shrink || isBounded }, isBounded ? time_ms * SEEKING_PART : time_ms);
  const left_ms = time_ms - (performance.now() - began_ms);
  const again = first.failed && isBounded && left_ms > 0;
  const shrunk = again ? seek({ seed: first.seed, path: first.counterexamplePath ?? "" }, left_ms) : first;
  const found = shrunk.failed ? shrunk : first;
  const error: unknown = found.errorInstance;
  return {
    controller: controller.name,
    runs: first.numRuns,
    seed: first.seed,
    isCutShort: first.interrupted,
    replay: found.failed ? { seed: found.seed, path: found.counterexamplePath ?? "" } : null,
    why: found.failed ? (error instanceof Error ? error.message : String(error)) : null,
    scenario: found.counterexample?.[0] ?? null,
  };
}

/** Runs a scenario to its end. Returns a text about the broken invariant or the failed controller, or null. */
function brokenBy(
  scenario: Scenario,
  controller: ControllerFactory,
  only: readonly string[],
  guarded: Guarded,
): string | null {
  const run = new ScenarioRun(scenario, { gear: "leap", controller, tracks: false });
  const failure = guarded(run, () => run.advance(run.end_ticks));
  const broken = run.report(0).invariants.find((row) => !row.ok && only.includes(row.id));
  return broken ? `${broken.id} broke at ${broken.at_s} s` : (failure ?? run.failure);
}

/** Throws UsageError for an option that does not exist, and for a time that is none. */
function checkOptions(options: CheckOptions): void {
  const known = Object.keys(OPTIONS);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`checkController: ${describeUnknown("option", unknown, known)}`);
  if (options.time !== undefined) durationOf(options.time);
  if (options.path !== undefined && options.seed === undefined) {
    throw new UsageError("checkController: a path belongs to a seed, and none was given");
  }
}

function durationOf(text: string): number {
  const parsed = parseTicks(text);
  if (parsed.ok && parsed.ticks > 0) return parsed.ticks * TICK_MS;
  throw new UsageError(`checkController: time: ${parsed.ok ? "found 0 s, expected more" : parsed.problem}`);
}

function isUrl(controller: ControllerFactory | Url): controller is Url {
  return "href" in controller;
}

function pathOf(controller: string | Url): string {
  const text = typeof controller === "string" ? controller : controller.href;
  return text.startsWith("file:") ? fileURLToPath(text) : text;
}

/** The answer of the child: a result, or the error that it ended with. */
export type CheckAnswer = { result: CheckResult } | { error: { name: string; message: string } };

/** Carries the whole check out in a child process, and waits for it. */
function checkApart(path: string, options: PlainOptions): CheckResult {
  const isSource = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL(isSource ? "../apart/check-child.ts" : "./check-child.js", import.meta.url));
  const loader = isSource ? ["--import", import.meta.resolve("tsx")] : [];
  // The controller's output is not this program's: it goes to stderr. The answer comes on a descriptor of its own.
  const child = spawnSync(process.execPath, ["--enable-source-maps", ...loader, entry], {
    input: JSON.stringify({ path, options }),
    stdio: ["pipe", 2, 2, "pipe"],
    maxBuffer: 1 << 28,
  });
  const text = String(child.output?.[3] ?? "");
  if (text === "") {
    const how =
      child.signal === null
        ? `its process ended with code ${child.status}`
        : `its process was ended by ${child.signal}`;
    throw new ControllerFault(`${path}: the controller failed: ${how}`);
  }
  const answer = JSON.parse(text) as CheckAnswer;
  if ("result" in answer) return answer.result;
  const { name, message } = answer.error;
  throw name === "ControllerFault" ? new ControllerFault(message) : new Error(`${name}: ${message}`);
}
