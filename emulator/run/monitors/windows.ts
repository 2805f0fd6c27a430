// The monitors of the dose windows: the pulses that they hold (LIM-1), and those that a request may add to them (LIM-2). Steps of
// the rotor count as pulses, whatever a worn head displaces.

import { OUTCOME_DOSE_LIMIT } from "../../../hal/telemetry";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_CLOCK_SET,
  EVENT_PROGRAM_ACCEPTED,
} from "../../../hal/trace";
import {
  MINUTES_PER_DAY,
  MINUTES_PER_HOUR,
  PULSE_NL,
  TICKS_PER_DAY,
  TICKS_PER_HOUR,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../../../hal/units";
import { highestRate } from "../../telemetry/program-totals";
import type { Program } from "../../telemetry/program";
import { Due, type Traced } from "../due";
import { FLIGHT_TICKS, hasClockJumped, isMemoryDamaged, TOLD, TURNED, type Monitor, type Notice } from "./monitor";
import { ownLimit } from "./own-limits";

/** Bookkeeping may count a part of a window too much (LIM-4). */
const WINDOW_PARTS = 96;

/** A stall is found with eight pulses of a bolus late, beside those of basal that an own limit has room for (MOT-1, MOT-2). */
const LATE_PULSES = 8;

/** Longer than any run: an order of which only its end says how long it takes, as a bridge, whose rate follows a schedule. */
export const STANDING_TICKS = Number.MAX_SAFE_INTEGER / 2;

/** The windows in which a program without limits is held to itself (LIM-5). */
export const OWN_WINDOWS_MIN = [MINUTES_PER_HOUR, MINUTES_PER_DAY] as const;

/**
 * LIM-1: in each window of the program in force, at most its limit and one pulse. For a program without limits these are an hour
 * and a day of what it gives (LIM-5), and of what people order beside it, whatever the pump publishes.
 */
export function watchWindows(): Monitor {
  const books = {
    digest: 0,
    since: -FLIGHT_TICKS,
    /** The orders by hand: three numbers each, its pulses, its tick and the one in which it is over at the latest. */
    orders: [] as number[],
    /** So many steps from now on can break no window: time only empties them. They are counted anew when these are made. */
    spare: 0,
  };
  const windows = windowsOf();
  return {
    books,
    asked: TURNED | TOLD,
    event: (event, moment) => {
      if (event.code === EVENT_BRIDGE_FINISHED || event.code === EVENT_PROGRAM_ACCEPTED)
        books.orders = ended(books.orders, moment.tick + TICKS_PER_HOUR);
      const ordered = moment.isOrdered ? byHand(event, moment) : null;
      if (ordered === null || ordered.pulses === 0) return;
      // Of what a day has passed no window holds anything.
      const kept = ordersIn(books.orders, moment.tick - TICKS_PER_DAY).flat();
      books.orders = [...kept, ordered.pulses, moment.tick, moment.tick + ordered.ticks + TICKS_PER_HOUR];
    },
    holds: ({ tick, steps, unasked, program, digest, head }) => {
      if (books.digest !== (digest ?? 0)) {
        books.digest = digest ?? 0;
        books.since = tick;
        books.spare = 0;
      }
      if (steps > 0) books.spare -= steps;
      if (books.spare >= 0) return true;
      // A step that no pulse asked for is counted in the windows, and the next pulse finds it there.
      if (steps <= unasked || program === null || tick - books.since < FLIGHT_TICKS) return true;
      const isLimited = program.limits.length > 0;
      let spare = Infinity;
      let isKept = true;
      for (const { pulses, ticks } of windows(program)) {
        // The pulses of a program before one that nobody limited were held to the limits of that program.
        const from = isLimited ? tick - ticks : Math.max(tick - ticks, books.since);
        const left = pulses + 1 - head.stepsSince(from);
        spare = Math.min(spare, left);
        const ordered =
          left < 0 && !isLimited ? ordersIn(books.orders, from).reduce((sum, [each]) => sum + each, 0) : 0;
        if (left + ordered < 0) isKept = false;
      }
      books.spare = spare;
      return isKept;
    },
  };
}

/** The orders when the bridge among them is over in tick `until` at the latest. */
function ended(orders: readonly number[], until: number): number[] {
  return orders.map((each, i) => (i % 3 === 2 && each > STANDING_TICKS ? until : each));
}

/** The orders that are not over at tick `from`, as pulses, tick and end of each. */
function ordersIn(orders: readonly number[], from: number): number[][] {
  const all = Array.from({ length: orders.length / 3 }, (_, i) => orders.slice(3 * i, 3 * i + 3));
  return all.filter(([, , until]) => until > from);
}

/** The pulses that somebody orders beside the program, and the ticks in which they are given. */
function byHand({ code, a, b, c }: Traced, { tick, program, due }: Notice): { pulses: number; ticks: number } | null {
  if (code === EVENT_BOLUS_STARTED && a !== CAUSE_PATIENT_BOLUS) return { pulses: b, ticks: c };
  // A bridge stands until it has finished, because its rate follows a schedule.
  if (code === EVENT_BRIDGE_STARTED) return { pulses: a, ticks: STANDING_TICKS };
  if (code !== EVENT_CLOCK_SET || program === null) return null;
  // Minutes of a schedule come twice, or those of another day come at once.
  const minutes = Math.min(MINUTES_PER_DAY, Math.abs(a - due.wallMinuteAt(tick)));
  return { pulses: Math.ceil(highestRate(program) * minutes), ticks: TICKS_PER_DAY };
}

/** The windows of a program, its own where nobody limited it. They are found once for each program. */
function windowsOf(): (program: Program) => { pulses: number; ticks: number }[] {
  let known: Program | null = null;
  let windows: { pulses: number; ticks: number }[] = [];
  return (program) => {
    if (known === program) return windows;
    known = program;
    const own = OWN_WINDOWS_MIN.map((window_min) => {
      return { pulses: ownLimit(program, window_min).most + LATE_PULSES, window_min };
    });
    windows = (program.limits.length > 0 ? program.limits : own).map(({ pulses, window_min }) => {
      return { pulses, ticks: window_min * TICKS_PER_MINUTE };
    });
    return windows;
  };
}

/** LIM-2: a bolus is granted only if no window will hold too much with it, and denied for a limit only if one would. */
export function watchLookAhead(): Monitor {
  const books = { ok: true };
  return {
    books,
    asked: TOLD,
    event: ({ code, a, b, c }, moment) => {
      const { program } = moment;
      if (program === null || program.limits.length === 0 || a === CAUSE_PRIME) return;
      if (isMemoryDamaged(moment) || hasClockJumped(moment)) return;
      if (code === EVENT_BOLUS_STARTED && !isAllowed(moment, program, b, c)) books.ok = false;
      if (code !== EVENT_BOLUS_DENIED || b !== OUTCOME_DOSE_LIMIT || a === CAUSE_CLINICIAN_BOLUS) return;
      const { bolus } = program;
      if (bolus && fitsEasily(moment, program, bolus.pulses, bolus.duration_s * TICKS_PER_SECOND)) books.ok = false;
    },
    holds: () => books.ok,
  };
}

function isAllowed(moment: Notice, program: Program, pulses: number, ticks: number): boolean {
  return program.limits.every(
    (limit) => mostAhead(moment, limit.window_min * TICKS_PER_MINUTE, pulses, ticks, false) <= limit.pulses + 1,
  );
}

/** True when the bolus fits every limit with a 96th of the window and two pulses to spare. */
function fitsEasily(moment: Notice, program: Program, pulses: number, ticks: number): boolean {
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
function mostAhead(moment: Notice, window: number, pulses: number, ticks: number, isGenerous: boolean): number {
  const { tick, head } = moment;
  const whole = (part: number): number =>
    isGenerous ? Math.ceil(part) : Math.max(0, Math.floor(part - ROUNDING_PULSES));
  const bolusBy = (at: number): number => pulses * Math.min(1, (at - tick) / ticks);
  const waiting = isGenerous ? 2 : 0;
  const end = tick + ticks + window;
  // The end of the window, and its beginning as soon as that lies ahead too.
  const ahead = basalFrom(moment, isGenerous);
  const behind = basalFrom(moment, isGenerous);
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

/** Basal as it is owed from this moment on; as the program gives it, where it `isEndless` and the end of a trial does not count. */
function basalFrom({ tick, due, program }: Notice, isEndless: boolean): Due {
  const basal = Due.copyOf(due, program);
  if (isEndless) basal.dropTrialEnd();
  basal.advance(tick);
  return basal;
}
