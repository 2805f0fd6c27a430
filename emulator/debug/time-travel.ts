// Time travel over a run: the whole device and the patient behind it move to any place, forward and back, to a condition, a pulse
// or an event. A place is a tick and a statement in it. Ticks are reached by the nearest snapshot before them and a leap from
// there, which is exact because both gears give the same machine. A search backwards replays the windows between snapshots from
// the last one to the first. Snapshots are spaced by the work that lies between two of them, so that every way back is short, and
// they share what is the same in them (snapshots.ts).
//
// Every move is asynchronous. It works in slices and lets other work in between, so that a person can stop it at any time; the
// session stays usable. A question changes nothing: the run stands afterwards where it stood.

import { readFileSync } from "node:fs";
import { TICKS_PER_MINUTE } from "../../hal/units";
import { finestOf, type Grain } from "../machine/grain";
import type { Snapshot } from "../machine/machine";
import type { Difference } from "../machine/state";
import { differencesBetween, findSymbol, type NamedValue, nearestSymbol } from "../machine/symbols";
import type { RunEvent } from "../run/report";
import type { SavedRun, ScenarioRun } from "../run/run";
import { differenceBefore, keptOf } from "../run/what-if";
import { parseScenario } from "../scenario/load";
import { ScenarioError, type Scenario } from "../scenario/scenario";
import { formatTicks } from "../time";
import { type Branch, type Deed, type Done, messageOf, withDeeds } from "./branches";
import { differs, happened } from "./condition";
import { CommandError } from "./command-error";
import type { Condition } from "./condition";
import { type Author, type Change, type Frame, Inside, type Position, Scout, type Trail, type Visit } from "./inside";
import type { Instrumented, View } from "./instrumented";
import { type PackedRun, Snapshots } from "./snapshots";

/** The edge before tick `tick`, for statement 0; else inside of that tick, before its statement of that number is executed. */
export interface Place {
  readonly tick: number;
  readonly statement: number;
}

/** A place with a name. */
export interface Mark {
  readonly name: string;
  readonly branch: number;
  readonly place: Place;
}

export type Direction = "forward" | "back";

/** By this a person stops a move. */
export interface Stopper {
  stopped: boolean;
}

/** How far a move or a search is: it began at `from`, goes to `to` at most, and has come to `tick`. */
export interface Progress {
  tick: number;
  from: number;
  to: number;
}

export interface Moving {
  /** The move ends soon after `stopped` is true: a forward move where it is, any other where it began. */
  stopper?: Stopper | undefined;
  /** Called at the end of each slice. */
  progress?: ((at: Progress) => void) | undefined;
  /** A forward search goes to this tick at most, and is there when it found nothing. */
  most?: number | undefined;
}

/**
 * Why a move ended: it is where it was to go; its condition held; it came to the end or to the start of the run first; a person
 * stopped it; the controller cannot continue.
 */
export type Why = "there" | "held" | "end" | "start" | "stopped" | "failed";

export interface Arrival {
  place: Place;
  why: Why;
  /** Of the stops that were asked for, the one at which it is; null for another move. */
  stop: number | null;
  /** The change, at a stop for a symbol. */
  write: Write | null;
}

/** A change of a value: by whom, and by which statement if it was the firmware. */
export interface Write extends Omit<Change, "statement"> {
  readonly symbol: string;
  readonly tick: number;
  /** The statement that makes it; for another author than the firmware the edge after its tick. */
  readonly place: Place;
  /** That statement; null for another author. */
  readonly position: Position | null;
}

/** A local of the statement that is reached: a number, or undefined for one that has none of that name. */
export type LocalReader = (name: string) => number | undefined;

/** A stop of `run`: at statements, at a change of a symbol, or at a moment of a condition. */
export type Stop =
  | {
      statements: readonly number[];
      /** The statement counts only while it holds. */
      condition?: ((run: ScenarioRun, local: LocalReader) => () => boolean) | undefined;
    }
  | { symbol: string }
  | { when: ConditionOn };

/** Makes a condition on a run. The run of a place may be another object than that of the place before. */
export type ConditionOn = (run: ScenarioRun) => Condition;

export interface Options {
  /** By default the run has no statements: it moves by ticks. */
  instrumented?: Instrumented | null;
  /** Why it has none, for the person who asks for one. */
  lacks?: string;
  /** The text of the scenario's file; by default the file is read when the first deed is done. */
  text?: string;
  /** Carries out each piece of a move, which calls the controller; by default it only calls. */
  slice?<T>(piece: () => T): T;
}

