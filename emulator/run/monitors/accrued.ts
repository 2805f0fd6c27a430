// The monitor of what has gathered of the next pulse (THR-9). It keeps the gap between what the rates in force have gathered and the
// pulses of basal that turned the rotor. The phase of the accumulator is not known from outside, but it is the same just before each
// pulse. So the gap there is the same to within the ticks in which a pulse falls due and flies. A pump that throws away what has
// gathered, at a change of the rate or a stop, shows a wider gap at a later pulse. Parts of RATE_TICKS_PER_PULSE make a pulse.
//
// While nothing changes the gap stays as it is. So the monitor sleeps after two pulses at a rate, and counts those that it slept over
// when something happens.
//
// Periodic mode is left out, whose doses are judged by THR-2, and so is all in which pulses are dropped on purpose: a stall, a limit,
// an alarm that slows or stops the pump, and a reset in a pulse, after which the pump may rest.

import { ALARM_MOTOR_STALL } from "../../../hal/alarms";
import { PULSE_FLIGHT_TICKS } from "../../../hal/motor";
import {
  CAUSE_BASAL,
  CAUSE_BRIDGE,
  EVENT_BASAL_RATE,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_LIMIT_REACHED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_STALL_DETECTED,
  EVENT_STARTED,
} from "../../../hal/trace";
import { PULSE_SPACING_TICKS, RATE_TICKS_PER_PULSE, TICKS_PER_MINUTE } from "../../../hal/units";
import { timeFor } from "./delivery";
import { AWAKE, isMemoryDamaged, limitingAlarms, ODD, RESTARTED, TOLD, type Moment, type Monitor } from "./monitor";

/** A part of a pulse that is too small to be a loss. */
const LOSS = RATE_TICKS_PER_PULSE / 4;
/** A pulse waits for its flight and for the pulse before it, and the first self-test holds it back for so long. */
const LATE_TICKS = PULSE_FLIGHT_TICKS + PULSE_SPACING_TICKS + 20;
/** A reset may lose so much: a minute, which may be a hundredth too long. */
const RESET_TICKS = 1.01 * TICKS_PER_MINUTE;
/** Pulses that wait when basal begins again, at most. */
const WAITING = 2;
const MADE_UP = 10;
/** Pulses at which the gap is looked at after a change. */
const LOOKS = 2;

export function watchAccrued(): Monitor {
  const books = {
    ok: true,
    /** The rate in force as the pump said it, in 0.01 uL/day, and the tick up to which the gap is computed. */
    said: 0,
    since: 0,
    gap: 0,
    /** The narrowest gap just before a pulse; NaN before the first. */
    least: NaN,
    /** So much may have been lost since then by resets and in the ticks of changes. */
    lost: 0,
    /** The tick before which pulses that waited may come late. */
    settled: 0,
    /** The program in force gives doses. */
    isPeriodic: false,
    isAwake: true,
    looks: 0,
    /** Steps of the rotor up to the last tick that was looked at; -1: not known. */
    steps: -1,
  };

  const wake = (): void => {
    books.isAwake = true;
    books.looks = 0;
  };

  const advance = (tick: number): void => {
    books.gap += books.said * (tick - books.since);
    books.since = tick;
  };
  const expectLate = (tick: number, waiting: number): void => {
    books.settled = Math.max(books.settled, tick + timeFor(waiting, books.said));
    wake();
  };
  const begin = (tick: number): void => {
    books.least = NaN;
    books.lost = 0;
    expectLate(tick, MADE_UP);
  };
  /** True while pulses may be dropped on purpose, or nothing is known. */
  const mayDrop = (moment: Moment): boolean => {
    const { course, program, steps, unasked, isMissed, isGuardOpen } = moment;
    if (program === null || books.isPeriodic || isMissed || steps < 0 || unasked > 0 || isGuardOpen) return true;
    const isStalled = (course.alarms & (1 << ALARM_MOTOR_STALL)) !== 0;
    return isStalled || (course.alarms !== 0 && limitingAlarms(course) !== 0) || isMemoryDamaged(moment);
  };

  return {
    books,
    asked: AWAKE | TOLD | RESTARTED | ODD,
    event: ({ code, a }, { tick, program }) => {
      switch (code) {
        case EVENT_BASAL_RATE:
          advance(tick);
          books.lost += 2 * Math.max(books.said, a);
          books.said = a;
          return wake();
        case EVENT_PROGRAM_ACCEPTED: {
          const isPeriodic = program?.mode === "periodic";
          if (isPeriodic || books.isPeriodic) begin(tick);
          books.isPeriodic = isPeriodic;
          return expectLate(tick, WAITING);
        }
        case EVENT_LIMIT_REACHED:
        case EVENT_STALL_DETECTED:
          return begin(tick);
        case EVENT_BOLUS_STARTED:
          return wake();
        case EVENT_STARTED:
        case EVENT_BOLUS_FINISHED:
        case EVENT_BOLUS_CANCELLED:
          return expectLate(tick, WAITING);
      }
    },
    reset: ({ tick, course }) => {
      advance(tick);
      if (course.flying > 0) begin(tick);
      books.lost += books.said * RESET_TICKS;
      expectLate(tick, MADE_UP);
      books.said = 0;
    },
    holds: (moment) => {
      const { tick, steps, cause, course } = moment;
      const turned = moment.stepsTotal;
      // All pulses that it slept over were of basal, for a bolus begins with an event.
      if (books.steps >= 0) books.gap -= Math.max(0, turned - steps - books.steps) * RATE_TICKS_PER_PULSE;
      books.steps = turned;
      if (mayDrop(moment)) begin(tick);
      if (steps <= 0 || (cause !== CAUSE_BASAL && cause !== CAUSE_BRIDGE)) return books.ok;
      advance(tick);
      if (course.bolus !== null) expectLate(tick, WAITING);
      else if (tick >= books.settled) {
        books.least = Number.isNaN(books.least) ? books.gap : Math.min(books.least, books.gap);
        if (books.gap - books.least > LOSS + books.said * LATE_TICKS + books.lost) books.ok = false;
        books.looks++;
        if (books.looks >= LOOKS) books.isAwake = false;
      }
      books.gap -= steps * RATE_TICKS_PER_PULSE;
      return books.ok;
    },
  };
}
