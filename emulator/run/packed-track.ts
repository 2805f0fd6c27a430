// The changes of one signal over a run, packed so that a run of years fits into memory: 5 million pulses change twenty signals 100
// million times, which as numbers would take 1.6 GB. Full blocks are kept as differences of ticks and, where all values are whole,
// of values, deflated; a steady pump's take about a fiftieth. Ticks rise strictly. Blocks come out one at a time.

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { NUMBER_BYTES_MAX, putDifferences, takeDifferences, WHOLE_MAX } from "../differences";
import { listsOf, type Block, type Lists } from "../points";

const BLOCK_POINTS = 16_384;
const FIRST_POINTS = 64;
/** Fast: the least that zlib does already takes the repetitions of a steady pump. */
const LEVEL = 1;

/** The least that zlib takes. */
const CHUNK_BYTES_MIN = 64;

interface Packed {
  isWhole: boolean;
  /** Of the bytes when they are inflated. */
  length: number;
  bytes: Uint8Array;
}

export class PackedTrack {
  private readonly full: Packed[] = [];
  private ticks = new Float64Array(FIRST_POINTS);
  private values = new Float64Array(FIRST_POINTS);
  /** Points of the open block. It has at least the last one, if there is any, so that its value can be replaced. */
  private open = 0;

  static of({ ticks, values }: Block): PackedTrack {
    const track = new PackedTrack();
    for (let i = 0; i < ticks.length; i++) track.append(ticks[i], values[i]);
    return track;
  }

  get count(): number {
    return this.full.length * BLOCK_POINTS + this.open;
  }

  /** The tick of the last point; -1 for none. */
  get lastTick(): number {
    return this.open === 0 ? -1 : this.ticks[this.open - 1];
  }

  /** The value of the last point; NaN for none. */
  get lastValue(): number {
    return this.open === 0 ? NaN : this.values[this.open - 1];
  }

  append(tick: number, value: number): void {
    if (this.open === BLOCK_POINTS) {
      this.full.push(packed(this.ticks, this.values));
      this.open = 0;
    } else if (this.open === this.ticks.length) {
      this.ticks = longer(this.ticks);
      this.values = longer(this.values);
    }
    this.ticks[this.open] = tick;
    this.values[this.open++] = value;
  }

  replaceLast(value: number): void {
    this.values[this.open - 1] = value;
  }

  /** A block holds until the next one is asked for, which takes its place in memory. */
  *blocks(): Generator<Block> {
    const [ticks, values] = [new Float64Array(BLOCK_POINTS), new Float64Array(BLOCK_POINTS)];
    for (const each of this.full) {
      unpack(each, ticks, values);
      yield { ticks, values };
    }
    if (this.open > 0) yield { ticks: this.ticks.subarray(0, this.open), values: this.values.subarray(0, this.open) };
  }

  /** All points as plain lists. */
  lists(): Lists {
    return listsOf({ blocks: () => this.blocks() });
  }
}

function longer(array: Float64Array): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(Math.min(BLOCK_POINTS, 2 * array.length));
  copy.set(array);
  return copy;
}

function packed(ticks: Float64Array, values: Float64Array): Packed {
  // Minus zero is no whole number here, because a difference would lose its sign.
  const isWhole = values.every(
    (value) => Number.isInteger(value) && Math.abs(value) < WHOLE_MAX && !Object.is(value, -0),
  );
  const out = new Uint8Array(ticks.length * NUMBER_BYTES_MAX * 2);
  let end = putDifferences(out, 0, ticks);
  if (isWhole) end = putDifferences(out, end, values);
  else {
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    out.set(raw, end);
    end += raw.length;
  }
  // A copy, because zlib gives a view of a buffer of 16 kB, of which a steady block uses 300 bytes.
  const bytes = Uint8Array.from(deflateRawSync(out.subarray(0, end), { level: LEVEL }));
  return { isWhole, length: end, bytes };
}

function unpack({ isWhole, length, bytes }: Packed, ticks: Float64Array, values: Float64Array<ArrayBuffer>): void {
  const all = inflateRawSync(bytes, { chunkSize: Math.max(CHUNK_BYTES_MIN, length) });
  const end = takeDifferences(all, 0, ticks);
  if (isWhole) takeDifferences(all, end, values);
  else new Uint8Array(values.buffer).set(all.subarray(end));
}
