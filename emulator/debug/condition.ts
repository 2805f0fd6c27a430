// Parses the condition at which a move stops, and that for which `wait` waits and which `expect` judges. A condition is made of
// comparisons of symbols, `changed SYMBOL` and `event NAME FIELD=VALUE...`, joined by `and`, `or`, `not` and parentheses; `and` binds
// closer than `or`. A value may have a unit (`reservoir.level < 2 mL`) or be a word (`therapy.mode == stopped`). Every name and every
// value is checked before the run moves, and a condition that no state of the machine meets is refused, because a move to it would only
// run to the end. A refusal names the place, which in a condition of several
// parts is the column, counted from 1.

import { EVENT_NAMES, EVENT_VALUES, problemOfField, problemOfFields } from "../machine/events";
import { finestOf, type Grain } from "../machine/grain";
import type { Machine } from "../machine/machine";
import { findSymbol, type NamedValue } from "../machine/symbols";
import { nearest } from "../names";
import type { RunEvent } from "../run/report";
import type { ScenarioRun } from "../run/run";
import { CommandError } from "./command-error";
import { lengthOf, numberFor, symbolOf } from "./values";

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
};
/** The comparison that holds when the other does not. */
const OPPOSITE: Readonly<Record<string, string>> = {
  "==": "!=",
  "!=": "==",
  ">=": "<",
  "<=": ">",
  ">": "<=",
  "<": ">=",
};

const NUMBER = /^-?(\d+(\.\d+)?|\.\d+)$/;
const NAME = /^[A-Za-z_][\w.[\]-]*$/;
const FORMS = "SYMBOL OP VALUE, changed SYMBOL, or event NAME [FIELD=VALUE]..., joined by and, or, not";
/** A deeper nesting is no condition that a person types. */
const NESTING_MAX = 50;

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

/** The locals of the statement that is reached: a number, or undefined for a name that is no local there. */
export type Locals = (name: string) => number | undefined;

