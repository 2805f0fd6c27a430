// Axes of a drawing in SVG: places in pixels and the values at which a grid stands.

import { CLOCK_STEPS_S, SECONDS_PER_DAY } from "../time";

/** Where a value stands, in pixels. */
export type Place = (value: number) => number;

export function linear(from: number, to: number, from_px: number, to_px: number): Place {
  return (value) => from_px + ((value - from) / (to - from)) * (to_px - from_px);
}

/** With one value alone there is no span: it stands in the middle. */
export function logarithmic(from: number, to: number, from_px: number, to_px: number): Place {
  if (from === to) return () => (from_px + to_px) / 2;
  return (value) => from_px + (Math.log(value / from) / Math.log(to / from)) * (to_px - from_px);
}

/** Multiples of 1, 2 or 5 times a power of ten within the range, `count` of them at most. */
export function niceSteps(least: number, most: number, count: number): number[] {
  const power = 10 ** Math.floor(Math.log10((most - least) / count));
  const step = power * ([1, 2, 5].find((factor) => (most - least) / (power * factor) <= count) ?? 10);
  const first = Math.ceil(least / step);
  const last = Math.floor(most / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** From 0 in steps that people read from a clock, or in days, `count` of them at most. */
export function niceTimes(end_s: number, count: number): number[] {
  const step = CLOCK_STEPS_S.find((each) => end_s / each <= count);
  const step_s = step ?? SECONDS_PER_DAY * Math.ceil(end_s / SECONDS_PER_DAY / count);
  return Array.from({ length: Math.floor(end_s / step_s) + 1 }, (_, i) => i * step_s);
}

/** To a tenth of a pixel. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}
