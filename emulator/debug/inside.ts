// The inside of a tick. A second run of the same scenario, with the instrumented build of the firmware, takes the state at the
// beginning of a tick and executes it up to a statement, where it stays. From there its values, its calls and their locals can be
// read. It also lists all statements that a tick executes, and all changes of a symbol in it with who made each.

import type { Hal } from "../../hal/hal";
import { mountScript, type ControllerFactory, type ControllerHost } from "../machine/controller-host";
import { FAULTS } from "../faults";
import { findSymbol } from "../machine/symbols";
import type { SavedRun, ScenarioRun } from "../run/run";
import type { Hooks, Instrumented, Statement, View } from "./instrumented";

/** A place in a source. Lines and columns count from 1. */
export interface Position {
  /** `firmware/limiter.ts`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `Limiter.allows`. */
  readonly function: string;
}

/** The value of a local: `path` leads to the symbols below an object of the firmware. */
export type Local = number | boolean | { readonly path: string } | { readonly text: string };

/** A call under way, at its present statement. */
export interface Frame extends Position {
  /** The path of `this`, empty for the controller itself; null in a plain function. */
  readonly self: string | null;
  readonly locals: readonly (readonly [name: string, value: Local])[];
}

/** The author of a change. A hand is that of the person who steps. */
export type Author = "firmware" | "board" | "world" | "patient" | "people" | "fault" | "reset" | "hand";

/** A change of a value in a tick. */
export interface Change {
  readonly old: number;
  readonly now: number;
  readonly by: Author;
  /** The fault, for one that a fault made. */
  readonly fault: string | null;
  /** The firmware's statement that made it; 0 for another author. */
  readonly statement: number;
  /** The calls under way, the innermost first; none for another author. Those of twin.ts, which keeps the values, are left out. */
  readonly frames: readonly Position[];
}

/** The statements that a tick executes, in their order, and the depth of calls of each, from 1. */
export interface Trail {
  readonly ids: readonly number[];
  readonly depths: readonly number[];
}

/** Gets a statement, while the tick stands there. */
export type Visit = (number: number, statement: number, view: View) => void;

/** The file whose class keeps the values that outlive a tick, for all parts. */
const KEEPER = "firmware/twin.ts";

/** Ends the tick at a statement. */
class Standstill extends Error {}

export class Inside {
  readonly run: ScenarioRun;
  private readonly build: Instrumented;
  private readonly hooks: Recorder;

  /** `run` is the run that is looked into. */
  constructor(run: ScenarioRun, build: Instrumented) {
    this.build = build;
    this.hooks = new Recorder(build);
    this.run = run.again({ controller: controllerWith(build, this.hooks) });
  }

  /** The statements of the next tick of the saved run. `visit` gets each with its number and its view, while it stands there. */
  trail(saved: SavedRun, visit: Visit | null = null): Trail {
    const { ids, depths } = this.hooks;
    this.begin(saved, null);
    this.hooks.visit = visit;
    this.run.machine.step();
    this.hooks.visit = null;
    return { ids: ids.slice(), depths: depths.slice() };
  }

  /** Executes the next tick of the saved run up to statement `statement`, 1 for the first, and stays before it. */
  stand(saved: SavedRun, statement: number): Frame[] {
    this.begin(saved, null);
    this.hooks.stopAt = statement;
    if (!this.stepTo()) throw new RangeError(`the tick has no statement ${statement}`);
    return this.frames();
  }

