// The codes and layouts of telemetry for the rig package in Python, from the tables of emulator/contract/.

import { ALARM_ROWS } from "../../emulator/contract/alarms";
import * as codes from "../../emulator/contract/codes";
import {
  COMMAND_LIST,
  COMMAND_ROWS,
  CONFIRM_BITS,
  FLAG_BITS,
  IMPLANT_BITS,
  LOG_ENTRY,
  REFILL_BITS,
  STATUS,
} from "../../emulator/contract/commands";
import { isGroup, type Layout } from "../../emulator/contract/layout";
import { PROGRAM_RECORD } from "../../emulator/contract/record";
import { PROGRAM_PIECE_BYTES } from "../../hal/telemetry";
import { constantOf } from "./constants";

/** The letters of Python's module `struct`. */
const FORMATS = { u8: "B", u16: "H", u32: "I", i32: "i" };

/** The word in capitals, or the constant's own name where the word is none. */
function nameOf(list: codes.CodeList, row: codes.Code): string {
  return /^\w+$/.test(row.name) ? row.name.toUpperCase() : constantOf(list, row).slice(list.prefix.length + 1);
}

function enumOf(name: string, kind: "IntEnum" | "IntFlag", doc: string, list: codes.CodeList): string {
  const rows = list.rows.map((row) => {
    const line = `    ${nameOf(list, row)} = ${row.code}`;
    return row.means ? `${line}\n    """${capital(row.means)}."""` : line;
  });
  return `class ${name}(${kind}):\n    """${doc}"""\n\n${rows.join("\n")}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function layoutOf(layout: Layout): string {
  const parts = layout.map((part) => {
    if (isGroup(part)) return `Group("${part.name}", ${part.count}, ${layoutOf(part.of)})`;
    const more = part.isOptional ? `, ${part.count ?? 1}, True` : part.count ? `, ${part.count}` : "";
    return `Number("${part.name}", "${FORMATS[part.type]}"${more})`;
  });
  if (parts.length === 0) return "()";
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(", ")})`;
}

function tupleOf(name: string, doc: string, layout: Layout): string {
  const fields = layout.flatMap((part) => {
    const type = isGroup(part) || part.count ? "Tuple[int, ...]" : "int";
    return [`    ${part.name}: ${type}`, ...(part.means ? [`    """${capital(part.means)}."""`] : [])];
  });
  return `class ${name}(NamedTuple):\n    """${doc}"""\n\n${fields.join("\n")}`;
}

function byCommand(name: string, doc: string, layouts: readonly (readonly [string, Layout])[]): string {
  const rows = layouts.map(([command, layout]) => `    Command.${command.toUpperCase()}: ${layoutOf(layout)},`);
  return `${name}: Dict[Command, Layout] = {\n${rows.join("\n")}\n}\n"""${doc}"""`;
}

/** python/cistern_rig/codes.py. */
export function pythonCodes(): string {
  const alarms: codes.CodeList = {
    prefix: "ALARM",
    rows: ALARM_ROWS.map(({ id, name, cause }) => ({ code: id, name, means: cause })),
  };
  return `${[
    [
      '"""The codes and layouts of telemetry (docs/telemetry.md). Made from emulator/contract/ by npm run contract. Volumes are in',
      'pulses of 250 nL, rates in 0.01 uL/day."""',
    ].join("\n"),
    "from __future__ import annotations",
    "from enum import IntEnum, IntFlag\nfrom typing import Dict, NamedTuple, Tuple",
    "from .layout import Group, Layout, Number",
    enumOf("Role", "IntEnum", "Who a pairing is for.", codes.ROLE_LIST),
    enumOf("Command", "IntEnum", "The commands of a sealed frame.", COMMAND_LIST),
    enumOf("Outcome", "IntEnum", "How the pump answered.", codes.OUTCOME_LIST),
    enumOf("Mode", "IntEnum", "How the pump delivers now.", codes.MODE_LIST),
    enumOf("Life", "IntEnum", "The stages of a pump's life.", codes.LIFE_LIST),
    enumOf("Ring", "IntEnum", "The rings of the log.", codes.RING_LIST),
    enumOf("Reason", "IntEnum", "Why a soft limit of the drug library is passed.", codes.REASON_LIST),
    enumOf("RefusedField", "IntEnum", "The field of a program for which a commit was refused.", codes.REFUSED_LIST),
    enumOf("Event", "IntEnum", "The codes of log entries.", codes.EVENT_LIST),
    enumOf("Alarm", "IntEnum", "The alarms, each with its cause.", alarms),
    enumOf("Flag", "IntFlag", "The flags of the status.", FLAG_BITS),
    enumOf("Confirm", "IntFlag", "What a commit or a prime confirms.", CONFIRM_BITS),
    enumOf("RefillFlag", "IntFlag", "The flags of a refill.", REFILL_BITS),
    enumOf("ImplantFlag", "IntFlag", "The flags of an implantation.", IMPLANT_BITS),
    tupleOf("StatusFields", "The fields of the answer to INTERROGATE.", STATUS),
    tupleOf("LogEntry", "An entry of the log.", LOG_ENTRY),
    `STATUS: Layout = ${layoutOf(STATUS)}`,
    `LOG_ENTRY: Layout = ${layoutOf(LOG_ENTRY)}`,
    `PROGRAM_RECORD: Layout = ${layoutOf(PROGRAM_RECORD)}`,
    `PROGRAM_PIECE_BYTES = ${PROGRAM_PIECE_BYTES}\n"""The most bytes of a program record in one command."""`,
    byCommand(
      "PAYLOADS",
      "The payload of each command; STAGE has bytes of the record after it.",
      COMMAND_ROWS.map(({ name, payload }) => [name, payload] as const),
    ),
    byCommand(
      "ANSWERS",
      "The content of each answer; READ_LOG has entries after it, READ_PROGRAM bytes of the record.",
      COMMAND_ROWS.map(({ name, answer }) => [name, answer] as const),
    ),
  ].join("\n\n\n")}\n`;
}
