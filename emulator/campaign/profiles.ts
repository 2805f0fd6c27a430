// The profiles of a campaign: how long a case is and how much happens in it, how many cases are one unit of work, and what so many
// cases are sure to reach. A class that a profile promises and never reached fails the campaign's own canary (PRP-6).

import { TICKS_PER_DAY, TICKS_PER_HOUR } from "../../hal/units";

export type ProfileName = "hours" | "days" | "month";

export interface Profile {
  name: ProfileName;
  /** The shortest and the longest case, before cases branch from it. */
  length_ticks: readonly [least: number, most: number];
  /** Draws of entries for a case; one draw may be several entries. */
  draws: readonly [least: number, most: number];
  /** The fastest basal rate of most cases, in 0.01 uL/day. */
  rateMost: number;
  /** Cases of a unit. They share a pump and a prescription. */
  count: number;
  /** The number of cases from which on the promise holds, and the default of `--runs`. */
  runs: number;
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  hours: {
    name: "hours",
    length_ticks: [6 * TICKS_PER_HOUR, 36 * TICKS_PER_HOUR],
    draws: [2, 9],
    rateMost: 40_000,
    count: 16,
    runs: 1600,
  },
  days: {
    name: "days",
    length_ticks: [2 * TICKS_PER_DAY, 8 * TICKS_PER_DAY],
    draws: [3, 14],
    rateMost: 30_000,
    count: 12,
    runs: 600,
  },
  month: {
    name: "month",
    length_ticks: [20 * TICKS_PER_DAY, 35 * TICKS_PER_DAY],
    draws: [4, 20],
    rateMost: 20_000,
    count: 8,
    runs: 160,
  },
};

export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[];
