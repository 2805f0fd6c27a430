// The core of a machine: where time moves. It holds board, world and the counts of ticks, and calls the controller and whatever
// acts on the machine or listens to it. `run` executes every tick. `leap` asks controller, board, world and people how many of the
// coming ticks will do nothing, and leaps over them. It is written in the dialect: it runs as TypeScript, and with the firmware as
// one WebAssembly module (targets/machine/main.ts).

import { Controller } from "../../hal/controller";
import { RESET_WATCHDOG } from "../../hal/reset";
import {
  CAUSE_NONE,
  CHANNEL_ALARMS,
  CHANNEL_CAUSE,
  CHANNEL_ESTIMATE,
  CHANNEL_LIMIT0,
  CHANNEL_LIMIT1,
  CHANNEL_MODE,
  CHANNEL_RATE,
} from "../../hal/trace";
import { LEAP_TICKS_MAX, TICKS_PER_MINUTE } from "../../hal/units";
import { Board } from "../board/board";
import { EVENT_WORDS } from "../board/trace";
import { FAULT_HANG, FAULT_NVM_FLIP, FAULT_NVM_TORN_WRITE, FAULT_RAM_FLIP, FaultLedger } from "../fault-ledger";
import { PA_PER_MMHG } from "../world/reservoir";
import { World } from "../world/world";

/** Flags of the machine itself that are state. */
export class MachineState {
  /** The controller hangs in a tick that never ends, until a reset. */
  hung: bool = false;
  booted: bool = false;
  /** The world has changed since its values were last copied to the sensors, so the next tick must be executed. */
  moved: bool = true;
}

/**
 * The figures of a tick that a listener reads after it, as a row. They lie side by side, so that it reads them from any build alike
 * fast. A listener that gathers hears of many ticks at once, so what it judges a tick by is in its row.
 */
export const FIGURE_TICK: i32 = 0;
export const FIGURE_PULSES: i32 = 1;
export const FIGURE_STEPS: i32 = 2;
export const FIGURE_EVENTS: i32 = 3;
export const FIGURE_PUBLISHED: i32 = 4;
export const FIGURE_GUARD_OPEN: i32 = 5;
export const FIGURE_DELIVERED_NL: i32 = 6;
export const FIGURE_TIP_NL: i32 = 7;
export const FIGURE_VOLUME_NL: i32 = 8;
/** Of the steps of this tick, those that no pulse asked for. */
export const FIGURE_UNASKED: i32 = 9;
/** The published values by which a tick is judged, and the minute that the clock on the board counts as the wall's. */
export const FIGURE_MODE: i32 = 10;
export const FIGURE_RATE: i32 = 11;
export const FIGURE_CAUSE: i32 = 12;
export const FIGURE_ESTIMATE: i32 = 13;
export const FIGURE_ALARMS: i32 = 14;
export const FIGURE_WALL_MINUTE: i32 = 15;
/** DAMAGE_ bits. */
export const FIGURE_DAMAGE: i32 = 16;
/** The limits of the first two dose windows. */
export const FIGURE_LIMIT0: i32 = 17;
export const FIGURE_LIMIT1: i32 = 18;
export const FIGURES: i32 = 19;
/** A bit flipped in the controller's memory; or in the non-volatile one, or a write to it was torn. */
export const DAMAGE_RAM: i32 = 1;
const DAMAGE_NVM: i32 = 2;
/** So many rows are gathered: with more of them a tick costs a listener no less. */
const ROWS: i32 = 64;

/** A controller whose memory can be set back to what it was at construction. One that cannot leap is never idle. */
export abstract class HostedController extends Controller {
  abstract clear(): void;
}

