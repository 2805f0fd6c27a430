// Runs a case from its beginning and judges it. Where only the timeline changes from one case to the next, the pump is commissioned
// once and the later cases go on from there, which comes to the same.

import type { ControllerFactory } from "../machine/controller-host";
import { otherBuildOf } from "../machine/module";
import { TICKS_PER_MINUTE } from "../../hal/units";
import { NO_ANSWER, NOT_SENT } from "../run/people";
import { type SavedRun, ScenarioRun } from "../run/run";
import { scenarioOf } from "../scenario/load";
import { type Scenario, ScenarioError } from "../scenario/scenario";
import { formatTicks, secondsOf } from "../time";
import { type CaseFile, ticksIn } from "./case-file";
import { COMMISSIONING, failureOf, judge, type Judged } from "./judge";
import type { Place } from "./place";

/** The commissioning takes less, also with a slow controller. */
export const COMMISSIONED_TICKS_MAX = 10 * TICKS_PER_MINUTE;

export const BUILDS_DIFFER = "the two builds of the controller come to two machines";

/** Runs of cases of one controller, judged by one property. */
export class CaseRuns {
  private readonly controller: ControllerFactory;
  private readonly property: string;
  private readonly place: Place;
  /** The moment after the commissioning, by what decides it. */
  private commissioned: { key: string; saved: SavedRun | null } | null = null;
  ticks = 0;

  constructor(controller: ControllerFactory, property: string, place: Place) {
    this.controller = controller;
    this.property = property;
    this.place = place;
  }

  open(
    scenario: Scenario,
    gear: "leap" | "lockstep" = "leap",
    controller: ControllerFactory = this.controller,
  ): ScenarioRun {
    return new ScenarioRun(scenario, { gear, controller, tracks: false, placebo: false });
  }

  /** Runs a scenario from its beginning to its end. Throws ScenarioError for a field that the controller does not have. */
  judged(scenario: Scenario): Judged & { run: ScenarioRun } {
    return this.finish(this.open(scenario));
  }

  /** The judgement on a case; null when the loader refuses it. It may go on from the commissioning of the case before. */
  tried(file: CaseFile): Judged | null {
    let scenario: Scenario;
    try {
      scenario = scenarioOf(file, "case");
      const run = this.open(scenario);
      const saved = this.commissionedFor(file, scenario);
      if (saved !== null && saved.machine.tick < (scenario.timeline.at(0)?.at_ticks ?? Infinity)) run.restore(saved);
      return this.finish(run);
    } catch (error) {
      if (error instanceof ScenarioError) return null;
      throw error;
    }
  }

  /** The failure of two gears that come to two machines at the end of the case; null when they come to one. */
  gears(file: CaseFile): Judged | null {
    const scenario = scenarioOf(file, "case");
    const runs = (["leap", "lockstep"] as const).map((gear) => this.open(scenario, gear));
    for (const run of runs) this.finish(run);
    const [one, other] = runs.map(({ fingerprint }) => fingerprint);
    if (one === other) return { failures: [], excused: [], openUntil: null };
    const text = `the two gears come to two machines at ${formatTicks(runs[0].machine.tick)}`;
    const failures = [failureOf("gears", "differ", text, secondsOf(runs[0].machine.tick))];
    return { failures, excused: [], openUntil: null };
  }

  /** The failure of two builds of the controller that come to two machines at the end of the case. */
  builds(file: CaseFile): Judged {
    const scenario = scenarioOf(file, "case");
    const other = otherBuildOf(this.controller) ?? this.controller;
    const runs = [this.open(scenario), this.open(scenario, "leap", other)];
    for (const run of runs) this.finish(run);
    const isSame = runs[0].fingerprint === runs[1].fingerprint;
    const failure = failureOf("builds", "differ", BUILDS_DIFFER, secondsOf(runs[0].machine.tick));
    return { failures: isSame ? [] : [failure], excused: [], openUntil: null };
  }

  private finish(run: ScenarioRun): Judged & { run: ScenarioRun } {
    const from = run.machine.tick;
    const why = this.place.guarded(run, () => run.advance(run.end_ticks));
    if (why !== null) run.fail(why);
    this.ticks += run.machine.tick - from;
    return { run, ...judge(run, this.property) };
  }

  private commissionedFor(file: CaseFile, scenario: Scenario): SavedRun | null {
    const { start, seed, pump, drugs, prescription } = file;
    const key = JSON.stringify([start, seed, pump, drugs, prescription]);
    if (this.commissioned?.key === key) return this.commissioned.saved;
    const alone: CaseFile = { ...file, timeline: [], duration: formatTicks(COMMISSIONED_TICKS_MAX) };
    const run = this.open(scenarioOf(alone, "commissioning"));
    const saved = scenario.commission === "none" ? null : commission(run, this.place);
    this.commissioned = { key, saved };
    return saved;
  }
}

/** Goes on until the pump has answered its commissioning and the link is quiet; null when it never does. */
export function commission(run: ScenarioRun, { guarded }: Place): SavedRun | null {
  const isOver = (): boolean => run.outcomeOf(COMMISSIONING) !== NOT_SENT && !run.exchangesAt(run.machine.tick);
  const why = guarded(run, () => void run.advanceUntil(COMMISSIONED_TICKS_MAX, isOver));
  if (why !== null) run.fail(why);
  return run.failure === null && isOver() ? run.save() : null;
}

/** Why the pump gave its commissioning no answer, as its telemetry link shows; null when it gave one. */
export function whyUnanswered(run: ScenarioRun): string | null {
  const outcome = run.outcomeOf(COMMISSIONING);
  if (outcome !== NO_ANSWER && outcome !== NOT_SENT) return null;
  const { rxBytes, rxCount, txBytes, overflows } = run.machine.board.link;
  if (txBytes > 0) return "what it sends on its telemetry link answers no frame";
  if (rxBytes > 0 && rxCount + overflows >= rxBytes) return "it does not read its telemetry link";
  return "it sends nothing on its telemetry link";
}

/** The tick of an entry of a file. */
export function atOf({ at }: { readonly at: string }): number {
  return ticksIn(at);
}