/** Before a search through whole windows that executes every tick, so many ticks are searched. */
const NEAR_TICKS = 256;
/** A move works for about this long before it lets other work in. */
const SLICE_MS = 30;
/** The clock is read once in so many hops. */
const HOPS_PER_LOOK = 32;
/**
 * The work between two snapshots. A hop, which is a leap or an executed tick, is one unit; 2,000 of them take about 20 ms, and a
 * snapshot a fiftieth of that (measured, Node 20). A tick of a search that executes all ticks is a small part of one.
 */
const WORK = 2000;
const TICK_WORK = 1 / 50;
/** Beyond these the older snapshots are kept half as densely. */
const SNAPSHOTS_MAX = 1000;
const BYTES_MAX = 64_000_000;

export class TimeTravel {
  /** The earliest tick that can be reached. */
  readonly firstTick: number;
  private readonly text: string | null;
  private readonly lines: Line[];
  private line: Line;
  private readonly instrumented: Instrumented | null;
  private readonly lacks: string;
  private inside: Inside | null = null;
  private scout: Scout | null = null;
  /** The calls under way where the run stands inside of a tick; null at an edge. */
  private standing: { statement: number; frames: readonly Frame[] } | null = null;
  /** The present tick, if it was looked into. */
  private known: Known | null = null;
  private readonly slice: <T>(piece: () => T) => T;
  private readonly snapshots = new Snapshots();
  /** By their names. */
  readonly marks = new Map<string, Mark>();
  /** The work since the last snapshot that the run passed. */
  private work = 0;
  /** When other work was let in last. */
  private pausedAt = 0;

  constructor(run: ScenarioRun, options: Options = {}) {
    this.line = newLine({ id: 0, name: "main", parent: null, from: run.machine.tick }, run);
    this.lines = [this.line];
    this.text = options.text ?? null;
    this.slice = options.slice ?? ((piece) => piece());
    this.instrumented = options.instrumented ?? null;
    this.lacks = options.lacks ?? "this controller has no statements: it moves by ticks";
    this.firstTick = run.machine.tick;
    this.keep();
  }

  private get current(): ScenarioRun {
    return this.line.run;
  }

  private get kept(): PackedRun[] {
    return this.line.kept;
  }

  /** The furthest tick that was reached on this branch. */
  get reached(): number {
    return this.line.reached;
  }

  /** The run as it is at the present place. Another place may have another object, so it must be asked for each time. */
  get run(): ScenarioRun {
    return this.standing === null ? this.current : this.inside!.run;
  }

  get place(): Place {
    return { tick: this.current.machine.tick, statement: this.standing?.statement ?? 0 };
  }

  /** The calls under way, the innermost first; none at the edge of a tick. */
  stack(): readonly Frame[] {
    return this.standing?.frames ?? [];
  }

  /** The statement that is next; null at the edge of a tick. */
  where(): Position | null {
    return this.stack().at(0) ?? null;
  }

  /** The end of the run. */
  get lastTick(): number {
    return this.current.end_ticks;
  }

  /** The number of snapshots and the bytes that they take. */
  get held(): { snapshots: number; bytes: number } {
    return { snapshots: new Set(this.lines.flatMap(({ kept }) => kept)).size, bytes: this.snapshots.bytes };
  }

  /** Moves to a place, in either direction; a number is the edge of that tick. Throws CommandError when the run has no such place. */
  async goto(to: Place | number, moving: Moving = {}): Promise<Arrival> {
    const { tick, statement } = typeof to === "number" ? { tick: to, statement: 0 } : to;
    const { firstTick, lastTick } = this;
    if (tick < firstTick) {
      const where = firstTick === 0 ? "the start" : `${formatTicks(firstTick)}, where this session began`;
      throw new CommandError(`that is before ${where}`);
    }
    if (tick > lastTick) throw new CommandError(`that is after the end of the run, ${formatTicks(lastTick)}`);
    const began = this.place;
    const isBack = tick < began.tick;
    this.leave();
    if (isBack) this.restoreBefore(tick);
    const why = await this.advance(tick, null, moving);
    if (why === "stopped" && isBack) return this.returnTo(began);
    if (why === "there" && statement > 0) this.stand(statement);
    return this.arrival(why);
  }

  /** Moves by a number of ticks, back if it is negative; at most to the end. Throws CommandError for a tick before the start. */
  async tick(count: number, moving: Moving = {}): Promise<Arrival> {
    return this.goto(Math.min(this.current.machine.tick + count, this.lastTick), moving);
  }

