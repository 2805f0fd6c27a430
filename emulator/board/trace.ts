// The trace port: the events of the present tick, which the machine gives to the listener, and the present value of each
// channel. Every event is folded into `history` (FNV-1a), so that a fingerprint covers events that nobody kept.

import { CHANNELS, TracePort } from "../../hal/trace";
import { Shown } from "./shown";

/** Events that one tick can report; the reference controller's longest tick reports under twenty. */
export const EVENTS_PER_TICK = 64;
export const EVENT_WORDS = 4;

export class VirtualTrace extends TracePort {
  channels: Int32Array = new Int32Array(CHANNELS);
  events: Int32Array = new Int32Array(EVENTS_PER_TICK * EVENT_WORDS);
  count: i32 = 0;
  /** Events and publications since the run began. */
  total: f64 = 0;
  published: f64 = 0;
  /** Events beyond what one tick can hold. */
  overflows: f64 = 0;
  history: i32 = 0x811c9dc5 | 0;
  shown: Shown = new Shown();

  event(code: i32, a: i32, b: i32, c: i32): void {
    this.total++;
    this.shown.any = true;
    this.fold(code);
    this.fold(a);
    this.fold(b);
    this.fold(c);
    if (this.count >= EVENTS_PER_TICK) {
      this.overflows++;
      return;
    }
    const at = this.count * EVENT_WORDS;
    this.events[at] = code;
    this.events[at + 1] = a;
    this.events[at + 2] = b;
    this.events[at + 3] = c;
    this.count++;
  }

  publish(channel: i32, value: i32): void {
    if (channel < 0 || channel >= CHANNELS) return;
    this.channels[channel] = value;
    this.published++;
    this.shown.any = true;
  }

  private fold(word: i32): void {
    this.history = (Math.imul(this.history ^ word, 0x01000193) as i32) ^ (word >>> 13);
  }
}
