// The harms that reach a patient, found in the world (EMU-8): from what left the head and the tip, what the bellows holds, and
// what the pump owes by the accepted program and the people's orders (due.ts). The controller's own values do not count. Of its
// events only alarms count, and those that report an order that somebody gave. One row of the table is one harm, with the
// alarms that name it and the time in which one of them must. docs/harms.md says why each threshold is where it is.
//
// Both gears give the same harms. Overdose and a dry bellows begin in ticks that are executed, because something moves in
// them. Underdose can begin in a leap, so it is looked at at the beginning of each minute of the run, from what held then. Harms
// in the patient's body begin at the tick at which a minute of the patient ends, and belong to the patient and not to the pump:
// they are kept with a pump that is out of service too.

import { ALARMS } from "../../hal/alarms";
import {
  CAUSE_PATIENT_BOLUS,
  EVENT_ALARM_CLEARED,
  EVENT_ALARM_RAISED,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_LIFE_CHANGED,
  EVENT_PROGRAM_ACCEPTED,
} from "../../hal/trace";
import { MINUTES_PER_DAY, PULSE_NL, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../hal/units";
import { ALARM_ROWS } from "../contract/alarms";
import { HARM_ROWS } from "../contract/harms";
import { FIGURE_ALARMS, FIGURE_TICK, FIGURE_TIP_NL, FIGURE_VOLUME_NL } from "../machine/core";
import { TAKEN_OUT_CODE } from "../machine/events";
import type { Listener, Machine } from "../machine/machine";
import { mostIn_nl } from "../telemetry/program-totals";
import type { Program } from "../telemetry/program";
import { Due, type SavedDue } from "./due";
import type { InvariantWatch } from "./invariants";
import { OWN_WINDOWS_MIN, STANDING_TICKS } from "./monitors/windows";
import { plainCopy } from "./plain-copy";

/** 14.5 % over a limit, the accuracy that a published pump claims, and a pulse in flight. */
const OVER_PERMILLE = 1145;
/** Below three quarters of what is owed in a day, a pulse aside that the accumulators may lag behind. */
const UNDER_PERCENT = 75;
/** A periodic dose begins at a minute of the pump's own, which a restart may put off by one. */
const LATE_MINUTES = 2;
/** Pulses that were missed, at most seven in a row, are made up as soon as the rotor turns (MOT-1, MOT-2). */
const MADE_UP_NL = 8 * PULSE_NL;
/** Until then after a new program a pulse in flight may still complete. */
const FLIGHT_TICKS = 60;
/** A patient whose ventilation is below this part of control for so many minutes is harmed, and one whose withdrawal is severe. */
const SHALLOW = 0.5;
const SHALLOW_MIN = 15;
const WITHDRAWAL_SEVERE = 3;
/** Sums of biased pulses and of minutes have rounding errors below a picolitre. */
const ROUNDING_NL = 1e-3;

/**
 * How the watch sees a harm of the table, by its name: at the end of a tick in which something moved, at the beginning of a
 * minute, or when the patient has moved. Null when that moment says nothing about it.
 */
interface Sight {
  tick?(seen: HarmWatch): boolean | null;
  minute?(seen: HarmWatch): boolean | null;
  /** At the end of a minute of the patient. */
  lived?(seen: HarmWatch): boolean | null;
}

const SIGHTS: Readonly<Record<string, Sight>> = {
  overdose: { tick: (seen) => seen.isOverdose() },
  underdose: { minute: (seen) => seen.isUnderdose() },
  dry: { tick: (seen) => seen.isDry() },
  respiratory_depression: { lived: (seen) => seen.isDepressed() },
  withdrawal: { lived: (seen) => seen.isInWithdrawal() },
};

/** The rows of the table, each with its sight and the codes of its alarms. */
const HARMS = HARM_ROWS.map((row) => ({
  ...row,
  sight: SIGHTS[row.name],
  codes: row.alarms.map((name) => ALARM_ROWS.find((alarm) => alarm.name === name)!.id),
}));

/** By the moment of sight: the indexes in HARMS of those that are seen then. */
const SEEN = { tick: seenAt("tick"), minute: seenAt("minute"), lived: seenAt("lived") };

function seenAt(moment: keyof Sight): readonly number[] {
  return HARMS.flatMap(({ sight }, i) => (sight[moment] ? [i] : []));
}

/** A harm that happened. Times are ticks. */
export interface HarmRecord {
  /** Index in HARM_ROWS. */
  harm: number;
  first: number;
  /** The first moment at which it was over; null while it lasts. */
  ended: number | null;
  /** When the alarm that named it in its time was raised, and which; null while none has. */
  reported: number | null;
  by: number | null;
}

/** The state of the watch, as plain values. */
export interface SavedHarms {
  due: SavedDue;
  records: HarmRecord[];
  /** By alarm: the tick at which it was raised, -1 while it is not active; and the bits that the pump published last. */
  raised: number[];
  /** By alarm: when it was last raised and then over; -1 if that never was. */
  lastRaised: number[];
  lastEnded: number[];
  alarms: number;
  /** The volume that the tip had given, and that in the bellows, at the end of the last tick that was looked at, nL. */
  tip_nl: number;
  volume_nl: number;
  head_nl: number;
  inService: boolean;
  digest: number | null;
  /** The tick of the last accepted program. */
  since: number;
  /** The next minute to look at, and the first with samples. */
  minute: number;
  firstMinute: number;
  /** By minute modulo a day and one: what the tip had given, and what was owed. */
  tips_nl: Float64Array;
  dues_nl: Float64Array;
  /** Boluses, primes and bridges that a clinician ordered: until when they last, and how much they are. */
  orders: { until: number; nl: number }[];
  /** Minutes in a row with a ventilation below half. */
  shallow_min: number;
}

/** The samples of a day and the one at its beginning. */
const SAMPLES = MINUTES_PER_DAY + 1;

/** Watches the harms on one machine. The caller passes on what a Listener hears, after the invariants' watch has heard it. */
export class HarmWatch {
  private readonly machine: Machine;
  private readonly figures: Float64Array;
  private readonly watch: InvariantWatch;
  private readonly due: Due;
  /** All that is saved, but for the samples. */
  private readonly state: Omit<SavedHarms, "tips_nl" | "dues_nl">;
  private readonly tips_nl = new Float64Array(SAMPLES);
  private readonly dues_nl = new Float64Array(SAMPLES);
  /** The windows of the program `of`. */
  private windows: readonly { window_min: number; most_nl: number }[] = [];
  private of: Program | null = null;
  /** So much may leave the head from now on without an overdose, because time only empties the windows; 0: nobody knows. */
  private spare_nl = 0;
  /** By harm: 1 while it lasts. */
  private readonly lasting = new Uint8Array(HARMS.length);
  /** The tick under way in `isOverdose`, `isUnderdose` and `isDry`. */
  private tick = 0;

  constructor(machine: Machine, watch: InvariantWatch, setup: { startSecond: number; isTrial: boolean }) {
    this.machine = machine;
    this.figures = machine.figures;
    this.watch = watch;
    this.due = new Due(setup.startSecond, setup.isTrial);
    this.state = {
      due: this.due.save(),
      records: [],
      raised: new Array<number>(ALARMS).fill(-1),
      lastRaised: new Array<number>(ALARMS).fill(-1),
      lastEnded: new Array<number>(ALARMS).fill(-1),
      alarms: 0,
      tip_nl: machine.world.catheter.tip_nl,
      volume_nl: machine.world.reservoir.volume_nl,
      head_nl: 0,
      inService: false,
      digest: null,
      since: 0,
      minute: 0,
      firstMinute: 0,
      orders: [],
      shallow_min: 0,
    };
  }

  event(code: number, a: number, b: number, c: number): void {
    const { tick } = this.machine;
    this.lookUpTo(tick);
    if (code === EVENT_ALARM_RAISED) this.raise(a, tick);
    else if (code === EVENT_ALARM_CLEARED) this.endAlarm(a, tick);
    const isOrdered = this.watch.isOrdered(code, a);
    this.due.follow({ code, a, b, c }, tick, isOrdered, this.watch.program);
    if (code === EVENT_BRIDGE_FINISHED || code === EVENT_PROGRAM_ACCEPTED) this.endBridge(tick);
    if (isOrdered) this.order(code, a, b, c);
    else if (code === TAKEN_OUT_CODE) this.retire();
  }

  reset(): void {
    this.lookUpTo(this.machine.tick);
    this.due.advance(this.machine.tick);
    this.due.endPrime();
  }

  /** Another pump took the place of the one that was watched; the harms that it did are over. */
  replaced(): void {
    const { tick } = this.machine;
    this.lookUpTo(tick);
    this.due.replaced(tick);
    this.retire();
    this.state.digest = null;
    this.state.orders = [];
    this.state.raised.fill(-1);
    this.state.lastEnded.fill(-1);
    this.state.alarms = 0;
    this.state.head_nl = this.watch.head.total_nl;
  }

  /** The tick of the row at `at` of the figures is over. */
  ticked(at: number): void {
    const { state, figures } = this;
    const tick = figures[at + FIGURE_TICK];
    if (tick >= state.minute * TICKS_PER_MINUTE) this.lookUpTo(tick);
    if (this.watch.digest !== state.digest) this.acceptUntraced(tick);
    if (figures[at + FIGURE_ALARMS] !== state.alarms) this.followAlarms(figures[at + FIGURE_ALARMS], tick);
    state.tip_nl = figures[at + FIGURE_TIP_NL];
    const volume_nl = figures[at + FIGURE_VOLUME_NL];
    if (volume_nl !== state.volume_nl) this.look(tick, volume_nl);
  }

  /** A pump that traces nothing: only the programmer saw that it accepted a program. */
  private acceptUntraced(tick: number): void {
    this.due.advance(tick);
    this.due.accept(this.watch.program);
    this.acceptProgram(tick);
  }

  /** The bellows holds another volume than before. */
  private look(tick: number, volume_nl: number): void {
    const { state } = this;
    state.volume_nl = volume_nl;
    const { total_nl } = this.watch.head;
    if (total_nl > state.head_nl) this.spare_nl -= total_nl - state.head_nl;
    if (this.spare_nl <= 0 || volume_nl <= 0 || this.lastsInTicks()) {
      this.tick = tick;
      for (const i of SEEN.tick) this.note(i, HARMS[i].sight.tick!(this));
    }
    state.head_nl = total_nl;
  }

  /** A harm lasts that may be over at the end of a tick. */
  private lastsInTicks(): boolean {
    for (let i = 0; i < SEEN.tick.length; i++) if (this.lasting[SEEN.tick[i]] === 1) return true;
    return false;
  }

  /** The patient's minute that ends at the beginning of `tick` is over; in a leap the machine is not there yet. */
  lived(tick: number): void {
    this.tick = tick;
    for (const i of SEEN.lived) this.note(i, HARMS[i].sight.lived!(this));
  }

  /** The harms up to the present moment, in the order in which they began. */
  records(): readonly HarmRecord[] {
    this.lookUpTo(this.machine.tick);
    return [...this.state.records].sort((a, b) => a.first - b.first);
  }

  save(): SavedHarms {
    this.lookUpTo(this.machine.tick);
    const samples = { tips_nl: this.tips_nl.slice(), dues_nl: this.dues_nl.slice() };
    return { ...plainCopy({ ...this.state, due: this.due.save() }), ...samples };
  }

  /** The first part of saved harms that cannot be so at `tick`, in words; null when all fit. */
  misfit({ due, records, minute, firstMinute, tips_nl, dues_nl }: SavedHarms, tick: number): string | null {
    const isPast = (at: number | null) => at === null || at <= tick;
    const happened = records.every(({ first, ended, reported }) => [first, ended, reported].every(isPast));
    if (!happened || due.tick > tick) return "its harms lie after its tick";
    const next = Math.floor(tick / TICKS_PER_MINUTE) + 1;
    if (minute < 0 || minute > next || firstMinute > minute) return "the minutes of its harms are others";
    const isDay = tips_nl.length === SAMPLES && dues_nl.length === SAMPLES;
    return isDay ? null : "the samples of its harms are not a day's";
  }

  restore(saved: SavedHarms): void {
    const { tips_nl, dues_nl, ...state } = saved;
    // Assigned, because an object of so many fields that is made one by one is read slowly from then on.
    Object.assign(this.state, plainCopy(state));
    this.tips_nl.set(tips_nl);
    this.dues_nl.set(dues_nl);
    this.due.restore(saved.due);
    this.due.resume(this.watch.program);
    this.of = null;
    this.spare_nl = 0;
    this.lasting.forEach((_, i) => (this.lasting[i] = this.lastOf(i)?.ended === null ? 1 : 0));
  }

  /** Volume was given in this tick while a window held too much. */
  isOverdose(): boolean | null {
    const { head, program } = this.watch;
    const { state, tick } = this;
    if (head.total_nl <= state.head_nl || program === null || !state.inService) return null;
    if (tick - state.since < FLIGHT_TICKS) return null;
    let isOver = false;
    this.spare_nl = Infinity;
    for (const { window_min, most_nl } of this.windowsOf(program)) {
      const from = tick - window_min * TICKS_PER_MINUTE;
      const held_nl = head.volumeSince_nl(from);
      this.spare_nl = Math.min(this.spare_nl, toleratedOf_nl(most_nl) - held_nl);
      if (held_nl <= toleratedOf_nl(most_nl)) continue;
      const more_nl = program.limits.length > 0 ? most_nl : this.owedOrOrdered_nl(from, most_nl);
      if (held_nl > toleratedOf_nl(more_nl) + ROUNDING_NL) isOver = true;
    }
    return isOver;
  }

  isUnderdose(): boolean | null {
    const { tips_nl, dues_nl } = this;
    const { minute, firstMinute } = this.state;
    const before = minute - MINUTES_PER_DAY;
    if (before < firstMinute) return null;
    const [now, then] = [minute % SAMPLES, before % SAMPLES];
    const owed_nl = dues_nl[(minute - LATE_MINUTES) % SAMPLES] - dues_nl[then] - this.due.open_nl;
    const given_nl = tips_nl[now] - tips_nl[then];
    return (given_nl + PULSE_NL + ROUNDING_NL) * 100 < owed_nl * UNDER_PERCENT;
  }

  /** Called once a minute of the patient. */
  isDepressed(): boolean {
    const { effects } = this.machine.patient!;
    this.state.shallow_min = effects.ventilation < SHALLOW ? this.state.shallow_min + 1 : 0;
    return this.state.shallow_min >= SHALLOW_MIN;
  }

  isInWithdrawal(): boolean {
    return this.machine.patient!.effects.withdrawal() >= WITHDRAWAL_SEVERE;
  }

  isDry(): boolean | null {
    return this.state.inService && this.state.volume_nl <= 0;
  }

  /** The windows of a program and the most that each may hold: what people limited it to, or what it gives in its own. */
  private windowsOf(program: Program): readonly { window_min: number; most_nl: number }[] {
    if (this.of === program) return this.windows;
    this.of = program;
    const { limits } = program;
    this.windows =
      limits.length > 0
        ? limits.map(({ pulses, window_min }) => ({ window_min, most_nl: pulses * PULSE_NL }))
        : OWN_WINDOWS_MIN.map((window_min) => {
            const { basal_nl, boluses_nl } = mostIn_nl(program, window_min);
            return { window_min, most_nl: basal_nl + boluses_nl + MADE_UP_NL };
          });
    return this.windows;
  }

  /**
   * Nobody set a limit, so the program limits itself (LIM-5) to what it gives with all permitted boluses, and pulses that are
   * made up after misses. More may be what was owed, and what a clinician ordered by hand while it stands.
   */
  private owedOrOrdered_nl(from: number, most_nl: number): number {
    this.due.advance(this.tick);
    return Math.max(most_nl + this.orderedSince_nl(from), this.owedSince_nl(from) + MADE_UP_NL);
  }

  private orderedSince_nl(from: number): number {
    return this.state.orders.reduce((sum, { until, nl }) => (until > from ? sum + nl : sum), 0);
  }

  /** The volume that was owed since the last minute's edge before `from`. */
  private owedSince_nl(from: number): number {
    const { firstMinute, minute } = this.state;
    const at = Math.floor(from / TICKS_PER_MINUTE);
    return this.due.total_nl - (at < firstMinute || at >= minute ? 0 : this.dues_nl[at % SAMPLES]);
  }

  /** Looks at every minute's edge up to the beginning of `tick`, with what held then. */
  private lookUpTo(tick: number): void {
    const { state } = this;
    const until = Math.floor(tick / TICKS_PER_MINUTE);
    if (!state.inService) {
      state.minute = Math.max(state.minute, until + 1);
      state.firstMinute = state.minute;
      return;
    }
    const { due, tips_nl, dues_nl } = this;
    const { tip_nl } = state;
    for (; state.minute <= until; state.minute++) {
      const { minute } = state;
      const at = minute % SAMPLES;
      this.tick = minute * TICKS_PER_MINUTE;
      due.advance(this.tick);
      tips_nl[at] = tip_nl;
      dues_nl[at] = due.total_nl;
      for (const i of SEEN.minute) this.note(i, HARMS[i].sight.minute!(this));
    }
  }

  private note(harm: number, holds: boolean | null): void {
    if (holds === null || (!holds && this.lasting[harm] === 0)) return;
    this.lasting[harm] = holds ? 1 : 0;
    const last = this.lastOf(harm);
    const { again_ticks } = HARMS[harm];
    if (!holds) {
      if (last && last.ended === null) this.end(last);
    } else if (last && (last.ended === null || this.tick - last.ended < again_ticks)) {
      last.ended = null;
    } else {
      this.state.records.push(this.recordOf(harm));
    }
  }

  /** A bellows that is filled again, or taken out, before its alarm is due was dry for nobody. */
  private end(record: HarmRecord): void {
    const { mayPass, within_ticks } = HARMS[record.harm];
    record.ended = this.tick;
    const isPassed = mayPass && record.by === null && this.tick - record.first < within_ticks;
    if (isPassed) this.state.records = this.state.records.filter((each) => each !== record);
  }

  private lastOf(harm: number): HarmRecord | undefined {
    const { records } = this.state;
    let i = records.length - 1;
    while (i >= 0 && records[i].harm !== harm) i--;
    return records[i];
  }

  private recordOf(harm: number): HarmRecord {
    const { raised, lastRaised, lastEnded } = this.state;
    const { codes, measured_ticks } = HARMS[harm];
    const since = this.tick - measured_ticks;
    const wasActive = (alarm: number): boolean =>
      measured_ticks > 0 && lastEnded[alarm] >= 0 && lastEnded[alarm] >= since;
    const raisedAt = (alarm: number): number => (raised[alarm] >= 0 ? raised[alarm] : lastRaised[alarm]);
    const naming = codes.filter((alarm) => raised[alarm] >= 0 || wasActive(alarm));
    const [by = null] = naming.sort((a, b) => raisedAt(a) - raisedAt(b));
    return { harm, first: this.tick, ended: null, reported: by === null ? null : raisedAt(by), by };
  }

  /** An alarm that outlives a reset is active again without an event, and one may go with a reset. */
  private followAlarms(alarms: number, tick: number): void {
    const { state } = this;
    state.alarms = alarms;
    for (let alarm = 0; alarm < ALARMS; alarm++) {
      const isActive = (state.alarms & (1 << alarm)) !== 0;
      if (!isActive) this.endAlarm(alarm, tick);
      else if (state.raised[alarm] < 0) this.raise(alarm, tick);
    }
  }

  private endAlarm(alarm: number, tick: number): void {
    const { raised, lastRaised, lastEnded } = this.state;
    if (raised[alarm] < 0) return;
    lastRaised[alarm] = raised[alarm];
    lastEnded[alarm] = tick;
    raised[alarm] = -1;
  }

  private raise(alarm: number, tick: number): void {
    this.state.raised[alarm] = tick;
    for (const record of this.state.records) {
      const { codes, within_ticks } = HARMS[record.harm];
      if (record.by !== null || !codes.includes(alarm) || tick - record.first > within_ticks) continue;
      record.by = alarm;
      record.reported = tick;
    }
  }

  /** Somebody gave an order, and the pump accepted it. */
  private order(code: number, a: number, b: number, c: number): void {
    if (code === EVENT_PROGRAM_ACCEPTED) this.acceptProgram(this.machine.tick);
    else if (code === EVENT_LIFE_CHANGED) this.retire();
    else if (code === EVENT_BRIDGE_STARTED) this.allow(a * PULSE_NL, STANDING_TICKS);
    else if (code === EVENT_BOLUS_STARTED && a !== CAUSE_PATIENT_BOLUS) this.allow(b * PULSE_NL, c);
  }

  /** A clinician ordered that volume over those ticks. */
  private allow(nl: number, ticks: number): void {
    const { tick } = this.machine;
    this.state.orders = this.state.orders.filter(({ until }) => until > tick - TICKS_PER_DAY);
    this.state.orders.push({ until: tick + ticks + TICKS_PER_HOUR, nl });
  }

  /** The bridge that stood is over. */
  private endBridge(tick: number): void {
    for (const each of this.state.orders) if (each.until > STANDING_TICKS) each.until = tick + TICKS_PER_HOUR;
  }

  private acceptProgram(tick: number): void {
    const { state, watch } = this;
    const { program, digest } = watch;
    state.digest = digest;
    state.since = tick;
    this.spare_nl = 0;
    // Nothing can be computed from a program that nobody in this run has sent, because its record is not known.
    const isKnown = program !== null;
    if (isKnown && !state.inService) {
      state.minute = Math.floor(tick / TICKS_PER_MINUTE) + 1;
      state.firstMinute = state.minute;
    }
    state.inService = isKnown;
    // The bellows may be empty already: the end of this tick looks at it as if it had changed.
    state.volume_nl = -1;
  }

  /** The pump was explanted, or taken out without an answer. */
  private retire(): void {
    this.state.inService = false;
    for (const record of this.state.records) {
      if (HARMS[record.harm].sight.lived !== undefined) continue;
      this.tick = this.machine.tick;
      if (record.ended === null) this.end(record);
      this.lasting[record.harm] = 0;
    }
  }
}

/** A listener that passes everything on to both watches. The invariants come first, because the harms read what they know. */
export function listenerOf(watch: InvariantWatch, harms: HarmWatch): Listener {
  return {
    event: (code, a, b, c) => {
      watch.event(code, a, b, c);
      harms.event(code, a, b, c);
    },
    reset: () => {
      watch.reset();
      harms.reset();
    },
    ticked: (at = 0) => {
      watch.ticked(at);
      harms.ticked(at);
    },
    gathers: true,
    replaced: () => {
      watch.replaced();
      harms.replaced();
    },
  };
}

/** A window with that limit may hold so much. */
function toleratedOf_nl(limit_nl: number): number {
  return (limit_nl * OVER_PERMILLE) / 1000 + PULSE_NL;
}
