// The picture of a trumpet curve: one HTML file in the look of the run's report, with the start-up graph above, the trumpet
// below and every figure as a table. Six windows and a hundred samples need no script to be drawn, so both graphs are SVG in
// the file. The page can be read without JavaScript, prints as it is, and follows the colours of the page in light and dark.
// Resting the pointer on a point shows its value.

import {
  LONGEST_ERROR_MAX_PCT,
  longestError,
  worseOf,
  type TrumpetReport,
  type TrumpetWindow,
} from "../run/trumpet-curve";
import { timeWords } from "../time";
import { assets } from "./assets";
import { linear, logarithmic, niceSteps, niceTimes, px } from "./axes";
import { thinned } from "./curve";
import { factsOf, headlineOf, okClass, okMark, pageOf, tile } from "./frame";
import { numberWords, percentWords } from "../amounts";
import { escaped } from "./words";

/** Pixels at full width; the drawing shrinks with a narrower page. */
const WIDTH_PX = 1160;
const LEFT_PX = 66;
const RIGHT_PX = 22;
const TOP_PX = 10;
const BOTTOM_PX = 40;
const STARTUP_PX = 250;
const TRUMPET_PX = 430;
const STARTUP_POINTS_MAX = 1000;
/** Labels of the axis of time. */
const TIMES_MAX = 12;

const STYLE = `
.drawing { display: block; width: 100%; height: auto; font-size: 11px; }
.drawing text { fill: var(--muted); }
.drawing .end { text-anchor: end; }
.drawing .middle { text-anchor: middle; }
.drawing line, .drawing path { fill: none; stroke-width: 1; vector-effect: non-scaling-stroke; }
.drawing .grid { stroke: var(--grid); }
.drawing .zero { stroke: var(--quiet); }
.drawing .set { stroke: var(--programmed); stroke-width: 1.5; stroke-dasharray: 6 4; }
.drawing .flow { stroke: var(--delivered); stroke-width: 1.75; }
.drawing .under { stroke: none; fill: var(--delivered); opacity: var(--fill); }
.drawing .band { stroke: none; fill: var(--estimate); opacity: var(--fill); }
.drawing .mean { stroke: var(--fault); stroke-width: 1.5; stroke-dasharray: 2 4; }
.drawing .limit { stroke: var(--limit); stroke-width: 1.5; stroke-dasharray: 6 4; }
.drawing .excess { stroke: var(--delivered); stroke-width: 2; }
.drawing .shortfall { stroke: var(--warning); stroke-width: 2; }
.drawing circle.excess { fill: var(--delivered); }
.drawing circle.shortfall { fill: var(--warning); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 0 auto; list-style: none; font-size: 12px; color: var(--muted); }
.legend i { display: inline-block; width: 14px; margin-right: 5px; vertical-align: middle; border-top: 2.5px solid; }
.legend i.dashed { border-top-style: dashed; }
.legend i.area { height: 9px; border: 0; }
.plots { padding-top: 2px; }
@media (max-width: 820px) { .drawing { font-size: 19px; } }
@media print { .drawing .under, .drawing .band { print-color-adjust: exact; } }
`;

interface Legend {
  tone: string;
  kind: "line" | "dashed" | "area";
  text: string;
}

/** The whole HTML file. Throws only if page.css is missing from the installation. */
export function trumpetHtmlOf(report: TrumpetReport): string {
  const passed = "within the limits of acceptance";
  const failed = "outside the limits of acceptance";
  return pageOf({
    title: `${report.scenario}: trumpet curve, ${report.verdict}`,
    version: report.version,
    styles: [assets.pageStyle(), STYLE],
    mainHtml: `<header>
${headlineOf({ ...report, command: "trumpet", passed, failed })}
${factsOf(factsIn(report))}
</header>
${tilesOf(report)}
<section class="plots" aria-label="Graphs">
${startupOf(report)}
${trumpetOf(report)}
</section>
<section class="tables">
${windowsOf(report)}
${acceptanceOf(report)}
</section>`,
    footer:
      "The limits of acceptance, the pulse of 0.25 µL and the rule that chooses the windows are choices of this project.",
  });
}

function factsIn(report: TrumpetReport): [string, string][] {
  return [
    ["Set rate", `${numberWords(report.rate_ulPerDay, 2)} µL/day`],
    ["Sample interval", timeWords(report.sample_s)],
    ["Stabilisation", timeWords(report.stabilise_s)],
    ["Analysis", timeWords(report.analysis_s)],
    ["Seed", String(report.seed)],
    ["Gear", report.gear],
    ["Controller", report.controller],
    ["Version", report.version],
    ["Fingerprint", report.fingerprint],
  ];
}

