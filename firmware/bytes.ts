// Little-endian integers in byte arrays, the only byte order of the telemetry protocol. A u32 comes back as a signed
// 32-bit number, so that a value of 2^31 and more reads as negative and fails every range check.

export function readU16(bytes: Uint8Array, at: i32): i32 {
  const low: i32 = bytes[at];
  const high: i32 = bytes[at + 1];
  return low | (high << 8);
}

export function readU32(bytes: Uint8Array, at: i32): i32 {
  return readU16(bytes, at) | (readU16(bytes, (at + 2) | 0) << 16);
}

export function writeU16(bytes: Uint8Array, at: i32, value: i32): void {
  bytes[at] = (value & 255) as u8;
  bytes[at + 1] = ((value >> 8) & 255) as u8;
}

export function writeU32(bytes: Uint8Array, at: i32, value: i32): void {
  writeU16(bytes, at, value & 0xffff);
  writeU16(bytes, (at + 2) | 0, (value >> 16) & 0xffff);
}
