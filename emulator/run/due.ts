// Computes what a pump owes its patient: the volume, in nL, that the accepted program and the granted boluses give up to a
// moment. It follows from the prescription and from what people ordered, and from nothing in the controller. harms.ts compares
// it with the world. Basal rests during a prime, as in therapy; a bridge changes its rate by the ratio of the concentrations.
// After a stop that somebody ordered, an explant or the end of a trial nothing more is owed. What an alarm or a fault takes
// from the patient stays owed. Two doses of periodic mode begin at least their interval apart, whatever is stopped, started or
// programmed between them, and one that falls due while the pump is stopped begins when it starts. Times are ticks; within a minute of the wall clock a rate is constant.

import {
  RATE_MINIMUM,
  RATE_UNIT_NL_PER_DAY,
  PULSE_NL,
  TICKS_PER_DAY,
  TICKS_PER_HOUR,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../../hal/units";
import {
  CAUSE_PRIME,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_CLOCK_SET,
  EVENT_LIFE_CHANGED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_STARTED,
  EVENT_STOPPED,
} from "../../hal/trace";
import { TAKEN_OUT_CODE } from "../machine/events";
import { rateAt } from "../telemetry/program-totals";
import type { Program } from "../telemetry/program";

/** A traced event: its EVENT_ code and its three numbers. */
export interface Traced {
  code: number;
  a: number;
  b: number;
  c: number;
}

/** The state as plain values, which are saved with a run. */
export interface SavedDue {
  /** The tick up to which the volume is computed. */
  tick: number;
  total_nl: number;
  /** The wall clock minus the minutes since the start. */
  wallOffset: number;
  isRunning: boolean;
  /** The tick in which the last dose of periodic mode began; NO_DOSE before the first. */
  doseBegan: number;
  /** The tick of the first start; -1 before it. */
  startedAt: number;
  /** The bolus under way: nL in a tick, and the tick at which all of it is owed. */
  bolus_nlPerTick: number;
  bolusUntil: number;
  /** Of the total, what belongs to a bolus that may still be under way, and the tick until which it may be late. */
  open_nl: number;
  openUntil: number;
  isPriming: boolean;
  /** A bridge multiplies the programmed rate by this; 1 without one. */
  bridgeRatio: number;
  /** The external pump of a trial stops after seven days by itself (TRI-1). */
  isTrial: boolean;
}

/** Longer ago than any interval between two doses. */
const NO_DOSE = -1e12;
const TRIAL_TICKS = 7 * TICKS_PER_DAY;
/** A prime is taken as over so many ticks after its time, if no event reports its end. Misses can make it that much longer. */
const LATE_PRIME_TICKS = TICKS_PER_HOUR;
/** A sum of parts may lie so much below a whole pulse. */
const ROUNDING_NL = 1e-6;
const NL_PER_TICK = RATE_UNIT_NL_PER_DAY / TICKS_PER_DAY;

export class Due {
  /** Ticks into its minute at which the run starts. */
  private readonly phase: number;
  private readonly state: SavedDue;
  private program: Program | null = null;

  constructor(startSecond: number, isTrial: boolean) {
    this.phase = startSecond * TICKS_PER_SECOND;
    this.state = {
      tick: 0,
      total_nl: 0,
      wallOffset: 0,
      isRunning: false,
      doseBegan: NO_DOSE,
      startedAt: -1,
      bolus_nlPerTick: 0,
      bolusUntil: 0,
      open_nl: 0,
      openUntil: 0,
      isPriming: false,
      bridgeRatio: 1,
      isTrial,
    };
  }

  /** An independent copy, for the coming basal of `program`, without a bolus that was under way. */
  static copyOf(due: Due, program: Program | null): Due {
    const copy = new Due(due.phase / TICKS_PER_SECOND, due.state.isTrial);
    copy.restore(due.state);
    copy.resume(program);
    copy.endBolus();
    return copy;
  }

  /** The program goes on after the days of a trial. */
  dropTrialEnd(): void {
    this.state.isTrial = false;
  }

  /** The volume that is owed up to the tick to which `advance` went, nL. */
  get total_nl(): number {
    return this.state.total_nl;
  }

  /**
   * Of this, what belongs to a bolus that is not over. A pulse of it that was missed is tried again after the time between two of its
   * pulses (MOT-1), so for as long again as it was to take, the pump may still give it.
   */
  get open_nl(): number {
    return this.state.tick <= this.state.openUntil ? this.state.open_nl : 0;
  }

  /** Adds what falls due up to the beginning of tick `to`. */
  advance(to: number): void {
    const { state } = this;
    if (state.tick >= to) return;
    const rate = this.steadyRate();
    if (rate !== null) {
      if (state.isRunning) state.total_nl += rate * state.bridgeRatio * NL_PER_TICK * (to - state.tick);
      state.tick = to;
      return;
    }
    while (state.tick < to) {
      const next = Math.min(this.minuteAfter(state.tick), to);
      const bolus_nl = this.bolusUpTo(next);
      state.open_nl += bolus_nl;
      state.total_nl += bolus_nl + this.basalUpTo(next);
      state.tick = next;
      if (state.isPriming && next > state.bolusUntil + LATE_PRIME_TICKS) this.endPrime();
    }
  }

  /** The first tick after `tick` at which the rate of basal may change. */
  edgeAfter(tick: number): number {
    const { program } = this;
    const minute = this.minuteAfter(tick);
    if (program?.mode !== "periodic" || !program.periodic) return minute;
    const every = program.periodic.every_min * TICKS_PER_MINUTE;
    const duration = program.periodic.duration_s * TICKS_PER_SECOND;
    const { doseBegan } = this.state;
    if (tick < doseBegan + duration) return doseBegan + duration;
    return tick < doseBegan + every ? doseBegan + every : tick + 1;
  }

  /** The one rate at which the program gives while nothing else does; null where minutes differ or something else gives. */
  private steadyRate(): number | null {
    const { state, program } = this;
    if (state.bolus_nlPerTick !== 0 || state.isPriming || state.isTrial) return null;
    if (program === null) return 0;
    if (program.mode === "continuous") return program.rate;
    return program.mode === "minimum" ? RATE_MINIMUM : null;
  }

  /** The beginning of the next minute of the wall clock. */
  private minuteAfter(tick: number): number {
    return tick + TICKS_PER_MINUTE - ((this.phase + tick) % TICKS_PER_MINUTE);
  }

  /** Follows an event in tick `tick`. Orders count if somebody gave them; `program` is the one in force after it. */
  follow({ code, a, b, c }: Traced, tick: number, isOrdered: boolean, program: Program | null): void {
    this.advance(tick);
    if (code === TAKEN_OUT_CODE) this.stop();
    else if (!isOrdered) {
      if (code === EVENT_BOLUS_FINISHED || code === EVENT_BOLUS_CANCELLED) {
        this.state.open_nl = 0;
        this.endPrime();
      } else if (code === EVENT_BRIDGE_FINISHED) this.endBridge();
    } else if (code === EVENT_PROGRAM_ACCEPTED) this.accept(program);
    else if (code === EVENT_STARTED) this.start();
    else if (code === EVENT_STOPPED || code === EVENT_LIFE_CHANGED) this.stop();
    else if (code === EVENT_CLOCK_SET) this.setClock(a);
    else if (code === EVENT_BRIDGE_STARTED) this.startBridge(b);
    else if (code === EVENT_BOLUS_STARTED && a === CAUSE_PRIME) this.startPrime(b * PULSE_NL, c);
    else if (code === EVENT_BOLUS_STARTED) this.startBolus(b * PULSE_NL, c);
  }

  /** The calls below say what happened in the tick to which `advance` went. A program comes into force and starts the pump. */
  accept(program: Program | null): void {
    this.program = program;
    this.cancelBolus();
    this.state.bridgeRatio = 1;
    this.begin();
  }

  /** The program that is in force after a restore. */
  resume(program: Program | null): void {
    this.program = program;
  }

  /** An implant took the place of the pump. It owes nothing until it is programmed. */
  replaced(tick: number): void {
    this.advance(tick);
    this.stop();
    this.endBridge();
    this.program = null;
    this.state.startedAt = -1;
    this.state.doseBegan = NO_DOSE;
    this.state.isTrial = false;
  }

  private start(): void {
    if (!this.state.isRunning) this.begin();
  }

  private stop(): void {
    this.cancelBolus();
    this.state.isRunning = false;
    this.state.isPriming = false;
  }

  private startBolus(volume_nl: number, ticks: number): void {
    this.state.bolus_nlPerTick = volume_nl / Math.max(1, ticks);
    this.state.bolusUntil = this.state.tick + ticks;
    this.state.open_nl = 0;
    this.state.openUntil = this.state.tick + 2 * ticks;
  }

  private startPrime(volume_nl: number, ticks: number): void {
    this.startBolus(volume_nl, ticks);
    this.state.isPriming = true;
  }

  /** A prime ends: what it did not give is not owed, and basal goes on. */
  endPrime(): void {
    if (!this.state.isPriming) return;
    this.endBolus();
    this.state.isPriming = false;
  }

  /** A bridge starts, at `rate` in 0.01 uL/day. */
  private startBridge(rate: number): void {
    const programmed = this.program ? rateAt(this.program, this.wallMinute()) : 0;
    this.state.bridgeRatio = programmed > 0 ? rate / programmed : 1;
  }

  private endBridge(): void {
    this.state.bridgeRatio = 1;
  }

  private setClock(wallMinute: number): void {
    this.state.wallOffset += wallMinute - this.wallMinute();
  }

  save(): SavedDue {
    return { ...this.state };
  }

  restore(saved: SavedDue): void {
    Object.assign(this.state, saved);
  }

  private begin(): void {
    this.state.isRunning = true;
    if (this.state.startedAt < 0) this.state.startedAt = this.state.tick;
  }

  /** An order ends the bolus under way. It owes the pulses that fell due; the part of the next one is given up, and not kept as that of basal is. */
  private cancelBolus(): void {
    const { state } = this;
    if (state.bolus_nlPerTick !== 0) {
      const part_nl = state.open_nl - Math.floor((state.open_nl + ROUNDING_NL) / PULSE_NL) * PULSE_NL;
      state.open_nl -= part_nl;
      state.total_nl -= part_nl;
    }
    this.endBolus();
  }

  private endBolus(): void {
    this.state.bolus_nlPerTick = 0;
  }

  /** The minute of the wall clock in tick `tick`, as people set it up to then. */
  wallMinuteAt(tick: number): number {
    return Math.floor((this.phase + tick) / TICKS_PER_MINUTE) + this.state.wallOffset;
  }

  private wallMinute(): number {
    return this.wallMinuteAt(this.state.tick);
  }

  private bolusUpTo(next: number): number {
    const { tick, bolus_nlPerTick, bolusUntil } = this.state;
    if (bolus_nlPerTick === 0) return 0;
    if (next >= bolusUntil) this.endBolus();
    return bolus_nlPerTick * Math.max(0, Math.min(next, bolusUntil) - tick);
  }

  private basalUpTo(next: number): number {
    const { tick, isRunning, isPriming, bridgeRatio, startedAt, isTrial } = this.state;
    const { program } = this;
    if (!isRunning || isPriming || program === null) return 0;
    if (isTrial && tick - startedAt >= TRIAL_TICKS) return 0;
    if (program.mode === "periodic" && program.periodic) return this.dosesUpTo(next, program.periodic);
    return rateAt(program, this.wallMinute()) * bridgeRatio * NL_PER_TICK * (next - tick);
  }

  /** The part of the doses of periodic mode that falls due up to `next`. A dose begins when its time has come. */
  private dosesUpTo(next: number, { pulses, duration_s, every_min }: NonNullable<Program["periodic"]>): number {
    const { state } = this;
    const duration = duration_s * TICKS_PER_SECOND;
    let owed_nl = 0;
    let at = state.tick;
    while (at < next) {
      if (at - state.doseBegan >= every_min * TICKS_PER_MINUTE) state.doseBegan = at;
      const ends = state.doseBegan + duration;
      const until = Math.min(next, at < ends ? ends : state.doseBegan + every_min * TICKS_PER_MINUTE);
      if (at < ends) owed_nl += ((until - at) / duration) * pulses * PULSE_NL;
      at = until;
    }
    return owed_nl;
  }
}
