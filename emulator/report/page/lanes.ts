// The lanes below the plots: one chart with a time axis, in which each lane draws itself under the one before it, and a text
// for the mark under the pointer. Each lane draws itself: bars.ts, event-marks.ts and tones.ts make lanes.

import { FONT, GUTTER_PX } from "./axes";
import type { Charts } from "./charts";
import { byId, element } from "./dom";
import { LaneCanvas } from "./lane-canvas";

/** Of one bar with the gap below it, and of a lane's title. */
export const ROW_PX = 24;

const TITLE_PX = ROW_PX + 8;
/** Above the lanes, and the time axis below them. */
const FRAME_PX = 36;
const TIP_TEXTS_MAX = 12;

/** A lane as it is drawn. */
export interface DrawnLane {
  title: string;
  height_px: number;
  /** Nothing is in it, which it then says. */
  isEmpty: boolean;
  draw(canvas: LaneCanvas, top: number): void;
}

interface Lanes {
  lanes: readonly DrawnLane[];
  title: string;
  /** An element between the title and the lanes, or null. */
  key: HTMLElement | null;
  description: string;
}

/** Draws the lanes as one figure at the end of `figures`. */
export function addLanes(charts: Charts, figures: HTMLElement, { lanes, title, key, description }: Lanes): void {
  const figure = element("figure", { class: "plot", id: "plot-lanes" });
  const caption = element("figcaption");
  caption.append(element("h3", {}, title));
  figure.append(caption);
  if (key !== null) figure.append(key);
  figures.append(figure);
  const height_px = lanes.reduce((sum, lane) => sum + lane.height_px, FRAME_PX);
  let canvas: LaneCanvas | null = null;
  const draw = (chart: uPlot): void => {
    canvas = new LaneCanvas(chart, charts.view, charts.palette);
    drawLanes(canvas, lanes);
  };
  const chart = charts.addBare({ side: 2, height_px, top_px: 6, description, hooks: { draw: [draw] } }, figure);
  const tip = byId("tip");
  chart.over.addEventListener("mousemove", (event) => {
    const box = chart.over.getBoundingClientRect();
    showTip(tip, canvas?.textsAt(event.clientX - box.left, event.clientY - box.top) ?? [], event);
  });
  chart.over.addEventListener("mouseleave", () => (tip.hidden = true));
}

function drawLanes(canvas: LaneCanvas, lanes: readonly DrawnLane[]): void {
  const { ctx } = canvas;
  ctx.save();
  ctx.scale(uPlot.pxRatio, uPlot.pxRatio);
  ctx.font = FONT;
  ctx.textBaseline = "middle";
  let top = canvas.top;
  for (const lane of lanes) {
    drawTitle(canvas, lane, top);
    ctx.save();
    ctx.beginPath();
    ctx.rect(canvas.left, top, canvas.width, lane.height_px);
    ctx.clip();
    lane.draw(canvas, top);
    ctx.restore();
    top += lane.height_px;
  }
  ctx.restore();
}

/** In the gutter, below a line that parts the lane from the one above it. */
function drawTitle({ ctx, palette, left, top: first, width }: LaneCanvas, lane: DrawnLane, top: number): void {
  ctx.textAlign = "right";
  ctx.fillStyle = palette.colour("muted");
  ctx.fillText(lane.title, left - 8, top + Math.min(lane.height_px, TITLE_PX) / 2);
  if (top > first) {
    const start = left - GUTTER_PX + 14;
    ctx.fillStyle = palette.colour("edge");
    ctx.fillRect(start, top, left + width - start, 1);
  }
  if (!lane.isEmpty) return;
  ctx.textAlign = "left";
  ctx.fillStyle = palette.colour("quiet");
  ctx.fillText("none", left + 8, top + TITLE_PX / 2);
}

/** Beside the pointer, and above it where there is no room below. */
function showTip(tip: HTMLElement, texts: readonly string[], { clientX, clientY }: MouseEvent): void {
  tip.hidden = texts.length === 0;
  if (tip.hidden) return;
  const more = texts.length - TIP_TEXTS_MAX;
  tip.textContent = texts.slice(0, TIP_TEXTS_MAX).join("\n") + (more > 0 ? `\nand ${more} more` : "");
  const left = Math.min(clientX + 14, window.innerWidth - tip.offsetWidth - 8);
  const above = clientY + 18 + tip.offsetHeight > window.innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above ? clientY - tip.offsetHeight - 12 : clientY + 18}px`;
}
