// The firmware's end of the telemetry link, driven by the host's own codec: two implementations that must agree.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../emulator/telemetry/frame";
import {
  decodeStatus,
  digestOf,
  encodeCommit,
  encodeProgram,
  encodeRefill,
  stagePieces,
  words,
} from "../../emulator/telemetry/messages";
import { crc16, crc32 } from "../../firmware/crc";
import { mulDiv, mulDivUp } from "../../firmware/mul-div";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_REFILL,
  COMMAND_STAGE,
  COMMAND_STOP,
  FRAME_CODED_BYTES,
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_SEALED,
  FRAME_VERSION,
  OUTCOME_MALFORMED,
  OUTCOME_VERSION,
  REPLY,
} from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { bytesWithin, framesWithin, say } from "../listen";
import { DAY, HOUR, MINUTE, PROGRAM, Pump } from "../pump";

const status = (pump: Pump) => decodeStatus(pump.programmer.ask(COMMAND_INTERROGATE)!.payload)!;
const put = (pump: Pump, bytes: Iterable<number>) => {
  say(pump.machine, bytes);
  pump.machine.run(20);
};

describe("the arithmetic of the firmware", () => {
  test("has an exact mulDiv, and a mulDivUp that is never less than the quotient", () => {
    const operand = fc.integer({ min: 0, max: 0x3fffffff });
    fc.assert(
      fc.property(operand, operand, fc.integer({ min: 1, max: 0x3fffffff }), (a, b, c) => {
        const exact = (BigInt(a) * BigInt(b)) / BigInt(c);
        fc.pre(exact < 0x20000000n);
        expect(BigInt(mulDiv(a, b, c))).toBe(exact);
        expect(BigInt(mulDivUp(a, b, c)) * BigInt(c)).toBeGreaterThanOrEqual(BigInt(a) * BigInt(b));
      }),
    );
  });

  test("gives the check values of the CRCs", () => {
    const bytes = new TextEncoder().encode("123456789");
    expect([crc16(bytes, 0, 9), crc32(bytes, 0, 9) >>> 0]).toEqual([0x29b1, 0xcbf43926]);
  });
});

