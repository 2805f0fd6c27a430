// The operations of the secure element on node:crypto: AES-128 in CCM mode (RFC 3610), X25519 (RFC 7748) and HKDF with SHA-256 (RFC
// 5869). They work on the buffer and the key slots of the part, which are in crypto.ts. Its module in WebAssembly calls the same
// operations, on a view of its memory.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { CRYPTO_KEY_BYTES, CRYPTO_NONCE_BYTES, CRYPTO_PUBLIC_KEY_BYTES, CRYPTO_TAG_BYTES } from "../../hal/crypto";
import { derivedKey, PAIRING_INFO, publicKeyOf, SESSION_INFO, sharedSecret } from "../key-agreement";

/** The memory of the part, and its chance. */
export interface Element {
  readonly buffer: Uint8Array;
  readonly keys: Uint8Array;
  readonly filled: Uint8Array;
  chance(): number;
}

const OPTIONS = { authTagLength: CRYPTO_TAG_BYTES };

export function seal(element: Element, slot: number, associated: number, text: number): boolean {
  const [nonce, data, body, tag] = parts(element, associated, text);
  const cipher = createCipheriv("aes-128-ccm", keyOf(element, slot), nonce, OPTIONS);
  cipher.setAAD(data, { plaintextLength: text });
  body.set(cipher.update(body));
  cipher.final();
  tag.set(cipher.getAuthTag());
  return true;
}

export function open(element: Element, slot: number, associated: number, text: number): boolean {
  const [nonce, data, body, tag] = parts(element, associated, text);
  const decipher = createDecipheriv("aes-128-ccm", keyOf(element, slot), nonce, OPTIONS);
  decipher.setAuthTag(tag);
  decipher.setAAD(data, { plaintextLength: text });
  try {
    const plain = decipher.update(body);
    decipher.final();
    body.set(plain);
    return true;
  } catch {
    // The part has checked the lengths, so the only error left is a tag that does not match.
    body.fill(0);
    return false;
  }
}

/** The next random byte. */
export function draw(element: Element): number {
  return element.chance();
}

export function agree(element: Element, slot: number): boolean {
  const { buffer } = element;
  const peer = buffer.slice(0, CRYPTO_PUBLIC_KEY_BYTES);
  buffer.fill(0, 0, CRYPTO_PUBLIC_KEY_BYTES);
  const secret = Uint8Array.from(peer, () => element.chance());
  const shared = sharedSecret(secret, peer);
  if (shared === null) return false;
  const own = publicKeyOf(secret);
  buffer.set(own);
  keep(element, slot, derivedKey(shared, Uint8Array.from([...peer, ...own]), PAIRING_INFO));
  return true;
}

export function derive(element: Element, from: number, to: number, salt: number): boolean {
  keep(element, to, derivedKey(keyOf(element, from), element.buffer.slice(0, salt), SESSION_INFO));
  return true;
}

function keep({ keys, filled }: Element, slot: number, key: Uint8Array): void {
  keys.set(key, slot * CRYPTO_KEY_BYTES);
  filled[slot] = 1;
}

function keyOf({ keys }: Element, slot: number): Uint8Array {
  return keys.subarray(slot * CRYPTO_KEY_BYTES, (slot + 1) * CRYPTO_KEY_BYTES);
}

function parts(
  { buffer }: Element,
  associated: number,
  text: number,
): [Uint8Array, Uint8Array, Uint8Array, Uint8Array] {
  const body = CRYPTO_NONCE_BYTES + associated;
  return [
    buffer.slice(0, CRYPTO_NONCE_BYTES),
    buffer.slice(CRYPTO_NONCE_BYTES, body),
    buffer.subarray(body, body + text),
    buffer.subarray(body + text, body + text + CRYPTO_TAG_BYTES),
  ];
}
