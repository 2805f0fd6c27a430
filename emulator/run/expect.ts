// Lists the moments at which a run must keep values for its expectations, and judges the expectations at its end. Each row
// has the expectation, what was seen, and for a failure the nearest miss, which is the same event at another time or with
// other fields, and the moment at which it failed. A run that ended early judges what no later tick could change: an event
// that came as expected, one that came too often, a window that has passed. The rest is not judged, and not ok.

import type { EventFields } from "../machine/events";
import { formatTicks } from "../time";
import type { RunEvent } from "./report";
import { ANY_NUMBER, type Expectation, type Scenario, type Shown } from "../scenario/scenario";
import { NG_PER_UG, toThousandth } from "../amounts";

/** Enough to tell a pulse in a full reservoir, and too few for the rounding errors of biased pulses. */
const SEEN_DIGITS = 7;

/** The values that a run keeps of the machine at one moment. */
export interface Probe {
  delivered_nl: number;
  /** One number for each drug, in the order of the scenario. */
  tip_ng: number[];
  /** In the order of the machine's signals. */
  signals: number[];
}

/** A signal that an expectation watches over a time, with the bounds that it has there; null for none. */
export interface Watched {
  signal: string;
  from: number;
  to: number;
  min: number | null;
  max: number | null;
}

/** The extremes of a watched signal so far, and the first tick after which it was out of its bounds, null if it never was. */
export interface Range {
  least: number;
  most: number;
  wrong_at: number | null;
}

export interface Evidence {
  events: readonly RunEvent[];
  /** The probes by tick; null for one that was not reached. */
  at: ReadonlyMap<number, Probe | null>;
  /** The values of the signals of `probesOf(scenario).ranges`, in that order. */
  ranges: readonly Range[];
  harms: readonly SeenHarm[];
  /** The names of the machine's signals, in the order of a probe's values. */
  signals: readonly string[];
}

/** A harm that happened: when it began, the alarm that named it in its time, and the last tick of that time. */
export interface SeenHarm {
  name: string;
  first: number;
  by: string | null;
  until: number;
}

export interface Judged {
  text: string;
  judged: boolean;
  ok: boolean;
  seen: string;
  /** The tick at which it was decided that the expectation fails; null when it holds or is not judged. */
  failed_at: number | null;
}

type Row = Omit<Judged, "text">;

type Of<K extends Expectation["kind"]> = Extract<Expectation, { kind: K }>;

/** The ticks at which expectations need values, rising, and the signals that they watch over a time. */
export function probesOf(scenario: Scenario): {
  ticks: number[];
  ranges: Watched[];
} {
  const ticks = new Set<number>();
  const ranges: Watched[] = [];
  for (const each of scenario.expect) {
    if (each.kind !== "delivered" && each.kind !== "dose" && each.kind !== "signal") continue;
    ticks.add(each.from_ticks).add(each.to_ticks);
    if (each.kind !== "signal") continue;
    const { name, from_ticks, to_ticks, min, max } = each;
    ranges.push({ signal: name, from: from_ticks, to: to_ticks, min, max });
  }
  return { ticks: [...ticks].sort((a, b) => a - b), ranges };
}

/**
 * The watched signals whose time has come and is not over, by their indexes. Ticks that rise cost as much as there are such
 * signals, and not as many as there are expectations.
 */
export class OpenRanges {
  private readonly watched: readonly Watched[];
  /** Indexes by the tick at which the time begins, and the number of those whose time has begun. */
  private readonly byStart: readonly number[];
  private begun = 0;
  private open: number[] = [];
  private last = -1;

  /** `indexes` are those in `watched` of the signals to look at. */
  constructor(watched: readonly Watched[], indexes: readonly number[]) {
    this.watched = watched;
    this.byStart = indexes.toSorted((a, b) => watched[a].from - watched[b].from);
  }

  at(tick: number): readonly number[] {
    const { watched, byStart } = this;
    if (tick < this.last) {
      this.begun = 0;
      this.open = [];
    }
    this.last = tick;
    while (this.begun < byStart.length && watched[byStart[this.begun]].from <= tick)
      this.open.push(byStart[this.begun++]);
    if (this.open.length === 0) return this.open;
    if (this.open.some((i) => watched[i].to < tick)) this.open = this.open.filter((i) => watched[i].to >= tick);
    return this.open;
  }
}

