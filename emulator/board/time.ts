// The board's own count of ticks since the run began: what parts stamp and compare. Never seen by the firmware.

export class BoardTime {
  /** Index of the tick under way, 0 for the first. */
  tick = 0;
}
