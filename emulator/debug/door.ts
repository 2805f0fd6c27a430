// The two places where commands are typed, called doors: a stepper's prompt and a control channel. A command acts on the run of
// its door. A command of one door alone also uses the door's own abilities: a stepper travels in time, and a channel belongs
// to a pump that runs by the clock.

import type { RunEvent } from "../run/report";
import type { ScenarioRun } from "../run/run";
import type { Speed } from "../speed";
import type { Deed } from "./branches";
import type { Condition } from "./condition";
import type { Moving, TimeTravel } from "./time-travel";

/** The largest number of symbols and of events that a door lists. */
export const LIST_MAX = {
  stepper: { symbols: 60, events: 1_000_000 },
  channel: { symbols: 200, events: 1000 },
} as const;

interface AnyDoor {
  readonly run: ScenarioRun;
  /** Ends the stepper or the served pump. */
  quit(): void;
}

export interface StepperDoor extends AnyDoor {
  readonly where: "stepper";
  readonly time: TimeTravel;
  /** By these the line under way is stopped, and tells how far it is. */
  readonly moving: Moving;
  /** The symbols whose changes are shown after each move. */
  readonly watched: Set<string>;
  /** Changes the run by hand, from the present place on. */
  act(deed: Deed): void;
  /** Notes the answer to an `expect`. */
  judge(ok: boolean): void;
}

/** An answer that comes later: at the first moment at which it is true, or with the error `late` after so many ticks. */
export interface Awaited {
  condition: Condition;
  within: { ticks: number; late: string } | null;
  /** The fields of the answer beside tick and time. */
  seen(): object;
}

export interface ChannelDoor extends AnyDoor {
  readonly where: "channel";
  /** Time, speed, head, port, pacing, alarms and signals. */
  status(): object;
  /** The report as it would be if the service ended now. */
  report(): object;
  /** Sets whether the programming head is in place while a programmer uses the port. */
  setHead(inPlace: boolean): void;
  setSpeed(speed: Speed): void;
  /** Lets the pump's time stand still, or go on. */
  pause(on: boolean): void;
  /** Lets that much of the pump's time pass at once, in a pause, and sends the answer then. */
  step(ticks: number): void;
  /** Drops the bytes from the port that the pump has not been given; their number. */
  flush(): number;
  pushEvents(on: boolean): void;
  /** Sends the answer when that much of the pump's time has passed. */
  waitTicks(ticks: number): void;
  /** Sends the answer at the first end of a tick at which the condition holds. */
  waitFor(awaited: Awaited): void;
  /** Sends the answer at the next event for which `awaited` is true, or the error `limit.late` after `limit.ticks`. */
  waitForEvent(awaited: (event: RunEvent) => boolean, limit: { ticks: number; late: string } | null): void;
}

export type Door = StepperDoor | ChannelDoor;