/** One row for each expectation. `ended` is the tick that the run got to. */
export function judge(scenario: Scenario, ended: number, evidence: Evidence): Judged[] {
  // A run to the scenario's own end has seen all that can be seen.
  const seen_until = ended >= scenario.duration_ticks ? Infinity : ended;
  let range = 0;
  return scenario.expect.map((each) => {
    const extremes = each.kind === "signal" ? evidence.ranges[range++] : undefined;
    const row = judgeOne(scenario, each, { ...evidence, seen_until }, extremes);
    const failed_at = row.failed_at === null ? null : Math.min(row.failed_at, ended);
    return { text: each.text, ...row, failed_at };
  });
}

/** The evidence, and the tick up to which the run can tell what did not happen. */
type Seen = Evidence & { seen_until: number };

function judgeOne(scenario: Scenario, each: Expectation, seen: Seen, extremes: Range | undefined): Row {
  switch (each.kind) {
    case "delivered":
      return judgeDelivered(each, seen);
    case "dose":
      return judgeDose(scenario, each, seen);
    case "signal":
      return judgeSignal(each, seen, extremes!);
    case "event":
      return judgeEvent(each, seen);
    case "alarm":
      return judgeAlarm(each, seen);
    case "never":
      return judgeNever(each, seen);
    case "harm":
      return judgeHarm(each, seen);
  }
}

function holds(seen: string): Row {
  return { judged: true, ok: true, seen, failed_at: null };
}

function fails(seen: string, failed_at: number): Row {
  return { judged: true, ok: false, seen, failed_at };
}

function notJudged(seen: string): Row {
  return { judged: false, ok: false, seen: `not judged: the run ended too early (${seen})`, failed_at: null };
}

function judgeDelivered(each: Of<"delivered">, { at }: Seen): Row {
  const from = at.get(each.from_ticks);
  const to = at.get(each.to_ticks);
  if (!from || !to) return notJudged("not reached");
  const volume_nl = to.delivered_nl - from.delivered_nl;
  const seen = amountIn(each.shown, volume_nl);
  return within(volume_nl, each.least_nl, each.most_nl) ? holds(seen) : fails(seen, each.to_ticks);
}

function judgeDose(scenario: Scenario, each: Of<"dose">, { at }: Seen): Row {
  const from = at.get(each.from_ticks);
  const to = at.get(each.to_ticks);
  if (!from || !to) return notJudged("not reached");
  const drug = scenario.drugs.findIndex((one) => one.name === each.drug);
  const dose_ug = (to.tip_ng[drug] - from.tip_ng[drug]) / NG_PER_UG;
  const seen = `${amountIn(each.shown, dose_ug)} of ${each.drug}`;
  return within(dose_ug, each.least_ug, each.most_ug) ? holds(seen) : fails(seen, each.to_ticks);
}

/** An amount in the unit of the expectation. */
function amountIn({ unit, size }: Shown, amount: number): string {
  return `${Number((amount / size).toPrecision(SEEN_DIGITS))} ${unit}`;
}

function judgeSignal(each: Of<"signal">, { at, signals }: Seen, extremes: Range): Row {
  const index = signals.indexOf(each.name);
  const start = at.get(each.from_ticks)?.signals[index];
  if (start === undefined) return notJudged("not reached");
  const overTime = each.to_ticks > each.from_ticks;
  const least = overTime ? Math.min(start, extremes.least) : start;
  const most = overTime ? Math.max(start, extremes.most) : start;
  const seen = overTime ? `${toThousandth(least)} to ${toThousandth(most)}` : String(toThousandth(start));
  if (isOutside(start, each)) return fails(seen, each.from_ticks);
  if (overTime && extremes.wrong_at !== null) return fails(seen, extremes.wrong_at);
  return at.get(each.to_ticks) ? holds(seen) : notJudged(`${seen} so far`);
}

/** True for a value beyond one of the bounds. */
export function isOutside(value: number, { min, max }: { min: number | null; max: number | null }): boolean {
  return (min !== null && value < min) || (max !== null && value > max);
}

function judgeEvent(each: Of<"event">, { events, seen_until }: Seen): Row {
  const alike = events.filter((event) => event.name === each.name);
  const hits = alike.filter((event) => fits(event, each.fields) && inside(event.tick, each));
  const times = hits.slice(0, 3).map((event) => `at ${formatTicks(event.tick)}`);
  const seen = hits.length === 0 ? "none" : `${hits.length} (${times.join(", ")}${hits.length > 3 ? ", ..." : ""})`;
  const miss = () => `${seen}${nearest(alike, hits, each)}`;
  if (hits.length > each.most) return fails(miss(), hits[each.most].tick);
  const mayCome = each.to_ticks >= seen_until;
  if (hits.length < each.least) return mayCome ? notJudged(`${seen} so far`) : fails(miss(), each.to_ticks);
  return mayCome && each.most < ANY_NUMBER ? notJudged(`${seen} so far`) : holds(seen);
}