  /** To the end of the next tick, or of the last one before, in which the rotor made a pulse. */
  async pulse(direction: Direction, moving: Moving = {}): Promise<Arrival> {
    return this.until(direction, (run) => differs(pulses(run)), moving);
  }

  /** To the end of the next tick, or of the last one before, that has such an event. */
  async event(
    direction: Direction,
    filter: (event: RunEvent) => boolean = () => true,
    moving: Moving = {},
  ): Promise<Arrival> {
    return this.until(direction, (run) => happened(run, filter), moving);
  }

  /**
   * To the next or the last statement: `in` to any, `over` to one that lies no deeper in calls, `out` to one of the calling function.
   * Beyond the first and the last statement of a tick lie those of the ticks beside it; out of the outermost call is the tick's edge.
   * At an edge `out` is a whole tick. Throws CommandError for a controller that has no statements.
   */
  async statement(direction: Direction, how: "in" | "over" | "out", moving: Moving = {}): Promise<Arrival> {
    const began = this.place;
    const way = direction === "forward" ? 1 : -1;
    const trail = began.statement > 0 || direction === "forward" ? this.trail() : null;
    const depth = began.statement > 0 ? trail!.depths[began.statement - 1] : 0;
    const isAtEdge = began.statement === 0;
    if (how === "out" && isAtEdge)
      return direction === "back" && began.tick === this.firstTick ? this.arrival("start") : this.tick(way, moving);
    const most = how === "in" ? Infinity : how === "over" ? Math.max(depth, 1) : depth - 1;
    for (let from = began.statement, known = trail; ;) {
      const found = known === null ? 0 : stepIn(known, from, way, most);
      if (found > 0) return this.goto({ tick: this.current.machine.tick, statement: found }, {});
      if (how === "out") return this.goto(direction === "forward" ? began.tick + 1 : began.tick, moving);
      const next = this.current.machine.tick + way;
      if (next < this.firstTick) return this.goto(this.firstTick).then(() => this.arrival("start"));
      if (next >= this.lastTick) return this.goto(this.lastTick).then(() => this.arrival("end"));
      const { why } = await this.goto(next, moving);
      if (why !== "there") return why === "stopped" ? this.returnTo(began) : this.arrival(why);
      known = this.trail();
      from = direction === "forward" ? 0 : known.ids.length + 1;
    }
  }

  /** Runs to the next of these stops, or back to the last one; without one to the end or the start. */
  async runTo(direction: Direction, stops: readonly Stop[], moving: Moving = {}): Promise<Arrival> {
    const began = this.place;
    const found = await this.seek(direction, stops, moving);
    if (found === "stopped") return direction === "back" ? this.returnTo(began) : this.arrival("stopped");
    if (found === null) {
      const end = direction === "forward" ? Math.min(moving.most ?? Infinity, this.lastTick) : this.firstTick;
      const { why } = await this.goto(end, moving);
      return this.arrival(why === "there" ? (direction === "forward" ? "end" : "start") : why);
    }
    await this.goto(found.place);
    return { ...this.arrival("held"), stop: found.stop, write: found.write };
  }

  /** To the statement, or the end of the tick, of the next or the last change of a symbol. */
  async write(direction: Direction, symbol: string, moving: Moving = {}): Promise<Arrival> {
    return this.runTo(direction, [{ symbol }], moving);
  }

  /**
   * The last change of a symbol before the present place; null when there is none since the first tick, or a person stopped it. A
   * change that is taken back within its own tick is seen in the present tick only.
   */
  async who(symbol: string, moving: Moving = {}): Promise<Write | null> {
    const began = this.place;
    // A change that the present edge ends is before it.
    const limit = began.statement > 0 ? began : { tick: began.tick, statement: 0.5 };
    const found = await this.seek("back", [{ symbol }], moving, limit);
    await this.goto(began);
    return found === "stopped" || found === null ? null : found.write;
  }

  /**
   * Forward: to the first tick after the present one at which the condition holds. Back: to the last one before at which it began
   * to hold; with a momentary condition each tick at which it holds is one. Without such a tick it is at the end or the start.
   */
  async until(direction: Direction, make: ConditionOn, moving: Moving = {}): Promise<Arrival> {
    const began = this.place;
    this.leave();
    const condition = make(this.current);
    if (direction === "forward") {
      condition.begin();
      return this.arrival(await this.advance(Math.min(moving.most ?? Infinity, this.lastTick), condition, moving));
    }
    // Inside of a tick, its edge lies before.
    const before = began.tick + Math.min(began.statement, 1);
    const found = await this.lastBefore(before, condition, moving);
    if (found === "stopped") return this.returnTo(began);
    await this.goto(found ?? this.firstTick);
    return this.arrival(found === null ? "start" : "held");
  }

