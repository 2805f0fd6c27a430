// The breakpoints of a client. Each is verified or refused in the moment in which it is set. Beside a line of the firmware a breakpoint
// stops at the first statement of that line or of the next one that has any; beside a line of the scenario, when the entry of that
// line is due; on a function, at its first statement; on a symbol, when it was written. The filters of the client's list of
// exceptions stop at events and at conditions of the stepper.

import type { DebugProtocol } from "@vscode/debugprotocol";
import { nearest } from "../../names";
import { parseTicks } from "../../scenario/quantity";
import { realPath, type Debuggee } from "./debuggee";
import type { Awaited, Breakpoint } from "./breakpoint";
import { RequestError } from "./connection";

/** The filters in the client's list of exceptions. Each is a condition of the stepper; two of them take it from the person. */
export const FILTERS: readonly (DebugProtocol.ExceptionBreakpointsFilter & { condition: string | null })[] = [
  filter("alarm", "An alarm is raised", "event alarm_raised"),
  filter("denied", "A bolus is denied", "event bolus_denied"),
  filter("refused", "A program is refused", "event program_refused"),
  filter("reset", "The board resets the controller", "event reset"),
  filter("event", "An event", null, "event bolus_started cause=patient_bolus"),
  filter("condition", "A condition of the stepper", null, "motor.pulses >= 150 and changed therapy.rate"),
];

function filter(name: string, label: string, condition: string | null, example?: string) {
  return {
    filter: name,
    label,
    condition,
    supportsCondition: condition === null,
    ...(example === undefined ? {} : { conditionDescription: `for instance: ${example}` }),
  };
}

/** The hits that count: `5` and `== 5`, `>= 5`, `> 5`, `<= 5`, `< 5`, and `% 5` for every fifth. Throws RequestError. */
function hitsOf(written: string): (hit: number) => boolean {
  if (written === "") return () => true;
  const [, operator = "==", digits] = /^(==|>=|>|<=|<|%)?\s*(\d+)$/.exec(written) ?? [];
  const count = Number(digits);
  if (digits === undefined || count === 0) {
    throw new RequestError(
      `found the hit count ${written}, expected a number such as 5, or >= 5, or % 5 for every fifth`,
    );
  }
  switch (operator) {
    case ">=":
      return (hit) => hit >= count;
    case ">":
      return (hit) => hit > count;
    case "<=":
      return (hit) => hit <= count;
    case "<":
      return (hit) => hit < count;
    case "%":
      return (hit) => hit % count === 0;
    default:
      return (hit) => hit === count;
  }
}

type Asked = Pick<DebugProtocol.SourceBreakpoint, "condition" | "hitCondition" | "logMessage">;

/** The kinds of breakpoints, each of which a client sets as a whole. */
type Set = `source ${string}` | "functions" | "data" | "filters" | "moments";

export class Breakpoints {
  private readonly debuggee: Debuggee;
  private readonly sets = new Map<Set, Breakpoint[]>();
  private nextId = 1;

  constructor(debuggee: Debuggee) {
    this.debuggee = debuggee;
  }

  /** The same breakpoints in another program, which was launched again. */
  on(debuggee: Debuggee): Breakpoints {
    const moved = new Breakpoints(debuggee);
    moved.nextId = this.nextId;
    for (const [set, all] of this.sets)
      moved.sets.set(
        set,
        all.map((each) => ({ ...each, hits: 0 })),
      );
    return moved;
  }

  get all(): Breakpoint[] {
    return [...this.sets.values()].flat();
  }

  /** Replaces the breakpoints of one source. */
  setInSource(path: string, asked: readonly DebugProtocol.SourceBreakpoint[]): DebugProtocol.Breakpoint[] {
    return this.replace(`source ${realPath(path)}`, asked, (each) => {
      const at = this.debuggee.lineAt(realPath(path), each.line);
      const shown = { line: at.line, ...("column" in at ? { column: at.column } : {}), source: { path } };
      return { awaited: at.awaited, reason: "breakpoint", name: at.name, shown, asked: each };
    });
  }

