// Time travel over a run: the whole device and the patient behind it move to any place, forward and back, to a condition, a pulse
// or an event. A place is a tick and a statement in it. Ticks are reached by the nearest snapshot before them and a leap from
// there, which is exact because both gears give the same machine. A search backwards replays the windows between snapshots from
// the last one to the first. Snapshots are spaced by the work that lies between two of them, so that every way back is short, and
// they share what is the same in them (snapshots.ts).
//
// Every move is asynchronous. It works in slices and lets other work in between, so that a person can stop it at any time; the
// session stays usable. A question changes nothing: the run stands afterwards where it stood.

import { TICKS_PER_MINUTE } from "../../hal/units";
import type { Grain } from "../machine/grain";
import type { Snapshot } from "../machine/machine";
import type { Difference } from "../machine/state";
import { differencesBetween } from "../machine/symbols";
import type { RunEvent } from "../run/report";
import type { ScenarioRun } from "../run/run";
import { formatTicks } from "../time";
import { differs, happened } from "./condition";
import { CommandError, type Condition } from "./door";
import { type PackedRun, Snapshots } from "./snapshots";

/** The edge before tick `tick`, for statement 0; else inside of that tick, before its statement of that number is executed. */
export interface Place {
  readonly tick: number;
  readonly statement: number;
}

/** A place with a name. */
export interface Mark {
  readonly name: string;
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
}

/**
 * Why a move ended: it is where it was to go; its condition held; it came to the end or to the start of the run first; a person
 * stopped it; the controller cannot continue.
 */
export type Why = "there" | "held" | "end" | "start" | "stopped" | "failed";

export interface Arrival {
  place: Place;
  why: Why;
}

/** Makes a condition on a run. The run of a place may be another object than that of the place before. */
export type ConditionOn = (run: ScenarioRun) => Condition;

