// Moves a run on in slices of the host's time, between which a command sees signals and the time limit, and a child process
// answers: none of its calls may take long.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { RunHandle } from "./run-work";

const FIRST_SLICE_TICKS = 1000;
const SLICE_TICKS_MIN = 10;
const SLICE_TICKS_MAX = 100_000_000;

/** Moves on to `tick` at most, or until the run is over or `isEnough`, which is asked before each slice. `onSlice` is called after each. */
export async function advanceInSlices(
  run: RunHandle,
  tick: number,
  isEnough: () => boolean,
  onSlice: () => void = () => undefined,
): Promise<void> {
  let slice = FIRST_SLICE_TICKS;
  while (run.tick < tick && !run.over && !isEnough()) {
    const began_ms = performance.now();
    await run.advance(Math.min(tick, run.tick + slice));
    const took_ms = Math.max(performance.now() - began_ms, 1);
    slice = Math.max(SLICE_TICKS_MIN, Math.min(SLICE_TICKS_MAX, Math.round((slice * run.slice_ms) / took_ms)));
    onSlice();
    await nextTurn();
  }
}
