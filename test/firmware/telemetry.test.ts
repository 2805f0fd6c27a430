// The firmware's end of the telemetry link, driven by the host's own codec: two implementations that must agree.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../emulator/link/frame";
import { decodeStatus, digestOf, encodeProgram, words, encodeCommit, stagePieces } from "../../emulator/link/messages";
import { crc16, crc32 } from "../../firmware/crc";
import { mulDiv, mulDivUp } from "../../firmware/mul-div";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_STAGE,
  COMMAND_VERSION,
  FRAME_CODED_BYTES,
  OUTCOME_MALFORMED,
  OUTCOME_VERSION,
  outcomeName,
  REPLY,
} from "../../hal/telemetry";
import { DAY, HOUR, MINUTE, PROGRAM, Pump } from "../pump";

const status = (pump: Pump) => decodeStatus(pump.programmer.ask(COMMAND_INTERROGATE)!.payload)!;
const put = (pump: Pump, bytes: Iterable<number>) => {
  for (const byte of bytes) pump.machine.board.link.arrive(byte);
  pump.machine.run(20);
};

describe("arithmetic", () => {
  test("mulDiv is exact, and mulDivUp never less than the quotient", () => {
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

  test("check values of the CRCs", () => {
    const bytes = new TextEncoder().encode("123456789");
    expect([crc16(bytes, 9), crc32(bytes, 0, 9) >>> 0]).toEqual([0x29b1, 0xcbf43926]);
  });
});

describe("LNK-1: the frame", () => {
  test("any bytes are survived, change nothing but counters, and the next whole frame is understood", () => {
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
    const frame = encodeFrame(COMMAND_CLINICIAN_BOLUS, 9, words(10, 60));
    const pump = new Pump().wait(MINUTE);
    for (let at = 1; at < frame.length - 1; at++) {
      for (let bit = 0; bit < 8; bit++)
        put(
          pump,
          frame.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)),
        );
    }
    expect(pump.heard("bolus_started")).toEqual([]);
    expect(status(pump).refusedFrames).toBeGreaterThanOrEqual((frame.length - 2) * 8);
  });

  test("an endless frame ends at its zero, and a short one is none", () => {
    const pump = new Pump().wait(MINUTE);
    put(pump, [...Array<number>(FRAME_CODED_BYTES + 50).fill(7), 0, 1, 0]);
    expect(pump.heard("link_refused", { reason: "malformed" })).toHaveLength(2);
  });

  test.each([
    ["an unknown command", encodeFrame(77, 1, new Uint8Array(0)), OUTCOME_MALFORMED],
    ["a payload too long", encodeFrame(COMMAND_INTERROGATE, 1, new Uint8Array(3)), OUTCOME_MALFORMED],
    ["LNK-2: another version", encodeFrame(COMMAND_INTERROGATE, 1, new Uint8Array(0), 2), OUTCOME_VERSION],
  ])("%s is refused politely", (_, frame, outcome) => {
    const pump = new Pump().wait(MINUTE);
    put(pump, frame);
    expect(pump.heard("link_refused", { reason: outcomeName(outcome) })).toHaveLength(1);
  });

  test("LNK-2: the version query works in any version", () => {
    const pump = new Pump().wait(MINUTE);
    const sent: number[] = [];
    for (const byte of encodeFrame(COMMAND_VERSION, 5, new Uint8Array(0), 9)) pump.machine.board.link.arrive(byte);
    for (let i = 0; i < 5; i++) {
      pump.machine.step();
      for (let byte = pump.machine.board.link.depart(); byte >= 0; byte = pump.machine.board.link.depart())
        sent.push(byte);
    }
    expect(sent).toEqual([...encodeFrame(COMMAND_VERSION | REPLY, 5, Uint8Array.of(0, 1, 2, 0, 1, 0))]);
  });
});

describe("LNK-3: what became of a command", () => {
  test("a repeated command is acknowledged again and not executed again", () => {
    const pump = new Pump().wait(HOUR);
    const first = pump.programmer.ask(COMMAND_CLINICIAN_BOLUS, words(10, 60))!;
    pump.wait(10 * MINUTE);
    const again = pump.programmer.repeat(COMMAND_CLINICIAN_BOLUS, words(10, 60))!;
    expect(again).toEqual(first);
    pump.wait(10 * MINUTE);
    expect(pump.heard("bolus_started")).toHaveLength(1);
  });

  test("another command under the same sequence is no repeat", () => {
    const pump = new Pump().wait(HOUR);
    pump.programmer.ask(COMMAND_CLINICIAN_BOLUS, words(10, 60));
    pump.wait(10 * MINUTE);
    pump.programmer.repeat(COMMAND_CLINICIAN_BOLUS, words(11, 60));
    expect(pump.heard("bolus_started").map((said) => said.fields["volume_nl"])).toEqual([2_500, 2_750]);
  });

  test("a denial is remembered as well, and status names the last command with its outcome", () => {
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

  test("status tells what the pump does", () => {
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

  test("staged alone it changes nothing; the commit must name its digest", () => {
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
