// The two ways in which both ends of telemetry make a key, on node:crypto alone: X25519 (RFC 7748) for a pairing, and HKDF with
// SHA-256 (RFC 5869) for the keys that are derived from it. The board's secure element and the programmer's side share these
// calls and nothing else. The caller provides the 32 random bytes of a secret, so that a run repeats.

import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from "node:crypto";
import { CRYPTO_KEY_BYTES } from "../hal/crypto";

/** The purpose of a key, which HKDF takes as its info. */
export const PAIRING_INFO = "cistern pairing";
export const SESSION_INFO = "cistern session";

/** DER around a raw X25519 key (RFC 8410): everything before its 32 bytes. */
const SECRET_DER = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_DER = Buffer.from("302a300506032b656e032100", "hex");

/** The public key, 32 bytes, of a secret of 32 bytes. */
export function publicKeyOf(secret: Uint8Array): Uint8Array {
  const spki = createPublicKey(secretKey(secret)).export({ format: "der", type: "spki" });
  return Uint8Array.from(spki.subarray(PUBLIC_DER.length));
}

/** The shared secret of both ends, 32 bytes. Null for a peer's key of small order, with which there would be no secret. */
export function sharedSecret(secret: Uint8Array, peer: Uint8Array): Uint8Array | null {
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([PUBLIC_DER, peer]), format: "der", type: "spki" });
    return Uint8Array.from(diffieHellman({ privateKey: secretKey(secret), publicKey }));
  } catch {
    // OpenSSL refuses an all-zero result; a key of 32 bytes has no other fault.
    return null;
  }
}

/** HKDF-SHA-256: an AES-128 key from `material` and `salt`, for the purpose that `info` names. */
export function derivedKey(material: Uint8Array, salt: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", material, salt, info, CRYPTO_KEY_BYTES));
}

function secretKey(secret: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([SECRET_DER, secret]), format: "der", type: "pkcs8" });
}
