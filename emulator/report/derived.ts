// Curves that are worked out from other curves, point by point and without a list of all: the difference of a delivered volume and a
// programmed one, and the delivered rate. The page has of a long run only their extremes, and works their points out from those of
// the curves they come from; so this file is used on both sides. Times are ticks of 10 ms.

import { TICKS_PER_DAY } from "../../hal/units";
import { BlockWriter, PointReader, type Block } from "../points";
import { CurveReader, endsOf, leastOf, passed, type Curve, type Origin, type StreamedCurve } from "./curve";

/** The curve of that origin, up to `endTick`. */
export function derivedFrom(origin: Origin, endTick: number): StreamedCurve {
  const { by, of, window } = origin;
  const blocks = () => (by === "difference" ? differences(of[0], of[1], endTick) : rates(of[0], window, endTick));
  return { kind: "line", blocks, origin };
}

/** `delivered` minus `programmed`, in their unit, with both sides of each jump of `delivered`. */
export function differenceOf(delivered: Curve, programmed: Curve, endTick: number): StreamedCurve {
  return derivedFrom({ by: "difference", of: [delivered, programmed], window: 0 }, endTick);
}

/** Mean rate over the `window` ticks before each moment, a day, of the volume `delivered`. */
export function deliveredRateOf(delivered: Curve, window: number, endTick: number): StreamedCurve {
  return derivedFrom({ by: "rate", of: [delivered], window }, endTick);
}

function* differences(delivered: Curve, programmed: Curve, endTick: number): Generator<Block> {
  const readers = [
    endsOf(endTick),
    new PointReader(programmed),
    new PointReader(delivered, -1),
    new PointReader(delivered),
  ];
  const [seen, sought] = [new CurveReader(delivered), new CurveReader(programmed)];
  const out = new BlockWriter();
  for (let tick = leastOf(readers); tick <= endTick; tick = passed(readers, tick)) {
    if (tick < 0) continue;
    out.append(tick, seen.at(tick) - sought.at(tick));
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

function* rates(delivered: Curve, window: number, endTick: number): Generator<Block> {
  const smooth: Curve = { kind: "line", blocks: () => smoothed(delivered, endTick) };
  const readers = [endsOf(endTick), new PointReader(smooth), new PointReader(smooth, window)];
  const [now, before] = [new CurveReader(smooth), new CurveReader(smooth)];
  const out = new BlockWriter();
  // The mean over no time is that up to the next moment.
  let atStart = false;
  for (let tick = leastOf(readers); tick <= endTick; tick = passed(readers, tick)) {
    if (tick <= 0) {
      atStart = tick === 0;
      continue;
    }
    const width = Math.min(window, tick);
    const rate = (now.at(tick) - before.at(tick - width)) * (TICKS_PER_DAY / width);
    if (atStart) out.append(0, rate);
    atStart = false;
    out.append(tick, rate);
    if (out.isFull) yield out.take();
  }
  if (atStart) out.append(0, 0);
  yield out.take();
}

/**
 * `delivered` with each pulse spread over the time since the pulse before it, or else a mean would swing by a pulse as
 * pulses enter and leave its window. A gap of more than twice both its neighbours is a pause, not a slow pulse, so the
 * pulse after it takes the longer of those. At the end, a pulse that is not yet due counts in part.
 */
function* smoothed(delivered: Curve, endTick: number): Generator<Block> {
  const out = new BlockWriter();
  const next = new PointReader(delivered);
  let [tick, value, gap, rise] = [next.tick, next.value, 0, 0];
  if (tick === Infinity) return;
  out.append(tick, value);
  next.next();
  while (next.tick < Infinity) {
    const [fromTick, fromValue, gapBefore] = [tick, value, gap];
    ({ tick, value } = next);
    gap = tick - fromTick;
    rise = value - fromValue;
    next.next();
    const gapAfter = next.tick < Infinity ? next.tick - tick : gap;
    const usual = Math.max(gapBefore > 0 ? gapBefore : gap, gapAfter);
    if (gap > 2 * usual) out.append(tick - usual, fromValue);
    out.append(tick, value);
    if (out.isFull) yield out.take();
  }
  if (gap > 0 && tick < endTick) {
    const share = (endTick - tick) / gap;
    out.append(endTick, value + (share <= 1 ? share * rise : 0));
  }
  yield out.take();
}
