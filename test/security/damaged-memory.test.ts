// A flipped bit in the memory that says which role is speaking (RAM-1, SEC-2). A value that was found damaged reads as 0,
// and 0 would be a clinician's pairing or a counter that was never used, so no command may follow from it. The program that
// is read back is the one in force.

import { expect, test } from "vitest";
import { ALARM_MOTOR_STALL } from "../../hal/alarms";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_INTERROGATE,
  COMMAND_READ_PROGRAM,
  COMMAND_START,
  COMMAND_STOP,
  OUTCOME_NOT_AUTHORISED,
  REPLY,
  ROLE_OBSERVER,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { encodeReadProgram } from "../../emulator/telemetry/messages";
import { framesWithin, say } from "../listen";
import { MINUTE, Pump } from "../pump";

const flip = (pump: Pump, path: string) => pump.machine.firmware.write(path, pump.field(path) ^ 1);

/** Sends bytes with the head in place; the frames that came back. */
function exchange(pump: Pump, bytes: Uint8Array) {
  const { machine } = pump;
  const { link } = machine.board;
  link.programmingHead = true;
  say(machine, bytes);
  const answers = framesWithin(machine, 6);
  link.programmingHead = false;
  return answers;
}

test.each([
  ["an observer's session", ROLE_OBSERVER],
  ["a patient's session", ROLE_PATIENT],
])("SEC-1: %s has no rights when its pairing is damaged in memory", (_, role) => {
  const pump = new Pump().wait(MINUTE);
  const channel = pump.programmer.channel(role);
  expect(pump.programmer.open(role)).toBe(true);
  exchange(pump, channel.seal(COMMAND_INTERROGATE, 1));
  flip(pump, "session.pairing.value");
  const order = channel.seal(COMMAND_ACKNOWLEDGE, 2, Uint8Array.of(ALARM_MOTOR_STALL));
  const [answer] = exchange(pump, order).map((frame) => channel.open(frame));
  expect(answer).toMatchObject({ kind: COMMAND_ACKNOWLEDGE | REPLY });
  expect(answer?.payload[0]).toBe(OUTCOME_NOT_AUTHORISED);
});

test("SEC-1: a session on offer does not begin when its pairing is damaged in memory", () => {
  const pump = new Pump().wait(MINUTE);
  const channel = pump.programmer.channel(ROLE_PATIENT);
  expect(pump.programmer.open(ROLE_PATIENT)).toBe(true);
  flip(pump, "session.offeredPairing.value");
  exchange(pump, channel.seal(COMMAND_STOP, 1));
  expect(pump.field("session.number")).not.toBe(channel.session);
  expect(pump.heard("stopped", { by: "command" })).toEqual([]);
});

test("SEC-2: an old frame does not act when the counter is damaged in memory", () => {
  const pump = new Pump().wait(MINUTE);
  const channel = pump.programmer.channel();
  pump.programmer.open();
  const stop = channel.seal(COMMAND_STOP, 70);
  exchange(pump, stop);
  exchange(pump, channel.seal(COMMAND_START, 71));
  const stops = pump.heard("stopped", { by: "command" }).length;
  expect(stops).toBe(1);
  flip(pump, "session.counter.value");
  exchange(pump, stop);
  expect(pump.heard("stopped", { by: "command" })).toHaveLength(stops);
});

test("RAM-1: a program that was damaged in memory is not read back without an alarm", () => {
  const pump = new Pump().wait(MINUTE);
  expect(pump.machine.firmware.write("store.record[4]", pump.field("store.record[4]") ^ 64)).toBe(true);
  pump.programmer.ask(COMMAND_READ_PROGRAM, encodeReadProgram(0));
  pump.wait(MINUTE);
  expect(pump.alarms()).toContain("memory_fault");
});
