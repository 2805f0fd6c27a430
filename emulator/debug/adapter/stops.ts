// The breakpoints of a session as the stops of a move. A breakpoint counts its hits and prints its message where the move arrives, because
// a search looks at the same moments several times. Going back every hit stops, and no message is printed.

import type { ScenarioRun } from "../../run/run";
import { conditionOf } from "../condition";
import type { Direction, LocalReader, Stop } from "../time-travel";
import type { Breakpoint } from "./breakpoint";

export class Stops {
  /** In the order of `list`. Of several at one place the first counts, so those that always stop come first. */
  readonly breakpoints: readonly Breakpoint[];
  readonly list: readonly Stop[];
  /** The nearest tick in the direction at which a breakpoint stops; null when there is none. */
  readonly tick: number | null;
  private readonly direction: Direction;

  constructor(breakpoints: readonly Breakpoint[], direction: Direction, from: number) {
    const stopping = direction === "back" ? breakpoints.filter(({ log }) => log === null) : breakpoints;
    const atTicks = stopping.filter(({ awaited }) => awaited.kind === "tick");
    const others = stopping.filter(({ awaited }) => awaited.kind !== "tick");
    this.direction = direction;
    this.breakpoints = others.sort((one, other) => Number(isConditional(one)) - Number(isConditional(other)));
    this.tick = nearestTick(atTicks, direction, from);
    this.list = this.breakpoints.map(stopOf);
  }

  /** True when the tick of a breakpoint is reached. */
  isTickPassed(tick: number): boolean {
    if (this.tick === null) return false;
    return this.direction === "forward" ? tick >= this.tick : tick <= this.tick;
  }
}

/** True for a breakpoint that is met and does not always stop. */
function isConditional({ log, hitCondition, condition, awaited }: Breakpoint): boolean {
  return log !== null || hitCondition !== "" || (condition !== null && awaited.kind !== "statements");
}

function stopOf({ awaited, condition }: Breakpoint): Stop {
  switch (awaited.kind) {
    case "statements":
      return {
        statements: awaited.ids,
        condition:
          condition === null
            ? undefined
            : (run: ScenarioRun, local: LocalReader) => () => conditionOf(run, condition, local).holds(),
      };
    case "written":
      return { symbol: awaited.symbol };
    case "condition":
      return { when: (run) => conditionOf(run, awaited.text) };
    case "tick":
      throw new Error("a tick is no stop of its own: the nearest one ends the move");
  }
}

function nearestTick(breakpoints: readonly Breakpoint[], direction: Direction, from: number): number | null {
  const isAhead = (tick: number) => (direction === "forward" ? tick > from : tick < from);
  const ticks = breakpoints.flatMap(({ awaited }) => (awaited.kind === "tick" ? [awaited.tick] : [])).filter(isAhead);
  if (ticks.length === 0) return null;
  return direction === "forward" ? Math.min(...ticks) : Math.max(...ticks);
}
