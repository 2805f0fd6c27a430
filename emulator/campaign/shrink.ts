// Makes a failing case smaller, as a person would tell it: fewer entries, a shorter run, a plainer prescription, round times and amounts. A
// smaller case counts if it fails by the same signature. It tries no more runs than the unit says, so it takes a bounded time, and what
// it has reached by then is a counterexample already. First it runs the case again: one that does not fail again is unsteady.

import type { ControllerFactory } from "../machine/controller-host";
import { parseScenario } from "../scenario/load";
import { ScenarioError } from "../scenario/scenario";
import { formatTicks, ticksOfSeconds } from "../time";
import { TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../../hal/units";
import { atOf, CaseRuns } from "./case-run";
import { type CaseFile, type EntryWords, textOfCase, ticksIn, type Value } from "./case-file";
import { withinOf } from "./judge";
import { coreMs, limitOf, type Place } from "./place";
import { type Failure, type ShrinkResult, type ShrinkUnit, UNIT_MS_MAX } from "./unit";

/** The units of time to which a person rounds, the coarsest first. */
const ROUND_TICKS = [TICKS_PER_HOUR, 10 * TICKS_PER_MINUTE, TICKS_PER_MINUTE, TICKS_PER_SECOND, TICKS_PER_SECOND / 10];

/** Tries for a controller that hangs: each takes a second of waiting. */
const HANG_TRIES = 12;

export function shrink(unit: ShrinkUnit, controller: ControllerFactory, place: Place): ShrinkResult {
  const began = process.cpuUsage();
  const shrinking = new Shrinking(unit, new CaseRuns(controller, unit.property, place), place.until_ms);
  const failure = shrinking.failureOf(unit.file, true);
  const last = failure === null || shrinking.isFixed || place.isSpent?.() ? null : shrinking.smallest(failure);
  return {
    kind: "shrink",
    unit: unit.id,
    repeats: failure !== null,
    failure: last?.failure ?? failure,
    file: last?.file ?? unit.file,
    tries: shrinking.tries,
    core_ms: coreMs(began),
  };
}

class Shrinking {
  private readonly unit: ShrinkUnit;
  private readonly runs: CaseRuns;
  private readonly isSpent: () => boolean;
  private best: { file: CaseFile; failure: Failure } | null = null;
  tries = 0;

  constructor(unit: ShrinkUnit, runs: CaseRuns, until_ms = Infinity) {
    this.unit = unit;
    this.runs = runs;
    this.isSpent = limitOf(UNIT_MS_MAX * 0.7, until_ms);
  }

  /** A failure that is a comparison of whole runs is not made smaller. */
  get isFixed(): boolean {
    return /^(gears|restore|builds) /.test(this.unit.signature);
  }

  /** The failure of a case that has the unit's signature; null when it has none. `whole`: from its text and its beginning. */
  failureOf(file: CaseFile, whole = false): Failure | null {
    this.tries++;
    const { signature } = this.unit;
    const judged = this.isFixed ? this.compared(file) : whole ? this.whole(file) : this.runs.tried(file);
    return judged?.failures.find((each) => each.signature === signature) ?? null;
  }

  private compared(file: CaseFile) {
    return this.unit.signature.startsWith("builds ") ? this.runs.builds(file) : this.runs.gears(file);
  }

  private whole(file: CaseFile) {
    try {
      return this.runs.judged(parseScenario(textOfCase(file), "case"));
    } catch (error) {
      if (error instanceof ScenarioError) return null;
      throw error;
    }
  }

  /** The smallest case, run once more from its text; null if that is no counterexample. */
  smallest(failure: Failure): { file: CaseFile; failure: Failure } | null {
    this.best = { file: this.unit.file, failure };
    this.shrinkAll();
    const again = this.failureOf(this.best.file, true);
    return again === null ? null : { file: this.best.file, failure: again };
  }

  private shrinkAll(): void {
    this.cutEnd();
    this.dropEntries();
    this.simplify();
    this.cutEnd();
    this.roundTimes();
    this.roundAmounts();
    this.dropEntries();
    this.roundEnd();
  }

  private get file(): CaseFile {
    return this.best!.file;
  }

  private get timeline(): readonly EntryWords[] {
    return this.file.timeline ?? [];
  }

  /** True when there is no more to spend. */
  private get isOver(): boolean {
    const most = this.unit.signature.includes("did not return")
      ? Math.min(HANG_TRIES, this.unit.tries)
      : this.unit.tries;
    return this.tries >= most || this.isSpent();
  }

  /** Takes a smaller case if it fails too. */
  private take(file: CaseFile): boolean {
    if (this.isOver || JSON.stringify(file) === JSON.stringify(this.file)) return false;
    const failure = this.failureOf(file);
    if (failure === null) return false;
    this.best = { file, failure };
    return true;
  }

  /** Ends the run soon after the failure; one about something that did not happen needs its time. */
  private cutEnd(): void {
    const { at_s, kind, id } = this.best!.failure;
    if (at_s === null) return;
    const within = kind === "harm" ? withinOf(id) : 0;
    const at = ticksOfSeconds(at_s) + within;
    for (const more of [TICKS_PER_SECOND, TICKS_PER_MINUTE, TICKS_PER_HOUR]) {
      if (at + more < ticksIn(this.file.duration) && this.take(endingAt(this.file, at + more))) return;
    }
  }

  private roundEnd(): void {
    const end = ticksIn(this.file.duration);
    for (const unit of ROUND_TICKS) {
      if (this.take({ ...this.file, duration: formatTicks(Math.ceil(end / unit) * unit) })) return;
    }
  }

  /** Leaves out as many entries as it can, many at a time first. */
  private dropEntries(): void {
    let size = Math.ceil(this.timeline.length / 2);
    while (size >= 1 && !this.isOver) {
      let dropped = false;
      for (let from = 0; from < this.timeline.length;) {
        const left = [...this.timeline.slice(0, from), ...this.timeline.slice(from + size)];
        if (this.take({ ...this.file, timeline: left })) dropped = true;
        else from += size;
      }
      if (size === 1 && !dropped) return;
      size = size === 1 ? 1 : Math.ceil(size / 2);
    }
  }

  /** Leaves out what a file need not have, and makes the prescription plain. */
  private simplify(): void {
    for (const key of ["pump", "start", "seed"] as const) {
      const { [key]: _left, ...rest } = this.file;
      if (key in this.file && !this.take(rest) && key === "pump") this.dropKeys(["pump"]);
    }
    this.simplifyPrescription(["prescription"]);
    this.timeline.forEach((entry, i) => {
      if ("prescription" in entry) this.simplifyPrescription(["timeline", i, "prescription"]);
      this.dropKeys(["timeline", i], ["drugs", "aspirate", "accept", "confirm", "purged", "for"]);
    });
  }

  private simplifyPrescription(path: Path): void {
    const plain: Value = { mode: "continuous", rate: "100 uL/day" };
    const { basal } = valueAt(this.file, path) as { basal: Value };
    if (JSON.stringify(basal) !== JSON.stringify(plain)) this.take(withValue(this.file, [...path, "basal"], plain));
    this.dropKeys(path, ["limits", "patient_bolus", "low_reservoir"]);
    if (!this.dropKeys(path, ["confirm", "reason"], true)) this.dropKeys([...path, "confirm"]);
    for (const list of ["limits", "basal.steps"]) this.dropElements([...path, ...list.split(".")]);
  }

  /** Leaves out those keys of a mapping, each alone or all at once. Returns whether any could be. */
  private dropKeys(path: Path, keys?: readonly string[], together = false): boolean {
    const found = valueAt(this.file, path);
    if (typeof found !== "object" || found === null) return false;
    const known = (keys ?? Object.keys(found)).filter((key) => key in found);
    const sets = together ? [known] : known.map((key) => [key]);
    let any = false;
    for (const set of sets) {
      const now = valueAt(this.file, path) as Record<string, Value>;
      const left = Object.fromEntries(Object.entries(now).filter(([key]) => !set.includes(key)));
      if (set.length > 0 && this.take(withValue(this.file, path, left))) any = true;
    }
    return any;
  }

  private dropElements(path: Path): void {
    const list = valueAt(this.file, path);
    if (!Array.isArray(list)) return;
    for (let i = list.length - 1; i >= 0; i--) {
      const now = valueAt(this.file, path) as Value[];
      if (now.length > 1)
        this.take(
          withValue(
            this.file,
            path,
            now.filter((_, at) => at !== i),
          ),
        );
    }
  }

  /** All times at once by the same shift, then each alone, the coarsest unit first. */
  private roundTimes(): void {
    const [first] = this.timeline;
    if (first === undefined) return;
    for (const unit of ROUND_TICKS) {
      const at = Math.max(TICKS_PER_MINUTE, Math.round(atOf(first) / unit) * unit);
      if (this.take(shifted(this.file, at - atOf(first)))) break;
    }
    for (let i = 0; i < this.timeline.length; i++) {
      this.roundTime(i, "at");
      this.roundTime(i, "for");
    }
  }

  private roundTime(i: number, key: "at" | "for"): void {
    const words = this.timeline[i][key];
    if (typeof words !== "string") return;
    const ticks = ticksIn(words);
    for (const unit of ROUND_TICKS) {
      const rounded = Math.round(ticks / unit) * unit;
      if (rounded === ticks) return;
      const timeline = this.timeline.map((each, at) => (at === i ? { ...each, [key]: formatTicks(rounded) } : each));
      if (rounded > 0 && this.take({ ...this.file, timeline: inOrder(timeline) })) return;
    }
  }

  /** Amounts to one significant digit, then to two; a duration to whole minutes. */
  private roundAmounts(): void {
    for (const path of amountsIn(this.file, [])) {
      const words = valueAt(this.file, path);
      if (typeof words !== "string") continue;
      for (const rounded of rounder(words)) if (this.take(withValue(this.file, path, rounded))) break;
    }
  }
}

type Path = readonly (string | number)[];

function endingAt(file: CaseFile, tick: number): CaseFile {
  return { ...file, duration: formatTicks(tick), timeline: (file.timeline ?? []).filter((each) => atOf(each) < tick) };
}

function shifted(file: CaseFile, by: number): CaseFile {
  const timeline = (file.timeline ?? []).map((each) => ({ ...each, at: formatTicks(atOf(each) + by) }));
  return { ...file, duration: formatTicks(ticksIn(file.duration) + by), timeline };
}

function inOrder(timeline: readonly EntryWords[]): EntryWords[] {
  return [...timeline].sort((a, b) => atOf(a) - atOf(b));
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

function withValue<T>(value: T, path: Path, part: unknown): T {
  const [key, ...rest] = path;
  if (key === undefined) return part as T;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, unknown>;
  copy[key] = withValue(copy[key], rest, part);
  return copy as T;
}

/** The paths of all amounts of a file, its times aside. */
function amountsIn(value: unknown, path: Path): Path[] {
  if (typeof value === "string") return /^-?[\d.]+ \S+$/.test(value) && path.at(-1) !== "at" ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, each]) => amountsIn(each, [...path, isList ? Number(key) : key]));
}

function rounder(words: string): string[] {
  const [number, unit] = words.split(" ");
  const digits = [1, 2].map((count) => String(Number(Number(number).toPrecision(count))));
  return [...new Set(digits)].filter((each) => each !== number && Number(each) !== 0).map((each) => `${each} ${unit}`);
}
