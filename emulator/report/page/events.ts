// The table of events. It shows them a page at a time, filtered by every word that is typed and, if asked, by the range in view.
// The time of an event leads to its moment in the plots, and the events at the marked moment stand out.

import { hashOf, START } from "../place";
import type { EventRow } from "../page-model";
import { byId, element } from "./dom";
import { numberWords } from "../../amounts";
import { secondsOf } from "../../time";
import type { View } from "./view";

const ROWS_AT_FIRST = 100;
const ROWS_MORE = 500;

/** The part of the table that a person chooses. */
interface Choice {
  find: string;
  inView: boolean;
  rows: number;
}

export class EventTable {
  private readonly events: readonly EventRow[];
  private readonly texts: readonly string[];
  private readonly view: View;
  private readonly body = byId("events").querySelector("tbody")!;
  private readonly filter = byId("filter") as HTMLInputElement;
  private readonly only = byId("only-view") as HTMLInputElement;
  private readonly more = byId("more");
  private found: readonly EventRow[] = [];
  private shown = 0;

  /** `changed` is called when a person chooses other rows. */
  constructor(events: readonly EventRow[], view: View, changed: () => void) {
    this.events = events;
    this.view = view;
    this.texts = events.map(({ time, wall, name, fields, tick }) =>
      [time, wall, name, fields, tick].join(" ").toLowerCase(),
    );
    const choose = (rows = ROWS_AT_FIRST): void => {
      this.refresh(rows);
      changed();
    };
    this.filter.addEventListener("input", () => choose());
    this.only.addEventListener("change", () => choose());
    this.more.addEventListener("click", () => choose(this.shown + ROWS_MORE));
    view.onRange(() => {
      if (this.only.checked) this.refresh(ROWS_AT_FIRST);
    });
    view.onMark(() => this.markRows());
    window.addEventListener("beforeprint", () => this.append(this.found.length));
    this.refresh(ROWS_AT_FIRST);
  }

  choice(): Choice {
    const rows = this.shown > ROWS_AT_FIRST ? this.shown : 0;
    return { find: this.filter.value, inView: this.only.checked, rows };
  }

  show({ find, inView, rows }: Choice): void {
    this.filter.value = find;
    this.only.checked = inView;
    this.refresh(Math.max(ROWS_AT_FIRST, rows));
  }

  private refresh(rows: number): void {
    const words = wordsIn(this.filter.value);
    const isSought = ({ tick }: EventRow, index: number): boolean =>
      words.every((word) => this.texts[index].includes(word)) &&
      (!this.only.checked || this.view.holds(secondsOf(tick)));
    this.found = this.events.filter(isSought);
    this.body.replaceChildren();
    this.shown = 0;
    this.append(rows);
    const all = numberWords(this.events.length);
    const isAll = this.found.length === this.events.length;
    byId("event-count").textContent = isAll ? all : `${numberWords(this.found.length)} of ${all}`;
  }

  private append(upTo: number): void {
    const rows = this.found.slice(this.shown, upTo).map(rowOf);
    this.body.append(...rows);
    this.shown += rows.length;
    const left = this.found.length - this.shown;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${numberWords(Math.min(left, ROWS_MORE))} more of ${numberWords(left)}`;
    this.markRows();
  }

  private markRows(): void {
    const { mark_s } = this.view;
    [...this.body.rows].forEach((row, index) => {
      const isMarked = mark_s !== null && secondsOf(this.found[index].tick) === mark_s;
      row.classList.toggle("marked", isMarked);
      if (isMarked) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    });
  }
}

/** An underscore parts words, so that both `bolus denied` and `bolus_denied` find the event. */
function wordsIn(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s_]+/)
    .filter((word) => word !== "");
}

/** The roles hold where a narrow page lays the row out as a block. */
function rowOf({ tick, time, wall, name, fields, tone }: EventRow): HTMLElement {
  const row = element("tr", { class: tone, role: "row" });
  const link = element("a", { class: "moment", href: hashOf({ ...START, at_s: secondsOf(tick) }) }, time);
  const cells = [time, wall, name, fields, numberWords(tick)].map((text, index) => {
    const cell = element("td", { role: "cell" }, index === 0 ? "" : text);
    if (index === 0) cell.append(link);
    return cell;
  });
  cells[4].className = "number";
  row.append(...cells);
  return row;
}
