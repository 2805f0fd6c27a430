// The breakpoints of a session as one condition of a move, which notes those that it met. A state counts in the moment in which it begins
// to hold, a change or an event in each moment in which it happens. A breakpoint with a message prints it and does not stop; it does so
// going forward only, because a search backwards passes the same moments several times. For the same reason hits are counted
// forward only, and going back every hit stops.

import { finestOf } from "../../machine/grain";
import { findSymbol } from "../../machine/symbols";
import type { ScenarioRun } from "../../run/run";
import { conditionOf, differs } from "../condition";
import type { Condition } from "../door";
import type { Direction } from "../time-travel";
import type { Breakpoint } from "./breakpoint";

export class Stops {
  /** The breakpoints that were met last. */
  met: Breakpoint[] = [];
  /** The nearest tick in the direction at which a breakpoint stops, and those breakpoints; null when there is none. */
  readonly tick: { at: number; breakpoints: Breakpoint[] } | null;
  private readonly waiting: readonly Breakpoint[];
  private readonly direction: Direction;
  /** Prints the message of a breakpoint. */
  private readonly print: (message: string) => void;

  constructor(
    breakpoints: readonly Breakpoint[],
    direction: Direction,
    from: number,
    print: (message: string) => void,
  ) {
    this.direction = direction;
    this.print = print;
    this.tick = nearestTick(breakpoints, direction, from);
    this.waiting = breakpoints.filter(({ awaited }) => awaited.kind === "condition" || awaited.kind === "written");
  }

  /** The condition on that run. */
  on(run: ScenarioRun): Condition {
    const parts = this.waiting.map((breakpoint) => {
      const condition = awaitedBy(breakpoint, run);
      const also = breakpoint.condition === null ? null : conditionOf(run, breakpoint.condition);
      return { breakpoint, condition, also, held: false };
    });
    const all = parts.flatMap(({ condition, also }) => (also ? [condition, also] : [condition]));
    return {
      grain: finestOf(all.map(({ grain }) => grain)),
      momentary: true,
      begin: () => {
        for (const part of parts) {
          part.condition.begin();
          part.also?.begin();
          part.held = !part.condition.momentary && part.condition.holds();
        }
      },
      holds: () => {
        // Breakpoints after the tick of this one are met when the run goes on from there.
        if (this.isTickPassed(run.machine.tick) && this.direction === "forward") return true;
        const met = parts.filter((part) => {
          const holds = part.condition.holds();
          const begins = holds && !part.held;
          part.held = holds && !part.condition.momentary;
          return begins && this.isHit(part.breakpoint, part.also);
        });
        if (met.length > 0) this.met = met.map(({ breakpoint }) => breakpoint);
        return met.length > 0;
      },
    };
  }

  /** True when the tick of a breakpoint is reached. */
  isTickPassed(tick: number): boolean {
    if (this.tick === null) return false;
    return this.direction === "forward" ? tick >= this.tick.at : tick <= this.tick.at;
  }

  /** The breakpoints of the tick, at which the run stands, that stop it. */
  metAtTick(run: ScenarioRun): Breakpoint[] {
    return this.tick!.breakpoints.filter((each) =>
      this.isHit(each, each.condition === null ? null : conditionOf(run, each.condition)),
    );
  }

  /** True when the run stops at this breakpoint, which is met. */
  private isHit(breakpoint: Breakpoint, also: Pick<Condition, "holds"> | null): boolean {
    if (also && !also.holds()) return false;
    if (this.direction === "back") return breakpoint.log === null;
    if (!breakpoint.counts(++breakpoint.hits)) return false;
    if (breakpoint.log === null) return true;
    this.print(breakpoint.log);
    return false;
  }
}

function awaitedBy({ awaited }: Breakpoint, run: ScenarioRun): Condition {
  if (awaited.kind === "written") return differs(findSymbol(run.machine, awaited.symbol)!);
  if (awaited.kind === "condition") return conditionOf(run, awaited.text);
  throw new Error(`a breakpoint that waits for ${awaited.kind} is no condition`);
}

function nearestTick(breakpoints: readonly Breakpoint[], direction: Direction, from: number): Stops["tick"] {
  const isAhead = (tick: number) => (direction === "forward" ? tick > from : tick < from);
  const ticks = breakpoints.flatMap(({ awaited }) => (awaited.kind === "tick" ? [awaited.tick] : [])).filter(isAhead);
  if (ticks.length === 0) return null;
  const at = direction === "forward" ? Math.min(...ticks) : Math.max(...ticks);
  return { at, breakpoints: breakpoints.filter(({ awaited }) => awaited.kind === "tick" && awaited.tick === at) };
}
