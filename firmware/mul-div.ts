// Arithmetic that the language has no operator for. The quotient a x b / c is found by doubling and adding, so that it needs no
// integer wider than 32 bits, and the same source is exact under V8 and as WebAssembly. It takes 30 rounds, too many for every
// tick.
//
// Invariants of mulDiv: a, b and the quotient are 0 to 2^30-1, and c is 1 to 2^30. A caller checks values from outside against
// these bounds first.

import { assert } from "../hal/assert";

const OPERAND_BITS: i32 = 30;
const OPERAND_END: i32 = 1 << OPERAND_BITS;

/** floor(a x b / c). */
export function mulDiv(a: i32, b: i32, c: i32): i32 {
  assert(a >= 0 && a < OPERAND_END && b >= 0 && b < OPERAND_END, "mulDiv multiplies operands of 30 bits");
  assert(c > 0 && c <= OPERAND_END, "mulDiv divides by 1 to 2^30");
  const remainderOfB: i32 = (b % c) | 0;
  const quotientOfB: i32 = ((b - remainderOfB) / c) | 0;
  let quotient: i32 = 0;
  let remainder: i32 = 0;
  for (let bit: i32 = OPERAND_BITS - 1; bit >= 0; bit = (bit - 1) | 0) {
    assert(quotient < OPERAND_END >> 1, "mulDiv's quotient fits 30 bits");
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

/** floor(a x b / c) + 1, for a bound that may be a little too high but never too low. */
export function mulDivUp(a: i32, b: i32, c: i32): i32 {
  return (mulDiv(a, b, c) + 1) | 0;
}

export function smaller(a: i32, b: i32): i32 {
  return a < b ? a : b;
}
