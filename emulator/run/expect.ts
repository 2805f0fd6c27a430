// Lists the moments at which a run must keep values for its expectations, and judges the expectations at its end. Each row
// has the expectation, what was seen, and for a failure the nearest miss, which is the same event at another time or with
// other fields. Expectations that lie beyond the end of a shortened run are left out.

import type { EventFields } from "../machine/events";
import { SIGNALS } from "../machine/signals";
import { formatTicks } from "../time";
import type { RunEvent } from "./report";
import type { Expectation, Scenario } from "../scenario/scenario";
import { NG_PER_UG, NL_PER_UL, toThousandth } from "../amounts";

/** The values that a run keeps of the machine at one moment. */
export interface Probe {
  delivered_nl: number;
  /** One number for each drug, in the order of the scenario. */
  tip_ng: number[];
  /** In the order of SIGNALS. */
  signals: number[];
}

export interface Evidence {
  events: readonly RunEvent[];
  /** The probes by tick; null for one that was not reached. */
  at: ReadonlyMap<number, Probe | null>;
  /** Extremes of the signals of `probesOf(scenario).ranges`, in that order. */
  ranges: readonly { least: number; most: number }[];
}

interface Judged {
  ok: boolean;
  text: string;
  seen: string;
}

type Of<K extends Expectation["kind"]> = Extract<Expectation, { kind: K }>;

/** The ticks at which expectations need values, rising, and the signals that they watch over a time. */
export function probesOf(scenario: Scenario): {
  ticks: number[];
  ranges: { from: number; to: number; signal: string }[];
} {
  const ticks = new Set<number>();
  const ranges: { from: number; to: number; signal: string }[] = [];
  for (const each of scenario.expect) {
    if (each.kind !== "delivered" && each.kind !== "dose" && each.kind !== "signal") continue;
    ticks.add(each.from_ticks).add(each.to_ticks);
    if (each.kind === "signal") ranges.push({ from: each.from_ticks, to: each.to_ticks, signal: each.name });
  }
  return { ticks: [...ticks].sort((a, b) => a - b), ranges };
}

/** True when the run ended before the expectation can be judged. */
function isBeyond(expectation: Expectation, end_ticks: number): boolean {
  if (expectation.kind === "never") return false;
  if (expectation.kind === "alarm") {
    const ends = [expectation.raised?.to_ticks ?? 0, expectation.cleared?.to_ticks ?? 0];
    return Math.max(...ends) > end_ticks;
  }
  return expectation.to_ticks > end_ticks;
}

/** One row for each expectation that the run reached. */
export function judge(scenario: Scenario, end_ticks: number, evidence: Evidence): Judged[] {
  const rows: Judged[] = [];
  let range = 0;
  for (const each of scenario.expect) {
    const extremes = each.kind === "signal" ? evidence.ranges[range++] : undefined;
    // A run to the scenario's own end judges everything; only a shortened run leaves something out.
    if (end_ticks < scenario.duration_ticks && isBeyond(each, end_ticks)) continue;
    rows.push({ text: each.text, ...judgeOne(scenario, each, evidence, extremes) });
  }
  return rows;
}

function judgeOne(
  scenario: Scenario,
  each: Expectation,
  evidence: Evidence,
  extremes: { least: number; most: number } | undefined,
): Omit<Judged, "text"> {
  switch (each.kind) {
    case "delivered":
      return judgeDelivered(each, evidence);
    case "dose":
      return judgeDose(scenario, each, evidence);
    case "signal":
      return judgeSignal(each, evidence, extremes!);
    case "event":
      return judgeEvent(each, evidence.events);
    case "alarm":
      return judgeAlarm(each, evidence.events);
    case "never":
      return judgeNever(each, evidence.events);
  }
}

function judgeDelivered(each: Of<"delivered">, { at }: Evidence): Omit<Judged, "text"> {
  const from = at.get(each.from_ticks);
  const to = at.get(each.to_ticks);
  if (!from || !to) return { ok: false, seen: "not reached" };
  const volume_nl = to.delivered_nl - from.delivered_nl;
  return { ok: within(volume_nl, each.least_nl, each.most_nl), seen: `${toThousandth(volume_nl / NL_PER_UL)} uL` };
}

