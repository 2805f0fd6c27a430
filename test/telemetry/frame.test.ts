// The telemetry frame at both of its ends: the host's codec and the firmware's, each against the golden vectors of field.md
// 9.2, against each other, and against all bytes that a link may bring (LNK-1).

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc16, crc32 } from "../../firmware/crc";
import { Log } from "../../firmware/log";
import { Changes } from "../../firmware/changes";
import { Telemetry } from "../../firmware/telemetry";
import { MemoryLatch } from "../../firmware/twin";
import type { Hal } from "../../hal/hal";
import {
  FRAME_BYTES,
  FRAME_CODED_BYTES,
  FRAME_CRC_BYTES,
  FRAME_HEADER_BYTES,
  FRAME_QUERY,
  FRAME_VERSION,
  OUTCOME_MALFORMED,
  REPLY,
} from "../../hal/telemetry";
import { EVENT_LINK_REFUSED } from "../../hal/trace";
import { decodeCobs, decodeFrame, encodeCobs, encodeFrame } from "../../emulator/telemetry/frame";
import { digestOf } from "../../emulator/telemetry/messages";
import { framesIn } from "../listen";

const BODY_BYTES = FRAME_BYTES - FRAME_HEADER_BYTES - FRAME_CRC_BYTES;
const CHECK = [...Buffer.from("123456789")];
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function telemetryOn(hal: Hal): Telemetry {
  const memory = new MemoryLatch();
  return new Telemetry(hal, new Log(hal, memory), memory, new Changes());
}

/** A firmware codec on as much of a board as it touches: bytes to come, bytes sent, refusals. */
function firmware() {
  const [inbound, sent, refusals]: [number[], number[], number[][]] = [[], [], []];
  const link = { receive: () => inbound.shift() ?? -1, send: (byte: number) => sent.push(byte) > 0 };
  const trace = { event: (...words: number[]) => refusals.push(words) };
  const telemetry = telemetryOn({ link, trace } as unknown as Hal);
  /** Takes the bytes in, tick by tick, and gives the frames that it understood. */
  const hear = (bytes: readonly number[]) => {
    inbound.push(...bytes);
    const frames: { type: number; body: number[] }[] = [];
    for (let tick = 0; inbound.length > 0 || tick === 0; tick++) {
      telemetry.startTick();
      telemetry.receive();
      if (telemetry.hasFrame) frames.push(frameIn(telemetry));
    }
    return frames;
  };
  return { telemetry, hear, inbound, sent, refusals };
}

function frameIn({ frame, frameLength }: Telemetry) {
  return { type: frame[1], body: [...frame.slice(FRAME_HEADER_BYTES, frameLength)] };
}

/** The firmware's COBS of `data`, without its two delimiters. */
function firmwareEncodes(data: readonly number[]): number[] {
  const { telemetry } = firmware();
  telemetry.reply.set(data);
  telemetry["encode"](data.length);
  return [...telemetry.sending.slice(1, telemetry.sendingLength.get() - 1)];
}

/** The bytes that the firmware's COBS finds in `coded`, or null. */
function firmwareDecodes(coded: readonly number[]): number[] | null {
  const { telemetry } = firmware();
  telemetry.received.set(coded);
  const length = telemetry["decode"](coded.length);
  return length < 0 ? null : [...telemetry.frame.slice(0, length)];
}

describe("LNK-1: the CRCs give their golden values over 123456789", () => {
  test("for both CRCs of the firmware", () => {
    expect(crc16(Uint8Array.from(CHECK), 0, CHECK.length)).toBe(0x29b1);
    expect(crc32(Uint8Array.from(CHECK), 0, CHECK.length) >>> 0).toBe(0xcbf43926);
    expect(crc16(Uint8Array.from([0, 0, ...CHECK, 0]), 2, CHECK.length)).toBe(0x29b1);
    expect(crc32(Uint8Array.from([0, 0, ...CHECK, 0]), 2, CHECK.length) >>> 0).toBe(0xcbf43926);
  });

  test("for the host's digest, which is CRC-32", () => expect(digestOf(Uint8Array.from(CHECK))).toBe(0xcbf43926));

  test.each([
    ["CRC-16/CCITT-FALSE", 0x29b1, true],
    ["CRC-16/XMODEM", 0x31c3, false],
    ["CRC-16/X-25", 0x906e, false],
    ["CRC-16/KERMIT", 0x2189, false],
    ["CRC-16/MCRF4XX", 0x6f91, false],
    ["CRC-16/MODBUS", 0x4b37, false],
    ["CRC-16/CCITT-FALSE, bytes swapped", 0xb129, false],
  ])(
    "so that both ends take a frame with the check %s, low byte first, only when it is the protocol's",
    (_, crc, taken) => {
      const coded = encodeCobs(Uint8Array.from([...CHECK, crc & 255, crc >> 8]));
      expect(decodeFrame(coded) !== null).toBe(taken);
      expect(firmware().hear([...coded, 0])).toHaveLength(taken ? 1 : 0);
    },
  );

  test("law: and both ends agree on the checksum of any text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
        expect(crc32(bytes, 0, bytes.length) >>> 0).toBe(digestOf(bytes));
      }),
    );
  });
});

