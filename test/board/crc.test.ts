// The CRC unit: CRC-32 of ISO-HDLC by words and by bytes, against the package crc.

import crc32 from "crc/calculators/crc32";
import { expect, test } from "vitest";
import { VirtualCrc } from "../../emulator/board/crc";

const unit = new VirtualCrc();
const byBytes = (bytes: Uint8Array) => ~bytes.reduce((crc, byte) => unit.addByte(crc, byte), -1);

test("the CRC unit gives the check value 0xCBF43926 over the bytes 123456789, by two words and a byte too", () => {
  const bytes = Buffer.from("123456789");
  expect(byBytes(bytes) >>> 0).toBe(0xcbf43926);
  const words = unit.addWord(unit.addWord(-1, bytes.readInt32LE(0)), bytes.readInt32LE(4));
  expect(~unit.addByte(words, bytes[8]) >>> 0).toBe(0xcbf43926);
});

test("the CRC unit gives for each byte alone, and for each bit of a word after it, what an independent CRC-32 gives", () => {
  for (let byte = 0; byte < 256; byte++) {
    const bytes = Buffer.alloc(5);
    bytes[0] = byte;
    bytes.writeUInt32LE((1 << (byte & 31)) >>> 0, 1);
    expect(byBytes(bytes) >>> 0).toBe(crc32(bytes) >>> 0);
    expect(~unit.addWord(unit.addByte(-1, byte), bytes.readInt32LE(1)) >>> 0).toBe(crc32(bytes) >>> 0);
  }
});

test("the CRC unit takes the low 8 bits of a byte and gives a signed number of 32 bits", () => {
  expect(unit.addByte(-1, 0x3ff)).toBe(unit.addByte(-1, 0xff));
  const rest = unit.addWord(0, -1);
  expect(rest).toBe(rest | 0);
});
