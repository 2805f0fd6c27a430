// Slows down and counts the frames that prove no key (SEC-3). Each kind of frame has a back-off of its own, so that a flood of
// one kind does not block another. The first frames of a kind are free. Each further one makes a pause, twice as long as the
// last, in which frames of the kind are dropped without an answer. An authentic frame ends every pause.
//
// More than FLOOD_FRAMES_PER_MINUTE such frames in a minute, dropped ones included, are a flood. They are counted in spans of
// ten seconds, of which one more than a minute has is kept, so no minute with too many is missed.
//
// Invariants:
// - A pause is at most BACK_OFF_TICKS_MAX.
// - `span` is the span of the last counted frame, and the counts are those of the SPANS spans up to it.

import { assert } from "../hal/assert";
import { BACK_OFF_FREE, BACK_OFF_TICKS_MAX, FLOOD_FRAMES_PER_MINUTE } from "../hal/telemetry";
import { MINUTES_PER_HOUR, TICKS_PER_MINUTE } from "../hal/units";
import { Clock } from "./clock";
import { MemoryLatch, Twin, TwinArray } from "./twin";

/** The kinds of frames: a version query, a pairing, the opening of a session, and every other frame. */
export const KIND_QUERY: i32 = 0;
export const KIND_PAIR: i32 = 1;
export const KIND_OPEN: i32 = 2;
export const KIND_OTHER: i32 = 3;
const KINDS: i32 = 4;

const PAUSE_DOUBLINGS: i32 = 10;
const FAILURES_MAX: i32 = 255;
const SPANS_PER_MINUTE: i32 = 6;
const TICKS_PER_SPAN: i32 = TICKS_PER_MINUTE / SPANS_PER_MINUTE;
const SPANS: i32 = SPANS_PER_MINUTE + 1;
const COUNT_MAX: i32 = 0xffff;

assert(1 << PAUSE_DOUBLINGS == BACK_OFF_TICKS_MAX, "a pause doubles up to the longest");
assert(BACK_OFF_FREE + PAUSE_DOUBLINGS <= FAILURES_MAX, "the longest pause is reached");
assert(TICKS_PER_MINUTE % SPANS_PER_MINUTE == 0, "a minute is a whole number of spans");
assert(FLOOD_FRAMES_PER_MINUTE < COUNT_MAX, "a flood is found before a count ends");

export class BackOff {
  clock: Clock;
  /** For each kind the frames in a row that proved nothing, the tick in which its pause began, and the ticks of that pause. */
  failures: TwinArray;
  pausedAt: TwinArray;
  pause: TwinArray;
  /** Frames in each of the last spans: a ring, in which span n has place n mod SPANS. */
  counts: TwinArray;
  span: Twin;
  /** One more than the minute of the last flood; 0 when there was none. */
  flooded: Twin;

  constructor(clock: Clock, memory: MemoryLatch) {
    this.clock = clock;
    this.failures = new TwinArray(memory, KINDS);
    this.pausedAt = new TwinArray(memory, KINDS);
    this.pause = new TwinArray(memory, KINDS);
    this.counts = new TwinArray(memory, SPANS);
    this.span = new Twin(memory, 0);
    this.flooded = new Twin(memory, 0);
  }

  isPaused(kind: i32): bool {
    const since: i32 = (this.clock.now.get() - this.pausedAt.get(kind)) | 0;
    return since >= 0 && since < this.pause.get(kind);
  }

  /** Counts a frame of the kind that was heard and proved nothing. After the free ones, each makes a pause. */
  countFailure(kind: i32): void {
    const failures: i32 = (this.failures.get(kind) + 1) | 0;
    if (failures <= FAILURES_MAX) this.failures.set(kind, failures);
    if (failures <= BACK_OFF_FREE) return;
    const doublings: i32 = (failures - BACK_OFF_FREE) | 0;
    this.pause.set(kind, doublings < PAUSE_DOUBLINGS ? 1 << doublings : BACK_OFF_TICKS_MAX);
    this.pausedAt.set(kind, this.clock.now.get());
  }

  /** Counts a whole frame that proved nothing, whether it was heard or dropped. */
  countFrame(): void {
    const span: i32 = this.presentSpan();
    const passed: i32 = (span - this.span.get()) | 0;
    for (let i: i32 = 1; i <= SPANS && i <= passed; i = (i + 1) | 0) this.counts.set((this.span.get() + i) % SPANS, 0);
    if (passed > 0) this.span.set(span);
    const at: i32 = this.span.get() % SPANS;
    if (this.counts.get(at) < COUNT_MAX) this.counts.set(at, (this.counts.get(at) + 1) | 0);
    let frames: i32 = 0;
    for (let i: i32 = 0; i < SPANS; i = (i + 1) | 0) frames = (frames + this.counts.get(i)) | 0;
    if (frames > FLOOD_FRAMES_PER_MINUTE) this.flooded.set((this.clock.minute.get() + 1) | 0);
  }

  /** Ends every pause, when an authentic frame came. */
  endPauses(): void {
    for (let kind: i32 = 0; kind < KINDS; kind = (kind + 1) | 0) {
      if (this.failures.get(kind) != 0) this.failures.set(kind, 0);
      if (this.pause.get(kind) != 0) this.pause.set(kind, 0);
    }
  }

  /** Once a minute: takes one failure off each kind that does not pause. */
  minute(): void {
    for (let kind: i32 = 0; kind < KINDS; kind = (kind + 1) | 0) {
      const failures: i32 = this.failures.get(kind);
      if (failures == 0 || this.isPaused(kind)) continue;
      this.pause.set(kind, 0);
      this.failures.set(kind, (failures - 1) | 0);
    }
  }

  /** True for an hour after the last flood. */
  isFlooded(): bool {
    const flooded: i32 = this.flooded.get();
    return flooded != 0 && ((this.clock.minute.get() + 1 - flooded) | 0) < MINUTES_PER_HOUR;
  }

  /** The number of the ten seconds under way, counted from the pump's first minute. */
  private presentSpan(): i32 {
    const part: i32 = (this.clock.tickOfMinute.get() / TICKS_PER_SPAN) | 0;
    return (this.clock.minute.get() * SPANS_PER_MINUTE + (part < SPANS_PER_MINUTE ? part : SPANS_PER_MINUTE - 1)) | 0;
  }
}
