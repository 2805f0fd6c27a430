// The monitors of requests. A bolus is granted only to a person who may have it then (PTB-3), a granted bolus is given
// completely and in its time (THR-6), and only a clinician gets a prime or a bridge (THR-7).

import { ALARM_EMPTY_RESERVOIR, ALARM_PROGRAM_INVALID, alarmRow } from "../../../hal/alarms";
import {
  CONFIRM_NO_BRIDGE,
  OUTCOME_ALARM,
  OUTCOME_EMPTY,
  OUTCOME_LOCKOUT,
  OUTCOME_NOT_PROGRAMMED,
  OUTCOME_PER_24H,
  OUTCOME_STOPPED,
} from "../../../hal/telemetry";
import {
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  EVENT_ALARM_RAISED,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_STARTED,
  EVENT_LIMIT_REACHED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_SELF_TEST,
  EVENT_STALL_DETECTED,
  EVENT_STOPPED,
  MODE_PRIMING,
} from "../../../hal/trace";
import { PULSE_NL, PULSE_SPACING_TICKS, TICKS_PER_DAY, TICKS_PER_MINUTE } from "../../../hal/units";
import { FAULT_SENSOR_NOISE, FAULT_SENSOR_OFFSET, FAULT_SENSOR_STUCK } from "../../fault-ledger";
import type { Program } from "../../telemetry/program";
import {
  criticalAlarms,
  DOSING,
  FLIGHT_TICKS,
  isMemoryDamaged,
  limitingAlarms,
  TOLD,
  type Course,
  type Monitor,
  type Notice,
} from "./monitor";

/** The residual volume of the reservoir at which the pump counts as empty (RES-3). */
const EMPTY_PULSES = 1_400_000 / PULSE_NL;
/** The pump keeps the lowest mean of its level sensor until it rises by 0.5 mL, and the mean lags by some codes of 12.5 uL. */
const SENSOR_PULSES = 2_200;
/** A pulse's proof, and the pulses of basal and bolus that wait for one another. */
const LATE_TICKS = 20 + 2 * PULSE_SPACING_TICKS;

/** A self-test takes so many ticks at most, and is reported in the last of them (PTB-3). */
const SELF_TEST_TICKS = 8;

