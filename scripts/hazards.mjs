// Makes and checks the table of hazards, which says which requirement controls which hazard and which test file proves it.
// docs/hazards.json has a row for each hazard of the project's fact base: the hazard, its source, the requirements that control
// it and how, and the faults that show it, or the reason why it does not apply. With `--write` the script writes
// docs/hazards.md; without it it checks the page and the table. test/hazards.test.ts checks the names of the faults.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { citations, proofs, requirements } from "./requirements.mjs";

const DOCS = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs");
const PAGE = join(DOCS, "hazards.md");

/** The content of hazards.json: rows, sources, and the cited requirements that are declared as not built yet. */
export function hazards() {
  return JSON.parse(readFileSync(join(DOCS, "hazards.json"), "utf8"));
}

const applicable = (table) => table.hazards.filter((row) => row.applies);

/** Every hazard id that a row covers. */
export function accountedFor(table = hazards()) {
  return table.hazards.flatMap((row) => [row.id, ...(row.also ?? [])]);
}

/** The mistakes in the table itself, one line each; tests are not looked at. */
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
    ...unnamedProblems(table.unnamed),
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

/** A declaration as not built yet that is no longer true would hide a missing test. */
function laterProblems(id, reason, status, isCited) {
  if (!reason) return [`${id}: declared as not built yet without a reason`];
  if (status === "here") return [`${id}: declared as not built yet, and requirements.json says it is here`];
  return isCited ? [] : [`${id}: declared as not built yet, and no hazard cites it`];
}

/** A hazard that no alarm names has an id of its own, a reason, and something that shows it. */
function unnamedProblems(rows) {
  return [
    ...repeated(rows.map(({ id }) => id)).map((id) => `${id}: listed twice`),
    ...rows.filter(({ id }) => !/^H-[1-9]\d*$/.test(id)).map(({ id }) => `${id}: expected an id like H-1`),
    ...rows.filter(({ reason }) => !reason).map(({ id }) => `${id}: no alarm names it, and no reason is given`),
    ...rows
      .filter(({ fault, act }) => fault.length === 0 && !act)
      .map(({ id }) => `${id}: neither a fault nor an act shows it`),
  ];
}

function repeated(names) {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}

/** A map from a requirement's id to the hazards that it controls. */
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

/** The text of docs/hazards.md, from the table and the ids that tests cite. */
export function page(table = hazards(), known = requirements(), cited = citations()) {
  const proof = proofOf(table, known, cited);
  const groups = [...new Set(applicable(table).map(({ group }) => group))];
  const mitigating = controlled(table);
  return `${[
    "# Hazards",
    "`node scripts/hazards.mjs --write` makes this page from `hazards.json` and the ids that tests cite; the test command checks it. " +
      "The ids are explained in [requirements.md](requirements.md), the faults in [reference.md](reference.md#faults). " +
      "An id with `R` is a reported recall or failure of pumps of this kind, one with `HID` a row of generic hazard analyses. The " +
      "controls are those of this emulator and its controller, not of any maker's pump. *Remains* names the part of a hazard " +
      "that its controls do not cover.",
    ...groups.flatMap((group) => [
      `## ${group}`,
      tableOf(
        ["id", "hazard", "shown by", "controlled by", "how", "proved by"],
        applicable(table)
          .filter((row) => row.group === group)
          .flatMap((row) => hazardRows(row, proof)),
      ),
    ]),
    "## What no alarm names in time",
    "A run in which one of these does its harm fails unless its scenario expects the harm and cites the id " +
      "([harms.md](harms.md)).",
    tableOf(
      ["id", "harm", "hazard", "shown by", "why no alarm names it in time"],
      table.unnamed.map((row) => [row.id, `\`${row.harm}\``, row.hazard, shownBy(row), row.reason]),
    ),
    "## Not applicable",
    tableOf(
      ["id", "hazard", "source", "why not"],
      table.hazards
        .filter((row) => !row.applies)
        .map((row) => [idsOf(row), row.hazard, row.source.join(", "), row.reason]),
    ),
    "## Requirements that control no hazard",
    "These requirements are about the tool itself or about other parts of the therapy.",
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

/** A function from a requirement's id to the test files that prove it, or to the reason why there are none. */
function proofOf(table, known, cited) {
  const later = new Map(table.later.map(({ id, reason }) => [id, reason]));
  const parts = new Map(known.map(({ id, part }) => [id, part]));
  return (id) => {
    if (later.has(id)) return `not built yet: ${later.get(id)}`;
    const files = proofs(cited.get(id) ?? []) || "no test yet";
    return parts.get(id) ? `${files}; so far: ${parts.get(id)}` : files;
  };
}

/** The rows of one hazard: one for each mitigation, with hazard and faults in the first. */
function hazardRows(row, proof) {
  const remains = row.remains ? `. *Remains:* ${row.remains}` : "";
  const head = [idsOf(row), `${row.hazard} (${row.source.join(", ")})${remains}`, shownBy(row)];
  return row.mitigations.map(({ id, how }, i) => [...(i === 0 ? head : ["", "", ""]), id, how, proof(id)]);
}

function shownBy({ fault, act }) {
  return [...fault.map((name) => `\`${name}\``), ...(act ? [act] : [])].join(", ");
}

function idsOf(row) {
  return [row.id, ...(row.also ?? [])].join(", ");
}

function tableOf(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A complaint when the page is not what table and tests give now, else null. */
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
