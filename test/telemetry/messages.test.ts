// The payloads of telemetry, byte by byte against hal/telemetry.ts, and replies read both by the host's layout and at the
// firmware's offsets.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  PAYLOAD_BYTES,
  LOG_ENTRY_BYTES,
  LOG_READ_MAX,
  PROGRAM_BYTES,
  PROGRAM_PIECE_BYTES,
  STATUS_BOLUS_GIVEN,
  STATUS_BOLUS_TOTAL,
  STATUS_BYTES,
  STATUS_CELL_MV,
  STATUS_DENIED,
  STATUS_DIGEST,
  STATUS_ESTIMATE,
  STATUS_FAULTS,
  STATUS_FLAGS,
  STATUS_GRANTED,
  STATUS_LAST_COMMAND,
  STATUS_LAST_OUTCOME,
  STATUS_LAST_SEQUENCE,
  STATUS_LIFE,
  STATUS_LOG,
  STATUS_MINUTE,
  STATUS_MISSED,
  STATUS_MODE,
  STATUS_OFFSET,
  STATUS_PULSES,
  STATUS_RATE,
  STATUS_REFUSED_FRAMES,
  STATUS_REQUESTS,
  STATUS_SELF_TEST,
  STATUS_SUPERVISED,
  STATUS_TOTAL,
  STATUS_ALARMS,
} from "../../hal/telemetry";
import {
  decodeCommit,
  decodeLog,
  decodeProgram,
  decodeRefill,
  decodeStatus,
  digestOf,
  encodeBridge,
  encodeCommit,
  encodeImplant,
  encodePrime,
  encodeProgram,
  encodeReadLog,
  encodeReadProgram,
  encodeRefill,
  stagePieces,
  words,
} from "../../emulator/telemetry/messages";
import { LIBRARY_VERSION } from "../../hal/drug-library";
import type { Program } from "../../emulator/telemetry/program";

/** The length of the offset that stands before a piece of a record. */
const OFFSET_BYTES = 2;

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
  drugs: [
    { id: 0x31, concentration: 0x32333435 },
    { id: 0x36, concentration: 0x3738393a },
  ],
  library: 0x1718,
  refill_days: 0x191a,
  periodic: { pulses: 0x1b1c, duration_s: 0x1d1e, every_min: 0x1f20 },
  flex: {
    patterns: [
      [{ minute: 0x4142, rate: 0x43444546 }],
      [
        { minute: 0x5152, rate: 0x53545556 },
        { minute: 0x6162, rate: 0x63646566 },
      ],
    ],
    weekdays: [0, 1, 0, 1, 0, 1, 1],
  },
};

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const byte = fc.integer({ min: 0, max: 255 });

