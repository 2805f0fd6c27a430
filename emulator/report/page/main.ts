// The script of a run's report: reads the page model from the file, draws plots, lanes and the table of events, and keeps them
// as wide and as coloured as the window wants. The modules beside it know neither this page nor its model as a whole,
// so that another page can draw with them. bundle.cjs makes them one plain script, since browsers load no modules from file://.

import { SECONDS_PER_HOUR, secondsOf } from "../../time";
import type { Bar, Lane, PageModel } from "../page-model";
import { barLane } from "./bars";
import { Charts } from "./charts";
import { makeControls } from "./controls";
import { byId } from "./dom";
import { eventLane } from "./event-marks";
import { fillEvents } from "./events";
import { addLanes } from "./lanes";
import { Palette } from "./palette";
import { addPlot } from "./plots";
import { makeTones } from "./tones";
import { View } from "./view";

const WIDTH_PX_MIN = 280;
/** The widest range in which an event that is sought is shown. */
const EVENT_SPAN_S = SECONDS_PER_HOUR;

function drawPage(model: PageModel): void {
  const section = byId("plots");
  const view = new View(model.end_s);
  const palette = new Palette();
  const width = (): number => Math.max(WIDTH_PX_MIN, section.clientWidth);
  const charts = new Charts(view, palette, section, width());
  fillEvents(model.events, (tick) => showMoment(charts, section, secondsOf(tick)));
  if (model.end_s <= 0) {
    section.hidden = true;
    return;
  }
  drawCharts(charts, model);
  makeControls(charts, section, model.startWall_ms);
  new ResizeObserver(() => charts.setWidth(width())).observe(section);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => palette.change());
  for (const [name, isPrint] of [
    ["beforeprint", true],
    ["afterprint", false],
  ] as const) {
    window.addEventListener(name, () => {
      document.documentElement.classList.toggle("print", isPrint);
      palette.change();
    });
  }
}

/** From top to bottom: the time axis that stays in view, the plots, the lanes. */
function drawCharts(charts: Charts, model: PageModel): void {
  const figures = byId("figures");
  charts.addBare({ side: 0, height_px: 30, top_px: 0, description: "Time axis" }, byId("ruler"));
  for (const plot of model.plots) addPlot(charts, figures, plot, tintsOf(model.lanes));
  const tones = model.tones === null ? null : makeTones(charts, model.tones);
  const lanes = model.lanes.flatMap((lane) => {
    const drawn = lane.id === "events" ? eventLane(lane) : barLane(lane);
    // The tones speak for the alarms, so they stand under them.
    return lane.id === "alarms" && tones !== null ? [drawn, tones.lane] : [drawn];
  });
  const title = `Alarms, ${tones === null ? "" : "tones, "}faults, boluses and events`;
  const others = tones === null ? "." : ", the line above counts the tones.";
  const description = `${title} over time. The tables hold the same${others}`;
  addLanes(charts, figures, { lanes, title, key: tones?.key ?? null, description });
}

function tintsOf(lanes: readonly Lane[]): Bar[] {
  return lanes.filter(({ id }) => id === "alarms" || id === "faults").flatMap(({ rows }) => rows.flat());
}

/** Brings a moment into view, not wider than EVENT_SPAN_S, with the cursor on it. */
function showMoment(charts: Charts, section: HTMLElement, at_s: number): void {
  charts.view.showAround(at_s, Math.min(charts.view.span_s(), EVENT_SPAN_S));
  section.scrollIntoView();
  section.focus({ preventScroll: true });
  requestAnimationFrame(() => charts.pointAt(at_s));
}

drawPage(JSON.parse(byId("model").textContent) as PageModel);
