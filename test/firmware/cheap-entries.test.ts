// Entries of the log that somebody outside can cause as often as he likes push out nothing that matters (LOG-1), and totals
// stay at their ends.

import { describe, expect, test } from "vitest";
import { PumpController } from "../../firmware/controller";
import { BoardSetup } from "../../emulator/board/board";
import { boardWith } from "../parts";
import { COMMAND_INTERROGATE, LOG_EVENTS, ROLE_CLINICIAN } from "../../hal/telemetry";
import {
  EVENT_ALARM_ACKNOWLEDGED,
  EVENT_BOLUS_DENIED,
  EVENT_COMMAND_REFUSED,
  EVENT_PAIRED,
  EVENT_PROGRAM_REFUSED,
  EVENT_SELF_TEST,
  EVENT_SESSION_OPENED,
  EVENT_STOPPED,
} from "../../hal/trace";
import { MINUTES_PER_DAY, PULSE_SPACING_TICKS } from "../../hal/units";
import { ask, DAY, MINUTE, Pump } from "../pump";

const PER_DAY = 24;

const controller = (): PumpController => new PumpController(boardWith(new BoardSetup(1, 20)).hal());

test("LOG-1: a poller that opens a session a minute for a day leaves the entries from before it in the ring", () => {
  const pump = new Pump().wait(MINUTE);
  const before = pump.programmer.readLog(LOG_EVENTS) ?? [];
  expect(before.length).toBeGreaterThan(5);
  for (let minute = 0; minute < DAY / MINUTE; minute++) {
    pump.programmer.open(ROLE_CLINICIAN);
    ask(pump, COMMAND_INTERROGATE);
    pump.machine.leap(MINUTE);
  }
  const after = pump.programmer.readLog(LOG_EVENTS) ?? [];
  expect(after.slice(0, before.length)).toEqual(before);
  const opened = after.filter(({ code }) => code === EVENT_SESSION_OPENED).length;
  expect(opened).toBeLessThanOrEqual(2 * PER_DAY);
  expect(opened).toBeGreaterThanOrEqual(PER_DAY);
  expect(pump.heard("session_opened").length).toBeGreaterThanOrEqual(DAY / MINUTE);
});

describe("LOG-1: of a kind that somebody outside can cause at will", () => {
  test.each([
    ["an opened session", EVENT_SESSION_OPENED],
    ["a pairing", EVENT_PAIRED],
    ["a refused command", EVENT_COMMAND_REFUSED],
    ["a denied bolus", EVENT_BOLUS_DENIED],
    ["a refused program", EVENT_PROGRAM_REFUSED],
    ["an acknowledged alarm", EVENT_ALARM_ACKNOWLEDGED],
    ["a self-test that found nothing", EVENT_SELF_TEST],
  ])("%s is kept 24 times a day, and again on the next day", (_what, code) => {
    const { log } = controller();
    for (let i = 0; i < 2 * PER_DAY; i++) log.event(code, 0, 0, 0);
    expect(log.sequence.get(LOG_EVENTS)).toBe(PER_DAY);
    for (let minute = 0; minute < MINUTES_PER_DAY - 1; minute++) log.minute();
    log.event(code, 0, 0, 0);
    expect(log.sequence.get(LOG_EVENTS)).toBe(PER_DAY);
    log.minute();
    log.event(code, 0, 0, 0);
    expect(log.sequence.get(LOG_EVENTS)).toBe(PER_DAY + 1);
  });

  test.each([
    ["a stop", EVENT_STOPPED, 0],
    ["a self-test that found a fault", EVENT_SELF_TEST, 1],
  ])("%s is none, and is kept always", (_what, code, a) => {
    const { log } = controller();
    for (let i = 0; i < 2 * PER_DAY; i++) log.event(code, a, 0, 0);
    expect(log.sequence.get(LOG_EVENTS)).toBe(2 * PER_DAY);
  });
});

test("MOT-1: the totals of pulses and misses stay at their end and do not become negative", () => {
  const { motor } = controller();
  const end = 0x7fff_ffff;
  motor.pulsesTotal.set(end - 1);
  motor.missedTotal.set(end - 1);
  let now = 0;
  for (let pulse = 0; pulse < 3; pulse++) {
    now += PULSE_SPACING_TICKS;
    motor.pulse(now);
    now += PULSE_SPACING_TICKS;
    motor.sense(now);
  }
  expect([motor.pulsesTotal.get(), motor.missedTotal.get()]).toEqual([end, end]);
});
