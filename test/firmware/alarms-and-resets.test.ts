// The alarm table and its sounds, self-test, watchdog, and what a restart forgets and does not forget.

import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../emulator/link/frame";
import { encodeRefill } from "../../emulator/link/messages";
import {
  ALARM_CLOCK_FAULT,
  ALARM_IS_CRITICAL,
  ALARM_LOW_RESERVOIR,
  ALARM_MOTOR_STALL,
  ALARMS,
  alarmCause,
  alarmName,
  alarmRow,
} from "../../hal/alarms";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_STOP,
  outcomeName,
} from "../../hal/telemetry";
import { TONE_DUAL, TONE_OFF, TONE_SINGLE } from "../../hal/sounder";
import { DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";

const ask = (pump: Pump, kind: number, payload?: Uint8Array) =>
  outcomeName(pump.programmer.outcome(kind, payload) ?? -1);
const acknowledge = (pump: Pump, alarm: number) => ask(pump, COMMAND_ACKNOWLEDGE, Uint8Array.of(alarm));

/** How to raise each alarm, by name: one way is enough. */
const RAISERS: Record<string, (pump: Pump) => void> = {
  low_reservoir: (pump) => {
    pump.machine.refill(null, 1_750_000, [10]);
    ask(pump, COMMAND_REFILL, encodeRefill(true, 0, 7_000));
  },
  empty_reservoir: (pump) => void ask(pump, COMMAND_REFILL, encodeRefill(true, 0, 5_000)),
  volume_mismatch: (pump) => pump.machine.inject("reservoir_sensor.offset", 3_000_000),
  motor_stall: (pump) => pump.machine.inject("motor_stall"),
  motor_reverse: (pump) => pump.machine.inject("motor_reverse"),
  motor_runaway: (pump) => pump.machine.inject("motor_runaway", 90_000_000),
  tube_set: (pump) => void ask(pump, COMMAND_STOP),
  dose_limit: (pump) => void pump.program({ ...PROGRAM, limits: [{ pulses: 1, window_min: 60 }] }),
  dose_guard: (pump) => {
    pump.machine.board.guard.open = true;
  },
  low_battery_reset: (pump) => pump.machine.inject("brownout"),
  program_invalid: (pump) => {
    // Both slots of the program's record.
    for (const address of [2_100, 3_124]) pump.machine.board.nvm.bytes[address] ^= 1;
    pump.machine.inject("reset");
  },
  self_test_failed: (pump) => {
    pump.machine.board.sounder.healthy = false;
    ask(pump, COMMAND_SELF_TEST);
  },
  clock_fault: (pump) => pump.machine.inject("rtc_jump", DAY),
  sensor_fault: (pump) => pump.machine.inject("reservoir_sensor.offset", 90_000_000),
  memory_fault: (pump) => pump.machine.inject("ram_flip", 3, "therapy.rate"),
  eri: (pump) => (pump.machine.board.battery.drawn_uC = 0.93 * 7_200_000_000),
  eos: (pump) => (pump.machine.board.battery.drawn_uC = 0.96 * 7_200_000_000),
  security: (pump) => {
    const { link } = pump.machine.board;
    for (let i = 1; i <= 10; i++) {
      for (const byte of encodeFrame(COMMAND_STOP, 60_000 + i, new Uint8Array(0))) link.arrive(byte);
      pump.machine.run(10);
    }
  },
  refill_overdue: (pump) => void pump.program({ ...PROGRAM, refill_days: 1 }),
  trial_expired: (pump) => {
    pump.machine.board.reservoir.strapExternal = true;
    pump.machine.leap(5 * DAY);
  },
};

describe("ALM-1, ALM-5: the table", () => {
  const names = Array.from({ length: ALARMS }, (_, alarm) => alarmName(alarm));

  test("names every alarm once, with a cause in words, and nothing beyond", () => {
    expect(new Set(names).size).toBe(ALARMS);
    expect(names.map((_, alarm) => alarmCause(alarm).length > 10)).not.toContain(false);
    expect([alarmName(ALARMS), alarmRow(ALARMS)]).toEqual(["unknown", 0]);
    expect(Object.keys(RAISERS).sort()).toEqual([...names].sort());
  });

  test.each(names)("ALM-2: %s is raised by its cause, and was not there before", (name) => {
    const pump = new Pump().wait(HOUR + 30);
    expect(pump.alarms()).toEqual([]);
    RAISERS[name](pump);
    pump.wait(2 * DAY + HOUR);
    expect(pump.heard("alarm_raised", { alarm: name }).length).toBeGreaterThan(0);
  });
});

/** Ticks at which a tone began and ended. */
function tonesOf(pump: Pump, ticks: number): [number, number, number][] {
  const tones: [number, number, number][] = [];
  const end = pump.machine.tick + ticks;
  // One that sounds already began when its alarm was raised.
  let tone = pump.machine.signal("sounder.tone");
  let since = tone === TONE_OFF ? 0 : pump.heard("alarm_raised").at(-1)!.tick + 1;
  while (pump.machine.tick < end) {
    pump.machine.hop(end - pump.machine.tick);
    const now = pump.machine.signal("sounder.tone");
    if (now === tone) continue;
    if (tone !== TONE_OFF) tones.push([tone, since, pump.machine.tick - since]);
    tone = now;
    since = pump.machine.tick;
  }
  return tones;
}

describe("ALM-1: the sounds", () => {
  test("critical: 3 s of two tones at once and every 10 min", () => {
    const pump = new Pump();
    RAISERS["empty_reservoir"](pump);
    const tones = tonesOf(pump, HOUR);
    expect(tones.map(([tone, , length]) => [tone, length])).toEqual(Array(tones.length).fill([TONE_DUAL, 300]));
    expect(tones.length).toBe(6);
    const gaps = tones.slice(2).map(([, since], i) => since - tones[i + 1][1]);
    expect(new Set(gaps)).toEqual(new Set([10 * MINUTE]));
  });

  test("non-critical: 1 s of one tone every 60 min", () => {
    const pump = new Pump();
    RAISERS["low_reservoir"](pump);
    const tones = tonesOf(pump, 4 * HOUR + 30 * MINUTE);
    expect(tones.map(([tone, , length]) => [tone, length])).toEqual(Array(5).fill([TONE_SINGLE, 100]));
  });

  test("ALM-4: an acknowledged critical alarm is silent, and back within 2 h while its cause lasts", () => {
    const pump = new Pump();
    pump.machine.inject("motor_stall");
    pump.wait(HOUR);
    expect(acknowledge(pump, ALARM_MOTOR_STALL)).toBe("accepted");
    expect(pump.alarms()).toEqual(["motor_stall"]);
    const tones = tonesOf(pump, 3 * HOUR);
    const first = tones.find(([, since]) => since > pump.machine.tick - 3 * HOUR + MINUTE)![1];
    expect(first - (pump.machine.tick - 3 * HOUR)).toBeGreaterThan(HOUR);
    expect(first - (pump.machine.tick - 3 * HOUR)).toBeLessThanOrEqual(2 * HOUR + MINUTE);
  });

  test("a latched alarm whose cause has gone is cleared by the acknowledgement; an inactive one cannot be", () => {
    const pump = new Pump().wait(HOUR + 30);
    expect(acknowledge(pump, ALARM_CLOCK_FAULT)).toBe("out_of_range");
    RAISERS["clock_fault"](pump);
    pump.wait(HOUR);
    expect(acknowledge(pump, ALARM_CLOCK_FAULT)).toBe("accepted");
    expect(pump.alarms()).toEqual([]);
  });

  test("ALM-2: a clock that jumped by part of a minute is wrong once, not for ever", () => {
    const pump = new Pump().wait(HOUR + 30);
    pump.machine.inject("rtc_jump", 3_000);
    pump.wait(5 * MINUTE);
    expect(acknowledge(pump, ALARM_CLOCK_FAULT)).toBe("accepted");
    pump.wait(HOUR);
    expect(pump.alarms()).toEqual([]);
  });

  test("ALM-3: sounding blocks neither telemetry nor therapy", () => {
    const pump = new Pump({ rate: 100_000, bolus: null }).wait(MINUTE);
    RAISERS["low_reservoir"](pump);
    while (pump.machine.signal("sounder.tone") === TONE_OFF) pump.machine.step();
    expect(ask(pump, COMMAND_INTERROGATE)).toBe("accepted");
    const [before, tick] = [pump.pulses, pump.machine.tick];
    pump.wait(HOUR);
    expect(Math.abs(pump.pulses - before - (pump.machine.tick - tick) / 2_160)).toBeLessThanOrEqual(1);
    expect(alarmRow(ALARM_LOW_RESERVOIR) & ALARM_IS_CRITICAL).toBe(0);
  });
});

describe("SLF-1: the self-test", () => {
  test("runs at power-on before any pulse, and on command", () => {
    const pump = new Pump(null);
    expect(pump.heard("self_test", { failed: 0 })).toHaveLength(1);
    expect(pump.pulses).toBe(0);
    expect(ask(pump, COMMAND_SELF_TEST)).toBe("accepted");
    pump.machine.run(20);
    expect(pump.heard("self_test", { failed: 0 })).toHaveLength(2);
  });

  test.each<[string, (pump: Pump) => void]>([
    ["the sounder", (pump) => (pump.machine.board.sounder.healthy = false)],
    ["the cell", (pump) => (pump.machine.board.battery.voltage_mv = 2_100)],
    ["the temperature", (pump) => pump.machine.inject("temperature", 60_000)],
    ["the level sensor", (pump) => pump.machine.inject("reservoir_sensor.offset", 90_000_000)],
  ])("%s that does not answer as it must stops the pump", (_, spoil) => {
    const pump = new Pump(null);
    spoil(pump);
    ask(pump, COMMAND_SELF_TEST);
    pump.machine.run(20);
    expect(pump.alarms()).toContain("self_test_failed");
    pump.program(PROGRAM);
    pump.wait(HOUR);
    expect(pump.pulses).toBe(0);
  });

  test.each([
    ["a cool box", 5_000, "empty", 1_500_000],
    ["a room", 20_000, "full", 20_000_000],
    ["a room", 20_000, "empty", 1_500_000],
    ["a hot car", 41_000, "full", 20_000_000],
  ])("ALM-2: a healthy pump in %s at %i mC, %s, passes at power-on and daily, and nothing is alarmed", (...place) => {
    const [, temperature_mC, , fill_nl] = place;
    const pump = new Pump({ mode: "stopped", rate: 0, bolus: null }, { fill_nl });
    pump.machine.inject("temperature", temperature_mC);
    pump.machine.inject("reset");
    pump.wait(2 * DAY);
    expect(pump.heard("boot")).toHaveLength(2);
    expect(pump.heard("self_test", { failed: 0 })).toHaveLength(4);
    expect(pump.alarms().filter((name) => name !== "low_reservoir")).toEqual([]);
  });
});

describe("a restart", () => {
  test("SLF-2: a hung tick is a reset within 250 ms, with its cause, and no dose", () => {
    const pump = new Pump({ rate: 2_400_000, bolus: null, limits: [] }).wait(MINUTE);
    const began = pump.machine.tick;
    pump.machine.inject("hang");
    while (pump.machine.board.reset.count === 0) pump.machine.step();
    expect(pump.machine.tick - began).toBeLessThanOrEqual(25);
    const before = pump.pulses;
    pump.machine.run(SECOND / 2);
    expect(pump.heard("boot", { cause: "watchdog" })).toHaveLength(1);
    expect(pump.pulses).toBe(before);
  });

  test("SLF-2: a kick too early is a reset too", () => {
    const pump = new Pump().wait(MINUTE);
    pump.machine.board.watchdog.kick();
    pump.machine.board.watchdog.lastKick = pump.machine.tick;
    pump.machine.step();
    expect(pump.machine.board.reset.count).toBe(1);
  });

  test.each(["brownout", "reset", "hang"])(
    "NVM-2: after %s the committed program resumes, and the bolus does not",
    (fault) => {
      const pump = new Pump().wait(HOUR);
      pump.programmer.ask(COMMAND_PATIENT_BOLUS);
      pump.wait(MINUTE);
      pump.machine.inject(fault);
      const before = pump.pulses;
      pump.wait(3 * HOUR);
      expect(pump.heard("bolus_cancelled")).toHaveLength(1);
      expect(pump.heard("bolus_finished")).toEqual([]);
      // 100 uL/day is 50 pulses in 3 h.
      expect(pump.pulses - before).toBeGreaterThanOrEqual(49);
      expect(pump.pulses - before).toBeLessThanOrEqual(51);
      expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe(fault === "brownout" ? "alarm" : "accepted");
    },
  );

  test("NVM-2: a pump that was stopped stays stopped", () => {
    const pump = new Pump().wait(HOUR);
    ask(pump, COMMAND_STOP);
    pump.machine.inject("reset");
    const before = pump.pulses;
    pump.wait(3 * HOUR);
    expect(pump.pulses).toBe(before);
    expect(pump.field("program.valid")).toBe(1);
  });

  test("LIM-1, NVM-2: where the ledger is lost the pump stands, and a window counts as full until it has been watched", () => {
    const pump = new Pump().wait(HOUR);
    for (const address of [270, 398]) pump.machine.board.nvm.bytes[address] ^= 1;
    pump.machine.inject("reset");
    const before = pump.pulses;
    pump.wait(HOUR);
    expect(pump.pulses).toBe(before);
    expect(pump.alarms()).toContain("self_test_failed");
    expect(pump.field("limiter.known")).toBeLessThan(481);
  });

  test("PWR-1: a sagging cell browns the controller out at its next pulse", () => {
    const pump = new Pump().wait(HOUR);
    pump.machine.inject("battery_sag");
    pump.wait(10 * MINUTE);
    expect(pump.heard("boot", { cause: "brownout" }).length).toBeGreaterThanOrEqual(1);
    expect(pump.alarms()).toContain("low_battery_reset");
  });
});
