// The real-time clock part against one number of ticks: minutes come every 6,000 ticks from the second of the start, a
// jump moves exactly as far as asked and never before the beginning, and a leap is the ticks it stands for.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../hal/units";
import { VirtualClock } from "../../emulator/board/clock";

/** Runs the clock; the tick indices in which a minute began. */
function edges(clock: VirtualClock, ticks: number): number[] {
  const found: number[] = [];
  for (let tick = 0; tick < ticks; tick++) if (clock.step()) found.push(tick);
  return found;
}

describe("the minutes of the clock", () => {
  test.each([
    [0, [6000, 12000]],
    [1, [5900, 11900]],
    [59, [100, 6100, 12100]],
  ])("a run that starts at second %d has its edges in ticks %j", (second, expected) => {
    const clock = new VirtualClock(second);
    expect(edges(clock, 12101).slice(0, expected.length)).toEqual(expected);
    expect(clock.minute()).toBe(expected.length);
  });

  test("the offset is a register, and setting it moves no minute", () => {
    const clock = new VirtualClock(30);
    clock.setOffset(-123456);
    expect([clock.offset(), clock.minute(), clock.phase]).toEqual([-123456, 0, 2999]);
  });
});

describe("EMU-4: a jump of the clock", () => {
  test.each([
    [TICKS_PER_HOUR, 70, 1500],
    [-TICKS_PER_HOUR, 0, 0],
    [-5 * TICKS_PER_MINUTE, 5, 1500],
    [-1501, 9, 5999],
    [4500, 11, 0],
    [4499, 10, 5999],
    [0, 10, 1500],
  ])("by %d ticks from minute 10, phase 1,500, leads to minute %d, phase %d", (by, minute, phase) => {
    const clock = new VirtualClock(0);
    for (let i = 0; i < 10 * TICKS_PER_MINUTE + 1501; i++) clock.step();
    clock.jump(by);
    expect([clock.minute(), clock.phase]).toEqual([minute, phase]);
  });

  test("of nothing, or back, at the very start changes nothing", () => {
    for (const by of [0, -1, -TICKS_PER_HOUR]) {
      const clock = new VirtualClock(0);
      clock.jump(by);
      expect(edges(clock, 6001)).toEqual([6000]);
    }
  });

  test("law: by so many ticks leaves a clock that equals one that had run so much longer", () => {
    fc.assert(
      fc.property(fc.nat(20000), fc.integer({ min: -30000, max: 1e6 }), (ran, by) => {
        const clock = new VirtualClock(0);
        for (let i = 0; i <= ran; i++) clock.step();
        clock.jump(by);
        const at = Math.max(0, ran + by);
        expect(clock.minute() * TICKS_PER_MINUTE + clock.phase).toBe(at);
        expect(clock.phase).toBe(at % TICKS_PER_MINUTE);
      }),
    );
  });
});

test("EMU-1: no minute begins in quiet ticks, one begins in the next tick, and a clock that skips them equals one that steps them", () => {
  fc.assert(
    fc.property(fc.nat(59), fc.nat(12000), fc.double({ min: 0, max: 1, noNaN: true }), (second, before, part) => {
      const stepped = new VirtualClock(second);
      const skipped = new VirtualClock(second);
      edges(stepped, before);
      edges(skipped, before);
      const ticks = Math.ceil(skipped.quiet() * part);
      expect(edges(stepped, ticks)).toEqual([]);
      skipped.skip(ticks);
      expect(skipped).toEqual(stepped);
      skipped.skip(skipped.quiet());
      expect(skipped.step()).toBe(true);
    }),
  );
});
