// Makes the constants of hal/telemetry.ts, the tables of docs/telemetry.md and the types of docs/telemetry.ksy from the tables
// of telemetry commands and of the program record.

import {
  COMMAND_LIST,
  COMMAND_ROWS,
  CONFIRM_BITS,
  FLAG_BITS,
  IMPLANT_BITS,
  LOG_ENTRY,
  REFILL_BITS,
  STATUS,
  type CommandRow,
  type Rest,
} from "../../emulator/contract/commands";
import { bytesOf, isGroup, placed, type Group, type Layout, type NumberField } from "../../emulator/contract/layout";
import { PROGRAM_LISTS, PROGRAM_RECORD } from "../../emulator/contract/record";
import { codeConstants, constant, docComment, sentence } from "./constants";
import { table } from "./sections";

const FIELD_TYPES: Record<NumberField["type"], string> = {
  u8: "FIELD_U8",
  u16: "FIELD_U16",
  u32: "FIELD_U32",
  i32: "FIELD_U32",
};
const FIELDS_MAX = Math.max(...COMMAND_ROWS.map(({ payload }) => payload.length));
const ROLES = ["clinician", "patient", "observer"] as const;

const upper = (name: string) => name.toUpperCase();

/** Codes, indexes of the fields of each payload, and the rows by which the firmware decodes and permits. */
export function commandConstants(): string {
  const indexes = COMMAND_ROWS.filter(({ payload }) => payload.length > 0).map((row) =>
    [
      `// ${upper(row.name)}: ${layoutText(row.payload, row.rest)}.`,
      ...row.payload.map((field, i) => constant(`${upper(row.name)}_${upper(field.name)}`, i)),
    ].join("\n"),
  );
  const cases = COMMAND_ROWS.map((row) => `    case COMMAND_${upper(row.name)}:\n      return ${rowText(row)};`);
  return [
    codeConstants(COMMAND_LIST),
    "// The fields of each payload by their place in it.",
    ...indexes,
    constant("PAYLOAD_FIELDS_MAX", FIELDS_MAX),
    [
      "/** The row of a command: ROW_ bits, and FIELD_ codes of its payload from bit ROW_FIELDS on; 0 for what is no command. */",
      "export function commandRow(kind: i32): i32 {",
      "  switch (kind) {",
      ...cases,
      "    default:",
      "      return 0;",
      "  }",
      "}",
    ].join("\n"),
  ].join("\n\n");
}

function rowText({ roles, needsHead, isRemembered, logsRefusal, payload, rest }: CommandRow): string {
  const everybody = ROLES.every((role) => roles.includes(role));
  const isOrder = needsHead && isRemembered && roles.join() === "clinician";
  return [
    ...(isOrder ? ["ROW_ORDER"] : everybody ? ["ROW_ANYBODY"] : roles.map((role) => `(1 << ROLE_${upper(role)})`)),
    ...(needsHead && !isOrder ? ["ROW_NEEDS_HEAD"] : []),
    ...(isRemembered && !isOrder ? ["ROW_IS_REMEMBERED"] : []),
    ...(logsRefusal ? ["ROW_LOGS_REFUSAL"] : []),
    ...(rest ? ["ROW_HAS_REST"] : []),
    ...payload.map(
      ({ type }, i) => `(${FIELD_TYPES[type]} << ${i === 0 ? "ROW_FIELDS" : `(ROW_FIELDS + ${i} * FIELD_BITS)`})`,
    ),
  ].join(" | ");
}

/** Offsets in the status, and bytes of it and of a log entry. */
export function statusConstants(): string {
  return [
    "// Offsets in the status, after the outcome byte.",
    ...placed(STATUS).flatMap(({ part: field, at }) => [
      docComment(partText(field)),
      constant(`STATUS_${upper(field.name)}`, at),
    ]),
    constant("STATUS_BYTES", bytesOf(STATUS)),
    "",
    `// An entry of the log: ${layoutText(LOG_ENTRY)}.`,
    constant("LOG_ENTRY_BYTES", bytesOf(LOG_ENTRY)),
  ].join("\n");
}

export function bitConstants(): string {
  return codeConstants(CONFIRM_BITS, REFILL_BITS, IMPLANT_BITS, FLAG_BITS);
}

const typeText = ({ type, count }: NumberField) => (count === undefined ? type : `${type} x ${count}`);