  // ---- branches

  get branches(): readonly Branch[] {
    return this.lines.map(branchOf);
  }

  get branch(): Branch {
    return branchOf(this.line);
  }

  /**
   * A person changes something by hand, at the edge of the present tick, to which the run goes from inside of it. It begins a branch,
   * unless it goes on with one at its furthest tick; what was recorded stays as it is. Throws CommandError, and nothing has changed.
   */
  act(deed: Deed): Branch {
    const { line, current } = this;
    const { tick } = current.machine;
    if (current.over) throw new CommandError("the run is over: go back before you change something");
    const deeds = [...line.deeds.filter((each) => each.tick <= tick), { tick, deed }];
    const [main] = this.lines;
    const { scenario } = withDeeds(this.source(), main.run.scenario, current.seed, deeds);
    const run = anotherRun(current, scenario);
    const pristine = run.machine.snapshot();
    run.restore(current.save());
    run.onEvent = current.onEvent;
    if (line.id !== 0 && line.reached === tick) Object.assign(line, { run, pristine, deeds });
    else {
      const id = this.lines.length;
      const kept = this.kept.slice(0, this.indexBefore(tick) + 1).map((each) => this.snapshots.share(each));
      const branch = newLine({ id, name: `branch ${id}`, parent: line.id, from: tick }, run);
      this.lines.push({ ...branch, pristine, deeds, kept, at: { tick, statement: 0 } });
    }
    this.take(this.lines[line.reached === tick && line.id !== 0 ? line.id : this.lines.length - 1]);
    return this.branch;
  }

  /** To a place of a branch; by default to where the run was on it last. Throws CommandError when there is no such branch. */
  async gotoBranch(id: number, place: Place | number | null = null, moving: Moving = {}): Promise<Arrival> {
    const line = this.lines.at(id);
    if (line === undefined || id < 0) {
      throw new CommandError(`no branch has the number ${id}${hintOf(this.lines.map(({ name }) => name))}`);
    }
    if (line !== this.line) this.take(line);
    return this.goto(place ?? line.at, moving);
  }

  /** The present branch as a scenario, which reproduces it from its start. Throws CommandError when its file cannot be read. */
  exportScenario(): string {
    const { deeds } = this.line;
    const [main] = this.lines;
    return withDeeds(this.source(), main.run.scenario, this.current.seed, deeds).text;
  }

  /** Goes over to a branch, where its run stands. */
  private take(line: Line): void {
    this.line.at = this.place;
    this.line = line;
    this.standing = null;
    this.known = null;
    this.inside = null;
    this.scout = null;
    this.work = 0;
  }

  /** The text of the scenario, which must be that of the run. */
  private source(): string {
    const { scenario } = this.lines[0].run;
    const text = this.text ?? textOf(scenario);
    const other = differenceBefore(keptOf(scenario), parseScenario(text, scenario.file), Infinity);
    if (other === null) return text;
    throw new CommandError(`${scenario.file} was edited since this session began: ${other.text}`);
  }

  // ---- marks

  /** Gives the present place a name. A mark of the same name is replaced. */
  mark(name: string): Mark {
    const mark = { name, branch: this.branch.id, place: this.place };
    this.marks.set(name, mark);
    return mark;
  }

  /** Throws CommandError for a name that no place has. */
  async gotoMark(name: string, moving: Moving = {}): Promise<Arrival> {
    const mark = this.marks.get(name);
    if (mark !== undefined) return this.gotoBranch(mark.branch, mark.place, moving);
    throw new CommandError(`no mark is called ${name}${hintOf([...this.marks.keys()])}`);
  }

  /** The values that differ between two places, by their names; null when a person stopped it. A place is of the present branch. */
  async diff(one: Place | Mark, other: Place | Mark, moving: Moving = {}): Promise<Difference[] | null> {
    const [began, branch] = [this.place, this.branch.id];
    const snapshots: Snapshot[] = [];
    for (const each of [one, other]) {
      const at = "place" in each ? each : { branch, place: each };
      const { why } = await this.gotoBranch(at.branch, at.place, moving);
      if (why === "stopped") break;
      snapshots.push(this.run.machine.snapshot());
    }
    await this.gotoBranch(branch, began);
    const [before, after] = snapshots;
    return snapshots.length < 2 ? null : differencesBetween(this.run.machine, before, after);
  }

