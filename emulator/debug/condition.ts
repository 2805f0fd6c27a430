// Parses the condition at which the stepper's `continue` stops: a comparison of a symbol with a number, or the next event of a
// name.

import { EVENT_NAMES } from "../machine/events";
import { findSymbol, nearestSymbol } from "../machine/symbols";
import type { ScenarioRun } from "../run/run";
import { CommandError, type Condition } from "./door";

const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
};

/** The condition in `text`. Throws CommandError. */
export function conditionOf(run: ScenarioRun, text: string): Condition {
  const event = /^event\s+(\S+)$/.exec(text);
  if (event) return eventCondition(run, event[1]);
  const match = /^([\w.[\]]+)\s*(==|!=|>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)$/.exec(text);
  if (!match) throw new CommandError(`found "${text}", expected SYMBOL OP VALUE, event NAME, or a time`);
  const [, name, operator, value] = match;
  const symbol = findSymbol(run.machine, name);
  if (!symbol) {
    throw new CommandError(`no symbol is called ${name}; the nearest known one is ${nearestSymbol(run.machine, name)}`);
  }
  const compare = COMPARE[operator];
  // Only a signal is certain to change in executed ticks alone. A controller's counters change in leaps too.
  return { holds: () => compare(symbol.read(), Number(value)), leaps: symbol.signal !== null };
}

/** Checks the name of an event. Throws CommandError when no event has it. */
export function checkEventName(name: string): void {
  if (!EVENT_NAMES.includes(name)) throw new CommandError(`no event is called ${name || "nothing"}`);
}

function eventCondition(run: ScenarioRun, name: string): Condition {
  checkEventName(name);
  const seen = run.countEvents(name);
  return { holds: () => run.countEvents(name) > seen, leaps: true };
}
