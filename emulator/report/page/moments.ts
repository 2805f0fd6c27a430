// The moments that stand out in every chart: a dashed line where the run first went wrong, a solid one at the moment that a
// person marked, and on the ruler a flag for each of them and for whatever went wrong later. The mark is an element over the
// canvas, because it moves with every press of a key and the curves of a long run take a while to draw.

import type { Mark } from "../page-model";
import { element } from "./dom";
import type { Palette } from "./palette";
import type { View } from "./view";

const FLAG_PX = 9;

/** Draws a line over a chart at the first of the moments that went wrong. */
export function drawFirstWrong(chart: uPlot, view: View, palette: Palette, wrong: readonly Mark[]): void {
  if (wrong.length === 0 || !view.holds(wrong[0].at_s)) return;
  const { ctx, bbox } = chart;
  const x = Math.round(chart.valToPos(wrong[0].at_s, "x", true));
  ctx.save();
  ctx.strokeStyle = palette.colour(wrong[0].tone);
  ctx.lineWidth = 1.5 * uPlot.pxRatio;
  ctx.setLineDash([4, 3].map((length) => length * uPlot.pxRatio));
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** The line at the marked moment in a chart. Call `place` when the mark or the range has changed. */
export function markLine(chart: uPlot, view: View): { place(): void } {
  const line = element("div", { class: "mark-line" });
  chart.over.append(line);
  const place = (): void => {
    const { mark_s } = view;
    line.hidden = mark_s === null || !view.holds(mark_s);
    if (mark_s !== null && !line.hidden) line.style.left = `${chart.valToPos(mark_s, "x")}px`;
  };
  place();
  return { place };
}

/** Flags of what went wrong, on the lower edge of the ruler: that of the first moment is filled, the others are outlines. */
export function drawFlags(ruler: uPlot, view: View, palette: Palette, wrong: readonly Mark[]): void {
  const { ctx, bbox } = ruler;
  const foot = bbox.top + bbox.height;
  const draw = (at_s: number, colour: string, isFilled: boolean): void => {
    if (!view.holds(at_s)) return;
    const x = ruler.valToPos(at_s, "x", true);
    const size = FLAG_PX * uPlot.pxRatio;
    ctx.beginPath();
    ctx.moveTo(x, foot);
    ctx.lineTo(x, foot - size);
    ctx.lineTo(x + size * 0.8, foot - size * 0.65);
    ctx.lineTo(x, foot - size * 0.3);
    ctx.fillStyle = isFilled ? colour : palette.colour("card");
    ctx.fill();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.25 * uPlot.pxRatio;
    ctx.stroke();
  };
  ctx.save();
  for (const { at_s, tone } of wrong.slice(1).reverse()) draw(at_s, palette.colour(tone), false);
  if (wrong.length > 0) draw(wrong[0].at_s, palette.colour(wrong[0].tone), true);
  ctx.restore();
}
