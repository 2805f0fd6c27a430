// The parts of every monitor: the moment that it looks at, what it may ask about the people who give orders, and the course of
// the therapy so far, as events and orders report it. A monitor looks from outside and imports nothing of the firmware. Its
// records are plain values, which are saved with a run.

import { ALARM_IS_CRITICAL, ALARM_SLOWS, ALARM_STOPS, alarmRow } from "../../../hal/alarms";
import { FAULT_RTC_JUMP } from "../../fault-ledger";
import {
  FIGURE_CAUSE,
  FIGURE_DAMAGE,
  FIGURE_ESTIMATE,
  FIGURE_GUARD_OPEN,
  FIGURE_LIMIT0,
  FIGURE_LIMIT1,
  FIGURE_MODE,
  FIGURE_PUBLISHED,
  FIGURE_RATE,
  FIGURE_STEPS,
  FIGURE_UNASKED,
  FIGURE_VOLUME_NL,
  FIGURE_WALL_MINUTE,
} from "../../machine/core";
import type { Machine } from "../../machine/machine";
import type { Program } from "../../telemetry/program";
import type { Due, Traced } from "../due";
import type { HeadLog } from "../head-log";

/** The people of a run, who know what they ask of the pump just now. */
export interface Orders {
  /** True while somebody gives that COMMAND_. */
  isAsking(command: number): boolean;
  /** The CONFIRM_ bits and the REASON_ of the commit under way; null when nobody here knows. */
  confirmed(): { confirm: number; reason: number } | null;
}

/** The bolus under way: CAUSE_ and tick of its start, its pulses and its duration in ticks. */
export interface OpenBolus {
  cause: number;
  start: number;
  pulses: number;
  ticks: number;
  /** True while somebody asks for its end, and the tick in which that was over; null if nobody asked. */
  isEndAsked: boolean;
  askedUntil: number | null;
}

/** The course of the therapy before the event or at the end of the tick that a monitor looks at. */
export interface Course {
  bolus: OpenBolus | null;
  isBridging: boolean;
  isRunning: boolean;
  /** Bit n is set while alarm n is active; and the bits that the pump published last. */
  alarms: number;
  published: number;
  /** Pulses that the pump was told it holds, less one for each step forward since; null before the first refill. */
  pulsesLeft: number | null;
  /** The tick of the last refill; -1 before the first. */
  refilled: number;
  /** Pulses that began and have not turned the rotor. */
  flying: number;
}

/** All that a monitor may ask about the pump and its therapy, at an event and at the end of a tick alike. */
interface Known {
  tick: number;
  /** The program that the pump accepted last, and the digest that names it. */
  program: Program | null;
  digest: number | null;
  /** The record of the head, up to and with this tick. */
  head: HeadLog;
  course: Course;
  /** DAMAGE_ bits. */
  damage: number;
}

/** The moment of an event or of a reset. */
export interface Notice extends Known {
  machine: Machine;
  /** By FAULT_ how often each acted. */
  faultActs: Int32Array;
  /** The volume that is owed, computed up to the last order. */
  due: Due;
  orders: Orders | null;
  /** True for an event that reports an order as accepted which somebody gave. */
  isOrdered: boolean;
}

/**
 * One executed tick at its end, as its row of figures shows it. It has nothing of the machine, which may have gone on meanwhile. The
 * figures are read when a monitor asks for one, because most ask for few.
 */
export class Moment implements Known {
  readonly head: HeadLog;
  readonly course: Course;
  /** By FAULT_ which are on. People switch them, or a reset ends them, and before that every tick has been looked at. */
  readonly faultsOn: Uint8Array;
  tick = 0;
  program: Program | null = null;
  digest: number | null = null;
  /** Pulses that began, and steps of the rotor, in this tick. */
  pulses = 0;
  steps = 0;
  /** A pulse began while another was in flight, which therefore did not turn the rotor. */
  isMissed = false;
  /** The place of the row. */
  at = 0;
  private readonly figures: Float64Array;

  constructor(machine: Machine, head: HeadLog, course: Course) {
    this.figures = machine.figures;
    this.faultsOn = machine.faults.on;
    this.head = head;
    this.course = course;
  }

  /** Of the steps, those that no pulse asked for. */
  get unasked(): number {
    return this.figures[this.at + FIGURE_UNASKED];
  }

