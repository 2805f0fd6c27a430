// The memory that the text of a long trace takes while it is written: none that lasts. The numbers of a run of years are doubles of
// many digits, and what outlives the young heap stays until V8 collects the old one, which it does only when that has grown.

import { getHeapSpaceStatistics } from "node:v8";
import { expect, test } from "vitest";
import type { Block } from "../../emulator/points";
import type { Track } from "../../emulator/run/report";
import { csvOf } from "../../emulator/trace/csv";
import { vcdOf } from "../../emulator/trace/vcd";

const POINTS = 300_000;
const BLOCK_POINTS = 16_384;
/** With `String` instead of `decimal` the growth is more than 15 MB (measured, Node 20). */
const GROWTH_MB_MAX = 8;
/** A run of seven years: a tick in milliseconds is no small integer of V8. */
const FIRST_TICK = 220_000_000;

const pressure = trackOf("reservoir.pressure_mmHg", (i) => 225 - i * 0.001325);
const level = trackOf("reservoir.level_nl", (i) => 18e6 - i * 0.25);

test.each([
  ["CSV", () => csvOf([pressure, level])],
  ["VCD", () => vcdOf([pressure, level], { endTick: FIRST_TICK + 2 * POINTS, version: "1", scenario: "years" })],
])("the text of a long %s leaves nothing in the old heap", (_name, textOf) => {
  let [least, growth] = [Infinity, 0];
  for (const _chunk of textOf()) {
    const used = oldHeap();
    least = Math.min(least, used);
    growth = Math.max(growth, used - least);
  }
  expect(growth / 2 ** 20).toBeLessThan(GROWTH_MB_MAX);
});

function trackOf(name: string, valueOf: (i: number) => number): Track {
  function* blocks(): Generator<Block> {
    const [ticks, values] = [new Float64Array(BLOCK_POINTS), new Float64Array(BLOCK_POINTS)];
    for (let from = 0; from < POINTS; from += BLOCK_POINTS) {
      for (let i = 0; i < BLOCK_POINTS; i++) {
        ticks[i] = FIRST_TICK + 2 * (from + i);
        values[i] = valueOf(from + i);
      }
      yield { ticks, values };
    }
  }
  return { name, unit: "", ticks: [], values: [], blocks };
}

function oldHeap(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")!.space_used_size;
}
