// A piece of a curve as the page's file has it, before it is deflated: the number of points, the differences of their ticks, and
// those of their values in units of a hundred-thousandth. The host writes it and the browser reads it.

import { NUMBER_BYTES_MAX, putDifferences, takeDifferences } from "../differences";
import type { Block } from "../points";

/** Units of a value; the legend shows four decimals at most. */
export const UNITS = 1e5;
/** Stands for a gap, which is NaN. All values lie between it and its negative. */
const GAP = -(2 ** 49);

/** `values` are in units. */
export function bytesOfPiece({ ticks, values }: Block): Uint8Array {
  const out = new Uint8Array((2 * ticks.length + 1) * NUMBER_BYTES_MAX);
  let end = putDifferences(out, 0, [ticks.length]);
  end = putDifferences(out, end, ticks);
  const whole = new Float64Array(values.length);
  for (let i = 0; i < whole.length; i++) whole[i] = written(values[i]);
  end = putDifferences(out, end, whole);
  return out.subarray(0, end);
}

export function pointsOfPiece(bytes: Uint8Array): { ticks: Float64Array; values: Float64Array } {
  const count = new Float64Array(1);
  let at = takeDifferences(bytes, 0, count);
  const [ticks, values] = [new Float64Array(count[0]), new Float64Array(count[0])];
  at = takeDifferences(bytes, at, ticks);
  takeDifferences(bytes, at, values);
  for (let i = 0; i < values.length; i++) values[i] = values[i] === GAP ? NaN : values[i] / UNITS;
  return { ticks, values };
}

function written(value: number): number {
  return Number.isNaN(value) ? GAP : Math.min(-GAP - 1, Math.max(GAP + 1, value));
}