/** Those around the machine: people, a listener, a patient. Each is called only while the core's flag says that it is there. */
export abstract class Surroundings {
  /** People act at the start of a tick; `quiet` is the number of coming ticks in which they will do nothing unless the pump sends. */
  abstract act(): void;
  abstract quiet(): f64;
  /** The listener: an event, a reset for a RESET_ cause, and the end of executed ticks in which something showed, as rows. */
  abstract event(code: i32, a: i32, b: i32, c: i32): void;
  abstract reset(cause: i32): void;
  abstract ticked(rows: i32): void;
  /** The patient's minute that ends at the beginning of `tick`. True when the patient then asks for something. */
  abstract live(tick: f64): bool;
}

export class MachineCore {
  /** Ticks since the start, which is also the index of the next tick. */
  tick: f64 = 0;
  /** The ticks of these that were executed and those that were leapt. */
  executed: f64 = 0;
  leapt: f64 = 0;
  /** These settings say whether there are people, a listener and a patient. */
  attended: bool = false;
  listened: bool = false;
  /** The listener hears of every executed tick, not only of those in which something showed. */
  heardAlways: bool = false;
  /** The listener hears of ticks later, but of each before anything else happens to it, to people or to the patient. */
  gathers: bool = false;
  inhabited: bool = false;
  /** The tick in which people act next, unless the pump sends something before it. */
  attendAt: f64 = 0;
  faults: FaultLedger;
  board: Board;
  world: World;
  state: MachineState = new MachineState();
  /** By FIGURE_, of the ticks of which the listener hears next, and how many these are. */
  figures: Float64Array = new Float64Array(ROWS * FIGURES);
  private rows: i32 = 0;
  controller: HostedController;
  around: Surroundings;

  constructor(faults: FaultLedger, board: Board, world: World, controller: HostedController, around: Surroundings) {
    this.faults = faults;
    this.board = board;
    this.world = world;
    this.controller = controller;
    this.around = around;
    this.showWorld();
  }

  /** Executes one tick. */
  step(): void {
    this.takeTick();
    this.flush();
  }

  /** The listener hears of the ticks that were gathered. */
  flush(): void {
    const rows = this.rows;
    if (rows === 0) return;
    this.rows = 0;
    this.around.ticked(rows);
  }

  private takeTick(): void {
    this.setTime();
    const attends: bool = this.attended && (this.tick >= this.attendAt || this.board.link.outboundCount > 0);
    if (attends) this.attend();
    const moved: bool = this.execute();
    this.close(true, this.listened && (attends || moved || this.heardAlways || this.board.shown.any));
  }

  /** Executes every one of the next `ticks` ticks. The caller flushes, here and after `leap`, even when one of them fails. */
  run(ticks: f64): void {
    for (let i: f64 = 0; i < ticks; i++) this.takeTick();
  }

  /** Moves on by `ticks`. It leaps over the ticks in which nothing can happen and executes the others. */
  leap(ticks: f64): void {
    const end = this.tick + ticks;
    while (this.tick < end) this.move(end - this.tick);
  }

  /**
   * One piece of a leap, of `ticks` at most: it leaps over the quiet ticks ahead, folds the beginning of a minute into the leap,
   * or executes one tick.
   */
  hop(ticks: f64): void {
    this.move(ticks);
    this.flush();
  }

  private move(ticks: f64): void {
    const idle = Math.min(this.quiet(), ticks) as i32;
    if (idle > 0) this.skip(this.inhabited ? this.liveAhead(idle) : idle);
    else if (this.isMinuteAlone()) this.foldMinute();
    else this.takeTick();
  }

  /** The number of coming ticks that will surely change nothing but counters, which `leap` moves exactly. */
  quiet(): f64 {
    // When world or board changed between two ticks (`moved`), the next tick must show the change to the controller.
    const state = this.state;
    if (!state.booted || state.hung || state.moved || this.board.reset.heldTicks > 0) return 0;
    const outside: f64 = this.attended ? this.attendAt - this.tick : Infinity;
    if (outside <= 0) return 0;
    const others = Math.min(Math.min(outside, this.board.quiet()), Math.min(this.world.quiet(), LEAP_TICKS_MAX));
    return others <= 0 ? 0 : Math.min(others, this.controller.idle());
  }

