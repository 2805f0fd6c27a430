// Carries a unit of seeking out. The pump of the unit is commissioned once; its cases branch from that moment, or from one at which an
// earlier case of the unit had just reached a class that was new to the unit. So a case is the timeline up to there and a new one from
// there, and its file holds both: it comes to the same from its beginning. That is compared on a sample, and both gears are too.

import { OUTCOME_ACCEPTED } from "../../hal/telemetry";
import { TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../hal/units";
import type { ControllerFactory } from "../machine/controller-host";
import { otherBuildOf } from "../machine/module";
import { ScenarioRun, type SavedRun } from "../run/run";
import { scenarioOf } from "../scenario/load";
import { type Scenario, ScenarioError } from "../scenario/scenario";
import { formatTicks, secondsOf } from "../time";
import type { CaseFile } from "./case-file";
import { BUILDS_DIFFER, commission, COMMISSIONED_TICKS_MAX, whyUnanswered } from "./case-run";
import { Draw } from "./draw";
import { drawFeatures, type Planned, TimelineDraw, timelineOf } from "./entries";
import { fieldsOf, leaps } from "./fields";
import { type DrawnFrame, drawFrame } from "./frame";
import { COMMISSIONING, failureOf, judge, type Judged } from "./judge";
import { coreMs, limitOf, type Place } from "./place";
import { PROFILES } from "./profiles";
import { Reached, type SavedReached } from "./reached";
import { type Found, type SeekResult, type SeekUnit, UNIT_MS_MAX } from "./unit";

/** A moment of an earlier run from which cases go on. */
interface Branch {
  saved: SavedRun;
  reached: SavedReached;
  planned: readonly Planned[];
  tick: number;
}

/** Ticks of both gears that are compared. */
const GEARS_TICKS = TICKS_PER_MINUTE;
const GEARS_PART = 1 / 24;
const RESTORE_PART = 1 / 24;
const BUILDS_PART = 1 / 32;
const COLD_PART = 1 / 24;
const BRANCHES_MAX = 12;
const CUTS = 3;
/** Between two slices the time of the unit is looked at. */
const SLICE_TICKS = TICKS_PER_HOUR;
/** A case that branches is at most so many times as long as the longest that does not. */
const LENGTHS_MAX = 2;
/** Where every tick is executed, a case is shorter by this. */
const SLOW_PART = 1 / 12;

export function seek(unit: SeekUnit, controller: ControllerFactory, place: Place): SeekResult {
  return new Seeking(unit, controller, place).carryOut();
}

class Seeking {
  private readonly unit: SeekUnit;
  private readonly controller: ControllerFactory;
  private readonly place: Place;
  private readonly frame: DrawnFrame;
  private readonly part: number;
  private readonly result: SeekResult;
  private readonly seen = new Set<string>();
  private readonly branches: Branch[] = [];
  /** True when the time of the unit is over. */
  private readonly isLate: () => boolean;

  constructor(unit: SeekUnit, controller: ControllerFactory, place: Place) {
    this.unit = unit;
    this.controller = controller;
    this.place = place;
    this.isLate = limitOf(UNIT_MS_MAX * 0.8, place.until_ms);
    const draw = new Draw(unit.seed, `check ${unit.profile} unit ${unit.from}`);
    this.frame = drawFrame(draw, PROFILES[unit.profile], fieldsOf(controller));
    this.part = leaps(controller) ? 1 : SLOW_PART;
    this.result = {
      kind: "seek",
      unit: unit.id,
      ...{ cases: 0, refused: 0, served: 0, ticks: 0, core_ms: 0 },
      unanswered: null,
      compared: { gears: 0, restore: 0, builds: 0 },
      ...{ classes: {}, excused: {}, failures: [] },
    };
  }

  carryOut(): SeekResult {
    const began = process.cpuUsage();
    const commissioned = this.commission();
    const count = this.result.unanswered === null ? this.unit.count : 0;
    for (let i = 0; i < count && !this.isLate(); i++) {
      if (this.place.isSpent?.() || !this.tryCase(this.unit.from + i, commissioned)) break;
    }
    this.result.core_ms = coreMs(began);
    return this.result;
  }

  /** The moment at which the pump has answered its commissioning; null when it never does. */
  private commission(): Branch | null {
    const file: CaseFile = { ...this.frame.file, duration: formatTicks(COMMISSIONED_TICKS_MAX) };
    this.place.onCase?.(this.unit.from, file);
    const run = this.open(scenarioOf(file, "commissioning"));
    const reached = new Reached(run);
    const saved = commission(run, this.place);
    const text = run.failure === null ? whyUnanswered(run) : null;
    if (text !== null) {
      this.advance(run, COMMISSIONED_TICKS_MAX);
      this.result.unanswered = { case: this.unit.from, text, file };
      this.result.cases = 1;
      this.result.ticks = run.machine.tick;
    }
    // No case will show the failure after that.
    if (text !== null || this.place.isSpent?.()) this.noteAll(judge(run, this.unit.property), this.unit.from, file);
    return saved && { saved, reached: reached.save(), planned: [], tick: run.machine.tick };
  }

  private open(
    scenario: Scenario,
    gear: "leap" | "lockstep" = "leap",
    controller: ControllerFactory = this.controller,
  ): ScenarioRun {
    return new ScenarioRun(scenario, { gear, controller, tracks: false, placebo: false });
  }

  /** False when the time of the unit was over in it, and it does not count. */
  private tryCase(index: number, commissioned: Branch | null): boolean {
    const { unit, frame, result } = this;
    const draw = new Draw(unit.seed, `check ${unit.profile} case ${index}`);
    const base = this.chooseBase(draw, commissioned);
    const from = base === null ? 20 : base.tick + 1;
    const [least, most] = frame.profile.length_ticks;
    const length = Math.round(draw.edged(least, most) * this.part);
    const end = Math.min(from + length, most * LENGTHS_MAX);
    const timeline = new TimelineDraw(draw, frame, drawFeatures(draw), from, end, base?.planned ?? []);
    const planned = timeline.drawAll();
    const file: CaseFile = { ...frame.file, duration: formatTicks(end), timeline: timelineOf(planned) };
    let scenario: Scenario;
    try {
      scenario = scenarioOf(file, `case ${index}`);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      result.refused++;
      return true;
    }
    this.place.onCase?.(index, file);
    const run = this.open(scenario);
    const reached = new Reached(run);
    if (base !== null) {
      run.restore(base.saved);
      reached.restore(base.reached);
    }
    const compares = { gears: draw.chance(GEARS_PART), restore: base !== null && draw.chance(RESTORE_PART) };
    const cuts = Array.from({ length: CUTS }, () => draw.integer(from, end - 1)).sort((a, b) => a - b);
    const comparesBuilds = draw.chance(BUILDS_PART);
    const begun = run.machine.tick;
    for (const cut of cuts) {
      if (!this.advance(run, cut)) return false;
      if (compares.gears && run.failure === null && cut + GEARS_TICKS < end) {
        compares.gears = false;
        this.compareGears(run, index, file);
      }
      this.branchFrom(run, reached, planned);
    }
    if (!this.advance(run, end)) return false;
    const whole = this.seenOut(run, index, file);
    if (whole === null) return false;
    if (compares.restore && run.failure === null) this.compareRestored(run, index, file);
    if (comparesBuilds && run.failure === null) this.compareBuilds(run, index, file);
    result.cases++;
    result.ticks += run.machine.tick - begun;
    if (run.outcomeOf(COMMISSIONING) === OUTCOME_ACCEPTED) result.served++;
    for (const each of reached.soFar()) {
      result.classes[each] = (result.classes[each] ?? 0) + 1;
      this.seen.add(each);
    }
    this.noteAll(whole.judged, index, whole.file);
    return true;
  }

  /**
   * The judgement on the case with the time in which an alarm may name the harms in it: from its beginning again if it ends before
   * that. Null when the time of the unit was over in it.
   */
  private seenOut(run: ScenarioRun, index: number, file: CaseFile): { judged: Judged; file: CaseFile } | null {
    const judged = judge(run, this.unit.property);
    const { openUntil } = judged;
    if (openUntil === null || run.failure !== null) return { judged, file };
    const end = openUntil + TICKS_PER_MINUTE;
    const longer: CaseFile = { ...file, duration: formatTicks(end) };
    this.place.onCase?.(index, longer);
    const again = this.open(scenarioOf(longer, `case ${index}`));
    return this.advance(again, end) ? { judged: judge(again, this.unit.property), file: longer } : null;
  }

  private noteAll({ failures, excused }: Judged, index: number, file: CaseFile): void {
    for (const each of failures) this.note({ ...each, case: index, file });
    for (const each of excused) this.result.excused[each] = (this.result.excused[each] ?? 0) + 1;
  }

  /** Mostly the commissioned pump or a moment at which something new was reached; at times the very beginning. */
  private chooseBase(draw: Draw, commissioned: Branch | null): Branch | null {
    if (commissioned === null || draw.chance(COLD_PART)) return null;
    return this.branches.length > 0 && draw.chance(0.5) ? draw.one(this.branches) : commissioned;
  }

  /** Moves on in slices; false when the time of the unit is over. */
  private advance(run: ScenarioRun, tick: number): boolean {
    while (run.machine.tick < tick && run.failure === null) {
      if (this.isLate()) return false;
      const next = Math.min(tick, run.machine.tick + SLICE_TICKS * (this.part === 1 ? 24 : 1));
      const why = this.place.guarded(run, () => run.advance(next));
      if (why !== null) run.fail(why);
    }
    return true;
  }

  /** Keeps the moment if the case has reached something that was new to the unit. */
  private branchFrom(run: ScenarioRun, reached: Reached, planned: readonly Planned[]): void {
    if (run.failure !== null || run.over) return;
    let isNew = false;
    for (const each of reached.classes) {
      if (this.seen.has(each)) continue;
      this.seen.add(each);
      isNew = true;
    }
    const { tick } = run.machine;
    if (!isNew || tick > this.frame.profile.length_ticks[1] * (LENGTHS_MAX - 1)) return;
    const before = planned.filter(({ at }) => at < tick);
    if (this.branches.length >= BRANCHES_MAX) this.branches.shift();
    this.branches.push({ saved: run.save(), reached: reached.save(), planned: before, tick });
  }

  /** Runs the next minute in both gears, from the same moment. */
  private compareGears(run: ScenarioRun, index: number, file: CaseFile): void {
    const saved = run.save();
    const to = run.machine.tick + GEARS_TICKS;
    const other = this.open(run.scenario, "lockstep");
    other.restore(saved);
    if (!this.advance(run, to) || !this.advance(other, to)) return;
    this.result.compared.gears++;
    if (run.failure !== null || other.failure !== null || run.fingerprint === other.fingerprint) return;
    const text = `the two gears come to two machines within ${formatTicks(GEARS_TICKS)}`;
    const cut: CaseFile = {
      ...file,
      duration: formatTicks(to),
      timeline: (file.timeline ?? []).slice(0, countBefore(run, to)),
    };
    this.note({ ...failureOf("gears", "differ", text, secondsOf(run.machine.tick)), case: index, file: cut });
  }

  /** Runs the case from its very beginning too. */
  private compareRestored(run: ScenarioRun, index: number, file: CaseFile): void {
    const whole = this.open(run.scenario);
    if (!this.advance(whole, run.end_ticks)) return;
    this.result.compared.restore++;
    if (whole.failure !== null || run.fingerprint === whole.fingerprint) return;
    const text = "a run that goes on from a snapshot comes to another machine than one from the beginning";
    this.note({ ...failureOf("restore", "differs", text, secondsOf(run.machine.tick)), case: index, file });
  }

  /** Runs the case from its very beginning in the other build of the controller, if it has one. */
  private compareBuilds(run: ScenarioRun, index: number, file: CaseFile): void {
    const other = otherBuildOf(this.controller);
    if (other === null) return;
    const whole = this.open(run.scenario, "leap", other);
    if (!this.advance(whole, run.end_ticks)) return;
    this.result.compared.builds++;
    if (run.fingerprint === whole.fingerprint) return;
    const failure = failureOf("builds", "differ", BUILDS_DIFFER, secondsOf(run.machine.tick));
    this.note({ ...failure, case: index, file });
  }

  private note(found: Found): void {
    const { failures } = this.result;
    if (!failures.some(({ signature }) => signature === found.signature)) failures.push(found);
  }
}

function countBefore(run: ScenarioRun, tick: number): number {
  return run.scenario.timeline.filter(({ at_ticks }) => at_ticks < tick).length;
}
