// The direct programmer: what it sends for each of its acts, and how it reads the log and the program back.

import { describe, expect, test } from "vitest";
import {
  digestOf,
  encodeCommit,
  encodeImplant,
  encodeProgram,
  encodeRefill,
  type LogEntry,
  stagePieces,
  words,
} from "../../emulator/telemetry/messages";
import { Programmer } from "../../emulator/programmer/direct";
import {
  COMMAND_COMMIT,
  COMMAND_IMPLANT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_STOP,
  CONFIRM_SOFT_LIMIT,
  LOG_FAULTS,
  LOG_READ_MAX,
  OUTCOME_ACCEPTED,
  OUTCOME_NOT_PROGRAMMED,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_SOFT_LIMIT,
  PROGRAM_PIECE_BYTES,
  REASON_PALLIATIVE,
} from "../../hal/telemetry";
import { BARE, FLEX } from "../telemetry/programs";
import { type Answer, ScriptedPump } from "./scripted-pump";

function bench(answer?: Answer) {
  const pump = new ScriptedPump(answer);
  return { pump, programmer: new Programmer(pump.machine) };
}

describe("programming", () => {
  test("LNK-4: a program goes out as all pieces in order and then the digest of the whole record", () => {
    const { pump, programmer } = bench();
    expect(programmer.program(FLEX)).toBe(OUTCOME_ACCEPTED);
    const record = encodeProgram(FLEX);
    expect(pump.of(COMMAND_STAGE).map(({ payload }) => payload)).toEqual(stagePieces(record));
    expect(pump.of(COMMAND_STAGE)).toHaveLength(2);
    expect(pump.of(COMMAND_COMMIT).map(({ payload }) => payload)).toEqual([encodeCommit(digestOf(record))]);
  });

  test("LIM-8: a commit carries what is confirmed", () => {
    const { pump, programmer } = bench(({ kind }) => [kind === COMMAND_COMMIT ? OUTCOME_SOFT_LIMIT : OUTCOME_ACCEPTED]);
    const confirmation = { confirm: CONFIRM_SOFT_LIMIT, reason: REASON_PALLIATIVE, total: 400 };
    expect(programmer.program(BARE, confirmation)).toBe(OUTCOME_SOFT_LIMIT);
    const digest = digestOf(encodeProgram(BARE));
    expect(pump.of(COMMAND_COMMIT)[0].payload).toEqual(encodeCommit(digest, 1, 3, 400));
  });

  test("nothing is sent after a piece that is refused", () => {
    const { pump, programmer } = bench(() => [OUTCOME_OUT_OF_RANGE]);
    expect(programmer.program(FLEX)).toBe(OUTCOME_OUT_OF_RANGE);
    expect(pump.asked).toHaveLength(1);
  });

  test("LIF-1: a commissioning sends clock, catheter, fill and program", () => {
    const { pump, programmer } = bench();
    expect(programmer.commission(BARE)).toBe(OUTCOME_ACCEPTED);
    expect(pump.asked.map(({ kind, payload }) => [kind, payload])).toEqual([
      [COMMAND_SET_CLOCK, words(0)],
      [COMMAND_IMPLANT, encodeImplant(890, 195_800, true)],
      [COMMAND_REFILL, encodeRefill(true, 0, 72_000)],
      [COMMAND_STAGE, stagePieces(encodeProgram(BARE))[0]],
      [COMMAND_COMMIT, encodeCommit(digestOf(encodeProgram(BARE)))],
    ]);
  });

  test("the head lies over the pump for everything but the patient's bolus", () => {
    const { pump, programmer } = bench();
    for (const kind of [COMMAND_STOP, COMMAND_PATIENT_BOLUS, COMMAND_READ_LOG]) programmer.ask(kind);
    expect(pump.asked.map(({ head }) => head)).toEqual([true, false, true]);
    expect(pump.machine.board.link.programmingHead).toBe(false);
  });
});

describe("LOG-1: reading the log", () => {
  const entry = (sequence: number): LogEntry => ({ sequence, minute: 1, wall: 2, a: 3, b: 4, code: 5 });
  const bytes = ({ sequence, minute, wall, a, b, code }: LogEntry) => [...words(sequence, minute, wall, a, b), code];

  /** A ring that holds entries `oldest` to `newest`. */
  const ring =
    (oldest: number, newest: number): Answer =>
    ({ payload }) => {
      const first = new DataView(payload.buffer).getUint32(1, true);
      const start = Math.max(first, oldest);
      const count = Math.max(0, Math.min(LOG_READ_MAX, newest - start + 1));
      return [OUTCOME_ACCEPTED, count, ...Array.from({ length: count }, (_, i) => bytes(entry(start + i))).flat()];
    };

  test.each([
    [1, 0, 1, []],
    [1, 9, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [1, 9, 8, [8, 9]],
    [101, 103, 1, [101, 102, 103]],
  ])("a ring that holds %d to %d is read from %d on", (oldest, newest, from, sequences) => {
    const { pump, programmer } = bench(ring(oldest, newest));
    expect(programmer.readLog(LOG_FAULTS, from)).toEqual(sequences.map(entry));
    expect(pump.asked.every(({ payload }) => payload[0] === LOG_FAULTS)).toBe(true);
    expect(pump.asked).toHaveLength(Math.ceil(sequences.length / LOG_READ_MAX) + 1);
  });

  test.each<[string, Answer]>([
    ["no answer", () => null],
    ["a refusal", () => [OUTCOME_OUT_OF_RANGE]],
    ["half an entry", () => [OUTCOME_ACCEPTED, 1, 0, 0]],
    ["an entry before the first that was asked for", () => [OUTCOME_ACCEPTED, 1, ...bytes(entry(0))]],
    ["the same entry for ever", () => [OUTCOME_ACCEPTED, 1, ...bytes(entry(7))]],
  ])("%s is no log", (_, answer) => {
    expect(bench(answer).programmer.readLog(LOG_FAULTS)).toBeNull();
  });
});

describe("reading the program", () => {
  const record = encodeProgram(FLEX);
  const reading: Answer = ({ payload }) => {
    const offset = new DataView(payload.buffer).getUint16(0, true);
    return [OUTCOME_ACCEPTED, ...record.subarray(offset, offset + PROGRAM_PIECE_BYTES)];
  };

  test("the program is read back piece by piece as it was encoded", () => {
    const { pump, programmer } = bench(reading);
    expect(programmer.readProgram()).toEqual(FLEX);
    expect(pump.of(COMMAND_READ_PROGRAM)).toHaveLength(7);
  });

  test.each<[string, Answer]>([
    ["no answer", () => null],
    ["a pump without a program", () => [OUTCOME_NOT_PROGRAMMED]],
    ["a reply without bytes", () => [OUTCOME_ACCEPTED]],
    ["bytes of something else", () => [OUTCOME_ACCEPTED, ...Array.from({ length: PROGRAM_PIECE_BYTES }, () => 255)]],
  ])("%s is no program", (_, answer) => {
    expect(bench(answer).programmer.readProgram()).toBeNull();
  });
});
