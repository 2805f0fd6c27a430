// The reading that the meter of EMU-2 prints.

/**
 * A pass is clean when the heap grows by no more than this beside the cost of measuring. The calls of the meter itself leave 48 to 80
 * bytes (measured, Node 20); an object in a thousand ticks makes 11,000 in an hour.
 */
export const CLEAN_BYTES = 128;

export interface Reading {
  /** Of all passes. */
  ticks: number;
  passes: number;
  /** The least growth of a pass, that of a pass without a call taken off. */
  bytes: number;
}
