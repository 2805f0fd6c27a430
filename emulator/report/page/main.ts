// The script of a run's report: reads the page model from the file, draws plots, lanes and the table of events, keeps the address
// equal to what is shown, and keeps the charts as wide and as coloured as the window wants. The modules beside it know neither
// this page nor its model as a whole, so that another page can draw with them. bundle.cjs makes them one plain script, since
// browsers load no modules from file://.

import type { Bar, Lane, PageModel } from "../page-model";
import { ticksOfSeconds } from "../../time";
import { MOMENT_SPAN_S, placeOf, START, type Place } from "../place";
import { Address } from "./address";
import { barLane } from "./bars";
import { Charts } from "./charts";
import { makeControls } from "./controls";
import { CAN_INFLATE, Curves } from "./curves";
import { byId, element } from "./dom";
import { eventLane } from "./event-marks";
import { EventTable } from "./events";
import { addLanes } from "./lanes";
import { Lists } from "./lists";
import { drawFlags } from "./moments";
import { Palette } from "./palette";
import { addPlot } from "./plots";
import { makeTones } from "./tones";
import { View } from "./view";

const WIDTH_PX_MIN = 280;

function drawPage(model: PageModel): void {
  const section = byId("plots");
  const view = new View(model.end_s);
  const lists = new Lists(() => address.correct());
  const table = new EventTable(model.events, view, () => address.correct());
  section.hidden = model.end_s <= 0;
  if (!section.hidden) drawCharts(model, view, section, (place) => goTo(place));
  const read = (): Place => ({ ...placeIn(view), ...table.choice(), open: lists.open() });
  const address = new Address({
    read,
    show: (place, isFirst) => {
      showMoment(view, place);
      lists.show(place.open);
      table.show(place);
      if (isFirst && (place.at_s !== null || place.from_s !== null)) section.scrollIntoView();
    },
  });
  const goTo = (place: Place): void => {
    showMoment(view, place);
    section.scrollIntoView();
    section.focus({ preventScroll: true });
    address.step();
  };
  view.onRange(() => address.changed());
  view.onMark(() => address.changed());
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a.moment") : null;
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(placeOf(link.hash));
  });
}

/** The range and the mark of a view as an address has them. */
function placeIn(view: View): Place {
  const { from_s, to_s, mark_s } = view;
  return { ...START, ...(view.isAll() ? {} : { from_s, to_s }), at_s: mark_s };
}

/** Shows the range of a place, or else not more than MOMENT_SPAN_S around its moment, or else the whole run; and its mark. */
function showMoment(view: View, { from_s, to_s, at_s }: Place): void {
  if (from_s !== null && to_s !== null) view.show(from_s, to_s);
  else if (at_s !== null) view.showAround(at_s, Math.min(view.span_s(), MOMENT_SPAN_S));
  else view.showAll();
  view.setMark(at_s);
}

function drawCharts(model: PageModel, view: View, section: HTMLElement, goTo: (place: Place) => void): void {
  const palette = new Palette();
  const width = (): number => Math.max(WIDTH_PX_MIN, section.clientWidth);
  const charts = new Charts(view, palette, section, width(), model.wrong);
  const points = pointsOf(model, charts, section);
  addCharts(charts, model, points);
  markBusy(points, section);
  const goToWrong = (step: 1 | -1): void => {
    const from_s = view.mark_s ?? (step > 0 ? -1 : view.end_s + 1);
    const ahead = model.wrong.map(({ at_s }) => at_s).filter((at_s) => (step > 0 ? at_s > from_s : at_s < from_s));
    const at_s = ahead.at(step > 0 ? 0 : -1);
    if (at_s !== undefined) goTo({ ...START, at_s });
  };
  makeControls(charts, section, { startWall_ms: model.startWall_ms, goToWrong });
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

/** The points of the plots. When some have come that the range in view needs, the charts draw again. */
function pointsOf({ curves, end_s }: PageModel, charts: Charts, section: HTMLElement): Curves {
  let isDue = false;
  const points = new Curves(curves, ticksOfSeconds(end_s), () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      charts.draw();
      markBusy(points, section);
    });
  });
  charts.view.onRange(() => markBusy(points, section));
  if (!CAN_INFLATE && curves.some(({ rungs }) => rungs.length > 0)) {
    const text = "This browser is too old to zoom in to every point: it has no DecompressionStream.";
    byId("figures").before(element("p", { class: "keys" }, text));
  }
  return points;
}

/** The section is busy while points of the range in view have not come. */
function markBusy(points: Curves, section: HTMLElement): void {
  section.setAttribute("aria-busy", String(points.isWaiting));
}

/** From top to bottom: the time axis that stays in view, the plots, the lanes. */
function addCharts(charts: Charts, model: PageModel, curves: Curves): void {
  const { view, palette } = charts;
  const figures = byId("figures");
  const flags = (ruler: uPlot): void => drawFlags(ruler, view, palette, model.wrong);
  charts.addBare(
    { side: 0, height_px: 36, top_px: 0, description: "Time axis", hooks: { draw: [flags] } },
    byId("ruler"),
  );
  for (const plot of model.plots) addPlot(charts, figures, plot, curves, tintsOf(model.lanes));
  const tones = model.tones === null ? null : makeTones(charts, model.tones);
  const lanes = model.lanes.flatMap((lane) => {
    const drawn =
      lane.id === "events" || lane.id === "findings" || lane.id === "oral" ? eventLane(lane) : barLane(lane);
    // The tones speak for the alarms, so they stand under them.
    return lane.id === "alarms" && tones !== null ? [drawn, tones.lane] : [drawn];
  });
  const names = lanes.map((lane, i) => (i === 0 ? lane.title : lane.title.toLowerCase()));
  const title = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const others = tones === null ? "." : ", the line above counts the tones.";
  const description = `${title} over time. The tables hold the same${others}`;
  addLanes(charts, figures, { lanes, title, key: tones?.key ?? null, description });
}

function tintsOf(lanes: readonly Lane[]): Bar[] {
  return lanes.filter(({ id }) => id === "alarms" || id === "faults").flatMap(({ rows }) => rows.flat());
}

drawPage(JSON.parse(byId("model").textContent) as PageModel);
