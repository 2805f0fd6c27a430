// The curves of a page as its file has them. A curve of few points is plain lists. One of many is a ladder: its points; of each
// group of 64 points the first, lowest, highest and last one; of each group of 64 groups the same; and so on, until a rung has so
// few that it stands in the file as plain lists. The page opens with these, and reads pieces of the other rungs when a range in view
// needs them. Every point of every rung is a point of the curve. A curve that is worked out from others (derived.ts) has no lowest
// rung.
//
// A piece is up to 16,384 points as differences (piece.ts), deflated: 5 million steady pulses take about 30 kB. Randomly timed
// pulses do not compress, so the file has a bound. When all curves together exceed it, the largest gives up its lowest rung, except
// around what went wrong, and so on until they fit. Curves are made one after the other, each in one pass, so that memory holds
// little more than the file.

import { deflateRawSync } from "node:zlib";
import { numberWords } from "../amounts";
import { blocksOf, type Block } from "../points";
import type { Curve } from "./curve";
import type { PageCurve, Rung } from "./page-model";
import { bytesOfPiece, UNITS } from "./piece";

/** A rung with no more points stands in the file as plain lists. */
export const PLAIN_POINTS_MAX = 4096;
/** Of a page of a run. */
export const PAGE_BYTES_MAX = 20e6;

const PIECE_POINTS = 16_384;
const GROUP = 64;
const DEFLATE_LEVEL = 6;
/** The share of the curves' bytes that a curve keeps around what went wrong when it gives up a rung. */
const WHOLE_SHARE = 1 / 20;

/** A curve and its size, while others are still to come. */
interface Made {
  curve: PageCurve;
  /** Points of the curve. */
  count: number;
  /** Of each rung, in the order of the curve's. */
  counts: number[];
  pieces: Piece[][];
  /** The names of the lines that have it. */
  names: string[];
  /** The rungs that it gave up. */
  given: number;
}

interface Piece {
  from: number;
  to: number;
  count: number;
  text: string;
}

export class PageCurves {
  private readonly known = new Map<Curve, number>();
  private readonly made: Made[] = [];
  private readonly whole: readonly (readonly [number, number])[];
  private readonly bytesMax: number;

  /**
   * `whole`: stretches of ticks, both ends included, around which the curves keep every point, the first stretches first. `bytesMax`:
   * what the pieces of all curves may take of the page.
   */
  constructor(whole: readonly (readonly [number, number])[], bytesMax: number) {
    this.whole = whole;
    this.bytesMax = bytesMax;
  }

  /** The place of a curve in the page; `name` is that of the line that shows it. */
  add(curve: Curve, name: string | null): number {
    let index = this.known.get(curve);
    if (index === undefined) {
      const origin = "origin" in curve ? curve.origin : undefined;
      const of = origin?.of.map((each) => this.add(each, null)) ?? [];
      index = this.made.push(ladderOf(curve, origin === undefined ? null : { ...origin, of })) - 1;
      this.known.set(curve, index);
      this.fit();
    }
    if (name !== null) this.made[index].names.push(name);
    return index;
  }

  curves(): PageCurve[] {
    return this.made.map(({ curve, pieces }) => ({
      ...curve,
      rungs: pieces.map((rung): Rung => ({ from: rung.map(({ from }) => from), texts: rung.map(({ text }) => text) })),
    }));
  }

  /** A line for each curve that has fewer points than were recorded. */
  thinned(): string[] {
    return this.made.flatMap(({ names, count, counts, pieces, given, curve }) => {
      const isThin = given > 0 || (curve.origin?.of.some((of) => this.made[of].given > 0) ?? false);
      if (!isThin || names.length === 0) return [];
      const rung = counts.length - 1 - given;
      const around = pieces.slice(rung + 1).flat();
      const kept = (rung < 0 ? curve.ticks.length : counts[rung]) + around.reduce((sum, each) => sum + sizeOf(each), 0);
      return names.map((name) => `${name} (${numberWords(kept)} of ${numberWords(count)})`);
    });
  }

  /** The characters of all pieces. */
  bytes(): number {
    return this.made.reduce((sum, made) => sum + bytesOf(made), 0);
  }

  private fit(): void {
    while (this.bytes() > this.bytesMax) {
      const able = this.made.filter(({ given, pieces }) => given < pieces.length);
      if (able.length === 0) return;
      this.give(able.reduce((first, each) => (this.isBefore(each, first) ? each : first)));
    }
  }

  /** True when curve `one` gives up a rung before the other. Those of all points go first, and of these the ones that give others last. */
  private isBefore(one: Made, other: Made): boolean {
    const [rank, otherRank] = [this.rankOf(one), this.rankOf(other)];
    return rank === otherRank ? bytesOf(one) > bytesOf(other) : rank < otherRank;
  }

  private rankOf(made: Made): number {
    if (made.given > 0 || made.curve.origin !== null) return 2;
    const index = this.made.indexOf(made);
    return this.made.some(({ curve }) => curve.origin?.of.includes(index)) ? 1 : 0;
  }