  /** The changes of a symbol in the next tick of the saved run, in their order, before the statement `before`. */
  changes(saved: SavedRun, symbol: string, before = Infinity): Change[] {
    const value = findSymbol(this.run.machine, symbol);
    if (value === null) return [];
    const found: Change[] = [];
    const { faults, board } = this.run.machine;
    let last = NaN;
    // As they were at the last look.
    const acts = faults.acts.slice();
    const began = faults.on.slice();
    const keep = (): void => {
      last = value.read();
      acts.set(faults.acts);
      began.set(faults.on);
    };
    const look = (phase: Author): void => {
      // Between the board's two parts of a tick without a controller lies what the world does.
      const by = phase === "board" && symbol.startsWith("world.") ? "world" : phase;
      const now = value.read();
      if (now !== last) {
        const isFirmware = by === "firmware";
        const fault = isFirmware ? -1 : FAULTS.findIndex((_, i) => faults.acts[i] > acts[i] || faults.on[i] > began[i]);
        found.push({
          ...{ old: last, now },
          by: fault >= 0 ? "fault" : by,
          fault: fault >= 0 ? FAULTS[fault].name : null,
          ...(isFirmware ? this.writer() : { statement: 0, frames: [] }),
        });
      }
      keep();
    };
    this.begin(saved, look);
    keep();
    this.hooks.stopAt = before;
    const ends = aroundBoard(board, look);
    try {
      if (this.stepTo()) return found;
    } finally {
      ends();
    }
    look(symbol.startsWith("patient.") ? "patient" : "reset");
    return found;
  }

  private begin(saved: SavedRun, look: ((by: Author) => void) | null): void {
    this.run.restore(saved);
    this.hooks.begin(look);
  }

  /** Executes the tick. True when it stands at a statement. */
  private stepTo(): boolean {
    try {
      this.run.machine.step();
    } catch (error) {
      if (!this.hooks.stands) throw error;
    }
    return this.hooks.stands;
  }

  /** The statement under way, and the calls. What twin.ts writes is written by its caller. */
  private writer(): Pick<Change, "statement" | "frames"> {
    const calls = this.hooks.calls();
    const frames = calls.map(({ statement }) => positionOf(this.build.statements[statement]));
    const own = frames.findIndex(({ file }) => file !== KEEPER);
    return { statement: calls.at(Math.max(0, own))?.number ?? 0, frames: frames.slice(Math.max(0, own)) };
  }

  private frames(): Frame[] {
    const { machine } = this.run;
    const paths = pathsOf({ "": machine.script!, board: machine.board });
    return this.hooks.calls().map(({ statement, view }) => {
      const [self, locals] = view();
      return {
        ...positionOf(this.build.statements[statement]),
        self: self === null ? null : (paths.get(self) ?? null),
        locals: Object.entries(locals).map(([name, value]) => [name, localOf(value, paths)] as const),
      };
    });
  }
}

function positionOf({ file, line, column, function: name }: Statement): Position {
  return { file, line, column, function: name };
}

/** A run with the instrumented build that moves on and notes whether its last tick executed one of some statements. */
export class Scout {
  readonly run: ScenarioRun;
  /** One of them was executed since this was set to false. */
  hit = false;
  private readonly hooks: Hooks & {
    ticks(isTicking: boolean): void;
    notes: (statement: number, view: View) => boolean;
  };

  constructor(run: ScenarioRun, build: Instrumented) {
    let isTicking = false;
    const hooks = {
      on: new Uint8Array(build.statements.length),
      notes: (_statement: number, _view: View): boolean => false,
      at: (statement: number, view: View): void => {
        if (isTicking && !this.hit && hooks.notes(statement, view)) this.hit = true;
      },
      ticks: (now: boolean): void => {
        isTicking = now;
      },
      enter: () => undefined,
      leave: () => undefined,
    };
    this.hooks = hooks;
    this.run = run.again({ controller: controllerWith(build, hooks) });
  }

  /** From now on it looks for these statements; `notes` tells whether the one that is reached counts. */
  seek(statements: Iterable<number>, notes: (statement: number, view: View) => boolean): void {
    this.hooks.on.fill(0);
    for (const each of statements) this.hooks.on[each] = 1;
    this.hooks.notes = notes;
    this.hit = false;
  }
}

