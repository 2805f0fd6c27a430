// The frame of the hal wire, the test bench's link between a controller and a board (docs/hal-wire.md). It is COBS between
// zero bytes with CRC-16/CCITT-FALSE inside, as in telemetry, but its first byte is one that no telemetry frame begins
// with.

import crc16ccitt from "crc/calculators/crc16ccitt";
import { decodeCobs, encodeCobs } from "../telemetry/frame";
import { FrameReader } from "../telemetry/frame-reader";

/** C for cistern's bench, and 1 for the version. Telemetry frames begin with a version below 0x80. */
export const WIRE_VERSION = 0xc1;
/** The upper half of the first byte of every version; the lower half is the version's number. */
const WIRE_MAGIC = 0xc0;
const MAGIC_MASK = 0xf0;

export const FRAME_HELLO = 1;
export const FRAME_REFUSE = 2;
export const FRAME_IMAGE = 3;
export const FRAME_ACK = 4;
export const FRAME_SENSE = 5;
export const FRAME_ACT = 6;
export const FRAME_CALL = 7;
export const FRAME_RESULT = 8;
export const FRAME_END = 9;
export const FRAME_FAULT = 10;

const HEADER_BYTES = 3;
const CRC_BYTES = 2;
/** The longest frame, with header, body and CRC, before COBS. */
export const FRAME_BYTES_MAX = 1024;
export const BODY_BYTES_MAX = FRAME_BYTES_MAX - HEADER_BYTES - CRC_BYTES;
/** COBS adds one byte, and one more for each 254. */
const CODED_BYTES_MAX = FRAME_BYTES_MAX + 1 + Math.ceil(FRAME_BYTES_MAX / 254);

export interface WireFrame {
  version: number;
  type: number;
  sequence: number;
  body: Uint8Array;
}

/** The number of a version that a frame's first byte names. */
export function versionNumber(version: number): number {
  return version & ~MAGIC_MASK;
}

/** The bytes of a frame on the wire, both delimiters included. */
export function encodeWireFrame(
  type: number,
  sequence: number,
  body: Uint8Array,
  version: number = WIRE_VERSION,
): Uint8Array {
  if (body.length > BODY_BYTES_MAX) throw new RangeError(`a body has at most ${BODY_BYTES_MAX} bytes`);
  const plain = new Uint8Array(HEADER_BYTES + body.length + CRC_BYTES);
  plain.set([version, type, sequence]);
  plain.set(body, HEADER_BYTES);
  const end = plain.length - CRC_BYTES;
  const crc = crc16ccitt(plain.subarray(0, end));
  plain.set([crc & 255, crc >> 8], end);
  return Uint8Array.from([0, ...encodeCobs(plain), 0]);
}

/** The frame in the bytes between two zeros, of any version of this wire; null when they are no frame. */
export function decodeWireFrame(coded: Uint8Array): WireFrame | null {
  const plain = decodeCobs(coded);
  if (!plain || plain.length < HEADER_BYTES + CRC_BYTES || plain.length > FRAME_BYTES_MAX) return null;
  const end = plain.length - CRC_BYTES;
  if (crc16ccitt(plain.subarray(0, end)) !== (plain[end] | (plain[end + 1] << 8))) return null;
  if ((plain[0] & MAGIC_MASK) !== WIRE_MAGIC) return null;
  return { version: plain[0], type: plain[1], sequence: plain[2], body: plain.slice(HEADER_BYTES, end) };
}

/** Cuts a stream of bytes into frames of the wire. */
export function wireReader(): FrameReader<WireFrame> {
  return new FrameReader(CODING);
}

const CODING = Object.freeze({ codedBytes: CODED_BYTES_MAX, decode: decodeWireFrame });
