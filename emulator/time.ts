// Time as the emulator counts and writes it: the units of time in seconds and milliseconds, ticks of 10 ms as seconds and
// back, and the two ways in which a time is put into words (as a scenario writes it, and as a page or a programmer says it).
// Reports, prompts and pages all use this file. The browser modules of the pages import it too, so it rests on hal/units.ts
// alone.

import {
  MINUTES_PER_HOUR,
  TICK_MS,
  TICKS_PER_DAY,
  TICKS_PER_HOUR,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../hal/units";

export const SECONDS_PER_MINUTE = TICKS_PER_MINUTE / TICKS_PER_SECOND;
export const SECONDS_PER_HOUR = TICKS_PER_HOUR / TICKS_PER_SECOND;
export const SECONDS_PER_DAY = TICKS_PER_DAY / TICKS_PER_SECOND;
export const US_PER_MS = 1000;
export const MS_PER_SECOND = TICKS_PER_SECOND * TICK_MS;
export const MS_PER_MINUTE = TICKS_PER_MINUTE * TICK_MS;
export const MS_PER_HOUR = TICKS_PER_HOUR * TICK_MS;
export const MS_PER_DAY = TICKS_PER_DAY * TICK_MS;

/** The steps from a minute to half a day that people read from a clock, for an axis of time. */
export const CLOCK_STEPS_S: readonly number[] = [
  ...[1, 5, 10, 30].map((minutes) => minutes * SECONDS_PER_MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * SECONDS_PER_HOUR),
];

/** Exact to the hundredth: the shortest decimal of the quotient has two places at most. */
export function secondsOf(ticks: number): number {
  return ticks / TICKS_PER_SECOND;
}

/** The nearest whole tick. */
export function ticksOfSeconds(time_s: number): number {
  return Math.round(time_s * TICKS_PER_SECOND);
}

/** The nearest whole tick. */
export function ticksOfMilliseconds(time_ms: number): number {
  return Math.round(time_ms / TICK_MS);
}

/** A time in ticks of 10 ms as a scenario would write it: `9 h 20 min`, `0 s`, `1 d 250 ms`. */
export function formatTicks(ticks: number): string {
  const all = Math.abs(ticks);
  const rest = all % TICKS_PER_SECOND;
  const words = joined([
    [wholeDays(all), "d"],
    ...hoursAndMinutes(all % TICKS_PER_DAY),
    [Math.floor((all % TICKS_PER_MINUTE) / TICKS_PER_SECOND), "s"],
    [rest * TICK_MS, "ms"],
  ]);
  return (ticks < 0 ? "-" : "") + (words || "0 s");
}

/**
 * A time as a page says it: `9 h 20 min`, `24 h`, `1 d 6 h`, `12.35 s`. Up to `hoursUpTo_s` it is told in hours, beyond it in
 * days; seconds have two decimals at most. Without seconds, for an axis of minutes or more, nothing is `0`.
 */
export function timeWords(time_s: number, withSeconds = true, hoursUpTo_s = secondsOf(TICKS_PER_DAY)): string {
  const all = ticksOfSeconds(time_s);
  const days = secondsOf(all) > hoursUpTo_s ? wholeDays(all) : 0;
  const seconds: [number, string] = [secondsOf(all % TICKS_PER_MINUTE), "s"];
  const words = joined([
    [days, "d"],
    ...hoursAndMinutes(all - days * TICKS_PER_DAY),
    ...(withSeconds ? [seconds] : []),
  ]);
  return words || (withSeconds ? "0 s" : "0");
}

function wholeDays(ticks: number): number {
  return Math.floor(ticks / TICKS_PER_DAY);
}

function hoursAndMinutes(ticks: number): [number, string][] {
  return [
    [Math.floor(ticks / TICKS_PER_HOUR), "h"],
    [Math.floor(ticks / TICKS_PER_MINUTE) % MINUTES_PER_HOUR, "min"],
  ];
}

/** The parts that are not zero. */
function joined(parts: [number, string][]): string {
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