  /** Sets the moments of a launch. Throws RequestError when one of them cannot be. */
  setMoments(moments: readonly string[]): void {
    const answers = this.replace("moments", moments, (text) => {
      const time = parseTicks(text);
      const awaited: Awaited = time.ok ? { kind: "tick", tick: time.ticks } : { kind: "condition", text };
      if (time.ok) this.debuggee.checkTick(time.ticks, text);
      else this.debuggee.checkCondition(text);
      return { awaited, reason: "breakpoint", name: text, shown: {}, asked: {} };
    });
    const wrong = answers.find(({ verified }) => !verified);
    if (wrong) throw new RequestError(`launch: stopAt: ${wrong.message}`);
  }

  setFunctions(asked: readonly DebugProtocol.FunctionBreakpoint[]): DebugProtocol.Breakpoint[] {
    return this.replace("functions", asked, (each) => {
      const names = this.debuggee.functionNames();
      const found = this.debuggee.firstStatementOf(each.name);
      if (found === null) {
        throw new RequestError(
          `the firmware has no function ${each.name}; the nearest known one is ${nearest(each.name, names)}`,
        );
      }
      const shown = { line: found.line, source: { path: found.path } };
      const awaited = { kind: "statements", ids: [found.id] } as const;
      return { awaited, reason: "function breakpoint", name: each.name, shown, asked: each };
    });
  }

  setData(asked: readonly DebugProtocol.DataBreakpoint[]): DebugProtocol.Breakpoint[] {
    return this.replace("data", asked, (each) => {
      if (each.accessType !== undefined && each.accessType !== "write") {
        throw new RequestError(`found ${each.accessType}, expected write: nobody sees who reads a symbol`);
      }
      this.debuggee.checkSymbol(each.dataId);
      const awaited = { kind: "written", symbol: each.dataId } as const;
      return { awaited, reason: "data breakpoint", name: each.dataId, shown: {}, asked: each };
    });
  }

  setFilters(asked: readonly { filterId: string; condition?: string }[]): DebugProtocol.Breakpoint[] {
    return this.replace("filters", asked, ({ filterId, condition }) => {
      const row = FILTERS.find((each) => each.filter === filterId);
      if (!row) {
        const known = FILTERS.map((each) => each.filter);
        throw new RequestError(`found the filter ${filterId}; the nearest known one is ${nearest(filterId, known)}`);
      }
      const text = row.condition ?? withWord(row.filter, condition?.trim() ?? "");
      if (text === "") throw new RequestError(`${row.label} needs a condition, ${row.conditionDescription}`);
      this.debuggee.checkCondition(text);
      return { awaited: { kind: "condition", text }, reason: "exception", name: text, shown: {}, asked: {} };
    });
  }

  private replace<T>(
    set: Set,
    asked: readonly T[],
    make: (each: T) => Pick<Breakpoint, "awaited" | "reason" | "name"> & { shown: object; asked: Asked },
  ): DebugProtocol.Breakpoint[] {
    const kept: Breakpoint[] = [];
    const answers = asked.map((each): DebugProtocol.Breakpoint => {
      const id = this.nextId++;
      try {
        const { shown, asked: given, ...made } = make(each);
        const condition = given.condition?.trim() || null;
        if (condition !== null) this.debuggee.checkExpression(condition, made.awaited);
        const hitCondition = given.hitCondition?.trim() ?? "";
        const counts = hitsOf(hitCondition);
        kept.push({ id, ...made, condition, hitCondition, counts, log: given.logMessage ?? null, hits: 0 });
        return { id, verified: true, ...shown };
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        return { id, verified: false, message: error.message, reason: "failed" };
      }
    });
    this.sets.set(set, kept);
    return answers;
  }
}

/** The condition of an event may be written without the word `event`. */
function withWord(filterName: string, text: string): string {
  return filterName === "event" && text !== "" && !text.startsWith("event ") ? `event ${text}` : text;
}
