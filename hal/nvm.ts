// Non-volatile memory: byte-addressed FRAM. A write of one byte completes or, if power fails in it, leaves a mixture of
// old and new bits. A real part is rated in writes per cell; the virtual one counts them.

/** 1 Mbit. */
export const NVM_BYTES: i32 = 131072;

export abstract class NvmPort {
  /** One byte, 0..255. `address` 0..NVM_BYTES-1. */
  abstract read(address: i32): i32;
  /** Writes the low 8 bits of `value`. */
  abstract write(address: i32, value: i32): void;
}
