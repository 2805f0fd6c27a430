// A field of a payload or record with the values that it may have, and the probes that follow from them: each limit, what
// lies just beyond it, and the ends of the field's width with the sign bit between them.

import { OUTCOME_OUT_OF_RANGE } from "../hal/telemetry";

/** First and last value of a stretch that is accepted. */
export type Stretch = [number, number];

export interface Field {
  name: string;
  at: number;
  bytes: 1 | 2 | 4;
  accepted: Stretch[];
  /** OUTCOME_ of a value outside, where it is not out_of_range. */
  refusal?: number | ((value: number) => number);
}

interface Probe {
  value: number;
  isAccepted: boolean;
}

export const u8 = (name: string, at: number, ...accepted: Stretch[]): Field => ({ name, at, bytes: 1, accepted });
export const u16 = (name: string, at: number, ...accepted: Stretch[]): Field => ({ name, at, bytes: 2, accepted });
export const u32 = (name: string, at: number, ...accepted: Stretch[]): Field => ({ name, at, bytes: 4, accepted });

/** Without the `ends` of the width the limits and their neighbours alone. */
export function probesOf({ bytes, accepted }: Field, ends = true): Probe[] {
  const most = 2 ** (8 * bytes) - 1;
  const limits = accepted.flatMap(([low, high]) => [low - 1, low, high, high + 1]);
  return [...new Set([...limits, ...(ends ? [0, (most - 1) / 2, (most + 1) / 2, most] : [])])]
    .filter((value) => value >= 0 && value <= most)
    .sort((a, b) => a - b)
    .map((value) => ({ value, isAccepted: accepted.some(([low, high]) => value >= low && value <= high) }));
}

/** The OUTCOME_ of a value outside. */
export function refusalOf({ refusal = OUTCOME_OUT_OF_RANGE }: Field, value: number): number {
  return typeof refusal === "number" ? refusal : refusal(value);
}

/** A copy of `bytes` with the field's value in it, little-endian. */
export function put(bytes: Uint8Array, { at, bytes: width }: Field, value: number): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < width; i++) copy[at + i] = Math.floor(value / 256 ** i) & 255;
  return copy;
}

/** How many fields cover each of the first `length` bytes, and whether one lies beyond. */
export function coverage(fields: readonly Field[], length: number): { bare: number[]; beyond: string[] } {
  const covered = new Set(fields.flatMap(({ at, bytes }) => Array.from({ length: bytes }, (_, i) => at + i)));
  return {
    bare: Array.from({ length }, (_, i) => i).filter((at) => !covered.has(at)),
    beyond: fields.filter(({ at, bytes }) => at + bytes > length).map(({ name }) => name),
  };
}