/** Any program that a record holds, in the form that `decodeProgram` gives. */
const anyProgram: fc.Arbitrary<Program> = fc
  .record({
    mode: fc.constantFrom<Program["mode"]>("continuous", "flex", "periodic", "minimum", "stopped"),
    rate: u32,
    bolus: fc.option(
      fc.record({ pulses: u16, duration_s: u16, lockout_min: u16, per24h: fc.integer({ min: 1, max: 255 }) }),
    ),
    limits: fc.array(fc.record({ pulses: u32, window_min: u16 }), { maxLength: 4 }),
    low_pulses: u32,
    drugs: fc.array(fc.record({ id: byte, concentration: u32 }), { maxLength: 4 }),
    library: u16,
    more: fc.record(
      {
        refill_days: fc.integer({ min: 1, max: 0xffff }),
        periodic: fc.record({ pulses: fc.integer({ min: 1, max: 0xffff }), duration_s: u16, every_min: u16 }),
        flex: fc.record({
          patterns: fc.array(fc.array(fc.record({ minute: u16, rate: u32 }), { minLength: 1, maxLength: 13 }), {
            minLength: 1,
            maxLength: 7,
          }),
          weekdays: fc.array(byte, { minLength: 7, maxLength: 7 }),
        }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ more, ...program }) => ({ ...program, ...more }));

describe("the program record", () => {
  test("has every field in its place, little-endian", () => {
    const zeros = (length: number) => Array.from({ length }, () => 0);
    const head = [3, 2, 0x0b, 2, 4, 3, 2, 1, 6, 5, 8, 7, 0x0a, 9, 0x0f, 0x0e, 0x0d, 0x0c];
    const limits = [0x14, 0x13, 0x12, 0x11, 0x16, 0x15, 0x24, 0x23, 0x22, 0x21, 0x26, 0x25, ...zeros(12)];
    const dates = [0x18, 0x17, 0x1a, 0x19, 0x1c, 0x1b, 0x1e, 0x1d, 0x20, 0x1f];
    const drugs = [0x31, 0x35, 0x34, 0x33, 0x32, 0x36, 0x3a, 0x39, 0x38, 0x37, ...zeros(10)];
    const first = [1, 0x42, 0x41, 0x46, 0x45, 0x44, 0x43, ...zeros(72)];
    const second = [2, 0x52, 0x51, 0x56, 0x55, 0x54, 0x53, 0x62, 0x61, 0x66, 0x65, 0x64, 0x63, ...zeros(66)];
    const week = [0, 1, 0, 1, 0, 1, 1, 2, ...first, ...second, ...zeros(5 * 79)];
    expect([...encodeProgram(full)]).toEqual([...head, ...limits, ...dates, ...drugs, ...week]);
  });

  test.each([
    ["stopped", 1],
    ["minimum", 2],
    ["continuous", 3],
    ["flex", 4],
    ["periodic", 5],
  ] as const)("has %d for the mode %s, the present library, and zeros for the parts that are absent", (mode, code) => {
    const record = encodeProgram({ ...bare, mode });
    expect(record).toHaveLength(PROGRAM_BYTES);
    const set = [...record].flatMap((value, at) => (value === 0 ? [] : [[at, value]]));
    expect(set).toEqual([
      [0, code],
      [42, LIBRARY_VERSION],
    ]);
  });

  const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
  test.each<[string, Partial<Program>]>([
    ["a fifth limit", { limits: many(5, { pulses: 1, window_min: 60 }) }],
    ["a fifth drug", { drugs: many(5, { id: 1, concentration: 1 }) }],
    ["an eighth pattern", { flex: { patterns: many(8, []), weekdays: [] } }],
    ["an eighth weekday", { flex: { patterns: [], weekdays: many(8, 0) } }],
    ["a fourteenth step", { flex: { patterns: [many(14, { minute: 0, rate: 1 })], weekdays: [] } }],
  ])("has no room for %s", (_, more) => {
    expect(() => encodeProgram({ ...bare, ...more })).toThrow(RangeError);
  });

  test("law: is decoded as it was encoded, field for field", () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        expect(decodeProgram(encodeProgram(program))).toEqual(program);
      }),
    );
  });

  test("law: is decoded from any bytes to a program that encodes to the same bytes, or to none", () => {
    const edit = fc.record({ at: fc.integer({ min: 0, max: PROGRAM_BYTES - 1 }), value: byte });
    fc.assert(
      fc.property(anyProgram, fc.array(edit, { maxLength: 3 }), (program, edits) => {
        const record = encodeProgram(program);
        for (const { at, value } of edits) record[at] = value;
        const decoded = decodeProgram(record);
        if (decoded !== null) expect(encodeProgram(decoded)).toEqual(record);
      }),
    );
  });

  test.each<[string, number, number]>([
    ["an unknown mode", 0, 6],
    ["five limits", 1, 5],
    ["five drugs", 3, 5],
    ["eight patterns", 79, 8],
    ["fourteen steps", 80, 14],
    ["a drug beyond their number", 67, 1],
  ])("is refused with %s", (_, at, value) => {
    const record = encodeProgram(full);
    record[at] = value;
    expect(decodeProgram(record)).toBeNull();
  });

  test("is refused when it is too short", () => {
    expect(decodeProgram(encodeProgram(full).subarray(1))).toBeNull();
  });

  test("LNK-4: has an unsigned digest that changes with every byte", () => {
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

describe("the pieces of a record", () => {
  test("of a program without patterns are one", () => {
    const { flex: _, ...program } = full;
    const record = encodeProgram(program);
    expect(stagePieces(record).map((piece) => [...piece])).toEqual([
      [0, 0, ...record.subarray(0, PROGRAM_PIECE_BYTES)],
    ]);
  });

  test("of a record of zeros are one as well, which clears the stage", () => {
    expect(stagePieces(new Uint8Array(PROGRAM_BYTES))).toEqual([new Uint8Array(OFFSET_BYTES + PROGRAM_PIECE_BYTES)]);
  });

  test("law: make up the record, each fits its frame, and the last one is not all zeros", () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        const record = encodeProgram(program);
        const staged = new Uint8Array(PROGRAM_BYTES);
        const pieces = stagePieces(record);
        for (const piece of pieces) {
          staged.set(piece.subarray(OFFSET_BYTES), new DataView(piece.buffer).getUint16(0, true));
          expect(piece.length).toBeLessThanOrEqual(PAYLOAD_BYTES);
        }
        expect(staged).toEqual(record);
        expect(pieces[pieces.length - 1].subarray(OFFSET_BYTES).some((value) => value !== 0)).toBe(true);
      }),
    );
  });
});

