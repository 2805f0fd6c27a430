// The monitor of the limits that a pump derives from a program without limits (LIM-5). It computes them from the prescription:
// the most that this gives in an hour and in a day. A dose or a bolus counts with the part of it that lies in the window.

import {
  CAUSE_PATIENT_BOLUS,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_STARTED,
  EVENT_CLOCK_SET,
  EVENT_LIMIT_REACHED,
  EVENT_PROGRAM_ACCEPTED,
} from "../../../hal/trace";
import { MINUTES_PER_DAY, MINUTES_PER_HOUR, PULSE_NL, TICKS_PER_DAY, TICKS_PER_MINUTE } from "../../../hal/units";
import { highestRate, mostIn_nl } from "../../telemetry/program-totals";
import type { Program } from "../../telemetry/program";
import { hasClockJumped, isMemoryDamaged, ODD, TOLD, type Moment, type Monitor } from "./monitor";

const WINDOWS = [
  { minutes: MINUTES_PER_HOUR, limit: "limit0" },
  { minutes: MINUTES_PER_DAY, limit: "limit1" },
] as const;
/**
 * Books may count a 96th of an hour too much (LIM-4); pulses missed and made up are eight (MOT-1), and rounding takes
 * three.
 */
const BOOKS_MIN = MINUTES_PER_HOUR / 96;
const MORE_PULSES = 8 + 3;
/** Room that was made, and what nobody asked for, is out of every own window after two days. */
const STANDING_TICKS = 2 * TICKS_PER_DAY;

/**
 * LIM-5: with a program without limits a pump sets itself the most that the program gives, and no more than books, pulses made
 * up and what was given before add; and it never reaches that limit by what program and people give.
 */
export function watchOwnLimits(): Monitor {
  const books = {
    ok: true,
    accepted: -1,
    /**
     * The ticks of the last thing that nobody asked for, and of the last that makes room in own limits; -1 before the
     * first.
     */
    unsound: -1,
    widened: -1,
  };
  return {
    books,
    asked: TOLD | ODD,
    event: ({ code, a }, moment) => {
      const { tick, program } = moment;
      const isSet = code === EVENT_CLOCK_SET && books.accepted >= 0;
      const isByHand = code === EVENT_BOLUS_STARTED && a !== CAUSE_PATIENT_BOLUS;
      if (isSet || isByHand || code === EVENT_BRIDGE_STARTED) books.widened = tick;
      if (code === EVENT_PROGRAM_ACCEPTED) books.accepted = tick;
      if (code !== EVENT_LIMIT_REACHED || program === null || program.limits.length > 0) return;
      // A reset, a jump of the clock or a rotor that turned by itself leaves more in the windows than anybody asked for.
      const isSound = books.unsound < 0 || tick - books.unsound > STANDING_TICKS;
      if (isSound && !isMemoryDamaged(moment) && !hasClockJumped(moment)) books.ok = false;
    },
    reset: ({ tick }) => {
      books.unsound = tick;
    },
    holds: (moment) => {
      const { tick, steps, program } = moment;
      if (moment.unasked > 0 || steps < 0) books.unsound = tick;
      // Pulses that are late after a miss make room for themselves.
      if (moment.isMissed) books.widened = tick;
      const isNew = books.accepted === tick && program !== null && program.limits.length === 0;
      if (!isNew || isMemoryDamaged(moment)) return books.ok;
      const isPlain = books.widened < 0 || tick - books.widened > STANDING_TICKS;
      if (!isWithin(moment, program, isPlain)) books.ok = false;
      return books.ok;
    },
  };
}

/**
 * True when the limits that the pump publishes are those of the program just accepted. A pump may publish none. Unless it
 * `isPlain`, room that was made before still stands, and only the least is known.
 */
function isWithin(moment: Moment, program: Program, isPlain: boolean): boolean {
  const { tick, head } = moment;
  return WINDOWS.every(({ minutes, limit }) => {
    const set = moment[limit];
    const { least, most } = ownLimit(program, minutes);
    // Pulses of before the commit may lie in the window beside those that the new program gives.
    const held = head.stepsSince(tick - minutes * TICKS_PER_MINUTE);
    return set === 0 || (set >= least && (!isPlain || set <= most + held));
  });
}

/** The least and the most pulses that a pump may let through in `minutes` of a program that nobody limited. */
export function ownLimit(program: Program, minutes: number): { least: number; most: number } {
  const { basal_nl, boluses_nl } = mostIn_nl(program, minutes);
  const { bolus } = program;
  const pulses = bolus?.pulses ?? 0;
  // A pump may count as many whole boluses as the cap permits in a day, and as the lockout lets begin in an hour.
  const inHour = bolus ? Math.min(bolus.per24h, Math.ceil(minutes / bolus.lockout_min)) : 0;
  const starts = minutes < MINUTES_PER_DAY ? inHour : (bolus?.per24h ?? 0);
  const bolusRate = bolus && bolus.per24h > 0 ? (pulses / bolus.duration_s) * 60 : 0;
  const books = (highestRate(program) + bolusRate) * BOOKS_MIN;
  return {
    least: Math.floor((basal_nl + boluses_nl) / PULSE_NL),
    most: Math.ceil(basal_nl / PULSE_NL) + starts * pulses + Math.ceil(books) + MORE_PULSES,
  };
}
