// The program on its way from the clinician to the pump: staged, read back, committed by its digest, shown by its digest,
// executed. One bit that is altered anywhere on that way is found, and the program that is shown is the one that is
// executed.

import { describe, expect, test } from "vitest";
import {
  decodeStatus,
  digestOf,
  encodeCommit,
  encodeProgram,
  encodeReadProgram,
  stagePieces,
} from "../../emulator/telemetry/messages";
import type { SecureChannel } from "../../emulator/telemetry/secure";
import type { Program } from "../../emulator/telemetry/program";
import {
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_READ_PROGRAM,
  COMMAND_STAGE,
  OUTCOME_ACCEPTED,
  OUTCOME_DIGEST,
  PROGRAM_BYTES,
  PROGRAM_PIECE_BYTES,
} from "../../hal/telemetry";
import { HOUR, MINUTE, PROGRAM, type Pump } from "../pump";
import { copyOf, order } from "./air";
import { bench, STAGED } from "./orders";

const { pump, clinician } = bench();
const start = pump.machine.snapshot();
let channel: SecureChannel;
const again = () => {
  pump.machine.restore(start);
  channel = copyOf(clinician);
};
/** Each under a sequence of its own: a commit that came before would only be acknowledged again. */
let sequence = 0;
const outcome = (kind: number, payload: Uint8Array) =>
  order(pump, channel, kind, payload, { sequence: ++sequence & 0xffff })?.payload[0];
const commit = (record: Uint8Array) => outcome(COMMAND_COMMIT, encodeCommit(digestOf(record)));

/** Every byte of the record means something: seven patterns of thirteen steps. */
const FULL: Program = {
  ...PROGRAM,
  mode: "flex",
  rate: 0,
  flex: {
    weekdays: [0, 1, 2, 3, 4, 5, 6],
    patterns: Array.from({ length: 7 }, (_, p) =>
      Array.from({ length: 13 }, (_, n) => ({ minute: n * 100, rate: 4_800 + 1_000 * p + 100 * n })),
    ),
  },
};
const RECORD = encodeProgram(FULL);
const PIECES = stagePieces(RECORD);

describe("field SEC-9 (SEC-2): a staged program", () => {
  test("that was not altered is committed", () => {
    again();
    for (const piece of PIECES) expect(outcome(COMMAND_STAGE, piece)).toBe(OUTCOME_ACCEPTED);
    expect(commit(RECORD)).toBe(OUTCOME_ACCEPTED);
    expect(pump.field("program.digest") >>> 0).toBe(digestOf(RECORD));
  });

  test.each(PIECES.map((_, i) => i))("is refused when one bit of piece %i was altered on its way", (index) => {
    again();
    for (const piece of PIECES) outcome(COMMAND_STAGE, piece);
    const staged = pump.machine.snapshot();
    const then = copyOf(channel);
    for (let bit = 0; bit < 8 * (PIECES[index].length - 2); bit++) {
      pump.machine.restore(staged);
      channel = copyOf(then);
      const altered = PIECES[index].slice();
      altered[2 + (bit >> 3)] ^= 1 << (bit & 7);
      outcome(COMMAND_STAGE, altered);
      // A first piece clears what was staged: the others follow it again.
      if (index === 0) for (const piece of PIECES.slice(1)) outcome(COMMAND_STAGE, piece);
      expect(commit(RECORD)).toBe(OUTCOME_DIGEST);
    }
    expect(pump.field("program.digest") >>> 0).toBe(digestOf(encodeProgram(PROGRAM)));
  });

  test("is refused when one bit of it was altered in the pump's memory after it was read back", () => {
    again();
    for (const piece of PIECES) outcome(COMMAND_STAGE, piece);
    const staged = pump.machine.snapshot();
    const then = copyOf(channel);
    for (let bit = 0; bit < 8 * PROGRAM_BYTES; bit++) {
      pump.machine.restore(staged);
      channel = copyOf(then);
      pump.machine.inject("ram_flip", bit & 7, `commands.draft.record[${bit >> 3}]`);
      expect(commit(RECORD)).toBe(OUTCOME_DIGEST);
    }
  });

  test("is refused when a piece was left out, sent twice, or put in another's place", () => {
    for (const pieces of [PIECES.slice(1), PIECES.slice(0, -1), [...PIECES.slice(0, 3), ...PIECES.slice(4)]]) {
      again();
      for (const piece of pieces) outcome(COMMAND_STAGE, piece);
      expect(commit(RECORD)).toBe(OUTCOME_DIGEST);
    }
    again();
    const exchanged = PIECES.map((piece, i) =>
      i === 2 ? Uint8Array.of(...piece.subarray(0, 2), ...PIECES[3].subarray(2)) : piece,
    );
    for (const piece of exchanged) outcome(COMMAND_STAGE, piece);
    expect(commit(RECORD)).toBe(OUTCOME_DIGEST);
    again();
    for (const piece of [...PIECES, PIECES[4]]) outcome(COMMAND_STAGE, piece);
    expect(commit(RECORD)).toBe(OUTCOME_ACCEPTED);
  });
});

