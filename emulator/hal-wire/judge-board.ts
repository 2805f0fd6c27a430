// The verdict on a scenario that a board at the other end of the hal wire played. The board says how it went, and this end judges
// what it saw itself: the events of its own controller, alarms included, and whether the rotor turned enough for what was to be
// delivered. For the rest (doses at the tip, signals of the board and the world, faults, invariants) it has the board's word,
// which counts only if the board says that it plays the scenario, and only for a run that this end saw to its end. Where the
// board sees more than the wire carries, as a worn head that delivers too much, only what no head could do is judged false here.

import { PULSE_NL, TICKS_PER_SECOND } from "../../hal/units";
import { TEXT, volumeWords } from "../amounts";
import { wallTextAt } from "../calendar";
import { describeEvent, isTraced } from "../machine/events";
import { judge, type Judged } from "../run/expect";
import type { RunEvent } from "../run/report";
import { brokenOffFinding, judgementOf, placeIn, timeLimitFinding, type Finding, type Judgement } from "../run/verdict";
import type { Expectation, Scenario } from "../scenario/scenario";
import { formatTicks, secondsOf } from "../time";
import type { ControllerOutcome } from "./controller-job";

/** An expectation, and which end knows of it; null when neither does. `judged`: by this end. `ok` may be the board's word. */
export interface BoardRow {
  text: string;
  judged: boolean;
  ok: boolean;
  seen: string;
  by: "here" | "board" | null;
}

export interface BoardJudgement extends Judgement {
  expectations: BoardRow[];
  /** Expectations by their texts, and whole kinds of things, that this end could not judge. */
  not_judged: string[];
  /** The tick to which this end saw the run. */
  ended: number;
}

/** In real time a board may end a run this long after its last inputs arrived here. */
const LATE_TICKS = TICKS_PER_SECOND;
/** No head displaces more than this multiple of its nominal volume, unless a fault of the scenario makes it. */
const HEAD_FACTOR_MAX = 2;

export function judgeBoard(scenario: Scenario, outcome: ControllerOutcome, limit_ms: number): BoardJudgement {
  const { end, seen, brokenOff, playsScenario } = outcome;
  const believed = seen.lastTick + 1 + (outcome.lockstep ? seen.idle : LATE_TICKS);
  const ended = Math.max(0, Math.min(end?.ticks ?? seen.lastTick + 1, believed));
  const isWhole = end !== null && ended >= scenario.duration_ticks;
  const boardSays = playsScenario && isWhole && end.verdict === "pass";
  const rows = rowsOf(scenario, outcome, ended);
  const expectations = rows.map(({ failed_at: _at, ...row }): BoardRow => {
    if (row.judged) return { ...row, by: "here" };
    if (boardSays) return { ...row, ok: true, seen: "not judged here: it held, says the board", by: "board" };
    return { ...row, by: null };
  });
  const findings = [
    ...wireFindings(scenario, outcome, ended, believed, limit_ms),
    ...rows.flatMap(({ judged, ok, text, seen: why, failed_at }): Finding[] =>
      judged && !ok
        ? [{ at_tick: failed_at, kind: "expectation", text: `expected ${text}; seen: ${why}`, weight: "fail" }]
        : [],
    ),
  ];
  const isInterrupted = brokenOff?.by === "interrupt" || end?.verdict === "interrupted";
  const not_judged = [
    ...expectations.filter(({ judged }) => !judged).map(({ text }) => text),
    ...["faults", "harms", "invariants"],
  ];
  return { ...judgementOf(findings, isInterrupted ? "interrupted" : null), expectations, not_judged, ended };
}

function wireFindings(
  { duration_ticks }: Scenario,
  { end, brokenOff, failure, playsScenario }: ControllerOutcome,
  ended: number,
  believed: number,
  limit_ms: number,
): Finding[] {
  const findings: Finding[] = [];
  const proofless = (text: string): void => {
    findings.push({ at_tick: null, kind: "end", text, weight: "invalid" });
  };
  if (!playsScenario) proofless("nobody played the scenario: the board does not say that it plays one");
  if (failure) findings.push({ ...failure, kind: "controller", weight: "invalid" });
  if (brokenOff?.by === "limit") findings.push(timeLimitFinding(limit_ms, ended, duration_ticks));
  else if (brokenOff && brokenOff.by !== "controller")
    findings.push(brokenOffFinding(brokenOff.why, ended, duration_ticks));
  if (end === null) return findings;
  if (end.ticks > believed) {
    proofless(`the board says that it ran for ${formatTicks(end.ticks)}, and sent the inputs of ${formatTicks(ended)}`);
  }
  if (end.verdict === "fail" || end.verdict === "invalid") {
    const text = `the board says: ${end.verdict}${end.reason === "" ? "" : `, ${end.reason}`}`;
    findings.push({ at_tick: null, kind: "board", text, weight: end.verdict });
  } else if (ended < duration_ticks && end.verdict === "pass") {
    proofless(`the run ended at ${placeIn(ended, duration_ticks)}, and the board calls it a pass`);
  }
  return findings;
}

/** Every expectation in the order of the scenario, judged by what this end saw. */
function rowsOf(scenario: Scenario, { seen, lockstep }: ControllerOutcome, ended: number): Judged[] {
  const events = seen.events.flatMap(([tick, code, a, b, c]): RunEvent[] => {
    const known = describeEvent(code, a, b, c);
    const wall = wallTextAt(scenario.start, tick);
    return known ? [{ tick, time_s: secondsOf(tick), wall, name: known.name, ...known.fields }] : [];
  });
  return scenario.expect.map((each) => {
    if (each.kind === "delivered") return judgeDelivered(scenario, each, seen.steps, ended);
    if (!isSeenHere(each, lockstep)) return unseen(each);
    return judge({ ...scenario, expect: [each] }, ended, {
      events,
      at: new Map(),
      ranges: [],
      harms: [],
      signals: [],
    })[0];
  });
}

/** In real time an event's tick is here another one than at the board, so only what must never happen is judged. */
function isSeenHere(each: Expectation, lockstep: boolean): boolean {
  if (each.kind === "never") return !("event" in each) || isTraced(each.event);
  return lockstep && (each.kind === "alarm" || (each.kind === "event" && isTraced(each.name)));
}

function unseen({ text }: Expectation): Judged {
  return { text, judged: false, ok: false, seen: "this end of the wire cannot see it", failed_at: null };
}

function judgeDelivered(
  scenario: Scenario,
  each: Extract<Expectation, { kind: "delivered" }>,
  steps: ControllerOutcome["seen"]["steps"],
  ended: number,
): Judged {
  if (ended < each.to_ticks) return unseen(each);
  const stepsAt = (tick: number): number => (steps.findLast((row) => row.tick <= tick) ?? steps.at(0))?.steps ?? 0;
  const turned = stepsAt(each.to_ticks + LATE_TICKS) - stepsAt(each.from_ticks - LATE_TICKS);
  const factors = scenario.timeline.map((entry) =>
    "fault" in entry && entry.fault.fault === "over_delivery" ? entry.fault.parameter : 1,
  );
  const most_nl = turned * PULSE_NL * HEAD_FACTOR_MAX * Math.max(1, ...factors);
  if (each.least_nl <= most_nl) return unseen(each);
  const seen = `the rotor turned by ${turned} steps, nominally ${volumeWords(turned * PULSE_NL, TEXT)}`;
  return { text: each.text, judged: true, ok: false, seen, failed_at: each.to_ticks };
}