/** Data and its stuffed form, short form of a full end. */
const COBS: [string, number[], number[]][] = [
  ["(empty)", [], [1]],
  ["00", [0], [1, 1]],
  ["00 00", [0, 0], [1, 1, 1]],
  ["11 22 00 33", [0x11, 0x22, 0, 0x33], [3, 0x11, 0x22, 2, 0x33]],
  ["11 22 33 44", [0x11, 0x22, 0x33, 0x44], [5, 0x11, 0x22, 0x33, 0x44]],
  ["11 00 00 00", [0x11, 0, 0, 0], [2, 0x11, 1, 1, 1]],
];
const LONG_COBS: [string, number[], number[]][] = [
  ["01..FE", count(1, 254), [255, ...count(1, 254)]],
  ["01..FF", count(1, 255), [255, ...count(1, 254), 2, 255]],
  ["00 01..FE", [0, ...count(1, 254)], [1, 255, ...count(1, 254)]],
];

describe("LNK-1: COBS gives its golden vectors", () => {
  test.each([...COBS, ...LONG_COBS])("at the host: %s", (_, data, coded) => {
    expect([...encodeCobs(Uint8Array.from(data))]).toEqual(coded);
    expect([...(decodeCobs(Uint8Array.from(coded)) ?? [])]).toEqual(data);
  });

  test("at the host, which decodes the long form of a full end as the short one", () => {
    expect([...(decodeCobs(Uint8Array.from([255, ...count(1, 254), 1])) ?? [])]).toEqual(count(1, 254));
  });

  test.each(COBS)("in the firmware: %s", (_, data, coded) => {
    expect(firmwareEncodes(data)).toEqual(coded);
    expect(firmwareDecodes(coded)).toEqual(data);
  });

  test.each(LONG_COBS)(
    "in the firmware, which refuses %s as longer than any frame, and understands the next one",
    (_, __, coded) => {
      const { hear, refusals } = firmware();
      expect(hear([...coded, 0, ...encodeFrame(FRAME_QUERY, new Uint8Array(0))])).toHaveLength(1);
      expect(refusals).toEqual([[EVENT_LINK_REFUSED, OUTCOME_MALFORMED, 0, 0]]);
    },
  );

  test.each([
    ["a code beyond the end", [3, 1]],
    ["a zero as code", [0]],
    ["a zero inside a block", [3, 0, 1]],
  ])("at the host, which refuses %s as no stuffed text", (_, coded) =>
    expect(decodeCobs(Uint8Array.from(coded))).toBeNull(),
  );

  test("in the firmware, which refuses a code beyond the end", () => expect(firmwareDecodes([3, 1])).toBeNull());

  test("law: and any stuffed text has no zero, one byte more for every 254 begun, and comes back at both ends", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { maxLength: 600 }), (data) => {
        const coded = encodeCobs(Uint8Array.from(data));
        expect(coded).not.toContain(0);
        expect(coded.length).toBeLessThanOrEqual(data.length + Math.max(1, Math.ceil(data.length / 254)));
        expect([...(decodeCobs(coded) ?? [])]).toEqual(data);
        const short = data.slice(0, FRAME_BYTES);
        const shortCoded = [...encodeCobs(Uint8Array.from(short))];
        expect(firmwareEncodes(short)).toEqual(shortCoded);
        expect(firmwareDecodes(shortCoded)).toEqual(short);
      }),
    );
  });
});

const frame = fc.record({
  type: fc.nat(255),
  body: fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { maxLength: BODY_BYTES }),
});
const onAir = ({ type, body }: { type: number; body: number[] }) => [...encodeFrame(type, Uint8Array.from(body))];

