// The charts of a page as one group: uPlot draws each, and all have the same width, the same range of time, the same cursor
// and the same gestures. A click marks a moment, a drag zooms, Shift and a drag pan, a double click shows all, and the wheel
// zooms at the pointer. Pixels are CSS pixels.

import type { Mark } from "../page-model";
import { emptyAxis, GUTTER_PX, MARGIN_PX, timeAxis } from "./axes";
import { drawFirstWrong, markLine } from "./moments";
import type { Palette } from "./palette";
import type { View } from "./view";

const DRAG_PX_MIN = 4;
/** A wheel turn this soon after the page scrolled goes on scrolling. */
const SCROLL_PAUSE_MS = 300;
const WHEEL_PAN_SHARE = 0.1;

/** The properties by which one chart differs from the others. */
export interface ChartSpec {
  height_px: number;
  top_px: number;
  y: uPlot.Scale;
  axes: uPlot.Axis[];
  series: uPlot.Series[];
  bands?: uPlot.Band[];
  legend: uPlot.Legend;
  hooks?: uPlot.Hooks.Arrays;
  /** For those who do not see the canvas. */
  description: string;
}

/** Gives the columns of a chart for a range of seconds, drawn on so many pixels of the screen. The first column is time. */
export type Columns = (from_s: number, to_s: number, width_px: number) => uPlot.AlignedData;

export class Charts {
  readonly view: View;
  readonly palette: Palette;
  private readonly section: HTMLElement;
  private readonly plots: uPlot[] = [];
  private readonly columns = new Map<uPlot, Columns>();
  private readonly marks = new Map<uPlot, ReturnType<typeof markLine>>();
  /** The moments that went wrong, the first one first. */
  private readonly wrong: readonly Mark[];
  private width_px: number;
  private scrolled_ms = -SCROLL_PAUSE_MS;
  private isPointed = false;

  constructor(view: View, palette: Palette, section: HTMLElement, width_px: number, wrong: readonly Mark[]) {
    this.view = view;
    this.palette = palette;
    this.section = section;
    this.width_px = width_px;
    this.wrong = wrong;
    view.onRange(() => {
      this.draw();
      // The charts take a new range over only after this event.
      requestAnimationFrame(() => this.isPointed || this.rest());
    });
    view.onMark(() => {
      for (const mark of this.marks.values()) mark.place();
      requestAnimationFrame(() => this.rest());
    });
    palette.onChange(() => {
      for (const plot of this.plots) plot.redraw(true, true);
    });
    document.addEventListener("scroll", () => (this.scrolled_ms = performance.now()), { passive: true });
  }

  /** Draws a chart at the end of `target`. It asks for its columns again whenever the range or the width is another one. */
  add(spec: ChartSpec, columns: Columns, target: HTMLElement): uPlot {
    const plot = new uPlot(this.optionsOf(spec), this.columnsIn(columns), target);
    this.columns.set(plot, columns);
    const canvas = plot.root.querySelector("canvas");
    canvas?.setAttribute("role", "img");
    canvas?.setAttribute("aria-label", spec.description);
    this.plots.push(plot);
    return plot;
  }

  /** A chart without values: a labelled time axis at the top (0) or the bottom (2), and room to draw in. */
  addBare(
    { side, ...spec }: Pick<ChartSpec, "height_px" | "top_px" | "description" | "hooks"> & { side: 0 | 2 },
    target: HTMLElement,
  ): uPlot {
    const bare: ChartSpec = {
      ...spec,
      y: { range: () => [0, 1] },
      axes: [timeAxis(this.palette, side, 26, true), emptyAxis()],
      series: [{}, { points: { show: false } }],
      legend: { show: false },
    };
    const ends: uPlot.AlignedData = [
      [0, this.view.end_s],
      [null, null],
    ];
    return this.add(bare, () => ends, target);
  }

  setWidth(width_px: number): void {
    if (width_px === this.width_px) return;
    this.width_px = width_px;
    for (const plot of this.plots) plot.setSize({ width: width_px, height: plot.height });
    this.draw();
  }

  /** Draws the range in view with the points that there are for it now. The cursor reads them too. */
  draw(): void {
    const { from_s, to_s } = this.view;
    for (const plot of this.plots) {
      plot.setData(this.columnsIn(this.columns.get(plot)!), false);
      plot.setScale("x", { min: from_s, max: to_s });
    }
    // The charts take the points over only after this event.
    requestAnimationFrame(() => this.readAgain());
  }

  /** Puts the cursor of every chart there: only a real pointer moves them together by itself. */
  pointAt(at_s: number): void {
    for (const plot of this.plots) plot.setCursor({ left: plot.valToPos(at_s, "x"), top: 1 });
  }

  /** Moves the mark by a share of the range in view, within it, from where the cursor stands. */
  moveMark(share: number): void {
    const { view } = this;
    const at_s = view.focus_s() + view.span_s() * share;
    view.setMark(Math.min(view.to_s, Math.max(view.from_s, at_s)));
  }

