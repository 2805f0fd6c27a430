// The monitor of exact delivery (THR-2). Over any stretch in which nothing intervenes, pulses of basal and rate x time differ by
// less than one pulse. The phase of the accumulator is not known from outside, so the monitor looks at the difference D of the
// two. In an exact pump the values of D just after each pulse are equal, and those just before a pulse lie one pulse lower, to
// within the tick in which a pulse falls due. D therefore spans one pulse and a tick at most, and if no pulse comes, it falls
// below that in a known tick. Sums are integers below 2^53, so the bound is exact. The rate is the one that the program gives: for a
// schedule that of the minute on the wall clock (THR-4), which the pump may follow up to two minutes late. In periodic mode each dose
// has its pulses, and the next one begins after its interval.

import { ALARM_MOTOR_STALL, ALARM_SLOWS, alarmRow } from "../../../hal/alarms";
import { PULSE_FLIGHT_TICKS } from "../../../hal/motor";
import {
  CAUSE_BASAL,
  CAUSE_PRIME,
  EVENT_ALARM_CLEARED,
  EVENT_BASAL_RATE,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_SESSION_CLOSED,
  EVENT_SESSION_OPENED,
} from "../../../hal/trace";
import {
  PULSE_SPACING_TICKS,
  RATE_MINIMUM,
  RATE_TICKS_PER_PULSE,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../../../hal/units";
import type { Program } from "../../telemetry/program";
import { rateAt } from "../../telemetry/program-totals";
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
/** The pump reads the wall clock at the edges of minutes, and a dose begins at one. */
const LATE_TICKS = 2 * TICKS_PER_MINUTE;
/** Pulses of a dose that lie this many of their distances apart belong to two doses. */
const APART = 1.5;

export function watchDelivery(): Monitor {
  const books = {
    ok: true,
    /** The stretch: its first tick, its rate in 0.01 uL/day (0: there is none), and its pulses of basal. */
    from: 0,
    rate: 0,
    pulses: 0,
    /** The extremes of D, in parts of RATE_TICKS_PER_PULSE, and the tick before which D is not looked at. */
    highest: NaN,
    lowest: NaN,
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
    /** Nothing intervenes, whatever the mode. */
    isSteady: false,
    /** The tick since which the rate that the pump says is not that of the schedule; -1: it is. */
    offSince: -1,
    /** Periodic mode: the tick of the last pulse, and of the dose under way its first tick and its pulses; -1: it is not known whole. */
    lastPulse: -1,
    doseBegan: -1,
    dosePulses: 0,
    until: NaN,
  };
  const difference = (tick: number): number => books.pulses * RATE_TICKS_PER_PULSE - books.rate * (tick - books.from);

  /** `program`: null when no stretch begins. */
  const begin = (moment: Moment, program: Program | null, waiting: number): void => {
    const { tick, course } = moment;
    const isStalled = (course.alarms & (1 << ALARM_MOTOR_STALL)) !== 0;
    const isFree = course.bolus === null && !course.isBridging && limitingAlarms(course) === 0 && !isStalled;
    const isSteady = course.isRunning && isFree;
    const rate = program !== null && isSteady && !isMemoryDamaged(moment) ? rateOf(program, books.said) : 0;
    const isFreed = books.freed === tick;
    if (rate === null && !isFreed) books.ok = false;
    Object.assign(books, { from: tick, rate: rate ?? 0, pulses: 0, highest: NaN, lowest: NaN });
    books.isSteady = program !== null && isSteady && !isMemoryDamaged(moment);
    books.offSince = -1;
    books.settled = tick + timeFor(waiting, books.rate);
    expectNext();
    if (rate === null && isFreed) books.until = tick + 1;
  };

  /** Looks whether the rate that the pump says is that of the schedule's minute. */
  const watchSchedule = (moment: Moment): void => {
    const { tick, program, course } = moment;
    if (program?.mode !== "flex") return;
    // A prime holds basal back. Where that was nothing already, no rate is said at its begin.
    if (course.bolus?.cause === CAUSE_PRIME) books.offSince = -1;
    else if (rateAt(program, moment.wallMinute) === books.said) books.offSince = -1;
    else if (books.offSince < 0) books.offSince = tick;
    else if (tick - books.offSince > LATE_TICKS) books.ok = false;
  };

  const dropDose = (): void => {
    books.lastPulse = -1;
    books.doseBegan = -1;
  };

  /** Looks whether the doses of periodic mode have their pulses and their interval. */
  const watchDoses = ({ tick, program, steps }: Moment): void => {
    if (program?.mode !== "periodic" || !program.periodic) return;
    const { periodic } = program;
    const duration = periodic.duration_s * TICKS_PER_SECOND;
    const every = periodic.every_min * TICKS_PER_MINUTE;
    const apart = (APART * duration) / periodic.pulses + PULSE_FLIGHT_TICKS;
    // Where doses are nearly as close as their pulses, nobody can tell one from the next.
    if (every - duration <= 2 * apart) return;
    const { lastPulse, doseBegan, dosePulses } = books;
    if (lastPulse >= 0 && tick - lastPulse > apart) {
      const isWhole =
        doseBegan < 0 || (dosePulses === periodic.pulses && Math.abs(tick - doseBegan - every) <= LATE_TICKS);
      if (!isWhole) books.ok = false;
      books.doseBegan = tick;
      books.dosePulses = 0;
    }
    books.lastPulse = tick;
    books.dosePulses += steps;
  };

  /** Finds the last tick for the next pulse. */
  const expectNext = (): void => {
    const { rate, highest, from, pulses, settled } = books;
    if (rate === 0) books.until = NaN;
    else if (Number.isNaN(highest))
      books.until = settled + Math.ceil(RATE_TICKS_PER_PULSE / rate) + PULSE_FLIGHT_TICKS + 1;
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
      // The rate of a dose is said at its begin and at its end.
      if (!QUIET.includes(code) && code !== EVENT_BASAL_RATE) dropDose();
      else if (code !== EVENT_BOLUS_DENIED)
        books.settled = Math.max(books.settled, tick + timeFor(WAITING, books.rate));
    },
    reset: () => {
      books.said = 0;
      books.isDisturbed = true;
      books.isRestarted = true;
      dropDose();
    },
    holds: (moment) => {
      const { tick, steps, course, unasked } = moment;
      if (moment.isMissed || steps < 0 || unasked > 0) books.isOwing = true;
      if (books.isOwing || !books.isSteady || course.bolus !== null) dropDose();
      else if (steps > 0 && moment.cause === CAUSE_BASAL) watchDoses(moment);
      if (books.isOwing || books.isDisturbed) {
        const isTurning = steps > 0 && unasked === 0;
        books.isDisturbed = false;
        if (books.isOwing && !isTurning) books.rate = 0;
        begin(moment, books.isOwing && !isTurning ? null : moment.program, MADE_UP);
        if (isTurning) books.isOwing = false;
        return books.ok;
      }
      if (course.bolus !== null) {
        books.settled = tick + timeFor(WAITING, books.rate);
        books.until = NaN;
      }
      if (books.isSteady) watchSchedule(moment);
      if (books.rate === 0) return books.ok;
      if (steps > 0 && moment.cause === CAUSE_BASAL) {
        if (books.isRestarted) books.settled = tick + timeFor(MADE_UP, books.rate);
        books.isRestarted = false;
        const before = difference(tick);
        books.pulses += steps;
        if (tick >= books.settled) {
          const after = before + steps * RATE_TICKS_PER_PULSE;
          if (!(before >= books.lowest)) books.lowest = before;
          if (!(after <= books.highest)) books.highest = after;
          if (books.highest - books.lowest > RATE_TICKS_PER_PULSE + books.rate) books.ok = false;
        }
      }
      // A pulse that has begun is in time, whether it turns the rotor or not.
      if (course.flying > 0) books.until = NaN;
      else if (course.bolus === null) expectNext();
      return books.ok;
    },
  };
}

/**
 * The time in which so many pulses that wait are given, beside those that fall due at `rate`. It is long at a rate near the
 * fastest, and never over at the fastest itself.
 */
export function timeFor(waiting: number, rate: number): number {
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
