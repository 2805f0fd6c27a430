// Makes and checks the table of requirements, which says which test file proves which id. docs/requirements.json has the ids
// and texts; a test cites an id in a title or a table. With `--write` the script writes docs/requirements.md. A test compares
// that page and finds ids without a test.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** `field SEC-n` is a row of a table of known weaknesses, not a requirement. */
const ID =
  /(?<!field )\b(?:THR|PTB|LIM|RES|MOT|ALM|NVM|RAM|SLF|PWR|LOG|LNK|SEC|LIF|TRI|EMU|STP|HIL|SIL|PRP|PAT)-\d+\b/g;
const PAGE = join(root, "docs", "requirements.md");

/** @returns {{ id: string, status: "here" | "partly" | "later", text: string, part?: string }[]} */
export function requirements() {
  return JSON.parse(readFileSync(join(root, "docs", "requirements.json"), "utf8"));
}

/** The ids that the code of the test files cites, comments aside, each with its files. */
export function citations() {
  const cited = new Map();
  for (const name of readdirSync(join(root, "test"), { recursive: true }).sort()) {
    if (!/\.(?:test|prove)\.ts$/.test(name)) continue;
    const file = join(root, "test", name);
    const code = readFileSync(file, "utf8").replace(/^\s*(?:\/\/|\/?\*).*$/gm, "");
    for (const id of new Set(code.match(ID) ?? [])) {
      cited.set(id, [...(cited.get(id) ?? []), relative(root, file).replaceAll("\\", "/")]);
    }
  }
  return cited;
}

/** Test files as links from a page in docs/. */
export function proofs(files) {
  return files.map((file) => `[${file.replace("test/", "")}](../${file})`).join(", ");
}

/** A line for each id of this version without a test, and for each cited id that does not exist. */
export function problems() {
  const known = requirements();
  const cited = citations();
  const unproved = known
    .filter((row) => row.status !== "later" && !cited.has(row.id))
    .map((row) => `${row.id}: no test`);
  const ids = new Set(known.map((row) => row.id));
  const unknown = [...cited.keys()].filter((id) => !ids.has(id)).map((id) => `${id}: cited, and no such requirement`);
  return [...unproved, ...unknown];
}

/** The text of docs/requirements.md, from ids and citations. */
export function page() {
  const cited = citations();
  const rows = requirements().map(({ id, status, text, part }) => {
    const files = proofs(cited.get(id) ?? []);
    const state = part ? `partly: ${part}` : status;
    return `| ${id} | ${text} | ${state} | ${status === "later" ? "" : files} |`;
  });
  return [
    "# Requirements",
    "",
    "Made by `node scripts/requirements.mjs --write` from `requirements.json` and the ids that tests cite; the test command",
    "checks it. *Later* is not in this version.",
    "",
    "| id | requirement | in this version | proved by |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv.includes("--write")) writeFileSync(PAGE, page());
  const wrong = problems();
  for (const line of wrong) console.log(line);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
