// Computes the programmed volume and rate of a run from its events. The programmed volume is that of the prescription and the
// granted boluses, so an alarm that slows or a stall that blocks the pump shows as a difference. Volumes are nanolitres, rates
// uL/day, times ticks of 10 ms. A bolus that is cancelled or stopped counts up to that moment.

import { TICKS_PER_DAY } from "../../hal/units";
import type { RunEvent, Track } from "../run/report";
import { SECONDS_PER_MINUTE, secondsOf, ticksOfSeconds } from "../time";
import { curveOf, CurveReader, endsOf, leastOf, passed, type ListedCurve, type StreamedCurve } from "./curve";
import { NL_PER_UL } from "../amounts";
import { blocksOf, BlockWriter, hasValue, PointReader, type Block, type Points } from "../points";

/** Sliding windows for the delivered rate, s: the first that is not shorter than the run / 288 (5 min for a day). */
const RATE_WINDOWS_S = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440].map(
  (minutes) => minutes * SECONDS_PER_MINUTE,
);
const RATE_WINDOWS_PER_RUN = 288;

interface Bolus {
  kind: string;
  volume_nl: number;
  fromTick: number;
  /** The tick at which it really ended, or would have ended when the run ended before. */
  toTick: number;
  /** Programmed end. */
  plannedTick: number;
  end: "finished" | "cancelled" | "running";
}

interface Programmed {
  volume_nl: StreamedCurve;
  /** Basal and boluses together. */
  rate_ulPerDay: StreamedCurve;
}

/** Every bolus that was started, in order. */
export function bolusesOf(events: readonly RunEvent[], endTick: number): Bolus[] {
  const boluses: Bolus[] = [];
  let running: Bolus[] = [];
  const closed = (tick: number, end: Bolus["end"], ends: (bolus: Bolus) => boolean): void => {
    for (const bolus of running.filter(ends)) Object.assign(bolus, { toTick: tick, end });
    running = running.filter((bolus) => !ends(bolus));
  };
  for (const event of events) {
    const ofKind = (bolus: Bolus): boolean => event.kind === undefined || event.kind === bolus.kind;
    if (event.name === "bolus_started") {
      const plannedTick = event.tick + Math.max(1, ticksOfSeconds(numberOf(event, "duration_s")));
      const kind = String(event.kind ?? "");
      const volume_nl = numberOf(event, "volume_nl");
      boluses.push({ kind, volume_nl, fromTick: event.tick, toTick: plannedTick, plannedTick, end: "running" });
      running.push(boluses[boluses.length - 1]);
    } else if (event.name === "bolus_finished") {
      closed(event.tick, "finished", ofKind);
    } else if (event.name === "bolus_cancelled") {
      closed(event.tick, "cancelled", ofKind);
    } else if (event.name === "stopped") {
      closed(event.tick, "cancelled", () => true);
    }
  }
  for (const bolus of boluses) if (bolus.end === "running") bolus.toTick = Math.max(bolus.plannedTick, endTick);
  return boluses;
}

/**
 * The programmed volume and rate from time 0 to `endTick`; null when no event has a program. `intended` is the basal rate that
 * the controller publishes as the one of its program. Without it the rate comes from the events, which is enough for a constant
 * rate.
 */
export function programmedOf(
  events: readonly RunEvent[],
  endTick: number,
  intended: Track | null = null,
): Programmed | null {
  const fromEvents = basalOf(events);
  if (fromEvents.ticks.length === 0) return null;
  const basal = intended !== null && hasValue(intended, (rate) => rate > 0) ? intended : fromEvents;
  const boluses = bolusesOf(events, endTick).map((bolus) => ({
    from: bolus.fromTick,
    to: bolus.end === "cancelled" ? Math.min(bolus.plannedTick, bolus.toTick) : bolus.plannedTick,
    rate: ((bolus.volume_nl / NL_PER_UL) * TICKS_PER_DAY) / (bolus.plannedTick - bolus.fromTick),
  }));
  const blocks = (write: (out: BlockWriter, at: Programming) => void) => () =>
    programming(basal, boluses, endTick, write);
  return {
    volume_nl: { kind: "line", blocks: blocks((out, { tick, volume_nl }) => out.append(tick, volume_nl)) },
    rate_ulPerDay: { kind: "step", blocks: blocks((out, { tick, rate }) => out.append(tick, rate)) },
  };
}

interface Programming {
  tick: number;
  /** From this tick on, uL/day. */
  rate: number;
  /** Up to this tick. */
  volume_nl: number;
}

/** The points that `write` makes of each tick at which the programmed rate may change, and of both ends of the run. */
function* programming(
  basal: Points,
  boluses: readonly { from: number; to: number; rate: number }[],
  endTick: number,
  write: (out: BlockWriter, at: Programming) => void,
): Generator<Block> {
  const edges = [...new Set(boluses.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const readers = [endsOf(endTick), new PointReader(basal), new PointReader({ ticks: edges, values: edges })];
  const basalRate = new CurveReader(curveOf(basal));
  const out = new BlockWriter();
  const at: Programming = { tick: 0, rate: 0, volume_nl: 0 };
  let next = 0;
  let given: { to: number; rate: number }[] = [];
  for (let tick = leastOf(readers); tick <= endTick; tick = passed(readers, tick)) {
    at.volume_nl += (at.rate * NL_PER_UL * (tick - at.tick)) / TICKS_PER_DAY;
    at.tick = tick;
    while (next < boluses.length && boluses[next].from <= tick) given.push(boluses[next++]);
    if (given.length > 0) given = given.filter(({ to }) => to > tick);
    at.rate = basalRate.at(tick);
    for (const { rate } of given) at.rate += rate;
    write(out, at);
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

/** Steps that showed motion, backward ones taken off as their volume is; null where the encoder was not recorded. */
export function stepsOf(tracks: readonly Track[]): number | null {
  const motion = tracks.find(({ name }) => name === "motor.motion");
  if (motion === undefined) return null;
  let [first, last] = [NaN, NaN];
  for (const { values } of blocksOf(motion)) {
    if (values.length === 0) continue;
    if (Number.isNaN(first)) first = values[0];
    last = values[values.length - 1];
  }
  return Number.isNaN(first) ? null : last - first;
}

/** Width of the sliding window that suits a run of that length, in ticks. */
export function rateWindowOf(endTick: number): number {
  const least_s = secondsOf(endTick) / RATE_WINDOWS_PER_RUN;
  const window_s = RATE_WINDOWS_S.find((width) => width >= least_s) ?? RATE_WINDOWS_S[RATE_WINDOWS_S.length - 1];
  return ticksOfSeconds(window_s);
}

/** The basal rate in force, uL/day, by the last accepted program and whether the pump was stopped. */
function basalOf(events: readonly RunEvent[]): ListedCurve {
  const ticks: number[] = [];
  const values: number[] = [];
  let program: number | null = null;
  for (const event of events) {
    if (event.name === "program_accepted" && typeof event.rate_ul_per_day === "number") program = event.rate_ul_per_day;
    else if (event.name !== "stopped" && event.name !== "started") continue;
    if (program === null) continue;
    const value = event.name === "stopped" ? 0 : program;
    if (ticks.length > 0 && ticks[ticks.length - 1] === event.tick) values[values.length - 1] = value;
    else values[ticks.push(event.tick) - 1] = value;
  }
  return { kind: "step", ticks, values };
}

function numberOf(event: RunEvent, field: string): number {
  const value = event[field];
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
