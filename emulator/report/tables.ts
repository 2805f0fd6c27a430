// The tables of a run's page: harms, expectations, invariants, alarms, faults, calls outside of the contract and the two runs of
// `--twice`. Rows that failed stand first. Every row is in the file; the page's script cuts a long table and has a button that
// shows all of it. A narrow page lays each row out as a block, in which a cell is named by `data-label`.

import { INVARIANTS } from "../run/invariants";
import type { RunReport } from "../run/report";
import { SECONDS_PER_MINUTE, timeWords } from "../time";
import { numberWords } from "../amounts";
import { momentLink, okClass, okMark } from "./frame";
import { harmTimes, isSilent, namingOf } from "./harms";
import { escaped } from "./words";

/** Rows of a table at first. */
const ROWS_SHOWN = 20;
/** Those above the plots are shorter. */
const HARMS_SHOWN = 4;
/** The part of a range that is shown before and after it, and how much that is at least. */
const MARGIN_SHARE = 0.1;
const MARGIN_S_MIN = 10 * SECONDS_PER_MINUTE;

/** Of a harm that does not fail the run: it reached the patient all the same. */
const HARM_MARK = '<span class="warning mark">!<span class="unseen"> happened, and was named or expected</span></span>';

interface Row {
  isOk: boolean;
  /** As HTML, one for each head. */
  cells: string[];
}

interface Table {
  /** The name of the list in an address. */
  name: string;
  title: string;
  note: string;
  /** An empty head is that of the marks. */
  heads: string[];
  rows: readonly Row[];
  shown?: number;
  kind?: string;
}

/** The harms come first, before any plot; a run without one has no such table. */
export function harmsOf({ harms, ended }: RunReport): string {
  if (harms.length === 0) return "";
  const rows = harms.map((harm) => {
    const { name, first_s, until_s, expected } = harm;
    const range = rangeAround(first_s, until_s ?? ended.time_s, ended.time_s);
    const isOk = !isSilent(harm);
    const when = momentLink(first_s, harmTimes(harm), "", range);
    return {
      isOk,
      cells: [isOk ? HARM_MARK : okMark(false), escaped(name), when, escaped(namingOf(harm)), expected ? "yes" : "no"],
    };
  });
  const silent = harms.filter(isSilent).length;
  const note = silent > 0 ? `${silent} of ${harms.length} in silence` : countWords(harms.length, "harm");
  const heads = ["", "Harm", "When", "Named by", "Expected"];
  return tableOf({ name: "harms", title: "Harms", note, heads, rows, shown: HARMS_SHOWN, kind: "checks" });
}

/** All other tables, which stand under the plots. */
export function tablesOf(report: RunReport): string {
  return `<section class="tables">
${expectationsOf(report)}
${invariantsOf(report)}
<div class="column">
${alarmsOf(report)}
${faultsOf(report)}
${outsideCallsOf(report)}
${gearsOf(report)}
</div>
</section>`;
}

function expectationsOf({ expectations, findings }: RunReport): string {
  const rows = expectations.map(({ judged, ok, text, seen }) => {
    const finding = findings.find(
      (each) => each.kind === "expectation" && each.text.includes(text) && each.text.includes(seen),
    );
    const when = ok || finding === undefined || finding.at_s === null ? "" : link(finding.at_s);
    return { isOk: ok, cells: [okMark(ok, judged), escaped(text), escaped(seen), when] };
  });
  const heads = ["", "Expected", "Seen", "Failed at"];
  const note = heldWords(expectations);
  return tableOf({ name: "expectations", title: "Expectations", note, heads, rows, kind: "wide checks" });
}

function invariantsOf({ invariants }: RunReport): string {
  const rows = invariants.map(({ id, judged, ok, at_s }) => {
    const broken = at_s === null ? "violated" : `violated at ${link(at_s)}`;
    const result = !judged ? "not judged" : ok ? "held" : broken;
    return {
      isOk: ok && judged,
      cells: [okMark(ok, judged), `<b>${escaped(id)}</b> ${escaped(invariantText(id))}`, result],
    };
  });
  const heads = ["", "Invariant", "Result"];
  return tableOf({ name: "invariants", title: "Invariants", note: heldWords(invariants), heads, rows, kind: "checks" });
}

function alarmsOf({ alarms, ended }: RunReport): string {
  const rows = alarms.map(({ name, priority, raised_s, cleared_s }) => {
    const range = rangeAround(raised_s, cleared_s ?? ended.time_s, ended.time_s);
    const cleared = cleared_s === null ? "not cleared" : link(cleared_s);
    const cells = [
      `<span class="${priority === "critical" ? "critical" : "warning"}">${escaped(name)}</span>`,
      priority === "critical" ? "critical" : "non-critical",
      momentLink(raised_s, timeWords(raised_s), "", range),
      cleared,
    ];
    return { isOk: true, cells };
  });
  const heads = ["Alarm", "Priority", "Raised", "Cleared"];
  return tableOf({ name: "alarms", title: "Alarms", note: countOrNothing(rows, "alarm"), heads, rows, kind: "alarms" });
}

