// The tools with which a lane is drawn: the canvas of its chart, the place of a moment on it, and a list of regions that show a
// text under the pointer. Coordinates are CSS pixels of the canvas.

import type { Palette } from "./palette";
import type { View } from "./view";

/** Relative to the plotting area. */
interface Region {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  text: string;
}

export class LaneCanvas {
  readonly ctx: CanvasRenderingContext2D;
  readonly view: View;
  readonly palette: Palette;
  /** Of the plotting area. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly regions: Region[] = [];
  private readonly chart: uPlot;

  constructor(chart: uPlot, view: View, palette: Palette) {
    const { bbox, ctx } = chart;
    this.chart = chart;
    this.ctx = ctx;
    this.view = view;
    this.palette = palette;
    this.left = bbox.left / uPlot.pxRatio;
    this.top = bbox.top / uPlot.pxRatio;
    this.width = bbox.width / uPlot.pxRatio;
  }

  right(): number {
    return this.left + this.width;
  }

  /** Where a moment stands. */
  place(at_s: number): number {
    return this.chart.valToPos(at_s, "x") + this.left;
  }

  /** Shows `text` while the pointer is within. */
  hit(x0: number, x1: number, y0: number, y1: number, text: string): void {
    const { left, top } = this;
    this.regions.push({ x0: x0 - left, x1: x1 - left, y0: y0 - top, y1: y1 - top, text });
  }

  fillDiamond(x: number, y: number, size: number): void {
    const { ctx } = this;
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.closePath();
    ctx.fill();
  }

  /** The texts of all regions at a point of the plotting area, each once. */
  textsAt(x: number, y: number): string[] {
    const under = this.regions.filter((region) => x >= region.x0 && x <= region.x1 && y >= region.y0 && y <= region.y1);
    return [...new Set(under.map(({ text }) => text))];
  }
}