export interface Options {
  /** Carries out each piece of a move, which calls the controller; by default it only calls. */
  slice?<T>(piece: () => T): T;
}

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
  /** The furthest tick that was reached. */
  reached: number;
  private readonly current: ScenarioRun;
  private readonly slice: <T>(piece: () => T) => T;
  private readonly snapshots = new Snapshots();
  /** By their names. */
  readonly marks = new Map<string, Mark>();
  /** In the order of time. The first is that of `firstTick`, and is never given up. */
  private kept: PackedRun[] = [];
  /** The work since the last snapshot that the run passed. */
  private work = 0;
  /** When other work was let in last. */
  private pausedAt = 0;

  constructor(run: ScenarioRun, options: Options = {}) {
    this.current = run;
    this.slice = options.slice ?? ((piece) => piece());
    this.firstTick = run.machine.tick;
    this.reached = run.machine.tick;
    this.keep();
  }

  /** The run as it is at the present place. Another place may have another object, so it must be asked for each time. */
  get run(): ScenarioRun {
    return this.current;
  }

  get place(): Place {
    return { tick: this.current.machine.tick, statement: 0 };
  }

  /** The end of the run. */
  get lastTick(): number {
    return this.current.end_ticks;
  }

  /** The number of snapshots and the bytes that they take. */
  get held(): { snapshots: number; bytes: number } {
    return { snapshots: this.kept.length, bytes: this.snapshots.bytes };
  }

  /** Moves to a tick, in either direction. Throws CommandError when the run has no such tick. */
  async goto(tick: number, moving: Moving = {}): Promise<Arrival> {
    const { firstTick, lastTick } = this;
    if (tick < firstTick) {
      const where = firstTick === 0 ? "the start" : `${formatTicks(firstTick)}, where this session began`;
      throw new CommandError(`that is before ${where}`);
    }
    if (tick > lastTick) throw new CommandError(`that is after the end of the run, ${formatTicks(lastTick)}`);
    const began = this.current.machine.tick;
    const isBack = tick < began;
    if (isBack) this.restoreBefore(tick);
    const why = await this.advance(tick, null, moving);
    if (why === "stopped" && isBack) return this.returnTo(began);
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
   * Forward: to the first tick after the present one at which the condition holds. Back: to the last one before at which it began
   * to hold; with a momentary condition each tick at which it holds is one. Without such a tick it is at the end or the start.
   */
  async until(direction: Direction, make: ConditionOn, moving: Moving = {}): Promise<Arrival> {
    const condition = make(this.current);
    if (direction === "forward") {
      condition.begin();
      return this.arrival(await this.advance(this.lastTick, condition, moving));
    }
    const began = this.current.machine.tick;
    const found = await this.lastBefore(began, condition, moving);
    if (found === "stopped") return this.returnTo(began);
    this.restoreBefore(found ?? this.firstTick);
    await this.advance(found ?? this.firstTick, null, {});
    return this.arrival(found === null ? "start" : "held");
  }

  // ---- marks

  /** Gives the present place a name. A mark of the same name is replaced. */
  mark(name: string): Mark {
    const mark = { name, place: this.place };
    this.marks.set(name, mark);
    return mark;
  }

  /** The values that differ between two places, by their names; null when a person stopped it. */
  async diff(one: Place, other: Place, moving: Moving = {}): Promise<Difference[] | null> {
    const began = this.place;
    const snapshots: Snapshot[] = [];
    for (const place of [one, other]) {
      const { why } = await this.goto(place.tick, moving);
      if (why === "stopped") break;
      snapshots.push(this.run.machine.snapshot());
    }
    await this.goto(began.tick);
    const [before, after] = snapshots;
    return snapshots.length < 2 ? null : differencesBetween(this.run.machine, before, after);
  }

  /** The last tick before `before` at which the condition began to hold; null for none. */
  private async lastBefore(before: number, condition: Condition, moving: Moving): Promise<number | "stopped" | null> {
    const last = before - 1;
    for (let i = this.indexBefore(last); i >= 0; i--) {
      const from = this.kept[i].tick;
      const to = Math.min(last, i + 1 < this.kept.length ? this.kept[i + 1].tick : last);
      const found = await this.lastIn(i, to, condition, moving, { from: before, to: this.firstTick });
      if (found !== null) return found;
      // A state that holds from the start on has no beginning but the start.
      if (i === 0 && !condition.momentary && from < before && this.holdsAt(0, condition)) return from;
    }
    return null;
  }

  /** The same for the ticks after that of snapshot `index` up to `to`. */
  private async lastIn(
    index: number,
    to: number,
    condition: Condition,
    { stopper, progress }: Moving,
    span: { from: number; to: number },
  ): Promise<number | "stopped" | null> {
    let held = this.holdsAt(index, condition) && !condition.momentary;
    let found: number | null = null;
    const { machine } = this.current;
    const watch = (): boolean => {
      const holds = condition.holds();
      if (holds && (condition.momentary || !held)) found = machine.tick;
      held = holds;
      return false;
    };
    const noted = { ...condition, holds: watch };
    const inner = { stopper, progress: () => progress?.({ ...span, tick: machine.tick }) };
    const why = await this.advance(to, noted, inner);
    if (why === "stopped" || (await this.pause({ tick: machine.tick, from: span.from, to: span.to }, inner))) {
      return "stopped";
    }
    return found;
  }

  /** True when the condition holds at a snapshot, to which the run goes. */
  private holdsAt(index: number, condition: Condition): boolean {
    this.restore(index);
    condition.begin();
    return condition.holds();
  }

  private async returnTo(tick: number): Promise<Arrival> {
    this.restoreBefore(tick);
    await this.advance(tick, null, {});
    return this.arrival("stopped");
  }

  private arrival(why: Why): Arrival {
    return { place: this.place, why };
  }

  /** Moves forward to `tick` at most, in slices, with snapshots on the way. */
  private async advance(tick: number, condition: Condition | null, moving: Moving): Promise<Why> {
    const { machine } = this.current;
    const from = machine.tick;
    while (machine.tick < tick && !this.current.over) {
      const held = this.slice(() => this.advanceSlice(tick, condition));
      this.reached = Math.max(this.reached, machine.tick);
      if (this.work >= WORK) this.keep();
      if (held) return "held";
      if (machine.tick >= tick) break;
      if (await this.pause({ tick: machine.tick, from, to: tick }, moving)) return "stopped";
    }
    if (this.current.failure !== null) return "failed";
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
  private advanceSlice(tick: number, condition: Condition | null): boolean {
    const { current } = this;
    const { machine } = current;
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

  private restoreBefore(tick: number): void {
    this.restore(this.indexBefore(tick));
  }

  private restore(index: number): void {
    this.slice(() => this.current.restore(this.snapshots.restore(this.kept[index])));
    this.work = 0;
  }

  /** Keeps a snapshot of this moment, unless one lies nearly as near. */
  private keep(): void {
    this.work = 0;
    const { tick } = this.current.machine;
    const index = this.indexBefore(tick);
    if (index >= 0 && (this.kept[index].tick === tick || index + 1 < this.kept.length)) return;
    this.kept.push(this.snapshots.keep(this.current.save(), index < 0 ? null : this.kept[index]));
    if (this.kept.length > SNAPSHOTS_MAX || this.snapshots.bytes > BYTES_MAX) this.thin();
  }

  /** Gives up every second one of the older half of the snapshots. */
  private thin(): void {
    const older = this.kept.length / 2;
    this.kept = this.kept.filter((each, i) => {
      const stays = i > older || i % 2 === 0;
      if (!stays) this.snapshots.drop(each);
      return stays;
    });
  }
}

/** The pulses of the rotor. */
function pulses({ machine: { board } }: ScenarioRun) {
  return { grain: "executed", read: () => board.motor.pulses } as const;
}

/** Lets other work in. */
function soon(): Promise<void> {
  return new Promise((done) => void setImmediate(done));
}
