// The bytes of the hal wire: the golden vectors, which are never made anew, and what noise can do to a reader of frames.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlockingPort } from "../../emulator/port/blocking-port";
import { encodeFrame } from "../../emulator/telemetry/frame";
import { ByteReader } from "../../emulator/hal-wire/bytes";
import {
  decodeWireFrame,
  encodeWireFrame,
  FRAME_BYTES_MAX,
  type WireFrame,
  wireReader,
} from "../../emulator/hal-wire/frame";
import * as message from "../../emulator/hal-wire/messages";
import { OPS, readOps, runsBetween } from "../../emulator/hal-wire/ops";
import { Wire } from "../../emulator/hal-wire/wire";
import { decodeVector, encodeVector, halWireVectors, hex, unhex } from "./vector";

const vectors = halWireVectors();

describe("the golden vectors", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
    expect(encodeVector(vector)).toEqual(vector);
    expect(decodeVector(vector.wire)).toEqual({ type: vector.type, sequence: vector.sequence, body: vector.body });
  });

  test("hold every call of the table", () => {
    const bodies = vectors.map(({ body }) => body as { calls?: { call: string }[] });
    const names = new Set(bodies.flatMap(({ calls }) => (calls ?? []).map(({ call }) => call)));
    expect([...names].sort()).toEqual(OPS.map(({ name }) => name).sort());
  });

  test("are the bytes that docs/hal-wire.md shows", () => {
    const page = readFileSync(new URL("../../docs/hal-wire.md", import.meta.url), "utf8");
    const shown = [...page.matchAll(/\b00(?: [0-9A-F]{2})+ 00\b/g)].map(([bytes]) =>
      bytes.replaceAll(" ", "").toLowerCase(),
    );
    expect(shown.length).toBeGreaterThan(6);
    const golden = new Set(vectors.map(({ wire }) => wire));
    expect(shown.filter((bytes) => !golden.has(bytes))).toEqual([]);
  });
});

/** The frames that these bytes complete. */
const framesOf = (reader: ReturnType<typeof wireReader>, bytes: Iterable<number>): WireFrame[] =>
  [...bytes].map((byte) => reader.take(byte)).filter((frame) => frame !== null);

/** A port at which these pieces have arrived, one a reading. */
const portOf = (pieces: Uint8Array[]): BlockingPort => ({
  stopped: 0,
  write: () => undefined,
  ignoreInterrupt: () => undefined,
  read: () => pieces.shift() ?? new Uint8Array(0),
});

const anyBytes = fc.uint8Array({ maxLength: 300 });

describe("frames of the hal wire", () => {
  test("come out as they went in, in pieces of any size", () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (bodies, size) => {
        const line = bodies.flatMap((body, i) => [...encodeWireFrame(5, i, body)]);
        const pieces = Array.from({ length: Math.ceil(line.length / size) }, (_, i) =>
          Uint8Array.from(line.slice(i * size, (i + 1) * size)),
        );
        const wire = new Wire(portOf(pieces));
        const seen = bodies.map(() => wire.receive(1000));
        expect(seen.map((frame) => frame && hex(frame.body))).toEqual(bodies.map(hex));
        expect([wire.receive(0), wire.reader.rejected]).toEqual([null, 0]);
      }),
    );
  });

  test("are read after any noise from the second one on at the latest", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (noise) => {
        const reader = wireReader();
        framesOf(reader, noise);
        const two = [1, 2].flatMap((sequence) => [...encodeWireFrame(4, sequence, new Uint8Array(0))]);
        expect(framesOf(reader, two).map(({ sequence }) => sequence)).toContain(2);
      }),
    );
  });

  test("are none with one bit flipped", () => {
    const coded = unhex(vectors[0].wire).subarray(1, -1);
    for (let bit = 0; bit < 8 * coded.length; bit++) {
      const damaged = coded.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(decodeWireFrame(damaged)).toBeNull();
    }
  });

  test("are none when they are of telemetry", () => {
    for (const version of [1, 2, 3, 0x7f]) {
      expect(decodeWireFrame(encodeFrame(1, new Uint8Array(0), version).subarray(1, -1))).toBeNull();
    }
  });

  test("are none, and are not kept, when they are longer than the longest", () => {
    const reader = wireReader();
    expect(framesOf(reader, new Uint8Array(10 * FRAME_BYTES_MAX).fill(1))).toEqual([]);
    expect(framesOf(reader, encodeWireFrame(4, 9, new Uint8Array(0))).map(({ sequence }) => sequence)).toEqual([9]);
    expect(reader.rejected).toBe(1);
  });
});

describe("the bodies of frames", () => {
  test("of any bytes decode to a value or to null, and never throw", () => {
    const decoders = [
      message.decodeHello,
      message.decodeRefusal,
      message.decodeFault,
      message.decodeSense,
      message.decodeImage,
      message.decodeEnd,
      message.decodeBufferResult,
      (bytes: Uint8Array) => readOps(new ByteReader(bytes)),
    ];
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        for (const decode of decoders) decode(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test("cut short or made longer decode to null", () => {
    for (const { type, plain } of vectors.filter((vector) => vector.type === "sense" || vector.type === "hello")) {
      const body = unhex(plain).slice(3, -2);
      const decode = type === "sense" ? message.decodeSense : message.decodeHello;
      for (let length = 0; length < body.length; length++) expect(decode(body.subarray(0, length))).toBeNull();
      expect(decode(Uint8Array.from([...body, 0]))).toBeNull();
    }
  });
});

describe("runs of changed bytes", () => {
  test("turn one memory into another", () => {
    const memory = fc.uint8Array({ minLength: 600, maxLength: 600, max: 3 });
    fc.assert(
      fc.property(memory, memory, fc.integer({ min: 20, max: 2000 }), (before, now, budget) => {
        const seen = before.slice();
        for (let round = 0; round < 600 && hex(seen) !== hex(now); round++) {
          const runs = runsBetween(seen, now, 5, budget);
          expect(runs.reduce((sum, { bytes }) => sum + 5 + bytes.length, 0)).toBeLessThanOrEqual(budget);
          for (const { at, bytes } of runs) seen.set(bytes, at);
        }
        expect(hex(seen)).toBe(hex(now));
      }),
      { numRuns: 50 },
    );
  });
});

test("a wait on a wire that babbles ends at its time-out", () => {
  let reads = 0;
  const port = {
    stopped: 0,
    write: () => undefined,
    ignoreInterrupt: () => undefined,
    read: () => {
      if (++reads > 5_000_000) throw new Error("it never ends");
      return Uint8Array.of(0x55, 0xaa, 0);
    },
  };
  expect(new Wire(port as never).receive(10)).toBeNull();
});
