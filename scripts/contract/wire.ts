// Makes the sections of docs/hal-wire.md and docs/hal-wire.ksy from the table of calls.

import {
  REGISTERS,
  SENT,
  type Field,
  type Sent,
  type WireArgument,
  type WireResult,
} from "../../emulator/contract/calls";
import type { CodeList } from "../../emulator/contract/codes";
import { table } from "./sections";

const CODES_SHOWN_MAX = 4;
const RESULT_WORDS: Record<WireResult, string> = { code: "code u16", buffer: "buffer", bytes: "length u8, bytes" };
const KSY_TYPES: Record<Exclude<Field, "bytes">, string> = { u8: "u1", u16: "u2", u32: "u4", i32: "s4" };

const inMarkdown = (head: string[], rows: string[][]) => `\n${table(head, rows)}\n`;
const wordsOf = ({ rows }: CodeList) => rows.map(({ code, name }) => `${code} ${name}`).join(", ");
const snake = (name: string) =>
  name.replace(/[ .]/g, "_").replace(/[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`);

/** The table of the registers of SENSE with their bits of `present`. */
export function registerTable(): string {
  return inMarkdown(
    ["bit", "register", ""],
    REGISTERS.map((row, bit) => [
      String(bit),
      `${row.name} ${row.field}`,
      "codes" in row ? `${row.means}: ${wordsOf(row.codes)}` : row.means,
    ]),
  );
}

/** The table of the posted calls. */
export function postedTable(): string {
  const rows = SENT.filter(({ call }) => call.result === undefined);
  return inMarkdown(["code", "call", "arguments"], rows.map(headCells));
}

/** The table of the calls with a result. */
export function resultTable(): string {
  const rows = SENT.filter(({ call }) => call.result !== undefined);
  return inMarkdown(
    ["code", "call", "arguments", "result"],
    rows.map((sent) => [...headCells(sent), RESULT_WORDS[sent.call.result!]]),
  );
}

function headCells({ name, call, of }: Sent): string[] {
  return [String(call.code), name, call.arguments.map((each) => argumentText(each, of)).join(", ")];
}

function argumentText({ name, field, note }: WireArgument, of: Sent["of"]): string {
  const codes = of?.parameters.find((each) => each.name === name)?.codes;
  const meaning = codes && codes.rows.length <= CODES_SHOWN_MAX ? wordsOf(codes) : note;
  return `${field === "bytes" ? "length u8, bytes" : `${name} ${field}`}${meaning ? `: ${meaning}` : ""}`;
}

/** The enum of the calls. */
export function callEnum(): string {
  return ["  call_code:", ...SENT.map(({ name, call }) => `    ${call.code}: ${snake(name)}`)].join("\n");
}

/** The registers in the sequence of a SENSE. */
export function registerSequence(): string {
  return REGISTERS.map(
    ({ name, field }, bit) =>
      `      - { id: ${name.toLowerCase()}, type: ${KSY_TYPES[field]}, if: present & ${1 << bit} != 0 }`,
  ).join("\n");
}

/** The cases that choose the type of each call's arguments. */
export function argumentCases(): string {
  return withArguments()
    .map(({ name }) => `            'call_code::${snake(name)}': ${snake(name)}`)
    .join("\n");
}

/** A type for the arguments of each call. */
export function argumentTypes(): string {
  return withArguments()
    .map(({ name, call }) => [`  ${snake(name)}:`, "    seq:", ...call.arguments.flatMap(ksyFields)].join("\n"))
    .join("\n");
}

function withArguments(): Sent[] {
  return SENT.filter(({ call }) => call.arguments.length > 0);
}

function ksyFields({ name, field }: WireArgument): string[] {
  if (field !== "bytes") return [`      - { id: ${snake(name)}, type: ${KSY_TYPES[field]} }`];
  return ["      - { id: length, type: u1 }", "      - { id: bytes, size: length }"];
}
