// The packed changes of a signal give back what was put in, bit for bit, for any values, and take little room where they are regular.

import fc from "fast-check";
import { expect, test } from "vitest";
import { PackedTrack } from "../../emulator/run/packed-track";

/** More than one block. */
const MANY = 40_000;

const number = fc.oneof(
  fc.integer(),
  fc.integer({ min: -3, max: 3 }),
  fc.double(),
  fc.constantFrom(-0, 0.5, 2 ** 51 - 1, 2 ** 51, -(2 ** 51) + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, NaN),
);

test("EMU-6: any changes come back as they were, over the border of a block too", () => {
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1 }),
      (some, gaps) => {
        const lists = { ticks: [] as number[], values: [] as number[] };
        let tick = 0;
        for (let i = 0; i < MANY; i++) {
          lists.ticks.push(tick);
          lists.values.push(some[i % some.length]);
          tick += gaps[i % gaps.length];
        }
        const track = PackedTrack.of(lists);
        const back = track.lists();
        expect(back.ticks).toEqual(lists.ticks);
        expect(back.values.every((value, i) => Object.is(value, lists.values[i]))).toBe(true);
        expect([track.lastTick, track.lastValue]).toEqual([lists.ticks.at(-1), lists.values.at(-1)]);
      },
    ),
    { numRuns: 6 },
  );
});

test("EMU-6: a value that is replaced at the border of a block is the one that stays", () => {
  const track = new PackedTrack();
  for (let i = 0; i < 16_384; i++) track.append(i, i);
  track.replaceLast(-5);
  track.append(20_000, 1);
  const { ticks, values } = track.lists();
  expect([ticks.length, ticks.at(-2), values.at(-2), values.at(-1)]).toEqual([16_385, 16_383, -5, 1]);
});
