// The part of a page's state that its address holds after the `#`: the range of time in view, the marked moment, the lists that
// are shown in full, and the filter of the events. The file has links to moments in this form, and the page writes and reads it,
// so a copied address shows the same. Times are seconds from the start of the run, to the tick. Unknown words and numbers that
// are none are passed over, because anybody may have typed them.

import { SECONDS_PER_HOUR } from "../time";

export interface Place {
  /** Both are null for the whole run, or for a range around `at_s`. */
  from_s: number | null;
  to_s: number | null;
  /** The marked moment, or null. */
  at_s: number | null;
  /** The names of the lists that are shown in full. */
  open: readonly string[];
  /** The filter of the table of events; empty without one. */
  find: string;
  /** The table of events has only those in view. */
  inView: boolean;
  /** Rows of events that are shown; 0 for as many as at first. */
  rows: number;
}

/** A moment without a range is shown in the middle of so much time, or of the whole run if that is less. */
export const MOMENT_SPAN_S = SECONDS_PER_HOUR;

/** The whole run without a mark. */
export const START: Place = { from_s: null, to_s: null, at_s: null, open: [], find: "", inView: false, rows: 0 };

/** `#at=33600.01&open=harms`; empty for START. */
export function hashOf({ from_s, to_s, at_s, open, find, inView, rows }: Place): string {
  const words = new URLSearchParams();
  if (from_s !== null && to_s !== null) {
    words.set("from", secondsText(from_s));
    words.set("to", secondsText(to_s));
  }
  if (at_s !== null) words.set("at", secondsText(at_s));
  if (open.length > 0) words.set("open", [...open].sort().join("."));
  if (find !== "") words.set("find", find);
  if (inView) words.set("only", "view");
  if (rows > 0) words.set("rows", String(rows));
  const text = words.toString();
  return text === "" ? "" : `#${text}`;
}

/** The place that an address names, with or without its `#`. */
export function placeOf(hash: string): Place {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const [from_s, to_s] = [numberIn(words, "from"), numberIn(words, "to")];
  const isRange = from_s !== null && to_s !== null && from_s < to_s;
  return {
    from_s: isRange ? from_s : null,
    to_s: isRange ? to_s : null,
    at_s: numberIn(words, "at"),
    open: (words.get("open") ?? "").split(".").filter((name) => name !== ""),
    find: words.get("find") ?? "",
    inView: words.get("only") === "view",
    rows: Math.floor(numberIn(words, "rows") ?? 0),
  };
}

function secondsText(time_s: number): string {
  return String(Number(time_s.toFixed(2)));
}

/** A number from 0 on, or null. */
function numberIn(words: URLSearchParams, name: string): number | null {
  const text = words.get(name) ?? "";
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
}
