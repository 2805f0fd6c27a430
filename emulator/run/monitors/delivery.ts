// The monitor of exact delivery (THR-2). Over any stretch in which nothing intervenes, pulses of basal and rate x time differ by
// less than one pulse. The phase of the accumulator is not known from outside, so the monitor looks at the difference D of the
// two. In an exact pump the values of D just after each pulse are equal, and those just before a pulse lie one pulse lower, to
// within the tick in which a pulse falls due. D therefore spans one pulse and a tick at most, and if no pulse comes, it falls
// below that in a known tick. Sums are integers below 2^53, so the bound is exact.

import { ALARM_MOTOR_STALL, ALARM_SLOWS, alarmRow } from "../../../hal/alarms";
import { PULSE_FLIGHT_TICKS } from "../../../hal/motor";
import {
  CAUSE_BASAL,
  CHANNEL_CAUSE,
  EVENT_ALARM_CLEARED,
  EVENT_BASAL_RATE,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_SESSION_CLOSED,
  EVENT_SESSION_OPENED,
} from "../../../hal/trace";
import { PULSE_SPACING_TICKS, RATE_MINIMUM, RATE_TICKS_PER_PULSE } from "../../../hal/units";
import type { Program } from "../../telemetry/program";
import { BEGAN, isMemoryDamaged, limitingAlarms, RESTARTED, TOLD, TURNED, type Moment, type Monitor } from "./monitor";

/** Events that leave basal as it is. A bolus is one of them (THR-5), but its pulses and those of basal wait for one another. */
const QUIET: readonly number[] = [
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_STARTED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_CANCELLED,
  EVENT_SESSION_OPENED,
  EVENT_SESSION_CLOSED,
];
/** Pulses of basal that may wait when a bolus ends, and that are made up after misses. */
const WAITING = 2;
const MADE_UP = 10;

export function watchDelivery(): Monitor {
  const books = {
    ok: true,
    /** The stretch: its first tick, its rate in 0.01 uL/day (0: there is none), and its pulses of basal. */
    from: 0,
    rate: 0,
    pulses: 0,
    /** The extremes of D, in parts of RATE_TICKS_PER_PULSE, and the tick before which D is not looked at. */
    highest: null as number | null,
    lowest: null as number | null,
    settled: 0,
    /** The last basal rate that the pump said since its start, and whether something happened that ends the stretch. */
    said: 0,
    isDisturbed: false,
    /** The tick in which an alarm that slowed the pump was cleared; its rate may be said in the next one. */
    freed: -1,
    /** After a miss no stretch begins before the rotor turns. */
    isOwing: false,
    /**
     * The controller was reset, and the rotor has not turned since. Pulses that were owed over the reset come with the next one that
     * falls due, and not at once: a pulse may be what caused the reset.
     */
    isRestarted: false,
    until: null as number | null,
  };
  const difference = (tick: number): number => books.pulses * RATE_TICKS_PER_PULSE - books.rate * (tick - books.from);

  const begin = (moment: Moment, waiting: number): void => {
    const { tick, program, course } = moment;
    const isStalled = (course.alarms & (1 << ALARM_MOTOR_STALL)) !== 0;
    const isFree = course.bolus === null && !course.isBridging && limitingAlarms(course) === 0 && !isStalled;
    const isSteady = course.isRunning && isFree;
    const rate = program !== null && isSteady && !isMemoryDamaged(moment) ? rateOf(program, books.said) : 0;
    const isFreed = books.freed === tick;
    if (rate === null && !isFreed) books.ok = false;
    Object.assign(books, { from: tick, rate: rate ?? 0, pulses: 0, highest: null, lowest: null });
    books.settled = tick + timeFor(waiting, books.rate);
    expectNext();
    if (rate === null && isFreed) books.until = tick + 1;
  };

  /** Finds the last tick for the next pulse. */
  const expectNext = (): void => {
    const { rate, highest, from, pulses, settled } = books;
    if (rate === 0) books.until = null;
    else if (highest === null) books.until = settled + Math.ceil(RATE_TICKS_PER_PULSE / rate) + PULSE_FLIGHT_TICKS + 1;
    else {
      const fall = (pulses + 1) * RATE_TICKS_PER_PULSE + rate - highest;
      books.until = Math.max(settled, from + Math.floor(fall / rate));
    }
  };

  return {
    books,
    asked: BEGAN | TURNED | TOLD | RESTARTED,
    event: ({ code, a }, { tick }) => {
      if (code === EVENT_BASAL_RATE) books.said = a;
      if (code === EVENT_ALARM_CLEARED && (alarmRow(a) & ALARM_SLOWS) !== 0) books.freed = tick;
      if (!QUIET.includes(code)) books.isDisturbed = true;
      else if (code !== EVENT_BOLUS_DENIED)
        books.settled = Math.max(books.settled, tick + timeFor(WAITING, books.rate));
    },
    reset: () => {
      books.said = 0;
      books.isDisturbed = true;
      books.isRestarted = true;
    },
    holds: (moment) => {
      const { tick, steps, course, unasked } = moment;
      if (moment.isMissed || steps < 0 || unasked > 0) books.isOwing = true;
      if (books.isOwing || books.isDisturbed) {
        const isTurning = steps > 0 && unasked === 0;
        books.isDisturbed = false;
        if (books.isOwing && !isTurning) books.rate = 0;
        begin(books.isOwing && !isTurning ? { ...moment, program: null } : moment, MADE_UP);
        if (isTurning) books.isOwing = false;
        return books.ok;
      }
      if (course.bolus !== null) {
        books.settled = tick + timeFor(WAITING, books.rate);
        books.until = null;
      }
      if (books.rate === 0) return books.ok;
      if (steps > 0 && moment.channels[CHANNEL_CAUSE] === CAUSE_BASAL) {
        if (books.isRestarted) books.settled = tick + timeFor(MADE_UP, books.rate);
        books.isRestarted = false;
        const before = difference(tick);
        books.pulses += steps;
        if (tick >= books.settled) {
          books.lowest = Math.min(books.lowest ?? before, before);
          books.highest = Math.max(books.highest ?? -Infinity, before + steps * RATE_TICKS_PER_PULSE);
          if (books.highest - books.lowest > RATE_TICKS_PER_PULSE + books.rate) books.ok = false;
        }
      }
      // A pulse that has begun is in time, whether it turns the rotor or not.
      if (course.flying > 0) books.until = null;
      else if (course.bolus === null) expectNext();
      return books.ok;
    },
  };
}

/**
 * The time in which so many pulses that wait are given, beside those that fall due at `rate`. It is long at a rate near the
 * fastest, and never over at the fastest itself.
 */
function timeFor(waiting: number, rate: number): number {
  const spare = RATE_TICKS_PER_PULSE - rate * PULSE_SPACING_TICKS;
  if (spare <= 0) return Number.MAX_SAFE_INTEGER / 2;
  return PULSE_FLIGHT_TICKS + Math.ceil((waiting * PULSE_SPACING_TICKS * RATE_TICKS_PER_PULSE) / spare);
}

/** The one rate that a program gives, or the one of its rates that the pump says; 0 where doses come, null for any other. */
function rateOf(program: Program, said: number): number | null {
  switch (program.mode) {
    case "continuous":
      return program.rate;
    case "minimum":
      return RATE_MINIMUM;
    case "flex": {
      const rates = program.flex?.patterns.flat().map(({ rate }) => rate) ?? [];
      return said === 0 || rates.includes(said) ? said : null;
    }
    case "periodic":
    case "stopped":
      return 0;
  }
}
