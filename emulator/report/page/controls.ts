// The bar above the plots and the keys: buttons for the range and for a step earlier or later, what range is in view, and
// where the cursor stands.

import { MS_PER_SECOND, timeWords } from "../../time";
import type { Charts } from "./charts";
import { byId } from "./dom";
import type { View } from "./view";

const BUTTON_STEP = 0.5;
const KEY_PAN = 0.25;
const KEY_STEP = 0.01;

interface Controls {
  /** The wall time at 0, or null if it is not known. */
  startWall_ms: number | null;
  /** Goes to the next moment that went wrong (1) or to the one before (-1). */
  goToWrong(step: 1 | -1): void;
}

/** Buttons and keys act on the charts of `section`. */
export function makeControls(charts: Charts, section: HTMLElement, { startWall_ms, goToWrong }: Controls): void {
  const { view } = charts;
  const ranges = [...document.querySelectorAll<HTMLButtonElement>("[data-range]")];
  const steps = [...document.querySelectorAll<HTMLButtonElement>("[data-step]")];
  for (const button of ranges) button.addEventListener("click", () => chooseRange(view, button.dataset.range!));
  for (const button of steps) {
    button.addEventListener("click", () => view.pan(Number(button.dataset.step) * BUTTON_STEP));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-zoom]")) {
    button.addEventListener("click", () => view.zoom(Number(button.dataset.zoom), view.focus_s()));
  }
  const showRange = (): void => {
    byId("view").textContent = rangeText(view);
    for (const button of ranges) markRange(view, button);
    for (const button of steps) {
      button.disabled = Number(button.dataset.step) < 0 ? view.from_s <= 0 : view.to_s >= view.end_s - 1e-6;
    }
  };
  view.onRange(showRange);
  view.onCursor(() => (byId("now").textContent = cursorText(view, startWall_ms)));
  section.addEventListener("keydown", (event) => onKey(charts, goToWrong, event));
  showRange();
}

function chooseRange(view: View, name: string): void {
  if (name === "all") view.showAll();
  else view.showAround(view.focus_s(), Number(name));
}

/** A range that is not shorter than the run cannot be chosen: that is what "All" is for. */
function markRange(view: View, button: HTMLButtonElement): void {
  const isAll = button.dataset.range === "all";
  const width_s = isAll ? view.end_s : Number(button.dataset.range);
  button.disabled = !isAll && width_s >= view.end_s;
  button.setAttribute("aria-pressed", String(!button.disabled && Math.abs(view.span_s() - width_s) < 0.5));
}

function rangeText(view: View): string {
  const [from, to, span] = [view.from_s, view.to_s, view.span_s()].map((time_s) => timeWords(view.readable(time_s)));
  return `${from} to ${to} (${span})`;
}

function cursorText(view: View, startWall_ms: number | null): string {
  if (view.cursor_s === null) return "";
  const at_s = view.readable(view.cursor_s);
  if (startWall_ms === null) return `t = ${timeWords(at_s)}`;
  const wall = new Date(startWall_ms + at_s * MS_PER_SECOND).toISOString().slice(0, 19).replace("T", " ");
  return `t = ${timeWords(at_s)}  ·  ${wall}`;
}

function onKey(charts: Charts, goToWrong: Controls["goToWrong"], event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest("input")) return;
  const { view } = charts;
  const across = (share: number): void =>
    event.shiftKey ? view.pan(KEY_PAN * share) : charts.moveMark(KEY_STEP * share);
  const acts = new Map([
    ["ArrowLeft", () => across(-1)],
    ["ArrowRight", () => across(1)],
    ["+", () => view.zoom(0.5, view.focus_s())],
    ["=", () => view.zoom(0.5, view.focus_s())],
    ["-", () => view.zoom(2, view.focus_s())],
    ["0", () => view.showAll()],
    ["n", () => goToWrong(1)],
    ["p", () => goToWrong(-1)],
  ]);
  const act = acts.get(event.key);
  if (act === undefined) return;
  event.preventDefault();
  act();
}
