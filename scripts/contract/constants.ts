// Constants of hal/, and of the fault ledger, from the lists of emulator/contract/ and the table of faults: plain `export const NAME: i32 = 1;`, which AssemblyScript compiles too.

import { ALARM_ROWS, type AlarmRow } from "../../emulator/contract/alarms";
import type { Code, CodeList } from "../../emulator/contract/codes";
import { DRUG_ROWS } from "../../emulator/contract/drugs";
import { FAULTS } from "../../emulator/faults";
import { table } from "./sections";

const LINE_CHARACTERS_MAX = 120;

export const constant = (name: string, value: number | string) => `export const ${name}: i32 = ${value};`;

/** The name of a code's constant: OUTCOME_LIFE. */
export function constantOf({ prefix }: CodeList, { name, constant: given }: Code): string {
  return `${prefix}_${given ?? name.toUpperCase()}`;
}

/** One more than the last code. */
function countOf({ rows }: CodeList): number {
  return rows[rows.length - 1].code + 1;
}

/** The constants of the lists, in order, each with what it means. */
export function codeConstants(...lists: CodeList[]): string {
  return lists
    .map((list) =>
      [
        ...(list.about ? [`// ${sentence(list.about)}`] : []),
        ...list.rows.flatMap((row) => [
          ...(row.means ? [docComment(sentence(row.means))] : []),
          constant(constantOf(list, row), row.code),
        ]),
        ...(list.count ? [constant(list.count, countOf(list))] : []),
      ].join("\n"),
    )
    .join("\n\n");
}

/** The lists as enums of a .ksy file, by their names there. */
export function codeEnums(lists: Record<string, CodeList>): string {
  return Object.entries(lists)
    .flatMap(([name, { rows }]) => [`  ${name}:`, ...rows.map((row) => `    ${row.code}: ${row.name}`)])
    .join("\n");
}

/** A list as a table of docs/. */
export function codeTable(list: CodeList, head: string): string {
  const nameOf = (row: Code) =>
    /^\w+$/.test(row.name)
      ? constantOf(list, row)
          .slice(list.prefix.length + 1)
          .toLowerCase()
      : row.name;
  const rows = list.rows.map((row) => [String(row.code), nameOf(row), row.means ?? ""]);
  return `\n${table(["code", head, "means"], rows)}\n`;
}

/** The ids of the alarms, and for each property those that have it. */
export function alarmConstants(): string {
  const idOf = ({ name }: AlarmRow) => `ALARM_${name.toUpperCase()}`;
  const bits = (property: string, has: (row: AlarmRow) => boolean) => {
    const shifted = ALARM_ROWS.filter(has).map((row) => `(1 << ${idOf(row)})`);
    return `const ${property}: i32 = ${shifted.join(" | ")};`;
  };
  return [
    ...ALARM_ROWS.map((row) => constant(idOf(row), row.id)),
    constant("ALARMS", ALARM_ROWS.length),
    "",
    "/** Bit n is set for alarm n. */",
    bits("CRITICAL", ({ critical }) => critical),
    bits("SLOWING", ({ effect }) => effect === "slows"),
    bits("STOPPING", ({ effect }) => effect === "stops"),
    bits("LATCHING", ({ latches }) => latches),
    bits("RESTING", ({ restsADay }) => restsADay === true),
  ].join("\n");
}

/** The ids of the drugs, and their figures by id. */
export function drugConstants(): string {
  const idOf = (name: string) => `DRUG_${name.toUpperCase()}`;
  const figure = (doc: string, name: string, unlisted: string, key: "concentrationMax" | "softDay") =>
    [
      docComment(doc),
      `export function ${name}(drug: i32): i32 {`,
      "  switch (drug) {",
      ...DRUG_ROWS.flatMap((row) => [`    case ${idOf(row.name)}:`, `      return ${row[key]};`]),
      "    default:",
      `      return ${unlisted};`,
      "  }",
      "}",
    ].join("\n");
  return [
    [...DRUG_ROWS.map(({ id, name }) => constant(idOf(name), id)), constant("DRUGS", DRUG_ROWS.length + 1)].join("\n"),
    figure(
      "The highest concentration in 0.1 ug/mL; CONCENTRATION_MAX for a drug that is not listed.",
      "concentrationMax",
      "CONCENTRATION_MAX",
      "concentrationMax",
    ),
    figure("The soft daily limit in units of 10 ng; 0 for a drug that is not listed.", "softDay", "0", "softDay"),
  ].join("\n\n");
}

/** The meaning of a code as a sentence. */
export function sentence(means: string): string {
  return `${means[0].toUpperCase()}${means.slice(1)}.`;
}

/** A doc comment, on one line where it fits. */
export function docComment(text: string, indent = ""): string {
  const single = `${indent}/** ${text} */`;
  if (single.length <= LINE_CHARACTERS_MAX) return single;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > LINE_CHARACTERS_MAX) lines.push(`${indent} * ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return [`${indent}/**`, ...lines, `${indent} */`].join("\n");
}

/** The index of each fault in the table, and their number. A fault of the catheter or of the reservoir's sensor is named without it. */
export function faultConstants(): string {
  const nameOf = (name: string) =>
    name
      .replace(/^(?:catheter_|reservoir_)/, "")
      .replace(".", "_")
      .toUpperCase();
  return [
    ...FAULTS.map(({ name }, index) => constant(`FAULT_${nameOf(name)}`, index)),
    `const FAULT_COUNT: i32 = ${FAULTS.length};`,
  ].join("\n");
}
