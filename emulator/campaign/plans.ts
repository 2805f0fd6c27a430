// Prescriptions of cases, as numbers of which the generator knows the edges, and in the words of a scenario's file.

import { BOLUS_SECONDS_MAX } from "../../hal/telemetry";
import { PULSE_NL, RATE_MAX, RATE_THERAPEUTIC_MIN, RATE_UNIT_NL_PER_DAY } from "../../hal/units";
import { SECONDS_PER_MINUTE } from "../time";
import { rateOf, secondsWords, type Value, volumeOf } from "./case-file";
import type { Draw } from "./draw";
import type { Profile } from "./profiles";

/** Volumes in pulses, rates in 0.01 uL/day. */
export interface Plan {
  basal:
    | { mode: "continuous"; rate: number }
    | { mode: "flex"; steps: { minute: number; rate: number }[] }
    | { mode: "periodic"; pulses: number; duration_s: number; every_min: number }
    | { mode: "minimum" }
    | { mode: "stopped" };
  bolus: { pulses: number; duration_s: number; lockout_min: number; per24h: number } | null;
  limits: { pulses: number; window_min: number }[];
  low_ml: number;
  /** The clinician confirms everything that a pump may ask. */
  confirms: boolean;
}

/** Seconds that the motor needs for a pulse at least. */
const PULSE_S = 0.9;
const STEPS_MAX = 13;
const MINUTES_PER_DAY = 1440;
const PULSES_PER_DAY = RATE_UNIT_NL_PER_DAY / PULSE_NL;

export function drawPlan(draw: Draw, profile: Profile): Plan {
  const basal = drawBasal(draw, profile);
  const bolus = draw.chance(0.85) ? drawBolus(draw) : null;
  return {
    basal,
    bolus,
    limits: drawLimits(draw, basal, bolus),
    low_ml: draw.weighted([
      [6, 2],
      [1, draw.integer(0, 5)],
    ]),
    confirms: draw.chance(0.95),
  };
}

/** The plan with one part drawn anew, as a clinician changes a prescription. */
export function changePlan(draw: Draw, plan: Plan, profile: Profile): Plan {
  const fresh = drawPlan(draw, profile);
  const key = draw.one(["basal", "basal", "bolus", "limits", "all"] as const);
  if (key === "all") return fresh;
  return { ...plan, confirms: fresh.confirms, [key]: fresh[key] };
}

function drawRate(draw: Draw, { rateMost }: Profile): number {
  const most = draw.weighted([
    [30, rateMost],
    [4, 5 * rateMost],
    [1, RATE_MAX],
  ]);
  const rate = draw.sized(RATE_THERAPEUTIC_MIN, most);
  // Most people write round rates.
  return draw.chance(0.7) ? Math.max(RATE_THERAPEUTIC_MIN, Math.round(rate / 500) * 500) : rate;
}

function drawBasal(draw: Draw, profile: Profile): Plan["basal"] {
  const mode = draw.weighted([
    [6, "continuous" as const],
    [3, "flex" as const],
    [3, "periodic" as const],
    [0.6, "minimum" as const],
    [0.4, "stopped" as const],
  ]);
  if (mode === "continuous") return { mode, rate: drawRate(draw, profile) };
  if (mode === "minimum" || mode === "stopped") return { mode };
  if (mode === "flex") {
    const minutes = new Set(Array.from({ length: draw.edged(1, STEPS_MAX) }, () => drawMinute(draw)));
    const steps = [...minutes].sort((a, b) => a - b);
    return { mode, steps: steps.map((minute) => ({ minute, rate: draw.chance(0.1) ? 0 : drawRate(draw, profile) })) };
  }
  const every_min = draw.weighted([
    [3, draw.integer(4, 48) * 15],
    [1, draw.edged(15, MINUTES_PER_DAY)],
  ]);
  const pulses = draw.sized(4, 80);
  const shortest = Math.ceil(pulses * PULSE_S);
  const longest = Math.min(pulses * 450, every_min * SECONDS_PER_MINUTE, BOLUS_SECONDS_MAX);
  return { mode, every_min, pulses, duration_s: draw.edged(shortest, Math.max(shortest, longest)) };
}

