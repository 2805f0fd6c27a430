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
    ["one kick a tick: never", Array.from({ length: 100 }, () => 1), -1],
    ["a second kick in a tick: at once", [1, 1, 2, 1], 2],
    ["no kick: WATCHDOG_TICKS_MAX after the reset", never(100), WATCHDOG_TICKS_MAX - 1],
    ["the last tick of the window: not", [1, ...never(WATCHDOG_TICKS_MAX - 1), 1], -1],
    ["one tick later: yes", [1, ...never(WATCHDOG_TICKS_MAX), 1], WATCHDOG_TICKS_MAX],
  ])("%s", (_, kicks, tick) => expect(bite(kicks)).toBe(tick));

  test("an early kick is not forgiven by later ones; a restart opens a new window", () => {
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

describe("EMU-1: over a leap", () => {
  test("a controller that kicks in every tick is as well off as one that was stepped", () => {
    const time = new BoardTime();
    const watchdog = new VirtualWatchdog(time);
    watchdog.kick();
    expect(watchdog.quiet()).toBe(Infinity);
    watchdog.skip(1e6);
    time.tick += 1e6;
    expect([watchdog.resets(), watchdog.lastKick]).toEqual([false, 1e6]);
  });

  test("one that did not kick is quiet exactly until the bite", () => {
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
