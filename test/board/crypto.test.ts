// The crypto part (SEC-4) by the packet vectors of RFC 3610, section 8, with M = 8, and by tampering with every byte of a
// sealed text (SEC-2). A second opinion on the vectors: CCM put together here from plain AES blocks of node:crypto.

import { createCipheriv } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CRYPTO_BUFFER_BYTES, CRYPTO_KEY_SLOTS, CRYPTO_NONCE_BYTES, CRYPTO_TAG_BYTES } from "../../hal/crypto";
import type { VirtualCrypto } from "../../emulator/board/crypto";
import { cryptoWith } from "../parts";

const KEY = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf";
/** RFC 3610 packet vectors 1 to 6: nonce, associated data, text, sealed text with its tag. */
const VECTORS: [number, string, string, string, string][] = [
  [
    1,
    "00000003020100a0a1a2a3a4a5",
    "0001020304050607",
    "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
    "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0",
  ],
  [
    2,
    "00000004030201a0a1a2a3a4a5",
    "0001020304050607",
    "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916",
  ],
  [
    3,
    "00000005040302a0a1a2a3a4a5",
    "0001020304050607",
    "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
    "51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da8596574adaa76fbd9fb0c5",
  ],
  [
    4,
    "00000006050403a0a1a2a3a4a5",
    "000102030405060708090a0b",
    "0c0d0e0f101112131415161718191a1b1c1d1e",
    "a28c6865939a9a79faaa5c4c2a9d4a91cdac8c96c861b9c9e61ef1",
  ],
  [
    5,
    "00000007060504a0a1a2a3a4a5",
    "000102030405060708090a0b",
    "0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "dcf1fb7b5d9e23fb9d4e131253658ad86ebdca3e51e83f077d9c2d93",
  ],
  [
    6,
    "00000008070605a0a1a2a3a4a5",
    "000102030405060708090a0b",
    "0c0d0e0f101112131415161718191a1b1c1d1e1f20",
    "6fc1b011f006568b5171a42d953d469b2570a4bd87405a0443ac91cb94",
  ],
];

const hex = (text: string) => [...Buffer.from(text, "hex")];
const put = (crypto: VirtualCrypto, bytes: readonly number[]) => bytes.forEach((byte, i) => crypto.put(i, byte));
const get = (crypto: VirtualCrypto, from: number, length: number) =>
  Array.from({ length }, (_, i) => crypto.get(from + i));

function withKey(key = KEY, slot = 0): VirtualCrypto {
  const crypto = cryptoWith(1);
  put(crypto, hex(key));
  crypto.storeKey(slot);
  return crypto;
}

/** CCM by the letter of RFC 3610 section 2: CBC-MAC, then counter mode. */
function ccm(key: number[], nonce: number[], associated: number[], text: number[]): number[] {
  const block = (bytes: number[]) => {
    const cipher = createCipheriv("aes-128-ecb", Buffer.from(key), null).setAutoPadding(false);
    return [...cipher.update(Buffer.from(bytes))];
  };
  const padded = (bytes: number[]) => [...bytes, ...Array.from({ length: (16 - (bytes.length % 16)) % 16 }, () => 0)];
  const flags = (associated.length > 0 ? 64 : 0) + 8 * ((CRYPTO_TAG_BYTES - 2) / 2) + 1;
  const head = associated.length > 0 ? padded([associated.length >> 8, associated.length & 255, ...associated]) : [];
  const input = [flags, ...nonce, text.length >> 8, text.length & 255, ...head, ...padded(text)];
  let mac = Array.from({ length: 16 }, () => 0);
  for (let at = 0; at < input.length; at += 16) mac = block(mac.map((byte, i) => byte ^ input[at + i]));
  const stream = (counter: number) => block([1, ...nonce, counter >> 8, counter & 255]);
  const sealed = text.map((byte, i) => byte ^ stream(1 + (i >> 4))[i & 15]);
  return [...sealed, ...mac.slice(0, CRYPTO_TAG_BYTES).map((byte, i) => byte ^ stream(0)[i])];
}

describe("SEC-4: seal and open give the packet vectors of RFC 3610", () => {
  test.each(VECTORS)("number %d", (_, nonce, associated, text, sealed) => {
    const [n, a, t, s] = [nonce, associated, text, sealed].map(hex);
    const at = n.length + a.length;
    const crypto = withKey();
    put(crypto, [...n, ...a, ...t]);
    expect(crypto.seal(0, a.length, t.length)).toBe(true);
    expect(get(crypto, at, s.length)).toEqual(s);
    expect(crypto.open(0, a.length, t.length)).toBe(true);
    expect(get(crypto, 0, at + t.length)).toEqual([...n, ...a, ...t]);
    expect(ccm(hex(KEY), n, a, t)).toEqual(s);
  });

  test("law: for every length that fits, seal gives what a plain CCM gives, and open restores the text", () => {
    const bytes = (min: number, max: number) => fc.array(fc.nat(255), { minLength: min, maxLength: max });
    const cases = fc.record({
      key: bytes(16, 16),
      nonce: bytes(13, 13),
      associated: bytes(0, 60),
      text: bytes(0, 170),
    });
    fc.assert(
      fc.property(cases, ({ key, nonce, associated, text }) => {
        const crypto = withKey(Buffer.from(key).toString("hex"), 7);
        const plain = [...nonce, ...associated, ...text];
        put(crypto, plain);
        expect(crypto.seal(7, associated.length, text.length)).toBe(true);
        const sealed = get(crypto, 13 + associated.length, text.length + CRYPTO_TAG_BYTES);
        expect(sealed).toEqual(ccm(key, nonce, associated, text));
        expect(crypto.open(7, associated.length, text.length)).toBe(true);
        expect(get(crypto, 0, plain.length)).toEqual(plain);
      }),
    );
  });
});

