// Records what the controller's end of the hal wire sees of a run on a board that may be anybody's: the events that the controller
// traced, the rotor's steps that the board reported, and how far its ticks came. judge-board.ts judges the scenario by it.

import { Hal } from "../../hal/hal";
import type { TracePort } from "../../hal/trace";

/** The record as plain values, which can cross threads. */
export interface BoardSeen {
  /** tick, code, a, b, c of each traced event. */
  events: (readonly [number, number, number, number, number])[];
  /** The rotor's steps, with the tick before which they were reported; one row for each change. */
  steps: { tick: number; steps: number }[];
  /** The last tick for which inputs came; -1 before the first. */
  lastTick: number;
  /** The number of ticks after it that the controller allowed the board to leap over. */
  idle: number;
}

export class BoardWatch {
  readonly seen: BoardSeen = { events: [], steps: [], lastTick: -1, idle: 0 };
  /** Events of calls that have not left this end yet. */
  private pending: BoardSeen["events"] = [];

  /** The board as the controller gets it, with a trace port that is recorded. */
  watched(hal: Hal): Hal {
    const { trace } = hal;
    const recorded: TracePort = {
      event: (code, a, b, c) => {
        this.pending.push([this.seen.lastTick, code, a, b, c]);
        trace.event(code, a, b, c);
      },
      publish: (channel, value) => trace.publish(channel, value),
    };
    return Object.assign(Object.create(Object.getPrototypeOf(hal) as object) as Hal, hal, { trace: recorded });
  }

  /** The inputs of a tick have come. */
  sensed(tick: number, steps: number): void {
    this.seen.lastTick = tick;
    this.seen.idle = 0;
    this.pending = [];
    if (this.seen.steps.at(-1)?.steps !== steps) this.seen.steps.push({ tick, steps });
  }

  /** The calls so far have been sent to the board. */
  sent(): void {
    this.seen.events.push(...this.pending);
    this.pending = [];
  }

  allowed(idle: number): void {
    this.seen.idle = idle;
  }
}