  // ---- the inside of a tick

  private leave(): void {
    this.standing = null;
  }

  private stand(statement: number): void {
    const trail = this.trail();
    if (statement > trail.ids.length) {
      throw new CommandError(`tick ${this.current.machine.tick} has ${trail.ids.length} statements`);
    }
    const { saved } = this.look();
    const frames = this.slice(() => this.inside!.stand(saved, statement));
    this.standing = { statement, frames };
  }

  /** The statements of the present tick. `visit` gets each while the tick stands there. */
  private trail(visit: Visit | null = null): Trail {
    const known = this.look();
    if (visit === null && known.trail !== null) return known.trail;
    const trail = this.slice(() => this.inside!.trail(known.saved, visit));
    this.known = { ...known, trail };
    return trail;
  }

  /** The state at the beginning of the present tick. */
  private look(): Known {
    const { tick } = this.current.machine;
    if (this.known?.tick === tick) return this.known;
    this.inside ??= new Inside(this.current, this.statements());
    this.known = { tick, saved: this.current.save(), trail: null };
    return this.known;
  }

  private statements(): Instrumented {
    if (this.instrumented !== null) return this.instrumented;
    throw new CommandError(this.lacks);
  }

  // ---- stops

  /** The next or the last stop from the present place, to which the run goes or near it; null for none. */
  private async seek(
    direction: Direction,
    stops: readonly Stop[],
    moving: Moving,
    limit = this.place,
  ): Promise<Found | "stopped" | null> {
    const began = this.place;
    const isBack = direction === "back";
    this.leave();
    const inPresent = began.statement > 0 || !isBack ? this.inTick(stops, limit, direction) : null;
    if (inPresent !== null) return inPresent;
    const { run, condition } = this.conditionOf(stops);
    for (let edge = isBack ? began.tick + 1 : began.tick; ;) {
      const next = isBack
        ? await this.lastBefore(edge, condition, moving, run)
        : await this.firstAfter(edge, condition, moving, run);
      if (next === null || next === "stopped") return next;
      await this.goto(next - 1);
      const found = this.inTick(stops, limit, direction);
      if (found !== null) return found;
      edge = next;
    }
  }

  /** The first or the last stop in the present tick that lies after or before `limit`; null for none. */
  private inTick(stops: readonly Stop[], limit: Place, direction: Direction): Found | null {
    const { tick } = this.current.machine;
    if (tick >= this.lastTick || this.current.failure !== null) return null;
    const found = stops.flatMap((stop, i) => this.hits(stop, i, tick));
    const sign = direction === "forward" ? 1 : -1;
    const beyond = found.filter(({ place }) => sign * compare(place, limit) > 0);
    // Of two at one place the first in the list counts.
    return beyond.sort((a, b) => sign * compare(a.place, b.place)).at(0) ?? null;
  }

  /** All places of the present tick at which a stop is reached. */
  private hits(stop: Stop, index: number, tick: number): Found[] {
    if ("symbol" in stop)
      return this.changesOf(stop.symbol, tick).map((write) => ({ place: write.place, stop: index, write }));
    if ("statements" in stop) {
      const numbers: number[] = [];
      this.look();
      let view: View | null = null;
      const holds = stop.condition?.(this.inside!.run, (name) => localIn(view, name)) ?? (() => true);
      const wanted = new Set(stop.statements);
      this.trail((number, statement, seen) => {
        view = seen;
        if (wanted.has(statement) && holds()) numbers.push(number);
      });
      return numbers.map((number) => ({ place: { tick, statement: number }, stop: index, write: null }));
    }
    const condition = rising(stop.when(this.current));
    const saved = this.current.save();
    condition.begin();
    const holds = this.slice(() => this.current.advanceUntil(tick + 1, () => condition.holds(), false));
    this.current.restore(saved);
    return holds ? [{ place: { tick: tick + 1, statement: 0 }, stop: index, write: null }] : [];
  }