describe("SEC-2: a sealed text does not open and leaves no text in the buffer after a change of", () => {
  const [, nonce, associated, text] = VECTORS[0];
  const plain = [nonce, associated, text].flatMap(hex);
  const [a, t] = [hex(associated).length, hex(text).length];
  const whole = plain.length + CRYPTO_TAG_BYTES;

  function sealed(): VirtualCrypto {
    const crypto = withKey();
    put(crypto, plain);
    crypto.seal(0, a, t);
    return crypto;
  }

  function refuses(crypto: VirtualCrypto, slot = 0, associatedBytes = a, textBytes = t): void {
    expect(crypto.open(slot, associatedBytes, textBytes)).toBe(false);
    expect(get(crypto, CRYPTO_NONCE_BYTES + associatedBytes, textBytes).every((byte) => byte === 0)).toBe(true);
  }

  test("one bit of any byte of nonce, associated data, text or tag", () => {
    for (let at = 0; at < whole; at++) {
      const crypto = sealed();
      crypto.put(at, crypto.get(at) ^ (1 << (at & 7)));
      refuses(crypto);
    }
  });

  test("the key", () => {
    const crypto = sealed();
    const bytes = get(crypto, 0, whole);
    put(crypto, hex(KEY).reverse());
    crypto.storeKey(1);
    put(crypto, bytes);
    refuses(crypto, 1);
  });

  test.each([
    [a, t - 1],
    [a + 1, t - 1],
    [a - 1, t + 1],
    [a, 0],
  ])("the lengths to %d associated and %d text bytes", (associatedBytes, textBytes) =>
    refuses(sealed(), 0, associatedBytes, textBytes),
  );

  test("the tag where there is no text at all", () => {
    const crypto = withKey();
    put(crypto, plain.slice(0, 13 + a));
    expect(crypto.seal(0, a, 0)).toBe(true);
    crypto.put(13 + a, crypto.get(13 + a) ^ 1);
    expect(crypto.open(0, a, 0)).toBe(false);
  });
});

describe("the bounds of the part", () => {
  test("storing a key clears it from the buffer, and the other bytes stay", () => {
    const crypto = cryptoWith(1);
    put(crypto, [...hex(KEY), 9]);
    crypto.storeKey(3);
    expect(get(crypto, 0, 17)).toEqual([...Array.from({ length: 16 }, () => 0), 9]);
  });

  test("an empty slot and a slot that does not exist neither seal nor open, and the latter stores no key", () => {
    const crypto = withKey(KEY, 2);
    for (const slot of [-1, 0, 1, 3, CRYPTO_KEY_SLOTS]) {
      const buffer = crypto.buffer.slice();
      expect([crypto.seal(slot, 0, 4), crypto.open(slot, 0, 4)]).toEqual([false, false]);
      expect(crypto.buffer).toEqual(buffer);
    }
    const before = crypto.keys.slice();
    crypto.storeKey(CRYPTO_KEY_SLOTS);
    crypto.storeKey(-1);
    expect(crypto.keys).toEqual(before);
  });

  const room = CRYPTO_BUFFER_BYTES - CRYPTO_NONCE_BYTES - CRYPTO_TAG_BYTES;
  test.each([
    [0, room, true],
    [room, 0, true],
    [0, room + 1, false],
    [room, 1, false],
    [-1, 5, false],
    [5, -1, false],
  ])("%d associated and %d text bytes fit: %s", (associated, text, fits) => {
    const crypto = withKey();
    expect(crypto.seal(0, associated, text)).toBe(fits);
    expect(crypto.open(0, associated, text)).toBe(fits);
  });

  test("random bytes cover their range, are the same for the same seed and differ for another", () => {
    const bytesOf = (seed: number) => {
      const crypto = cryptoWith(seed);
      return Array.from({ length: 20 }, () => {
        crypto.random(200);
        return get(crypto, 0, 200);
      }).flat();
    };
    const bytes = bytesOf(1);
    expect(new Set(bytes).size).toBe(256);
    expect([Math.min(...bytes), Math.max(...bytes)]).toEqual([0, 255]);
    expect(bytesOf(1)).toEqual(bytes);
    expect(bytesOf(2)).not.toEqual(bytes);
  });
});
