// The CRC calculation unit, like that of the STM32L4 (RM0351) with the polynomial of its reset value and both bit orders
// reversed. The real unit needs four cycles of the bus clock for a word; here a call takes no time. It has no state and no
// faults, so there is no back door.

import { CrcPort } from "../../hal/crc";

/** 0x04C11DB7 with its bits in reverse order. */
const POLYNOMIAL: i32 = -306674912;
const BYTE_VALUES: i32 = 256;
const BITS_PER_BYTE: i32 = 8;

/** The rest of each byte. It never changes. */
const RESTS: Int32Array = restsOfBytes();

export class VirtualCrc extends CrcPort {
  addWord(crc: i32, word: i32): i32 {
    let rest: i32 = crc ^ word;
    rest = RESTS[rest & 255] ^ ((rest >> 8) & 0xffffff);
    rest = RESTS[rest & 255] ^ ((rest >> 8) & 0xffffff);
    rest = RESTS[rest & 255] ^ ((rest >> 8) & 0xffffff);
    return RESTS[rest & 255] ^ ((rest >> 8) & 0xffffff);
  }

  addByte(crc: i32, byte: i32): i32 {
    return RESTS[(crc ^ byte) & 255] ^ ((crc >> 8) & 0xffffff);
  }
}

function restsOfBytes(): Int32Array {
  const rests = new Int32Array(BYTE_VALUES);
  for (let byte: i32 = 0; byte < BYTE_VALUES; byte++) {
    let rest: i32 = byte;
    for (let bit: i32 = 0; bit < BITS_PER_BYTE; bit++) {
      rest = ((rest >> 1) & 0x7fffffff) ^ ((rest & 1) !== 0 ? POLYNOMIAL : 0);
    }
    rests[byte] = rest;
  }
  return rests;
}
