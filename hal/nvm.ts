// Non-volatile memory: byte-addressed FRAM. A write of one byte completes or, if power fails in it, leaves a mixture of old and
// new bits. A real part is rated in cycles of a row. Reading a row empties it and writes it back, so each read and each write
// is a cycle; an access to several bytes of a row is one cycle. Parts of this size are rated for 10^14 cycles. The budget here
// is the 10^10 of the first such parts, a choice of this project.

/** 1 Mbit. */
export const NVM_BYTES: i32 = 131072;
export const NVM_ROW_BYTES: i32 = 8;
/** Cycles that a row is trusted with, in millions. */
export const NVM_ROW_MEGACYCLES: i32 = 10000;

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class NvmPort {
  /** One byte. `address`: 0..131071. Gives 0..255. */
  abstract read(address: i32): i32;
  /** Writes the low 8 bits of `value`. `address`: 0..131071; ignored outside. */
  abstract write(address: i32, value: i32): void;
  /** Four bytes in one access, the first of them lowest. `address`: 0..131068. */
  abstract readWord(address: i32): i32;
  /**
   * Writes four bytes in one access, from the lowest of `word` and `address` up. When power fails in it, the bytes
   * before one are new, that one is a mixture, and those after it are old. `address`: 0..131068; ignored outside.
   */
  abstract writeWord(address: i32, word: i32): void;
}
// End of port.
