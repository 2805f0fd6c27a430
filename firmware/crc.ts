// The two checksums of the telemetry protocol, in code. CRC-16 is that of frames, of entries of the log and of marks. CRC-32 is
// the digest of a program; records of the store have the same sum from the board's CRC unit. Both take a byte at a time and have
// no branch. They have no table either, because one flipped bit in it would make every later checksum wrong. They find noise and
// do not stop an attacker. Check values over "123456789" are 0x29B1 and 0xCBF43926.
//
// Invariant: no program and no frame is longer than CHECKED_BYTES_MAX.

import { assert } from "../hal/assert";
import { FRAME_CODED_BYTES, PROGRAM_BYTES } from "../hal/telemetry";

/** The longest sequence of bytes that is checked. */
const CHECKED_BYTES_MAX: i32 = 1024;

assert(PROGRAM_BYTES <= CHECKED_BYTES_MAX, "the CRC covers a program record");
assert(FRAME_CODED_BYTES <= CHECKED_BYTES_MAX, "the CRC covers the longest frame");

/** CRC-16/CCITT-FALSE over `length` bytes from `start`. */
export function crc16(bytes: Uint8Array, start: i32, length: i32): i32 {
  assert(length >= 0 && length <= CHECKED_BYTES_MAX, "the CRC-16 covers all that is checked");
  let crc: i32 = 0xffff;
  for (let i: i32 = 0; i < CHECKED_BYTES_MAX && i < length; i = (i + 1) | 0) {
    const byte: i32 = bytes[start + i];
    // The polynomial x^16 + x^12 + x^5 + 1 has so few terms that a whole byte is divided at once.
    const top: i32 = ((crc >> 8) ^ byte) & 0xff;
    const quotient: i32 = top ^ (top >> 4);
    crc = ((crc << 8) ^ (quotient << 12) ^ (quotient << 5) ^ quotient) & 0xffff;
  }
  return crc;
}

/** CRC-32 (ISO-HDLC) over `length` bytes from `start`, as a signed 32-bit number. */
export function crc32(bytes: Uint8Array, start: i32, length: i32): i32 {
  assert(length >= 0 && length <= CHECKED_BYTES_MAX, "the CRC-32 covers all that is checked");
  let crc: i32 = -1;
  for (let i: i32 = 0; i < CHECKED_BYTES_MAX && i < length; i = (i + 1) | 0) {
    const byte: i32 = bytes[start + i];
    const low: i32 = crc ^ byte;
    // The remainder of each bit of the low byte, taken where the bit is set.
    crc =
      ((crc >> 8) & 0xffffff) ^
      (0x77073096 & (0 - (low & 1))) ^
      (-301047508 & (0 - ((low >> 1) & 1))) ^
      (0x076dc419 & (0 - ((low >> 2) & 1))) ^
      (0x0edb8832 & (0 - ((low >> 3) & 1))) ^
      (0x1db71064 & (0 - ((low >> 4) & 1))) ^
      (0x3b6e20c8 & (0 - ((low >> 5) & 1))) ^
      (0x76dc4190 & (0 - ((low >> 6) & 1))) ^
      (-306674912 & (0 - ((low >> 7) & 1)));
  }
  return crc ^ -1;
}
