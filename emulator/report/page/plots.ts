// One plot of the report: a figure with its title, a legend that reads the values at the cursor, and lines over time. Alarms
// and faults tint the background of every plot.

import { TICKS_PER_SECOND } from "../../../hal/units";
import { secondsOf } from "../../time";
import { tableOf } from "../curve";
import type { Band, Bar, Line, Plot } from "../page-model";
import { timeAxis, valueAxis, valueScale } from "./axes";
import type { Charts } from "./charts";
import type { Curves } from "./curves";
import { element } from "./dom";
import type { Palette } from "./palette";
import { tintsIn } from "./tints";
import type { View } from "./view";

const BAND_ALPHA = 0.09;
const STRIP_PX = 3;
const STRIP_ALPHA = 0.55;

/** Draws `plot` at the end of `figures` from its `curves`, with `tints` behind it. */
export function addPlot(charts: Charts, figures: HTMLElement, plot: Plot, curves: Curves, tints: readonly Bar[]): void {
  const { view, palette } = charts;
  const joined = plot.id === "difference" ? " joined" : "";
  const figure = element("figure", { class: `plot${joined}`, id: `plot-${plot.id}` });
  const caption = captionOf(plot);
  figure.append(caption);
  figures.append(figure);
  const chart = charts.add(
    {
      height_px: plot.height_px,
      top_px: 6,
      y: valueScale(plot, view),
      axes: [timeAxis(palette, 2, 10, false), valueAxis(palette, plot.axis)],
      series: [{}, ...plot.lines.map((line) => seriesOf(line, palette))],
      bands: plot.bands.map((band) => ({
        series: [band.upper + 1, band.lower + 1],
        fill: () => palette.shade(band.tone, BAND_ALPHA),
      })),
      legend: { mount: (_chart, legend) => caption.append(legend), markers: { width: 2 } },
      hooks: { drawClear: [(drawn) => drawTints(drawn, tints, view, palette)] },
      description: `${plot.title} over time, in ${plot.unit}. The same values are in the CSV trace.`,
    },
    (from_s, to_s, width_px) => columnsOf(plot, curves, from_s, to_s, width_px),
    figure,
  );
  paintMarkers(caption, plot.lines, palette);
  giveLegendKeys(caption);
  if (plot.bands.length > 0) addDistance(plot.bands[0], chart, caption, view);
}

/** The lines of a plot on one axis, in the order of the plot. */
function columnsOf(plot: Plot, curves: Curves, from_s: number, to_s: number, width_px: number): uPlot.AlignedData {
  const [from, to] = [from_s, to_s].map((time_s) => time_s * TICKS_PER_SECOND);
  const shown = plot.lines.map(({ curve }) => curves.shown(curve, from, to, (to - from) / width_px));
  const { ticks, columns } = tableOf(shown, from, to);
  return [ticks.map(secondsOf), ...columns];
}

function captionOf({ title, unit, note }: Plot): HTMLElement {
  const caption = element("figcaption");
  const heading = element("h3", {}, title);
  heading.append(element("small", {}, unit + (note === "" ? "" : `; ${note}`)));
  caption.append(heading);
  return caption;
}

function seriesOf(line: Line, palette: Palette): uPlot.Series {
  const digits = { minimumFractionDigits: line.digits, maximumFractionDigits: line.digits };
  const series: uPlot.Series = {
    label: line.label,
    scale: "y",
    stroke: () => palette.colour(line.tone),
    width: line.dashed ? 1.5 : 1.75,
    points: { show: false },
    value: (_chart, value: number | null | undefined) => {
      if (value === null || value === undefined) return "–";
      const shown = Math.abs(value) < 0.5 * 10 ** -line.digits ? 0 : value;
      return shown.toLocaleString("en", digits).replace("-", "−");
    },
  };
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  if (line.dashed) series.dash = [6, 4];
  if (line.kind === "step" && stepped !== undefined) series.paths = stepped;
  if (line.filled) {
    series.fill = () => palette.shade(line.tone, palette.number("fill"));
    series.fillTo = 0;
  }
  return series;
}

/** The markers of the legend are elements, so a change of colours must reach them too. */
function paintMarkers(caption: HTMLElement, lines: readonly Line[], palette: Palette): void {
  const rows = caption.querySelectorAll(".u-series");
  lines.forEach((line, index) => {
    const marker = rows[index + 1]?.querySelector<HTMLElement>(".u-marker");
    if (!marker) return;
    const paint = (): void => void (marker.style.borderTopColor = palette.colour(line.tone));
    marker.style.borderTopStyle = line.dashed ? "dashed" : "solid";
    paint();
    palette.onChange(paint);
  });
}

/** An entry of the legend hides or shows its line at a click; here at Enter and Space too. */
function giveLegendKeys(caption: HTMLElement): void {
  for (const head of caption.querySelectorAll<HTMLElement>(".u-series th")) {
    head.tabIndex = 0;
    head.setAttribute("role", "button");
    head.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      head.click();
    });
  }
}

/** The distance between two lines at the cursor, as one more entry of the legend. */
function addDistance(band: Band, chart: uPlot, caption: HTMLElement, view: View): void {
  const value = element("b", {}, "–");
  const entry = element("span", { class: "extra" }, `${band.label} `);
  entry.append(value);
  caption.append(entry);
  const at = (line: number): number | null => {
    const { idx } = chart.cursor;
    return idx === null || idx === undefined ? null : (chart.data[line + 1][idx] ?? null);
  };
  view.onCursor(() => {
    const upper = at(band.upper);
    const lower = at(band.lower);
    value.textContent = upper === null || lower === null ? "–" : (upper - lower).toFixed(band.digits);
  });
}

function drawTints(chart: uPlot, bars: readonly Bar[], view: View, palette: Palette): void {
  const { ctx, bbox } = chart;
  const place = (at_s: number): number => chart.valToPos(at_s, "x", true);
  const strip = STRIP_PX * uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  tintsIn(bars, view.from_s, view.to_s).forEach(({ tone, spans, isFull }, index) => {
    for (const [from_s, to_s] of spans) {
      const [from, width] = [place(from_s), Math.max(1, place(to_s) - place(from_s))];
      ctx.fillStyle = palette.shade(tone, palette.number("tint"));
      if (isFull) ctx.fillRect(from, bbox.top, width, bbox.height);
      ctx.fillStyle = palette.shade(tone, STRIP_ALPHA);
      ctx.fillRect(from, bbox.top + index * strip, width, strip);
    }
  });
  ctx.restore();
}
