// The bad cable of the tests. Each way of damaging bytes is shown on bytes that can be looked at, and repeats with its
// script.

import { describe, expect, test } from "vitest";
import { BadWire, readAt, type Script, STRIKES } from "./bad-cable";

const frame = (...bytes: number[]) => [0, ...bytes, 0];
const FRAMES = Array.from({ length: 40 }, (_, i) => frame(i + 1, 100, 101, 102, 103, i + 1)).flat();

/** The bytes that come out of a wire, whether they went in one by one or at once. */
function through(script: Script, bytes: readonly number[], size = bytes.length, seed = 5): number[] {
  const wire = new BadWire(seed);
  wire.play(script);
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i += size) out.push(...wire.pass(Uint8Array.from(bytes.slice(i, i + size))));
  return out;
}

test("a good cable changes nothing", () => {
  expect(through({}, FRAMES)).toEqual(FRAMES);
});

describe.each(STRIKES.filter((strike) => strike !== "delay"))("%s", (strike) => {
  const script = { strikes: [strike], every: 60 };

  test("damages the same bytes each time, in pieces of any size", () => {
    const damaged = through(script, FRAMES);
    expect(damaged).not.toEqual(FRAMES);
    expect(through(script, FRAMES, 1)).toEqual(damaged);
    expect(through(script, FRAMES, 7)).toEqual(damaged);
    expect(through(script, FRAMES, 7, 6)).not.toEqual(damaged);
  });

  test("lets more than half of the frames through whole", () => {
    const out = through(script, FRAMES).join(" ");
    const whole = FRAMES.join(" ")
      .split(" 0 0 ")
      .filter((each) => out.includes(each));
    expect(whole.length).toBeGreaterThan(20);
  });
});

test("drop and truncate lose bytes, babble and duplicate add some, flip does neither", () => {
  const length = (strike: (typeof STRIKES)[number]) => through({ strikes: [strike], every: 60 }, FRAMES).length;
  expect(Math.max(length("drop"), length("truncate"))).toBeLessThan(FRAMES.length);
  expect(Math.min(length("babble"), length("duplicate"))).toBeGreaterThan(FRAMES.length);
  expect(length("flip")).toBe(FRAMES.length);
});

test("reorder lets a frame come whole after the next one", () => {
  const out = through({ strikes: ["reorder"], every: 60 }, FRAMES);
  const order = out.filter((_, i) => out[i - 1] === 0 && out[i] !== 0);
  expect([...order].sort((a, b) => a - b)).not.toEqual(order);
  expect(new Set(order).size).toBe(order.length);
});

test("delay holds bytes back until others have come, and loses none", () => {
  const wire = new BadWire(5);
  wire.play({ strikes: ["delay"], every: 60 });
  let most = 0;
  const out: number[] = [];
  FRAMES.forEach((byte, i) => {
    out.push(...wire.pass(Uint8Array.of(byte)));
    most = Math.max(most, i + 1 - out.length);
  });
  expect(most).toBeGreaterThan(10);
  expect(out).toEqual(FRAMES.slice(0, out.length));
});

test("a wire that is dead for some bytes passes all others", () => {
  expect(through({ dead: [8, 320] }, FRAMES)).toEqual(FRAMES.slice(0, 8));
});

describe("read at another rate", () => {
  const bytes = Uint8Array.from(FRAMES);

  test("a receiver at the right rate, or 2 % off, reads what was sent", () => {
    for (const ratio of [1, 0.98, 1.02]) expect(readAt(bytes, ratio), String(ratio)).toEqual(bytes);
  });

  test("a receiver at twice the rate reads each bit of a byte twice, and the byte's second half as another byte or as none", () => {
    // F0 is 0 0000 1111 1 on the line: five low bits are ten of the receiver's, so its stop bit is missing.
    expect(readAt(Uint8Array.of(0xf0), 0.5)).toEqual(new Uint8Array(0));
    // FF is 0 1111 1111 1: a start bit, another low bit, then seven high ones.
    expect(readAt(Uint8Array.of(0xff), 0.5)).toEqual(Uint8Array.of(0xfe));
  });

  test("at half and at twice the rate, and at 9,600 for 115,200, no frame is left", () => {
    for (const ratio of [0.5, 2, 12]) expect(readAt(bytes, ratio).join(), String(ratio)).not.toContain("100,101,102");
  });
});