/** The hooks of a run: they count statements, and keep the calls under way. */
class Recorder implements Hooks {
  readonly on: Uint8Array;
  readonly ids: number[] = [];
  readonly depths: number[] = [];
  stopAt = Infinity;
  stands = false;
  visit: Visit | null = null;
  private look: ((by: Author) => void) | null = null;
  private depth = 0;
  private isTicking = false;
  /** By depth: the statement under way, its number, and its view. */
  private readonly under: { statement: number; number: number; view: View }[] = [];

  constructor(build: Instrumented) {
    this.on = new Uint8Array(build.statements.length).fill(1);
  }

  begin(look: ((by: Author) => void) | null): void {
    this.look = look;
    this.ids.length = 0;
    this.depths.length = 0;
    this.stopAt = Infinity;
    this.stands = false;
    this.depth = 0;
    this.under.length = 0;
    this.isTicking = false;
  }

  /** A call of the controller begins or ends, which its statements belong to. */
  ticks(isTicking: boolean): void {
    this.look?.(isTicking ? "world" : "firmware");
    this.isTicking = isTicking;
    this.depth = 0;
  }

  at(statement: number, view: View): void {
    if (!this.isTicking || this.stands) return;
    this.look?.("firmware");
    this.ids.push(statement);
    this.depths.push(this.depth);
    const number = this.ids.length;
    this.under.length = this.depth - 1;
    this.under.push({ statement, number, view });
    this.visit?.(number, statement, view);
    if (number === this.stopAt) {
      this.stands = true;
      throw new Standstill();
    }
  }

  enter(): void {
    this.depth++;
  }

  leave(): void {
    if (!this.isTicking || this.stands) return;
    this.look?.("firmware");
    this.depth--;
    this.under.length = Math.min(this.under.length, this.depth);
  }

  /** The calls under way, the innermost first. */
  calls(): { statement: number; number: number; view: View }[] {
    return this.under.slice().reverse();
  }
}

/** The reference controller in the instrumented build. Only what a tick executes is told to the recorder. */
function controllerWith(build: Instrumented, hooks: Hooks & { ticks(isTicking: boolean): void }): ControllerFactory {
  const noted = (call: () => void): void => {
    hooks.ticks(true);
    call();
    hooks.ticks(false);
  };
  const mount = (hal: Hal): ControllerHost => {
    const host = mountScript(build.mount(hooks, hal), hal);
    return { ...host, boot: () => noted(() => host.boot()), tick: () => noted(() => host.tick()) };
  };
  return { name: "reference", ports: "bare", mount };
}

/** Looks before and after the board's two parts of a tick, until the returned function is called. */
function aroundBoard(board: object, look: (by: Author) => void): () => void {
  const parts = board as { step(): void; endTick(): void };
  const { step, endTick } = parts;
  // The fields of a part are its state: what is put on it must not be one of them.
  const put = (name: string, value: () => void) =>
    Object.defineProperty(parts, name, { value, configurable: true, enumerable: false });
  put("step", () => {
    look("people");
    step.call(parts);
    look("board");
  });
  put("endTick", () => {
    endTick.call(parts);
    look("board");
  });
  return () => {
    Reflect.deleteProperty(parts, "step");
    Reflect.deleteProperty(parts, "endTick");
  };
}

/** The paths of all objects of these roots. */
function pathsOf(roots: Record<string, object>): Map<object, string> {
  const paths = new Map<object, string>();
  const walk = (node: object, path: string): void => {
    if (paths.has(node)) return;
    paths.set(node, path);
    if (ArrayBuffer.isView(node)) return;
    for (const [key, value] of Object.entries(node) as [string, unknown][]) {
      if (typeof value === "object" && value !== null) walk(value, path === "" ? key : `${path}.${key}`);
    }
  };
  for (const [path, root] of Object.entries(roots).reverse()) walk(root, path);
  return paths;
}

function localOf(value: unknown, paths: ReadonlyMap<object, string>): Local {
  if (typeof value === "number" || typeof value === "boolean") return value;
  const path = typeof value === "object" && value !== null ? paths.get(value) : undefined;
  return path === undefined ? { text: String(value) } : { path };
}
