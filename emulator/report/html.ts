// The report of a run as one HTML file that needs nothing else: no network, no server, no other file. Verdict, numbers
// and tables are written out here, so they can be read without a script; plots, lanes and the event table are drawn by
// the modules of page/ from the page model, which travels as JSON.

import { INVARIANTS } from "../run/invariants";
import type { RunReport, Track } from "../run/report";
import { SECONDS_PER_DAY, SECONDS_PER_HOUR, timeWords } from "../time";
import { assets } from "./assets";
import { stepsOf } from "./dosing";
import { factsOf, headlineOf, okClass, okMark, pageOf, tile } from "./frame";
import { pageModelOf } from "./model";
import type { PageModel } from "./page-model";
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
  return pageOf({
    title: `${report.scenario}: ${report.verdict}`,
    version: report.version,
    styles: [assets.plotStyle(), assets.pageStyle()],
    mainHtml: `<header>
${headlineOf({ ...report, command: "run", passed: "all expectations and invariants held", failed: failuresOf(report) })}
</header>
${harmsOf(report)}
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

/** The harms come first, before any plot; a run without one has no such section. */
function harmsOf({ harms }: RunReport): string {
  if (harms.length === 0) return "";
  const rows = harms.map(({ name, first_s, until_s, reported_s, by, expected }) => {
    const isNamed = by !== null && reported_s !== null;
    const named = isNamed ? `${by} of ${timeWords(reported_s)}` : "no alarm in its time";
    const until = until_s === null ? "the end" : timeWords(until_s);
    return (
      `<tr class="${okClass(isNamed || expected)}"><td>${okMark(isNamed || expected)}</td><td>${escaped(name)}</td>` +
      `<td>${timeWords(first_s)} to ${until}</td><td>${escaped(named)}</td><td>${expected ? "yes" : "no"}</td></tr>`
    );
  });
  const silent = harms.filter(({ by, expected }) => by === null && !expected).length;
  const note = silent > 0 ? `${silent} of ${harms.length} in silence` : counted(harms.length, "harm");
  return table("Harms", note, ["", "Harm", "When", "Named by", "Expected"], rows, "checks harms");
}

function factsIn(report: RunReport, model: PageModel): [string, string][] {
  const start = model.startWall_ms === null ? "" : new Date(model.startWall_ms).toISOString().slice(0, 19);
  return [
    ["Duration", timeWords(report.ended.time_s)],
    ["Wall time", `${wall(start)} to ${wall(report.ended.wall)}`],
    ["Seed", String(report.seed)],
    ["Gear", report.gear],
    ["Controller", report.controller],
    ["Version", report.version],
    ["Speed", speedOf(report)],
    ["Fingerprint", report.fingerprint],
    ...report.warnings.map(({ text, line, column }): [string, string] => ["Warning", `${line}:${column}: ${text}`]),
  ];
}

function failuresOf(report: RunReport): string {
  const failed = (rows: readonly { judged: boolean; ok: boolean }[], name: string): string[] => {
    const count = rows.filter((row) => row.judged && !row.ok).length;
    return count === 0 ? [] : [`${count} of ${counted(rows.length, name)} failed`];
  };
  const silent = report.harms.filter(({ by, expected }) => by === null && !expected).length;
  const harms = silent === 0 ? [] : [`${counted(silent, "harm")} that no alarm named`];
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
${tile("Events", numberWords(events.length), `${counted(started, "bolus", "boluses")} started, ${denied} denied`)}
</section>`;
}

/** A pulse that turned nothing delivered nothing, so where the encoder was recorded its steps are the divisor. */
function perStep({ pulses, volume_nl }: RunReport["delivered"], steps: number | null): string {
  const divisor = steps ?? pulses;
  const each = divisor > 0 ? `${numberWords(volume_nl / divisor, 1)} nL` : "";
  if (steps === null) return each === "" ? "" : `${each} a commanded pulse`;
  return each === "" ? "no step showed motion" : `${each} a step that showed motion (${counted(steps, "step")})`;
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

function tablesOf(report: RunReport): string {
  const expectations = report.expectations.map(
    ({ judged, ok, text, seen }) =>
      `<tr class="${okClass(ok)}"><td>${okMark(ok, judged)}</td><td>${escaped(text)}</td><td>${escaped(seen)}</td></tr>`,
  );
  const invariants = report.invariants.map(
    ({ id, judged, ok, at_s }) =>
      `<tr class="${okClass(ok)}"><td>${okMark(ok, judged)}</td><td><b>${escaped(id)}</b> ${escaped(invariantText(id))}</td>` +
      `<td>${ok ? "held" : at_s === null ? "violated" : `violated at ${timeWords(at_s)}`}</td></tr>`,
  );
  const faults = report.faults.map(
    ({ name, at_s, acted, first_s }) =>
      `<tr class="${acted > 0 ? "" : "bad"}"><td>${escaped(name)}</td><td>${timeWords(at_s)}</td>` +
      `<td class="number">${acted > 0 ? numberWords(acted) : "never"}</td>` +
      `<td>${first_s === null ? "–" : timeWords(first_s)}</td></tr>`,
  );
  return `<section class="tables">
${table("Expectations", summary(report.expectations), ["", "Expected", "Seen"], expectations, "wide checks")}
${table("Invariants", summary(report.invariants), ["", "Invariant", "Result"], invariants, "checks")}
${table("Faults", faults.length === 0 ? "" : counted(faults.length, "fault"), ["Fault", "At", "Acted", "First acted"], faults, "")}
</section>`;
}

/** Empty for an invariant that this version does not know. */
function invariantText(id: string): string {
  return INVARIANTS.find((invariant) => invariant.id === id)?.text ?? "";
}

function table(title: string, note: string, heads: string[], rows: string[], kind: string): string {
  const head = heads
    .map((name) => `<th scope="col">${name === "" ? '<span class="unseen">OK</span>' : name}</th>`)
    .join("");
  const body =
    rows.length === 0
      ? `<p class="none">None in this scenario.</p>`
      : `<div class="scroll" tabindex="0" role="group" aria-label="${title}"><table><thead><tr>${head}</tr></thead>` +
        `<tbody>${rows.join("\n")}</tbody></table></div>`;
  return `<section class="card ${kind}"><h2>${title} <small>${escaped(note)}</small></h2>${body}</section>`;
}

function summary(rows: readonly { ok: boolean }[]): string {
  const held = rows.filter((row) => row.ok).length;
  if (rows.length === 0) return "";
  return held === rows.length ? `all ${held} held` : `${held} of ${rows.length} held`;
}

function plotsOf(model: PageModel): string {
  const notes = model.notes.map((note) => `<li>${escaped(note)}</li>`).join("");
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
</div>
<output id="view"></output>
<output id="now" aria-live="off"></output>
</div>
<div id="ruler"></div>
</div>
<p class="keys" id="keys">Drag to zoom, wheel to zoom at the pointer, Shift and drag to pan, double-click for all.
Keys: <kbd>←</kbd> <kbd>→</kbd> cursor, with <kbd>Shift</kbd> pan, <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>0</kbd> all.
Click a legend entry to hide or show it.</p>
${notes === "" ? "" : `<ul class="notes">${notes}</ul>`}
<div id="figures"></div>
<div class="tip" id="tip" hidden></div>
<noscript><p>The plots need JavaScript.</p></noscript>
</section>`;
}

function eventsOf(model: PageModel): string {
  return `<section class="card events">
<div class="tools"><h2>Events <small id="event-count">${numberWords(model.events.length)}</small></h2>
<label>Filter <input type="search" id="filter" placeholder="for instance bolus denied" autocomplete="off"></label></div>
<div class="scroll tall" tabindex="0" role="group" aria-label="Events"><table id="events">
<thead><tr><th scope="col">Time</th><th scope="col">Wall</th><th scope="col">Event</th><th scope="col">Fields</th><th scope="col" class="number">Tick</th></tr></thead>
<tbody></tbody></table></div>
<button type="button" id="more" hidden>Show more</button>
</section>`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${numberWords(count)} ${count === 1 ? one : many}`;
}

function wall(iso: string): string {
  return iso.replace("T", " ");
}
