// The page of a cohort: one HTML file in the look of the run's report, with the spread of the patients' signals over time, the trial,
// the quantiles at each probe, and the counts. A drawing has some hundred points, so all of them are SVG in the file and need no script.
// Of each signal the band of the middle 90 % of the patients is light, that of the middle 50 % is darker, and the median is a line.

import { numberWords } from "../amounts";
import { type Band, changesIn, type CohortReport, type CountRow } from "../run/cohort-report";
import { QUANTILES, type Spread } from "../run/spread";
import { timeWords } from "../time";
import { assets } from "./assets";
import { linear, niceSteps, niceTimes, px } from "./axes";
import { factsOf, headlineOf, pageOf, tile } from "./frame";
import { escaped } from "./words";

const WIDTH_PX = 380;
const HEIGHT_PX = 190;
const LEFT_PX = 46;
const RIGHT_PX = 12;
const TOP_PX = 8;
const BOTTOM_PX = 24;
const TIMES_MAX = 5;
const ROWS_MAX = 5;

const STYLE = `
.plots { padding: 12px 16px; }
.plots h2 { margin: 0 0 4px; }
.bands { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 14px 18px; }
.bands figure { margin: 0; min-width: 0; }
.bands h3 { margin: 0 0 2px; font-size: 13px; overflow-wrap: anywhere; }
.bands h3 small { font-weight: 400; color: var(--muted); margin-left: 6px; }
.bands svg { display: block; width: 100%; height: auto; font-size: 11px; }
.bands text { fill: var(--muted); }
.bands .end { text-anchor: end; }
.bands .middle { text-anchor: middle; }
.bands line { stroke: var(--grid); stroke-width: 1; vector-effect: non-scaling-stroke; }
.bands .wide { fill: var(--delivered); opacity: 0.16; }
.bands .half { fill: var(--delivered); opacity: 0.3; }
.bands .median { fill: none; stroke: var(--delivered); stroke-width: 2; vector-effect: non-scaling-stroke; }
.key { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 2px 0 10px; padding: 0; list-style: none; font-size: 12px; color: var(--muted); }
.key i { display: inline-block; width: 16px; height: 9px; margin-right: 5px; background: var(--delivered); }
.key i.wide { opacity: 0.16; }
.key i.half { opacity: 0.3; }
.key i.median { height: 2px; vertical-align: middle; }
.card .scroll { overflow-x: auto; }
@media print { .bands path, .key i { print-color-adjust: exact; } }
`;

/** The whole HTML file. Throws only if page.css is missing from the installation. */
export function cohortHtmlOf(report: CohortReport, bands: readonly Band[]): string {
  const { runs, finished } = report;
  return pageOf({
    title: `${report.scenario}: cohort, ${report.verdict}`,
    version: report.version,
    styles: [assets.pageStyle(), STYLE],
    mainHtml: `<header>
${headlineOf({
  ...report,
  command: "cohort",
  passed: `all ${numberWords(finished)} runs passed`,
  failed: `${numberWords(runs.fail)} of ${numberWords(finished)} runs failed`,
})}
${factsOf(factsIn(report))}
</header>
${tilesOf(report)}
${bandsSection(bands, report.duration_s)}
<section class="tables">
${outcomesOf(report)}
${report.probes
  .map(({ at_s, signals }) =>
    spreadTable(
      `At ${timeWords(at_s)}`,
      "Signal",
      signals.map(({ name, unit, ...spread }) => [withUnit(name, unit), spread]),
    ),
  )
  .join("\n")}
<div class="column">
${countsOf("Harms", report.harms, report)}
${countsOf("Alarms", report.alarms, report)}
${countsOf("Events", report.events, report)}
</div>
${notPassedOf(report)}
</section>`,
    footer:
      "The patients are samples of a model, which predicts nobody. The same scenario and seed give the same figures.",
  });
}

function factsIn({
  indication,
  seed,
  gear,
  controller,
  machine,
  version,
  duration_s,
}: CohortReport): [string, string][] {
  return [
    ["Patients", `sampled, ${indication.replaceAll("_", " ")}`],
    ["Duration", timeWords(duration_s)],
    ["Seed", String(seed)],
    ["Gear", gear],
    ["Controller", controller],
    ["Machine", machine],
    ["Version", version],
  ];
}

