// Wall time as the pump counts it: minutes since 2000-01-01T00:00 in local time, without a time zone and without leap
// seconds, in the proleptic Gregorian calendar. This is the only file that uses the host's calendar arithmetic; no file of the
// machine uses the host's clock or time zone.

import { TICK_MS } from "../hal/units";
import { MS_PER_MINUTE, MS_PER_SECOND } from "./time";

const EPOCH_MS = Date.UTC(2000, 0, 1);

export interface WallTime {
  /** Minutes since 2000-01-01T00:00. */
  minute: number;
  /** Seconds beyond, 0..59. */
  second: number;
}

/** `2026-03-02T08:00`, with seconds if they are wanted; null when there is no such moment from 2000 to 2099. */
export function parseWall(text: string): WallTime | null {
  const match = /^(20\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map((digits) => Number(digits ?? "0"));
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
    return null;
  return { minute: Math.floor((time.getTime() - EPOCH_MS) / MS_PER_MINUTE), second };
}

/** ISO 8601 to the minute. */
export function wallText(minute: number): string {
  return new Date(EPOCH_MS + minute * MS_PER_MINUTE).toISOString().slice(0, 16);
}

/** ISO 8601 of `tick` after a start, to the second, and to the hundredth where it is not whole. */
export function wallTextAt(start: WallTime, tick: number): string {
  const time = new Date(EPOCH_MS + start.minute * MS_PER_MINUTE + start.second * MS_PER_SECOND + tick * TICK_MS);
  return time.toISOString().slice(0, 22).replace(/\.00$/, "");
}
