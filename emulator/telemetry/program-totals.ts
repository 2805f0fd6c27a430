// Computes the most that a program delivers in 24 hours, in pulses, which a clinician sees before a commit. The rule is the
// pump's own (LIM-8: the most in any 24 hours, with all permitted boluses), but it does not share the firmware's code, so that
// the figures before a commit and the pump's answer to it check each other.

import { MINUTES_PER_DAY, PULSE_NL, RATE_MINIMUM, RATE_UNIT_NL_PER_DAY } from "../../hal/units";
import type { Program } from "./program";

export interface DayTotal {
  /** The most that the basal gives in any 24 hours. */
  basal: number;
  /** All patient boluses that the cap permits. */
  boluses: number;
  total: number;
}

const UNITS_PER_PULSE = PULSE_NL / RATE_UNIT_NL_PER_DAY;
const DAYS = 7;

export function dayTotal(program: Program): DayTotal {
  const basal = basalInDay(program);
  const boluses = program.bolus ? program.bolus.pulses * program.bolus.per24h : 0;
  return { basal, boluses, total: basal + boluses };
}

function basalInDay({ mode, rate, periodic, flex }: Program): number {
  switch (mode) {
    case "continuous":
      return Math.floor(rate / UNITS_PER_PULSE);
    case "minimum":
      return Math.floor(RATE_MINIMUM / UNITS_PER_PULSE);
    case "periodic":
      return periodic ? Math.ceil(MINUTES_PER_DAY / periodic.every_min) * periodic.pulses : 0;
    case "flex":
      return flex ? flexMax(weekOf(flex)) : 0;
    case "stopped":
      return 0;
  }
}

/**
 * The rate of every minute of a week, Monday first. Until a day's first step the last rate of the days before stays in force.
 */
function weekOf({ patterns, weekdays }: NonNullable<Program["flex"]>): number[] {
  const steps = weekdays.flatMap((pattern, day) =>
    (patterns[pattern] ?? []).map(({ minute, rate }) => ({ from: day * MINUTES_PER_DAY + minute, rate })),
  );
  let rate = steps[steps.length - 1]?.rate ?? 0;
  let next = 0;
  return Array.from({ length: DAYS * MINUTES_PER_DAY }, (_, minute) => {
    while (next < steps.length && steps[next].from <= minute) rate = steps[next++].rate;
    return rate;
  });
}

/** The most pulses in any day-long window of a week that repeats, rounded up. */
function flexMax(week: readonly number[]): number {
  let held = 0;
  for (let minute = 0; minute < MINUTES_PER_DAY; minute++) held += week[minute];
  let most = held;
  for (let start = 0; start < week.length; start++) {
    held += week[(start + MINUTES_PER_DAY) % week.length] - week[start];
    most = Math.max(most, held);
  }
  return Math.ceil(most / MINUTES_PER_DAY / UNITS_PER_PULSE);
}
