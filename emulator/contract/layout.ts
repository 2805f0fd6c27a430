// Layouts of bytes: numbers one after the other, little-endian, and groups of numbers that come several times. The payloads and
// answers of telemetry (commands.ts) and the program record (record.ts) are layouts; offsets, lengths and encoders follow.

import type { CodeList } from "./codes";

/** A number, or `count` of them. */
export interface NumberField {
  name: string;
  type: "u8" | "u16" | "u32" | "i32";
  count?: number;
  /** The meaning of the field, as a sentence without its full stop; left out where the name is enough. */
  means?: string;
  /** Bounds that no state of the pump widens. */
  min?: number;
  max?: number;
  /** True: the field is the last one of its layout, and it is left out where it would be 0. */
  isOptional?: boolean;
  /** The codes that it may be; `COMMAND` for those of the table of commands. */
  codes?: CodeList | "COMMAND";
  /** The bits that may be set in it. */
  bits?: CodeList;
}

/** A layout that comes `count` times, one after the other. */
export interface Group {
  name: string;
  count: number;
  of: Layout;
  /** The name of one of them. */
  one: string;
  means?: string;
}

export type Layout = readonly (NumberField | Group)[];

/** Numbers by name, lists of them, and for a group a list of the values of each. */
export interface Values {
  readonly [name: string]: number | readonly number[] | readonly Values[];
}

const WIDTH = { u8: 1, u16: 2, u32: 4, i32: 4 };
/** How many numbers the bytes of a type tell apart. Each may be read as signed. */
const ROOM = { u8: 0x100, u16: 0x1_0000, u32: 0x1_0000_0000, i32: 0x1_0000_0000 };

export function isGroup(part: NumberField | Group): part is Group {
  return "of" in part;
}

export function bytesOf(layout: Layout): number {
  return layout.reduce((sum, part) => sum + bytesOfPart(part), 0);
}

function bytesOfPart(part: NumberField | Group): number {
  return isGroup(part) ? part.count * bytesOf(part.of) : WIDTH[part.type] * (part.count ?? 1);
}

/** Each part with the byte at which it begins. */
export function placed<P extends NumberField | Group>(layout: readonly P[]): { part: P; at: number }[] {
  return layout.map((part, i) => ({ part, at: bytesOf(layout.slice(0, i)) }));
}

/**
 * The bytes of a layout. A part that `values` does not name is zero. Throws RangeError where a list is longer than its part, and
 * for a number that its bytes do not hold: a part of it would be another number, which the pump may take.
 */
export function encodeLayout(layout: Layout, values: Values): Uint8Array {
  const bytes = new Uint8Array(bytesOf(layout));
  write(new DataView(bytes.buffer), 0, layout, values);
  return bytes;
}

function write(view: DataView, start: number, layout: Layout, values: Values): void {
  for (const { part, at } of placed(layout)) {
    const given = values[part.name] ?? [];
    const list = typeof given === "number" ? [given] : given;
    if (list.length > (part.count ?? 1)) throw new RangeError(`there are at most ${part.count ?? 1} ${part.name}`);
    list.forEach((each, i) => {
      if (isGroup(part)) write(view, start + at + i * bytesOf(part.of), part.of, each as Values);
      else writeNumber(view, start + at + i * WIDTH[part.type], part, each as number);
    });
  }
}

function writeNumber(view: DataView, at: number, { type, name }: NumberField, value: number): void {
  const room = ROOM[type];
  if (!Number.isInteger(value) || value < -room / 2 || value >= room) {
    throw new RangeError(`${name}: found ${value}, expected a whole number below ${room}`);
  }
  if (type === "u8") view.setUint8(at, value);
  else if (type === "u16") view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
}