  /** The changes of a symbol in the present tick. */
  private changesOf(symbol: string, tick: number): Write[] {
    const after = { tick: tick + 1, statement: 0 };
    if (this.instrumented === null) return this.changeOver(symbol, tick, after);
    const { saved } = this.look();
    const isByHand = this.line.deeds.some((each) => each.tick === tick);
    return this.slice(() => this.inside!.changes(saved, symbol)).map(({ statement, by, ...change }) => ({
      ...change,
      by: isByHand && (by === "people" || by === "fault") ? "hand" : by,
      ...{ symbol, tick },
      place: statement > 0 ? { tick, statement } : after,
      position: change.frames.at(0) ?? null,
    }));
  }

  /** The change that a tick makes, of a controller that has no statements. Its author is told by the value's name. */
  private changeOver(symbol: string, tick: number, place: Place): Write[] {
    const value = valueOf(this.current, symbol);
    const old = value.read();
    const saved = this.current.save();
    this.slice(() => this.current.advanceUntil(tick + 1, null, false));
    const now = value.read();
    this.current.restore(saved);
    if (now === old) return [];
    return [{ symbol, tick, old, now, by: authorOf(symbol), fault: null, frames: [], place, position: null }];
  }

  /** A condition that holds after each tick in which a stop is reached, and the run on which it is asked. */
  private conditionOf(stops: readonly Stop[]): { run: ScenarioRun; condition: Condition } {
    const atStatements = stops.filter((stop) => "statements" in stop);
    if (atStatements.length > 0) this.scout ??= new Scout(this.current, this.statements());
    const run = atStatements.length > 0 ? this.scout!.run : this.current;
    const parts = stops.flatMap((stop) => {
      if ("symbol" in stop) return [differs(valueOf(run, stop.symbol))];
      return "when" in stop ? [rising(stop.when(run))] : [];
    });
    if (atStatements.length > 0) parts.push(this.reaching(atStatements));
    return { run, condition: anyOf(parts) };
  }

  /** The scout's last tick executed one of the statements. */
  private reaching(stops: readonly Extract<Stop, { statements: readonly number[] }>[]): Condition {
    const scout = this.scout!;
    const build = this.statements();
    let view: View | null = null;
    const tests = stops.map(({ statements, condition }) => ({
      wanted: new Set(statements),
      holds: condition?.(scout.run, (name) => localIn(view, name)) ?? (() => true),
    }));
    const all = stops.flatMap(({ statements }) => statements);
    scout.seek(all, (statement, seen) => {
      view = seen;
      return tests.some(({ wanted, holds }) => wanted.has(statement) && holds());
    });
    return {
      grain: all.some((statement) => build.isQuiet(statement)) ? "tick" : "executed",
      momentary: true,
      begin: () => {
        scout.hit = false;
      },
      holds: () => {
        const { hit } = scout;
        scout.hit = false;
        return hit;
      },
    };
  }

  /** The first tick after the edge `from` at which the condition holds; null for none. */
  private async firstAfter(
    from: number,
    condition: Condition,
    moving: Moving,
    run: ScenarioRun,
  ): Promise<number | "stopped" | null> {
    if (run.machine.tick !== from || run !== this.current) this.restoreBefore(from, run);
    await this.advance(from, null, {}, run);
    condition.begin();
    const why = await this.advance(Math.min(moving.most ?? Infinity, this.lastTick), condition, moving, run);
    if (why === "stopped") {
      await this.goto(run.machine.tick);
      return why;
    }
    return why === "held" ? run.machine.tick : null;
  }

  // ---- searching and moving

  /** The last tick before `before` at which the condition began to hold on `run`; null for none. */
  private async lastBefore(
    before: number,
    condition: Condition,
    moving: Moving,
    run = this.current,
  ): Promise<number | "stopped" | null> {
    const last = before - 1;
    if (condition.grain === "tick") {
      // A value that may change in every tick has most often changed a few ticks ago.
      const from = Math.max(this.firstTick, last - NEAR_TICKS);
      this.restoreBefore(from, run);
      await this.advance(from, null, {}, run);
      const near = await this.lastIn(from, last, condition, moving, before, run);
      if (near !== null) return near;
    }
    for (let i = this.indexBefore(last); i >= 0; i--) {
      const from = this.kept[i].tick;
      const to = Math.min(last, i + 1 < this.kept.length ? this.kept[i + 1].tick : last);
      this.restore(i, run);
      const found = await this.lastIn(from, to, condition, moving, before, run);
      if (found !== null) return found;
      // A state that holds from the start on has no beginning but the start.
      if (i > 0 || condition.momentary || from >= before) continue;
      this.restore(0, run);
      condition.begin();
      if (condition.holds()) return from;
    }
    return null;
  }

