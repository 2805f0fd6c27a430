// Parses the condition at which the stepper's `continue` stops, and the event for which `wait` waits. A condition is made of
// comparisons of symbols, `changed SYMBOL` and `event NAME FIELD=VALUE...`, joined by `and`, `or`, `not` and parentheses; `and`
// binds closer than `or`. Every name and every value is checked before the run moves, because a condition with a misspelt one
// would never hold.

import { EVENT_NAMES, EVENT_VALUES, problemOfField, problemOfFields } from "../machine/events";
import type { Signal } from "../machine/signals";
import { finestOf, type Grain } from "../machine/grain";
import { findSymbol, type NamedValue, nearestSymbol } from "../machine/symbols";
import { nearest } from "../names";
import type { RunEvent } from "../run/report";
import type { ScenarioRun } from "../run/run";
import { CommandError, type Condition } from "./door";

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
};

const NUMBER = /^-?(\d+(\.\d+)?|\.\d+)$/;
const FORMS = "SYMBOL OP VALUE, changed SYMBOL, or event NAME [FIELD=VALUE]..., joined by and, or, not";
/** A deeper nesting is no condition that a person types. */
const NESTING_MAX = 50;

/** The condition in `text`. A name is that of a local first, where there are any. Throws CommandError. */
export function conditionOf(
  run: ScenarioRun,
  text: string,
  local: (name: string) => number | undefined = () => undefined,
): Condition {
  const parser = new Parser(run, text, local);
  const condition = parser.either(0);
  parser.end();
  return condition;
}

/** The events of that name with those fields, each written `FIELD=VALUE`. Throws CommandError on a name or value that no event has. */
export function eventFilter(name: string, fields: readonly string[]): (event: RunEvent) => boolean {
  if (!EVENT_NAMES.includes(name)) {
    const near = name === "" ? "" : `; the nearest known one is ${nearest(name, EVENT_NAMES)}`;
    throw new CommandError(`no event is called ${name || "nothing"}${near}`);
  }
  const wanted = fields.map((field) => fieldOf(name, field));
  const unlike = problemOfFields(name, Object.fromEntries(wanted));
  if (unlike !== null) throw new CommandError(unlike.message);
  return (event) => event.name === name && wanted.every(([field, value]) => event[field] === value);
}

function fieldOf(name: string, written: string): [field: string, value: string | number] {
  const [field, ...rest] = written.split("=");
  const text = rest.join("=");
  if (rest.length === 0 || field === "" || text === "")
    throw new CommandError(`found ${written}, expected FIELD=VALUE`);
  const values = EVENT_VALUES.get(name) ?? {};
  const isNumber = Object.hasOwn(values, field) && values[field].kind === "number" && NUMBER.test(text);
  const value = isNumber ? Number(text) : text;
  const problem = problemOfField(name, field, value);
  if (problem !== null) throw new CommandError(problem.message);
  return [field, value];
}

/** True when no value of the signal meets the comparison. */
function neverHolds({ least, most = Infinity, whole }: Signal, operator: string, value: number): boolean {
  switch (operator) {
    case "==":
      return value < least || value > most || (whole && !Number.isInteger(value));
    case ">=":
      return value > most;
    case ">":
      return value >= most;
    case "<=":
      return value < least;
    default:
      return operator === "<" && value <= least;
  }
}

/** A condition on a state, which lasts. */
function lasting(grain: Grain, holds: () => boolean): Condition {
  return { grain, momentary: false, begin: () => undefined, holds };
}

/** The value is another one than at the last look. */
export function differs({ grain, read }: Pick<NamedValue, "grain" | "read">): Condition {
  let before = read();
  return {
    grain,
    momentary: true,
    begin: () => {
      before = read();
    },
    holds: () => {
      const now = read();
      const isOther = now !== before;
      before = now;
      return isOther;
    },
  };
}

/** An event that the filter accepts has happened since the last look. An oral dose is an event of a patient's minute. */
export function happened(run: ScenarioRun, filter: (event: RunEvent) => boolean): Condition {
  let seen = run.eventsTotal;
  return {
    grain: run.machine.patient === null ? "executed" : "minute",
    momentary: true,
    begin: () => {
      seen = run.eventsTotal;
    },
    holds: () => {
      const fresh = run.eventsTotal - seen;
      seen += fresh;
      return fresh > 0 && run.lastEvents(fresh).some(filter);
    },
  };
}