function tilesOf(report: CohortReport): string {
  const { n, finished, runs, trial, harms } = report;
  const pain = report.outcomes.find(({ name }) => name === "pain_report")?.change.quantiles ?? null;
  const trialTile =
    trial === null
      ? ""
      : tile(
          "Passed the trial",
          `${numberWords(trial.passed)} of ${numberWords(finished)}`,
          `${trial.rule}${trial.placebo === null ? "" : `; ${trial.placebo.passed} of ${trial.placebo.people} with a placebo`}`,
        );
  const worst = [...harms].sort((a, b) => b.patients - a.patients).at(0);
  const harmDetail = worst === undefined ? "in no patient" : `${worst.name} in ${numberWords(worst.patients)}`;
  return `<section class="tiles" aria-label="Summary">
${tile("Patients", numberWords(finished), finished === n ? "all that were asked for" : `of ${numberWords(n)} that were asked for`)}
${trialTile}
${pain === null ? "" : tile("Reported pain, median change", signed(pain[50]), `from the baseline to the last week; middle half ${signed(pain[25])} to ${signed(pain[75])}`)}
${tile("Kinds of harm", String(harms.length), harmDetail, harms.length > 0 ? "critical" : "")}
${tile("Runs", `${numberWords(runs.pass)} passed`, `${numberWords(runs.fail)} failed, ${numberWords(runs.invalid)} proved nothing`)}
</section>`;
}

function signed(change_pct: number): string {
  const shown = Math.abs(change_pct).toFixed(0);
  return `${shown === "0" ? "" : change_pct < 0 ? "−" : "+"}${shown} %`;
}

function withUnit(name: string, unit: string): string {
  return unit === "" ? name : `${name} (${unit})`;
}

/** Signals that are the same in every patient at all times are named and not drawn. */
function bandsSection(bands: readonly Band[], end_s: number): string {
  const named = new Set(bands.map(({ name }) => name));
  const isTwin = (name: string): boolean => [...named].some((other) => other.startsWith(`${name}.`));
  const own = bands.filter(({ name, points }) => points.length > 1 && !isTwin(name));
  const still = own.filter((band) => isStill(band));
  const drawn = own.filter((band) => !isStill(band));
  const note =
    still.length === 0
      ? ""
      : `<p class="none">The same in all patients at all times: ${still.map(({ name, points }) => `${escaped(name)} ${shown(points[0].quantiles[50])}`).join(", ")}.</p>`;
  return `<section class="plots" aria-labelledby="bands-title">
<h2 id="bands-title">Patients over time</h2>
<ul class="key"><li><i class="median"></i>median</li><li><i class="half"></i>middle 50 %</li><li><i class="wide"></i>middle 90 %</li></ul>
<div class="bands">
${drawn.map((band) => figureOf(band, end_s)).join("\n")}
</div>
${note}
</section>`;
}

function isStill({ points }: Band): boolean {
  const first = points[0].quantiles[50];
  return points.every(({ quantiles }) => quantiles[5] === first && quantiles[95] === first);
}

