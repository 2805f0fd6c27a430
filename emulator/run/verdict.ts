// The one verdict of a run. Each judge of a part of a run (expectations, invariants, harms, faults, the controller, two gears)
// adds findings, and a finding is something that went wrong. Verdict, reason and headline are made from the findings alone,
// here: banner, JSON, JUnit, report and exit code all come from this one value. What was judged false makes a run fail, even
// if another finding says that a part of the run proves nothing. The reason is the first finding in the run's own time.
// Something that never happened has no time, so it comes after all that did.

import { formatTicks, secondsOf, ticksOfMilliseconds, ticksOfSeconds } from "../time";

export type Verdict = "pass" | "fail" | "invalid" | "interrupted";

/** The part of the run that was judged. */
export type FindingKind =
  | "expectation"
  | "invariant"
  | "harm"
  /** A fault of the timeline. */
  | "fault"
  /** The controller broke its contract. */
  | "controller"
  /** A person's command that the pump refused or did not answer, the commissioning included. */
  | "command"
  /** The run ended too early. */
  | "end"
  /** The word of a board at the other end of the hal wire. */
  | "board"
  /** The two runs of `--twice`. */
  | "gears"
  /** The run of a patient of a cohort. */
  | "member"
  /** A campaign over many cases. */
  | "campaign"
  /** A figure that another command measures from the run, such as a trumpet curve's. */
  | "acceptance";

export interface Finding {
  /** The tick at which it went wrong; null for something that never happened. */
  at_tick: number | null;
  kind: FindingKind;
  /** A clause in plain words, which is the run's reason if the finding is the first. */
  text: string;
  /** `fail`: it was judged and is false. `invalid`: because of it the run proves nothing. */
  weight: "fail" | "invalid";
}

/** A finding as JSON and the report have it. */
export interface FindingRow {
  at_s: number | null;
  kind: FindingKind;
  weight: Finding["weight"];
  text: string;
}

export interface Judgement {
  verdict: Verdict;
  /** The finding that comes first in time, in words; null for a pass. */
  reason: string | null;
  /** Everything that went wrong, the first in time first. */
  findings: FindingRow[];
}

/**
 * The verdict on a run with these findings. `interruption` says in words that a person ended the run, which then has no other
 * verdict; null for a run that nobody interrupted.
 */
export function judgementOf(findings: readonly Finding[], interruption: string | null = null): Judgement {
  return judged(findings.map(rowOf), interruption);
}

/** The same judgement with more findings; an interrupted run stays one. */
export function withFindings<T extends Judgement>(judgement: T, more: readonly Finding[]): T {
  const interruption = judgement.verdict === "interrupted" ? judgement.reason : null;
  return { ...judgement, ...judged([...judgement.findings, ...more.map(rowOf)], interruption) };
}

/** The same judgement of a run that a person ended after all, as `how` says. */
export function interruptedJudgement<T extends Judgement>(judgement: T, how: string): T {
  return { ...judgement, ...judged(judgement.findings, how) };
}

/** The line of a list for a person: the finding and its moment. */
export function findingWords({ at_s, text }: FindingRow): string {
  return at_s === null ? text : `${formatTicks(ticksOfSeconds(at_s))}: ${text}`;
}

/** The finding about a run that took more than `limit_ms` of the host's time, and so ended at `tick`. */
export function timeLimitFinding(limit_ms: number, tick: number, end_ticks: number): Finding {
  const limit = formatTicks(ticksOfMilliseconds(limit_ms));
  return {
    at_tick: tick,
    kind: "end",
    text: `the time limit of ${limit} was over at ${placeIn(tick, end_ticks)}`,
    weight: "invalid",
  };
}

/** The finding about a run whose line or other end was gone at `tick`. */
export function brokenOffFinding(why: string, tick: number, end_ticks: number): Finding {
  return {
    at_tick: tick,
    kind: "end",
    text: `the run broke off at ${placeIn(tick, end_ticks)}: ${why}`,
    weight: "invalid",
  };
}

/** `3 h of 1 d`; a run without an end has only the first. */
export function placeIn(tick: number, end_ticks: number): string {
  return Number.isFinite(end_ticks) ? `${formatTicks(tick)} of ${formatTicks(end_ticks)}` : formatTicks(tick);
}

function judged(rows: readonly FindingRow[], interruption: string | null): Judgement {
  const findings = [...rows].sort(byTime);
  if (interruption !== null) return { verdict: "interrupted", reason: interruption, findings };
  if (findings.length === 0) return { verdict: "pass", reason: null, findings };
  const verdict = findings.some(({ weight }) => weight === "fail") ? "fail" : "invalid";
  return { verdict, reason: findings[0].text, findings };
}

/** By time, and what has none last. At the same time what was judged false comes first, else the order stays. */
function byTime(a: FindingRow, b: FindingRow): number {
  const [atA, atB] = [a.at_s ?? Infinity, b.at_s ?? Infinity];
  if (atA !== atB) return atA - atB;
  return Number(a.weight === "invalid") - Number(b.weight === "invalid");
}

function rowOf({ at_tick, kind, weight, text }: Finding): FindingRow {
  return { at_s: at_tick === null ? null : secondsOf(at_tick), kind, weight, text };
}
