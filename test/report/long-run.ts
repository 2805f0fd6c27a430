// A made-up run of years for the tests of its page, given by blocks: a pump that delivers 250 nL after each of some gaps, with a
// single tick in which the estimate of the reservoir is far off.

import type { Block } from "../../emulator/points";
import type { RunReport, Track } from "../../emulator/run/report";
import { TICKS_PER_DAY } from "../../hal/units";
import { dayFixture } from "../trace/fixture";

const BLOCK_POINTS = 10_000;
const FILL_NL = 40_000_000;
const PULSE_NL = 250;

export interface LongRun {
  report: RunReport;
  tracks: Track[];
}

/** `gapOf` gives the ticks from pulse i to the next. In tick `oddTick`, if it is given, the estimate is 0. */
export function longRun(pulses: number, gapOf: (i: number) => number, oddTick: number | null = null): LongRun {
  const track = (name: string, valueOf: (i: number) => number, odd: number | null = null): Track => ({
    ...{ name, unit: "nL" },
    get ticks(): number[] {
      throw new Error(`all points of ${name} were asked for`);
    },
    get values(): number[] {
      throw new Error(`all values of ${name} were asked for`);
    },
    blocks: () => blocks(pulses, gapOf, valueOf, odd),
  });
  let tick = 0;
  for (let i = 0; i < pulses; i++) tick += gapOf(i);
  const { report } = dayFixture();
  const ended = { ...report.ended, tick, time_s: tick / 100 };
  const rate_ul_per_day = (((pulses * PULSE_NL) / 1000) * TICKS_PER_DAY) / tick;
  const events = [report.events[0], { ...report.events[1], tick: 0, time_s: 0, rate_ul_per_day }];
  return {
    report: { ...report, events, ended, alarms: [], faults: [], findings: [], harms: [] },
    tracks: [
      track("head.delivered_nl", (i) => i * PULSE_NL),
      track("reservoir.level_nl", (i) => FILL_NL - ((i * PULSE_NL) % 36_000_000)),
      track("reservoir.estimate_nl", (i) => FILL_NL - ((i * PULSE_NL) % 36_000_000), oddTick),
      track("limiter.window0_nl", (i) => Math.min(i, 83 + (i % 3)) * PULSE_NL),
      track("limiter.window1_nl", (i) => Math.min(i, 2000 + (i % 20)) * PULSE_NL),
      { ...{ name: "limiter.limit0_nl", unit: "nL" }, ticks: [0], values: [40_000] },
      { ...{ name: "limiter.limit1_nl", unit: "nL" }, ticks: [0], values: [600_000] },
    ],
  };
}

function* blocks(
  pulses: number,
  gapOf: (i: number) => number,
  valueOf: (i: number) => number,
  oddTick: number | null,
): Generator<Block> {
  let tick = 0;
  for (let i = 0; i < pulses;) {
    const block: { ticks: number[]; values: number[] } = { ticks: [], values: [] };
    const put = (at: number, value: number): void => {
      block.ticks.push(at);
      block.values.push(value);
    };
    for (const end = Math.min(pulses, i + BLOCK_POINTS); i < end; i++) {
      put(tick, valueOf(i));
      const next = tick + gapOf(i);
      if (oddTick !== null && oddTick > tick && oddTick + 1 < next) {
        put(oddTick, 0);
        put(oddTick + 1, valueOf(i));
      }
      tick = next;
    }
    yield block;
  }
}
