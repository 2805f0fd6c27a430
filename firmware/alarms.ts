// The alarm engine over the table of hal/alarms.ts. causes.ts says which causes hold; the engine raises, keeps, sounds and
// clears the alarms. An acknowledgement silences an alarm whose cause lasts, for two hours or a day at most (ALM-4), and clears
// a latched one whose cause has gone. Sounding never waits for telemetry or therapy (ALM-3).
//
// Invariants:
// - Each alarm has a bit of an i32, below the sign bit.
// - An alarm that slows or stops delivery is critical, and none does both. None that rests for a day is critical.
// - A tone ends before the next one of its kind is due.

import {
  ALARMS,
  ALARM_IS_CRITICAL,
  ALARM_LATCHES,
  ALARM_RESTS_A_DAY,
  ALARM_SLOWS,
  ALARM_STOPS,
  alarmRow,
} from "../hal/alarms";
import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { TONE_DUAL, TONE_OFF, TONE_SINGLE } from "../hal/sounder";
import { EVENT_ALARM_ACKNOWLEDGED, EVENT_ALARM_CLEARED, EVENT_ALARM_RAISED } from "../hal/trace";
import { MINUTES_PER_DAY, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../hal/units";
import { CHANGED_ALARMS, CHANGED_MINUTE, Changes } from "./changes";
import { Log } from "./log";
import { MemoryLatch, Twin, TwinArray } from "./twin";

const CRITICAL_TONE_TICKS: i32 = 3 * TICKS_PER_SECOND;
const CRITICAL_EVERY_MINUTES: i32 = 10;
const NON_CRITICAL_TONE_TICKS: i32 = TICKS_PER_SECOND;
const NON_CRITICAL_EVERY_MINUTES: i32 = 60;
/** Two hours at most. One minute is subtracted, because the first minute after a restart may last up to two. */
const SILENCE_MINUTES: i32 = 119;
/** The silence of an alarm that rests for a day, which is never a critical one (ALM-4, ALM-6). */
const REST_MINUTES: i32 = MINUTES_PER_DAY - 1;

assert(ALARMS < 31, "each alarm has a bit below the sign");
assert(CRITICAL_TONE_TICKS < CRITICAL_EVERY_MINUTES * TICKS_PER_MINUTE, "a critical tone ends before the next");
assert(NON_CRITICAL_TONE_TICKS < NON_CRITICAL_EVERY_MINUTES * TICKS_PER_MINUTE, "a quiet tone ends before the next");

export class Alarms {
  hal: Hal;
  log: Log;
  changes: Changes;
  /** Three words with bit n for alarm n: it is active; its cause holds now; it is acknowledged and silent. */
  active: Twin;
  present: Twin;
  silent: Twin;
  /** Minute until which an acknowledged alarm is silent, for each alarm. */
  silentUntil: TwinArray;
  /** The ALARM_ bits of the rows of all active alarms together. */
  rows: Twin;
  tone: Twin;
  toneEnd: Twin;
  /** Minute at which the next tone is due. */
  nextTone: Twin;

  constructor(hal: Hal, log: Log, memory: MemoryLatch, changes: Changes) {
    this.hal = hal;
    this.changes = changes;
    this.log = log;
    this.active = new Twin(memory, 0);
    this.present = new Twin(memory, 0);
    this.silent = new Twin(memory, 0);
    this.silentUntil = new TwinArray(memory, ALARMS);
    this.rows = new Twin(memory, 0);
    this.tone = new Twin(memory, TONE_OFF);
    this.toneEnd = new Twin(memory, 0);
    this.nextTone = new Twin(memory, 0);
    assertRows();
  }

  /** After a restart, every alarm that was active sounds again, acknowledged or not, until its cause is found to be gone. */
  restore(active: i32): void {
    this.active.set(active);
    this.present.set(active);
    this.combineRows();
    if (active != 0) this.changes.mark(CHANGED_ALARMS);
  }

  /** Clears and silences everything, when the pump has left its patient (LIF-1). */
  clearAll(): void {
    this.present.set(0);
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      if (this.isActive(alarm)) this.clear(alarm);
    }
    this.setTone(TONE_OFF);
  }

  critical(): bool {
    return (this.rows.get() & ALARM_IS_CRITICAL) != 0;
  }

  slows(): bool {
    return (this.rows.get() & ALARM_SLOWS) != 0;
  }

  stops(): bool {
    return (this.rows.get() & ALARM_STOPS) != 0;
  }

  /** States for every alarm whether its cause holds now: bit n for alarm n. */
  setCauses(holding: i32): void {
    const present: i32 = this.present.get();
    if (holding == present) return;
    const changed: i32 = holding ^ present;
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      if ((changed & (1 << alarm)) != 0) this.setCause(alarm, (holding & (1 << alarm)) != 0);
    }
  }

  /** States for one alarm whether its cause holds now. */
  setCause(alarm: i32, holds: bool): void {
    assert(alarm >= 0 && alarm < ALARMS, "a cause is one of the table's");
    const bit: i32 = 1 << alarm;
    const present: i32 = this.present.get();
    if (holds == ((present & bit) != 0)) return;
    this.present.set(holds ? present | bit : present & ~bit);
    const active: bool = this.isActive(alarm);
    if (holds && !active) this.raise(alarm);
    else if (!holds && active && (alarmRow(alarm) & ALARM_LATCHES) == 0) this.clear(alarm);
  }

  /** False when the alarm is not active. */
  acknowledge(alarm: i32, minute: i32): bool {
    const bit: i32 = 1 << alarm;
    if (alarm < 0 || alarm >= ALARMS || !this.isActive(alarm)) return false;
    this.log.event(EVENT_ALARM_ACKNOWLEDGED, alarm, 0, 0);
    this.changes.mark(CHANGED_ALARMS);
    if ((this.present.get() & bit) == 0) {
      this.clear(alarm);
      return true;
    }
    // A further acknowledgement does not lengthen the silence, or an alarm could be kept silent for good.
    const silent: i32 = this.silent.get();
    if ((silent & bit) != 0) return true;
    this.silent.set(silent | bit);
    this.silentUntil.set(
      alarm,
      (minute + ((alarmRow(alarm) & ALARM_RESTS_A_DAY) != 0 ? REST_MINUTES : SILENCE_MINUTES)) | 0,
    );
    return true;
  }

  isActive(alarm: i32): bool {
    return (this.active.get() & (1 << alarm)) != 0;
  }

  /**
   * Starts and ends tones. A tone may start at the end of a minute, when an alarm is raised or restored, and when
   * another ends.
   */
  tick(now: i32, minute: i32): void {
    const ends: bool = this.tone.get() != TONE_OFF && ((now - this.toneEnd.get()) | 0) >= 0;
    if (ends) this.setTone(TONE_OFF);
    if (!ends && !this.changes.has(CHANGED_ALARMS | CHANGED_MINUTE)) return;
    if (this.silent.get() != 0) this.endSilence(minute);
    const loud: i32 = this.active.get() & ~this.silent.get();
    if (loud == 0 || this.tone.get() != TONE_OFF || ((minute - this.nextTone.get()) | 0) < 0) return;
    const critical: bool = this.isCritical(loud);
    this.setTone(critical ? TONE_DUAL : TONE_SINGLE);
    this.toneEnd.set((now + (critical ? CRITICAL_TONE_TICKS : NON_CRITICAL_TONE_TICKS)) | 0);
    this.nextTone.set((minute + (critical ? CRITICAL_EVERY_MINUTES : NON_CRITICAL_EVERY_MINUTES)) | 0);
  }

  /** Ticks until a tone ends; `none` when none sounds. */
  idle(now: i32, none: i32): i32 {
    return this.tone.get() == TONE_OFF ? none : (this.toneEnd.get() - now - 1) | 0;
  }

  private raise(alarm: i32): void {
    this.active.set(this.active.get() | (1 << alarm));
    this.silent.set(this.silent.get() & ~(1 << alarm));
    this.nextTone.set(0);
    this.combineRows();
    this.changes.mark(CHANGED_ALARMS);
    this.log.event(EVENT_ALARM_RAISED, alarm, 0, 0);
  }

  private clear(alarm: i32): void {
    this.active.set(this.active.get() & ~(1 << alarm));
    this.silent.set(this.silent.get() & ~(1 << alarm));
    this.combineRows();
    this.changes.mark(CHANGED_ALARMS);
    this.log.event(EVENT_ALARM_CLEARED, alarm, 0, 0);
  }

  private combineRows(): void {
    const active: i32 = this.active.get();
    let rows: i32 = 0;
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      if ((active & (1 << alarm)) != 0) rows = rows | alarmRow(alarm);
    }
    this.rows.set(rows);
  }

  private isCritical(loud: i32): bool {
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      if ((loud & (1 << alarm)) != 0 && (alarmRow(alarm) & ALARM_IS_CRITICAL) != 0) return true;
    }
    return false;
  }

  private endSilence(minute: i32): void {
    const silent: i32 = this.silent.get();
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      const bit: i32 = 1 << alarm;
      if ((silent & bit) != 0 && ((minute - this.silentUntil.get(alarm)) | 0) >= 0) {
        this.silent.set(this.silent.get() & ~bit);
        this.nextTone.set(minute);
      }
    }
  }

  private setTone(tone: i32): void {
    this.tone.set(tone);
    this.hal.sounder.setTone(tone);
  }
}

function assertRows(): void {
  for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
    const row: i32 = alarmRow(alarm);
    const reduces: i32 = row & (ALARM_SLOWS | ALARM_STOPS);
    assert(reduces == 0 || (row & ALARM_IS_CRITICAL) != 0, "an alarm that slows or stops delivery is critical");
    assert(reduces != (ALARM_SLOWS | ALARM_STOPS), "an alarm slows delivery or stops it");
    assert(
      (row & ALARM_RESTS_A_DAY) == 0 || (row & ALARM_IS_CRITICAL) == 0,
      "a critical alarm is not silent for a day",
    );
  }
}