  /** All steps of the rotor up to and with this tick. */
  get stepsTotal(): number {
    return this.figures[this.at + FIGURE_STEPS];
  }

  /** The volume in the bellows. */
  get volume_nl(): number {
    return this.figures[this.at + FIGURE_VOLUME_NL];
  }

  /** The dose guard holds its switch open. */
  get isGuardOpen(): boolean {
    return this.figures[this.at + FIGURE_GUARD_OPEN] !== 0;
  }

  /** True for a controller that publishes values. Some of them: */
  get publishes(): boolean {
    return this.figures[this.at + FIGURE_PUBLISHED] !== 0;
  }

  get mode(): number {
    return this.figures[this.at + FIGURE_MODE];
  }

  get rate(): number {
    return this.figures[this.at + FIGURE_RATE];
  }

  get cause(): number {
    return this.figures[this.at + FIGURE_CAUSE];
  }

  get estimate(): number {
    return this.figures[this.at + FIGURE_ESTIMATE];
  }

  get limit0(): number {
    return this.figures[this.at + FIGURE_LIMIT0];
  }

  get limit1(): number {
    return this.figures[this.at + FIGURE_LIMIT1];
  }

  /** The minute of the wall by the clock on the board. */
  get wallMinute(): number {
    return this.figures[this.at + FIGURE_WALL_MINUTE];
  }

  get damage(): number {
    return this.figures[this.at + FIGURE_DAMAGE];
  }
}

/** The kinds of things that may happen in an executed tick, as bits. A pulse began, and the rotor turned. */
export const BEGAN = 1 << 0;
export const TURNED = 1 << 1;
/** The controller traced an event. */
export const TOLD = 1 << 2;
/** The controller published another rate, or another estimate of the volume in the reservoir. */
export const RATED = 1 << 3;
export const ESTIMATED = 1 << 4;
/** The controller published a value while a bolus is under way, or anything above happened then. */
export const DOSING = 1 << 5;
/** The dose guard holds its switch open, or did so before. */
export const OPENED = 1 << 6;
/** The board reset the controller. */
export const RESTARTED = 1 << 7;
/** A pulse before did not turn the rotor, or the rotor turned backwards or without a pulse. */
export const ODD = 1 << 8;
/** The reservoir holds less than the pump calls empty, or did so before. */
export const LOW = 1 << 9;
/** Anything above happened while a monitor is awake: its books say so. */
export const AWAKE = 1 << 10;
export const ANYTHING = BEGAN | TURNED | TOLD | RATED | ESTIMATED | DOSING | OPENED | RESTARTED | ODD | LOW | AWAKE;

export interface Monitor {
  event?(event: Traced, notice: Notice): void;
  /** The board reset the controller. */
  reset?(notice: Notice): void;
  /** False when the invariant is broken in this tick. */
  holds(moment: Moment): boolean;
  /** The kinds of things of which one must happen in a tick so that `holds` is asked. */
  asked: number;
  /**
   * The monitor's records. They are plain values, which are saved with a run and restored; a number that nobody knows is NaN, because
   * V8 makes a new object of each number that it puts where null may stand. `until`, where there is one, is the last tick in which
   * something that must happen may happen; NaN when nothing must. After it the invariant is broken. `isAwake`, where there is one,
   * is true while the monitor asks for each tick in which anything happens.
   */
  books: Record<string, number | boolean | number[]>;
}

/** For this time after an order a pulse in flight may still complete, or prove to be missed. */
export const FLIGHT_TICKS = 60;

/** Alarms of the course that bar every bolus, and those that slow or stop the pump, as bits. */
export function criticalAlarms(course: Course): number {
  return masked(course.alarms, ALARM_IS_CRITICAL);
}

export function limitingAlarms(course: Course): number {
  return masked(course.alarms, ALARM_SLOWS | ALARM_STOPS);
}

function masked(alarms: number, bits: number): number {
  let mask = 0;
  for (let alarm = 0; alarm < 32; alarm++) {
    if ((alarms & (1 << alarm)) !== 0 && (alarmRow(alarm) & bits) !== 0) mask |= 1 << alarm;
  }
  return mask;
}

/** Memory that was damaged may do and say anything; RAM-2 and NVM-1 say what must still hold. */
export function isMemoryDamaged({ damage }: Known): boolean {
  return damage !== 0;
}

export function hasClockJumped({ faultActs }: Notice): boolean {
  return faultActs[FAULT_RTC_JUMP] > 0;
}
