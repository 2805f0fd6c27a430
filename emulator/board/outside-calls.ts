// Counts the calls of a controller that are outside of the contract: an argument beyond the range that the table of calls gives
// it, an argument too few or too many, a pulse that the driver ignores, a byte for which the FIFO has no room. Each board may
// treat such a call differently, so a run with one proves nothing unless it is allowed. counted.ts holds each call against the
// table.

import { BoardTime } from "./time";

/** One for each of the classes in counted.ts. */
export const OUTSIDE_COUNT: i32 = 5;
const NOWHERE: i32 = -1;

/** The count of each class, and its first call. */
export class OutsideCalls {
  time: BoardTime;
  counts: Int32Array = new Int32Array(OUTSIDE_COUNT);
  /** The index of the first call in the table of calls, and its tick. */
  firstCall: Int32Array = new Int32Array(OUTSIDE_COUNT).fill(NOWHERE);
  firstTick: Float64Array = new Float64Array(OUTSIDE_COUNT).fill(NOWHERE);

  constructor(time: BoardTime) {
    this.time = time;
  }

  note(kind: i32, call: i32): void {
    this.counts[kind]++;
    if (this.counts[kind] > 1) return;
    this.firstCall[kind] = call;
    this.firstTick[kind] = this.time.tick;
  }
}
