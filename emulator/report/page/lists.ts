// The lists of the page that report/html.ts has written in full. One that is longer than its `data-shown` is cut to that many
// rows, with a button that shows all of it. Nothing is cut without a script or on paper.

import { element } from "./dom";
import { numberWords } from "../../amounts";

/** So few rows more are not worth a button. */
const SPARED = 2;

interface List {
  rows: HTMLElement[];
  shown: number;
  button: HTMLButtonElement;
}

export class Lists {
  private readonly lists = new Map<string, List>();
  private readonly openNames = new Set<string>();
  private readonly changed: () => void;

  /** `changed` is called when a person opens or shuts a list. */
  constructor(changed: () => void) {
    this.changed = changed;
    for (const holder of document.querySelectorAll<HTMLElement>("[data-list]")) this.cut(holder);
  }

  /** The names of the lists that are shown in full. */
  open(): string[] {
    return [...this.openNames];
  }

  /** Shows these in full and cuts the others. */
  show(open: readonly string[]): void {
    for (const name of this.lists.keys()) this.set(name, open.includes(name));
  }

  private cut(holder: HTMLElement): void {
    const name = holder.dataset.list!;
    const shown = Number(holder.dataset.shown);
    const rows = [...holder.children] as HTMLElement[];
    if (rows.length <= shown + SPARED) return;
    holder.id = `list-${name}`;
    const button = element("button", { type: "button", class: "all", "aria-controls": holder.id });
    (holder.closest("table") ?? holder).after(button);
    button.addEventListener("click", () => {
      this.set(name, !this.openNames.has(name));
      this.changed();
    });
    this.lists.set(name, { rows, shown, button });
    this.set(name, false);
  }

  private set(name: string, isOpen: boolean): void {
    const { rows, shown, button } = this.lists.get(name)!;
    if (isOpen) this.openNames.add(name);
    else this.openNames.delete(name);
    for (const row of rows.slice(shown)) row.hidden = !isOpen;
    button.textContent = isOpen ? `Show the first ${numberWords(shown)}` : `Show all ${numberWords(rows.length)}`;
    button.setAttribute("aria-expanded", String(isOpen));
  }
}
