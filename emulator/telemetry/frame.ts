// The telemetry frame as a programmer codes it: COBS between zero bytes, with CRC-16/CCITT-FALSE inside. The layout is in
// hal/telemetry.ts. Encoding gives the bytes on the air, delimiters included. Decoding takes the bytes between two zeros.

import crc16ccitt from "crc/calculators/crc16ccitt";
import {
  FRAME_BYTES,
  FRAME_CODED_BYTES,
  FRAME_CRC_BYTES,
  FRAME_HEADER_BYTES,
  FRAME_VERSION,
} from "../../hal/telemetry";
import { FrameReader } from "./frame-reader";

export interface Frame {
  version: number;
  /** A FRAME_ code, with REPLY set in an answer. */
  type: number;
  body: Uint8Array;
}

/** The longest body: FRAME_BYTES without header and CRC. */
const BODY_BYTES = FRAME_BYTES - FRAME_HEADER_BYTES - FRAME_CRC_BYTES;

/** The bytes on the air of a frame. Throws RangeError on a body that is too long for a frame. */
export function encodeFrame(type: number, body: Uint8Array, version: number = FRAME_VERSION): Uint8Array {
  if (body.length > BODY_BYTES) throw new RangeError(`a frame's body has at most ${BODY_BYTES} bytes`);
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + body.length + FRAME_CRC_BYTES);
  bytes.set([version, type]);
  bytes.set(body, FRAME_HEADER_BYTES);
  const end = bytes.length - FRAME_CRC_BYTES;
  new DataView(bytes.buffer).setUint16(end, crc16ccitt(bytes.subarray(0, end)), true);
  return Uint8Array.from([0, ...encodeCobs(bytes), 0]);
}

/** The frame in the bytes between two zeros, or null when they are no frame. */
export function decodeFrame(coded: Uint8Array): Frame | null {
  const bytes = decodeCobs(coded);
  if (!bytes || bytes.length < FRAME_HEADER_BYTES + FRAME_CRC_BYTES) return null;
  const end = bytes.length - FRAME_CRC_BYTES;
  const crc = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint16(end, true);
  if (crc !== crc16ccitt(bytes.subarray(0, end))) return null;
  return { version: bytes[0], type: bytes[1], body: bytes.slice(FRAME_HEADER_BYTES, end) };
}

/** A reader that cuts the bytes from the air into telemetry frames. */
export function telemetryReader(): FrameReader<Frame> {
  return new FrameReader(CODING);
}

const CODING = Object.freeze({ codedBytes: FRAME_CODED_BYTES, decode: decodeFrame });

/** Consistent overhead byte stuffing in its short form, which has no extra code after a full last block. Without delimiter. */
export function encodeCobs(data: Uint8Array): Uint8Array {
  const out: number[] = [];
  let block: number[] = [];
  const flush = () => {
    out.push(block.length + 1, ...block);
    block = [];
  };
  let open = true;
  for (const byte of data) {
    open = true;
    if (byte === 0) flush();
    else if (block.push(byte) === 254) {
      flush();
      open = false;
    }
  }
  if (open) flush();
  return Uint8Array.from(out);
}

/**
 * The decoded bytes, or null when there is a zero inside or a code points beyond the end. A full last block decodes in both
 * forms.
 */
export function decodeCobs(coded: Uint8Array): Uint8Array | null {
  const out: number[] = [];
  let at = 0;
  while (at < coded.length) {
    const code = coded[at];
    if (code === 0 || at + code > coded.length) return null;
    for (let i = 1; i < code; i++) {
      if (coded[at + i] === 0) return null;
      out.push(coded[at + i]);
    }
    at += code;
    if (code !== 255 && at < coded.length) out.push(0);
  }
  return Uint8Array.from(out);
}
