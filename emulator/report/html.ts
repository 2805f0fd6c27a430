// The report of a run as one HTML file that needs nothing else: no network, no server, no other file. Verdict, findings, numbers
// and tables are written out, so they can be read without a script; plots, lanes and the event table are drawn by the modules of
// page/ from the page model, which travels as JSON. What went wrong stands before all else.

import { buildWords } from "../machine/controller-host";
import type { RunReport, Track } from "../run/report";
import { SECONDS_PER_DAY, SECONDS_PER_HOUR, timeWords } from "../time";
import { assets } from "./assets";
import { stepsOf } from "./dosing";
import { findingsOf } from "./findings";
import { factsOf, headlineOf, momentLink, pageOf, tile } from "./frame";
import { isSilent } from "./harms";
import { pageModelOf } from "./model";
import type { PageModel } from "./page-model";
import { patientOf } from "./patient-table";
import { countWords, harmsOf, tablesOf } from "./tables";
import { escaped } from "./words";
import { massWords, numberWords, PAGE, volumeWords } from "../amounts";

const CAUSES: Record<keyof RunReport["delivered"]["by_cause"], string> = {
  basal: "basal",
  patient_bolus: "patient bolus",
  clinician_bolus: "clinician bolus",
  prime: "prime",
  bridge: "bridge",
  unattributed: "unattributed",
};

/** The whole HTML file. Throws only if a file of the page or uPlot is missing from the installation. */
export function htmlOf(report: RunReport, tracks: readonly Track[]): string {
  const model = pageModelOf(report, tracks);
  const [finding] = report.findings;
  const isFirst = finding !== undefined && finding.text === report.reason && finding.at_s !== null;
  const first = isFirst ? { momentHtml: `${momentLink(finding.at_s!, timeWords(finding.at_s!))}:` } : {};
  return pageOf({
    title: `${report.scenario}: ${report.verdict}`,
    version: report.version,
    styles: [assets.plotStyle(), assets.pageStyle()],
    mainHtml: `<header>
${headlineOf({ ...report, ...first, command: "run", passed: passedWords(report), failed: failuresOf(report) })}
</header>
${harmsOf(report)}
${findingsOf(report)}
${patientOf(report)}
${plotsOf(model)}
${tilesOf(report, model, stepsOf(tracks))}
${factsOf(factsIn(report, model))}
${tablesOf(report)}
${eventsOf(model)}`,
    footer: "The fingerprint identifies the run; the same scenario, seed and controller give it again.",
    model,
    scripts: [assets.plotScript(), assets.pageScript()],
  });
}

function factsIn(report: RunReport, model: PageModel): [string, string][] {
  const start = model.startWall_ms === null ? "" : new Date(model.startWall_ms).toISOString().slice(0, 19);
  return [
    ["Duration", timeWords(report.ended.time_s)],
    ["Wall time", `${wall(start)} to ${wall(report.ended.wall)}`],
    ["Seed", String(report.seed)],
    ["Gear", report.gear],
    ["Controller", report.controller],
    ["Machine", buildWords(report.speed)],
    ["Version", report.version],
    ["Speed", speedOf(report)],
    ["Fingerprint", report.fingerprint],
    ...report.warnings.map(({ text, line, column }): [string, string] => ["Warning", `${line}:${column}: ${text}`]),
  ];
}

/** A harm that an alarm named, or that was expected, reached the patient all the same. */
function passedWords({ harms }: RunReport): string {
  const held = "all expectations and invariants held";
  return harms.length === 0 ? held : `${held}; ${countWords(harms.length, "harm")}, named or expected`;
}

function failuresOf(report: RunReport): string {
  const failed = (rows: readonly { judged: boolean; ok: boolean }[], name: string): string[] => {
    const count = rows.filter((row) => row.judged && !row.ok).length;
    return count === 0 ? [] : [`${count} of ${countWords(rows.length, name)} failed`];
  };
  const silent = report.harms.filter(isSilent).length;
  const harms = silent === 0 ? [] : [`${countWords(silent, "harm")} that no alarm named`];
  return [...harms, ...failed(report.expectations, "expectation"), ...failed(report.invariants, "invariant")].join(
    ", ",
  );
}

function speedOf({ speed }: RunReport): string {
  const ratio = speed.host_s > 0 ? speed.simulated_s / speed.host_s : 0;
  const times = ratio > 0 ? `, ${numberWords(ratio, ratio < 100 ? 1 : 0)} × real time` : "";
  const ticks = `${numberWords(speed.ticks_executed)} ticks executed, ${numberWords(speed.ticks_leapt)} leapt`;
  return `${timeWords(speed.simulated_s)} in ${numberWords(speed.host_s, 2)} s${times} (${ticks})`;
}

