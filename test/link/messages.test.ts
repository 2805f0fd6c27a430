// The payloads of telemetry, byte by byte against hal/telemetry.ts, and the status as a real pump sends it, read both by
// the host's layout and at the firmware's offsets.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  OUTCOME_ACCEPTED,
  PROGRAM_BYTES,
  STATUS_BOLUS_GIVEN,
  STATUS_BOLUS_TOTAL,
  STATUS_BYTES,
  STATUS_CELL_MV,
  STATUS_DENIED,
  STATUS_DIGEST,
  STATUS_ESTIMATE,
  STATUS_FLAGS,
  STATUS_GRANTED,
  STATUS_LAST_COMMAND,
  STATUS_LAST_OUTCOME,
  STATUS_LAST_SEQUENCE,
  STATUS_MINUTE,
  STATUS_MISSED,
  STATUS_MODE,
  STATUS_OFFSET,
  STATUS_PULSES,
  STATUS_RATE,
  STATUS_REFUSED_FRAMES,
  STATUS_REQUESTS,
  STATUS_ALARMS,
} from "../../hal/telemetry";
import { MODE_CONTINUOUS } from "../../hal/trace";
import { decodeStatus, digestOf, encodeProgram, encodeRefill, words } from "../../emulator/link/messages";
import { Programmer } from "../../emulator/link/programmer";
import { Machine } from "../../emulator/machine/machine";
import type { Program } from "../../emulator/machine/program";

const bare: Program = { mode: "stopped", rate: 0, bolus: null, limits: [], low_pulses: 0 };
const full: Program = {
  mode: "continuous",
  rate: 0x01020304,
  bolus: { pulses: 0x0506, duration_s: 0x0708, lockout_min: 0x090a, per24h: 0x0b },
  limits: [
    { pulses: 0x11121314, window_min: 0x1516 },
    { pulses: 0x21222324, window_min: 0x2526 },
  ],
  low_pulses: 0x0c0d0e0f,
};

describe("the program record", () => {
  test("every field in its place, little-endian", () => {
    const head = [3, 2, 0x0b, 0, 4, 3, 2, 1, 6, 5, 8, 7, 0x0a, 9, 0x0f, 0x0e, 0x0d, 0x0c];
    const limits = [0x14, 0x13, 0x12, 0x11, 0x16, 0x15, 0x24, 0x23, 0x22, 0x21, 0x26, 0x25];
    expect([...encodeProgram(full)]).toEqual([...head, ...limits, ...Array.from({ length: 12 }, () => 0)]);
  });

  test.each([
    ["stopped", 1],
    ["minimum", 2],
    ["continuous", 3],
  ] as const)("mode %s is %d, and what is not there is zero", (mode, code) => {
    expect([...encodeProgram({ ...bare, mode })]).toEqual([
      code,
      ...Array.from({ length: PROGRAM_BYTES - 1 }, () => 0),
    ]);
  });

  test("a fifth limit fits no record", () => {
    const limits = Array.from({ length: 5 }, () => ({ pulses: 1, window_min: 60 }));
    expect(() => encodeProgram({ ...bare, limits })).toThrow(RangeError);
  });

  test("LNK-4: the digest is unsigned, and changes with every byte of the record", () => {
    const record = encodeProgram(full);
    const digests = new Set([digestOf(record)]);
    for (let i = 0; i < record.length; i++) {
      const other = record.slice();
      other[i] ^= 1;
      digests.add(digestOf(other));
    }
    expect(digests.size).toBe(PROGRAM_BYTES + 1);
    for (const digest of digests) expect(digest).toBeGreaterThanOrEqual(0);
  });
});

describe("words and refills", () => {
  test.each([
    [[], []],
    [[0x01020304], [4, 3, 2, 1]],
    [
      [0xffffffff, 1],
      [255, 255, 255, 255, 1, 0, 0, 0],
    ],
  ])("words of %j", (values, bytes) => expect([...words(...values)]).toEqual(bytes));

  test.each([true, false])("a refill, emptied %s", (emptied) => {
    expect([...encodeRefill(emptied, 258, 3)]).toEqual([Number(emptied), 2, 1, 0, 0, 3, 0, 0, 0]);
  });
});

describe("the status", () => {
  test("law: every field is at the firmware's offset", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: STATUS_BYTES + 1, maxLength: STATUS_BYTES + 1 }), (payload) => {
        const view = new DataView(payload.buffer, payload.byteOffset + 1);
        const u16 = (at: number) => view.getUint16(at, true);
        const u32 = (at: number) => view.getUint32(at, true);
        expect(decodeStatus(payload)).toEqual({
          mode: view.getUint8(STATUS_MODE),
          flags: view.getUint8(STATUS_FLAGS),
          lastCommand: view.getUint8(STATUS_LAST_COMMAND),
          lastOutcome: view.getUint8(STATUS_LAST_OUTCOME),
          lastSequence: u16(STATUS_LAST_SEQUENCE),
          cell_mv: u16(STATUS_CELL_MV),
          rate: u32(STATUS_RATE),
          estimate: u32(STATUS_ESTIMATE),
          pulses: u32(STATUS_PULSES),
          missed: u32(STATUS_MISSED),
          alarms: u32(STATUS_ALARMS),
          minute: u32(STATUS_MINUTE),
          offset: view.getInt32(STATUS_OFFSET, true),
          digest: u32(STATUS_DIGEST),
          bolusGiven: u32(STATUS_BOLUS_GIVEN),
          bolusTotal: u32(STATUS_BOLUS_TOTAL),
          requests: u16(STATUS_REQUESTS),
          granted: u16(STATUS_GRANTED),
          denied: Array.from({ length: 9 }, (_, i) => u16(STATUS_DENIED + 2 * i)),
          refusedFrames: u16(STATUS_REFUSED_FRAMES),
        });
      }),
    );
  });

  test.each([0, 1, STATUS_BYTES, STATUS_BYTES + 2])("a payload of %d bytes is no status", (length) => {
    expect(decodeStatus(new Uint8Array(length))).toBeNull();
  });

  test("LNK-3, LNK-4: a pump that was programmed says so: rate, mode, digest, and the command it last took", () => {
    const machine = new Machine({
      seed: 1,
      start: { second: 0 },
      pump: {
        capacity_nl: 20e6,
        fill_nl: 18e6,
        catheter: { length_cm: 89, volume_nlPerCm: 2200 },
        state: "primed",
        unit: { bias: 0, ripple: 0 },
      },
      drugs: [{ concentration_mgPerMl: 10 }],
    });
    const program: Program = { ...bare, mode: "continuous", rate: 10000, low_pulses: 8000 };
    const programmer = new Programmer(machine);
    expect(programmer.commission(program)).toBe(OUTCOME_ACCEPTED);
    const status = decodeStatus(programmer.ask(COMMAND_INTERROGATE)?.payload ?? new Uint8Array(0));
    const expected = {
      mode: MODE_CONTINUOUS,
      rate: 10000,
      estimate: 72000,
      lastCommand: COMMAND_COMMIT,
      cell_mv: 3600,
    };
    expect(status).toMatchObject({ ...expected, digest: digestOf(encodeProgram(program)), missed: 0 });
  });
});