describe("LNK-1: the frame", () => {
  test("any bytes change nothing but counters, and the next whole frame is understood", () => {
    const noise = fc.array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constant(0)), { maxLength: 400, size: "max" });
    fc.assert(
      fc.property(noise, (bytes) => {
        const pump = new Pump().wait(MINUTE);
        const before = [pump.field("program.digest"), pump.field("therapy.bolus.cause"), pump.pulses];
        put(pump, bytes);
        expect([pump.field("program.digest"), pump.field("therapy.bolus.cause"), pump.pulses]).toEqual(before);
        expect(pump.programmer.outcome(COMMAND_INTERROGATE)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("a flipped bit anywhere in a frame is refused and counted", () => {
    const pump = new Pump().wait(MINUTE);
    pump.programmer.ask(COMMAND_INTERROGATE);
    const frame = pump.programmer.sealed(COMMAND_CLINICIAN_BOLUS, 9, words(10, 60));
    pump.machine.board.link.programmingHead = true;
    for (let at = 1; at < frame.length - 1; at++) {
      for (let bit = 0; bit < 8; bit++)
        put(
          pump,
          frame.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)),
        );
    }
    expect(pump.heard("bolus_started")).toEqual([]);
    expect(status(pump).refusedFrames).toBeGreaterThanOrEqual((frame.length - 2) * 8);
    pump.machine.board.link.programmingHead = true;
    put(pump, pump.programmer.sealed(COMMAND_CLINICIAN_BOLUS, 9, words(10, 60)));
    expect(pump.heard("bolus_started")).toHaveLength(1);
  });

  test("a frame that is too long ends at its zero, and a piece that is too short is none", () => {
    const pump = new Pump().wait(MINUTE);
    put(pump, [...Array<number>(FRAME_CODED_BYTES + 50).fill(7), 0, 1, 0]);
    expect(pump.heard("link_refused", { reason: "malformed" })).toHaveLength(2);
  });

  test.each([
    ["an unknown frame", encodeFrame(77, new Uint8Array(0)), OUTCOME_MALFORMED],
    ["an answer", encodeFrame(FRAME_QUERY | REPLY, new Uint8Array(0)), OUTCOME_MALFORMED],
    ["a pairing without a key", encodeFrame(FRAME_PAIR, Uint8Array.of(1)), OUTCOME_MALFORMED],
    ["an opening without a nonce", encodeFrame(FRAME_OPEN, Uint8Array.of(0)), OUTCOME_MALFORMED],
    ["a sealed frame without a text", encodeFrame(FRAME_SEALED, new Uint8Array(16)), OUTCOME_MALFORMED],
    ["LNK-2: another version", encodeFrame(FRAME_OPEN, new Uint8Array(17), 1), OUTCOME_VERSION],
  ])("%s is refused with an answer", (_, frame, outcome) => {
    const pump = new Pump().wait(MINUTE);
    put(pump, frame);
    expect(pump.heard("link_refused", { reason: outcomeName(outcome) })).toHaveLength(1);
  });

  test.each([
    ["an unknown frame", encodeFrame(77, Uint8Array.of(1, 2, 3)), [2, 3]],
    ["a frame with a body of two bytes", encodeFrame(77, Uint8Array.of(8, 9)), [8, 9]],
    ["a frame with a body of one byte", encodeFrame(77, Uint8Array.of(8)), [0, 0]],
    ["a frame without a body", encodeFrame(77, new Uint8Array(0)), [0, 0]],
    ["a pairing without the head", encodeFrame(FRAME_PAIR, Uint8Array.of(1, ...new Uint8Array(30), 6, 7)), [6, 7]],
    ["an opening of nobody", encodeFrame(FRAME_OPEN, Uint8Array.of(5, ...new Uint8Array(14), 4, 5)), [4, 5]],
    ["a sealed frame of no session", encodeFrame(FRAME_SEALED, Uint8Array.of(...new Uint8Array(30), 3, 1)), [3, 1]],
  ])("SEC-5: the answer to %s carries the last two bytes of its body, or zeros", (_, frame, echo) => {
    const pump = new Pump().wait(MINUTE);
    say(pump.machine, frame);
    const [answer] = framesWithin(pump.machine, 5);
    expect([...answer.body.subarray(1)]).toEqual(echo);
  });

  test.each([0, 1, 9])("LNK-2: the version query works in version %d", (version) => {
    const pump = new Pump().wait(MINUTE);
    say(pump.machine, encodeFrame(FRAME_QUERY, Uint8Array.of(5, 0), version));
    expect(bytesWithin(pump.machine, 5)).toEqual([
      ...encodeFrame(FRAME_QUERY | REPLY, Uint8Array.of(0, FRAME_VERSION, 3, 0, 1, 0)),
    ]);
  });
});

describe("LNK-3: the outcome of a command", () => {
  test("a repeated command is acknowledged again and not executed again", () => {
    const pump = new Pump().wait(HOUR);
    const first = pump.programmer.ask(COMMAND_CLINICIAN_BOLUS, words(10, 60))!;
    pump.wait(10 * MINUTE);
    const again = pump.programmer.repeat(COMMAND_CLINICIAN_BOLUS, words(10, 60))!;
    expect(again).toEqual(first);
    pump.wait(10 * MINUTE);
    expect(pump.heard("bolus_started")).toHaveLength(1);
  });

  test("a repeat is answered with the outcome alone, also after a reset", () => {
    const pump = new Pump().wait(HOUR);
    const first = pump.programmer.ask(COMMAND_REFILL, encodeRefill(true, 71_000, 72_000))!;
    expect(first.payload).toHaveLength(5);
    expect([...pump.programmer.repeat(COMMAND_REFILL, encodeRefill(true, 71_000, 72_000))!.payload]).toEqual([0]);
    pump.machine.inject("reset");
    pump.wait(MINUTE);
    expect([...pump.programmer.repeat(COMMAND_REFILL, encodeRefill(true, 71_000, 72_000))!.payload]).toEqual([0]);
    expect(pump.heard("refilled")).toHaveLength(2);
  });

  test("ALM-2: ten unauthorised commands within any hour are an alarm", () => {
    const pump = new Pump().wait(61 * MINUTE);
    const attempt = (times: number) => {
      pump.programmer.ask(COMMAND_INTERROGATE);
      for (let i = 0; i < times; i++) {
        pump.say(COMMAND_STOP, 900 + i);
        pump.machine.run(5);
      }
    };
    attempt(1);
    pump.wait(58 * MINUTE);
    attempt(4);
    pump.wait(3 * MINUTE);
    attempt(5);
    pump.wait(MINUTE);
    expect(pump.alarms()).toEqual([]);
    attempt(1);
    pump.wait(MINUTE);
    expect(pump.alarms()).toEqual(["security"]);
  });

  test("another command under the same sequence is no repeat", () => {
    const pump = new Pump().wait(HOUR);
    pump.programmer.ask(COMMAND_CLINICIAN_BOLUS, words(10, 60));
    pump.wait(10 * MINUTE);
    pump.programmer.repeat(COMMAND_CLINICIAN_BOLUS, words(11, 60));
    expect(pump.heard("bolus_started").map((said) => said.fields["volume_nl"])).toEqual([2_500, 2_750]);
  });

  test("a denial is kept as well, and the status names the last command with its outcome", () => {
    const pump = new Pump({ limits: [{ pulses: 20, window_min: 60 }] }).wait(2 * HOUR);
    const reply = pump.programmer.ask(COMMAND_CLINICIAN_BOLUS, words(100, 600))!;
    expect(outcomeName(reply.payload[0])).toBe("dose_limit");
    pump.wait(DAY);
    expect(status(pump)).toMatchObject({
      lastCommand: COMMAND_CLINICIAN_BOLUS,
      lastSequence: reply.sequence,
      lastOutcome: reply.payload[0],
    });
  });

  test("a status shows the state of the pump", () => {
    const pump = new Pump().wait(HOUR);
    expect(status(pump)).toMatchObject({
      mode: 3,
      flags: 16,
      rate: 10_000,
      pulses: pump.pulses,
      missed: 0,
      alarms: 0,
      digest: digestOf(encodeProgram(PROGRAM)),
      estimate: 72_000 - pump.pulses,
      cell_mv: 3600,
    });
  });
});

describe("LNK-4: a program takes two steps", () => {
  const record = encodeProgram({ ...PROGRAM, rate: 20_000 });

  test("the stage changes nothing, and the commit must name its digest", () => {
    const pump = new Pump().wait(HOUR);
    pump.programmer.ask(COMMAND_STAGE, stagePieces(record)[0]);
    expect(pump.field("program.rate")).toBe(10_000);
    expect(outcomeName(pump.programmer.outcome(COMMAND_COMMIT, encodeCommit(digestOf(record) ^ 1))!)).toBe("digest");
    expect(pump.field("program.rate")).toBe(10_000);
    expect(outcomeName(pump.programmer.outcome(COMMAND_COMMIT, encodeCommit(digestOf(record)))!)).toBe("accepted");
    expect(pump.field("program.rate")).toBe(20_000);
  });

  test("a commit without a stage, and a second one, are refused", () => {
    const pump = new Pump().wait(HOUR);
    expect(outcomeName(pump.programmer.outcome(COMMAND_COMMIT, encodeCommit(digestOf(record)))!)).toBe("digest");
    pump.program({ ...PROGRAM, rate: 20_000 });
    expect(outcomeName(pump.programmer.outcome(COMMAND_COMMIT, encodeCommit(digestOf(record)))!)).toBe("digest");
  });

  test("the digest read back is over exactly the bytes sent", () => {
    const pump = new Pump().wait(MINUTE);
    const { payload } = pump.programmer.ask(COMMAND_STAGE, stagePieces(record)[0])!;
    expect(new DataView(payload.buffer, payload.byteOffset).getUint32(1, true)).toBe(digestOf(record));
  });
});
