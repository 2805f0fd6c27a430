// The lane of events. Each event is a diamond, with its name above it where one of a few rows has room. Among many events only
// the rare ones are named.

import type { Lane, Mark } from "../page-model";
import type { LaneCanvas } from "./lane-canvas";
import type { DrawnLane } from "./lanes";

const LABEL_PX = 15;
const LABEL_ROWS = 3;
/** More events than this in view: only names that stand for few of them are written. */
const LABELS_MAX = 30;
const LABELS_ALIKE_MAX = 5;

export function eventLane({ title, marks }: Lane): DrawnLane {
  const height_px = 20 + LABEL_ROWS * LABEL_PX;
  return {
    title,
    height_px,
    isEmpty: marks.length === 0,
    draw: (canvas, top) => drawMarks(canvas, marks, top, top + height_px),
  };
}

function drawMarks(canvas: LaneCanvas, marks: readonly Mark[], top: number, foot: number): void {
  const { ctx, palette, view } = canvas;
  const rowEnds = new Array<number>(LABEL_ROWS).fill(-Infinity);
  const seen = marks.filter((mark) => view.holds(mark.at_s));
  const isNamed = namingOf(seen);
  ctx.textAlign = "left";
  for (const mark of seen) {
    const x = canvas.place(mark.at_s);
    ctx.fillStyle = palette.colour(mark.tone);
    if (isNamed(mark.label)) drawName(canvas, mark, x, rowEnds, top, foot);
    canvas.fillDiamond(x, foot - 8, 4);
    canvas.hit(x - 5, x + 5, foot - 16, foot, mark.detail);
  }
}

function namingOf(seen: readonly Mark[]): (label: string) => boolean {
  if (seen.length <= LABELS_MAX) return () => true;
  const counts = new Map<string, number>();
  for (const { label } of seen) counts.set(label, (counts.get(label) ?? 0) + 1);
  return (label) => counts.get(label)! <= LABELS_ALIKE_MAX;
}

/** In the first row that is free from there on, whose end it moves; a line leads down to the diamond. */
function drawName(canvas: LaneCanvas, mark: Mark, x: number, rowEnds: number[], top: number, foot: number): void {
  const { ctx } = canvas;
  const width = ctx.measureText(mark.label).width;
  const isLast = x + width + 6 > canvas.right();
  const start = isLast ? x - width - 4 : x + 4;
  const row = rowEnds.findIndex((end) => start > end + 6);
  if (row < 0) return;
  const y = top + 4 + row * LABEL_PX + LABEL_PX / 2;
  rowEnds[row] = Math.max(x, start + width);
  ctx.globalAlpha = 0.45;
  ctx.fillRect(x - 0.5, y - 5, 1, foot - 10 - y);
  ctx.globalAlpha = 1;
  ctx.fillText(mark.label, start, y);
  canvas.hit(start, start + width, y - 7, y + 7, mark.detail);
}