describe("field SEC-15 (LNK-4): the program that is shown is the program that is executed", () => {
  /** Digest in the status, digest of the record read back, and of the record that the store holds. */
  function shown(on: Pump, by: SecureChannel): number[] {
    const status = decodeStatus(order(on, by, COMMAND_INTERROGATE)!.payload)!;
    const record: number[] = [];
    while (record.length < PROGRAM_BYTES) {
      record.push(...order(on, by, COMMAND_READ_PROGRAM, encodeReadProgram(record.length))!.payload.subarray(1));
    }
    return [status.digest, digestOf(Uint8Array.from(record)), on.field("program.digest") >>> 0];
  }
  const same = (record: Uint8Array) => Array.from({ length: 3 }, () => digestOf(record));

  test("while another one is staged, after a commit, and after a refused commit", () => {
    again();
    expect(shown(pump, channel)).toEqual(same(encodeProgram(PROGRAM)));
    expect(commit(STAGED)).toBe(OUTCOME_ACCEPTED);
    expect(shown(pump, channel)).toEqual(same(STAGED));
    for (const piece of PIECES) outcome(COMMAND_STAGE, piece);
    expect(commit(STAGED)).toBe(OUTCOME_DIGEST);
    expect(shown(pump, channel)).toEqual(same(STAGED));
  });

  test("and the pump delivers at the rate of the program whose digest is in the status", () => {
    again();
    expect(commit(STAGED)).toBe(OUTCOME_ACCEPTED);
    const from = pump.pulses;
    pump.machine.leap(10 * HOUR);
    // 12,000 x 0.01 uL/day is 0.2 of a pulse in a minute.
    expect(pump.pulses - from).toBe(200);
  });

  test("and a program that is altered in memory after its commit is shown as altered or stops the pump", () => {
    again();
    expect(commit(STAGED)).toBe(OUTCOME_ACCEPTED);
    const committed = pump.machine.snapshot();
    const then = copyOf(channel);
    const fields = pump.machine.firmware
      .paths()
      .filter((path) => /^(?:program\.rate\.value|store\.record)$/.test(path));
    expect(fields).toHaveLength(2);
    for (const field of ["program.rate", ...[0, 4, 5, 8, 18, 100].map((at) => `store.record[${at}]`)]) {
      pump.machine.restore(committed);
      channel = copyOf(then);
      pump.machine.inject("ram_flip", 3, field);
      pump.machine.run(2 * MINUTE);
      const alarmed = pump.alarms().includes("memory_fault");
      const [status, read] = alarmed ? [0, 1] : shown(pump, channel);
      expect({ field, seen: alarmed || status !== read }).toEqual({ field, seen: true });
    }
  });
});

const stagePieceCount = Math.ceil(PROGRAM_BYTES / PROGRAM_PIECE_BYTES);
test("the record of these tests fills every piece", () => {
  expect(PIECES).toHaveLength(stagePieceCount);
  expect(PIECES.reduce((sum, piece) => sum + piece.length - 2, 0)).toBe(PROGRAM_BYTES);
});
