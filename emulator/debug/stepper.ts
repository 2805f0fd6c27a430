// The stepper: moves a run by ticks or time, on to a condition, and back; shows and changes symbols; injects faults. Going
// back restores the nearest snapshot at or before the moment and leaps from there, which is exact because both gears give
// the same machine. A snapshot is kept wherever the run was touched by hand, so what was injected is not lost by going
// back to after it, and is undone by going back to before it.

import { FAULTS } from "../faults";
import { faultRowOf, FaultWordsError, parseFault } from "../scenario/fault-words";
import { parseTicks } from "../scenario/quantity";
import { formatTicks } from "../time";
import type { SavedRun, ScenarioRun } from "../run/run";
import { readSymbol, symbolNames, writeSymbol } from "../machine/symbols";

/** A line that could not be carried out; the run is as it was. */
export class StepperError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StepperError";
  }
}

interface StepperCommand {
  names: string[];
  usage: string;
  help: string;
  run(rest: string): string;
}

/** A condition: is it true now, and may quiet ticks be leapt over while waiting for it? */
interface Condition {
  holds(): boolean;
  leaps: boolean;
}

/** Snapshots kept for going back; beyond it every second one of the older half is dropped. */
const SNAPSHOTS_MAX = 200;
/** A snapshot at least this often while moving, so that a way back is short: an hour. */
const SNAPSHOT_TICKS = 360_000;
const SYMBOLS_SHOWN = 60;

const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
};

export class Stepper {
  /** True after `quit`. */
  done = false;
  private readonly run: ScenarioRun;
  private readonly commands: readonly StepperCommand[];
  private snapshots: SavedRun[] = [];

  constructor(run: ScenarioRun) {
    this.run = run;
    this.commands = this.commandTable();
    this.keep();
  }

  /** The prompt: where the run is. */
  get prompt(): string {
    return `${formatTicks(this.run.machine.tick)} > `;
  }

