// The alarm engine by itself: which sound is due when several alarms are up, and what an acknowledgement can and cannot do.

import { describe, expect, test } from "vitest";
import { Alarms } from "../../firmware/alarms";
import {
  ALARM_CLOCK_FAULT,
  ALARM_DOSE_LIMIT,
  ALARM_EMPTY_RESERVOIR,
  ALARM_IS_CRITICAL,
  ALARM_LATCHES,
  ALARM_LOW_RESERVOIR,
  ALARM_MOTOR_REVERSE,
  ALARM_MOTOR_STALL,
  ALARM_SENSOR_FAULT,
  ALARM_SLOWS,
  ALARM_STOPS,
  ALARMS,
  alarmRow,
} from "../../hal/alarms";
import { CHANGED_MINUTE, Changes } from "../../firmware/changes";
import { Log } from "../../firmware/log";
import { MemoryLatch } from "../../firmware/twin";
import type { Hal } from "../../hal/hal";
import { TONE_DUAL, TONE_OFF, TONE_SINGLE } from "../../hal/sounder";
import { EVENT_ALARM_CLEARED, EVENT_ALARM_RAISED } from "../../hal/trace";
import { MINUTE } from "../pump";

class Bench {
  tone: number = TONE_OFF;
  now = 0;
  readonly said: [number, number][] = [];
  /** Tone, minute and ticks into it at which it began, length in ticks. */
  readonly tones: [number, number, number, number][] = [];
  private readonly hal = {
    sounder: { setTone: (tone: number) => this.hear(tone) },
    trace: { event: (code: number, alarm: number) => this.said.push([code, alarm]) },
  } as unknown as Hal;
  private readonly memory = new MemoryLatch();
  private readonly changes = new Changes();
  private readonly log = new Log(this.hal, this.memory);
  readonly alarms = new Alarms(this.hal, this.log, this.memory, this.changes);
  private began = 0;

  constructor() {
    this.log.mute.setFlag(true);
  }

  get minute(): number {
    return Math.floor(this.now / MINUTE);
  }

  ticks(count: number): this {
    for (let i = 0; i < count; i++) {
      this.now++;
      if (this.now % MINUTE === 0) this.changes.mark(CHANGED_MINUTE);
      this.alarms.tick(this.now, this.minute);
      this.changes.clear();
    }
    return this;
  }

  minutes(count: number): this {
    return this.ticks(count * MINUTE);
  }

  private hear(tone: number): void {
    if (tone === TONE_OFF) {
      this.tones.push([this.tone, Math.floor(this.began / MINUTE), this.began % MINUTE, this.now - this.began]);
    }
    this.tone = tone;
    this.began = this.now;
  }
}

/** Minutes at which tones began. */
const minutesOf = (bench: Bench) => bench.tones.map(([, minute]) => minute);

describe("ALM-1: the sound of an alarm", () => {
  test("comes at once and every 10 min for 3 s when critical, and every 60 min for 1 s otherwise", () => {
    const critical = new Bench().ticks(1_234);
    critical.alarms.setCause(ALARM_MOTOR_STALL, true);
    critical.minutes(31);
    expect(critical.tones).toEqual([
      [TONE_DUAL, 0, 1_235, 300],
      [TONE_DUAL, 10, 0, 300],
      [TONE_DUAL, 20, 0, 300],
      [TONE_DUAL, 30, 0, 300],
    ]);
    const other = new Bench().ticks(1_234);
    other.alarms.setCause(ALARM_LOW_RESERVOIR, true);
    other.minutes(121);
    expect(other.tones).toEqual([
      [TONE_SINGLE, 0, 1_235, 100],
      [TONE_SINGLE, 60, 0, 100],
      [TONE_SINGLE, 120, 0, 100],
    ]);
  });

  test("does not wait for that of a non-critical alarm when critical, and keeps its pace while both are active", () => {
    const bench = new Bench();
    bench.alarms.setCause(ALARM_SENSOR_FAULT, true);
    bench.minutes(5);
    bench.alarms.setCause(ALARM_DOSE_LIMIT, true);
    bench.minutes(26);
    expect(bench.tones.slice(1).map(([tone]) => tone)).toEqual([TONE_DUAL, TONE_DUAL, TONE_DUAL]);
    expect(minutesOf(bench)).toEqual([0, 5, 15, 25]);
    bench.alarms.setCause(ALARM_DOSE_LIMIT, false);
    bench.minutes(70);
    expect(bench.tones.slice(4).map(([tone]) => tone)).toEqual([TONE_SINGLE, TONE_SINGLE]);
  });

  test("comes after the tone that sounds when the alarm is raised", () => {
    const bench = new Bench();
    bench.alarms.setCause(ALARM_LOW_RESERVOIR, true);
    bench.ticks(50);
    bench.alarms.setCause(ALARM_EMPTY_RESERVOIR, true);
    bench.ticks(500);
    expect(bench.tones.map(([tone, , , length]) => [tone, length])).toEqual([
      [TONE_SINGLE, 100],
      [TONE_DUAL, 300],
    ]);
  });

  test("ends with its last cause", () => {
    const bench = new Bench();
    bench.alarms.setCause(ALARM_MOTOR_STALL, true);
    bench.minutes(1);
    bench.alarms.setCause(ALARM_MOTOR_STALL, false);
    bench.minutes(120);
    expect(bench.tones).toHaveLength(1);
    expect(bench.alarms.active.get()).toBe(0);
  });
});

