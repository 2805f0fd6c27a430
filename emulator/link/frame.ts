// The telemetry frame as its other end codes it (hal/telemetry.ts has the layout): COBS between zero bytes, CRC-16/
// CCITT-FALSE inside. Encoding gives the bytes on the air, delimiters included; decoding takes the bytes between two zeros.

import crc16ccitt from "crc/calculators/crc16ccitt";
import { FRAME_CRC_BYTES, FRAME_HEADER_BYTES, FRAME_PAYLOAD_BYTES, FRAME_VERSION } from "../../hal/telemetry";

export interface Frame {
  version: number;
  kind: number;
  sequence: number;
  payload: Uint8Array;
}

/** Bytes on the air for a command or reply. Throws RangeError on a payload of more than FRAME_PAYLOAD_BYTES. */
export function encodeFrame(
  kind: number,
  sequence: number,
  payload: Uint8Array,
  version: number = FRAME_VERSION,
): Uint8Array {
  if (payload.length > FRAME_PAYLOAD_BYTES) throw new RangeError(`a payload has at most ${FRAME_PAYLOAD_BYTES} bytes`);
  const body = new Uint8Array(FRAME_HEADER_BYTES + payload.length + FRAME_CRC_BYTES);
  const view = new DataView(body.buffer);
  view.setUint8(0, version);
  view.setUint8(1, kind);
  view.setUint16(2, sequence, true);
  body.set(payload, FRAME_HEADER_BYTES);
  const end = body.length - FRAME_CRC_BYTES;
  view.setUint16(end, crc16ccitt(body.subarray(0, end)), true);
  return Uint8Array.from([0, ...encodeCobs(body), 0]);
}

/** The frame in the bytes between two zeros, or null when they are none. */
export function decodeFrame(coded: Uint8Array): Frame | null {
  const body = decodeCobs(coded);
  if (!body || body.length < FRAME_HEADER_BYTES + FRAME_CRC_BYTES) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const end = body.length - FRAME_CRC_BYTES;
  if (view.getUint16(end, true) !== crc16ccitt(body.subarray(0, end))) return null;
  return {
    version: view.getUint8(0),
    kind: view.getUint8(1),
    sequence: view.getUint16(2, true),
    payload: body.slice(FRAME_HEADER_BYTES, end),
  };
}

/** Consistent overhead byte stuffing, short form: no extra code after a full last block. Without delimiter. */
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

/** What was stuffed, or null when a zero stands inside or a code points beyond the end. Both forms of a full end decode. */
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