/** The condition in `text`. A name is that of a local first, where there are any. Throws CommandError. */
export function conditionOf(run: ScenarioRun, text: string, locals?: Locals): Condition {
  const parser = new Parser(run, text, locals);
  const tree = parser.either(0);
  parser.end();
  const contradiction = contradictionIn(tree, false);
  if (contradiction !== null) throw new CommandError(contradiction);
  return made(run, tree);
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

// ---- the parts of a condition

/** A comparison with a number, of a value whose bounds are known or not. */
interface Compared {
  is: "compared";
  text: string;
  left: Operand;
  operator: string;
  right: Operand;
}

type Tree =
  | Compared
  | { is: "changed"; of: NamedValue }
  | { is: "event"; filter: (event: RunEvent) => boolean }
  | { is: "not"; part: Tree }
  | { is: "and" | "or"; parts: Tree[] };

interface Operand {
  name: string;
  grain: Grain;
  read(): number;
  /** The value, of a number. */
  constant: number | null;
  bounds: Bounds;
}

interface Bounds {
  least: number;
  most: number;
  whole: boolean;
}

const ANY: Bounds = { least: -Infinity, most: Infinity, whole: false };
const WORD: Bounds = { least: -(2 ** 31), most: 2 ** 31 - 1, whole: true };

/** The bounds that no value of the symbol passes. */
function boundsOf(machine: Machine, name: string, { signal, meaning }: NamedValue): Bounds {
  if (signal) return { least: signal.least, most: signal.most ?? Infinity, whole: signal.whole };
  if (meaning.kind === "switch") return { least: 0, most: 1, whole: true };
  const isFirmware = machine.controllerName === "reference" && machine.symbols.read(name) === undefined;
  return isFirmware ? WORD : ANY;
}

function made(run: ScenarioRun, tree: Tree): Condition {
  switch (tree.is) {
    case "compared": {
      const { left, right, operator } = tree;
      const compare = COMPARE[operator];
      return lasting(finestOf([left.grain, right.grain]), () => compare(left.read(), right.read()));
    }
    case "changed":
      return differs(tree.of);
    case "event":
      return happened(run, tree.filter);
    case "not": {
      const part = made(run, tree.part);
      return { ...part, holds: () => !part.holds() };
    }
    default: {
      const parts = tree.parts.map((part) => made(run, part));
      const isAnd = tree.is === "and";
      // Each part is asked each time, because a part may compare this moment with the one before.
      return {
        grain: finestOf(parts.map(({ grain }) => grain)),
        momentary: parts.some(({ momentary }) => momentary),
        begin: () => parts.forEach((each) => each.begin()),
        holds: () => {
          const held = parts.map((each) => each.holds());
          return isAnd ? !held.includes(false) : held.includes(true);
        },
      };
    }
  }
}

// ---- what can never hold

/** Why a condition holds in no state, or, with `negated`, why it holds in each; null when it may be one or the other. */
function contradictionIn(tree: Tree, negated: boolean): string | null {
  if (tree.is === "not") return contradictionIn(tree.part, !negated);
  if (tree.is === "changed" || tree.is === "event") return null;
  if (tree.is === "compared") return contradictionOf([tree], [negated]);
  const isAll = (tree.is === "and") !== negated;
  const found = tree.parts.map((part) => contradictionIn(part, negated));
  if (!isAll) return found.every((each) => each !== null) ? found[0] : null;
  const first = found.find((each) => each !== null);
  if (first !== undefined) return first;
  const leaves = conjunctsOf(tree, negated);
  for (const [one] of leaves) {
    const same = leaves.filter(([each]) => each.left.name === one.left.name);
    const contradiction = contradictionOf(
      same.map(([each]) => each),
      same.map(([, turned]) => turned),
    );
    if (contradiction !== null) return contradiction;
  }
  return null;
}

/** The comparisons with numbers that must all hold, each with whether it is negated. */
function conjunctsOf(tree: Tree, negated: boolean): [Compared, boolean][] {
  if (tree.is === "not") return conjunctsOf(tree.part, !negated);
  if (tree.is === "compared") return tree.right.constant === null ? [] : [[tree, negated]];
  if (tree.is === "changed" || tree.is === "event" || (tree.is === "and") === negated) return [];
  return tree.parts.flatMap((part) => conjunctsOf(part, negated));
}

/** Why comparisons of one value with numbers never hold together; null when some value meets them all. */
function contradictionOf(compared: readonly Compared[], negated: readonly boolean[]): string | null {
  const [{ left }] = compared;
  if (compared.some(({ right }) => right.constant === null)) return null;
  const { bounds } = left;
  let { least, most } = bounds;
  const others: number[] = [];
  const step = bounds.whole ? 1 : 0;
  let [isAboveLeast, isBelowMost] = [false, false];
  const raise = (to: number, isOpen: boolean) => {
    if (to > least || (to === least && isOpen)) [least, isAboveLeast] = [to, isOpen];
  };
  const lower = (to: number, isOpen: boolean) => {
    if (to < most || (to === most && isOpen)) [most, isBelowMost] = [to, isOpen];
  };
  compared.forEach(({ operator, right }, i) => {
    const value = right.constant!;
    const actual = negated[i] ? OPPOSITE[operator] : operator;
    if (actual === "!=") others.push(value);
    if (actual === "==" || actual.startsWith(">")) raise(value, actual === ">");
    if (actual === "==" || actual.startsWith("<")) lower(value, actual === "<");
  });
  if (bounds.whole) {
    least = isAboveLeast ? Math.floor(least) + step : Math.ceil(least);
    most = isBelowMost ? Math.ceil(most) - step : Math.floor(most);
    [isAboveLeast, isBelowMost] = [false, false];
  }
  const isEmpty = least > most || (least === most && (isAboveLeast || isBelowMost || others.includes(least)));
  if (!isEmpty) return null;
  const words = compared.map(({ text }, i) => (negated[i] ? `not ${text}` : text)).join(" and ");
  const verb = compared.length === 1 ? "holds" : "hold together";
  return `${words} never ${verb}${compared.length === 1 ? `: ${left.name} is ${rangeOf(bounds)}` : ""}`;
}

function rangeOf({ least, most, whole }: Bounds): string {
  const end = whole ? ", in whole numbers" : "";
  if (most === Infinity) return least === -Infinity ? `any number${end}` : `at least ${least}${end}`;
  return `${least} to ${most}${end}`;
}

// ---- the text

interface Word {
  text: string;
  /** The column in the text, from 1. */
  column: number;
}

class Parser {
  private readonly run: ScenarioRun;
  private readonly text: string;
  private readonly locals: Locals | undefined;
  private readonly words: readonly Word[];
  private next = 0;

  constructor(run: ScenarioRun, text: string, locals?: Locals) {
    this.run = run;
    this.text = text;
    this.locals = locals;
    this.words = [...text.matchAll(/[()]|[=!<>]=?|[^\s()=!<>]+/g)].map((match) => ({
      text: match[0],
      column: match.index + 1,
    }));
  }

  /** A whole condition: parts of which one holds. */
  either(depth: number): Tree {
    if (depth > NESTING_MAX) throw new CommandError(`expected at most ${NESTING_MAX} parentheses in each other`);
    return this.joined("or", () => this.joined("and", () => this.part(depth)));
  }

  end(): void {
    if (this.next < this.words.length) this.fail();
  }

  private joined(word: "and" | "or", part: () => Tree): Tree {
    const parts = [part()];
    while (this.take(word)) parts.push(part());
    return parts.length === 1 ? parts[0] : { is: word, parts };
  }

  private part(depth: number): Tree {
    if (depth > NESTING_MAX) throw new CommandError(`expected at most ${NESTING_MAX} parentheses in each other`);
    if (this.take("not")) return { is: "not", part: this.part(depth + 1) };
    if (this.take("(")) {
      const inner = this.either(depth + 1);
      if (!this.take(")")) this.fail();
      return inner;
    }
    if (this.take("event")) return this.event();
    if (this.take("changed")) return { is: "changed", of: this.symbol(this.word()) };
    return this.comparison();
  }

  private event(): Tree {
    const first = this.word();
    const fields: string[] = [];
    while (this.words[this.next + 1]?.text === "=") {
      fields.push(`${this.word().text}${this.word().text}${this.word().text}`);
    }
    return { is: "event", filter: this.at(first, () => eventFilter(first.text, fields)) };
  }

  private comparison(): Tree {
    const name = this.word();
    if (!NAME.test(name.text)) this.fail(name);
    const operator = this.word();
    if (!Object.hasOwn(COMPARE, operator.text)) this.fail(operator);
    const left = this.operand(name);
    const value = this.value();
    const right = this.rightOf(left, value);
    const text = `${name.text} ${operator.text} ${value.text}`;
    return { is: "compared", text, left, operator: operator.text, right };
  }

  /** The words of a value: one, or a number and its unit, which may have several terms (`1 h 20 min`). */
  private value(): Word {
    const first = this.word();
    const words = [first.text];
    if (!NAME.test(first.text)) {
      while (this.next < this.words.length && !/^(and|or|not|[()]|[=!<>]=?)$/.test(this.words[this.next].text)) {
        words.push(this.word().text);
      }
    }
    return { text: words.join(" "), column: first.column };
  }

  private rightOf(left: Operand, value: Word): Operand {
    const { machine } = this.run;
    const other = NAME.test(value.text) ? this.named(value.text) : null;
    if (other) return other;
    const known = findSymbol(machine, left.name);
    if (known === null && !NUMBER.test(value.text)) this.fail(value);
    const isWord = NAME.test(value.text);
    if (isWord && known?.meaning.kind !== "code" && known?.meaning.kind !== "switch") {
      return this.operand(value);
    }
    const constant = this.at(value, () =>
      known === null ? Number(value.text) : numberFor(machine, { ...known, name: left.name }, value.text),
    );
    return { name: value.text, grain: "executed", read: () => constant, constant, bounds: ANY };
  }

  private operand(word: Word): Operand {
    const found = this.named(word.text);
    if (found) return found;
    const { name, ...value } = this.symbol(word);
    return this.ofSymbol(name, value);
  }

  /** The local or the symbol of that whole name; null when there is none. */
  private named(name: string): Operand | null {
    const { machine } = this.run;
    const { locals } = this;
    if (locals?.(name) !== undefined) {
      return { name, grain: "executed", read: () => locals(name) ?? NaN, constant: null, bounds: ANY };
    }
    const symbol = findSymbol(machine, name);
    return symbol ? this.ofSymbol(name, symbol) : null;
  }

  private ofSymbol(name: string, value: NamedValue): Operand {
    const bounds = boundsOf(this.run.machine, name, value);
    return { name, grain: value.grain, read: value.read, constant: null, bounds };
  }

  private symbol(word: Word): NamedValue & { name: string } {
    if (!NAME.test(word.text)) this.fail(word);
    const { machine } = this.run;
    return this.at(word, () => {
      if (lengthOf(machine, word.text) > 0) {
        throw new CommandError(`${word.text} is a list, whose first element is ${word.text}[0]`);
      }
      return symbolOf(machine, word.text);
    });
  }

  private take(word: string): boolean {
    if (this.words.at(this.next)?.text !== word) return false;
    this.next++;
    return true;
  }

  private word(): Word {
    if (this.next >= this.words.length) this.fail();
    return this.words[this.next++];
  }

  /** Adds the place of a word to what is wrong with it, in a condition of several parts. */
  private at<T>({ column }: Word, act: () => T): T {
    try {
      return act();
    } catch (error) {
      const isOne = !this.words.some(({ text }) => /^(and|or|not|\()$/.test(text));
      if (isOne || !(error instanceof CommandError)) throw error;
      throw new CommandError(`${error.message} (column ${column})`);
    }
  }

  private fail(found: Word | undefined = this.words.at(this.next)): never {
    const place = found === undefined ? "at its end" : `at ${JSON.stringify(found.text)}, column ${found.column}`;
    throw new CommandError(`found ${JSON.stringify(this.text)}, expected ${FORMS}; it is wrong ${place}`);
  }
}
