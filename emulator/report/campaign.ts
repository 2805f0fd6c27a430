// The page of a campaign: one HTML file with the failures, each with its scenario and the page of its run in a frame, and the table of what was
// reached and how often.

import { numberWords } from "../amounts";
import { type CampaignReport, type FailureRow, GROUPS, type Group, groupOf } from "../campaign/campaign-report";
import { formatTicks, ticksOfSeconds } from "../time";
import { assets } from "./assets";
import { factsOf, headlineOf, pageOf, tile } from "./frame";
import { escaped } from "./words";

const STYLE = `
.card .scroll { overflow-x: auto; }
.card iframe { display: block; width: 100%; height: 44rem; border: 0; }
.card:has(iframe) { grid-column: 1 / -1; }
.card summary { padding: 8px 14px; cursor: pointer; }
.card pre { margin: 0; padding: 10px 14px; overflow-x: auto; font-size: 12px; }
`;

/** The page of the run of a failure, as `htmlOf` makes it, or why there is none. */
export type FailurePage = { html: string } | { why: string };

/** The whole HTML file. `pages` has those of the failures' runs, by the name of the failure's file. */
export function campaignHtmlOf(report: CampaignReport, pages: ReadonlyMap<string, FailurePage>): string {
  const { cases, pump_days, core_s, failures, classes, host_s } = report;
  return pageOf({
    title: `check: ${report.verdict}`,
    version: report.version,
    styles: [assets.pageStyle(), STYLE],
    hasFrames: pages.size > 0,
    mainHtml: `<header>
${headlineOf({
  ...report,
  command: "check",
  scenario: `Campaign of ${numberWords(cases)} cases`,
  passed: "everything held in every case",
  failed: `${failures.length} kinds of failure`,
})}
${factsOf([
  ["Profile", report.profile],
  ["Seed", String(report.seed)],
  ["Controller", report.controller.name],
  ["Machine", report.machine],
  ["Build", report.build],
  ["Judged", report.property === "all" ? "all invariants and harms" : report.property],
  ["Version", report.version],
])}
</header>
<section class="tiles" aria-label="Summary">
${tile("Cases", numberWords(cases), `in ${numberWords(report.units)} units`)}
${tile("Pump-days", numberWords(pump_days, 1), core_s > 0 ? `${numberWords(Math.round(pump_days / core_s))} a core-second, in ${numberWords(host_s, 1)} s` : "")}
${tile("Classes reached", numberWords(Object.keys(classes).length), "of modes, actions, faults, alarms, denials and their pairs")}
${tile("Failures", String(failures.length), failures.length === 0 ? "none" : failures.map(({ id }) => id).join(", "), failures.length > 0 ? "critical" : "")}
</section>
<section class="tables">
${failures.map((row, i) => failureCard(row, pages.get(row.file), i === 0)).join("\n")}
${excusedCard(report)}
${(Object.keys(GROUPS) as Group[]).map((group) => reachedCard(group, report)).join("\n")}
</section>`,
    footer: "Each case is a scenario; the same seed, build and controller give the same cases.",
  });
}

function card(title: string, html: string): string {
  return `<section class="card"><h2>${escaped(title)}</h2><div class="scroll">${html}</div></section>`;
}

function table(heads: readonly [title: string, isNumber: boolean][], rows: readonly (readonly string[])[]): string {
  const kind = (i: number): string => (heads[i][1] ? ' class="number"' : "");
  const head = heads.map(([title], i) => `<th scope="col"${kind(i)}>${escaped(title)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((text, i) => `<td${kind(i)}>${escaped(text)}</td>`).join("")}</tr>`);
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table>`;
}

/** `isOpen`: its plots are shown before somebody asks for them. */
function failureCard(
  { text, at_s, text_yaml, file, repeats }: FailureRow,
  page: FailurePage | undefined,
  isOpen: boolean,
): string {
  const when = at_s === null ? "" : ` at ${formatTicks(ticksOfSeconds(at_s))}`;
  const steady = repeats === false ? " It did not fail again in the same way." : "";
  return card(
    `${text}${when}`,
    `<p class="none">${escaped(file)}.${steady}</p><pre>${escaped(text_yaml)}</pre>${page === undefined ? "" : frameOf(page, file, isOpen)}`,
  );
}

/** The scripts of a page in a frame work as in the page itself; its links do not leave the frame. */
function frameOf(page: FailurePage, file: string, isOpen: boolean): string {
  if ("why" in page) return `<p class="none">No plots: ${escaped(page.why)}.</p>`;
  const frame = `<iframe loading="lazy" title="Run of ${escaped(file)}" srcdoc="${escaped(page.html)}"></iframe>`;
  return `<details${isOpen ? " open" : ""}><summary>Plots and events of its run</summary>${frame}</details>`;
}

function excusedCard({ excused }: CampaignReport): string {
  if (excused.length === 0) return "";
  const rows = excused.map(({ hazard, harm, reason, cases }) => [hazard, harm, String(cases), reason]);
  const heads: [string, boolean][] = [
    ["Hazard", false],
    ["Harm", false],
    ["Cases", true],
    ["Why no alarm names it in time", false],
  ];
  return card("Excused harms", table(heads, rows));
}

function reachedCard(group: Group, { classes, missed }: CampaignReport): string {
  const own = Object.entries(classes).filter(([name]) => groupOf(name) === group);
  const left = (missed ?? []).filter((name) => groupOf(name) === group);
  if (own.length + left.length === 0) return card(`Reached: ${GROUPS[group]}`, `<p class="none">None: not judged.</p>`);
  const rows = own.map(([name, count]) => [name.slice(group.length + 1), numberWords(count)]);
  const missing = left.map((name) => [`${name.slice(group.length + 1)} (promised)`, "never"]);
  return card(
    `Reached: ${GROUPS[group]}`,
    table(
      [
        ["Class", false],
        ["Cases", true],
      ],
      [...missing, ...rows],
    ),
  );
}
