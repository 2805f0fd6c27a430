// Computes what a program gives: its basal rate at a minute of the wall clock, the most in 24 hours, in pulses, which a
// clinician sees before a commit, and the most in a window of any length. The rules are the pump's own (LIM-8: the most in any
// 24 hours, with all permitted boluses; LIM-5), but they do not share the firmware's code, so that the figures before a commit
// and the pump's answer to it check each other, and the limits that a pump derives can be judged from outside.

import {
  MINUTES_PER_DAY,
  MINUTES_PER_HOUR,
  PULSE_NL,
  RATE_MINIMUM,
  RATE_UNIT_NL_PER_DAY,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../../hal/units";
import { CONCENTRATIONS_PER_MG_PER_ML } from "../amounts";
import type { Program } from "./program";

export interface DayTotal {
  /** The most that the basal gives in any 24 hours. */
  basal: number;
  /** All patient boluses that the cap permits. */
  boluses: number;
  total: number;
}

const UNITS_PER_PULSE = PULSE_NL / RATE_UNIT_NL_PER_DAY;
const SECONDS_PER_MINUTE = TICKS_PER_MINUTE / TICKS_PER_SECOND;
const DAYS = 7;
const HOURS_PER_DAY = MINUTES_PER_DAY / MINUTES_PER_HOUR;
const MINUTES_PER_WEEK = DAYS * MINUTES_PER_DAY;
/** 2000-01-01, from which wall-clock minutes count, was a Saturday. */
const FIRST_WEEKDAY = 5;

/** The rates of the week of each flex program that was asked for. */
const weeks = new WeakMap<object, number[]>();

/** The basal rate at a minute of the wall clock, since 2000, in 0.01 uL/day; 0 in periodic mode, whose doses are their own. */
export function rateAt({ mode, rate, flex }: Program, wallMinute: number): number {
  switch (mode) {
    case "continuous":
      return rate;
    case "minimum":
      return RATE_MINIMUM;
    case "flex":
      return flex ? weekOf(flex)[modulo(wallMinute + FIRST_WEEKDAY * MINUTES_PER_DAY, MINUTES_PER_WEEK)] : 0;
    case "periodic":
    case "stopped":
      return 0;
  }
}

/**
 * The most that a program gives in any window of `minutes`, in nL: its basal, and the patient boluses that its lockout and its
 * cap permit. Doses and boluses count by the part of them that lies in the window.
 */
export function mostIn_nl(program: Program, minutes: number): { basal_nl: number; boluses_nl: number } {
  return { basal_nl: basalIn_nl(program, minutes), boluses_nl: bolusesIn_nl(program, minutes) };
}

function basalIn_nl(program: Program, minutes: number): number {
  const { mode, periodic, flex } = program;
  if (mode === "flex" && flex) {
    return (heldMost(weekOf(flex), minutes) * RATE_UNIT_NL_PER_DAY) / MINUTES_PER_DAY;
  }
  if (mode !== "periodic" || !periodic) return (rateAt(program, 0) * RATE_UNIT_NL_PER_DAY * minutes) / MINUTES_PER_DAY;
  const duration = periodic.duration_s * TICKS_PER_SECOND;
  return trainIn(periodic.pulses * PULSE_NL, duration, periodic.every_min * TICKS_PER_MINUTE, minutes);
}

function bolusesIn_nl({ bolus }: Program, minutes: number): number {
  if (!bolus || bolus.per24h === 0) return 0;
  const duration = bolus.duration_s * TICKS_PER_SECOND;
  const every = Math.max(bolus.lockout_min * TICKS_PER_MINUTE, duration);
  const cap_nl = bolus.per24h * bolus.pulses * PULSE_NL * Math.ceil(minutes / MINUTES_PER_DAY);
  return Math.min(trainIn(bolus.pulses * PULSE_NL, duration, every, minutes), cap_nl);
}

/** The most of a train of doses of `volume` over `duration` ticks, which begin `every` ticks, in a window of `minutes`. */
function trainIn(volume: number, duration: number, every: number, minutes: number): number {
  const window = minutes * TICKS_PER_MINUTE;
  const rest = window % every;
  return volume * ((window - rest) / every + Math.min(1, rest / duration));
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

export function dayTotal(program: Program): DayTotal {
  const basal = basalInDay(program);
  const boluses = program.bolus ? program.bolus.pulses * program.bolus.per24h : 0;
  return { basal, boluses, total: basal + boluses };
}

/** The primary drug that the basal gives in a day, in ng; 0 where the record has no drug. */
export function basalDose_ng(program: Program): number {
  const [primary] = program.drugs ?? [];
  const concentration = primary === undefined ? 0 : primary.concentration / CONCENTRATIONS_PER_MG_PER_ML;
  return dayTotal(program).basal * PULSE_NL * concentration;
}

/** The highest rate of basal at any moment, in pulses a minute. */
export function highestRate({ mode, rate, periodic, flex }: Program): number {
  const perMinute = (units: number) => units / UNITS_PER_PULSE / MINUTES_PER_DAY;
  switch (mode) {
    case "continuous":
      return perMinute(rate);
    case "minimum":
      return perMinute(RATE_MINIMUM);
    case "periodic":
      return periodic ? (periodic.pulses / periodic.duration_s) * SECONDS_PER_MINUTE : 0;
    case "flex":
      return flex ? perMinute(Math.max(...weekOf(flex))) : 0;
    case "stopped":
      return 0;
  }
}

/** The most pulses in any hour, as the pump compares it with the drug library: with as many boluses as may begin in it. */
export function hourTotal(program: Program): number {
  const { bolus } = program;
  const starts = bolus ? Math.min(bolus.per24h, Math.ceil(MINUTES_PER_HOUR / bolus.lockout_min)) : 0;
  return basalInHour(program) + starts * (bolus?.pulses ?? 0);
}

function basalInHour({ mode, rate, periodic, flex }: Program): number {
  switch (mode) {
    case "continuous":
    case "minimum":
      return Math.floor((mode === "minimum" ? RATE_MINIMUM : rate) / UNITS_PER_PULSE / HOURS_PER_DAY);
    case "periodic":
      return periodic ? Math.ceil(MINUTES_PER_HOUR / periodic.every_min) * periodic.pulses : 0;
    case "flex":
      return flex ? Math.ceil(heldMost(weekOf(flex), MINUTES_PER_HOUR) / MINUTES_PER_DAY / UNITS_PER_PULSE) : 0;
    case "stopped":
      return 0;
  }
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
function weekOf(flex: NonNullable<Program["flex"]>): number[] {
  const known = weeks.get(flex);
  if (known) return known;
  const week = spellOut(flex);
  weeks.set(flex, week);
  return week;
}

function spellOut({ patterns, weekdays }: NonNullable<Program["flex"]>): number[] {
  const steps = weekdays.flatMap((pattern, day) =>
    (patterns[pattern] ?? []).map(({ minute, rate }) => ({ from: day * MINUTES_PER_DAY + minute, rate })),
  );
  let rate = steps[steps.length - 1]?.rate ?? 0;
  let next = 0;
  return Array.from({ length: MINUTES_PER_WEEK }, (_, minute) => {
    while (next < steps.length && steps[next].from <= minute) rate = steps[next++].rate;
    return rate;
  });
}

/** The most pulses in any day-long window of a week that repeats, rounded up. */
function flexMax(week: readonly number[]): number {
  return Math.ceil(heldMost(week, MINUTES_PER_DAY) / MINUTES_PER_DAY / UNITS_PER_PULSE);
}

/** The largest sum of the rates of `minutes` in a row, in a week that repeats. */
function heldMost(week: readonly number[], minutes: number): number {
  let held = 0;
  for (let minute = 0; minute < minutes; minute++) held += week[minute % week.length];
  let most = held;
  for (let start = 0; start < week.length; start++) {
    held += week[(start + minutes) % week.length] - week[start];
    most = Math.max(most, held);
  }
  return most;
}
