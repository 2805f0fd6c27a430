// The tones. A lane has a mark for each: two steps in the upper row for two tones, a disc in the lower row for one tone. A
// line above the lanes counts the tones, says what the marks mean and plays them. A mark that would overlap the one before it
// is left out, with a line in its place, and the count says so.

import type { ToneMark, TonePattern, Tones } from "../page-model";
import { timeWords } from "../../time";
import type { Charts } from "./charts";
import { element } from "./dom";
import type { LaneCanvas } from "./lane-canvas";
import type { DrawnLane } from "./lanes";
import { Speaker } from "./sound";
import { numberWords } from "../../amounts";

const MARK_PX = 11;
const ROW_PX = 16;
const PAD_PX = 4;

interface Look {
  pattern: TonePattern;
  /** The colour. */
  tone: "critical" | "warning";
  meaning: string;
  playLabel: string;
  /** Of the mark in the key, on a square of 12. */
  iconPath: string;
}

/** From the upper row of the lane to the lower. */
const LOOKS: readonly Look[] = [
  {
    pattern: "dual",
    tone: "critical",
    meaning: "two tones, 3 s every 10 min: critical",
    playLabel: "Play the two-tone pattern",
    iconPath: "M2 0h4v6h4v6h-4v-6h-4z",
  },
  {
    pattern: "single",
    tone: "warning",
    meaning: "one tone, 1 s every 60 min: non-critical",
    playLabel: "Play the single pattern",
    iconPath: "M2 6a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
  },
];

/** Neighbours that share one mark, which stands at `from`. */
interface Group {
  from: number;
  to: number;
  count: number;
  first: ToneMark;
  last: ToneMark;
}

/** The lane, and the line above the lanes that goes with it. */
export function makeTones(charts: Charts, tones: Tones): { lane: DrawnLane; key: HTMLElement } {
  const note = element("span", { class: "thin", id: "tone-note" });
  const lane: DrawnLane = {
    title: "Tones",
    height_px: LOOKS.length * ROW_PX + 2 * PAD_PX,
    isEmpty: tones.marks.length === 0,
    draw: (canvas, top) => {
      const groups = LOOKS.flatMap((look, row) =>
        drawRow(canvas, look, tones.marks, top + PAD_PX + (row + 0.5) * ROW_PX),
      );
      const inView = groups.reduce((sum, { count }) => sum + count, 0);
      note.textContent =
        groups.length < inView
          ? `${numberWords(groups.length)} marks for the ${numberWords(inView)} tones in view: ` + "zoom in for each"
          : "";
    },
  };
  return { lane, key: keyOf(charts, tones, note) };
}

/** One pattern's marks; returns what each stands for. */
function drawRow(canvas: LaneCanvas, { pattern, tone }: Look, marks: readonly ToneMark[], y: number): Group[] {
  const { ctx, palette, view } = canvas;
  const seen = marks.filter((mark) => mark.pattern === pattern && view.holds(mark.at_s));
  const groups = grouped(seen, (mark) => canvas.place(mark.at_s));
  ctx.fillStyle = palette.colour(tone);
  for (const group of groups) {
    drawMark(ctx, pattern, group.from, y);
    if (group.to > group.from) ctx.fillRect(group.from, y - 0.75, group.to - group.from, 1.5);
    const end = Math.max(group.to, group.from + MARK_PX / 2);
    canvas.hit(group.from - MARK_PX / 2, end, y - 8, y + 8, textOf(group));
  }
  return groups;
}

function grouped(marks: readonly ToneMark[], place: (mark: ToneMark) => number): Group[] {
  const groups: Group[] = [];
  for (const mark of marks) {
    const x = place(mark);
    const group = groups.at(-1);
    if (group === undefined || x - group.from >= MARK_PX) {
      groups.push({ from: x, to: x, count: mark.count, first: mark, last: mark });
      continue;
    }
    group.to = x;
    group.count += mark.count;
    group.last = mark;
  }
  return groups;
}

function textOf({ count, first, last }: Group): string {
  const more = count - first.count;
  if (more === 0) return first.detail;
  return `${first.detail}\n  and ${numberWords(more)} more until ${timeWords(last.at_s)}`;
}

function drawMark(ctx: CanvasRenderingContext2D, pattern: TonePattern, x: number, y: number): void {
  if (pattern === "dual") {
    ctx.fillRect(x - 4, y - 6, 4, 6);
    ctx.fillRect(x, y, 4, 6);
    return;
  }
  ctx.beginPath();
  ctx.arc(x, y, 4, 0, 2 * Math.PI);
  ctx.fill();
}

function keyOf(charts: Charts, { words, marks }: Tones, note: HTMLElement): HTMLElement {
  const { view } = charts;
  const speaker = new Speaker();
  const key = element("div", { class: "tones", role: "group", "aria-label": "Tones" });
  key.append(element("b", { id: "tone-count" }, `Tones: ${words}`));
  for (const look of LOOKS) {
    const entry = element("span", { class: "entry" });
    entry.append(iconOf(look), look.meaning, speaker.patternButton(look.pattern, look.playLabel));
    key.append(entry);
  }
  if (marks.length > 0) {
    key.append(speaker.tuneButton(marks, view.end_s, (at_s) => view.holds(at_s) && charts.pointAt(at_s)));
  }
  key.append(note);
  return key;
}

/** The mark of the lane, in the colour of the text around it. */
function iconOf({ tone, iconPath }: Look): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const icon = document.createElementNS(space, "svg");
  icon.setAttribute("class", `icon ${tone}`);
  icon.setAttribute("viewBox", "0 0 12 12");
  icon.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(space, "path");
  shape.setAttribute("d", iconPath);
  icon.append(shape);
  return icon;
}
