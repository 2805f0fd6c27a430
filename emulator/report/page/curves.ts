// The points of the page's curves, as many as a view can show. Of a curve with many points the file has a ladder of rungs
// (page-curves.ts). A view takes the points of the coarsest rung, and where two of them are so far apart that their group may be
// wider than a pixel, those of the next one between the two, and so on. So it has the lowest and highest value of every pixel, and
// single points where they are apart. A piece that is needed is inflated then, which takes some milliseconds. Until it has come the
// coarser points stand in for it, and then the owner is called. Times are ticks.

import { countBefore, listsOf, type Lists } from "../../points";
import { extremesIn, type ListedCurve } from "../curve";
import { derivedFrom } from "../derived";
import type { PageCurve, Rung } from "../page-model";
import { pointsOfPiece } from "../piece";

/** Gives the points of a piece's text to `use`, later. */
type Load = (text: string, use: (points: Points) => void) => Promise<void>;
type Points = { ticks: ArrayLike<number>; values: ArrayLike<number> };

/** False for a browser of before 2023, which shows the plain points alone. */
export const CAN_INFLATE = typeof DecompressionStream !== "undefined";
/** Pieces of a rung that are kept beyond those of the last view. */
const KEPT_PIECES = 16;
/** Gaps between the points that a rung has of a group. Where each is less than this part of a pixel, the group is less than a pixel. */
const GROUP_GAPS = 3;
/** Stretches that lie this few points apart are looked at as one. */
const JOINED_POINTS = 4;
/** The points around a stretch without which a curve that is worked out would begin otherwise. */
const MARGIN_POINTS = 4;

export class Curves {
  private readonly curves: readonly Ladder[];
  private awaited = 0;

  /** `changed` is called when points that a view needed have come. */
  constructor(curves: readonly PageCurve[], endTick: number, changed: () => void) {
    const load: Load = async (text, use) => {
      this.awaited++;
      use(pointsOfPiece(await inflated(text)));
      this.awaited--;
      changed();
    };
    const ladders: Ladder[] = [];
    for (const curve of curves) ladders.push(new Ladder(curve, ladders, endTick, load));
    this.curves = ladders;
  }

  /** True while points that a view needs have not come. */
  get isWaiting(): boolean {
    return this.awaited > 0;
  }

  /**
   * The points of curve `index` from the last one at `from` or before to the first one at `to` or after; in each stretch of `pixel`
   * ticks the first, lowest, highest and last.
   */
  shown(index: number, from: number, to: number, pixel: number): ListedCurve {
    return this.curves[index].shown(from, to, pixel);
  }
}

class Ladder {
  private readonly curve: PageCurve;
  private readonly top: Points;
  private readonly rungs: readonly Pieces[];
  private readonly origins: readonly Ladder[];
  private readonly endTick: number;

  constructor(curve: PageCurve, others: readonly Ladder[], endTick: number, load: Load) {
    this.curve = curve;
    this.top = { ticks: curve.ticks, values: curve.values.map((value) => value ?? NaN) };
    this.rungs = curve.rungs.map((rung) => new Pieces(rung, load));
    this.origins = curve.origin?.of.map((index) => others[index]) ?? [];
    this.endTick = endTick;
  }

  shown(from: number, to: number, pixel: number): ListedCurve {
    const lists: Lists = { ticks: [], values: [] };
    for (const rung of this.rungs) rung.begin();
    this.take(this.top, 0, from, to, pixel / GROUP_GAPS, lists);
    for (const rung of this.rungs) rung.end();
    return { kind: this.curve.kind, ...extremesIn(around(lists, from, to), from, pixel) };
  }

  /** Adds `points` around the stretch, and those of the rungs from `rung` on where they are more than `gap` ticks apart. */
  private take(points: Points, rung: number, from: number, to: number, gap: number, lists: Lists): void {
    const { ticks } = points;
    if (ticks.length === 0) return;
    const first = Math.max(0, countBefore(ticks, from + 1) - 1);
    const end = Math.min(ticks.length - 1, countBefore(ticks, to));
    const isLowest = rung >= this.rungs.length + Number(this.curve.origin !== null);
    for (let at = first; at <= end; at++) {
      let far = at;
      for (let next = at; !isLowest && next < end && next - far <= JOINED_POINTS; next++) {
        if (ticks[next + 1] - ticks[next] > gap) far = next + 1;
      }
      if (far === at) push(lists, points, at);
      else {
        const stretch = { from: Math.max(from, ticks[at]), to: Math.min(to, ticks[far]) };
        this.refine(points, at, far, rung, stretch, gap, lists);
        at = far - 1;
      }
    }
  }

