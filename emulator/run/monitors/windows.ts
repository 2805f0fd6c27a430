// The monitors of the dose windows: the pulses that they hold (LIM-1), and those that a request may add to them (LIM-2). Steps of
// the rotor count as pulses, whatever a worn head displaces.

import { OUTCOME_DOSE_LIMIT } from "../../../hal/telemetry";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PRIME,
  CHANNEL_LIMIT0,
  CHANNEL_LIMIT1,
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_STARTED,
} from "../../../hal/trace";
import { MINUTES_PER_DAY, MINUTES_PER_HOUR, PULSE_NL, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../../../hal/units";
import type { Machine } from "../../machine/machine";
import type { Program } from "../../telemetry/program";
import { Due } from "../due";
import { FLIGHT_TICKS, hasClockJumped, isMemoryDamaged, type Moment, type Monitor } from "./monitor";

/** Bookkeeping may count a part of a window too much (LIM-4). */
const WINDOW_PARTS = 96;

/** LIM-1: in each window of the program in force, at most its limit and one pulse. */
export function watchWindows(): Monitor {
  const books = { digest: 0, since: -FLIGHT_TICKS };
  return {
    books,
    holds: ({ tick, machine, steps, program, digest, head }) => {
      if (books.digest !== (digest ?? 0)) books.since = tick;
      books.digest = digest ?? 0;
      // A step that no pulse asked for is counted in the windows, and the next pulse finds it there.
      if (steps <= machine.board.motor.unasked || program === null || tick - books.since < FLIGHT_TICKS) return true;
      return limitsOf(program, machine).every(
        ({ pulses, window_min }) => head.stepsSince(tick - window_min * TICKS_PER_MINUTE) <= pulses + 1,
      );
    },
  };
}

/** The program's limits. For a program without limits, those of an hour and a day that the pump derived and publishes. */
function limitsOf(program: Program, machine: Machine): Program["limits"] {
  if (program.limits.length > 0) return program.limits;
  const channels = machine.board.trace.channels;
  return [
    { pulses: channels[CHANNEL_LIMIT0], window_min: MINUTES_PER_HOUR },
    { pulses: channels[CHANNEL_LIMIT1], window_min: MINUTES_PER_DAY },
  ].filter((limit) => limit.pulses > 0);
}

/** LIM-2: a bolus is granted only if no window will hold too much with it, and denied for a limit only if one would. */
export function watchLookAhead(): Monitor {
  const books = { ok: true };
  return {
    books,
    event: ({ code, a, b, c }, moment) => {
      const { program, machine } = moment;
      if (program === null || program.limits.length === 0 || a === CAUSE_PRIME) return;
      if (isMemoryDamaged(machine) || hasClockJumped(machine)) return;
      if (code === EVENT_BOLUS_STARTED && !isAllowed(moment, program, b, c)) books.ok = false;
      if (code !== EVENT_BOLUS_DENIED || b !== OUTCOME_DOSE_LIMIT || a === CAUSE_CLINICIAN_BOLUS) return;
      const { bolus } = program;
      if (bolus && fitsEasily(moment, program, bolus.pulses, bolus.duration_s * TICKS_PER_SECOND)) books.ok = false;
    },
    holds: () => books.ok,
  };
}

function isAllowed(moment: Moment, program: Program, pulses: number, ticks: number): boolean {
  return program.limits.every(
    (limit) => mostAhead(moment, limit.window_min * TICKS_PER_MINUTE, pulses, ticks, false) <= limit.pulses + 1,
  );
}

/** True when the bolus fits every limit with a 96th of the window and two pulses to spare. */
function fitsEasily(moment: Moment, program: Program, pulses: number, ticks: number): boolean {
  return program.limits.every((limit) => {
    const window = limit.window_min * TICKS_PER_MINUTE;
    const longer = window + Math.ceil(window / WINDOW_PARTS);
    return mostAhead(moment, longer, pulses, ticks, true) + 2 <= limit.pulses;
  });
}

/** A part of a pulse that rounding errors of the sums may make up. */
const ROUNDING_PULSES = 1e-6;

/**
 * The most pulses that a window of so many ticks will hold until a window's length after the bolus, with basal as it is owed.
 * `isGenerous`: parts of pulses count as whole, and so do those that wait; else they do not count.
 */
function mostAhead(moment: Moment, window: number, pulses: number, ticks: number, isGenerous: boolean): number {
  const { tick, head } = moment;
  const whole = (part: number): number =>
    isGenerous ? Math.ceil(part) : Math.max(0, Math.floor(part - ROUNDING_PULSES));
  const bolusBy = (at: number): number => pulses * Math.min(1, (at - tick) / ticks);
  const waiting = isGenerous ? 2 : 0;
  const end = tick + ticks + window;
  // The end of the window, and its beginning as soon as that lies ahead too.
  const ahead = basalFrom(moment);
  const behind = basalFrom(moment);
  let held = head.stepsSince(tick - window);
  let most = held;
  const look = (until: number): void => {
    ahead.advance(until);
    const basal = whole((ahead.total_nl - behind.total_nl) / PULSE_NL);
    most = Math.max(most, held + basal + Math.floor(bolusBy(until)) + waiting);
  };
  // The content is greatest just before something leaves.
  head.visit(tick - window, (at, steps) => {
    if (at + window - 1 > tick) look(Math.min(end, at + window - 1));
    held -= steps;
  });
  // Nothing of the past is left: what comes after `tick` is all that the window holds, until its beginning lies ahead as well.
  look(tick + window - 1);
  for (let until = tick + window; until <= end;) {
    const from = until - window;
    ahead.advance(until);
    behind.advance(from);
    const basal = whole((ahead.total_nl - behind.total_nl) / PULSE_NL);
    most = Math.max(most, basal + whole(bolusBy(until) - bolusBy(from)) + waiting);
    if (until === end) break;
    // Between these moments both ends move at steady rates.
    const bolusEnd = until < tick + ticks ? tick + ticks : end;
    until = Math.min(end, bolusEnd, ahead.edgeAfter(until), behind.edgeAfter(from) + window);
  }
  return most;
}

/** Basal as it is owed from this moment on. */
function basalFrom({ tick, due, program }: Moment): Due {
  const basal = Due.copyOf(due, program);
  basal.advance(tick);
  return basal;
}
