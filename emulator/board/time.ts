// The board's count of ticks since the run began. Parts stamp and compare with it; the firmware cannot read it.

export class BoardTime {
  /** Index of the tick under way, 0 for the first. */
  tick: f64 = 0;
}