/** The event of that name that came closest to counting. */
function nearest(alike: readonly RunEvent[], hits: readonly RunEvent[], each: Of<"event">): string {
  const misses = alike.filter((event) => !hits.includes(event));
  if (misses.length === 0) return "";
  const away = (event: RunEvent) => Math.max(each.from_ticks - event.tick, event.tick - each.to_ticks, 0);
  const best = misses.reduce((a, b) => (away(b) < away(a) ? b : a));
  return `; nearest miss: ${describe(best)} at ${formatTicks(best.tick)}`;
}

function judgeAlarm(each: Of<"alarm">, { events, seen_until }: Seen): Row {
  const raised = events.filter((event) => event.name === "alarm_raised" && event["alarm"] === each.name);
  const cleared = events.filter((event) => event.name === "alarm_cleared" && event["alarm"] === each.name);
  const say = (what: string, list: readonly RunEvent[]) =>
    list.length === 0 ? `never ${what}` : `${what} at ${list.map((event) => formatTicks(event.tick)).join(", ")}`;
  const seen = each.cleared ? `${say("raised", raised)}; ${say("cleared", cleared)}` : say("raised", raised);
  const wanted = [
    { span: each.raised ?? { from_ticks: 0, to_ticks: Infinity }, list: raised },
    ...(each.cleared ? [{ span: each.cleared, list: cleared }] : []),
  ];
  const missing = wanted.filter(({ span, list }) => !list.some((event) => inside(event.tick, span)));
  if (missing.length === 0) return holds(seen);
  const firstEnd = Math.min(...missing.map(({ span }) => span.to_ticks));
  const mayCome = seen_until !== Infinity && firstEnd >= seen_until;
  return mayCome ? notJudged(`${seen} so far`) : fails(seen, firstEnd);
}

function judgeNever(each: Of<"never">, { events, seen_until }: Seen): Row {
  const hit = events.find((event) =>
    "alarm" in each
      ? event.name === "alarm_raised" && event["alarm"] === each.alarm
      : event.name === each.event && fits(event, each.fields),
  );
  if (hit) return fails(`${describe(hit)} at ${formatTicks(hit.tick)}`, hit.tick);
  return seen_until === Infinity ? holds("never") : notJudged("never so far");
}

function judgeHarm(each: Of<"harm">, { harms, seen_until }: Seen): Row {
  const alike = harms.filter(({ name }) => name === each.name);
  const hits = alike.filter(({ first }) => inside(first, each));
  const say = ({ first, by }: SeenHarm) =>
    `${by === null ? "named by no alarm" : `named by ${by}`}, from ${formatTicks(first)}`;
  const seen = alike.length > 0 ? alike.map(say).join("; ") : "none";
  const fitting = hits.filter(({ by }) => (by !== null) === each.reported);
  // A harm that no alarm has named yet may still be named.
  if (fitting.some(({ by, until }) => by !== null || until < seen_until)) return holds(seen);
  const mayCome = each.to_ticks >= seen_until || hits.some(({ by, until }) => by === null && until >= seen_until);
  if (mayCome) return notJudged(`${seen} so far`);
  return fails(seen, hits.length > 0 ? hits[0].first : each.to_ticks);
}

/** True when the scenario expects that harm as it happened. */
export function isExpected(scenario: Scenario, { name, first, by }: SeenHarm): boolean {
  return scenario.expect.some(
    (each) => each.kind === "harm" && each.name === name && inside(first, each) && each.reported === (by !== null),
  );
}

function fits(event: RunEvent, fields: EventFields): boolean {
  return Object.entries(fields).every(([key, value]) => event[key] === value);
}

function inside(tick: number, span: { from_ticks: number; to_ticks: number }): boolean {
  return tick >= span.from_ticks && tick <= span.to_ticks;
}

/** True within the bounds and a picolitre or picogram beyond them, because sums of biased pulses have rounding errors. */
function within(value: number, least: number, most: number): boolean {
  return value >= least - 1e-3 && value <= most + 1e-3;
}

function describe(event: RunEvent): string {
  const { tick: _tick, time_s: _time, wall: _wall, name, ...fields } = event;
  const words = Object.entries(fields).map(([key, value]) => `${key} ${value}`);
  return words.length > 0 ? `${name} (${words.join(", ")})` : name;
}
