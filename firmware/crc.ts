// The two checksums of the telemetry protocol, bit by bit: a table would cost more memory than the time is worth at one
// frame a tick. They find noise, not an attacker. Check values over "123456789": 0x29B1 and 0xCBF43926.

const BITS: i32 = 8;
/** No frame or record is longer. */
const CHECKED_BYTES_MOST: i32 = 1024;

/** CRC-16/CCITT-FALSE over `length` bytes of `bytes` from 0. */
export function crc16(bytes: Uint8Array, length: i32): i32 {
  let crc: i32 = 0xffff;
  for (let i: i32 = 0; i < CHECKED_BYTES_MOST && i < length; i = (i + 1) | 0) {
    const byte: i32 = bytes[i];
    crc = crc ^ (byte << 8);
    for (let bit: i32 = 0; bit < BITS; bit = (bit + 1) | 0) {
      crc = (crc & 0x8000) != 0 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
    }
  }
  return crc;
}

/** CRC-32 (ISO-HDLC) over `length` bytes from `start`, as a signed 32-bit number. */
export function crc32(bytes: Uint8Array, start: i32, length: i32): i32 {
  let crc: i32 = -1;
  for (let i: i32 = 0; i < CHECKED_BYTES_MOST && i < length; i = (i + 1) | 0) {
    const byte: i32 = bytes[start + i];
    crc = crc ^ byte;
    for (let bit: i32 = 0; bit < BITS; bit = (bit + 1) | 0) {
      const shifted: i32 = (crc >> 1) & 0x7fffffff;
      crc = (crc & 1) != 0 ? shifted ^ -306674912 : shifted;
    }
  }
  return crc ^ -1;
}
