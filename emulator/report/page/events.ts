// The table of events. It shows them a page at a time, filtered by every word that is typed, and a click on one shows its
// moment in the plots.

import type { EventRow } from "../page-model";
import { byId, element } from "./dom";
import { numberWords } from "../../amounts";

const EVENTS_PER_PAGE = 500;

/** Fills the table; `goTo` is given the tick of an event whose time is clicked. */
export function fillEvents(events: readonly EventRow[], goTo: (tick: number) => void): void {
  const body = byId("events").querySelector("tbody")!;
  const filter = byId("filter") as HTMLInputElement;
  const more = byId("more");
  const texts = events.map(({ time, wall, name, fields, tick }) =>
    [time, wall, name, fields, tick].join(" ").toLowerCase(),
  );
  let found = events;
  let shown = 0;
  const showUpTo = (count: number): void => {
    const rows = found.slice(shown, count).map((event) => rowOf(event, goTo));
    body.append(...rows);
    shown += rows.length;
    more.hidden = shown >= found.length;
  };
  const refresh = (): void => {
    const words = wordsIn(filter.value);
    found = events.filter((_, index) => words.every((word) => texts[index].includes(word)));
    body.replaceChildren();
    shown = 0;
    showUpTo(EVENTS_PER_PAGE);
    const all = numberWords(events.length);
    byId("event-count").textContent = words.length === 0 ? all : `${numberWords(found.length)} of ${all}`;
  };
  filter.addEventListener("input", refresh);
  more.addEventListener("click", () => showUpTo(shown + EVENTS_PER_PAGE));
  window.addEventListener("beforeprint", () => showUpTo(found.length));
  refresh();
}

/** An underscore parts words, so that both `bolus denied` and `bolus_denied` find the event. */
function wordsIn(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s_]+/)
    .filter((word) => word !== "");
}

function rowOf(event: EventRow, goTo: (tick: number) => void): HTMLElement {
  const row = element("tr", { class: event.tone });
  const time = element("td");
  const button = element("button", { type: "button", title: "Show in the plots" }, event.time);
  button.addEventListener("click", () => goTo(event.tick));
  time.append(button);
  row.append(time, element("td", {}, event.wall), element("td", {}, event.name), element("td", {}, event.fields));
  row.append(element("td", { class: "number" }, numberWords(event.tick)));
  return row;
}