  /** Takes the lowest rung that is still whole from a curve, but for the pieces around what went wrong. */
  private give(made: Made): void {
    made.given++;
    const rung = made.pieces[made.pieces.length - made.given];
    const kept = new Set<Piece>();
    let left = this.bytesMax * WHOLE_SHARE;
    for (const [from, to] of made.given === 1 ? this.whole : []) {
      const around = rung.filter((piece) => piece.from <= to && piece.to >= from && !kept.has(piece));
      left -= around.reduce((sum, { text }) => sum + text.length, 0);
      if (left < 0) break;
      for (const piece of around) kept.add(piece);
    }
    for (const piece of rung) if (!kept.has(piece)) piece.text = "";
  }
}

function bytesOf({ pieces }: Made): number {
  return pieces.reduce((sum, rung) => sum + rung.reduce((part, { text }) => part + text.length, 0), 0);
}

function sizeOf({ text, count }: Piece): number {
  return text === "" ? 0 : count;
}

function ladderOf(curve: Curve, origin: PageCurve["origin"]): Made {
  const lowest = new Climber(origin === null);
  for (const { ticks, values } of blocksOf(curve)) {
    for (let i = 0; i < ticks.length; i++) lowest.add(ticks[i], Math.round(values[i] * UNITS));
  }
  const rungs = lowest.ended();
  const top = rungs[rungs.length - 1];
  const packed = rungs.slice(origin === null ? 0 : 1, -1).reverse();
  const { ticks, values } = top.open();
  return {
    curve: {
      kind: curve.kind,
      ticks: Array.from(ticks),
      values: Array.from(values, (value) => (Number.isNaN(value) ? null : value / UNITS)),
      rungs: [],
      origin: top === lowest ? null : origin,
    },
    count: lowest.count,
    counts: packed.map(({ count }) => count),
    pieces: packed.map((rung) => rung.pieces()),
    names: [],
    given: 0,
  };
}

/** One rung of a ladder in the making, which hands the extremes of its groups up to the next one. Values are in units, NaN for a gap. */
class Climber {
  count = 0;
  private readonly isKept: boolean;
  private readonly full: Piece[] = [];
  private readonly ticks = new Float64Array(PIECE_POINTS);
  private readonly values = new Float64Array(PIECE_POINTS);
  private length = 0;
  private upper: Climber | null = null;
  /** Members of the open group: points of the lowest rung, and groups of the rung below on the others. */
  private members = 0;
  /** Ticks and values of the first, lowest, highest and last point of the open group; a tick of -1 for none. */
  private readonly group = [-1, 0, 0, 0, 0, 0, 0, 0];
  /** The ticks of its gaps. */
  private readonly gaps: number[] = [];

  /** `isKept`: whether its pieces are wanted. */
  constructor(isKept: boolean) {
    this.isKept = isKept;
  }

  /** A point of the lowest rung. */
  add(tick: number, value: number): void {
    this.put(tick, value);
    this.endMember();
  }

  /** The rungs from the lowest to the first one that has few points, after the last point. */
  ended(): Climber[] {
    if (this.count <= PLAIN_POINTS_MAX) return [this];
    this.handUp();
    return [this, ...this.upper!.ended()];
  }

  /** The points that are in no full piece: of a rung that has few, all. */
  open(): Block {
    return { ticks: this.ticks.subarray(0, this.length), values: this.values.subarray(0, this.length) };
  }

  /** All points as pieces. */
  pieces(): Piece[] {
    this.pack();
    return this.full;
  }

  private put(tick: number, value: number): void {
    if (this.length === PIECE_POINTS) this.pack();
    this.ticks[this.length] = tick;
    this.values[this.length++] = value;
    this.count++;
    const { group } = this;
    if (Number.isNaN(value)) {
      this.gaps.push(tick);
    } else if (group[0] < 0) {
      for (let i = 0; i < group.length; i += 2) {
        group[i] = tick;
        group[i + 1] = value;
      }
    } else {
      if (value < group[3]) [group[2], group[3]] = [tick, value];
      if (value > group[5]) [group[4], group[5]] = [tick, value];
      group[6] = tick;
      group[7] = value;
    }
  }

  private endMember(): void {
    if (++this.members < GROUP) return;
    this.members = 0;
    this.handUp();
    this.upperRung().endMember();
  }

  /** Gives the extremes of the open group and its gaps to the next rung, each once and in their order, and begins another group. */
  private handUp(): void {
    const { group, gaps } = this;
    const upper = this.upperRung();
    const [one, other] = group[2] < group[4] ? [2, 4] : [4, 2];
    let last = -1;
    for (const at of group[0] < 0 ? [] : [0, one, other, 6]) {
      if (group[at] <= last) continue;
      last = group[at];
      while (gaps.length > 0 && gaps[0] < last) upper.put(gaps.shift()!, NaN);
      upper.put(last, group[at + 1]);
    }
    while (gaps.length > 0) upper.put(gaps.shift()!, NaN);
    group[0] = -1;
  }

  private upperRung(): Climber {
    return (this.upper ??= new Climber(true));
  }

  private pack(): void {
    if (this.length > 0 && this.isKept) this.full.push(pieceOf(this.open()));
    this.length = 0;
  }
}

function pieceOf(block: Block): Piece {
  const { ticks } = block;
  const text = deflateRawSync(bytesOfPiece(block), { level: DEFLATE_LEVEL }).toString("base64");
  return { from: ticks[0], to: ticks[ticks.length - 1], count: ticks.length, text };
}
