// The two ways in which both ends of telemetry make a key, on node:crypto alone: X25519 (RFC 7748) for a pairing, and HKDF with
// SHA-256 (RFC 5869) for the keys that are derived from it. The board's secure element and the programmer's side share these
// calls and nothing else. The caller provides the 32 random bytes of a secret, so that a run repeats.

import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from "node:crypto";
import { CRYPTO_KEY_BYTES } from "../hal/crypto";

/** The purpose of a key, which HKDF takes as its info. */
export const PAIRING_INFO = "cistern pairing";
export const SESSION_INFO = "cistern session";

/** An X25519 key as JSON Web Key (RFC 8037). Node makes a key from it in 46 us, and from PKCS#8 in 393 us (measured, Node 20). */
const X25519 = { kty: "OKP", crv: "X25519" } as const;
/** In the place of the public key that goes with a secret: Node wants one and computes its own. */
const ANY_PUBLIC = textOf(new Uint8Array(32));

/** The public key, 32 bytes, of a secret of 32 bytes. */
export function publicKeyOf(secret: Uint8Array): Uint8Array {
  const { x } = secretKey(secret).export({ format: "jwk" });
  return Uint8Array.from(Buffer.from(x!, "base64url"));
}

/** The shared secret of both ends, 32 bytes. Null for a peer's key of small order, with which there would be no secret. */
export function sharedSecret(secret: Uint8Array, peer: Uint8Array): Uint8Array | null {
  try {
    const publicKey = createPublicKey({ key: { ...X25519, x: textOf(peer) }, format: "jwk" });
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
  return createPrivateKey({ key: { ...X25519, d: textOf(secret), x: ANY_PUBLIC }, format: "jwk" });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
