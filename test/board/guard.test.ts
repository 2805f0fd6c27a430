// The dose guard (LIM-7) against a plain list of step times: the rolling hour exact at its edge, the spacing of 850 ms
// exact at its own, and a register that only a programming head opens.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GUARD_PULSES_PER_HOUR_MAX, GUARD_SPACING_TICKS } from "../../hal/guard";
import { TICKS_PER_HOUR } from "../../hal/units";
import { VirtualGuard } from "../../emulator/board/guard";
import { VirtualLink } from "../../emulator/board/link";
import { BoardTime } from "../../emulator/board/time";
import { FAULT_GUARD_DEAD, FaultLedger } from "../../emulator/fault-ledger";

function bench(limit = GUARD_PULSES_PER_HOUR_MAX) {
  const time = new BoardTime();
  const faults = new FaultLedger();
  const link = new VirtualLink(time, faults, 1);
  const guard = new VirtualGuard(time, link, faults);
  link.programmingHead = true;
  guard.setLimit(limit);
  link.programmingHead = false;
  /** Sees steps at these ticks; the first one that opens the switch, or -1. */
  const trip = (ticks: readonly number[]) =>
    ticks.find((tick) => {
      time.tick = tick;
      faults.tick = tick;
      guard.see();
      return guard.tripped();
    }) ?? -1;
  return { time, faults, link, guard, trip };
}

const every = (spacing: number, count: number, from = 1000) =>
  Array.from({ length: count }, (_, i) => from + i * spacing);

describe("LIM-7: the guard demands 850 ms between two steps", () => {
  test.each([
    [GUARD_SPACING_TICKS, -1],
    [GUARD_SPACING_TICKS - 1, 1000 + GUARD_SPACING_TICKS - 1],
    [0, 1000],
  ])("with steps %d ticks apart it opens at the expected tick or never", (spacing, tick) =>
    expect(bench().trip(every(spacing, 3))).toBe(tick),
  );

  test("the first step of its life never opens it", () => expect(bench().trip([0])).toBe(-1));
});

describe("LIM-7: the guard's limit an hour is exact to the tick", () => {
  test.each([1, 2, 10, 1000, GUARD_PULSES_PER_HOUR_MAX])(
    "after %d steps the next one is let through an hour after the first, and a tick earlier opens the guard",
    (limit) => {
      const steps = every(90, limit);
      expect(bench(limit).trip([...steps, 1000 + TICKS_PER_HOUR])).toBe(-1);
      const early = 1000 + TICKS_PER_HOUR - 1;
      expect(bench(limit).trip([...steps, early])).toBe(early);
    },
  );

  test("five hours at the fastest rate of 1,000 uL/h pass, and one step more in any hour opens the guard", () => {
    const steps = every(90, 5 * GUARD_PULSES_PER_HOUR_MAX);
    expect(bench().trip(steps)).toBe(-1);
    const faster = steps.map((tick, i) => (i < 15000 ? tick : tick - 1));
    expect(bench().trip(faster)).toBe(faster[15000]);
  });

  test("law: the guard opens at the first step that is too close or one too many in its rolling hour, and at no other", () => {
    const gaps = fc.array(fc.oneof(fc.integer({ min: 84, max: 2000 }), fc.integer({ min: 20000, max: 200000 })), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), gaps, (limit, apart) => {
        const ticks = apart.map((_, i) => apart.slice(0, i + 1).reduce((sum, gap) => sum + gap, 0));
        const wrong = ticks.find(
          (tick, i) =>
            (i > 0 && apart[i] < GUARD_SPACING_TICKS) ||
            ticks.slice(0, i + 1).filter((each) => each > tick - TICKS_PER_HOUR).length > limit,
        );
        expect(bench(limit).trip(ticks)).toBe(wrong ?? -1);
      }),
      { numRuns: 300 },
    );
  });
});

describe("LIM-7: the guard's register and switch obey only while a programming head is in place", () => {
  test("without a head no limit is written and an open switch stays open", () => {
    const { guard, trip } = bench(7);
    trip([1, 2]);
    expect([guard.setLimit(8), guard.limit(), guard.rearm(), guard.tripped()]).toEqual([false, 7, false, true]);
  });

  test.each([
    [0, false],
    [1, true],
    [GUARD_PULSES_PER_HOUR_MAX, true],
    [GUARD_PULSES_PER_HOUR_MAX + 1, false],
    [-1, false],
    [NaN, false],
  ])("with a head in place a limit of %d is taken: %s", (limit, taken) => {
    const { link, guard } = bench(7);
    link.programmingHead = true;
    expect(guard.setLimit(limit)).toBe(taken);
    expect(guard.limit()).toBe(taken ? limit : 7);
  });

  test("the limit at manufacture is 4,000 steps an hour", () => {
    const time = new BoardTime();
    const faults = new FaultLedger();
    expect(new VirtualGuard(time, new VirtualLink(time, faults, 1), faults).limit()).toBe(GUARD_PULSES_PER_HOUR_MAX);
  });

  test("an open guard stays open through good steps, and rearming closes it without forgetting the steps of the hour", () => {
    const { link, guard, trip } = bench(2);
    expect(trip([1000, 2000, 3000])).toBe(3000);
    expect(trip([1000 + TICKS_PER_HOUR])).toBe(1000 + TICKS_PER_HOUR);
    link.programmingHead = true;
    expect([guard.rearm(), guard.tripped()]).toEqual([true, false]);
    expect(trip([2000 + TICKS_PER_HOUR])).toBe(2000 + TICKS_PER_HOUR);
  });
});

describe("EMU-4: a dead guard", () => {
  test("does not open, and counts an act for each step at which it would have opened", () => {
    const { faults, trip } = bench(2);
    faults.start(FAULT_GUARD_DEAD, 0);
    expect(trip([1000, 2000, 3000, 4000])).toBe(-1);
    expect([faults.acts[FAULT_GUARD_DEAD], faults.first[FAULT_GUARD_DEAD]]).toEqual([2, 3000]);
  });

  test("counts no act while every step is within its limits", () => {
    const { faults, trip } = bench();
    faults.start(FAULT_GUARD_DEAD, 0);
    trip(every(90, 5000));
    expect(faults.acts[FAULT_GUARD_DEAD]).toBe(0);
  });
});
