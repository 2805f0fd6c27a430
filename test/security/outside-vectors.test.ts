// The cryptography by vectors that others published (SEC-4), through the calls that both ends of telemetry share and
// through the board's crypto part: X25519 by RFC 7748, HKDF by RFC 5869, and CCM by RFC 3610 in test/board/crypto.test.ts.
// HKDF is also put together here from HMAC, which RFC 4231 checks, for the lengths that no published vector has.

import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cryptoWith } from "../parts";
import { derivedKey, PAIRING_INFO, publicKeyOf, SESSION_INFO, sharedSecret } from "../../emulator/key-agreement";
import { own } from "./air";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

/** RFC 7748, 6.1. */
const ALICE = {
  secret: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  open: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
};
const BOB = {
  secret: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
  open: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
};
const SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

/** HKDF by the letter of RFC 5869, section 2. */
function hkdf(material: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer {
  const hmac = (key: Uint8Array, ...data: Uint8Array[]) => {
    const mac = createHmac("sha256", key);
    for (const each of data) mac.update(each);
    return mac.digest();
  };
  const key = hmac(salt.length > 0 ? salt : new Uint8Array(32), material);
  let out = Buffer.alloc(0);
  let last = Buffer.alloc(0);
  for (let i = 1; out.length < length; i++) {
    last = hmac(key, last, info, Uint8Array.of(i));
    out = Buffer.concat([out, last]);
  }
  return out.subarray(0, length);
}

describe("field SEC-21 (SEC-4): key agreement gives the vectors of RFC 7748", () => {
  test("for the public keys of both parties and their secret", () => {
    for (const { secret, open } of [ALICE, BOB]) expect(hex(publicKeyOf(bytes(secret)))).toBe(open);
    expect(hex(sharedSecret(bytes(ALICE.secret), bytes(BOB.open))!)).toBe(SHARED);
    expect(hex(sharedSecret(bytes(BOB.secret), bytes(ALICE.open))!)).toBe(SHARED);
  });

  test.each([
    [
      "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
      "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ],
  ])("for the scalar %s of its section 5.2", (scalar, point, result) => {
    expect(hex(sharedSecret(bytes(scalar), bytes(point))!)).toBe(result);
  });

  test("for the virtual part as one of the parties, with its public key and the key derived from the secret", () => {
    const part = cryptoWith(1);
    let at = 0;
    own(part, "chance", () => bytes(BOB.secret)[at++]);
    bytes(ALICE.open).forEach((byte, i) => part.put(i, byte));
    expect(part.agree(2)).toBe(true);
    expect(hex(Uint8Array.from({ length: 32 }, (_, i) => part.get(i)))).toBe(BOB.open);
    const salt = bytes(ALICE.open + BOB.open);
    const key = hkdf(bytes(SHARED), salt, Buffer.from("cistern pairing"), 16);
    expect(hex(part.keys.subarray(32, 48))).toBe(key.toString("hex"));
  });

  test.each([
    ["zero", "00".repeat(32)],
    ["one", `01${"00".repeat(31)}`],
    ["a point of order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
    ["p - 1", `ec${"ff".repeat(30)}7f`],
    ["p", `ed${"ff".repeat(30)}7f`],
    ["p + 1", `ee${"ff".repeat(30)}7f`],
  ])("and refuses a key that would leave no secret, such as %s", (_, key) => {
    expect(sharedSecret(bytes(ALICE.secret), bytes(key))).toBeNull();
    const part = cryptoWith(1);
    bytes(key).forEach((byte, i) => part.put(i, byte));
    expect(part.agree(0)).toBe(false);
    expect(part.filled[0]).toBe(0);
    expect(Array.from({ length: 32 }, (__, i) => part.get(i)).every((byte) => byte === 0)).toBe(true);
  });
});

describe("field SEC-21 (SEC-4): key derivation gives the vectors of RFC 5869 and RFC 4231", () => {
  test("for HMAC-SHA-256 in test case 2 of RFC 4231", () => {
    const mac = createHmac("sha256", "Jefe").update("what do ya want for nothing?").digest("hex");
    expect(mac).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  });

  test.each([
    [
      1,
      "0b".repeat(22),
      "000102030405060708090a0b0c",
      "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ],
    [
      3,
      "0b".repeat(22),
      "",
      "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ],
  ])("for HKDF-SHA-256 in test case %i of RFC 5869", (_, material, salt, info, result) => {
    expect(hkdf(bytes(material), bytes(salt), bytes(info), 42).toString("hex")).toBe(result);
  });

  test("for test case 3 through the call that both ends share, in its first 16 bytes", () => {
    expect(hex(derivedKey(bytes("0b".repeat(22)), new Uint8Array(0), ""))).toBe("8da4e775a563c18f715f802a063c5a31");
  });

  test("law: and equals HKDF for every material and salt, in the shared call and in the part", () => {
    const material = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const salt = fc.uint8Array({ minLength: 0, maxLength: 128 });
    fc.assert(
      fc.property(material, salt, (key, with_) => {
        const expected = hkdf(key, with_, Buffer.from("cistern session"), 16).toString("hex");
        expect(hex(derivedKey(key, with_, SESSION_INFO))).toBe(expected);
        const part = cryptoWith(1);
        key.forEach((byte, i) => part.put(i, byte));
        part.storeKey(0);
        with_.forEach((byte, i) => part.put(i, byte));
        expect(part.derive(0, 6, with_.length)).toBe(true);
        expect(hex(part.keys.subarray(96, 112))).toBe(expected);
      }),
    );
  });

  test("and uses the purposes of docs/telemetry.md", () => {
    expect([PAIRING_INFO, SESSION_INFO]).toEqual(["cistern pairing", "cistern session"]);
  });
});
