// Chance: Marsaglia's xorshift128 against a BigInt oracle, streams that repeat by seed and differ by name, and fractions
// that are spread evenly.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../emulator/random";

const MASK = 0xffffffffn;
const word = (value: number) => BigInt(value >>> 0);

/** xorshift128 of Marsaglia (2003), words x, y, z, w as he names them. */
function oracle(stream: RandomStream): () => number {
  let [x, y, z, w] = [word(stream.d), word(stream.c), word(stream.b), word(stream.a)];
  return () => {
    const t = (x ^ (x << 11n)) & MASK;
    [x, y, z] = [y, z, w];
    w = w ^ (w >> 19n) ^ t ^ (t >> 8n);
    return Number(w);
  };
}

const take = (stream: RandomStream, count: number) => Array.from({ length: count }, () => stream.bits());

test("law: for any seed the stream follows Marsaglia's sequence from its state", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
      const stream = new RandomStream(seed, "a");
      const next = oracle(stream);
      for (let i = 0; i < 50; i++) expect(stream.bits()).toBe(next());
    }),
  );
});

test("from Marsaglia's own seed the first number is the published 3701687786", () => {
  const stream = new RandomStream(0, "");
  Object.assign(stream, { d: 123456789, c: 362436069, b: 521288629, a: 88675123 });
  expect(take(stream, 3)).toEqual([3701687786, 458299110, 2500872618]);
});

describe("EMU-1: random streams", () => {
  test("repeat with the same seed and name, and go on from a copied state", () => {
    const stream = new RandomStream(7, "link");
    const first = take(stream, 20);
    expect(take(new RandomStream(7, "link"), 20)).toEqual(first);
    const copy = Object.assign(new RandomStream(0, "other"), { ...stream });
    expect(take(copy, 20)).toEqual(take(stream, 20));
  });

  test.each([
    ["another name", 7, "motor.slip"],
    ["another seed", 8, "link"],
    ["a seed that differs in its top bit", 7 + 2 ** 31, "link"],
    ["an empty name", 7, ""],
  ])("differ for %s", (_, seed, name) => {
    const one = new Set(take(new RandomStream(7, "link"), 100));
    expect(take(new RandomStream(seed, name), 100).filter((bits) => one.has(bits))).toEqual([]);
    const [here, there] = [new RandomStream(7, "link"), new RandomStream(seed, name)];
    for (const word of ["a", "b", "c", "d"] as const) expect(there[word]).not.toBe(here[word]);
  });

  test("never have the dead state of four zeros, whatever the seed", () => {
    for (let seed = 0; seed < 2000; seed++) {
      const stream = new RandomStream(seed * 2147483, "x");
      expect([stream.a, stream.b, stream.c, stream.d]).not.toEqual([0, 0, 0, 0]);
      expect(stream.d & 1).toBe(1);
    }
  });
});

describe("the fractions of a stream", () => {
  test("lie in [0, 1), with an even mean and evenly in twenty parts", () => {
    const stream = new RandomStream(1, "even");
    const parts = new Array<number>(20).fill(0);
    let sum = 0;
    for (let i = 0; i < 100000; i++) {
      const fraction = stream.fraction();
      if (!(fraction >= 0 && fraction < 1)) throw new Error(`${fraction} is no fraction`);
      parts[Math.floor(fraction * 20)]++;
      sum += fraction;
    }
    expect(Math.abs(sum / 100000 - 0.5)).toBeLessThan(0.005);
    expect(Math.max(...parts.map((count) => Math.abs(count - 5000)))).toBeLessThan(350);
  });

  test("are exactly the stream's words over 2^32", () => {
    const bits = take(new RandomStream(3, "x"), 50);
    const stream = new RandomStream(3, "x");
    expect(bits.map(() => stream.fraction() * 2 ** 32)).toEqual(bits);
  });
});
