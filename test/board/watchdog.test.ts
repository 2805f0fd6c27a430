// The windowed watchdog (SLF-2) at both edges of its window, and over leaps.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WATCHDOG_TICKS_MAX } from "../../hal/watchdog";
import { BoardTime } from "../../emulator/board/time";
import { VirtualWatchdog } from "../../emulator/board/watchdog";

/** A controller that kicks `kicks[i]` times in tick i; the first tick in which the watchdog resets it, or -1. */
function bite(kicks: readonly number[]): number {
  const time = new BoardTime();
  const watchdog = new VirtualWatchdog(time);
  watchdog.restart();
  return kicks.findIndex((times, tick) => {
    time.tick = tick;
    for (let i = 0; i < times; i++) watchdog.kick();
    return watchdog.resets();
  });
}

const never = (ticks: number) => Array.from({ length: ticks }, () => 0);

describe("SLF-2: the watchdog resets the controller", () => {
  test.each([
    ["never while it is kicked once a tick", Array.from({ length: 100 }, () => 1), -1],
    ["at once after a second kick in one tick", [1, 1, 2, 1], 2],
    ["WATCHDOG_TICKS_MAX after the reset when it is never kicked", never(100), WATCHDOG_TICKS_MAX - 1],
    ["not when the next kick comes in the last tick of the window", [1, ...never(WATCHDOG_TICKS_MAX - 1), 1], -1],
    ["when the next kick comes one tick after the window", [1, ...never(WATCHDOG_TICKS_MAX), 1], WATCHDOG_TICKS_MAX],
  ])("%s", (_, kicks, tick) => expect(bite(kicks)).toBe(tick));

  test("after a kick that came too early although the next ones come in time, until a restart opens a new window", () => {
    const time = new BoardTime();
    const watchdog = new VirtualWatchdog(time);
    time.tick = 3;
    watchdog.kick();
    watchdog.kick();
    time.tick = 4;
    watchdog.kick();
    expect(watchdog.resets()).toBe(true);
    watchdog.restart();
    expect(watchdog.resets()).toBe(false);
    watchdog.kick();
    expect(watchdog.resets()).toBe(false);
  });
});

describe("EMU-1: a leap", () => {
  test("counts as a kick in every tick for a controller that kicked in the tick before", () => {
    const time = new BoardTime();
    const watchdog = new VirtualWatchdog(time);
    watchdog.kick();
    expect(watchdog.quiet()).toBe(Infinity);
    watchdog.skip(1e6);
    time.tick += 1e6;
    expect([watchdog.resets(), watchdog.lastKick]).toEqual([false, 1e6]);
  });

  test("ends exactly at the reset for a controller that did not kick in the tick before", () => {
    fc.assert(
      fc.property(fc.nat(WATCHDOG_TICKS_MAX - 1), (late) => {
        const time = new BoardTime();
        const watchdog = new VirtualWatchdog(time);
        watchdog.kick();
        time.tick = late + 1;
        const ticks = watchdog.quiet();
        watchdog.skip(ticks);
        time.tick += ticks;
        expect(watchdog.lastKick).toBe(0);
        if (ticks >= 0) expect(time.tick).toBe(WATCHDOG_TICKS_MAX - 1);
        time.tick = WATCHDOG_TICKS_MAX;
        expect(watchdog.resets()).toBe(true);
      }),
    );
  });
});
