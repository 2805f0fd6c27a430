// Computes the programmed volume and rate of a run from its events, and the delivered rate from the delivered volume. The
// programmed volume is that of the prescription and the granted boluses, so an alarm that slows or a stall that blocks the pump
// shows as a difference. Volumes are nanolitres, rates uL/day, times ticks of 10 ms. A bolus that is cancelled or stopped
// counts up to that moment.

import { TICKS_PER_DAY } from "../../hal/units";
import type { RunEvent, Track } from "../run/report";
import { SECONDS_PER_MINUTE, secondsOf, ticksOfSeconds } from "../time";
import type { Curve } from "./curve";
import { NL_PER_UL } from "../amounts";

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
  volume_nl: Curve;
  /** Basal and boluses together. */
  rate_ulPerDay: Curve;
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
  const basal = fromEvents.ticks.length > 0 && intended?.values.some((rate) => rate > 0) ? intended : fromEvents;
  if (basal.ticks.length === 0) return null;
  const boluses = bolusesOf(events, endTick).map((bolus) => ({
    from: bolus.fromTick,
    to: bolus.end === "cancelled" ? Math.min(bolus.plannedTick, bolus.toTick) : bolus.plannedTick,
    rate: ((bolus.volume_nl / NL_PER_UL) * TICKS_PER_DAY) / (bolus.plannedTick - bolus.fromTick),
  }));
  const edges = [0, endTick, ...basal.ticks, ...boluses.flatMap(({ from, to }) => [from, to])];
  const ticks = [...new Set(edges)].filter((tick) => tick <= endTick).sort((a, b) => a - b);
  const rates: number[] = [];
  const volumes: number[] = [];
  let volume_nl = 0;
  let step = -1;
  for (let i = 0; i < ticks.length; i++) {
    while (step + 1 < basal.ticks.length && basal.ticks[step + 1] <= ticks[i]) step++;
    let rate = step < 0 ? 0 : basal.values[step];
    for (const bolus of boluses) if (bolus.from <= ticks[i] && ticks[i] < bolus.to) rate += bolus.rate;
    rates.push(rate);
    volumes.push(volume_nl);
    if (i + 1 < ticks.length) volume_nl += (rate * NL_PER_UL * (ticks[i + 1] - ticks[i])) / TICKS_PER_DAY;
  }
  return {
    volume_nl: { kind: "line", ticks, values: volumes },
    rate_ulPerDay: { kind: "step", ticks, values: rates },
  };
}

/** `delivered` minus `programmed`, nl, with both sides of each jump of `delivered`. */
export function differenceOf(delivered: Curve, programmed: Curve, endTick: number): Curve {
  const ticks = [...new Set([0, endTick, ...programmed.ticks, ...delivered.ticks.flatMap((tick) => [tick - 1, tick])])]
    .filter((tick) => tick >= 0 && tick <= endTick)
    .sort((a, b) => a - b);
  const sought = walker(programmed);
  const seen = walker(delivered);
  return { kind: "line", ticks, values: ticks.map((tick) => seen(tick) - sought(tick)) };
}

/** Steps that showed motion, backward ones taken off as their volume is; null where the encoder was not recorded. */
export function stepsOf(tracks: readonly Track[]): number | null {
  const motion = tracks.find(({ name, ticks }) => name === "motor.motion" && ticks.length > 0);
  return motion === undefined ? null : motion.values[motion.values.length - 1] - motion.values[0];
}

/** Width of the sliding window that suits a run of that length, in ticks. */
export function rateWindowOf(endTick: number): number {
  const least_s = secondsOf(endTick) / RATE_WINDOWS_PER_RUN;
  const window_s = RATE_WINDOWS_S.find((width) => width >= least_s) ?? RATE_WINDOWS_S[RATE_WINDOWS_S.length - 1];
  return ticksOfSeconds(window_s);
}

/** Mean rate over the `window` ticks before each moment, uL/day, of the volume `delivered`, nl. */
export function deliveredRateOf(delivered: Curve, window: number, endTick: number): Curve {
  const smooth = smoothed(delivered, endTick);
  const ticks = [...new Set([0, endTick, ...smooth.ticks, ...smooth.ticks.map((tick) => tick + window)])]
    .filter((tick) => tick >= 0 && tick <= endTick)
    .sort((a, b) => a - b);
  const now = walker(smooth);
  const before = walker(smooth);
  const values = ticks.map((tick) => {
    const width = Math.min(window, tick);
    if (width === 0) return 0;
    return ((now(tick) - before(tick - width)) / NL_PER_UL) * (TICKS_PER_DAY / width);
  });
  if (values.length > 1) values[0] = values[1];
  return { kind: "line", ticks, values };
}

/**
 * `delivered` with each pulse spread over the time since the pulse before it, or else a mean would swing by a pulse as
 * pulses enter and leave its window. A gap of more than twice both its neighbours is a pause, not a slow pulse, so the
 * pulse after it takes the longer of those. At the end, a pulse that is not yet due counts in part.
 */
function smoothed(delivered: Curve, endTick: number): Curve {
  const from = delivered;
  const ticks = from.ticks.slice(0, 1);
  const values = from.values.slice(0, 1);
  for (let i = 1; i < from.ticks.length; i++) {
    const gap = from.ticks[i] - from.ticks[i - 1];
    const usual = Math.max(
      i > 1 ? from.ticks[i - 1] - from.ticks[i - 2] : gap,
      i + 1 < from.ticks.length ? from.ticks[i + 1] - from.ticks[i] : gap,
    );
    if (gap > 2 * usual) values[ticks.push(from.ticks[i] - usual) - 1] = from.values[i - 1];
    values[ticks.push(from.ticks[i]) - 1] = from.values[i];
  }
  const last = from.ticks.length - 1;
  if (last > 0 && from.ticks[last] < endTick) {
    const share = (endTick - from.ticks[last]) / (from.ticks[last] - from.ticks[last - 1]);
    const coming = share <= 1 ? share * (from.values[last] - from.values[last - 1]) : 0;
    values[ticks.push(endTick) - 1] = from.values[last] + coming;
  }
  return { kind: "line", ticks, values };
}

/** The basal rate in force, uL/day, by the last accepted program and whether the pump was stopped. */
function basalOf(events: readonly RunEvent[]): Curve {
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

/** Reads `curve` at ticks that never fall, in constant time each; 0 before its first point. */
function walker(curve: Curve): (tick: number) => number {
  const { kind, ticks, values } = curve;
  let index = -1;
  return (tick) => {
    while (index + 1 < ticks.length && ticks[index + 1] <= tick) index++;
    if (index < 0) return 0;
    if (kind === "step" || index + 1 >= ticks.length) return values[index];
    const share = (tick - ticks[index]) / (ticks[index + 1] - ticks[index]);
    return values[index] + share * (values[index + 1] - values[index]);
  };
}

function numberOf(event: RunEvent, field: string): number {
  const value = event[field];
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
