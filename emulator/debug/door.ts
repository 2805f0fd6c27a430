// Where commands are typed: a stepper's prompt, or a control channel. A command acts on the run of its door and, where it is a
// command of one door alone, through what that door can do: a stepper moves time by hand, a channel speaks to a pump that
// runs by the clock.

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

/** The longest lists that a door shows. */
export const LIST_MAX = {
  stepper: { symbols: 60, events: 1_000_000 },
  channel: { symbols: 200, events: 1000 },
} as const;

interface AnyDoor {
  readonly run: ScenarioRun;
  /** Called when the run was changed by hand. */
  touched(): void;
  /** Ends what is behind the door. */
  quit(): void;
}

export interface StepperDoor extends AnyDoor {
  readonly where: "stepper";
  /** The earliest tick that can be gone back to. */
  readonly firstTick: number;
  moveTo(tick: number): void;
  /** On to the first moment at which the condition holds, or to the end. True when it held. */
  moveUntil(condition: Condition): boolean;
  backTo(tick: number): void;
}

export interface ChannelDoor extends AnyDoor {
  readonly where: "channel";
  /** Time, speed, head, port, pacing, alarms and signals; and the end report as it would be now. */
  status(): object;
  report(): object;
  /** The programming head lies over the pump whenever somebody speaks at the port, or is away. */
  restHead(inPlace: boolean): void;
  setSpeed(speed: Speed): void;
  pushEvents(on: boolean): void;
  /** Answers when so much of the pump's time has passed. */
  waitTicks(ticks: number): void;
  /** Answers at the next event of which `awaited` is true, or with `late` after `within` ticks. */
  waitForEvent(awaited: (event: RunEvent) => boolean, limit: { ticks: number; late: string } | null): void;
}

export type Door = StepperDoor | ChannelDoor;

/** Is it true now, and may quiet ticks be leapt over while waiting for it? */
export interface Condition {
  holds(): boolean;
  leaps: boolean;
}
