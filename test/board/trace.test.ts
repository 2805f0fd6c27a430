// The trace port: the events of a tick in their order, the channels' last values, and a history that tells any two
// sequences of events apart.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHANNELS } from "../../hal/trace";
import { VirtualTrace } from "../../emulator/board/trace";

const EVENTS_PER_TICK = 64;

test("the events of a tick stand in their order, four words each", () => {
  const trace = new VirtualTrace();
  trace.event(1, 2, 3, 4);
  trace.event(5, -6, 7, -2147483648);
  expect([...trace.events.slice(0, 8)]).toEqual([1, 2, 3, 4, 5, -6, 7, -2147483648]);
  expect([trace.count, trace.total, trace.overflows]).toEqual([2, 2, 0]);
});

test("an event that one tick has no room for is counted, and is still in the history", () => {
  const trace = new VirtualTrace();
  for (let i = 0; i < EVENTS_PER_TICK; i++) trace.event(i, 0, 0, 0);
  const before = trace.history;
  trace.event(99, 0, 0, 0);
  expect([trace.count, trace.total, trace.overflows]).toEqual([EVENTS_PER_TICK, EVENTS_PER_TICK + 1, 1]);
  expect(trace.events[4 * EVENTS_PER_TICK - 4]).toBe(EVENTS_PER_TICK - 1);
  expect(trace.history).not.toBe(before);
});

describe("a value is published only on a channel that exists", () => {
  test.each([
    [0, true],
    [CHANNELS - 1, true],
    [-1, false],
    [CHANNELS, false],
  ])("channel %d exists: %s", (channel, there) => {
    const trace = new VirtualTrace();
    trace.publish(channel, 5);
    expect([...trace.channels].filter((value) => value === 5)).toHaveLength(there ? 1 : 0);
    if (there) expect(trace.channels[channel]).toBe(5);
  });
});

test("EMU-1: the history changes with each of an event's four words", () => {
  const words = [1, 2, 3, 4] as const;
  const histories = [null, 0, 1, 2, 3].map((changed) => {
    const trace = new VirtualTrace();
    const [code, a, b, c] = words.map((word, i) => (i === changed ? word + 1 : word));
    trace.event(code, a, b, c);
    return trace.history;
  });
  expect(new Set(histories).size).toBe(5);
});

test("EMU-1: two lists of events have the same history only when they are equal in every word and in order", () => {
  const events = fc.array(fc.tuple(fc.nat(20), fc.integer(), fc.integer(), fc.integer()), {
    minLength: 1,
    maxLength: 5,
  });
  const historyOf = (list: [number, number, number, number][]) => {
    const trace = new VirtualTrace();
    list.forEach((event) => trace.event(...event));
    return trace.history;
  };
  fc.assert(
    fc.property(events, events, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      expect(historyOf(one) === historyOf(other)).toBe(same);
    }),
    { numRuns: 500 },
  );
});