function tilesOf(report: RunReport, model: PageModel, steps: number | null): string {
  const { delivered, tip, alarms, events } = report;
  const drugs = (list: { name: string; ug: number }[]): string =>
    list.map(({ name, ug }) => `${name} ${massWords(ug, PAGE)}`).join(", ");
  const critical = alarms.filter((alarm) => alarm.priority === "critical").length;
  const open = alarms.filter((alarm) => alarm.cleared_s === null).length;
  const alarmText = `${critical} critical, ${alarms.length - critical} non-critical${open > 0 ? `, ${open} not cleared` : ""}`;
  const raised = alarms.length > 0 ? alarmText : "none raised";
  const tones = model.tones === null ? "" : `; tones: ${model.tones.words}`;
  const denied = events.filter((event) => event.name === "bolus_denied").length;
  const started = events.filter((event) => event.name === "bolus_started").length;
  return `<section class="tiles" aria-label="Summary">
${tile("Delivered at the head", volumeWords(delivered.volume_nl, PAGE), drugs(delivered.drugs))}
${causesTile(delivered)}
${tile("Pulses", numberWords(delivered.pulses), perStep(delivered, steps))}
${tile("Left the tip", volumeWords(tip.volume_nl, PAGE), drugs(tip.drugs))}
${tile("Alarms", String(alarms.length), raised + tones, critical > 0 ? "critical" : "")}
${tile("Events", numberWords(events.length), `${countWords(started, "bolus", "boluses")} started, ${denied} denied`)}
</section>`;
}

/** A pulse that turned nothing delivered nothing, so where the encoder was recorded its steps are the divisor. */
function perStep({ pulses, volume_nl }: RunReport["delivered"], steps: number | null): string {
  const divisor = steps ?? pulses;
  const each = divisor > 0 ? `${numberWords(volume_nl / divisor, 1)} nL` : "";
  if (steps === null) return each === "" ? "" : `${each} a commanded pulse`;
  return each === "" ? "no step showed motion" : `${each} a step that showed motion (${countWords(steps, "step")})`;
}

function causesTile({ by_cause, volume_nl }: RunReport["delivered"]): string {
  const causes = (Object.keys(CAUSES) as (keyof typeof by_cause)[]).filter((cause) => by_cause[cause] !== 0);
  const share = (cause: keyof typeof by_cause): number =>
    volume_nl > 0 ? Math.max(0, (100 * by_cause[cause]) / volume_nl) : 0;
  const parts = causes.map((cause) => `<span class="part ${cause}" style="width:${share(cause).toFixed(2)}%"></span>`);
  const rows = causes.map(
    (cause) =>
      `<li><span class="dot ${cause}"></span>${CAUSES[cause]}<b>${escaped(volumeWords(by_cause[cause], PAGE))}</b></li>`,
  );
  return (
    `<div class="tile causes"><h2>Delivered by cause</h2><div class="share" aria-hidden="true">${parts.join("")}</div>` +
    `<ul>${rows.length > 0 ? rows.join("") : "<li>nothing was delivered</li>"}</ul></div>`
  );
}

function plotsOf(model: PageModel): string {
  const notes = model.notes.map((note) => `<li>${escaped(note)}</li>`).join("");
  const wrongKeys = model.wrong.length === 0 ? "" : ", <kbd>n</kbd> <kbd>p</kbd> next and previous of what went wrong";
  return `<section class="plots" id="plots" tabindex="0" role="group" aria-labelledby="plots-title" aria-describedby="keys">
<div class="bar" id="bar">
<div class="tools">
<h2 id="plots-title">Time course</h2>
<div class="ranges" role="group" aria-label="Range">
<button type="button" data-range="all">All</button>
<button type="button" data-range="${SECONDS_PER_DAY}">24 h</button>
<button type="button" data-range="${SECONDS_PER_HOUR}">1 h</button>
<button type="button" data-step="-1" aria-label="Earlier">←</button>
<button type="button" data-step="1" aria-label="Later">→</button>
<button type="button" data-zoom="2" aria-label="Zoom out">−</button>
<button type="button" data-zoom="0.5" aria-label="Zoom in">+</button>
</div>
<output id="view"></output>
<output id="now" aria-live="off"></output>
</div>
<div id="ruler"></div>
</div>
<p class="keys" id="keys">Click to mark a moment, drag to zoom, wheel to zoom at the pointer, Shift and drag to pan, double-click for
all. Keys: <kbd>←</kbd> <kbd>→</kbd> mark, with <kbd>Shift</kbd> pan, <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>0</kbd> all${wrongKeys}.
Click a legend entry to hide or show it. The address holds the view: copy it to show the same.</p>
${notes === "" ? "" : `<ul class="notes">${notes}</ul>`}
<div id="figures"></div>
<div class="tip" id="tip" hidden></div>
<noscript><p>The plots need JavaScript.</p></noscript>
</section>`;
}

function eventsOf(model: PageModel): string {
  const heads = ["Time", "Wall", "Event", "Fields"].map((name) => `<th scope="col" role="columnheader">${name}</th>`);
  return `<section class="card events">
<div class="tools"><h2>Events <small id="event-count">${numberWords(model.events.length)}</small></h2>
<label class="only"><input type="checkbox" id="only-view"> only in view</label>
<label>Filter <input type="search" id="filter" placeholder="for instance bolus denied" autocomplete="off"></label></div>
<table id="events" role="table" aria-label="Events">
<thead role="rowgroup"><tr role="row">${heads.join("")}<th scope="col" role="columnheader" class="number">Tick</th></tr></thead>
<tbody role="rowgroup"></tbody></table>
<button type="button" id="more" hidden>Show more</button>
</section>`;
}

function wall(iso: string): string {
  return iso.replace("T", " ");
}
