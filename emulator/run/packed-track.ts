// The changes of one signal over a run, packed so that a run of years fits into memory: 5 million pulses change twenty signals 100
// million times, which as numbers would take 1.6 GB. Full blocks are kept as differences of ticks and, where all values are whole,
// of values, deflated; a steady pump's take about a fiftieth. Ticks rise strictly. Blocks come out one at a time.

import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Block } from "./report";

const BLOCK_POINTS = 16_384;
const FIRST_POINTS = 64;
/** Fast: the least that zlib does already takes the repetitions of a steady pump. */
const LEVEL = 1;
/** A number of 53 bits and a sign takes eight bytes of seven bits. */
const NUMBER_BYTES_MAX = 8;

/** Below this the difference of two numbers, doubled for its sign, is exact. */
const WHOLE_MAX = 0x8_0000_0000_0000;

interface Packed {
  points: number;
  isWhole: boolean;
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

  *blocks(): Generator<Block> {
    for (const each of this.full) yield unpacked(each);
    if (this.open > 0) yield { ticks: this.ticks.subarray(0, this.open), values: this.values.subarray(0, this.open) };
  }

  /** All points as plain lists. */
  lists(): { ticks: number[]; values: number[] } {
    const all: { ticks: number[]; values: number[] } = { ticks: [], values: [] };
    for (const { ticks, values } of this.blocks()) {
      for (let i = 0; i < ticks.length; i++) {
        all.ticks.push(ticks[i]);
        all.values.push(values[i]);
      }
    }
    return all;
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
  return { points: ticks.length, isWhole, bytes: deflateRawSync(out.subarray(0, end), { level: LEVEL }) };
}

function unpacked({ points, isWhole, bytes }: Packed): Block {
  const all = inflateRawSync(bytes);
  const [ticks, values] = [new Float64Array(points), new Float64Array(points)];
  const end = takeDifferences(all, 0, ticks);
  if (isWhole) takeDifferences(all, end, values);
  else new Uint8Array(values.buffer).set(all.subarray(end));
  return { ticks, values };
}

/** Writes each number's difference to the one before it, seven bits a byte, the lowest first; the sign is the lowest bit. */
function putDifferences(out: Uint8Array, from: number, numbers: Float64Array): number {
  let at = from;
  let before = 0;
  for (const number of numbers) {
    const difference = number - before;
    before = number;
    let rest = difference < 0 ? -2 * difference - 1 : 2 * difference;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80;
    out[at++] = rest;
  }
  return at;
}

function takeDifferences(bytes: Uint8Array, from: number, numbers: Float64Array): number {
  let at = from;
  let before = 0;
  for (let i = 0; i < numbers.length; i++) {
    let [rest, scale] = [0, 1];
    for (; bytes[at] >= 0x80; scale *= 0x80) rest += (bytes[at++] & 0x7f) * scale;
    rest += bytes[at++] * scale;
    before += rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2;
    numbers[i] = before;
  }
  return at;
}