describe("ALM-4: an acknowledgement", () => {
  const criticals = Array.from({ length: ALARMS }, (_, alarm) => alarm).filter((a) => alarmRow(a) & ALARM_IS_CRITICAL);

  test.each(criticals)(
    "silences alarm %i, which stays active and sounds again within 2 h while its cause lasts",
    (alarm) => {
      const bench = new Bench();
      bench.alarms.setCause(alarm, true);
      bench.ticks(MINUTE * 3 + 17);
      expect(bench.alarms.acknowledge(alarm, bench.minute)).toBe(true);
      bench.minutes(121);
      expect(bench.alarms.active.get()).toBe(1 << alarm);
      expect(minutesOf(bench)).toEqual([0, 122]);
    },
  );

  test("silences an alarm for two hours each time it is repeated, and never for more", () => {
    const bench = new Bench();
    bench.alarms.setCause(ALARM_MOTOR_STALL, true);
    for (let i = 0; i < 4; i++) {
      bench.alarms.acknowledge(ALARM_MOTOR_STALL, bench.minute);
      const heard = bench.tones.length;
      bench.minutes(121);
      expect(bench.tones.length).toBeGreaterThan(heard);
    }
  });

  test("silences one alarm only", () => {
    const bench = new Bench();
    bench.alarms.setCause(ALARM_MOTOR_STALL, true);
    bench.alarms.setCause(ALARM_DOSE_LIMIT, true);
    bench.minutes(1);
    bench.alarms.acknowledge(ALARM_MOTOR_STALL, bench.minute);
    bench.minutes(30);
    expect(minutesOf(bench)).toEqual([0, 10, 20, 30]);
  });

  test("does not silence an alarm that comes back after it had gone", () => {
    const bench = new Bench();
    bench.alarms.setCause(ALARM_MOTOR_STALL, true);
    bench.alarms.acknowledge(ALARM_MOTOR_STALL, bench.minute);
    bench.minutes(5);
    bench.alarms.setCause(ALARM_MOTOR_STALL, false);
    bench.alarms.setCause(ALARM_MOTOR_STALL, true);
    bench.minutes(1);
    expect(minutesOf(bench)).toEqual([5]);
  });

  test.each([-1, ALARMS, 31, ALARM_CLOCK_FAULT])(
    "of %i, which is not active, is refused and makes no event",
    (alarm) => {
      const bench = new Bench();
      expect(bench.alarms.acknowledge(alarm, 0)).toBe(false);
      expect(bench.said).toEqual([]);
    },
  );
});

describe("ALM-2: the cause of an alarm", () => {
  test.each(Array.from({ length: ALARMS }, (_, alarm) => alarm))(
    "of alarm %i ends, and the alarm goes as its row says",
    (alarm) => {
      const bench = new Bench();
      const row = alarmRow(alarm);
      const raised = [EVENT_ALARM_RAISED, alarm];
      const cleared = [EVENT_ALARM_CLEARED, alarm];
      bench.alarms.setCauses(1 << alarm);
      bench.alarms.setCauses(1 << alarm);
      expect(bench.said).toEqual([raised]);
      const effects = [bench.alarms.critical(), bench.alarms.slows(), bench.alarms.stops()];
      expect(effects).toEqual([ALARM_IS_CRITICAL, ALARM_SLOWS, ALARM_STOPS].map((bit) => (row & bit) !== 0));
      bench.alarms.setCauses(0);
      const latches = (row & ALARM_LATCHES) !== 0;
      expect(bench.said.slice(1)).toEqual(latches ? [] : [cleared]);
      expect(bench.alarms.acknowledge(alarm, 0)).toBe(latches);
      expect(bench.said[bench.said.length - 1]).toEqual(cleared);
      expect([bench.alarms.critical(), bench.alarms.slows(), bench.alarms.stops()]).toEqual([false, false, false]);
    },
  );

  test("that lasted during the acknowledgement leaves a latched alarm to a later act", () => {
    const bench = new Bench();
    bench.alarms.setCause(ALARM_MOTOR_REVERSE, true);
    bench.alarms.acknowledge(ALARM_MOTOR_REVERSE, 0);
    bench.alarms.setCause(ALARM_MOTOR_REVERSE, false);
    expect(bench.alarms.stops()).toBe(true);
    bench.alarms.acknowledge(ALARM_MOTOR_REVERSE, 0);
    expect(bench.alarms.stops()).toBe(false);
  });
});
