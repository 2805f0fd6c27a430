// The crypto part: AES-128 in CCM mode (RFC 3610, 13-byte nonce, 8-byte tag) over a buffer of its own, and a random
// number generator. A real part: an accelerator with key slots that can be written and used but never read.
// Buffer layout of one operation: nonce (13) | associated data | text; seal appends the tag, open expects it there.

export const CRYPTO_BUFFER_BYTES: i32 = 256;
export const CRYPTO_NONCE_BYTES: i32 = 13;
export const CRYPTO_TAG_BYTES: i32 = 8;
export const CRYPTO_KEY_BYTES: i32 = 16;
export const CRYPTO_KEY_SLOTS: i32 = 8;

export abstract class CryptoPort {
  /** Writes the low 8 bits of `value` at 0..CRYPTO_BUFFER_BYTES-1. */
  abstract put(index: i32, value: i32): void;
  /** One byte of the buffer, 0..255. */
  abstract get(index: i32): i32;
  /** Copies the first 16 bytes of the buffer into a key slot and clears them. */
  abstract storeKey(slot: i32): void;
  /** Encrypts `text` bytes in place after `associated` bytes and appends the tag. False: empty slot or too long. */
  abstract seal(slot: i32, associated: i32, text: i32): bool;
  /** Checks the tag and decrypts in place. False: wrong tag, empty slot or too long; the text is then zeroed. */
  abstract open(slot: i32, associated: i32, text: i32): bool;
  /** One random byte, 0..255. */
  abstract random(): i32;
}
