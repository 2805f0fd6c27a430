// The laws of the whole alarm table, each alarm on a real pump (ALM-1 to ALM-5): its cause, brought about in the world or by
// a command; the time within which it must be up, and that it was not up before; its tones, heard at the sounder; its effect
// on delivery, seen at the rotor; its way to go; and what acknowledging cannot do. An alarm without a row here fails. That
// an alarm implies its cause is the law of no-false-alarm.test.ts.

import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeRefill } from "../../emulator/telemetry/messages";
import { ALARM_IS_CRITICAL, ALARM_LATCHES, ALARM_SLOWS, ALARM_STOPS, ALARMS, alarmRow } from "../../hal/alarms";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_EXPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_START,
  COMMAND_STOP,
  STATUS_BYTES,
} from "../../hal/telemetry";
import { TONE_DUAL, TONE_OFF, TONE_SINGLE } from "../../hal/sounder";
import { alarmCause, alarmName } from "../../emulator/contract/alarms";
import { mutant, replace } from "../mutant";
import { ask, DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";

const numberOf = (name: string) => NAMES.indexOf(name);
const acknowledge = (pump: Pump, name: string) => ask(pump, COMMAND_ACKNOWLEDGE, Uint8Array.of(numberOf(name)));
const start = (pump: Pump) => ask(pump, COMMAND_START);
const level_nl = (pump: Pump) => pump.machine.world.reservoir.volume_nl;

const NAMES = Array.from({ length: ALARMS }, (_, alarm) => alarmName(alarm));
/** 1 mL/day: a pulse every 21.6 s, 167 in an hour. */
const FAST = { rate: 100_000, limits: [] };
const HOURLY = (FAST.rate * HOUR) / 216_000_000;
/** From the pull of a reset to the end of the controller's first tick. */
const RESTART = 6;

interface Row {
  pump?: () => Pump;
  /** Brings the cause about, all by itself, and returns the tick in which it was there. */
  cause(pump: Pump): number;
  /** Ticks from the cause to the alarm, at least and at most. */
  raised: [number, number];
  /** Takes the cause away. */
  end(pump: Pump): void;
  /** From there to the end of an alarm that goes with its cause, at most. */
  gone?: number;
  /** Once the alarm is up: lets the rotor turn as far as the alarm allows, where the cause itself holds it. */
  free?(pump: Pump): void;
  /** Pulses of an alarm without an effect that its cause costs all the same. */
  lost?: number;
  /** Nothing takes its cause away: it ends with the pump's service. */
  explants?: true;
  /** The answer to a patient's request while it lasts, where its cause refuses it and not the alarm. */
  refused?: string;
  /** Its cause holds the rotor, and frees it only by ending. */
  holds?: true;
  /** A quiet alarm that its cause raises before it, and that ends with the cause. */
  with?: string;
  /** Its cause lasts no longer than this, whatever happens. */
  lasts?: number;
  /** Makes a cause that an acknowledgement ends come back. */
  again?(pump: Pump): void;
}

/** Executes ticks until something is so, an hour at most; the last tick executed. */
function until(pump: Pump, so: () => boolean): number {
  const end = pump.machine.tick + HOUR;
  while (!so() && pump.machine.tick < end) pump.machine.hop(end - pump.machine.tick);
  expect(so()).toBe(true);
  return pump.machine.tick - 1;
}

/** Lets a fault begin; the tick in which it does. */
function inject(pump: Pump, fault: string, parameter = 0, field: string | null = null): number {
  pump.machine.inject(fault, parameter, field);
  return pump.machine.tick;
}

/** Stops the pump, reads its log to the end and takes it out. */
function explant(pump: Pump): void {
  ask(pump, COMMAND_STOP);
  for (const ring of [0, 1]) pump.programmer.readLog(ring);
  expect(ask(pump, COMMAND_EXPLANT)).toBe("accepted");
}

/** Empties and fills the reservoir, and announces both to the pump. */
function refill(pump: Pump, fill_nl: number): void {
  pump.machine.refill(null, fill_nl, [10]);
  expect(ask(pump, COMMAND_REFILL, encodeRefill(true, 0, fill_nl / 250))).toBe("accepted");
}

function pumpWith(fill_nl: number, low_pulses: number): Pump {
  return new Pump({ ...FAST, low_pulses }, { fill_nl });
}

/** Flips a bit in both slots of the program's record. */
function damageProgram(pump: Pump): void {
  for (const address of [2_100, 3_124]) pump.machine.board.nvm.bytes[address] ^= 1;
}

const ROWS: Record<string, Row> = {
  low_reservoir: {
    pump: () => pumpWith(2_000_000 + 200 * 250, 8_000),
    cause: (pump) => until(pump, () => level_nl(pump) <= 2_000_000),
    raised: [0, 0],
    end: (pump) => refill(pump, 18_000_000),
    gone: 1,
  },
  empty_reservoir: {
    pump: () => pumpWith(1_400_000 + 200 * 250, 0),
    cause: (pump) => until(pump, () => level_nl(pump) <= 1_400_000),
    raised: [0, 0],
    end: (pump) => refill(pump, 18_000_000),
    gone: 1,
  },
  volume_mismatch: {
    // Two millilitres that nobody announced to the pump.
    cause: (pump) => {
      pump.machine.refill(2_000_000, 0, null);
      return pump.machine.tick;
    },
    // An hour, after so many of the twelve readings that their mean shows it.
    raised: [HOUR, HOUR + 12 * MINUTE],
    end: (pump) => {
      pump.machine.refill(0, 2_000_000, [10]);
      pump.wait(17 * MINUTE);
    },
  },
  motor_stall: {
    cause: (pump) => {
      const { motor } = pump.machine.board;
      const before = motor.pulses - motor.steps;
      inject(pump, "motor_stall");
      return until(pump, () => motor.pulses - motor.steps - before === 8);
    },
    raised: [50, 50],
    end: (pump) => pump.machine.release("motor_stall"),
    // Four proofs, the first of them in the back-off of four.
    gone: 8 * 2_160 + 20,
    free: (pump) => pump.machine.release("motor_stall"),
    lost: 8,
  },
  motor_reverse: {
    cause: (pump) => {
      const { motor } = pump.machine.board;
      const before = motor.steps;
      inject(pump, "motor_reverse");
      return until(pump, () => motor.steps < before);
    },
    raised: [0, 0],
    end: (pump) => pump.machine.release("motor_reverse"),
    again: start,
    free: (pump) => pump.machine.release("motor_reverse"),
  },
  motor_runaway: {
    cause: (pump) => {
      inject(pump, "motor_runaway", 90_000_000);
      return until(pump, () => pump.machine.board.motor.unasked > 0);
    },
    raised: [0, 2],
    end: (pump) => pump.machine.release("motor_runaway"),
    again: start,
    free: (pump) => pump.machine.release("motor_runaway"),
  },
  tube_set: {
    with: "pump_stopped",
    cause: (pump) => {
      const stopped = pump.machine.tick;
      ask(pump, COMMAND_STOP);
      pump.wait(2 * DAY - HOUR);
      return stopped + 2 * DAY;
    },
    raised: [0, 2 * MINUTE],
    end: (pump) => {
      start(pump);
      pump.wait(MINUTE);
    },
    free: (pump) => expect(start(pump)).toBe("accepted"),
  },
  dose_limit: {
    pump: () => new Pump({ ...FAST, limits: [{ pulses: 200, window_min: 10_080 }] }),
    cause: (pump) => until(pump, () => pump.machine.board.motor.steps === 200),
    // The pulse that would be one too many is the next.
    raised: [1, 2_160],
    end: (pump) => void pump.program({ ...PROGRAM, ...FAST }),
    gone: 1,
  },
  dose_guard: {
    // A guard whose register is lower than what is delivered.
    cause: (pump) => {
      pump.machine.board.guard.register = 1;
      return until(pump, () => pump.machine.board.guard.open);
    },
    raised: [0, 0],
    end: (pump) => (pump.machine.board.guard.register = 4_000),
    again: start,
    free: (pump) => (pump.machine.board.guard.register = 4_000),
  },
  low_battery_reset: {
    cause: (pump) => inject(pump, "brownout"),
    raised: [0, RESTART],
    end: () => {},
    lost: 1,
    again: (pump) => pump.machine.inject("brownout"),
  },
  program_invalid: {
    cause: (pump) => {
      damageProgram(pump);
      return inject(pump, "reset");
    },
    raised: [0, RESTART],
    end: (pump) => void pump.program({ ...PROGRAM, ...FAST }),
    gone: 1,
  },
  self_test_failed: {
    cause: (pump) => {
      pump.machine.board.sounder.healthy = false;
      expect(ask(pump, COMMAND_SELF_TEST)).toBe("accepted");
      return pump.machine.tick - 2;
    },
    raised: [0, 10],
    end: (pump) => {
      pump.machine.board.sounder.healthy = true;
      expect(ask(pump, COMMAND_SELF_TEST)).toBe("accepted");
      pump.wait(10);
    },
  },
  clock_fault: {
    cause: (pump) => inject(pump, "rtc_jump", DAY),
    raised: [0, 0],
    end: () => {},
  },
  sensor_fault: {
    cause: (pump) => inject(pump, "reservoir_sensor.offset", 90_000_000),
    raised: [2 * MINUTE, 3 * MINUTE],
    end: (pump) => pump.machine.release("reservoir_sensor.offset"),
    gone: MINUTE,
  },
  memory_fault: {
    cause: (pump) => inject(pump, "ram_flip", 3, "therapy.rate"),
    // A value is compared at its next use, and a quiet tick uses none: the minute's tick does, at the latest.
    raised: [0, MINUTE],
    // An acknowledgement restarts the controller; with sound memory the next one ends it.
    end: (pump) => {
      acknowledge(pump, "memory_fault");
      pump.wait(SECOND);
    },
    again: (pump) => pump.machine.inject("ram_flip", 3, "therapy.rate"),
  },
  eri: {
    cause: (pump) => {
      pump.machine.board.battery.drawn_uC = 0.93 * 7_200_000_000;
      return until(pump, () => pump.machine.signal("battery.cell_mv") < 3_200);
    },
    raised: [2 * MINUTE, 2 * MINUTE],
    end: explant,
    explants: true,
  },
  eos: {
    cause: (pump) => {
      pump.machine.board.battery.drawn_uC = 0.96 * 7_200_000_000;
      return until(pump, () => pump.machine.signal("battery.cell_mv") < 2_500);
    },
    raised: [2 * MINUTE, 2 * MINUTE],
    end: explant,
    gone: 0,
    explants: true,
  },
  security: {
    cause: (pump) => {
      pump.programmer.ask(COMMAND_INTERROGATE);
      for (let i = 1; i <= 10; i++) {
        pump.say(COMMAND_STOP, 60_000 + i);
        if (i < 10) pump.machine.run(10);
      }
      return pump.machine.tick;
    },
    raised: [0, 1],
    end: (pump) => pump.wait(HOUR + MINUTE),
  },
  refill_overdue: {
    pump: () => new Pump({ ...FAST, refill_days: 1 }),
    cause: (pump) => {
      refill(pump, 18_000_000);
      const filled = pump.machine.tick;
      pump.wait(DAY - 2 * MINUTE);
      return filled + DAY;
    },
    // Counted in minutes.
    raised: [-MINUTE, MINUTE],
    end: (pump) => refill(pump, 18_000_000),
    gone: 1,
  },
  pump_stopped: {
    cause: (pump) => {
      ask(pump, COMMAND_STOP);
      return pump.machine.tick - 1 + HOUR;
    },
    raised: [0, MINUTE],
    end: (pump) => expect(start(pump)).toBe("accepted"),
    gone: 1,
    refused: "stopped",
    holds: true,
  },
  reset_loop: {
    cause: (pump) => {
      for (let i = 0; i < 3; i++) {
        inject(pump, "reset");
        pump.wait(8 * MINUTE);
      }
      return inject(pump, "reset");
    },
    raised: [0, RESTART],
    // The first of the four was 24 minutes before.
    end: (pump) => pump.wait(5 * MINUTE),
    gone: 2 * MINUTE,
    lasts: 34 * MINUTE,
    lost: 1,
  },
  trial_expired: {
    pump: () => new Pump(FAST, { model: "external-trial" }),
    cause: (pump) => {
      pump.wait(7 * DAY - 2 * MINUTE - pump.machine.tick);
      return pump.heard("program_accepted")[0].tick + 7 * DAY;
    },
    raised: [-MINUTE, MINUTE],
    end: explant,
    gone: 0,
    explants: true,
  },
};

/** The answer to a start where a stopping alarm is not the first reason. */
const NO_START: Record<string, string> = { program_invalid: "not_programmed" };

const rowOf = (name: string) => alarmRow(numberOf(name));
const isCritical = (name: string) => (rowOf(name) & ALARM_IS_CRITICAL) !== 0;
const latches = (name: string) => (rowOf(name) & ALARM_LATCHES) !== 0;
const criticals = () => NAMES.filter(isCritical);

/** A pump that has run for half an hour and a bit without any alarm. */
function healthy(name: string): Pump {
  const pump = (ROWS[name].pump?.() ?? new Pump(FAST)).wait(30 * MINUTE + 30);
  expect(pump.heard("alarm_raised")).toEqual([]);
  return pump;
}

/** A pump whose alarm has just been raised, and the tick of that. */
function alarmed(name: string, pump = healthy(name)): { pump: Pump; tick: number } {
  const { cause, raised } = ROWS[name];
  const onset = cause(pump);
  if (pump.heard("alarm_raised", { alarm: name }).length === 0) pump.wait(onset + raised[1] + 1 - pump.machine.tick);
  const [first] = pump.heard("alarm_raised", { alarm: name });
  return { pump, tick: first.tick };
}

/** A tone as it was heard: pattern, tick in which it began, and how long it was; 0 while it sounds. */
type Tone = [pattern: number, begin: number, length: number];

/** Listens at the sounder from now on. */
function listenTo(pump: Pump): Tone[] {
  const heard: Tone[] = [];
  const { machine } = pump;
  const before = machine.listener!;
  let tone = machine.board.sounder.tone;
  machine.listener = {
    event: (code, a, b, c) => before.event(code, a, b, c),
    reset: (cause) => before.reset(cause),
    ticked: () => {
      before.ticked();
      const now = machine.board.sounder.tone;
      if (now === tone) return;
      const last = heard[heard.length - 1];
      if (tone !== TONE_OFF && last?.[2] === 0) last[2] = machine.tick - last[1];
      if (now !== TONE_OFF) heard.push([now, machine.tick, 0]);
      tone = now;
    },
  };
  return heard;
}

describe("ALM-5: the table of alarms", () => {
  test("ALM-1: names exactly the alarms that exist, each once with a cause in words and with a row in these laws", () => {
    expect(new Set(NAMES).size).toBe(ALARMS);
    expect(NAMES).not.toContain("unknown");
    expect(NAMES.filter((_, alarm) => alarmCause(alarm).length < 10)).toEqual([]);
    expect([alarmName(ALARMS), alarmCause(ALARMS), alarmRow(ALARMS)]).toEqual(["unknown", "unknown", 0]);
    expect(Object.keys(ROWS).sort()).toEqual([...NAMES].sort());
  });
});

describe("ALM-2: the cause of an alarm raises it", () => {
  test.each(NAMES)("%s is raised in its time, and not before its cause", (name) => {
    const pump = healthy(name);
    const { cause, raised } = ROWS[name];
    const onset = cause(pump);
    pump.wait(Math.max(0, onset + raised[1] + 1 - pump.machine.tick));
    const all = pump.heard("alarm_raised", { alarm: name });
    expect(all).toHaveLength(1);
    expect(all[0].tick - onset).toBeGreaterThanOrEqual(raised[0]);
    expect(all[0].tick - onset).toBeLessThanOrEqual(raised[1]);
    expect(pump.alarms()).toContain(name);
  });
});

describe("ALM-1: the sound of an alarm", () => {
  test.each(NAMES)("of %s comes at once, and at its pace for as long as the alarm is active", (name) => {
    const pump = healthy(name);
    const heard = listenTo(pump);
    const { tick } = alarmed(name, pump);
    if (latches(name)) ROWS[name].free?.(pump);
    const span = ROWS[name].lasts ?? 3 * HOUR + 30 * MINUTE;
    pump.wait(span);
    const tones = heard.filter(([, begin, length]) => begin >= tick && length > 0);
    const [pattern, length, every] = isCritical(name) ? [TONE_DUAL, 300, 10 * MINUTE] : [TONE_SINGLE, 100, HOUR];
    const before = heard.filter(([each, begin]) => begin < tick && (!ROWS[name].with || each === pattern));
    expect(before).toEqual([]);
    expect(tones[0][1]).toBe(tick);
    expect(new Set(tones.map(([each]) => each))).toEqual(new Set([pattern]));
    expect(new Set(tones.map(([, , each]) => each))).toEqual(new Set([length]));
    // From the second on at minute edges, the first of which a restart may put off by a minute.
    const late = pump.machine.board.reset.count > 0 ? MINUTE : 0;
    const gaps = tones.slice(1).map(([, begin], i) => begin - tones[i][1]);
    expect(gaps[0]).toBeGreaterThan(every - MINUTE);
    expect(gaps[0]).toBeLessThanOrEqual(every + late);
    expect(new Set(gaps.slice(1))).toEqual(new Set([every]));
    expect(tones.length).toBeGreaterThanOrEqual(Math.floor(span / every));
  });
});

describe("ALM-1: the effect of an alarm on delivery", () => {
  test.each(NAMES)("of %s shows at the rotor as its row says", (name) => {
    const { pump } = alarmed(name);
    const { motor } = pump.machine.board;
    const stops = (rowOf(name) & ALARM_STOPS) !== 0;
    const slows = (rowOf(name) & ALARM_SLOWS) !== 0;
    const refused = ask(pump, COMMAND_PATIENT_BOLUS);
    if (isCritical(name)) expect(refused).not.toBe("accepted");
    else expect(refused).toBe(ROWS[name].refused ?? "accepted");
    if (isCritical(name) && !stops && !slows && name !== "tube_set") expect(refused).toBe("alarm");
    ROWS[name].free?.(pump);
    // The bolus, if it was granted, is over by then.
    pump.wait(6 * MINUTE);
    const before = motor.steps;
    const span = ROWS[name].lasts === undefined ? 2 * HOUR : 20 * MINUTE;
    pump.wait(span);
    const turned = motor.steps - before;
    if (stops) expect([turned, motor.powered(), start(pump)]).toEqual([0, false, NO_START[name] ?? "alarm"]);
    else if (slows) expect([turned <= 3, pump.machine.signal("motor.rate_ulPerDay")]).toEqual([true, 6]);
    else if (ROWS[name].holds) expect(turned).toBe(0);
    else expect(Math.abs(turned - (span / HOUR) * HOURLY)).toBeLessThanOrEqual(1 + (ROWS[name].lost ?? 0));
    if (name !== "motor_stall") expect(pump.alarms()).toContain(name);
  });
});

describe("ALM-1: the end of an alarm", () => {
  test.each(NAMES)("of %s comes as its row says, and not before", (name) => {
    const { pump } = alarmed(name);
    const { end, gone, explants } = ROWS[name];
    ROWS[name].free?.(pump);
    pump.wait(MINUTE * 30);
    if (name !== "motor_stall") expect(pump.alarms()).toContain(name);
    end(pump);
    if (latches(name) && !explants) {
      pump.wait(HOUR);
      expect(pump.alarms()).toContain(name);
      expect(acknowledge(pump, name)).toBe("accepted");
    } else pump.wait(gone ?? 0);
    expect(pump.alarms()).toEqual([]);
    const heard = listenTo(pump);
    const before = pump.pulses;
    pump.wait(HOUR - MINUTE);
    expect(heard).toEqual([]);
    if (explants) {
      expect([pump.pulses, ask(pump, COMMAND_STOP)]).toEqual([before, "life_cycle"]);
      return;
    }
    // Only a clinician starts again what an alarm has stopped.
    const stays = (rowOf(name) & ALARM_STOPS) !== 0 && name !== "program_invalid";
    if (stays) {
      // And it reminds of that after an hour.
      pump.wait(2 * MINUTE);
      expect(pump.alarms()).toEqual(["pump_stopped"]);
      expect([pump.pulses, start(pump)]).toEqual([before, "accepted"]);
    }
    const then = pump.pulses;
    pump.wait(HOUR);
    expect(Math.abs(pump.pulses - then - HOURLY)).toBeLessThanOrEqual(2);
    expect(pump.alarms()).toEqual([]);
  });
});

describe("ALM-3: sound, telemetry and therapy leave each other alone", () => {
  const QUIET = { ...FAST, bolus: null };
  interface Heard {
    tones: Tone[];
    pulses: number[];
    answered_bytes: number;
  }

  /** The link is busy with an interrogation in each of so many ticks. */
  const ASKED_TICKS = 20;

  /** Half an hour of a pump: with or without an alarm that does nothing but sound, a babbling link, and therapy. */
  function halfHour(name: string | null, busy: boolean, running: boolean): Heard {
    const pump = new Pump(QUIET).wait(30 * MINUTE + 30);
    if (!running) ask(pump, COMMAND_STOP);
    // All have the same past; who does not want the alarm acknowledges it.
    pump.wait(31 * MINUTE - pump.machine.tick);
    pump.machine.inject("brownout");
    pump.wait(MINUTE);
    if (name !== "low_battery_reset") acknowledge(pump, "low_battery_reset");
    pump.wait(33 * MINUTE - SECOND - pump.machine.tick);
    pump.programmer.ask(COMMAND_INTERROGATE);
    pump.wait(33 * MINUTE - pump.machine.tick);
    if (name === "sensor_fault") pump.machine.inject("reservoir_sensor.offset", 90_000_000);
    const end = pump.machine.tick + 30 * MINUTE;
    const tones = listenTo(pump);
    const pulses: number[] = [];
    const { motor, link } = pump.machine.board;
    let seen = motor.pulses;
    const sent = link.txBytes;
    while (pump.machine.tick < end) {
      if (busy && pump.machine.tick % ASKED_TICKS === 0) pump.say(COMMAND_INTERROGATE, 1);
      pump.machine.hop(busy ? 1 : end - pump.machine.tick);
      if (motor.pulses !== seen) pulses.push(pump.machine.tick);
      seen = motor.pulses;
    }
    expect(pump.alarms()).toEqual(name === null ? [] : [name]);
    return { tones, pulses, answered_bytes: link.txBytes - sent };
  }

  let withoutAlarm: Heard;
  beforeAll(() => {
    withoutAlarm = halfHour(null, true, true);
  });

  test.each(["sensor_fault", "low_battery_reset"])("%s sounds while the link is busy and pulses go on", (name) => {
    const all = halfHour(name, true, true);
    const withoutLink = halfHour(name, false, true);
    const withoutTherapy = halfHour(name, true, false);
    expect(all.tones.length).toBe(name === "sensor_fault" ? 1 : 3);
    expect(all.pulses.length).toBeGreaterThan(HOURLY / 2 - 2);
    expect(all.answered_bytes).toBeGreaterThan(((30 * MINUTE) / ASKED_TICKS) * STATUS_BYTES);
    expect(withoutAlarm).toEqual({ ...all, tones: [] });
    expect(withoutLink).toEqual({ ...all, answered_bytes: 0 });
    expect(withoutTherapy).toEqual({ ...all, pulses: [] });
  });
});

describe("ALM-4: an acknowledged alarm", () => {
  const minutes = fc.oneof(fc.constantFrom(1, 59, 60, 119, 120, 121), fc.integer({ min: 1, max: 180 }));
  const rhythms = fc.array(
    minutes.chain((minute) => fc.integer({ min: -50, max: 50 }).map((ticks) => minute * MINUTE + ticks)),
    { minLength: 3, maxLength: 40, size: "max" },
  );

  // A loop of resets ends within the hour, and with it its alarm.
  test.each(criticals().filter((name) => ROWS[name].lasts === undefined))(
    "%s, while its cause lasts, sounds again within 2 h of every acknowledgement",
    (name) => {
      const pump = healthy(name);
      const heard = listenTo(pump);
      alarmed(name, pump);
      const before = pump.machine.snapshot();
      const watched = pump.watch.save();
      fc.assert(
        fc.property(rhythms, (rhythm) => {
          pump.machine.restore(before);
          pump.watch.restore(watched);
          heard.length = 0;
          const acknowledged: number[] = [];
          for (const wait of [...rhythm, 2 * HOUR + MINUTE]) {
            if (pump.alarms().includes(name) && acknowledge(pump, name) === "accepted") {
              acknowledged.push(pump.machine.tick);
            }
            if (!pump.alarms().includes(name)) ROWS[name].again?.(pump);
            pump.wait(wait);
          }
          const mute = acknowledged.filter(
            (tick) =>
              !heard.some(([pattern, begin]) => pattern === TONE_DUAL && begin > tick && begin <= tick + 2 * HOUR),
          );
          expect(mute).toEqual([]);
          expect(acknowledged.length).toBeGreaterThan(1);
        }),
        {
          numRuns: 4,
          examples: [[Array.from({ length: 40 }, () => 7 * MINUTE)], [Array.from({ length: 7 }, () => HOUR)]],
        },
      );
    },
  );
});

describe("ALM-6: a pump that was stopped, and forgotten", () => {
  const stopped = () => {
    const pump = healthy("pump_stopped");
    const heard = listenTo(pump);
    alarmed("pump_stopped", pump);
    return { pump, heard };
  };

  test("reminds once an hour; acknowledged, it is silent for a day, and then reminds again", () => {
    const { pump, heard } = stopped();
    pump.wait(5 * HOUR);
    expect(heard).toHaveLength(6);
    expect(acknowledge(pump, "pump_stopped")).toBe("accepted");
    expect(acknowledge(pump, "pump_stopped")).toBe("accepted");
    heard.length = 0;
    pump.wait(DAY - 2 * MINUTE);
    expect([heard, pump.alarms()]).toEqual([[], ["pump_stopped"]]);
    pump.wait(2 * MINUTE);
    expect(heard).toHaveLength(1);
  });

  test("keeps the hour over resets, each of which may cost a minute of it", () => {
    const pump = healthy("pump_stopped");
    ask(pump, COMMAND_STOP);
    for (let i = 0; i < 3; i++) {
      pump.wait(19 * MINUTE);
      pump.machine.inject("reset");
    }
    expect(pump.alarms()).toEqual([]);
    pump.wait(8 * MINUTE);
    expect(pump.alarms()).toEqual(["pump_stopped"]);
    pump.machine.inject("reset");
    pump.wait(MINUTE);
    expect(pump.alarms()).toContain("pump_stopped");
    expect(pump.heard("alarm_cleared", { alarm: "pump_stopped" })).toEqual([]);
  });

  test("begins the hour anew at each start, and does not remind a pump whose program gives nothing", () => {
    const pump = healthy("pump_stopped");
    for (let i = 0; i < 3; i++) {
      ask(pump, COMMAND_STOP);
      pump.wait(59 * MINUTE);
      start(pump);
      pump.wait(30);
    }
    expect(pump.alarms()).toEqual([]);
    pump.program({ ...PROGRAM, mode: "stopped", rate: 0 });
    pump.wait(3 * HOUR);
    expect(pump.alarms()).toEqual([]);
  });

  test("PRP-2: a controller that forgets its stop at a reset, or never counts it, is caught", () => {
    const deaf = mutant("no stop is counted", ({ therapy }) => replace(therapy, "isForgotten", () => false));
    const pump = new Pump(FAST, {}, true, deaf).wait(30 * MINUTE);
    ask(pump, COMMAND_STOP);
    pump.wait(3 * HOUR);
    expect(pump.alarms()).toEqual([]);
  });
});

describe("ALM-6: restarts of the controller", () => {
  /** Restarts a pump that far apart; the number after which the alarm was up, or 0. */
  function loopAfter(count: number, apart: number, controller?: ReturnType<typeof mutant>): number {
    const pump = new Pump(FAST, {}, true, controller).wait(30 * MINUTE);
    for (let i = 1; i <= count; i++) {
      pump.machine.inject(i % 2 === 0 ? "reset" : "hang");
      pump.wait(SECOND);
      if (pump.alarms().includes("reset_loop")) return i;
      pump.wait(apart - SECOND);
    }
    return 0;
  }

  test.each([
    [10, 10 * SECOND, 4],
    [10, 2 * SECOND, 4],
    [6, 10 * MINUTE, 4],
    [6, 19 * MINUTE, 4],
    [8, 21 * MINUTE, 0],
    [3, MINUTE, 0],
  ])("%d of them, %d ticks apart, are a loop from the one of number %d on", (count, apart, loop) => {
    expect(loopAfter(count, apart)).toBe(loop);
  });

  test("PRP-2: a controller that counts them in memory alone is caught", () => {
    const forgetful = mutant("the chart does not keep them", ({ restarts }) => {
      const note = restarts.note.bind(restarts);
      replace(restarts, "note", (minute, brownOut) => {
        restarts.count.set(0);
        note(minute, brownOut);
      });
    });
    expect(loopAfter(10, MINUTE, forgetful)).toBe(0);
  });
});
