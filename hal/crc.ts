// The CRC calculation unit: CRC-32 with the polynomial 0x04C11DB7, in the reversed bit order of ISO-HDLC, of a word or a byte at a
// time. It is like the unit of the STM32L4 (RM0351), which takes an initial value, reverses the bits of its input and of its
// output (CRC_INIT, REV_IN, REV_OUT), and needs four cycles of the bus clock for a word. A driver gives it the rest so far as
// the initial value. So the unit keeps nothing between two calls, and a reset between them loses nothing. A checksum
// begins with -1, and its last rest is inverted: over "123456789" that gives 0xCBF43926.

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class CrcPort {
  /** The rest after four more bytes, of which the first is the lowest of `word`. `crc` is the rest so far. */
  abstract addWord(crc: i32, word: i32): i32;
  /** The rest after one more byte, the low 8 bits of `byte`. `crc` is the rest so far. */
  abstract addByte(crc: i32, byte: i32): i32;
}
// End of port.
