// The two places where commands are typed, called doors: a stepper's prompt and a control channel. A command acts on the run of
// its door. A command of one door alone also uses the door's own abilities: a stepper moves time by hand, and a channel belongs
// to a pump that runs by the clock.

import type { Grain } from "../machine/grain";
import type { RunEvent } from "../run/report";
import type { ScenarioRun } from "../run/run";
import type { Speed } from "../speed";

/** A line that cannot be carried out; nothing has changed. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CommandError";
  }
}

/** The largest number of symbols and of events that a door lists. */
export const LIST_MAX = {
  stepper: { symbols: 60, events: 1_000_000 },
  channel: { symbols: 200, events: 1000 },
} as const;

interface AnyDoor {
  readonly run: ScenarioRun;
  /** Must be called after a command has changed the run. */
  touched(): void;
  /** Ends the stepper or the served pump. */
  quit(): void;
}

export interface StepperDoor extends AnyDoor {
  readonly where: "stepper";
  /** The earliest tick to which the run can go back. */
  readonly firstTick: number;
  moveTo(tick: number): void;
  /** Moves to the first moment at which the condition holds, or to the end of the run. True when it held. */
  moveUntil(condition: Condition): boolean;
  backTo(tick: number): void;
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
  pushEvents(on: boolean): void;
  /** Sends the answer when that much of the pump's time has passed. */
  waitTicks(ticks: number): void;
  /** Sends the answer at the next event for which `awaited` is true, or the error `limit.late` after `limit.ticks`. */
  waitForEvent(awaited: (event: RunEvent) => boolean, limit: { ticks: number; late: string } | null): void;
}

export type Door = StepperDoor | ChannelDoor;

/** A condition at which a move stops. */
export interface Condition {
  /** When it can begin to hold: a search looks at each such moment. */
  readonly grain: Grain;
  /** True for one that tells of a change or an event since the last look, and not of a state. */
  readonly momentary: boolean;
  /** Notes the present, from which the first look counts. */
  begin(): void;
  /** True when the condition holds now. It is asked once for each moment. */
  holds(): boolean;
}
