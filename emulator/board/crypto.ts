// The secure element: its buffer, its key slots and its chance. It is like the Microchip ATECC608, which keeps keys in slots, agrees
// on keys and derives them, and gives random numbers; that part uses the curve P-256. The firmware can write and use a key slot
// and can never read it. The operations themselves are in secure-element.ts. Random bytes come from the run's own stream, so that
// a run repeats, and keys made from it protect nothing; a pump that is served draws from the system.

import {
  CRYPTO_BUFFER_BYTES,
  CRYPTO_KEY_BYTES,
  CRYPTO_KEY_SLOTS,
  CryptoPort,
  fitsCryptoBuffer,
  isKeySlot,
} from "../../hal/crypto";
import { RandomStream } from "../random";
import { agree, derive, draw, open, seal } from "./secure-element";

export class VirtualCrypto extends CryptoPort {
  stream: RandomStream;
  buffer: Uint8Array = new Uint8Array(CRYPTO_BUFFER_BYTES);
  keys: Uint8Array = new Uint8Array(CRYPTO_KEY_SLOTS * CRYPTO_KEY_BYTES);
  filled: Uint8Array = new Uint8Array(CRYPTO_KEY_SLOTS);

  constructor(stream: RandomStream) {
    super();
    this.stream = stream;
  }

  put(index: i32, value: i32): void {
    if (index >= 0 && index < CRYPTO_BUFFER_BYTES) this.buffer[index] = value as u8;
  }

  get(index: i32): i32 {
    return index >= 0 && index < CRYPTO_BUFFER_BYTES ? (this.buffer[index] as i32) : 0;
  }

  storeKey(slot: i32): void {
    if (!isKeySlot(slot)) return;
    for (let i = 0; i < CRYPTO_KEY_BYTES; i++) this.keys[slot * CRYPTO_KEY_BYTES + i] = this.buffer[i];
    this.filled[slot] = 1;
    this.buffer.fill(0, 0, CRYPTO_KEY_BYTES);
  }

  seal(slot: i32, associated: i32, text: i32): bool {
    return this.fits(slot, associated, text) && seal(this, slot, associated, text);
  }

  open(slot: i32, associated: i32, text: i32): bool {
    return this.fits(slot, associated, text) && open(this, slot, associated, text);
  }

  agree(slot: i32): bool {
    return isKeySlot(slot) && agree(this, slot);
  }

  derive(from: i32, to: i32, salt: i32): bool {
    if (!isKeySlot(from) || !isKeySlot(to) || this.filled[from] === 0) return false;
    return salt >= 0 && salt <= CRYPTO_BUFFER_BYTES && derive(this, from, to, salt);
  }

  random(count: i32): void {
    for (let i = 0; i < count && i < CRYPTO_BUFFER_BYTES; i++) this.buffer[i] = draw(this) as u8;
  }

  /** The next byte of the part's stream. */
  chance(): i32 {
    return this.stream.word() & 255;
  }

  private fits(slot: i32, associated: i32, text: i32): bool {
    return isKeySlot(slot) && this.filled[slot] === 1 && fitsCryptoBuffer(associated, text);
  }
}
