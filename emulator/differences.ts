// Numbers as their differences, which for a steady signal repeat and so are compressed well: seven bits a byte, the lowest first;
// the lowest bit of a difference is its sign. A number is whole and below 2^51 in magnitude. The pages' modules in the browser
// read this form too.

/** A number of 53 bits and a sign takes eight bytes of seven bits. */
export const NUMBER_BYTES_MAX = 8;
/** Below this the difference of two numbers, doubled for its sign, is exact. */
export const WHOLE_MAX = 0x8_0000_0000_0000;

/** Writes each number's difference to the one before it; the first one's is to 0. Returns where the bytes end. */
export function putDifferences(out: Uint8Array, from: number, numbers: ArrayLike<number>): number {
  let at = from;
  let before = 0;
  for (let i = 0; i < numbers.length; i++) {
    const difference = numbers[i] - before;
    before = numbers[i];
    let rest = difference < 0 ? -2 * difference - 1 : 2 * difference;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80;
    out[at++] = rest;
  }
  return at;
}

/** Reads as many numbers as `numbers` holds. Returns where their bytes end. */
export function takeDifferences(bytes: Uint8Array, from: number, numbers: Float64Array): number {
  let at = from;
  let before = 0;
  for (let i = 0; i < numbers.length; i++) {
    let [rest, scale] = [0, 1];
    for (; bytes[at] >= 0x80; scale *= 0x80) rest += (bytes[at++] & 0x7f) * scale;
    rest += bytes[at++] * scale;
    before += rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2;
    numbers[i] = before;
  }
  return at;
}
