// The reader that cuts a stream of bytes into frames: what it gives, what it passes over, and how little it keeps.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { StateView } from "../../emulator/machine/state";
import { encodeFrame, telemetryReader, type Frame } from "../../emulator/telemetry/frame";
import { FrameReader } from "../../emulator/telemetry/frame-reader";
import { FRAME_CODED_BYTES } from "../../hal/telemetry";
import { framesIn } from "../listen";

/** A coding in which every piece of up to four bytes is a frame. */
const PLAIN = { codedBytes: 4, decode: (coded: Uint8Array) => [...coded] };
const pieces = (bytes: Iterable<number>, reader = new FrameReader(PLAIN)) =>
  [...bytes].map((byte) => reader.take(byte)).filter((piece) => piece !== null);

test.each<[string, number[], number[][]]>([
  ["a frame between two zeros is one frame", [0, 1, 2, 0], [[1, 2]]],
  ["one zero between two frames ends one and begins the other", [1, 0, 2, 0], [[1], [2]]],
  ["zeros in a row are no frames", [0, 0, 0], []],
  ["a frame without its last zero is not given", [0, 1, 2], []],
  ["a frame of exactly the longest length is given", [1, 2, 3, 4, 0], [[1, 2, 3, 4]]],
])("%s", (_, bytes, frames) => expect(pieces(bytes)).toEqual(frames));

test("a piece that is longer than any frame is counted and dropped, and the next frame is given", () => {
  const reader = new FrameReader(PLAIN);
  expect(pieces([1, 2, 3, 4, 5, 0, 6, 0], reader)).toEqual([[6]]);
  expect(reader.rejected).toBe(1);
});

test("a piece that the decoder refuses is counted and dropped", () => {
  const reader = new FrameReader({ codedBytes: 4, decode: (coded) => (coded[0] === 1 ? null : coded[0]) });
  expect([1, 0, 2, 0].map((byte) => reader.take(byte))).toEqual([null, null, null, 2]);
  expect(reader.rejected).toBe(1);
});

test("the reader stops after each frame of a pump, and goes on behind it at the next call", () => {
  const air = [0, 1, 0, 2, 0, 3];
  const pump = { depart: () => air.shift() ?? -1 };
  const reader = new FrameReader(PLAIN);
  expect([reader.hear(pump), reader.hear(pump), reader.hear(pump)]).toEqual([[1], [2], null]);
  expect(air).toEqual([]);
});

test("the reader never keeps more bytes than one frame has", () => {
  const reader = telemetryReader();
  const { arrays } = new StateView({ reader });
  for (let i = 0; i < 10 * FRAME_CODED_BYTES; i++) reader.take(7);
  expect(arrays.map(({ array }) => array.length)).toEqual([FRAME_CODED_BYTES]);
});

test("EMU-5: another reader finishes a frame whose first half was saved as plain state", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(80), (body, cut) => {
      const bytes = encodeFrame(1, body);
      const [one, other] = [telemetryReader(), telemetryReader()];
      const frames: (Frame | null)[] = [...bytes.subarray(0, cut)].map((byte) => one.take(byte));
      new StateView({ reader: other }).restore(new StateView({ reader: one }).save());
      frames.push(...[...bytes.subarray(cut)].map((byte) => other.take(byte)));
      expect(frames.filter((frame) => frame !== null)).toEqual(framesIn(bytes));
    }),
  );
});
