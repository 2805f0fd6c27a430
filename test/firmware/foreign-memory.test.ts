// A non-volatile memory that is not this build's: another layout, a header or a whole memory of garbage, erased cells. The
// pump says so, does not run, promises nothing that it could not keep, and writes no byte, whatever it is told. A memory
// that was never written, or whose very first write was cut short, is nobody's and becomes its own.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeStatus, encodeImplant, encodePrime, encodeRefill, words } from "../../emulator/telemetry/messages";
import { crc16 } from "../../firmware/crc";
import { HEADER_BYTES, LAYOUT_VERSION, LOG_EVENTS_AT, RECORD_CHART, recordAt, WINDOW_AT } from "../../firmware/layout";
import { SELF_TEST_STORE } from "../../firmware/self-test";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_START,
  COMMAND_STOP,
  OUTCOME_ACCEPTED,
} from "../../hal/telemetry";
import { ALARM_SELF_TEST_FAILED } from "../../hal/alarms";
import { NVM_BYTES } from "../../hal/nvm";
import { outcomeName } from "../../emulator/contract/codes";
import { PumpUnderTest } from "../../emulator/campaign/pump-commands";
import { HOUR, MINUTE, PROGRAM, Pump, SETUP } from "../pump";

/** The memory that a pump of this build leaves behind after an hour. */
const OWN = new Pump().wait(HOUR).machine.board.nvm.bytes.slice();
const FIRST = OWN.slice(0, HEADER_BYTES);

/** A pump that is powered up with `image` in its memory. */
function powerUp(image: Uint8Array): PumpUnderTest {
  const pump = new PumpUnderTest(SETUP);
  pump.machine.board.nvm.bytes.set(image);
  pump.machine.run(20);
  return pump;
}

const changed = (change: (image: Uint8Array) => void, image = OWN) => {
  const copy = image.slice();
  change(copy);
  return copy;
};
const blank = () => new Uint8Array(NVM_BYTES);
const header = (version: number) => {
  const bytes = changed((copy) => new DataView(copy.buffer).setUint16(4, version, true), FIRST);
  new DataView(bytes.buffer).setUint16(6, crc16(bytes, 0, 6), true);
  return bytes;
};
const noise = fc.sample(fc.uint8Array({ minLength: NVM_BYTES, maxLength: NVM_BYTES, size: "max" }), {
  numRuns: 1,
})[0];

const FOREIGN: [string, Uint8Array][] = [
  ["the next layout", changed((image) => image.set(header(LAYOUT_VERSION + 1)))],
  ["the layout before", changed((image) => image.set(header(LAYOUT_VERSION - 1)))],
  ["the next layout, with nothing behind it", changed((image) => image.set(header(LAYOUT_VERSION + 1)), blank())],
  ["a header of garbage before its own records", changed((image) => image.set(noise.subarray(0, HEADER_BYTES)))],
  ["a header of garbage before nothing", changed((image) => image.set(noise.subarray(0, HEADER_BYTES)), blank())],
  ["the first byte of another header", changed((image) => (image[0] = FIRST[0] ^ 0x80), blank())],
  ["a header with a gap", changed((image) => image.set([FIRST[0], 0, FIRST[2]]), blank())],
  ["no header before its own records", changed((image) => image.fill(0, 0, HEADER_BYTES))],
  ["half a header before its own records", changed((image) => image.fill(0, 4, HEADER_BYTES))],
  ["no header, and one byte in the log", changed((image) => (image[LOG_EVENTS_AT + 9] = 1), blank())],
  ["no header, and one byte at the very end", changed((image) => (image[NVM_BYTES - 1] = 1), blank())],
  ["its header with one bit wrong", changed((image) => (image[4] ^= 2))],
  ["garbage", noise],
  ["erased cells", blank().fill(0xff)],
];

