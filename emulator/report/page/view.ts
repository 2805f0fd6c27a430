// The range of time in view, the marked moment and the cursor, which all charts of a page share. Times are seconds from the
// start. The range stays within 0 and the end of the run and is never narrower than SPAN_MIN_S. The cursor follows the pointer,
// and rests on the mark while the pointer is elsewhere. No element of the page is touched here; the modules that draw listen for
// changes.

import { secondsOf, ticksOfSeconds } from "../../time";

const SPAN_MIN_S = 1;
/** In a wider view fractions of a second are noise. */
const FRACTIONS_SPAN_S = 60;

export class View {
  readonly end_s: number;
  from_s = 0;
  to_s: number;
  /** Where the cursor stands, or null while it is off the charts. */
  cursor_s: number | null = null;
  /** The moment that is marked, within the run, or null. */
  mark_s: number | null = null;
  private readonly rangeListeners: (() => void)[] = [];
  private readonly cursorListeners: (() => void)[] = [];
  private readonly markListeners: (() => void)[] = [];

  constructor(end_s: number) {
    this.end_s = end_s;
    this.to_s = end_s;
  }

  onRange(listener: () => void): void {
    this.rangeListeners.push(listener);
  }

  onCursor(listener: () => void): void {
    this.cursorListeners.push(listener);
  }

  onMark(listener: () => void): void {
    this.markListeners.push(listener);
  }

  span_s(): number {
    return this.to_s - this.from_s;
  }

  /** True when there is nothing to zoom out of. */
  isAll(): boolean {
    return this.span_s() >= this.end_s - 1e-6;
  }

  holds(at_s: number): boolean {
    return at_s >= this.from_s && at_s <= this.to_s;
  }

  /** The cursor, or the middle of the range where there is none. */
  focus_s(): number {
    return this.cursor_s ?? (this.from_s + this.to_s) / 2;
  }

  /** Whole seconds, unless the view is so narrow that fractions show. */
  readable(at_s: number): number {
    return this.span_s() > FRACTIONS_SPAN_S ? Math.round(at_s) : at_s;
  }

  /** Shows the range, moved and widened as far as the bounds require. */
  show(from_s: number, to_s: number): void {
    const span_s = Math.min(this.end_s, Math.max(SPAN_MIN_S, to_s - from_s));
    this.from_s = Math.min(Math.max(0, from_s), Math.max(0, this.end_s - span_s));
    this.to_s = this.from_s + span_s;
    for (const listener of this.rangeListeners) listener();
  }

  showAll(): void {
    this.show(0, this.end_s);
  }

  /** Shows this long a range around a moment. */
  showAround(at_s: number, span_s: number): void {
    this.show(at_s - span_s / 2, at_s + span_s / 2);
  }

  /** Multiplies the span by `factor`; the moment `at_s` keeps its place. */
  zoom(factor: number, at_s: number): void {
    const from_s = at_s - (at_s - this.from_s) * factor;
    this.show(from_s, from_s + this.span_s() * factor);
  }

  /** Moves the range by a share of its span, later for a positive one. */
  pan(share: number): void {
    const by_s = this.span_s() * share;
    this.show(this.from_s + by_s, this.to_s + by_s);
  }

  /** Marks the tick that is nearest to a moment. */
  setMark(at_s: number | null): void {
    this.mark_s = at_s === null ? null : Math.min(this.end_s, Math.max(0, secondsOf(ticksOfSeconds(at_s))));
    for (const listener of this.markListeners) listener();
  }

  setCursor(at_s: number | null): void {
    this.cursor_s = at_s;
    for (const listener of this.cursorListeners) listener();
  }
}
