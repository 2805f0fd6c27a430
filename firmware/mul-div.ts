// a x b / c without a wider integer than 32 bits, by doubling and adding, so that the same source is exact under V8 and as
// WebAssembly. Operands and quotient are 0..2^30-1, c at least 1. At most 30 rounds; not for the path of every tick.

import { assert } from "../hal/assert";

const OPERAND_BITS: i32 = 30;

/** floor(a x b / c). Programmer error when an operand or the quotient is out of range. */
export function mulDiv(a: i32, b: i32, c: i32): i32 {
  assert(a >= 0 && b >= 0 && c > 0, "mulDiv operands are not negative");
  const remainderOfB: i32 = (b % c) | 0;
  const quotientOfB: i32 = ((b - remainderOfB) / c) | 0;
  let quotient: i32 = 0;
  let remainder: i32 = 0;
  for (let bit: i32 = OPERAND_BITS - 1; bit >= 0; bit = (bit - 1) | 0) {
    assert(quotient < 0x20000000, "mulDiv quotient fits");
    quotient = (quotient + quotient) | 0;
    remainder = (remainder + remainder) | 0;
    if (remainder >= c) {
      remainder = (remainder - c) | 0;
      quotient = (quotient + 1) | 0;
    }
    if (((a >> bit) & 1) != 0) {
      quotient = (quotient + quotientOfB) | 0;
      remainder = (remainder + remainderOfB) | 0;
      if (remainder >= c) {
        remainder = (remainder - c) | 0;
        quotient = (quotient + 1) | 0;
      }
    }
  }
  return quotient;
}

/** ceil(a x b / c), for the side on which more is safer; one too many when the division is exact is allowed. */
export function mulDivUp(a: i32, b: i32, c: i32): i32 {
  return (mulDiv(a, b, c) + 1) | 0;
}