describe.each(FOREIGN)("NVM-2: %s", (_, image) => {
  test("is left alone, and the pump does not run and says that its store is not its own", () => {
    const pump = powerUp(image);
    const { machine, programmer } = pump;
    const ask = (kind: number, payload?: Uint8Array) => outcomeName(programmer.outcome(kind, payload) ?? -1);
    const status = () => decodeStatus(programmer.ask(COMMAND_INTERROGATE)!.payload)!;
    expect(status().selfTest & SELF_TEST_STORE).toBe(SELF_TEST_STORE);
    expect(status().alarms & (1 << ALARM_SELF_TEST_FAILED)).not.toBe(0);
    const outcomes = [
      ask(COMMAND_SET_CLOCK, words(13_769_160)),
      ask(COMMAND_REFILL, encodeRefill(true, 0, 72_000)),
      ask(COMMAND_IMPLANT, encodeImplant(890, 195_800, true)),
      outcomeName(programmer.program(PROGRAM) ?? -1),
      ask(COMMAND_PRIME, encodePrime(8)),
      ask(COMMAND_START),
      ask(COMMAND_PATIENT_BOLUS),
      ask(COMMAND_CLINICIAN_BOLUS, words(1, 60)),
      ask(COMMAND_EXPLANT),
    ];
    expect(outcomes).not.toContain("accepted");
    expect(outcomes.slice(0, 3)).toEqual(["alarm", "alarm", "alarm"]);
    expect(ask(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_SELF_TEST_FAILED))).toBe("accepted");
    expect(ask(COMMAND_SELF_TEST)).toBe("accepted");
    expect(ask(COMMAND_STOP)).toBe("accepted");
    machine.leap(HOUR);
    machine.inject("ram_flip", 3, "therapy.rate");
    machine.leap(MINUTE);
    machine.inject("reset");
    machine.leap(HOUR);
    expect(status().selfTest & SELF_TEST_STORE).toBe(SELF_TEST_STORE);
    expect(status().alarms & (1 << ALARM_SELF_TEST_FAILED)).not.toBe(0);
    expect(machine.board.motor.steps).toBe(0);
    expect(machine.board.nvm.writes).toBe(0);
    expect(Buffer.compare(machine.board.nvm.bytes, image)).toBe(0);
  });
});

describe("NVM-1: a memory without an owner", () => {
  test("becomes the pump's own when it was never written", () => {
    const pump = powerUp(blank());
    expect(pump.machine.board.nvm.bytes.subarray(0, HEADER_BYTES)).toEqual(FIRST);
    expect(pump.programmer.outcome(COMMAND_REFILL, encodeRefill(true, 0, 72_000))).toBe(OUTCOME_ACCEPTED);
  });

  test("becomes its own when the very first write was cut short, after any byte and within one", () => {
    for (let bytes = 0; bytes < HEADER_BYTES; bytes++) {
      for (const bits of [0x00, 0x0f, 0xf0, 0x55, 0xaa]) {
        const torn = blank();
        torn.set(FIRST.subarray(0, bytes));
        torn[bytes] = FIRST[bytes] & bits;
        const pump = powerUp(torn);
        expect(pump.machine.board.nvm.bytes.subarray(0, HEADER_BYTES), `${bytes} bytes, ${bits}`).toEqual(FIRST);
        expect(pump.machine.signal("alarm.active")).toBe(0);
      }
    }
  });

  test("stays the pump's own at the next start, with the past of every window", () => {
    const pump = powerUp(OWN);
    expect(pump.machine.signal("alarm.active") & (1 << ALARM_SELF_TEST_FAILED)).toBe(0);
    expect(pump.machine.firmware.read("program.valid")).toBe(1);
    expect(pump.machine.board.nvm.bytes[recordAt(RECORD_CHART)]).not.toBe(0);
    expect(Buffer.compare(pump.machine.board.nvm.bytes.subarray(WINDOW_AT), OWN.subarray(WINDOW_AT))).toBe(0);
  });
});