/** `offset u16, 1 to 94 bytes of the record`. */
function layoutText(layout: Layout, rest?: Rest): string {
  const parts = layout.map((part) =>
    isGroup(part) ? `${part.count} times (${layoutText(part.of)})` : `${part.name} ${typeText(part)}`,
  );
  return [...parts, ...(rest ? [`${rest.min} to ${rest.max} ${rest.means}`] : [])].join(", ");
}

const inMarkdown = (head: string[], rows: string[][]) => `\n${table(head, rows)}\n`;

/** The table of the roles that may give each command. */
export function roleTable(): string {
  const yes = (may: boolean) => (may ? "yes" : "no");
  return inMarkdown(
    ["command", "clinician, head in place", "clinician, no head", "patient", "observer"],
    COMMAND_ROWS.map(({ name, roles, needsHead }) => [
      name,
      yes(roles.includes("clinician")),
      yes(roles.includes("clinician") && !needsHead),
      yes(roles.includes("patient")),
      yes(roles.includes("observer")),
    ]),
  );
}

/** Codes, payloads and answers. */
export function commandTable(): string {
  return inMarkdown(
    ["code", "command", "payload", "answer, after the outcome"],
    COMMAND_ROWS.map((row) => [
      String(row.code),
      row.name,
      layoutText(row.payload, row.rest),
      row.answer === STATUS ? "the status" : layoutText(row.answer, row.answerRest),
    ]),
  );
}

/** Every field of every payload. */
export function payloadTable(): string {
  return inMarkdown(
    ["command", "offset", "field", "what it is"],
    COMMAND_ROWS.flatMap(({ name, payload }) =>
      placed(payload).map(({ part: field, at }, i) => [i === 0 ? name : "", ...fieldCells(field, at)]),
    ),
  );
}

export function statusTable(): string {
  return inMarkdown(
    ["offset", "field", "what it is"],
    placed(STATUS).map(({ part: field, at }) => fieldCells(field, at)),
  );
}

export function logEntryTable(): string {
  return inMarkdown(
    ["offset", "log entry", "what it is"],
    placed(LOG_ENTRY).map(({ part: field, at }) => fieldCells(field, at)),
  );
}

function fieldCells(field: NumberField, at: number): string[] {
  const words = [field.means, boundsText(field), codesText(field)].filter((text) => text !== undefined && text !== "");
  return [String(at), `${field.name} ${typeText(field)}`, words.join("; ")];
}

function boundsText({ min, max }: NumberField): string {
  const number = (value: number) => value.toLocaleString("en");
  if (min !== undefined && max !== undefined) return `${number(min)} to ${number(max)}`;
  if (max !== undefined) return `at most ${number(max)}`;
  return min === undefined ? "" : `at least ${number(min)}`;
}

const CODES_SHOWN_MAX = 8;

function codesText({ codes, bits }: NumberField): string {
  if (codes === "COMMAND") return "";
  if (codes && codes.rows.length > CODES_SHOWN_MAX) return "";
  if (codes) return codes.rows.map(({ code, name }) => `${code} ${name}`).join(", ");
  return bits ? bits.rows.map(({ code, means }) => `${code}: ${means}`).join(". ") : "";
}

/** `u16: a patient's bolus.` */
function partText(part: NumberField | Group): string {
  const type = isGroup(part) ? `${part.count} times (${layoutText(part.of)})` : typeText(part);
  return part.means ? `${type}: ${part.means}.` : `${type}.`;
}

/** The program record: offsets of its fields, lengths of its lists and of what is in them. */
export function recordConstants(): string {
  const groups = PROGRAM_RECORD.filter((part): part is (typeof PROGRAM_RECORD)[number] & Group => isGroup(part));
  const steps = groups.flatMap(({ of }) => of).filter(isGroup);
  return [
    ...placed(PROGRAM_RECORD).flatMap(({ part, at }) => [
      docComment(partText(part)),
      constant(`PROGRAM_${part.constant}`, at),
    ]),
    "",
    ...groups.map((group) => constant(`PROGRAM_${group.constant}_BYTES`, bytesOf(group.of))),
    ...steps.map((group) => constant(`PROGRAM_${upper(group.one)}_BYTES`, bytesOf(group.of))),
    ...[...groups, ...steps].flatMap(({ one, of }) =>
      placed(of).flatMap(({ part, at }) => [
        docComment(`In one ${one}. ${partText(part)}`),
        constant(`PROGRAM_${upper(one)}_${upper(part.name)}_AT`, at),
      ]),
    ),
    ...Object.entries(PROGRAM_LISTS).map(([name, value]) => constant(name, value)),
    constant("PROGRAM_BYTES", bytesOf(PROGRAM_RECORD)),
  ].join("\n");
}

