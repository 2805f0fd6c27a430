// Judges a run of a campaign by everything: invariants, harms, the controller's contract and requests without an answer. A harm that a
// fault class of docs/hazards.json marks as beyond what this hardware can name in its time is excused, and counted by its hazard;
// a controller cannot add to that list. Of a harm whose time is not over at the end of the run nothing is known yet (EMU-8).

import { secondsOf, ticksOfSeconds } from "../time";
import { HARM_NAMES, HARM_ROWS } from "../contract/harms";
import { UNNAMED_HAZARDS } from "../contract/hazards";
import { INVARIANTS } from "../run/invariants";
import { NO_ANSWER } from "../run/people";
import type { ScenarioRun } from "../run/run";
import type { Scenario } from "../scenario/scenario";
import type { Failure, FailureKind } from "./unit";

/** The commissioning among the entries of a run. */
export const COMMISSIONING = -1;

export interface Judged {
  failures: Failure[];
  /** Ids of hazards, each once. */
  excused: string[];
  /** The last tick in which an alarm may still name a harm in time that none has named; null when there is none to wait for. */
  openUntil: number | null;
}

/** The invariants and harms that a campaign can judge. */
export const JUDGED_IDS: readonly string[] = [...INVARIANTS.map(({ id }) => id), ...HARM_NAMES];

export function failureOf(kind: FailureKind, id: string, text: string, at_s: number | null): Failure {
  return { signature: `${kind} ${id}`, kind, id, text, at_s };
}

/** True when the campaign judges that invariant or harm. */
function judges(property: string, id: string): boolean {
  return property === "all" || property.split(",").includes(id);
}

/** The judgement on a run that has come to its end, the first failure in time first. */
export function judge(run: ScenarioRun, property: string): Judged {
  const failures: Failure[] = [];
  const excused = new Set<string>();
  let openUntil: number | null = null;
  for (const { id, ok, at_s } of run.invariantRows()) {
    if (ok || !judges(property, id)) continue;
    const law = INVARIANTS.find((each) => each.id === id)?.text ?? "";
    failures.push(failureOf("invariant", id, `${id} broke: ${law}`, at_s));
  }
  for (const { name, by, first_s, expected, judged } of run.harmRows()) {
    if (by !== null || expected || !judged || !judges(property, name)) continue;
    const hazard = hazardOf(run.scenario, name, first_s);
    const until = ticksOfSeconds(first_s) + withinOf(name);
    if (hazard !== null) excused.add(hazard);
    else if (run.machine.tick <= until) openUntil = Math.max(openUntil ?? 0, until);
    else failures.push(failureOf("harm", name, `${name}, and no alarm named it in its time`, first_s));
  }
  if (run.failure !== null) failures.push(ofController(run));
  for (const { kind, count, call, first_s } of run.outsideCalls()) {
    const text = `${count} calls of the controller outside of the contract (${kind}), the first to ${call}`;
    failures.push(failureOf("controller", `outside ${kind}`, text, first_s));
  }
  for (const { text, at_tick } of run.lostEvents()) {
    failures.push(failureOf("controller", "lost events", text, at_tick === null ? null : secondsOf(at_tick)));
  }
  const silence = silenceOf(run);
  if (silence !== null && property === "all") failures.push(silence);
  failures.sort((a, b) => (a.at_s ?? Infinity) - (b.at_s ?? Infinity));
  return { failures, excused: [...excused], openUntil };
}

/** The ticks in which an alarm must name a harm. */
export function withinOf(harm: string): number {
  return HARM_ROWS.find(({ name }) => name === harm)?.within_ticks ?? 0;
}

/** A failure of the controller is known by its words, without the numbers in them. */
function ofController(run: ScenarioRun): Failure {
  const text = run.failure ?? "";
  const id = text.replace(/\d+(\.\d+)?/g, "n").slice(0, 80);
  return failureOf("controller", id, text, run.machine.tick / 100);
}

/** The hazard that excuses a harm: one of its faults or acts began before it. */
function hazardOf({ timeline }: Scenario, harm: string, first_s: number): string | null {
  const first = ticksOfSeconds(first_s);
  const before = timeline.filter(({ at_ticks }) => at_ticks <= first);
  const names = before.map((entry) => ("fault" in entry ? entry.fault.fault : entry.action.do));
  const isAmong = (all: readonly string[]): boolean => all.some((name) => names.includes(name));
  const row = UNNAMED_HAZARDS.find(
    (each) =>
      each.harm === harm && isAmong([...each.fault, ...(each.action ?? [])]) && (!each.with || isAmong(each.with)),
  );
  return row?.id ?? null;
}

/** A request that the pump never answered, although nothing was wrong with anything. */
function silenceOf(run: ScenarioRun): Failure | null {
  const { timeline } = run.scenario;
  if (run.outcomeOf(COMMISSIONING) < 0 || run.failure !== null || timeline.some((entry) => "fault" in entry))
    return null;
  const at = timeline.findIndex((entry, i) => "action" in entry && run.outcomeOf(i) === NO_ANSWER);
  if (at < 0) return null;
  const entry = timeline[at] as { at_ticks: number; action: { do: string } };
  const text = `the pump never answered ${entry.action.do}, and nothing was wrong`;
  return failureOf("command", "silence", text, entry.at_ticks / 100);
}