  /** Carries out one line and returns what to print. Throws StepperError; the run is then as it was. */
  execute(line: string): string {
    const text = line.replace(/#.*$/, "").trim();
    if (text === "") return "";
    const [word] = text.split(/\s+/, 1);
    const command = this.commands.find((each) => each.names.includes(word));
    if (!command) throw new StepperError(`no command is called ${word}; help lists them`);
    return command.run(text.slice(word.length).trim());
  }

  private commandTable(): StepperCommand[] {
    return [
      {
        names: ["step", "s"],
        usage: "step [N | TIME]",
        help: "move on by N ticks (default 1) or a time",
        run: (rest) => this.step(rest),
      },
      {
        names: ["continue", "c"],
        usage: "continue [CONDITION | TIME]",
        help: "move on until SYMBOL OP VALUE holds, an `event NAME` happens, the time is TIME, or the end",
        run: (rest) => this.goOn(rest),
      },
      {
        names: ["back", "b"],
        usage: "back [N | TIME]",
        help: "go back by N ticks (default 1) or a time",
        run: (rest) => this.back(rest),
      },
      {
        names: ["show", "p"],
        usage: "show [PATTERN]",
        help: "signals, or all symbols whose name contains PATTERN",
        run: (rest) => this.show(rest),
      },
      { names: ["set"], usage: "set SYMBOL VALUE", help: "change a symbol", run: (rest) => this.set(rest) },
      {
        names: ["inject"],
        usage: "inject FAULT [PARAMETER | FIELD BIT | ADDRESS BIT]",
        help: "switch a fault on; a momentary one acts and is over",
        run: (rest) => this.inject(rest),
      },
      {
        names: ["release"],
        usage: "release FAULT",
        help: "switch a lasting fault off",
        run: (rest) => this.release(rest),
      },
      {
        names: ["faults"],
        usage: "faults",
        help: "all faults, which are on and what they did",
        run: () => this.faults(),
      },
      {
        names: ["events", "e"],
        usage: "events [N]",
        help: "the last N events (default 10)",
        run: (rest) => this.events(rest),
      },
      { names: ["help", "?"], usage: "help", help: "this list", run: () => this.help() },
      { names: ["quit", "q"], usage: "quit", help: "leave", run: () => this.quit() },
    ];
  }

  private step(rest: string): string {
    return this.moveTo(this.run.machine.tick + ticksOf(rest, 1));
  }

  private goOn(rest: string): string {
    if (rest === "") return this.moveTo(this.run.end_ticks);
    const time = parseTicks(rest);
    if (time.ok) return this.moveTo(time.ticks);
    const condition = this.conditionOf(rest);
    const stopped = this.move(this.run.end_ticks, condition);
    return `${stopped ? `${rest} holds at` : `${rest} never held; the end is`} ${this.where()}`;
  }

  private back(rest: string): string {
    const target = this.run.machine.tick - ticksOf(rest, 1);
    if (target < 0) throw new StepperError(`that is before the start; the run is at ${this.where()}`);
    while (this.snapshots.length > 1 && this.snapshots[this.snapshots.length - 1].machine.tick > target) {
      this.snapshots.pop();
    }
    this.run.restore(this.snapshots[this.snapshots.length - 1]);
    this.run.advance(target);
    return this.where();
  }

  private show(pattern: string): string {
    const { machine } = this.run;
    if (pattern === "") {
      return machine.signals.map((signal) => row(signal.name, signal.read(machine), signal.unit)).join("\n");
    }
    const names = this.symbolNames().filter((name) => name.includes(pattern));
    const bracket = names.length === 0 && this.valueOf(pattern) !== undefined ? [pattern] : names;
    if (bracket.length === 0) throw new StepperError(`no symbol's name contains ${pattern}`);
    const rows = bracket.slice(0, SYMBOLS_SHOWN).map((name) => row(name, this.valueOf(name), ""));
    if (bracket.length > SYMBOLS_SHOWN) rows.push(`... and ${bracket.length - SYMBOLS_SHOWN} more`);
    return rows.join("\n");
  }

  private set(rest: string): string {
    const [name, text] = rest.split(/\s+/);
    const value = Number(text);
    if (!name || text === undefined || !Number.isFinite(value)) throw new StepperError("usage: set SYMBOL VALUE");
    const done = writeSymbol(this.run.machine, name, value);
    if (!done) throw new StepperError(`no symbol is called ${name}`);
    this.keep();
    return row(name, this.valueOf(name), "");
  }

  private inject(rest: string): string {
    const { fault, parameter, field } = refusable(() => parseFault(rest));
    refusable(() => this.run.machine.inject(fault, parameter, field));
    this.keep();
    return `${fault}: ${faultRowOf(fault).does}`;
  }

  private release(rest: string): string {
    const { name } = refusable(() => faultRowOf(rest));
    this.run.machine.release(name);
    this.keep();
    return `${name} is off`;
  }

  private faults(): string {
    const { faults } = this.run.machine;
    const rows = FAULTS.map((each, i) => {
      const state = faults.on[i] ? "on " : "off";
      return `${each.name.padEnd(24)} ${state} acted ${faults.acts[i]}  ${each.does}`;
    });
    return rows.join("\n");
  }

  private events(rest: string): string {
    const count = rest === "" ? 10 : Number(rest);
    if (!Number.isInteger(count) || count < 1) throw new StepperError("usage: events [N]");
    const all = this.run.report(0).events;
    const rows = all.slice(-count).map(({ tick, time_s: _time, wall: _wall, name, ...fields }) => {
      const words = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
      return `${formatTicks(tick).padEnd(24)} ${name} ${words.join(" ")}`.trimEnd();
    });
    return rows.join("\n") || "none yet";
  }

  private help(): string {
    return this.commands.map((each) => `${each.usage.padEnd(38)} ${each.help}`).join("\n");
  }

  private quit(): string {
    this.done = true;
    return "";
  }

  private moveTo(tick: number): string {
    this.move(tick, null);
    return this.where();
  }

  /** On to `tick` in pieces of an hour, with a snapshot before each. True when the condition stopped it. */
  private move(tick: number, condition: Condition | null): boolean {
    const end = Math.min(tick, this.run.end_ticks);
    while (this.run.machine.tick < end && !this.run.over) {
      this.keep();
      const next = Math.min(end, this.run.machine.tick + SNAPSHOT_TICKS);
      const stop = condition ? () => condition.holds() : null;
      if (this.run.advanceUntil(next, stop, condition?.leaps ?? true)) return true;
    }
    return false;
  }

  private where(): string {
    const { machine } = this.run;
    const over = this.run.over ? ", the end of the run" : "";
    return `${formatTicks(machine.tick)} (tick ${machine.tick})${over}`;
  }

  private keep(): void {
    const last = this.snapshots[this.snapshots.length - 1];
    if (last && last.machine.tick === this.run.machine.tick) this.snapshots.pop();
    this.snapshots.push(this.run.save());
    if (this.snapshots.length <= SNAPSHOTS_MAX) return;
    const older = SNAPSHOTS_MAX / 2;
    this.snapshots = this.snapshots.filter((_, i) => i === 0 || i > older || i % 2 === 0);
  }

  private conditionOf(text: string): Condition {
    const event = /^event\s+(\w+)$/.exec(text);
    if (event) return this.eventCondition(event[1]);
    const match = /^([\w.[\]]+)\s*(==|!=|>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)$/.exec(text);
    if (!match) throw new StepperError(`found "${text}", expected SYMBOL OP VALUE, event NAME, or a time`);
    const [, name, operator, value] = match;
    if (this.valueOf(name) === undefined) throw new StepperError(`no symbol is called ${name}`);
    const compare = COMPARE[operator];
    const isSignal = this.run.machine.signals.some((signal) => signal.name === name);
    // Only a signal is sure to change in executed ticks alone; counters of a controller also run in leaps.
    return { holds: () => compare(this.valueOf(name) ?? 0, Number(value)), leaps: isSignal };
  }

  private eventCondition(name: string): Condition {
    const seen = this.run.countEvents(name);
    return { holds: () => this.run.countEvents(name) > seen, leaps: true };
  }

  private symbolNames(): string[] {
    return symbolNames(this.run.machine);
  }

  private valueOf(name: string): number | undefined {
    return readSymbol(this.run.machine, name);
  }
}

function row(name: string, value: number | undefined, unit: string): string {
  return `${name.padEnd(34)} ${value === undefined ? "(array)" : value} ${unit}`.trimEnd();
}

function ticksOf(text: string, otherwise: number): number {
  if (text === "") return otherwise;
  if (/^\d+$/.test(text)) return Number(text);
  const parsed = parseTicks(text);
  if (!parsed.ok) throw new StepperError(parsed.problem);
  return parsed.ticks;
}

/** What a person can cause by a fault's words becomes a line at the prompt. */
function refusable<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof FaultWordsError || error instanceof RangeError) throw new StepperError(error.message);
    throw error;
  }
}
