// Lanes of bars for alarms, faults and boluses, with a row for those that may overlap, and crosses for denied boluses. A bar
// without a known end fades away. A moment is a pin. A diamond in a bar marks where a fault first acted. The name of a bar
// stands inside, after or before it, wherever it covers nothing.

import type { Bar, Lane, Mark } from "../page-model";
import type { LaneCanvas } from "./lane-canvas";
import { ROW_PX, type DrawnLane } from "./lanes";

const PAD_PX = 4;
const BAR_PX = ROW_PX - 6;
const FADE_PX = 46;

export function barLane({ title, rows, marks }: Lane): DrawnLane {
  return {
    title,
    height_px: Math.max(1, rows.length) * ROW_PX + 2 * PAD_PX,
    isEmpty: rows.length === 0 && marks.length === 0,
    draw: (canvas, top) => {
      rows.forEach((row, index) => drawRow(canvas, row, marks, top + PAD_PX + index * ROW_PX));
      drawCrosses(canvas, marks, top + PAD_PX);
    },
  };
}

function drawRow(canvas: LaneCanvas, row: readonly Bar[], marks: readonly Mark[], top: number): void {
  const { view } = canvas;
  const crosses = marks.map((mark) => canvas.place(mark.at_s));
  let nameEnd = canvas.left;
  row.forEach((bar, index) => {
    if (bar.from_s > view.to_s || (bar.to_s !== null && bar.to_s < view.from_s)) return;
    const from = Math.max(canvas.place(bar.from_s), canvas.left - 2);
    const to = endOf(canvas, bar, from);
    if (bar.to_s === null && to < canvas.left) return;
    drawBar(canvas, bar, from, to, top);
    const [before, after] = [row.at(index - 1), row.at(index + 1)];
    const free: Free = {
      from:
        index === 0 || before === undefined ? nameEnd : Math.max(nameEnd, canvas.place(before.to_s ?? before.from_s)),
      to: after === undefined ? canvas.right() : Math.min(canvas.right(), canvas.place(after.from_s)),
      crosses,
    };
    nameEnd = drawName(canvas, bar, from, to, free, top + BAR_PX / 2) ?? nameEnd;
    canvas.hit(isMoment(bar) ? from - 6 : from, Math.max(to, from + 8), top, top + BAR_PX, bar.detail);
  });
}

function isMoment(bar: Bar): boolean {
  return bar.to_s === bar.from_s;
}

function endOf(canvas: LaneCanvas, bar: Bar, from: number): number {
  if (bar.to_s === null) return from + FADE_PX;
  if (isMoment(bar)) return from + 5;
  return Math.max(from + 3, Math.min(canvas.place(bar.to_s), canvas.right() + 2));
}

function drawBar(canvas: LaneCanvas, bar: Bar, from: number, to: number, top: number): void {
  const { ctx, palette, view } = canvas;
  if (isMoment(bar)) {
    drawPin(canvas, bar, top);
    return;
  }
  ctx.fillStyle = palette.shade(bar.tone, 0.3);
  if (bar.to_s === null) {
    const fade = ctx.createLinearGradient(from, 0, to, 0);
    fade.addColorStop(0, palette.shade(bar.tone, 0.45));
    fade.addColorStop(1, palette.shade(bar.tone, 0));
    ctx.fillStyle = fade;
  }
  ctx.fillRect(from, top, to - from, BAR_PX);
  ctx.fillStyle = palette.colour(bar.tone);
  if (bar.from_s >= view.from_s) ctx.fillRect(from, top, 2.5, BAR_PX);
  if (bar.to_s !== null && bar.to_s <= view.to_s && to - from > 5) ctx.fillRect(to - 1, top, 1, BAR_PX);
  if (bar.mark_s !== null) canvas.fillDiamond(canvas.place(bar.mark_s), top + BAR_PX / 2, 4);
}

/** A pin at the moment; its head is hollow if nothing came of it. */
function drawPin(canvas: LaneCanvas, bar: Bar, top: number): void {
  const { ctx, palette } = canvas;
  const x = canvas.place(bar.from_s);
  const y = top + BAR_PX / 2;
  ctx.fillStyle = palette.colour(bar.tone);
  ctx.fillRect(x - 0.75, top, 1.5, BAR_PX);
  canvas.fillDiamond(x, y, 5);
  if (bar.mark_s !== null) return;
  ctx.fillStyle = palette.colour("card");
  canvas.fillDiamond(x, y, 3);
}

/** The room around a bar for its name: neither the bars nor the name beside it reach into it, and the crosses are in the way. */
interface Free {
  from: number;
  to: number;
  crosses: readonly number[];
}

/**
 * Inside the bar if it fits, else after it, else before it, else not at all: the text under the pointer has it. Returns where
 * the name ends.
 */
function drawName(
  { ctx, palette, left }: LaneCanvas,
  bar: Bar,
  from: number,
  to: number,
  free: Free,
  middle: number,
): number | null {
  const width = ctx.measureText(bar.label).width;
  const inset = bar.mark_s === null ? 7 : 12;
  const start = Math.max(from, left);
  const isFree = (x0: number, x1: number): boolean =>
    x0 >= free.from && x1 <= free.to && free.crosses.every((cross) => cross <= x0 + 1 || cross >= x1 - 1);
  let x: number | null = null;
  if (bar.to_s === null && isFree(from, from + inset + width)) x = from + inset;
  else if (bar.to_s !== null && to - start > width + inset + 5) x = start + inset;
  else if (isFree(to, to + 5 + width)) x = to + 5;
  else if (isFree(from - 8 - width, from)) x = from - 5 - width;
  if (x === null) return null;
  ctx.textAlign = "left";
  ctx.fillStyle = palette.colour("ink");
  ctx.fillText(bar.label, x, middle + 0.5);
  return x + width;
}

function drawCrosses(canvas: LaneCanvas, marks: readonly Mark[], top: number): void {
  const { ctx, palette, view } = canvas;
  ctx.lineWidth = 2;
  for (const mark of marks) {
    if (!view.holds(mark.at_s)) continue;
    const x = canvas.place(mark.at_s);
    const y = top + BAR_PX / 2;
    ctx.strokeStyle = palette.colour(mark.tone);
    ctx.beginPath();
    ctx.moveTo(x - 4, y - 4);
    ctx.lineTo(x + 4, y + 4);
    ctx.moveTo(x + 4, y - 4);
    ctx.lineTo(x - 4, y + 4);
    ctx.stroke();
    canvas.hit(x - 6, x + 6, y - 9, y + 9, mark.detail);
  }
}
