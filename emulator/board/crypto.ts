// The secure element, on node:crypto: AES-128 in CCM mode (RFC 3610), X25519 (RFC 7748) and HKDF with SHA-256 (RFC 5869). It is
// like the Microchip ATECC608, which keeps keys in slots, agrees on keys and derives them, and gives random numbers; that part
// uses the curve P-256. The firmware can write and use a key slot and can never read it. Random bytes come from the run's
// own stream, so that a run repeats, and keys made from it protect nothing; a pump that is served draws from the system.

import { createCipheriv, createDecipheriv } from "node:crypto";
import {
  CRYPTO_BUFFER_BYTES,
  CRYPTO_KEY_BYTES,
  CRYPTO_KEY_SLOTS,
  CRYPTO_NONCE_BYTES,
  CRYPTO_PUBLIC_KEY_BYTES,
  CRYPTO_TAG_BYTES,
  CryptoPort,
  fitsCryptoBuffer,
  isKeySlot,
} from "../../hal/crypto";
import { derivedKey, PAIRING_INFO, publicKeyOf, SESSION_INFO, sharedSecret } from "../key-agreement";
import type { RandomStream } from "../random";
import { secretStream, type SecretSource } from "../system-random";

export class VirtualCrypto extends CryptoPort {
  stream: RandomStream;
  buffer: Uint8Array = new Uint8Array(CRYPTO_BUFFER_BYTES);
  keys: Uint8Array = new Uint8Array(CRYPTO_KEY_SLOTS * CRYPTO_KEY_BYTES);
  filled: Uint8Array = new Uint8Array(CRYPTO_KEY_SLOTS);

  constructor(seed: number, source: SecretSource = "seed") {
    super();
    this.stream = secretStream(source, seed, "crypto");
  }

  put(index: number, value: number): void {
    this.buffer[index] = value;
  }

  get(index: number): number {
    return this.buffer[index] ?? 0;
  }

  storeKey(slot: number): void {
    if (!isKeySlot(slot)) return;
    this.keep(slot, this.buffer.subarray(0, CRYPTO_KEY_BYTES));
    this.buffer.fill(0, 0, CRYPTO_KEY_BYTES);
  }

  seal(slot: number, associated: number, text: number): boolean {
    if (!this.fits(slot, associated, text)) return false;
    const [nonce, data, body, tag] = this.parts(associated, text);
    const options = { authTagLength: CRYPTO_TAG_BYTES };
    const cipher = createCipheriv("aes-128-ccm", this.key(slot), nonce, options);
    cipher.setAAD(data, { plaintextLength: text });
    body.set(cipher.update(body));
    cipher.final();
    tag.set(cipher.getAuthTag());
    return true;
  }

  open(slot: number, associated: number, text: number): boolean {
    if (!this.fits(slot, associated, text)) return false;
    const [nonce, data, body, tag] = this.parts(associated, text);
    const options = { authTagLength: CRYPTO_TAG_BYTES };
    const decipher = createDecipheriv("aes-128-ccm", this.key(slot), nonce, options);
    decipher.setAuthTag(tag);
    decipher.setAAD(data, { plaintextLength: text });
    try {
      const plain = decipher.update(body);
      decipher.final();
      body.set(plain);
      return true;
    } catch {
      // The only error left after `fits` is a tag that does not match.
      body.fill(0);
      return false;
    }
  }

  agree(slot: number): boolean {
    if (!isKeySlot(slot)) return false;
    const peer = this.buffer.slice(0, CRYPTO_PUBLIC_KEY_BYTES);
    this.buffer.fill(0, 0, CRYPTO_PUBLIC_KEY_BYTES);
    const secret = Uint8Array.from(peer, () => this.chance());
    const shared = sharedSecret(secret, peer);
    if (shared === null) return false;
    const own = publicKeyOf(secret);
    this.buffer.set(own);
    this.keep(slot, derivedKey(shared, Uint8Array.from([...peer, ...own]), PAIRING_INFO));
    return true;
  }

  derive(from: number, to: number, salt: number): boolean {
    if (!isKeySlot(from) || !isKeySlot(to) || !this.filled[from] || salt < 0 || salt > CRYPTO_BUFFER_BYTES)
      return false;
    this.keep(to, derivedKey(this.key(from), this.buffer.slice(0, salt), SESSION_INFO));
    return true;
  }

  random(count: number): void {
    for (let i = 0; i < Math.min(count, CRYPTO_BUFFER_BYTES); i++) this.buffer[i] = this.chance();
  }

  /** The next byte of the part's stream. */
  chance(): number {
    return this.stream.bits() & 255;
  }

  private keep(slot: number, key: Uint8Array): void {
    this.keys.set(key, slot * CRYPTO_KEY_BYTES);
    this.filled[slot] = 1;
  }

  private key(slot: number): Uint8Array {
    return this.keys.subarray(slot * CRYPTO_KEY_BYTES, (slot + 1) * CRYPTO_KEY_BYTES);
  }

  private parts(associated: number, text: number): [Uint8Array, Uint8Array, Uint8Array, Uint8Array] {
    const body = CRYPTO_NONCE_BYTES + associated;
    return [
      this.buffer.slice(0, CRYPTO_NONCE_BYTES),
      this.buffer.slice(CRYPTO_NONCE_BYTES, body),
      this.buffer.subarray(body, body + text),
      this.buffer.subarray(body + text, body + text + CRYPTO_TAG_BYTES),
    ];
  }

  private fits(slot: number, associated: number, text: number): boolean {
    return isKeySlot(slot) && this.filled[slot] === 1 && fitsCryptoBuffer(associated, text);
  }
}