function drawMinute(draw: Draw): number {
  return draw.chance(0.7) ? draw.integer(0, 47) * 30 : draw.edged(0, MINUTES_PER_DAY - 1);
}

function drawBolus(draw: Draw): NonNullable<Plan["bolus"]> {
  const pulses = draw.sized(1, 100);
  const slack = draw.chance(0.6) ? draw.integer(0, 600) : draw.integer(600, 3_600);
  return {
    pulses,
    duration_s: Math.ceil(pulses * PULSE_S) + slack,
    lockout_min: draw.chance(0.6) ? draw.one([15, 30, 45, 60]) : draw.edged(15, 180),
    per24h: draw.chance(0.7) ? draw.integer(1, 6) : draw.edged(1, 48),
  };
}

/** None, ones that leave room for the plan, and ones that are met. */
function drawLimits(draw: Draw, basal: Plan["basal"], bolus: Plan["bolus"]): Plan["limits"] {
  if (draw.chance(0.4)) return [];
  const windows = draw.one([[60], [1_440], [60, 1_440], [draw.edged(15, 10_080)], [240, draw.edged(15, 2_880)]]);
  return windows.map((window_min) => {
    const basalPulses = basalIn(basal, window_min);
    const boluses =
      bolus === null ? 0 : bolus.pulses * Math.min(bolus.per24h, Math.ceil(window_min / bolus.lockout_min));
    const part = draw.one([0.3, 0.6, 1, 1.5, 3]);
    return { window_min, pulses: Math.max(4, Math.ceil(basalPulses * 1.05 + part * boluses) + draw.integer(0, 6)) };
  });
}

/** About what a basal gives in so many minutes, in pulses. */
export function basalIn(basal: Plan["basal"], minutes: number): number {
  const part = minutes / MINUTES_PER_DAY;
  if (basal.mode === "continuous") return basal.rate * PULSES_PER_DAY * part;
  if (basal.mode === "flex") return Math.max(...basal.steps.map(({ rate }) => rate)) * PULSES_PER_DAY * part;
  return basal.mode === "periodic" ? basal.pulses * Math.ceil(minutes / basal.every_min) : part * 24;
}

/** The plan as a scenario's `prescription`. */
export function prescriptionOf({ basal, bolus, limits, low_ml, confirms }: Plan): Record<string, Value> {
  const confirm = { soft_limit: true, doubled_total: true, no_bridge: true, tight_limits: true };
  return {
    basal: basalWords(basal),
    ...(bolus === null
      ? {}
      : {
          patient_bolus: {
            volume: volumeOf(bolus.pulses),
            duration: secondsWords(bolus.duration_s),
            lockout: `${bolus.lockout_min} min`,
            per_24h: bolus.per24h,
          },
        }),
    ...(limits.length === 0
      ? {}
      : {
          limits: limits.map(({ pulses, window_min }) => ({ volume: volumeOf(pulses), window: `${window_min} min` })),
        }),
    ...(low_ml === 2 ? {} : { low_reservoir: `${low_ml} mL` }),
    ...(confirms ? { confirm, reason: "titration" } : {}),
  };
}

function basalWords(basal: Plan["basal"]): Value {
  switch (basal.mode) {
    case "continuous":
      return { mode: "continuous", rate: rateOf(basal.rate) };
    case "flex":
      return {
        mode: "flex",
        steps: basal.steps.map(({ minute, rate }) => ({ at: clockOf(minute), rate: rateOf(rate) })),
      };
    case "periodic":
      return {
        mode: "periodic",
        volume: volumeOf(basal.pulses),
        duration: secondsWords(basal.duration_s),
        every: `${basal.every_min} min`,
      };
    default:
      return { mode: basal.mode };
  }
}

function clockOf(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