  /** The same for the ticks after the run's present one up to `to`, in a search that began at `before`. */
  private async lastIn(
    from: number,
    to: number,
    condition: Condition,
    { stopper, progress }: Moving,
    before: number,
    run: ScenarioRun,
  ): Promise<number | "stopped" | null> {
    condition.begin();
    let held = condition.holds() && !condition.momentary;
    let found: number | null = null;
    const { machine } = run;
    const span = { from: before, to: this.firstTick };
    const watch = (): boolean => {
      const holds = condition.holds();
      if (holds && (condition.momentary || !held)) found = machine.tick;
      held = holds;
      return false;
    };
    const noted = { ...condition, holds: watch };
    const inner = { stopper, progress: () => progress?.({ ...span, tick: from }) };
    const why = await this.advance(to, noted, inner, run);
    if (why === "stopped" || (await this.pause({ ...span, tick: from }, inner))) return "stopped";
    return found;
  }

  private async returnTo({ tick, statement }: Place): Promise<Arrival> {
    this.leave();
    this.restoreBefore(tick);
    await this.advance(tick, null, {});
    if (statement > 0) this.stand(statement);
    return this.arrival("stopped");
  }

  private arrival(why: Why): Arrival {
    return { place: this.place, why, stop: null, write: null };
  }

  /** Moves a run forward to `tick` at most, in slices; the one that travels with snapshots on the way. */
  private async advance(tick: number, condition: Condition | null, moving: Moving, run = this.current): Promise<Why> {
    const { machine } = run;
    const from = machine.tick;
    while (machine.tick < tick && !run.over) {
      const held = this.slice(() => this.advanceSlice(tick, condition, run));
      if (run === this.current) this.line.reached = Math.max(this.line.reached, machine.tick);
      if (this.work >= WORK && run === this.current) this.keep();
      if (held) return "held";
      if (machine.tick >= tick) break;
      if (await this.pause({ tick: machine.tick, from, to: tick }, moving)) return "stopped";
    }
    if (run.failure !== null) return "failed";
    return condition !== null && machine.tick >= this.lastTick ? "end" : "there";
  }

  /** Lets other work in, if it is time for it. True when a person has stopped the move. */
  private async pause(at: Progress, { stopper, progress }: Moving): Promise<boolean> {
    if (performance.now() - this.pausedAt >= SLICE_MS) {
      progress?.(at);
      await soon();
      this.pausedAt = performance.now();
    }
    return stopper?.stopped === true;
  }

  /** Moves forward until it is time to let other work in, or to the next snapshot that is due. True when the condition held. */
  private advanceSlice(tick: number, condition: Condition | null, current: ScenarioRun): boolean {
    const { machine } = current;
    if (current !== this.current) this.work = 0;
    const grain: Grain = condition?.grain ?? "executed";
    const until = this.pausedAt + SLICE_MS;
    let held = false;
    let isOver = false;
    let hops = 0;
    const stop = (): boolean => {
      hops++;
      this.work += grain === "tick" ? TICK_WORK : 1;
      if (condition?.holds()) held = true;
      isOver = held || this.work >= WORK || (hops % HOPS_PER_LOOK === 0 && performance.now() >= until);
      return isOver;
    };
    while (machine.tick < tick && !isOver && !current.over) {
      const edge = (Math.floor(machine.tick / TICKS_PER_MINUTE) + 1) * TICKS_PER_MINUTE;
      current.advanceUntil(grain === "minute" ? Math.min(tick, edge) : tick, stop, grain !== "tick");
    }
    return held;
  }

  // ---- snapshots

