// The crypto part: AES-128 in CCM mode (RFC 3610, 13-byte nonce, 8-byte tag), key agreement (X25519, RFC 7748), key derivation
// (HKDF-SHA-256, RFC 5869), and a random number generator. All of them work on a buffer that is a part of it. A real part is a
// secure element whose key slots keep their keys over resets. A key can be written and used, and never read. The buffer of seal
// and open holds nonce (13 bytes) | associated data | text. The tag follows: seal appends it, and open checks it.

export const CRYPTO_BUFFER_BYTES: i32 = 256;
export const CRYPTO_NONCE_BYTES: i32 = 13;
export const CRYPTO_TAG_BYTES: i32 = 8;
export const CRYPTO_KEY_BYTES: i32 = 16;
export const CRYPTO_KEY_SLOTS: i32 = 8;
export const CRYPTO_PUBLIC_KEY_BYTES: i32 = 32;

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class CryptoPort {
  /** Writes the low 8 bits of `value` into the buffer. `index`: 0..255; ignored outside. */
  abstract put(index: i32, value: i32): void;
  /** One byte of the buffer. `index`: 0..255. Gives 0..255. */
  abstract get(index: i32): i32;
  /** Copies the first 16 bytes of the buffer into a key slot and clears them. `slot`: 0..7; ignored outside. */
  abstract storeKey(slot: i32): void;
  /**
   * Encrypts `text` bytes in place after `associated` bytes and appends the tag. False for an empty slot or too many
   * bytes, after which the buffer is as it was. `slot`: 0..7; `associated`: 0..235; `text`: 0..235.
   */
  abstract seal(slot: i32, associated: i32, text: i32): bool;
  /**
   * Checks the tag and decrypts in place. False for a wrong tag, after which the text is zero, and for an empty slot or
   * too many bytes, after which the buffer is as it was. `slot`: 0..7; `associated`: 0..235; `text`: 0..235.
   */
  abstract open(slot: i32, associated: i32, text: i32): bool;
  /**
   * Agrees on a key with the other end, whose public key is the buffer's first 32 bytes. A fresh public key of this
   * part replaces it there, and `slot` gets HKDF(shared secret, salt: their key, then this one, info: "cistern
   * pairing"). False when the slot does not exist or their key gives no shared secret; these bytes are then zero and
   * the slot is unchanged. `slot`: 0..7.
   */
  abstract agree(slot: i32): bool;
  /**
   * Slot `to` gets HKDF(key of `from`, salt: the buffer's first `salt` bytes, info: "cistern session"). False for an
   * empty slot. `from`: 0..7; `to`: 0..7; `salt`: 0..255.
   */
  abstract derive(from: i32, to: i32, salt: i32): bool;
  /** Puts `count` random bytes at the beginning of the buffer. `count`: 0..255. */
  abstract random(count: i32): void;
}
// End of port.

/** True when the slot exists. Nothing in the firmware calls it, so no target carries it. */
export function isKeySlot(slot: i32): bool {
  return slot >= 0 && slot < CRYPTO_KEY_SLOTS;
}

/**
 * True when the buffer has room for so many bytes with their nonce and tag. Nothing in the firmware calls it, so no
 * target carries it.
 */
export function fitsCryptoBuffer(associated: i32, text: i32): bool {
  if (associated < 0 || text < 0) return false;
  return CRYPTO_NONCE_BYTES + associated + text + CRYPTO_TAG_BYTES <= CRYPTO_BUFFER_BYTES;
}