describe("the frame of the protocol", () => {
  test("is encoded by the host as it is written by hand", () => {
    const bytes = [FRAME_VERSION, 2, 0x34, 0x12, 7];
    const crc = crc16(Uint8Array.from(bytes), 0, bytes.length);
    const coded = [...encodeFrame(2, Uint8Array.of(0x34, 0x12, 7))];
    expect(coded).toEqual([0, 8, ...bytes, crc & 255, crc >> 8, 0]);
  });

  test("LNK-2: is read by both ends in another version, which the session refuses", () => {
    const bytes = encodeFrame(1, Uint8Array.of(2, 3), 9);
    expect(decodeFrame(bytes.subarray(1, bytes.length - 1))).toMatchObject({ version: 9, type: 1 });
    const { hear, telemetry } = firmware();
    expect(hear([...bytes])).toEqual([{ type: 1, body: [2, 3] }]);
    expect(telemetry.frame[0]).toBe(9);
  });

  test("may have the longest body at both ends, and a longer one is a RangeError", () => {
    const body = new Uint8Array(BODY_BYTES).fill(1);
    expect(encodeFrame(1, body)).toHaveLength(FRAME_CODED_BYTES + 2);
    expect(firmware().hear([...encodeFrame(1, body)])).toEqual([{ type: 1, body: [...body] }]);
    expect(() => encodeFrame(1, new Uint8Array(BODY_BYTES + 1))).toThrow(RangeError);
  });

  test("is refused, and not cut, with a byte more than the longest", () => {
    const bytes = [...encodeFrame(1, new Uint8Array(BODY_BYTES).fill(1))];
    const { hear, refusals } = firmware();
    expect([hear([...bytes.slice(0, -1), 7, 0]), refusals.length]).toEqual([[], 1]);
  });

  test("is none without room for header and CRC, even with a right CRC", () => {
    const body = [1];
    const crc = crc16(Uint8Array.from(body), 0, body.length);
    const coded = encodeCobs(Uint8Array.from([...body, crc & 255, crc >> 8]));
    expect(decodeFrame(coded)).toBeNull();
    const { hear, refusals } = firmware();
    expect([hear([...coded, 0]), refusals.length]).toEqual([[], 1]);
  });

  test("law: comes through unchanged from host to firmware and back", () => {
    fc.assert(
      fc.property(frame, (each) => {
        expect(firmware().hear(onAir(each))).toEqual([each]);
        const { telemetry, sent } = firmware();
        telemetry.reply.set(each.body, FRAME_HEADER_BYTES);
        telemetry.send(each.type, each.body.length);
        telemetry.transmit();
        expect(sent).toEqual(onAir(each));
        const back = decodeFrame(Uint8Array.from(sent.slice(1, -1)));
        expect(back).toEqual({ ...each, version: FRAME_VERSION, body: Uint8Array.from(each.body) });
      }),
    );
  });
});

describe("LNK-1: any bytes are survived, and the next whole frame is understood", () => {
  const noise = fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 255), fc.nat(255)), { maxLength: 700 });

  test("law: by the firmware, which counts the pieces that it refused", () => {
    fc.assert(
      fc.property(noise, frame, (garbage, each) => {
        const { hear, telemetry, refusals } = firmware();
        const heard = hear([...garbage, ...onAir(each)]);
        expect(heard.at(-1)).toEqual(each);
        expect(telemetry.refused.get()).toBe(refusals.length);
        expect(refusals.length + heard.length).toBeLessThanOrEqual(garbage.filter((byte) => byte === 0).length + 2);
      }),
      { numRuns: 300 },
    );
  });

  test("law: by the host, whose decoder never throws", () => {
    fc.assert(
      fc.property(noise, frame, (garbage, each) => {
        expect(framesIn([...garbage, ...onAir(each)]).at(-1)).toMatchObject({ type: each.type });
        expect(() => decodeFrame(Uint8Array.from(garbage))).not.toThrow();
      }),
      { numRuns: 100 },
    );
  });

  test("law: so that one bit flipped or one byte lost or doubled gives no wrong frame", () => {
    const damage = fc.record({ how: fc.constantFrom("flip", "drop", "double"), at: fc.nat(), bit: fc.nat(7) });
    fc.assert(
      fc.property(frame, frame, damage, (one, next, { how, at, bit }) => {
        const bytes = onAir(one);
        const i = at % bytes.length;
        if (how === "flip") bytes[i] ^= 1 << bit;
        else bytes.splice(i, how === "drop" ? 1 : 0, ...(how === "drop" ? [] : [bytes[i]]));
        const heard = firmware().hear([...bytes, ...onAir(next)]);
        expect(heard.at(-1)).toEqual(next);
        for (const each of heard.slice(0, -1)) expect(each).toEqual(one);
      }),
      { numRuns: 300 },
    );
  });

  test("one frame at a time, and none while a reply has not left", () => {
    const { telemetry, hear, inbound } = firmware();
    const one = { type: 1, body: [1] };
    const other = { type: 2, body: [] };
    expect(hear([...onAir(one), ...onAir(other)])).toEqual([one, other]);
    telemetry.send(1 | REPLY, 0);
    inbound.push(...onAir(one));
    telemetry.startTick();
    telemetry.receive();
    expect(telemetry.hasFrame).toBe(false);
    telemetry.transmit();
    expect(hear([])).toEqual([one]);
  });

  test("a reply waits for room on the link, and loses no byte", () => {
    const sent: number[] = [];
    let room = 0;
    const link = { receive: () => -1, send: (byte: number) => room-- > 0 && sent.push(byte) > 0 };
    const telemetry = telemetryOn({ link } as unknown as Hal);
    telemetry.send(1, 0);
    for (let tick = 0; tick < 20; tick++) {
      room = 3;
      telemetry.transmit();
    }
    expect(sent).toEqual(onAir({ type: 1, body: [] }));
  });
});
