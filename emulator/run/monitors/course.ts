// The course of the therapy, as events and orders report it. It takes in an event after the monitors have seen it, so they see
// the state before the event.

import { ALARM_STOPS, alarmRow } from "../../../hal/alarms";
import {
  EVENT_ALARM_CLEARED,
  EVENT_ALARM_RAISED,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_REFILLED,
  EVENT_STARTED,
  EVENT_STOPPED,
} from "../../../hal/trace";
import type { Traced } from "../due";
import type { Course } from "./monitor";

/** The course of a pump that has just been built. */
export function courseAtStart(): Course {
  return {
    bolus: null,
    isBridging: false,
    isRunning: false,
    alarms: 0,
    published: 0,
    pulsesLeft: null,
    refilled: -1,
    flying: 0,
  };
}

export function followEvent(course: Course, { code, a, b, c }: Traced, tick: number): void {
  switch (code) {
    case EVENT_BOLUS_STARTED:
      course.bolus = { cause: a, start: tick, pulses: b, ticks: c, isEndAsked: false, askedUntil: null };
      return;
    case EVENT_BOLUS_FINISHED:
    case EVENT_BOLUS_CANCELLED:
      course.bolus = null;
      return;
    case EVENT_BRIDGE_STARTED:
      course.isBridging = true;
      return;
    case EVENT_BRIDGE_FINISHED:
      course.isBridging = false;
      return;
    case EVENT_PROGRAM_ACCEPTED:
      if (!isStopped(course)) course.isRunning = true;
      return;
    case EVENT_STARTED:
      course.isRunning = true;
      return;
    case EVENT_STOPPED:
      course.isRunning = false;
      return;
    case EVENT_ALARM_RAISED:
      course.alarms |= 1 << a;
      return;
    case EVENT_ALARM_CLEARED:
      course.alarms &= ~(1 << a);
      return;
    case EVENT_REFILLED:
      course.pulsesLeft = a;
      course.refilled = tick;
      return;
  }
}

/** Somebody asks for the end of the bolus under way, or no longer does. */
export function followAsking({ bolus }: Course, isAsked: boolean, tick: number): void {
  if (bolus === null || bolus.isEndAsked === isAsked) return;
  bolus.isEndAsked = isAsked;
  if (!isAsked) bolus.askedUntil = tick;
}

/** After a reset the bolus of before is over. */
export function followReset(course: Course): void {
  course.bolus = null;
}

/** An alarm that outlives a reset is active again without an event; a pump that publishes its alarms shows it so. */
export function followAlarms(course: Course, published: number): void {
  course.published = published;
  course.alarms = published;
}

/** Pulses began or the rotor turned. True when a pulse before these did not turn it. */
export function followFlight(course: Course, pulses: number, steps: number): boolean {
  const isMissed = pulses > 0 && course.flying > 0 && steps <= 0;
  course.flying = steps > 0 ? pulses : course.flying + pulses;
  return isMissed;
}

/** A step in the tick of a refill came before the refill, whose figure is the later one. */
export function followSteps(course: Course, steps: number, tick: number): void {
  if (steps > 0 && course.pulsesLeft !== null && course.refilled !== tick)
    course.pulsesLeft = Math.max(0, course.pulsesLeft - steps);
}

function isStopped({ alarms }: Course): boolean {
  for (let alarm = 0; alarm < 32; alarm++) {
    if ((alarms & (1 << alarm)) !== 0 && (alarmRow(alarm) & ALARM_STOPS) !== 0) return true;
  }
  return false;
}