describe("the payload of a command", () => {
  test.each([
    [[], []],
    [[0x01020304], [4, 3, 2, 1]],
    [
      [0xffffffff, 1],
      [255, 255, 255, 255, 1, 0, 0, 0],
    ],
  ])("has words of %j", (values, bytes) => expect([...words(...values)]).toEqual(bytes));

  test.each<[string, Uint8Array, number[]]>([
    ["a commit", encodeCommit(0x01020304), [4, 3, 2, 1, 0, 0, 0, 0, 0, 0]],
    ["a confirmed commit", encodeCommit(1, 7, 2, 258), [1, 0, 0, 0, 7, 2, 2, 1, 0, 0]],
    ["a refill of an empty pump", encodeRefill(true, 258, 3), [3, 2, 1, 0, 0, 3, 0, 0, 0]],
    ["a refill", encodeRefill(false, 258, 3), [2, 2, 1, 0, 0, 3, 0, 0, 0]],
    ["a wary refill", encodeRefill(true, 258, 3, false), [1, 2, 1, 0, 0, 3, 0, 0, 0]],
    ["a prime", encodePrime(258), [2, 1, 0, 0, 0]],
    ["a confirmed prime", encodePrime(258, true), [2, 1, 0, 0, 8]],
    ["a bridge", encodeBridge(258, 3), [2, 1, 0, 0, 3, 0, 0, 0]],
    ["an implant", encodeImplant(890, 195_800, false), [0x7a, 3, 0xd8, 0xfc, 2, 0, 0]],
    ["a purged implant", encodeImplant(890, 195_800, true), [0x7a, 3, 0xd8, 0xfc, 2, 0, 1]],
    ["a look into the log", encodeReadLog(1, 258), [1, 2, 1, 0, 0]],
    ["a look at the program", encodeReadProgram(632), [0x78, 2]],
  ])("%s", (_, payload, bytes) => {
    expect([...payload]).toEqual(bytes);
  });
});

describe("the reply to a command", () => {
  test("has the totals of a commit, accepted or not, and none beside a bare outcome", () => {
    expect(decodeCommit(Uint8Array.of(16, ...words(258, 3)))).toEqual({ total: 258, before: 3 });
    expect(decodeCommit(Uint8Array.of(26, ...words(258, 3), 7))).toEqual({ total: 258, before: 3, field: 7 });
    expect(decodeCommit(Uint8Array.of(10))).toBeNull();
  });

  test("has the expected content of a refill, and none beside a bare outcome", () => {
    expect(decodeRefill(Uint8Array.of(20, ...words(0xffffffff)))).toEqual({ expected: 0xffffffff });
    expect(decodeRefill(Uint8Array.of(9))).toBeNull();
  });

  test("law: has as many entries of the log as its count says", () => {
    const entry = fc.record({ sequence: u32, minute: u32, wall: u32, a: u32, b: u32, code: byte });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: LOG_READ_MAX }), (entries) => {
        const bytes = entries.flatMap(({ sequence, minute, wall, a, b, code }) => [
          ...words(sequence, minute, wall, a, b),
          code,
        ]);
        const payload = Uint8Array.of(0, entries.length, ...bytes);
        expect(payload.length).toBe(2 + entries.length * LOG_ENTRY_BYTES);
        expect(payload.length).toBeLessThanOrEqual(PAYLOAD_BYTES);
        expect(decodeLog(payload)).toEqual(entries);
        expect(decodeLog(Uint8Array.of(...payload, 0))).toBeNull();
      }),
    );
  });

  test.each([[[]], [[0]], [[0, 1]]])("is no list of entries when it is %j", (payload) => {
    expect(decodeLog(Uint8Array.from(payload))).toBeNull();
  });
});

describe("the payload of a status", () => {
  test("law: has every field at the firmware's offset", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: STATUS_BYTES + 1, maxLength: STATUS_BYTES + 1 }), (payload) => {
        const view = new DataView(payload.buffer, payload.byteOffset + 1);
        const half = (at: number) => view.getUint16(at, true);
        const word = (at: number) => view.getUint32(at, true);
        expect(decodeStatus(payload)).toEqual({
          mode: view.getUint8(STATUS_MODE),
          flags: view.getUint8(STATUS_FLAGS),
          lastCommand: view.getUint8(STATUS_LAST_COMMAND),
          lastOutcome: view.getUint8(STATUS_LAST_OUTCOME),
          lastSequence: half(STATUS_LAST_SEQUENCE),
          cell_mv: half(STATUS_CELL_MV),
          rate: word(STATUS_RATE),
          estimate: word(STATUS_ESTIMATE),
          pulses: word(STATUS_PULSES),
          missed: word(STATUS_MISSED),
          alarms: word(STATUS_ALARMS),
          minute: word(STATUS_MINUTE),
          offset: view.getInt32(STATUS_OFFSET, true),
          digest: word(STATUS_DIGEST),
          bolusGiven: word(STATUS_BOLUS_GIVEN),
          bolusTotal: word(STATUS_BOLUS_TOTAL),
          requests: half(STATUS_REQUESTS),
          granted: half(STATUS_GRANTED),
          denied: Array.from({ length: 9 }, (_, i) => half(STATUS_DENIED + 2 * i)),
          refusedFrames: half(STATUS_REFUSED_FRAMES),
          life: view.getUint8(STATUS_LIFE),
          selfTest: half(STATUS_SELF_TEST),
          log: word(STATUS_LOG),
          faults: word(STATUS_FAULTS),
          supervised: word(STATUS_SUPERVISED),
          total: word(STATUS_TOTAL),
        });
      }),
    );
  });

  test.each([0, 1, STATUS_BYTES, STATUS_BYTES + 2])("is refused with %d bytes", (length) => {
    expect(decodeStatus(new Uint8Array(length))).toBeNull();
  });
});