  /** Puts the cursor on the mark, or away where there is none in view. */
  private rest(): void {
    const { mark_s } = this.view;
    if (mark_s !== null && this.view.holds(mark_s)) this.pointAt(mark_s);
    else for (const plot of this.plots) plot.setCursor({ left: -10, top: -10 });
  }

  private columnsIn(columns: Columns): uPlot.AlignedData {
    const width_px = (this.width_px - GUTTER_PX - MARGIN_PX) * uPlot.pxRatio;
    return columns(this.view.from_s, this.view.to_s, Math.max(1, width_px));
  }

  /** Has the charts read the values under the cursor anew. */
  private readAgain(): void {
    for (const plot of this.plots) {
      const { left = -10, top = -10 } = plot.cursor;
      plot.setCursor({ left, top });
    }
  }

  private optionsOf({ height_px, top_px, y, axes, series, bands, legend, hooks }: ChartSpec): uPlot.Options {
    const { view } = this;
    return {
      width: this.width_px,
      height: height_px,
      padding: [top_px, MARGIN_PX, 0, 0],
      scales: { x: { time: false, range: () => [view.from_s, view.to_s] }, y },
      axes,
      series,
      ...(bands === undefined ? {} : { bands }),
      legend,
      cursor: this.cursorOptions(),
      hooks: {
        ...hooks,
        draw: [
          ...(hooks?.draw ?? []),
          (plot) => drawFirstWrong(plot, view, this.palette, this.wrong),
          (plot) => this.marks.get(plot)?.place(),
        ],
        setSelect: [(plot) => this.zoomToSelection(plot)],
        setCursor: [(plot) => view.setCursor(timeAtCursor(plot))],
        ready: [(plot) => this.listen(plot)],
      },
    };
  }

  private listen(plot: uPlot): void {
    const { over } = plot;
    let pressed_px = 0;
    this.marks.set(plot, markLine(plot, this.view));
    over.addEventListener("wheel", (event) => this.onWheel(plot, event), { passive: false });
    over.addEventListener("mousedown", (event) => (pressed_px = event.clientX));
    over.addEventListener("click", (event) => {
      if (event.shiftKey || Math.abs(event.clientX - pressed_px) >= DRAG_PX_MIN) return;
      this.view.setMark(plot.posToVal(event.clientX - over.getBoundingClientRect().left, "x"));
    });
    over.addEventListener("mouseenter", () => (this.isPointed = true));
    over.addEventListener("mouseleave", () => {
      this.isPointed = false;
      requestAnimationFrame(() => this.isPointed || this.rest());
    });
  }

  private cursorOptions(): uPlot.Cursor {
    return {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: DRAG_PX_MIN },
      // A step holds, so the value in force is that of the last point before the cursor.
      dataIdx: (plot, _series, closest, at_s) =>
        plot.data[0][closest]! > at_s + 1e-9 && closest > 0 ? closest - 1 : closest,
      sync: {
        key: "time",
        scales: ["x", null],
        filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
      },
      bind: {
        mousedown: (plot, _target, handler) => (event) => {
          if (event.button === 0 && event.shiftKey) this.startPan(plot, event);
          else handler(event);
          return null;
        },
        dblclick: () => () => {
          this.view.showAll();
          return null;
        },
      },
    };
  }

  private zoomToSelection(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width > 0) this.view.show(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  private startPan(plot: uPlot, event: MouseEvent): void {
    const { from_s, to_s } = this.view;
    const secondsPerPixel = (to_s - from_s) / plot.over.clientWidth;
    const move = (moved: MouseEvent): void => {
      const by_s = (moved.clientX - event.clientX) * secondsPerPixel;
      this.view.show(from_s - by_s, to_s - by_s);
    };
    const stop = (): void => {
      this.section.classList.remove("panning");
      document.removeEventListener("mousemove", move);
      document.removeEventListener("mouseup", stop);
    };
    this.section.classList.add("panning");
    document.addEventListener("mousemove", move);
    document.addEventListener("mouseup", stop);
  }

  /**
   * The wheel zooms, but never takes over a page that is being scrolled: zooming out at full range scrolls on, and so does
   * whatever follows a scroll without a pause.
   */
  private onWheel(plot: uPlot, event: WheelEvent): void {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (performance.now() - this.scrolled_ms < SCROLL_PAUSE_MS) return;
    if (this.view.isAll() && (sideways || event.deltaY > 0)) return;
    event.preventDefault();
    if (sideways) {
      this.view.pan(Math.sign(event.deltaX || event.deltaY) * WHEEL_PAN_SHARE);
      return;
    }
    const at_s = plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, "x");
    this.view.zoom(event.deltaY < 0 ? 0.8 : 1.25, at_s);
  }
}

function timeAtCursor(plot: uPlot): number | null {
  const { left } = plot.cursor;
  return left === undefined || left < 0 ? null : plot.posToVal(left, "x");
}