const INDEXES = "nm";

export function recordTable(): string {
  return inMarkdown(["offset", "field", "what it is"], recordRows(PROGRAM_RECORD, 0, "", ""));
}

/** `start` is where the layout begins, `steps` what its place in groups adds to that, as ` + 6 n`. */
function recordRows(layout: Layout, start: number, steps: string, of: string): string[][] {
  return placed(layout).flatMap(({ part, at }) => {
    if (!isGroup(part)) {
      const [, field, words] = fieldCells(part, 0);
      return [[`${start + at}${steps}`, `${of}${field}`, words]];
    }
    const index = INDEXES[steps.split("+").length - 1];
    const within = `${of}${part.one} ${index}${part.means ? ` (${part.means})` : ""}: `;
    return recordRows(part.of, start + at, `${steps} + ${bytesOf(part.of)} ${index}`, within);
  });
}

/** The program record and a type for each of its groups. */
export function recordTypes(): string {
  const groups = (layout: Layout): Group[] => layout.filter(isGroup).flatMap((group) => [group, ...groups(group.of)]);
  return [
    ksyType("program_record", PROGRAM_RECORD),
    ...groups(PROGRAM_RECORD).map(({ one, of }) => ksyType(one, of)),
  ].join("\n");
}

const KSY_ENUMS: Record<string, string> = { MODE: "mode", OUTCOME: "outcome", LIFE: "life", LOG: "ring" };
const KSY_TYPES: Record<NumberField["type"], string> = { u8: "u1", u16: "u2", u32: "u4", i32: "s4" };

/** A type for each payload. */
export function payloadTypes(): string {
  return typesOf(COMMAND_ROWS, (row) => [row.name, row.payload, row.rest]);
}

/** A type for each answer. */
export function answerTypes(): string {
  return typesOf(COMMAND_ROWS, (row) => [answerType(row), row.answer, row.answerRest]);
}

function typesOf(
  rows: readonly CommandRow[],
  partOf: (row: CommandRow) => [string, readonly NumberField[], Rest | undefined],
): string {
  return rows
    .map(partOf)
    .filter(([, fields, rest]) => fields.length > 0 || rest)
    .map(([name, fields, rest]) => ksyType(name, fields, rest))
    .join("\n");
}

/** An entry of the log. */
export const logEntryType = () => ksyType("log_entry", LOG_ENTRY);

function answerType(row: CommandRow): string {
  return row.answer === STATUS ? "status" : `${row.name}_reply`;
}

/** Which type reads which payload, and which answer. */
export function payloadCases(): string {
  return casesOf(
    COMMAND_ROWS.filter(({ payload }) => payload.length > 0),
    ({ name }) => name,
  );
}

export function answerCases(): string {
  return casesOf(
    COMMAND_ROWS.filter(({ answer, answerRest }) => answer.length > 0 || answerRest),
    answerType,
  );
}

function casesOf(rows: readonly CommandRow[], typeOf: (row: CommandRow) => string): string {
  return rows.map((row) => `            'command::${row.name}': ${typeOf(row)}`).join("\n");
}

function ksyType(name: string, layout: Layout, rest?: Rest): string {
  const parts = layout.flatMap((part) => (isGroup(part) ? ksyGroup(part) : ksyField(part)));
  return [`  ${name}:`, "    seq:", ...parts, ...(rest ? ksyRest(rest) : [])].join("\n");
}

function ksyGroup({ name, one, count }: Group): string[] {
  return [`      - id: ${name}`, `        type: ${one}`, "        repeat: expr", `        repeat-expr: ${count}`];
}

function ksyField({ name, type, count, codes, means, isOptional }: NumberField): string[] {
  const list = codes === "COMMAND" ? "command" : codes && KSY_ENUMS[codes.prefix];
  return [
    `      - id: ${name}`,
    `        type: ${KSY_TYPES[type]}`,
    ...(isOptional ? ["        if: not _io.eof"] : []),
    ...(list ? [`        enum: ${list}`] : []),
    ...(count ? ["        repeat: expr", `        repeat-expr: ${count}`] : []),
    ...(means ? [`        doc: ${JSON.stringify(sentence(means))}`] : []),
  ];
}

function ksyRest({ name, of }: Rest): string[] {
  if (!of) return [`      - id: ${name}`, "        size-eos: true"];
  return [`      - id: ${name}`, "        type: log_entry", "        repeat: expr", "        repeat-expr: count"];
}
