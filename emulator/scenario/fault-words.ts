// Parses a fault that a person types at a prompt or a control channel: its name in the fault table and its parameter, such as
// `motor_slip 20 %`, `link.drop 5 %`, `ram_flip FIELD BIT` and `nvm_flip ADDRESS BIT`. The scenario's schema checks the
// parameter, so that a fault on demand has the same units and bounds as one in a file. The machine checks whether the
// controller has the field.

import { FAULTS, type FaultRow } from "../faults";
import { describeUnknown } from "../names";
import { faults as faultSchema } from "./schema";
import type { FaultEntry } from "./scenario";

/** The typed words name no fault, or have a parameter that the fault does not take. */
export class FaultWordsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FaultWordsError";
  }
}

/** The usage of a fault: its name with the name of its parameter. */
export function usageOfFault(row: FaultRow): string {
  switch (row.parameter?.kind) {
    case undefined:
      return row.name;
    case "bit":
      return `${row.name} FIELD BIT`;
    case "nvm_bit":
      return `${row.name} ADDRESS BIT`;
    default:
      return `${row.name} ${row.parameter!.name.toUpperCase()}`;
  }
}

/** The row of that name. Throws FaultWordsError, which suggests the nearest name. */
export function faultRowOf(name: string): FaultRow {
  const row: FaultRow | undefined = FAULTS.find((each) => each.name === name);
  if (row) return row;
  throw new FaultWordsError(
    name === ""
      ? "expected the name of a fault"
      : describeUnknown(
          "fault",
          name,
          FAULTS.map((each) => each.name),
        ),
  );
}

/**
 * The fault in `text`. Throws FaultWordsError on an unknown fault, and on a parameter that is missing, unexpected or out of
 * bounds.
 */
export function parseFault(text: string): Pick<FaultEntry, "fault" | "parameter" | "field"> {
  const { row, entry } = entryIn(text);
  const parsed = faultSchema.safeParse({ at: "0 s", ...entry });
  if (parsed.success) return parsed.data.entry;
  const { message, path } = parsed.error.issues[0];
  const where = path.length > 0 ? `${String(path[path.length - 1])}: ` : "";
  throw new FaultWordsError(`${where}${message} (usage: ${usageOfFault(row)})`);
}

/** The same as the entry of a scenario's timeline, without its time. The parameter is not checked. Throws FaultWordsError. */
export function faultEntryOf(text: string): Record<string, unknown> {
  return entryIn(text).entry;
}

function entryIn(text: string): { row: FaultRow; entry: Record<string, unknown> } {
  const [name = "", ...words] = text.trim().split(/\s+/);
  const row = faultRowOf(name);
  const [group, variant] = row.name.split(".");
  return { row, entry: { fault: group, ...keysOf(row, variant, words) } };
}

/** The keys with which a scenario would write the parameter. */
function keysOf(row: FaultRow, variant: string | undefined, words: string[]): Record<string, unknown> {
  const text = words.join(" ");
  const kind = row.parameter?.kind;
  if (kind === undefined) {
    if (words.length > 0) throw new FaultWordsError(`${row.name} takes no parameter, found ${text}`);
    return variant === undefined ? {} : { [variant]: true };
  }
  if (kind === "bit" || kind === "nvm_bit") {
    const [where, bit, ...more] = words;
    if (more.length > 0 || bit === undefined) throw new FaultWordsError(`usage: ${usageOfFault(row)}`);
    if (kind === "nvm_bit") return { address: numberOr(where), bit: numberOr(bit) };
    return { field: where.replace(/^firmware\./, ""), bit: numberOr(bit) };
  }
  const key = variant ?? row.parameter!.name;
  if (text === "") return {};
  return { [key]: kind === "factor" || kind === "ppm" ? numberOr(text) : text };
}

/** The number, or the text itself if it is not a number; the schema's message then shows the text. */
function numberOr(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
