// The real-time clock part against one number of ticks: minutes come every 6,000 ticks from the second of the start, a
// jump moves exactly as far as asked and never before the beginning, and a leap is the ticks it stands for.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../hal/units";
import { VirtualClock } from "../../emulator/board/clock";
import { FAULT_RTC_DRIFT, FaultLedger } from "../../emulator/fault-ledger";

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
    const clock = new VirtualClock(new FaultLedger(), second);
    expect(edges(clock, 12101).slice(0, expected.length)).toEqual(expected);
    expect(clock.minute()).toBe(expected.length);
  });

  test("the offset is a register, and setting it moves no minute", () => {
    const clock = new VirtualClock(new FaultLedger(), 30);
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
    const clock = new VirtualClock(new FaultLedger(), 0);
    for (let i = 0; i < 10 * TICKS_PER_MINUTE + 1501; i++) clock.step();
    clock.jump(by);
    expect([clock.minute(), clock.phase]).toEqual([minute, phase]);
  });

  test("of nothing, or back, at the very start changes nothing", () => {
    for (const by of [0, -1, -TICKS_PER_HOUR]) {
      const clock = new VirtualClock(new FaultLedger(), 0);
      clock.jump(by);
      expect(edges(clock, 6001)).toEqual([6000]);
    }
  });

  test("law: by so many ticks leaves a clock that equals one that had run so much longer", () => {
    fc.assert(
      fc.property(fc.nat(20000), fc.integer({ min: -30000, max: 1e6 }), (ran, by) => {
        const clock = new VirtualClock(new FaultLedger(), 0);
        for (let i = 0; i <= ran; i++) clock.step();
        clock.jump(by);
        const at = Math.max(0, ran + by);
        expect(clock.minute() * TICKS_PER_MINUTE + clock.phase).toBe(at);
        expect(clock.phase).toBe(at % TICKS_PER_MINUTE);
      }),
    );
  });
});

describe("EMU-4: a drift", () => {
  const drifting = (ppm: number) => {
    const faults = new FaultLedger();
    faults.start(FAULT_RTC_DRIFT, ppm);
    return { faults, clock: new VirtualClock(faults, 0) };
  };

  test.each([
    [694, 1441],
    [-694, 1439],
    [100_000, 1584],
    [-100_000, 1296],
    [0.5, 1440],
  ])("of %d ppm makes a day of ticks %d minutes", (ppm, minutes) => {
    const { clock } = drifting(ppm);
    clock.step();
    // A minute a day is 694.4 ppm, so a second more is given.
    let left = TICKS_PER_DAY + 100;
    while (left > 0) {
      const ticks = Math.min(left - 1, clock.quiet());
      clock.skip(ticks);
      clock.step();
      left -= ticks + 1;
    }
    expect(clock.minute()).toBe(minutes);
  });

  test("acts when a minute begins a tick or more away from its time, and a perfect crystal never does", () => {
    const { clock, faults } = drifting(100);
    // 0.6 ticks a minute: the second minute is the first to begin sooner.
    for (let tick = 0; tick < 12_000; tick++) {
      faults.tick = tick;
      clock.step();
    }
    expect([faults.acts[FAULT_RTC_DRIFT], faults.first[FAULT_RTC_DRIFT], clock.minute()]).toEqual([1, 11_999, 2]);
    const perfect = drifting(0);
    edges(perfect.clock, 100_000);
    expect(perfect.faults.acts[FAULT_RTC_DRIFT]).toBe(0);
  });

  test("EMU-1, law: quiet ticks begin no minute, the next one does, and skipping them is stepping them", () => {
    const ppm = fc.double({ min: -100_000, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(ppm, fc.nat(12000), fc.double({ min: 0, max: 1, noNaN: true }), (each, before, part) => {
        const [stepped, skipped] = [drifting(each).clock, drifting(each).clock];
        edges(stepped, before);
        edges(skipped, before);
        const quiet = skipped.quiet();
        const skip = Math.floor(part * quiet);
        skipped.skip(skip);
        expect(edges(stepped, skip)).toEqual([]);
        expect([skipped.phase, skipped.parts, skipped.driftedParts]).toEqual([
          stepped.phase,
          stepped.parts,
          stepped.driftedParts,
        ]);
        expect(edges(stepped, quiet - skip + 1)).toEqual([quiet - skip]);
      }),
    );
  });
});

test("EMU-1: no minute begins in quiet ticks, one begins in the next tick, and a clock that skips them equals one that steps them", () => {
  fc.assert(
    fc.property(fc.nat(59), fc.nat(12000), fc.double({ min: 0, max: 1, noNaN: true }), (second, before, part) => {
      const stepped = new VirtualClock(new FaultLedger(), second);
      const skipped = new VirtualClock(new FaultLedger(), second);
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
