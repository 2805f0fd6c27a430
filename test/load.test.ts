// A short load, so that scripts/load.ts does not rot: minutes of the pump in seconds, two processes at a pseudo-terminal, and
// every frame accounted for at both ends. What it says of memory and time is for the long run by hand. Linux only.

import { expect, test } from "vitest";
import { hasPty } from "./machine-here";
import { cisternPath } from "./program";
import { load, unaccounted } from "../scripts/load";

test.runIf(hasPty).each([
  ["60", 0.05],
  ["max", 12],
])(
  "at --speed %s a programmer polls the pump for %d hours of its time, and every frame that is lost is counted",
  async (speed, hours) => {
    const loaded = await load({ hours, speed, cistern: [cisternPath] });
    expect(unaccounted(loaded)).toEqual([]);
    const { polled, report, pump, programmer } = loaded;
    expect(polled.minutes).toBeGreaterThanOrEqual(hours * 60);
    expect(polled.exchanges).toBeGreaterThan(5);
    expect(report.port.rx_frames).toBeGreaterThanOrEqual(polled.exchanges);
    // At full speed a programmer that the host keeps waiting may find that the pump has leapt on.
    if (speed !== "max") expect(report.speed.ticks_leapt).toBe(0);
    for (const { rss_mb } of [pump, programmer]) expect(Math.min(...rss_mb)).toBeGreaterThan(10);
  },
);
