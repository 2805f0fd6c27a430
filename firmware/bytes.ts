// Little-endian integers in byte arrays, the only byte order of the telemetry protocol and of the store. A u32 comes back as a
// signed 32-bit number, so that a value of 2^31 and more reads as negative and fails every range check.
//
// Invariant: an integer lies in its array with all its bytes.

import { assert } from "../hal/assert";

export function readU16(bytes: Uint8Array, at: i32): i32 {
  assert(at >= 0 && at < bytes.length - 1, "an integer is read from inside its array");
  const low: i32 = bytes[at];
  const high: i32 = bytes[at + 1];
  return low | (high << 8);
}

export function readU32(bytes: Uint8Array, at: i32): i32 {
  return readU16(bytes, at) | (readU16(bytes, (at + 2) | 0) << 16);
}

export function writeU16(bytes: Uint8Array, at: i32, value: i32): void {
  assert(at >= 0 && at < bytes.length - 1, "an integer is written inside its array");
  bytes[at] = (value & 255) as u8;
  bytes[at + 1] = ((value >> 8) & 255) as u8;
}

export function writeU32(bytes: Uint8Array, at: i32, value: i32): void {
  writeU16(bytes, at, value & 0xffff);
  writeU16(bytes, (at + 2) | 0, (value >> 16) & 0xffff);
}
