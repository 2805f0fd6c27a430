// The options that several commands take. This file declares each of them and reads its value. For a wrong value it throws a
// UsageError that names the option, the found value and the expected values.

import { Option } from "commander";
import { availableParallelism } from "node:os";
import { OUTSIDE_CLASSES, type OutsideClass } from "../board/counted";
import { BENCH_CLASSES, type BenchClass } from "../hal-wire/bench-classes";
import { describeUnknown } from "../names";
import { SEED_MAX } from "../random";
import type { RunOptions } from "../run/run";
import { parseTicks } from "../scenario/quantity";
import type { Scenario } from "../scenario/scenario";
import { SPEED_MAX, SPEED_MIN, speedOf, type Speed } from "../speed";
import { formatTicks } from "../time";
import { UsageError } from "../usage-error";

/** The most runs or processes that work at a time. */
const WORKERS_MAX = 256;

type Gear = RunOptions["gear"];

/** Declares `--gear`. `about` is its help text. Without it the scenario's gear is in force. */
export function gearOption(about = "leap over quiet ticks, or execute every one"): Option {
  return new Option("--gear <gear>", `${about} (default: the scenario's, else leap)`).choices(["leap", "lockstep"]);
}

/** The gear of the option, else the scenario's, else leap. */
export function gearOf(given: Gear | undefined, { gear = "leap" }: Scenario): Gear {
  return given ?? gear;
}

/** The controller of the option, else the scenario's; null for the reference controller. */
export function controllerOf(given: string | undefined, { controller }: Scenario): string | null {
  return given ?? controller ?? null;
}

/** Declares `--trace`, which may be given more than once. */
export function traceOption(): Option {
  return new Option("--trace <file>", "write every signal's changes, .csv or .vcd (repeatable)")
    .argParser((file, all: string[]) => [...all, file])
    .default([], "none");
}

export const SIGNALS = [
  "--signals <name,...>",
  "what --trace writes: signals and symbols, * for any characters (default: the published signals)",
] as const;

/** Declares `--draw`. Without it the patient's own `draw` is in force. */
export function drawOption(): Option {
  return new Option("--draw <draw>", "the patient's draw instead of the scenario's").choices(["typical", "sampled"]);
}

/** The scenario with that draw for its patient. Throws UsageError on one without a patient. */
export function withDraw(scenario: Scenario, draw: "typical" | "sampled" | undefined): Scenario {
  if (draw === undefined) return scenario;
  return { ...scenario, patient: { ...patientOf(scenario, "--draw"), draw } };
}

/** The patient of a scenario. Throws UsageError when there is none, for what `needs` one. */
export function patientOf({ file, patient }: Scenario, needs: string): NonNullable<Scenario["patient"]> {
  if (patient !== undefined) return patient;
  throw new UsageError(`${needs}: found no patient in ${file}, expected a scenario with one (key patient)`);
}

/** The names that `--signals` has. */
export function signalsOption(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (!names.includes("")) return names;
  throw new UsageError(
    `--signals: found ${text === "" ? "nothing" : text}, expected names of signals, such as motor.*,therapy.rate`,
  );
}

/** Flags and help text of the options that are the same in every command that has them. */
export const SEED = ["--seed <n>", `the seed instead of the scenario's, 0 to ${SEED_MAX}`] as const;
export const UNTIL = ["--until <time>", "end early, for instance '9 h 30 min'"] as const;
export const REPORT = ["--report <file.html>", "write a report with plots, as one file that needs no network"] as const;
export const CONTROLLER = [
  "--controller <module>",
  "a controller (.js, .mjs, .ts, .wasm) instead of the scenario's, or the reference controller",
] as const;
/** Of a command that makes its scenarios itself. */
export const OWN_CONTROLLER = [
  CONTROLLER[0],
  "a controller (.js, .mjs, .ts, .wasm) instead of the reference controller",
] as const;
export const SAVE = ["--save <file>", "write a snapshot of the machine at the end"] as const;
export const FROM = ["--from <file>", "continue from a snapshot; the scenario may be another from there on"] as const;
export const JUNIT = ["--junit <file>", "write what was judged as JUnit XML, for a CI server"] as const;
export const ENGINE = ["--engine <url>", "the Redis with the queue of units: redis://HOST:PORT"] as const;
export const JSON_OUTPUT = ["--json", "print one JSON value on stdout and nothing else"] as const;

export const ALLOW = [
  "--allow <class,...>",
  `forgive the controller's calls outside of the contract (${OUTSIDE_CLASSES.join(", ")})`,
] as const;

/** Of a command that may have a bench. */
export const ALLOW_ON_BENCH = [
  ALLOW[0],
  `${ALLOW[1]}; with --board also a bench's claims (${BENCH_CLASSES.join(", ")})`,
] as const;

/** The classes that `--allow` names. */
export function allowOption(text: string | undefined): { allow?: OutsideClass[] } {
  return text === undefined ? {} : { allow: classesOf(text, OUTSIDE_CLASSES) };
}

/** The classes of a controller's calls, and of what a bench claims, that `--allow` names beside `--board`. */
export function allowOnBench(text: string | undefined): { allow?: OutsideClass[]; allowClaims?: BenchClass[] } {
  if (text === undefined) return {};
  const named = classesOf(text, [...OUTSIDE_CLASSES, ...BENCH_CLASSES]);
  const isNamed = (each: OutsideClass | BenchClass): boolean => named.includes(each);
  return { allow: OUTSIDE_CLASSES.filter(isNamed), allowClaims: BENCH_CLASSES.filter(isNamed) };
}

function classesOf<T extends string>(text: string, classes: readonly T[]): T[] {
  return text.split(",").map((word) => {
    const known = classes.find((each) => each === word.trim());
    if (known) return known;
    throw new UsageError(`--allow: ${describeUnknown("class", word.trim(), classes)}`);
  });
}

/** The value of a duration option in ticks of 10 ms. */
export function durationOption(name: string, text: string): number {
  const parsed = parseTicks(text);
  if (!parsed.ok) throw new UsageError(`${name}: ${parsed.problem}`);
  return parsed.ticks;
}

/** The value of `--until` in ticks: more than none, and `most_ticks` at most. */
export function untilOption(text: string, most_ticks = Infinity): number {
  const ticks = durationOption("--until", text);
  if (ticks === 0)
    throw new UsageError(`--until: found ${text}, expected more than 0 s: a run of no tick proves nothing`);
  if (ticks <= most_ticks) return ticks;
  throw new UsageError(`--until: found ${text}, expected at most the scenario's ${formatTicks(most_ticks)}`);
}

/** The value of an integer option, which must be digits alone and from `least` to `most`. */
export function integerOption(name: string, text: string, most: number, least = 0): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${name}: found ${text}, expected an integer from ${least} to ${most}`);
  }
  return value;
}

/** The value of `--workers`; without it the cores of the machine. */
export function workersOption(text: string | undefined): number {
  return text === undefined ? availableParallelism() : integerOption("--workers", text, WORKERS_MAX, 1);
}

export function seedOption(text: string): number {
  return integerOption("--seed", text, SEED_MAX);
}

export function speedOption(text: string): Speed {
  const speed = speedOf(text);
  if (speed !== null) return speed;
  throw new UsageError(`--speed: found ${text}, expected a number from ${SPEED_MIN} to ${SPEED_MAX}, or max`);
}

/** Checks that the file name of `--report` ends in .html. Throws UsageError. */
export function checkReportName(file: string | undefined): void {
  if (file === undefined || file.endsWith(".html")) return;
  throw new UsageError(`--report: found ${file}, expected a file that ends in .html`);
}