/** PTB-3: a bolus is granted only while nothing bars it, and denied only for a reason that is so. */
export function watchGrants(): Monitor {
  const books = { ok: true, hasStarted: false, last: 0, starts: [] as number[], resets: 0, pending: -1 };
  const grant = (cause: number, moment: Notice): boolean => {
    const { course, program, digest, isOrdered } = moment;
    if (!isOrdered) return false;
    if (course.bolus !== null || course.isBridging || !course.isRunning) return false;
    if (criticalAlarms(course) !== 0) return false;
    if (course.pulsesLeft !== null && course.pulsesLeft <= EMPTY_PULSES) return false;
    // A program that was added by nobody is unknown and may hold anything.
    if (program === null) return digest !== null;
    return cause !== CAUSE_PATIENT_BOLUS || (program.bolus?.per24h ?? 0) > 0;
  };
  const deny = (cause: number, reason: number, moment: Notice): boolean => {
    const { tick, course, program, digest } = moment;
    if (program === null && digest !== null) return true;
    const isPatients = cause === CAUSE_PATIENT_BOLUS;
    const grace = (1 + books.resets) * TICKS_PER_MINUTE;
    switch (reason) {
      case OUTCOME_LOCKOUT: {
        const lockout = (program?.bolus?.lockout_min ?? 0) * TICKS_PER_MINUTE;
        return books.hasStarted && tick - books.last < lockout + grace;
      }
      case OUTCOME_PER_24H: {
        const recent = books.starts.filter((start) => tick - start < TICKS_PER_DAY + grace).length;
        return recent >= (program?.bolus?.per24h ?? 0);
      }
      case OUTCOME_STOPPED:
        return !course.isRunning || program?.mode === "stopped";
      case OUTCOME_NOT_PROGRAMMED:
        // A program that was lost from the store is none, and the pump says so by its alarm.
        if ((course.alarms & (1 << ALARM_PROGRAM_INVALID)) !== 0) return true;
        return program === null || (isPatients && (program.bolus?.per24h ?? 0) === 0);
      case OUTCOME_EMPTY: {
        const pulses = isPatients ? (program?.bolus?.pulses ?? 0) : Infinity;
        return course.pulsesLeft === null || course.pulsesLeft - pulses <= EMPTY_PULSES || mayReadEmpty(moment, pulses);
      }
      default:
        return true;
    }
  };
  return {
    books,
    asked: TOLD,
    event: ({ code, a, b }, moment) => {
      const { bolus } = moment.course;
      // A request that comes in a self-test waits for its end.
      if (code === EVENT_SELF_TEST && bolus !== null && moment.tick - bolus.start < SELF_TEST_TICKS) books.ok = false;
      if (code === EVENT_BOLUS_STARTED && a !== CAUSE_PRIME) {
        if (!grant(a, moment)) books.ok = false;
        if (a !== CAUSE_PATIENT_BOLUS) return;
        books.hasStarted = true;
        books.last = moment.tick;
        books.starts = books.starts.filter((start) => moment.tick - start < 2 * TICKS_PER_DAY);
        books.starts.push(moment.tick);
      } else if (code === EVENT_BOLUS_DENIED && !isMemoryDamaged(moment)) {
        // An alarm of this tick may be said after the denial.
        if (b === OUTCOME_ALARM) books.pending = moment.tick;
        else if (!deny(a, b, moment)) books.ok = false;
      }
    },
    reset: () => {
      books.resets++;
    },
    holds: (moment) => {
      const { tick, course } = moment;
      if (isMemoryDamaged(moment)) return true;
      if (books.pending >= 0 && books.pending <= tick) {
        books.pending = -1;
        if (criticalAlarms(course) === 0 && limitingAlarms(course) === 0) books.ok = false;
      }
      return books.ok;
    },
  };
}

/** True when the level sensor may show that so many pulses would empty the pump (RES-3): it is wrong, or little is in it. */
function mayReadEmpty({ machine, course, faultActs: acts }: Notice, pulses: number): boolean {
  const isWrong = acts[FAULT_SENSOR_STUCK] + acts[FAULT_SENSOR_OFFSET] + acts[FAULT_SENSOR_NOISE] > 0;
  const isAlarmed = (course.alarms & (1 << ALARM_EMPTY_RESERVOIR)) !== 0;
  const held = machine.world.reservoir.volume_nl / PULSE_NL;
  return isWrong || isAlarmed || held - pulses <= EMPTY_PULSES + SENSOR_PULSES;
}

/** Events that explain why a bolus ends or is late. The misses of a stall may have begun before the bolus. */
const EXPLANATIONS: readonly number[] = [
  EVENT_STOPPED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_LIMIT_REACHED,
  EVENT_STALL_DETECTED,
];

