// The end of the session numbers (SEC-1, LOG-1). A pump that opens no session any more can neither be read nor stopped, so it
// asks for its replacement while a clinician can still read why.

import { expect, test } from "vitest";
import { COMMAND_INTERROGATE, COUNTER_MAX, LOG_EVENTS, SESSIONS_LEFT_LOW } from "../../hal/telemetry";
import { EVENT_SESSIONS_LEFT } from "../../hal/trace";
import { ask, MINUTE, Pump, SECOND } from "../pump";

/** A pump with so many session numbers left, in which one session was opened after that. */
function withLeft(left: number): Pump {
  const pump = new Pump().wait(15 * MINUTE);
  const issued = COUNTER_MAX - left - 1;
  expect(pump.machine.firmware.write("session.issued.value", issued)).toBe(true);
  expect(pump.machine.firmware.write("session.issued.inverse", ~issued)).toBe(true);
  ask(pump, COMMAND_INTERROGATE);
  return pump.wait(SECOND);
}

test.each([
  [SESSIONS_LEFT_LOW + 1, [], 0],
  [SESSIONS_LEFT_LOW, ["eri"], 1],
  [SESSIONS_LEFT_LOW - 1, ["eri"], 0],
  [0, ["eri"], 1],
])("SEC-1, LOG-1: with %d sessions left the alarms are %j, and the log got %d entries", (left, alarms, entries) => {
  const pump = withLeft(left);
  expect(pump.alarms()).toEqual(alarms);
  const log = pump.programmer.readLog(LOG_EVENTS) ?? [];
  expect(log.filter(({ code, a }) => code === EVENT_SESSIONS_LEFT && a === left)).toHaveLength(entries);
  expect(pump.heard("sessions_left", { left })).toHaveLength(entries);
});

test("SEC-1: after the last number no session opens any more, not after a reset, and the alarm stays", () => {
  const pump = withLeft(0);
  pump.wait(20 * MINUTE);
  expect(pump.programmer.open()).toBe(false);
  pump.machine.inject("reset");
  pump.wait(SECOND);
  expect(pump.programmer.open()).toBe(false);
  expect(pump.alarms()).toContain("eri");
});