  /** True when a minute begins in the next tick, and nothing else is due in it. */
  private isMinuteAlone(): bool {
    const board = this.board;
    const state = this.state;
    if (board.clock.quiet() > 0 || !state.booted || state.hung || state.moved || board.reset.heldTicks > 0)
      return false;
    if (this.attended && this.attendAt <= this.tick) return false;
    if (board.motor.quiet() <= 0 || board.link.quiet() <= 0 || board.watchdog.quiet() <= 0) return false;
    return this.world.quiet() > 0 && this.controller.idle() > 0;
  }

  /**
   * The tick in which a minute begins: board and controller do in it what they do in every tick. People had nothing to do, and
   * the listener hears of it only if something showed. Then the tick counts as executed.
   */
  private foldMinute(): void {
    this.board.shown.any = false;
    this.setTime();
    const moved: bool = this.execute();
    const shows: bool = moved || this.board.shown.any;
    this.close(shows, shows);
  }

  private setTime(): void {
    this.board.time.tick = this.tick;
    this.faults.tick = this.tick;
  }

  /** The tick of board, world and controller. True when the world has changed since the tick before. */
  private execute(): bool {
    const board = this.board;
    const state = this.state;
    board.step();
    if (board.turned !== 0) this.turnWorld(board.turned);
    if (this.world.step(this.tick)) state.moved = true;
    const moved = state.moved;
    if (moved) this.showWorld();
    if (board.reset.heldTicks > 0) board.reset.heldTicks--;
    else if (!state.hung) this.tickController();
    board.endTick();
    return moved || state.moved;
  }

  /** Ends the tick, which counts as executed or as leapt. `heard`: the listener, when there is one, hears that it is over. */
  private close(executes: bool, heard: bool): void {
    const board = this.board;
    // The listener gets the events of this tick before the reset that ends it, in the order in which they happened.
    const traced: bool = this.listened && board.trace.count > 0;
    if (traced) this.report();
    board.trace.count = 0;
    const resets: bool = board.reset.isPulled();
    if (resets) this.enterReset();
    if (this.listened && heard) this.notify(!this.gathers || traced || resets || board.guard.open);
    board.shown.any = false;
    this.tick++;
    if (executes) this.executed++;
    else this.leapt++;
    if (this.inhabited && Math.floor(this.tick / TICKS_PER_MINUTE) * TICKS_PER_MINUTE === this.tick) {
      if (this.live(this.tick)) this.attendAt = this.tick;
    }
  }

  private live(tick: f64): bool {
    this.flush();
    return this.around.live(tick);
  }

  /**
   * Runs the patient's minutes that end within the next `ticks` quiet ticks, up to the first at which the patient asks for
   * something: the tick after it has to be executed. Returns the ticks up to there.
   */
  private liveAhead(ticks: i32): i32 {
    const end = this.tick + ticks;
    const first = (Math.floor(this.tick / TICKS_PER_MINUTE) + 1) * TICKS_PER_MINUTE;
    for (let tick = first; tick <= end; tick += TICKS_PER_MINUTE) {
      if (this.live(tick)) {
        this.attendAt = tick;
        return (tick - this.tick) as i32;
      }
    }
    return ticks;
  }

  private attend(): void {
    this.flush();
    this.around.act();
    this.attendAt = this.tick + this.around.quiet();
  }

  private skip(ticks: i32): void {
    this.controller.skip(ticks);
    this.board.skip(ticks);
    this.world.skip(ticks);
    this.tick += ticks;
    this.faults.tick += ticks;
    this.leapt += ticks;
  }

  private tickController(): void {
    if (!this.state.booted) {
      this.state.booted = true;
      this.board.watchdog.restart();
      this.controller.boot();
    }
    this.controller.tick();
  }