function figureOf({ name, unit, points }: Band, end_s: number): string {
  const most = Math.max(...points.map(({ quantiles }) => quantiles[95]));
  const least = Math.min(0, ...points.map(({ quantiles }) => quantiles[5]));
  // A temperature or a score that never comes near 0 needs the room for its own range.
  const lowest = Math.min(...points.map(({ quantiles }) => quantiles[5]));
  const from = lowest > most / 2 && name.endsWith("_c") ? Math.floor(lowest) : least;
  const x = linear(0, end_s, LEFT_PX, WIDTH_PX - RIGHT_PX);
  const y = linear(from, from + (most - from) * 1.06, HEIGHT_PX - BOTTOM_PX, TOP_PX);
  const at = (percent: (typeof QUANTILES)[number]): string[] =>
    points.map(({ at_s, quantiles }) => `${px(x(at_s))} ${px(y(quantiles[percent]))}`);
  const area = (kind: string, low: string[], high: string[]): string =>
    `<path class="${kind}" d="M${[...high, ...[...low].reverse()].join("L")}Z"/>`;
  const last = points[points.length - 1].quantiles;
  const label = `${name}: at the end the median is ${shown(last[50])}, the middle 90 % from ${shown(last[5])} to ${shown(last[95])} ${unit}`;
  const foot = HEIGHT_PX - BOTTOM_PX;
  const drawing = [
    ...niceSteps(from, most, ROWS_MAX).map(
      (value) =>
        `<line x1="${LEFT_PX}" x2="${WIDTH_PX - RIGHT_PX}" y1="${px(y(value))}" y2="${px(y(value))}"/>` +
        `<text class="end" x="${LEFT_PX - 5}" y="${px(y(value) + 4)}">${shown(value)}</text>`,
    ),
    ...niceTimes(end_s, TIMES_MAX).map(
      (time_s) =>
        `<line x1="${px(x(time_s))}" x2="${px(x(time_s))}" y1="${TOP_PX}" y2="${foot}"/>` +
        `<text class="middle" x="${px(x(time_s))}" y="${foot + 15}">${timeWords(time_s).replace(/^0 s$/, "0")}</text>`,
    ),
    area("wide", at(5), at(95)),
    area("half", at(25), at(75)),
    `<path class="median" d="M${at(50).join("L")}"/>`,
  ];
  return `<figure><h3>${escaped(name.replace(/^patient\./, ""))}<small>${escaped(unit)}</small></h3>
<svg viewBox="0 0 ${WIDTH_PX} ${HEIGHT_PX}" role="img" aria-label="${escaped(label.trim())}">
${drawing.join("\n")}
</svg></figure>`;
}

function outcomesOf({ outcomes }: CohortReport): string {
  return spreadTable(
    "Change from the baseline to the last week, %",
    "Outcome",
    changesIn(outcomes).map(({ name, change }) => [name, change]),
  );
}

/** Rows without a value are left out, and so is a table without a row. */
function spreadTable(title: string, head: string, rows: readonly (readonly [string, Spread])[]): string {
  const known = rows.flatMap(([name, { quantiles }]) => (quantiles === null ? [] : [[name, quantiles] as const]));
  if (known.length === 0) return "";
  const heads = QUANTILES.map((percent) => `<th scope="col" class="number">${percent} %</th>`).join("");
  const body = known.map(
    ([name, quantiles]) =>
      `<tr><td>${escaped(name)}</td>${QUANTILES.map((percent) => `<td class="number">${shown(quantiles[percent])}</td>`).join("")}</tr>`,
  );
  return card(title, `<th scope="col">${head}</th>${heads}`, body);
}

function countsOf(title: string, rows: readonly CountRow[], { finished }: CohortReport): string {
  if (rows.length === 0)
    return `<section class="card"><h2>${title}</h2><p class="none">None in any patient.</p></section>`;
  const body = rows.map(
    ({ name, patients, times }) =>
      `<tr><td>${escaped(name)}</td><td class="number">${numberWords(patients)} of ${numberWords(finished)}</td><td class="number">${numberWords(times)}</td></tr>`,
  );
  const heads = `<th scope="col">Name</th><th scope="col" class="number">Patients</th><th scope="col" class="number">In all</th>`;
  return card(title, heads, body);
}

function notPassedOf({ not_passed }: CohortReport): string {
  if (not_passed.length === 0) return "";
  const body = not_passed.map(
    ({ patient, seed, verdict, reason }) =>
      `<tr class="bad"><td class="number">${patient}</td><td class="number">${seed}</td><td>${verdict}</td><td>${escaped(reason ?? "")}</td></tr>`,
  );
  const heads = `<th scope="col" class="number">Patient</th><th scope="col" class="number">Seed</th><th scope="col">Verdict</th><th scope="col">Why</th>`;
  return card("Did not pass", heads, body);
}

function card(title: string, heads: string, rows: readonly string[]): string {
  return `<section class="card wide"><h2>${escaped(title)}</h2>
<div class="scroll" tabindex="0" role="group" aria-label="${escaped(title)}"><table><thead><tr>${heads}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div></section>`;
}

/** Four significant digits, and no decimals from a thousand on. */
function shown(value: number): string {
  const text = Math.abs(value) >= 1000 ? numberWords(Math.round(value)) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}