/** THR-6: a bolus or prime that is granted is given whole and in its time, unless an event explains why not. */
export function watchBoluses(): Monitor {
  const books = {
    ok: true,
    cause: 0,
    pulses: 0,
    start: 0,
    ticks: 0,
    /** The pulses that the pump says it gave, in the tick in which it says so; else -1. */
    finished: -1,
    /** Steps of the rotor for it, and pulses that have not turned the rotor yet. */
    given: 0,
    flying: 0,
    /** An event explains its end or its delay. */
    isExcused: true,
    until: NaN,
  };
  const interval = (): number => books.ticks / books.pulses;
  const close = (): void => {
    books.cause = 0;
    books.finished = -1;
    books.until = NaN;
  };
  const excuse = (): void => {
    books.isExcused = true;
    books.until = NaN;
  };
  /** The step that ends a bolus is counted after the event that says so. */
  const finish = (tick: number): void => {
    const isEarly = tick < books.start + books.ticks - interval() - 1;
    if (books.finished !== books.pulses) books.ok = false;
    if (!books.isExcused && (books.given !== books.pulses || isEarly)) books.ok = false;
    close();
  };
  return {
    books,
    asked: TOLD | DOSING,
    event: ({ code, a, b, c }, moment) => {
      const { tick, course, orders } = moment;
      if (isMemoryDamaged(moment)) excuse();
      if (code === EVENT_BOLUS_STARTED) {
        const until = tick + c + Math.ceil(c / b) + LATE_TICKS;
        Object.assign(books, { cause: a, pulses: b, start: tick, ticks: c, given: 0, flying: 0, until });
        books.isExcused = limitingAlarms(course) !== 0 || isMemoryDamaged(moment);
      } else if (code === EVENT_BOLUS_FINISHED && a === books.cause) {
        books.finished = b;
      } else if (code === EVENT_BOLUS_CANCELLED && a === books.cause) {
        if (!books.isExcused && orders !== null && !isEndAsked(course, tick)) books.ok = false;
        close();
      } else if (EXPLANATIONS.includes(code)) excuse();
      else if (code === EVENT_ALARM_RAISED && alarmRow(a) !== 0) excuse();
    },
    reset: excuse,
    holds: (moment) => {
      if (books.cause === 0) return books.ok;
      const { tick, pulses, steps } = moment;
      const asked = steps - moment.unasked;
      if (asked > 0) books.flying = 0;
      if (asked > 0 && moment.cause === books.cause) books.given += asked;
      // A pulse that begins while another has not turned the rotor follows a miss.
      if (pulses > 0 && books.flying > 0) excuse();
      books.flying += pulses;
      if (steps < 0 || moment.isGuardOpen || isMemoryDamaged(moment)) excuse();
      if (books.finished >= 0) finish(tick);
      return books.ok;
    },
  };
}

/** True when the bolus under way may end because somebody asks for that, or asked until its last pulse was in flight. */
function isEndAsked({ bolus }: Course, tick: number): boolean {
  if (bolus === null) return false;
  return bolus.isEndAsked || (bolus.askedUntil !== null && tick - bolus.askedUntil < FLIGHT_TICKS);
}

/**
 * THR-7: a prime and a bridge begin under the programming head and by an order; a program with another drug or concentration
 * comes with a bridge or a waiver; after a prime the pump is in its mode again.
 */
export function watchSupervision(): Monitor {
  const books = { ok: true, solution: [] as number[], changed: -1, bridged: -1, primed: -1 };
  return {
    books,
    asked: TOLD,
    event: ({ code, a }, { tick, machine, program, orders, isOrdered }) => {
      const isPrime = code === EVENT_BOLUS_STARTED && a === CAUSE_PRIME;
      if (isPrime || code === EVENT_BRIDGE_STARTED) {
        if (!machine.board.link.programmingHead || !isOrdered) books.ok = false;
      }
      if (code === EVENT_BRIDGE_STARTED) books.bridged = tick;
      if (code === EVENT_BOLUS_FINISHED && a === CAUSE_PRIME) books.primed = tick;
      if (code !== EVENT_PROGRAM_ACCEPTED) return;
      const solution = program === null ? [] : solutionOf(program);
      const confirmed = orders?.confirmed() ?? null;
      const isWaived = confirmed === null || (confirmed.confirm & CONFIRM_NO_BRIDGE) !== 0;
      const isOther = books.solution.length > 0 && program !== null && !isSame(books.solution, solution);
      if (isOther && !isWaived) books.changed = tick;
      books.solution = solution;
    },
    holds: (moment) => {
      const { tick } = moment;
      if (books.changed === tick && books.bridged !== tick) books.ok = false;
      if (books.primed === tick && moment.publishes && moment.mode === MODE_PRIMING) books.ok = false;
      return books.ok;
    },
  };
}

/** Ids and concentrations of the drugs of a program, one after the other. */
function solutionOf({ drugs = [] }: Program): number[] {
  return drugs.flatMap(({ id, concentration }) => [id, concentration]);
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}
