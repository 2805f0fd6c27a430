// Points over ticks of 10 ms: a value at each of some ticks, which rise strictly. Few points come as two lists. A run of years has
// millions of them, so they come as blocks, one at a time, and their readers go through them without a list of all. The pages'
// modules in the browser use this file too.

const BLOCK_POINTS = 4096;
/** The points that one step of a maker may add. */
const MORE = 4;

/** A stretch of points, oldest first. */
export interface Block {
  ticks: ArrayLike<number>;
  values: ArrayLike<number>;
}

/**
 * Points as lists or by blocks. Who has both wants to be read by blocks. Blocks can be asked for more than once; each of them holds until
 * the next one is asked for, which takes its place in memory.
 */
export type Points = (Block & { blocks?: () => Iterable<Block> }) | { blocks: () => Iterable<Block> };

export interface Lists {
  ticks: number[];
  values: number[];
}

/** The points a stretch at a time, so that those of years need not be in memory at once. */
export function blocksOf(points: Points): Iterable<Block> {
  return points.blocks === undefined ? [points as Block] : points.blocks();
}

/** All points as lists, for those who know that they are few. */
export function listsOf(points: Points): Lists {
  const lists: Lists = { ticks: [], values: [] };
  for (const { ticks, values } of blocksOf(points)) {
    for (let i = 0; i < ticks.length; i++) {
      lists.ticks.push(ticks[i]);
      lists.values.push(values[i]);
    }
  }
  return lists;
}

/** The first point as a list of one, or an empty list. */
export function firstOf(points: Points): [tick: number, value: number][] {
  for (const { ticks, values } of blocksOf(points)) if (ticks.length > 0) return [[ticks[0], values[0]]];
  return [];
}

/** True when `is` is true of a value at least. */
export function hasValue(points: Points, is: (value: number) => boolean): boolean {
  for (const { values } of blocksOf(points)) for (let i = 0; i < values.length; i++) if (is(values[i])) return true;
  return false;
}

/** The different values, in the order in which they first come. */
export function distinctValues(points: Points): number[] {
  const found = new Set<number>();
  for (const { values } of blocksOf(points)) for (let i = 0; i < values.length; i++) found.add(values[i]);
  return [...found];
}

/** The points with `change` made to each value. */
export function mapped(points: Points, change: (value: number) => number): { blocks: () => Iterable<Block> } {
  function* blocks(): Generator<Block> {
    let room = new Float64Array(0);
    for (const { ticks, values } of blocksOf(points)) {
      if (room.length < values.length) room = new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) room[i] = change(values[i]);
      yield { ticks, values: room.subarray(0, values.length) };
    }
  }
  return { blocks };
}

/** How many of the rising `ticks` are before `tick`. */
export function countBefore(ticks: ArrayLike<number>, tick: number): number {
  let [low, high] = [0, ticks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ticks[middle] < tick) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Reads points one after the other. */
export class PointReader {
  /** Of the present point; Infinity after the last one. */
  tick = Infinity;
  value = 0;
  private readonly blocks: Iterator<Block>;
  private readonly shift: number;
  private block: Block = { ticks: [], values: [] };
  private at = -1;

  /** `shift` is added to each tick. */
  constructor(points: Points, shift = 0) {
    this.blocks = blocksOf(points)[Symbol.iterator]();
    this.shift = shift;
    this.next();
  }

  next(): void {
    while (++this.at >= this.block.ticks.length) {
      const { done, value } = this.blocks.next() as IteratorResult<Block, undefined>;
      if (done) {
        this.tick = Infinity;
        return;
      }
      this.block = value;
      this.at = -1;
    }
    this.tick = this.block.ticks[this.at] + this.shift;
    this.value = this.block.values[this.at];
  }
}

/** Gathers points into blocks, which their maker yields when they are full. */
export class BlockWriter {
  private readonly ticks = new Float64Array(BLOCK_POINTS);
  private readonly values = new Float64Array(BLOCK_POINTS);
  private count = 0;

  /** True when there is room for few points more. */
  get isFull(): boolean {
    return this.count > BLOCK_POINTS - MORE;
  }

  append(tick: number, value: number): void {
    this.ticks[this.count] = tick;
    this.values[this.count++] = value;
  }

  /** The points since the last call, which hold until more are appended. */
  take(): Block {
    const block = { ticks: this.ticks.subarray(0, this.count), values: this.values.subarray(0, this.count) };
    this.count = 0;
    return block;
  }
}