  /** Adds the points of a rung in a stretch that the points `at` to `far` of the rung above enclose; these, where it has none. */
  private refine(
    above: Points,
    at: number,
    far: number,
    rung: number,
    { from, to }: { from: number; to: number },
    gap: number,
    lists: Lists,
  ): void {
    if (rung === this.rungs.length) {
      const points = this.workedOut(from, to);
      if (points === null) pushAll(lists, above, at, far, -Infinity, Infinity);
      else this.take(points, rung + 1, from, to, gap, lists);
      return;
    }
    const pieces = this.rungs[rung];
    const [first, last] = [pieces.indexAt(from), pieces.indexAt(to)];
    for (let index = first; index <= last; index++) {
      const points = pieces.get(index);
      const begin = index === first ? -Infinity : pieces.from(index);
      if (points === null) pushAll(lists, above, at, far, begin, pieces.from(index + 1));
      else this.take(points, rung + 1, from, to, gap, lists);
    }
    // The first point after the stretch may be that of the next piece.
    if (lists.ticks[lists.ticks.length - 1] < to) {
      const next = pieces.get(last + 1);
      if (next !== null) push(lists, next, 0);
    }
  }

  /** The points of a curve that others give, around a stretch; null while theirs are not there. */
  private workedOut(from: number, to: number): Points | null {
    const { by, window } = this.curve.origin!;
    const of: ListedCurve[] = [];
    for (const origin of this.origins) {
      const points = origin.all(from - window, to);
      if (points !== null) of.push(points);
    }
    if (of.length < this.origins.length) return null;
    // A pulse is the last one of the run only where no points lie beyond those at hand.
    const ends = of.map(({ ticks }, i) => (this.origins[i].lastTick === ticks.at(-1) ? this.endTick : ticks.at(-1)!));
    return listsOf(derivedFrom({ by, window, of }, Math.min(...ends)));
  }

  /** Every point of the curve in a stretch and some around it; null while they are not there. */
  private all(from: number, to: number): ListedCurve | null {
    const { kind } = this.curve;
    if (this.rungs.length === 0) return { kind, ...clipped([this.top], from, to) };
    const pieces = this.rungs[this.rungs.length - 1];
    const parts: Points[] = [];
    let isWhole = true;
    for (let index = pieces.indexAt(from) - 1; index <= pieces.indexAt(to) + 1; index++) {
      if (!pieces.has(index)) continue;
      const points = pieces.get(index);
      if (points === null) isWhole = false;
      else parts.push(points);
    }
    return isWhole ? { kind, ...clipped(parts, from, to) } : null;
  }

  private get lastTick(): number {
    return this.curve.ticks[this.curve.ticks.length - 1];
  }
}

/** The pieces of a rung, inflated when they are first asked for. */
class Pieces {
  private readonly rung: Rung;
  private readonly load: Load;
  private readonly known = new Map<number, Points>();
  private readonly awaited = new Set<number>();
  private readonly used = new Set<number>();

  constructor(rung: Rung, load: Load) {
    this.rung = rung;
    this.load = load;
  }

  /** A view begins. */
  begin(): void {
    this.used.clear();
  }

  /** A view has all pieces that it asked for; some of the others are forgotten. */
  end(): void {
    for (const index of this.known.keys()) {
      if (this.known.size <= this.used.size + KEPT_PIECES) return;
      if (!this.used.has(index)) this.known.delete(index);
    }
  }

  has(index: number): boolean {
    return index >= 0 && index < this.rung.from.length;
  }

  /** The tick at which a piece begins; Infinity behind the last one. */
  from(index: number): number {
    return this.rung.from[index] ?? Infinity;
  }

  /** The piece in which a tick lies. */
  indexAt(tick: number): number {
    return Math.max(0, countBefore(this.rung.from, tick + 1) - 1);
  }

  /** Null for a piece that is not there, or not yet. */
  get(index: number): Points | null {
    this.used.add(index);
    const points = this.known.get(index);
    if (points !== undefined) return points;
    const text = this.rung.texts[index] ?? "";
    if (text !== "" && CAN_INFLATE && !this.awaited.has(index)) {
      this.awaited.add(index);
      void this.load(text, (come) => {
        this.known.set(index, come);
        this.awaited.delete(index);
      });
    }
    return null;
  }
}

async function inflated(text: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Adds a point that lies behind the last one. */
function push({ ticks, values }: Lists, points: Points, at: number): void {
  if (ticks.length > 0 && points.ticks[at] <= ticks[ticks.length - 1]) return;
  ticks.push(points.ticks[at]);
  values.push(points.values[at]);
}

function pushAll(lists: Lists, points: Points, at: number, far: number, from: number, to: number): void {
  for (let i = at; i <= far; i++) if (points.ticks[i] >= from && points.ticks[i] < to) push(lists, points, i);
}

/** The points from the last one at `from` or before to the first one at `to` or after. */
function around({ ticks, values }: Lists, from: number, to: number): Lists {
  const first = Math.max(0, countBefore(ticks, from + 1) - 1);
  const end = countBefore(ticks, to) + 1;
  return { ticks: ticks.slice(first, end), values: values.slice(first, end) };
}

/** The points of the parts in a stretch, and MARGIN_POINTS on both sides. */
function clipped(parts: readonly Points[], from: number, to: number): Lists {
  const lists: Lists = { ticks: [], values: [] };
  for (const part of parts) {
    const first = Math.max(0, countBefore(part.ticks, from) - MARGIN_POINTS);
    const end = Math.min(part.ticks.length, countBefore(part.ticks, to + 1) + MARGIN_POINTS);
    for (let i = first; i < end; i++) push(lists, part, i);
  }
  return lists;
}