function tilesOf({ a_pct, b_pct, windows, stabilise_s, analysis_s }: TrumpetReport): string {
  const tail = longestError(windows);
  const mouth = windows.at(0);
  const spread = mouth ? `${signed(mouth.emin_pct)} to ${signed(mouth.emax_pct)}` : "";
  return `<section class="tiles" aria-label="Summary">
${tile("Mean error A", signed(a_pct), `over the first ${timeWords(stabilise_s)}`)}
${tile("Mean error B", signed(b_pct), `over the ${timeWords(analysis_s)} after`)}
${tile("Tail", signed(tail?.error_pct), tail ? `worst error in ${tail.window_min} min` : "no window fits")}
${tile("Mouth", signed(mouth && worseOf(mouth)), mouth ? `in ${mouth.window_min} min: ${spread}` : "no window fits")}
${tile("One pulse", mouth ? `${mouth.pulse_pct.toFixed(2)} %` : "–", mouth ? `of what ${mouth.window_min} min should hold` : "")}
</section>`;
}

function startupOf({ startup, rate_ulPerDay, sample_s }: TrumpetReport): string {
  if (startup.length === 0) return "";
  const { ticks: ends_s, values: flows } = thinned(
    { kind: "step", ticks: startup.map((point) => point.time_s), values: startup.map((point) => point.rate_ulPerDay) },
    STARTUP_POINTS_MAX,
  );
  const most = Math.max(rate_ulPerDay, ...flows) * 1.12;
  const end_s = ends_s[ends_s.length - 1];
  const x = linear(0, end_s, LEFT_PX, WIDTH_PX - RIGHT_PX);
  const y = linear(0, most, STARTUP_PX - BOTTOM_PX, TOP_PX);
  const steps = flows.map((flow, i) => `V${px(y(flow))}H${px(x(ends_s[i]))}`).join("");
  const points = flows.map((flow, i) => {
    const from_s = ends_s[i - 1] ?? 0;
    const words = `${timeWords(from_s)} to ${timeWords(ends_s[i])}: ${numberWords(flow, 2)} µL/day`;
    const box = `x="${px(x(from_s))}" y="${TOP_PX}" width="${px(x(ends_s[i]) - x(from_s))}" height="${px(y(0) - TOP_PX)}"`;
    return `<rect ${box} fill="transparent"><title>${words}</title></rect>`;
  });
  const drawing = [
    ...niceSteps(0, most, 5).map((value) => row(y(value), numberWords(value, 2))),
    ...niceTimes(end_s, TIMES_MAX).map((time_s) =>
      column(x(time_s), timeWords(time_s).replace(/^0 s$/, "0"), STARTUP_PX),
    ),
    `<path class="under" d="M${px(x(0))} ${px(y(0))}${steps}V${px(y(0))}Z"/>`,
    `<path class="flow" d="M${px(x(0))} ${px(y(flows[0]))}${steps}"/>`,
    `<line class="set" x1="${LEFT_PX}" x2="${WIDTH_PX - RIGHT_PX}" y1="${px(y(rate_ulPerDay))}" y2="${px(y(rate_ulPerDay))}"/>`,
    ...points,
  ];
  return figure(
    { id: "startup", title: "Start-up", unit: `µL/day; mean flow of each ${timeWords(sample_s)}` },
    [
      { tone: "delivered", kind: "line", text: "left the pump head" },
      { tone: "programmed", kind: "dashed", text: `set rate ${numberWords(rate_ulPerDay, 2)}` },
    ],
    STARTUP_PX,
    drawing,
  );
}

function trumpetOf({ windows, b_pct }: TrumpetReport): string {
  if (windows.length === 0) return "";
  const errors = windows.flatMap((row) => [row.emax_pct, row.emin_pct, row.pulse_pct]);
  const most = Math.max(LONGEST_ERROR_MAX_PCT, ...errors.map(Math.abs)) * 1.12;
  const x = logarithmic(windows[0].window_min, windows[windows.length - 1].window_min, LEFT_PX + 40, WIDTH_PX - 62);
  const y = linear(-most, most, TRUMPET_PX - BOTTOM_PX, TOP_PX);
  const across = (kind: string, value: number) =>
    `<line class="${kind}" x1="${LEFT_PX}" x2="${WIDTH_PX - RIGHT_PX}" y1="${px(y(value))}" y2="${px(y(value))}"/>`;
  const at = (value: (window: TrumpetWindow) => number) =>
    windows.map((window) => `${px(x(window.window_min))} ${px(y(value(window)))}`);
  const band = [...at((window) => window.pulse_pct), ...at((window) => -window.pulse_pct).reverse()];
  const drawing = [
    ...niceSteps(-most, most, 9).map((value) => row(y(value), gridWords(value))),
    ...windows.map(({ window_min }) => column(x(window_min), String(window_min), TRUMPET_PX)),
    `<text class="middle" x="${WIDTH_PX / 2}" y="${TRUMPET_PX - 6}">observation window, min (logarithmic)</text>`,
    `<path class="band" d="M${band.join("L")}Z"/>`,
    across("zero", 0),
    across("limit", LONGEST_ERROR_MAX_PCT),
    across("limit", -LONGEST_ERROR_MAX_PCT),
    ...(b_pct === null ? [] : [across("mean", b_pct)]),
    ...curve(
      "excess",
      at((window) => window.emax_pct),
      windows,
      (window) => window.emax_pct,
    ),
    ...curve(
      "shortfall",
      at((window) => window.emin_pct),
      windows,
      (window) => window.emin_pct,
    ),
  ];
  return figure(
    { id: "trumpet", title: "Trumpet curve", unit: "% of the set rate; worst error over all positions of a window" },
    [
      { tone: "delivered", kind: "line", text: "Emax" },
      { tone: "warning", kind: "line", text: "Emin" },
      ...(b_pct === null ? [] : [{ tone: "fault", kind: "dashed", text: `mean error B ${signed(b_pct)}` } as const]),
      { tone: "limit", kind: "dashed", text: `± ${LONGEST_ERROR_MAX_PCT} %, the limit of the longest window` },
      { tone: "estimate", kind: "area", text: "± one pulse" },
    ],
    TRUMPET_PX,
    drawing,
  );
}