function faultsOf({ faults }: RunReport): string {
  const rows = faults.map(({ name, at_s, acted, first_s }) => ({
    isOk: acted > 0,
    cells: [
      escaped(name),
      link(at_s),
      acted > 0 ? countWords(acted, "time") : "never",
      first_s === null ? "–" : link(first_s),
    ],
  }));
  const heads = ["Fault", "At", "Acted", "First acted"];
  return tableOf({ name: "faults", title: "Faults", note: countOrNothing(rows, "fault"), heads, rows });
}

function outsideCallsOf({ outside_calls }: RunReport): string {
  if (outside_calls.length === 0) return "";
  const rows = outside_calls.map(({ kind, count, call, first_s, allowed }) => ({
    isOk: allowed,
    cells: [okMark(allowed), escaped(kind), numberWords(count), `${escaped(call)} at ${link(first_s)}`],
  }));
  const heads = ["", "Calls outside of the contract", "Count", "First"];
  return tableOf({ name: "calls", title: "Calls", note: "outside of the contract", heads, rows, kind: "checks" });
}

function gearsOf({ twice }: RunReport): string {
  if (twice === undefined) return "";
  const rows = twice.runs.map(({ gear, machine, controller, ticks_executed, ticks_leapt }) => ({
    isOk: twice.equal,
    cells: [gear, escaped(machine), escaped(controller), numberWords(ticks_executed), numberWords(ticks_leapt)],
  }));
  const heads = ["Gear", "Machine", "Controller", "Ticks executed", "Leapt"];
  return tableOf({ name: "gears", title: "Two gears", note: twice.equal ? "equal" : "not equal", heads, rows });
}

/** The failed rows stand first; the rest keeps its order. */
function tableOf({ name, title, note, heads, rows, shown = ROWS_SHOWN, kind = "" }: Table): string {
  const head = heads
    .map((text) => `<th scope="col" role="columnheader">${text === "" ? '<span class="unseen">OK</span>' : text}</th>`)
    .join("");
  const inOrder = [...rows.filter(({ isOk }) => !isOk), ...rows.filter(({ isOk }) => isOk)];
  const body = inOrder.map(({ isOk, cells }) => {
    const tds = cells.map((cell, i) => {
      const label = i === 0 || heads[i - 1] === "" ? "" : ` data-label="${heads[i]}"`;
      return `<td role="cell"${label}>${cell}</td>`;
    });
    return `<tr role="row"${isOk ? "" : ` class="${okClass(false)}"`}>${tds.join("")}</tr>`;
  });
  const content =
    rows.length === 0
      ? `<p class="none">None in this run.</p>`
      : `<table role="table" aria-label="${title}"><thead role="rowgroup"><tr role="row">${head}</tr></thead>` +
        `<tbody role="rowgroup" data-list="${name}" data-shown="${shown}">${body.join("\n")}</tbody></table>`;
  return `<section class="${`card ${kind}`.trim()}"><h2>${title} <small>${escaped(note)}</small></h2>${content}</section>`;
}

function link(at_s: number): string {
  return momentLink(at_s, timeWords(at_s));
}

/** The range with a margin, within the run. */
function rangeAround(from_s: number, to_s: number, end_s: number): { from_s: number; to_s: number } {
  const margin_s = Math.max(MARGIN_S_MIN, MARGIN_SHARE * (to_s - from_s));
  return { from_s: Math.max(0, from_s - margin_s), to_s: Math.min(end_s, to_s + margin_s) };
}

/** Empty for an invariant that this version does not know. */
function invariantText(id: string): string {
  return INVARIANTS.find((invariant) => invariant.id === id)?.text ?? "";
}

function heldWords(rows: readonly { judged: boolean; ok: boolean }[]): string {
  const held = rows.filter((row) => row.judged && row.ok).length;
  if (rows.length === 0) return "";
  return held === rows.length ? `all ${held} held` : `${held} of ${rows.length} held`;
}

function countOrNothing(rows: readonly Row[], one: string): string {
  return rows.length === 0 ? "" : countWords(rows.length, one);
}

/** `1 bolus`, `1,200 boluses`. */
export function countWords(count: number, one: string, many = `${one}s`): string {
  return `${numberWords(count)} ${count === 1 ? one : many}`;
}
