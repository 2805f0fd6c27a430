// The alarm engine over the table of hal/alarms.ts. Each tick the owner of a cause says whether it holds; the engine
// raises, keeps, sounds and clears. Acknowledging silences a critical alarm for two hours at most while its cause lasts
// (ALM-4), and clears a latched one whose cause has gone. Sounding never waits for telemetry or therapy (ALM-3).

import { ALARM_IS_CRITICAL, ALARM_LATCHES, ALARM_SLOWS, ALARM_STOPS, ALARMS, alarmRow } from "../hal/alarms";
import { Hal } from "../hal/hal";
import { TONE_DUAL, TONE_OFF, TONE_SINGLE } from "../hal/sounder";
import { EVENT_ALARM_ACKNOWLEDGED, EVENT_ALARM_CLEARED, EVENT_ALARM_RAISED } from "../hal/trace";

const CRITICAL_TONE_TICKS: i32 = 300;
const CRITICAL_EVERY_MINUTES: i32 = 10;
const NON_CRITICAL_TONE_TICKS: i32 = 100;
const NON_CRITICAL_EVERY_MINUTES: i32 = 60;
const SILENCE_MINUTES: i32 = 120;

export class Alarms {
  hal: Hal;
  /** Bit n for alarm n: active, its cause present now, acknowledged and silent. */
  active: i32 = 0;
  present: i32 = 0;
  silent: i32 = 0;
  /** Minute until which an acknowledged alarm is silent, for each alarm. */
  silentUntil: Int32Array = new Int32Array(ALARMS);
  critical: bool = false;
  slows: bool = false;
  stops: bool = false;
  tone: i32 = TONE_OFF;
  toneEnd: i32 = 0;
  /** Minute at which the next tone is due. */
  nextTone: i32 = 0;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  /** States for every alarm whether its cause holds now: bit n for alarm n. */
  causes(holding: i32): void {
    if (holding == this.present) return;
    const changed: i32 = holding ^ this.present;
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      if ((changed & (1 << alarm)) != 0) this.cause(alarm, (holding & (1 << alarm)) != 0);
    }
  }

  /** States it for one. */
  cause(alarm: i32, holds: bool): void {
    const bit: i32 = 1 << alarm;
    if (holds == ((this.present & bit) != 0)) return;
    this.present = holds ? this.present | bit : this.present & ~bit;
    if (holds && (this.active & bit) == 0) this.raise(alarm);
    else if (!holds && (this.active & bit) != 0 && (alarmRow(alarm) & ALARM_LATCHES) == 0) this.clear(alarm);
  }

  /** False when the alarm is not active. */
  acknowledge(alarm: i32, minute: i32): bool {
    const bit: i32 = 1 << alarm;
    if (alarm < 0 || alarm >= ALARMS || (this.active & bit) == 0) return false;
    this.hal.trace.event(EVENT_ALARM_ACKNOWLEDGED, alarm, 0, 0);
    if ((this.present & bit) == 0) {
      this.clear(alarm);
      return true;
    }
    this.silent = this.silent | bit;
    this.silentUntil[alarm] = (minute + SILENCE_MINUTES) | 0;
    return true;
  }

  /** Sounds what is due. Tones start at minute edges, or at once when an alarm is raised. */
  tick(now: i32, minute: i32, minuteEdge: bool): void {
    if (this.tone != TONE_OFF && ((now - this.toneEnd) | 0) >= 0) this.setTone(TONE_OFF);
    if (minuteEdge && this.silent != 0) this.endSilence(minute);
    const loud: i32 = this.active & ~this.silent;
    if (loud == 0 || this.tone != TONE_OFF || ((minute - this.nextTone) | 0) < 0) return;
    const critical: bool = this.isCritical(loud);
    this.setTone(critical ? TONE_DUAL : TONE_SINGLE);
    this.toneEnd = (now + (critical ? CRITICAL_TONE_TICKS : NON_CRITICAL_TONE_TICKS)) | 0;
    this.nextTone = (minute + (critical ? CRITICAL_EVERY_MINUTES : NON_CRITICAL_EVERY_MINUTES)) | 0;
  }

  /** Ticks until a tone ends; `none` when none sounds. */
  idle(now: i32, none: i32): i32 {
    return this.tone == TONE_OFF ? none : (this.toneEnd - now - 1) | 0;
  }

  private raise(alarm: i32): void {
    this.active = this.active | (1 << alarm);
    this.silent = this.silent & ~(1 << alarm);
    this.nextTone = 0;
    this.weigh();
    this.hal.trace.event(EVENT_ALARM_RAISED, alarm, 0, 0);
  }

  private clear(alarm: i32): void {
    this.active = this.active & ~(1 << alarm);
    this.silent = this.silent & ~(1 << alarm);
    this.weigh();
    this.hal.trace.event(EVENT_ALARM_CLEARED, alarm, 0, 0);
  }

  private weigh(): void {
    let rows: i32 = 0;
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      if ((this.active & (1 << alarm)) != 0) rows = rows | alarmRow(alarm);
    }
    this.critical = (rows & ALARM_IS_CRITICAL) != 0;
    this.slows = (rows & ALARM_SLOWS) != 0;
    this.stops = (rows & ALARM_STOPS) != 0;
  }

  private isCritical(loud: i32): bool {
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      if ((loud & (1 << alarm)) != 0 && (alarmRow(alarm) & ALARM_IS_CRITICAL) != 0) return true;
    }
    return false;
  }

  private endSilence(minute: i32): void {
    for (let alarm: i32 = 0; alarm < ALARMS; alarm = (alarm + 1) | 0) {
      const bit: i32 = 1 << alarm;
      if ((this.silent & bit) != 0 && ((minute - this.silentUntil[alarm]) | 0) >= 0) {
        this.silent = this.silent & ~bit;
        this.nextTone = minute;
      }
    }
  }

  private setTone(tone: i32): void {
    this.tone = tone;
    this.hal.sounder.setTone(tone);
  }
}