function judgeDose(scenario: Scenario, each: Of<"dose">, { at }: Evidence): Omit<Judged, "text"> {
  const from = at.get(each.from_ticks);
  const to = at.get(each.to_ticks);
  if (!from || !to) return { ok: false, seen: "not reached" };
  const drug = scenario.drugs.findIndex((one) => one.name === each.drug);
  const dose_ug = (to.tip_ng[drug] - from.tip_ng[drug]) / NG_PER_UG;
  return { ok: within(dose_ug, each.least_ug, each.most_ug), seen: `${toThousandth(dose_ug)} ug of ${each.drug}` };
}

function judgeSignal(
  each: Of<"signal">,
  { at }: Evidence,
  extremes: { least: number; most: number },
): Omit<Judged, "text"> {
  const index = SIGNALS.findIndex((signal) => signal.name === each.name);
  const start = at.get(each.from_ticks)?.signals[index];
  if (start === undefined) return { ok: false, seen: "not reached" };
  const overTime = each.to_ticks > each.from_ticks;
  const least = overTime ? Math.min(start, extremes.least) : start;
  const most = overTime ? Math.max(start, extremes.most) : start;
  const ok = (each.min === null || least >= each.min) && (each.max === null || most <= each.max);
  return { ok, seen: overTime ? `${toThousandth(least)} to ${toThousandth(most)}` : String(toThousandth(start)) };
}

function judgeEvent(each: Of<"event">, events: readonly RunEvent[]): Omit<Judged, "text"> {
  const alike = events.filter((event) => event.name === each.name);
  const hits = alike.filter((event) => fits(event, each.fields) && inside(event.tick, each));
  const ok = hits.length >= each.least && hits.length <= each.most;
  const times = hits.slice(0, 3).map((event) => `at ${formatTicks(event.tick)}`);
  const seen = hits.length === 0 ? "none" : `${hits.length} (${times.join(", ")}${hits.length > 3 ? ", ..." : ""})`;
  return { ok, seen: ok ? seen : `${seen}${nearest(alike, hits, each)}` };
}

/** The event of that name that came closest to counting. */
function nearest(alike: readonly RunEvent[], hits: readonly RunEvent[], each: Of<"event">): string {
  const misses = alike.filter((event) => !hits.includes(event));
  if (misses.length === 0) return "";
  const away = (event: RunEvent) => Math.max(each.from_ticks - event.tick, event.tick - each.to_ticks, 0);
  const best = misses.reduce((a, b) => (away(b) < away(a) ? b : a));
  return `; nearest miss: ${describe(best)} at ${formatTicks(best.tick)}`;
}

function judgeAlarm(each: Of<"alarm">, events: readonly RunEvent[]): Omit<Judged, "text"> {
  const raised = events.filter((event) => event.name === "alarm_raised" && event["alarm"] === each.name);
  const cleared = events.filter((event) => event.name === "alarm_cleared" && event["alarm"] === each.name);
  const wasRaised = each.raised ? raised.some((event) => inside(event.tick, each.raised!)) : raised.length > 0;
  const wasCleared = !each.cleared || cleared.some((event) => inside(event.tick, each.cleared!));
  const say = (what: string, list: readonly RunEvent[]) =>
    list.length === 0 ? `never ${what}` : `${what} at ${list.map((event) => formatTicks(event.tick)).join(", ")}`;
  const seen = each.cleared ? `${say("raised", raised)}; ${say("cleared", cleared)}` : say("raised", raised);
  return { ok: wasRaised && wasCleared, seen };
}

function judgeNever(each: Of<"never">, events: readonly RunEvent[]): Omit<Judged, "text"> {
  const hit = events.find((event) =>
    "alarm" in each
      ? event.name === "alarm_raised" && event["alarm"] === each.alarm
      : event.name === each.event && fits(event, each.fields),
  );
  return { ok: !hit, seen: hit ? `${describe(hit)} at ${formatTicks(hit.tick)}` : "never" };
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
