// The hazards table: which requirement controls which hazard, and which test file proves it. docs/hazards.json has a row
// for each hazard of the project's fact base: what can go wrong, where that was read, the requirements that control it
// and how, the faults that show it, or why it does not apply. `--write` makes docs/hazards.md anew; without it the page
// and the table are checked. The names of faults are checked by the test, which can read the table of faults.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { citations, proofs, requirements } from "./requirements.mjs";

const DOCS = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs");
const PAGE = join(DOCS, "hazards.md");

/** The rows, the sources that they name, and the requirements that are cited and declared as not built yet. */
export function hazards() {
  return JSON.parse(readFileSync(join(DOCS, "hazards.json"), "utf8"));
}

const applicable = (table) => table.hazards.filter((row) => row.applies);

/** Every id that the rows account for. */
export function accountedFor(table = hazards()) {
  return table.hazards.flatMap((row) => [row.id, ...(row.also ?? [])]);
}

/** What is wrong with the table itself, tests aside. */
export function problems(table = hazards(), known = requirements()) {
  const status = new Map(known.map((row) => [row.id, row.status]));
  const sources = new Set(table.sources.map(({ tag }) => tag));
  const used = new Set(table.hazards.flatMap((row) => row.source));
  const mitigating = controlled(table);
  return [
    ...repeated(accountedFor(table)).map((id) => `${id}: listed twice`),
    ...table.hazards.flatMap((row) => rowProblems(row).map((what) => `${row.id}: ${what}`)),
    ...[...mitigating]
      .filter(([id]) => !status.has(id))
      .map(([id, rows]) => `${id}: no such requirement, and it is said to control ${rows.join(", ")}`),
    ...[...used].filter((tag) => !sources.has(tag)).map((tag) => `${tag}: cited, and no such source`),
    ...[...sources].filter((tag) => !used.has(tag)).map((tag) => `${tag}: a source that no row cites`),
    ...table.later.flatMap(({ id, reason }) => laterProblems(id, reason, status.get(id), mitigating.has(id))),
  ];
}

function rowProblems(row) {
  if (!row.applies) return row.reason ? [] : ["does not apply, and no reason is given"];
  const ids = row.mitigations.map(({ id }) => id);
  return [
    ...(row.group ? [] : ["in no group"]),
    ...(ids.length > 0 ? [] : ["no mitigation"]),
    ...repeated(ids).map((id) => `${id} is named twice`),
    ...row.mitigations.filter(({ how }) => !how).map(({ id }) => `${id} does not say how`),
    ...(row.fault.length > 0 || row.act ? [] : ["neither a fault nor an act shows it"]),
  ];
}

/** A declaration that outlives its reason would hide a missing test. */
function laterProblems(id, reason, status, isCited) {
  if (!reason) return [`${id}: declared as not built yet without a reason`];
  if (status === "here") return [`${id}: declared as not built yet, and requirements.json says it is here`];
  return isCited ? [] : [`${id}: declared as not built yet, and no hazard cites it`];
}

function repeated(names) {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}

/** Requirement id to the hazards that it controls. */
function controlled(table) {
  const rows = new Map();
  for (const row of applicable(table)) {
    for (const { id } of row.mitigations) rows.set(id, [...(rows.get(id) ?? []), row.id]);
  }
  return rows;
}

/** Requirements that control a hazard, are not declared as not built yet, and have no test. */
export function unproved(table = hazards(), cited = citations()) {
  const later = new Set(table.later.map(({ id }) => id));
  return [...controlled(table)]
    .filter(([id]) => !later.has(id) && !cited.has(id))
    .map(([id, rows]) => `${id}: no test cites it, and it controls ${rows.join(", ")}`);
}

/** The page, from the table and the ids that tests cite. */
export function page(table = hazards(), known = requirements(), cited = citations()) {
  const proof = proofOf(table, known, cited);
  const groups = [...new Set(applicable(table).map(({ group }) => group))];
  const mitigating = controlled(table);
  return `${[
    "# Hazards",
    "Made by `node scripts/hazards.mjs --write` from `hazards.json` and the ids that tests cite; the test command checks it. " +
      "The ids are explained in [requirements.md](requirements.md), the faults in [reference.md](reference.md#faults). " +
      "`R` is a recall or failure reported of pumps of this kind, `HID` a row of generic hazard analyses; what is shown " +
      "is this emulator and its controller, not any maker's pump. *Remains* is what the controls named do not reach.",
    ...groups.flatMap((group) => [
      `## ${group}`,
      tableOf(
        ["id", "hazard", "shown by", "controlled by", "how", "proved by"],
        applicable(table)
          .filter((row) => row.group === group)
          .flatMap((row) => hazardRows(row, proof)),
      ),
    ]),
    "## Not applicable",
    tableOf(
      ["id", "hazard", "source", "why not"],
      table.hazards
        .filter((row) => !row.applies)
        .map((row) => [idsOf(row), row.hazard, row.source.join(", "), row.reason]),
    ),
    "## Requirements that control no hazard",
    "They make the tool, or the rest of the therapy, what it should be.",
    tableOf(
      ["id", "requirement"],
      known.filter(({ id }) => !mitigating.has(id)).map(({ id, text }) => [id, text]),
    ),
    "## Sources",
    tableOf(
      ["tag", "what", "where"],
      table.sources.map(({ tag, what, where }) => [tag, what, where ?? ""]),
    ),
  ].join("\n\n")}\n`;
}

/** Requirement id to what proves it, or what is still missing. */
function proofOf(table, known, cited) {
  const later = new Map(table.later.map(({ id, reason }) => [id, reason]));
  const parts = new Map(known.map(({ id, part }) => [id, part]));
  return (id) => {
    if (later.has(id)) return `not built yet: ${later.get(id)}`;
    const files = proofs(cited.get(id) ?? []) || "no test yet";
    return parts.get(id) ? `${files}; so far: ${parts.get(id)}` : files;
  };
}

/** One line a mitigation; hazard and faults stand in the first. */
function hazardRows(row, proof) {
  const remains = row.remains ? `. *Remains:* ${row.remains}` : "";
  const shown = [...row.fault.map((name) => `\`${name}\``), ...(row.act ? [row.act] : [])].join(", ");
  const head = [idsOf(row), `${row.hazard} (${row.source.join(", ")})${remains}`, shown];
  return row.mitigations.map(({ id, how }, i) => [...(i === 0 ? head : ["", "", ""]), id, how, proof(id)]);
}

function idsOf(row) {
  return [row.id, ...(row.also ?? [])].join(", ");
}

function tableOf(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Complaint about a page that is not what the table and the tests say now; null when it is. */
function stale() {
  let text = "";
  try {
    text = readFileSync(PAGE, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return text === page() ? null : "docs/hazards.md is not current: node scripts/hazards.mjs --write";
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv.includes("--write")) writeFileSync(PAGE, page());
  const wrong = [...problems(), ...unproved(), stale()].filter((line) => line !== null);
  for (const line of wrong) console.log(line);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