class Parser {
  private readonly local: (name: string) => number | undefined;
  private readonly run: ScenarioRun;
  private readonly text: string;
  private readonly words: string[];
  private next = 0;

  constructor(run: ScenarioRun, text: string, local: (name: string) => number | undefined) {
    this.local = local;
    this.run = run;
    this.text = text;
    this.words = text.match(/[()]|[=!<>]=?|[^\s()=!<>]+/g) ?? [];
  }

  /** A whole condition: parts of which one holds. */
  either(depth: number): Condition {
    if (depth > NESTING_MAX) throw new CommandError(`expected at most ${NESTING_MAX} parentheses in each other`);
    return this.joined(
      "or",
      (parts) => parts.includes(true),
      () =>
        this.joined(
          "and",
          (parts) => !parts.includes(false),
          () => this.part(depth),
        ),
    );
  }

  end(): void {
    if (this.next < this.words.length) this.fail();
  }

  private joined(word: string, holds: (parts: boolean[]) => boolean, part: () => Condition): Condition {
    const parts = [part()];
    while (this.take(word)) parts.push(part());
    if (parts.length === 1) return parts[0];
    // Each part is asked each time, because a part may compare this moment with the one before.
    return {
      grain: finestOf(parts.map(({ grain }) => grain)),
      momentary: parts.some(({ momentary }) => momentary),
      begin: () => parts.forEach((each) => each.begin()),
      holds: () => holds(parts.map((each) => each.holds())),
    };
  }

  private part(depth: number): Condition {
    if (this.take("not")) {
      const part = this.part(depth + 1);
      return { ...part, holds: () => !part.holds() };
    }
    if (this.take("(")) {
      const inner = this.either(depth + 1);
      if (!this.take(")")) this.fail();
      return inner;
    }
    if (this.take("event")) return this.event();
    if (this.take("changed")) return this.changed();
    return this.comparison();
  }

  private event(): Condition {
    const name = this.word();
    const fields: string[] = [];
    while (this.words[this.next + 1] === "=") fields.push(`${this.word()}${this.word()}${this.word()}`);
    return happened(this.run, eventFilter(name, fields));
  }

  private changed(): Condition {
    const symbol = this.symbol(this.word());
    return differs(symbol);
  }

  private comparison(): Condition {
    const name = this.word();
    const operator = this.word();
    const compare = COMPARE[operator];
    if (compare === undefined) this.fail();
    const left = this.symbol(name);
    const word = this.word();
    if (NUMBER.test(word)) {
      const value = Number(word);
      if (left.signal && neverHolds(left.signal, operator, value)) {
        const { least, most } = left.signal;
        const range = most === undefined ? `at least ${least}` : `${least} to ${most}`;
        throw new CommandError(`${name} ${operator} ${word} never holds: ${name} is ${range}`);
      }
      return lasting(left.grain, () => compare(left.read(), value));
    }
    const right = this.symbol(word);
    return lasting(finestOf([left.grain, right.grain]), () => compare(left.read(), right.read()));
  }

  private symbol(name: string): NamedValue {
    const { machine } = this.run;
    if (!/^[A-Za-z_][\w.[\]-]*$/.test(name)) this.fail();
    if (this.local(name) !== undefined) {
      return { read: () => this.local(name) ?? NaN, signal: null, meaning: { kind: "number" }, grain: "executed" };
    }
    const symbol = findSymbol(machine, name);
    if (symbol) return symbol;
    throw new CommandError(`no symbol is called ${name}; the nearest known one is ${nearestSymbol(machine, name)}`);
  }

  private take(word: string): boolean {
    if (this.words[this.next] !== word) return false;
    this.next++;
    return true;
  }

  private word(): string {
    if (this.next >= this.words.length) this.fail();
    return this.words[this.next++];
  }

  private fail(): never {
    throw new CommandError(`found "${this.text}", expected ${FORMS}; or a time`);
  }
}
