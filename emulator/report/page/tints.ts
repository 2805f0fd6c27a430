// The tints behind the plots, by which a change in a curve finds its reason: the time of an alarm or a fault, in its colour. All
// that one colour stands for is one tint, however many overlap. What fills much of the view explains nothing and would colour the
// whole plot, so it is only a strip along the top edge there.

import type { Bar, Tone } from "../page-model";

/** A colour that covers more of the view than this share is a strip alone. */
const FILL_SHARE_MAX = 0.25;

export interface Tint {
  tone: Tone;
  /** Parts of the view that do not touch, in their order, s. */
  spans: [from_s: number, to_s: number][];
  /** The whole height of the plot is tinted, not the strip alone. */
  isFull: boolean;
}

/** One tint for each colour that has a bar with a length in the view. */
export function tintsIn(bars: readonly Bar[], from_s: number, to_s: number): Tint[] {
  const byTone = new Map<Tone, Tint["spans"]>();
  for (const bar of [...bars].sort((a, b) => a.from_s - b.from_s)) {
    if (bar.to_s === null) continue;
    const [from, to] = [Math.max(bar.from_s, from_s), Math.min(bar.to_s, to_s)];
    if (to <= from) continue;
    const spans = byTone.get(bar.tone) ?? [];
    byTone.set(bar.tone, spans);
    const last = spans.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else spans.push([from, to]);
  }
  return [...byTone].map(([tone, spans]) => {
    const covered_s = spans.reduce((sum, [from, to]) => sum + to - from, 0);
    return { tone, spans, isFull: covered_s <= FILL_SHARE_MAX * (to_s - from_s) };
  });
}