  /** The index of the last snapshot at or before a tick. */
  private indexBefore(tick: number): number {
    let [low, high] = [0, this.kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.kept[middle].tick <= tick) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  private restoreBefore(tick: number, run = this.current): void {
    this.restore(this.indexBefore(tick), run);
  }

  private restore(index: number, run: ScenarioRun): void {
    const kept = this.kept[index];
    // One of another timeline leaves the entries that it does not have as they were at the beginning.
    if (kept.of !== this.current && this.line.pristine !== null) run.machine.restore(this.line.pristine);
    this.slice(() => run.restore(this.snapshots.restore(kept)));
    if (run === this.current) this.work = 0;
  }

  /** Keeps a snapshot of this moment, unless one lies nearly as near. */
  private keep(): void {
    this.work = 0;
    const { tick } = this.current.machine;
    const index = this.indexBefore(tick);
    if (index >= 0 && (this.kept[index].tick === tick || index + 1 < this.kept.length)) return;
    this.kept.push(this.snapshots.keep(this.current.save(), this.current, index < 0 ? null : this.kept[index]));
    if (this.kept.length > SNAPSHOTS_MAX || this.snapshots.bytes > BYTES_MAX) this.thin();
  }

  /** Gives up every second one of the older half of the snapshots. */
  private thin(): void {
    const older = this.kept.length / 2;
    this.line.kept = this.kept.filter((each, i) => {
      const stays = i > older || i % 2 === 0;
      if (!stays) this.snapshots.drop(each);
      return stays;
    });
  }
}

/** A branch with its run. */
interface Line extends Branch {
  run: ScenarioRun;
  /** The machine before its first tick; null where every snapshot is of this run. */
  pristine: Snapshot | null;
  deeds: readonly Done[];
  reached: number;
  /** In the order of time. The first is that of the session's first tick, and is never given up. */
  kept: PackedRun[];
  /** The place at which the run was on it last. */
  at: Place;
}

function newLine(branch: Pick<Branch, "id" | "name" | "parent" | "from">, run: ScenarioRun): Line {
  const { tick } = run.machine;
  return { ...branch, run, pristine: null, deeds: [], reached: tick, kept: [], at: { tick, statement: 0 } };
}

function branchOf({ id, name, parent, from, deeds, reached }: Line): Branch {
  return { id, name, parent, from, deeds, reached };
}

/** A run with a deed in its scenario. Throws CommandError for one that names what the machine does not have. */
function anotherRun(run: ScenarioRun, scenario: Scenario): ScenarioRun {
  try {
    return run.again({ scenario });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new CommandError(messageOf(error));
  }
}

function textOf({ file }: Scenario): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CommandError(`${file} cannot be read any more: a change by hand is an entry of it`);
  }
}

function hintOf(names: readonly string[]): string {
  return names.length === 0 ? ": there is none yet" : `; there are ${names.join(", ")}`;
}

/** A tick that was looked into: the state at its beginning, and its statements if they were asked for. */
interface Known {
  tick: number;
  saved: SavedRun;
  trail: Trail | null;
}

/** A place at which a stop is reached. */
interface Found {
  place: Place;
  stop: number;
  write: Write | null;
}

/** Less than 0 when `one` lies before `other`. */
function compare(one: Place, other: Place): number {
  return one.tick - other.tick || one.statement - other.statement;
}

/** The number of the next statement from `from` in one way that lies at most so deep; 0 for none. */
function stepIn({ depths }: Trail, from: number, way: number, most: number): number {
  for (let number = from + way; number >= 1 && number <= depths.length; number += way) {
    if (depths[number - 1] <= most) return number;
  }
  return 0;
}

function localIn(view: View | null, name: string): number | undefined {
  const value = view?.()[1][name];
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" ? value : undefined;
}

/** Throws CommandError for a name that means nothing. */
function valueOf({ machine }: ScenarioRun, name: string): NamedValue {
  const value = findSymbol(machine, name);
  if (value !== null) return value;
  throw new CommandError(`no symbol is called ${name}; the nearest known one is ${nearestSymbol(machine, name)}`);
}

function authorOf(symbol: string): Author {
  if (symbol.startsWith("patient.")) return "patient";
  if (symbol.startsWith("outside.")) return "people";
  if (/^(?:world|head|catheter|reservoir)\./.test(symbol)) return "world";
  return symbol.startsWith("board.") ? "board" : "firmware";
}

/** The condition begins to hold; a momentary one as it is. */
function rising(condition: Condition): Condition {
  if (condition.momentary) return condition;
  let held = false;
  return {
    grain: condition.grain,
    momentary: true,
    begin: () => {
      condition.begin();
      held = condition.holds();
    },
    holds: () => {
      const before = held;
      held = condition.holds();
      return held && !before;
    },
  };
}

/** One of the conditions holds. Each is asked each time, because it may compare this moment with the one before. */
function anyOf(parts: readonly Condition[]): Condition {
  return {
    grain: finestOf(parts.map(({ grain }) => grain)),
    momentary: true,
    begin: () => parts.forEach((each) => each.begin()),
    holds: () => parts.map((each) => each.holds()).includes(true),
  };
}

/** The pulses of the rotor. */
function pulses({ machine: { board } }: ScenarioRun) {
  return { grain: "executed", read: () => board.motor.pulses } as const;
}

/** Lets other work in. */
function soon(): Promise<void> {
  return new Promise((done) => void setImmediate(done));
}