function curve(
  kind: string,
  points: string[],
  windows: readonly TrumpetWindow[],
  value: (window: TrumpetWindow) => number,
): string[] {
  const circles = points.map((point, i) => {
    const [cx, cy] = point.split(" ");
    const words = `${kind} in ${windows[i].window_min} min: ${signed(value(windows[i]))}`;
    return `<circle class="${kind}" cx="${cx}" cy="${cy}" r="4"><title>${words}</title></circle>`;
  });
  return [`<path class="${kind}" d="M${points.join("L")}"/>`, ...circles];
}

function windowsOf({ windows, left_out_min, rate_ulPerDay }: TrumpetReport): string {
  const rows = windows.map(({ window_min, emax_pct, emin_pct, pulse_pct }) => {
    const pulses = numberWords(100 / pulse_pct, 1);
    const cells = [`${window_min} min`, signed(emin_pct), signed(emax_pct), `${pulse_pct.toFixed(2)} %`, pulses];
    return `<tr>${cells.map((cell) => `<td class="number">${cell}</td>`).join("")}</tr>`;
  });
  const head = ["Window", "Emin", "Emax", "One pulse", "Pulses in it"];
  const left =
    left_out_min.length === 0
      ? ""
      : `<p class="none">Left out, longer than the analysis: ${left_out_min.join(", ")} min.</p>`;
  return `<section class="card"><h2>Windows <small>at ${numberWords(rate_ulPerDay, 2)} µL/day</small></h2>
<div class="scroll" tabindex="0" role="group" aria-label="Windows"><table><thead><tr>${head
    .map((name) => `<th scope="col" class="number">${name}</th>`)
    .join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>${left}</section>`;
}

function acceptanceOf({ acceptance }: TrumpetReport): string {
  const rows = acceptance.map(({ ok, text, seen }) => {
    return `<tr class="${okClass(ok)}"><td>${okMark(ok)}</td><td>${escaped(text)}</td><td class="number">${escaped(seen.replace("-", "−"))}</td></tr>`;
  });
  return `<section class="card checks"><h2>Acceptance</h2><table><thead><tr><th scope="col"><span class="unseen">OK</span></th>
<th scope="col">Expected</th><th scope="col" class="number">Seen</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></section>`;
}

function figure(
  { id, title, unit }: { id: string; title: string; unit: string },
  legend: readonly Legend[],
  height_px: number,
  drawing: readonly string[],
): string {
  const entries = legend.map(({ tone, kind, text }) => {
    const style =
      kind === "area" ? `background:var(--${tone});opacity:calc(var(--fill) * 2)` : `border-color:var(--${tone})`;
    return `<li><i class="${kind}" style="${style}"></i>${escaped(text)}</li>`;
  });
  return `<figure class="plot" id="plot-${id}">
<figcaption><h3>${title}<small>${unit}</small></h3><ul class="legend">${entries.join("")}</ul></figcaption>
<svg class="drawing" viewBox="0 0 ${WIDTH_PX} ${height_px}" role="img" aria-label="${title}, ${unit}">
${drawing.join("\n")}
</svg>
</figure>`;
}

/** A grid line across with its label. */
function row(y: number, label: string): string {
  return (
    `<line class="grid" x1="${LEFT_PX}" x2="${WIDTH_PX - RIGHT_PX}" y1="${px(y)}" y2="${px(y)}"/>` +
    `<text class="end" x="${LEFT_PX - 6}" y="${px(y + 4)}">${label}</text>`
  );
}

/** A grid line down with its label. */
function column(x: number, label: string, height_px: number): string {
  const foot = height_px - BOTTOM_PX;
  return (
    `<line class="grid" x1="${px(x)}" x2="${px(x)}" y1="${TOP_PX}" y2="${foot}"/>` +
    `<text class="middle" x="${px(x)}" y="${foot + 16}">${label}</text>`
  );
}

/** `+1.25 %` with a true minus; a dash for what was not recorded. */
function signed(value_pct: number | null | undefined): string {
  if (value_pct === null || value_pct === undefined) return "–";
  return percentWords(value_pct, "−");
}

/** A label of the error axis. */
function gridWords(value_pct: number): string {
  const sign = value_pct > 0 ? "+" : value_pct < 0 ? "−" : "";
  return `${sign}${numberWords(Math.abs(value_pct), 2)}`;
}