  private enterReset(): void {
    this.flush();
    const state = this.state;
    if (state.hung) {
      state.hung = false;
      if (this.board.reset.pulled === RESET_WATCHDOG) this.faults.acted(FAULT_HANG);
      this.faults.end(FAULT_HANG);
    }
    this.board.enterReset();
    state.booted = false;
    this.controller.clear();
    if (this.listened) this.around.reset(this.board.reset.lastCause);
  }

  /** Moves the world by the rotor's steps. A step without a pulse has the cause CAUSE_NONE. */
  private turnWorld(turned: i32): void {
    const cause = this.board.trace.channels[CHANNEL_CAUSE];
    this.state.moved = true;
    const steps: i32 = turned < 0 ? -turned : turned;
    for (let i: i32 = 0; i < steps; i++) {
      this.world.turn(turned > 0 ? 1 : -1, i < this.board.motor.unasked ? CAUSE_NONE : cause, this.tick);
    }
  }

  /** Copies the world's present values to the sensors of the board. */
  private showWorld(): void {
    const board = this.board;
    this.state.moved = false;
    this.world.updateSeep();
    board.reservoir.volume_nl = this.world.reservoir.volume_nl;
    board.reservoir.gauge_pa = this.world.gauge_mmHg() * PA_PER_MMHG;
    board.thermometer.case_mC = (this.world.temperature_mC() as i32) | 0;
  }

  /** The listener hears that the tick is over: `now`, or with others later. */
  private notify(now: bool): void {
    const board = this.board;
    const world = this.world;
    const channels = board.trace.channels;
    const clock = board.clock;
    const figures = this.figures;
    const at: i32 = this.rows * FIGURES;
    figures[at + FIGURE_TICK] = this.tick;
    figures[at + FIGURE_PULSES] = board.motor.pulses;
    figures[at + FIGURE_STEPS] = board.motor.steps;
    figures[at + FIGURE_EVENTS] = board.trace.total;
    figures[at + FIGURE_PUBLISHED] = board.trace.published;
    figures[at + FIGURE_GUARD_OPEN] = board.guard.open ? 1 : 0;
    figures[at + FIGURE_DELIVERED_NL] = world.delivered_nl;
    figures[at + FIGURE_TIP_NL] = world.catheter.tip_nl;
    figures[at + FIGURE_VOLUME_NL] = world.reservoir.volume_nl;
    figures[at + FIGURE_UNASKED] = board.motor.unasked;
    figures[at + FIGURE_MODE] = channels[CHANNEL_MODE];
    figures[at + FIGURE_RATE] = channels[CHANNEL_RATE];
    figures[at + FIGURE_CAUSE] = channels[CHANNEL_CAUSE];
    figures[at + FIGURE_ESTIMATE] = channels[CHANNEL_ESTIMATE];
    figures[at + FIGURE_ALARMS] = channels[CHANNEL_ALARMS];
    figures[at + FIGURE_WALL_MINUTE] = clock.minutes + clock.offsetMinutes;
    figures[at + FIGURE_DAMAGE] = damageBy(this.faults.acts);
    figures[at + FIGURE_LIMIT0] = channels[CHANNEL_LIMIT0];
    figures[at + FIGURE_LIMIT1] = channels[CHANNEL_LIMIT1];
    this.rows++;
    if (now || this.rows === ROWS) this.flush();
  }

  private report(): void {
    this.flush();
    const events = this.board.trace.events;
    const count = this.board.trace.count;
    for (let at: i32 = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
      this.around.event(events[at], events[at + 1], events[at + 2], events[at + 3]);
    }
  }
}

/** DAMAGE_ bits of the faults that acted, by FAULT_. */
export function damageBy(acts: Int32Array): i32 {
  const ram: i32 = acts[FAULT_RAM_FLIP] > 0 ? DAMAGE_RAM : 0;
  return acts[FAULT_NVM_FLIP] > 0 || acts[FAULT_NVM_TORN_WRITE] > 0 ? ram | DAMAGE_NVM : ram;
}
