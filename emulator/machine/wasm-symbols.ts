// The symbols of a controller in WebAssembly. A module that was compiled with debug information has the names of its variables, the
// fields of its structures and the elements of its arrays; one that exports the addresses of its variables has these as words of 32
// bits. Every byte of memory has the name `memory[1234]` beside. A module with neither has its bytes alone.

import { variablesOf, type Sections, type Shape, type Variable } from "./dwarf";
import { checkNumber, type Difference } from "./state";

type Scalar = Extract<Shape, { kind: "scalar" }>;

interface Place {
  address: number;
  shape: Shape;
}

const BYTE: Scalar = { kind: "scalar", size: 1, number: "unsigned" };
const WORD: Scalar = { kind: "scalar", size: 4, number: "signed" };
/** Of an array of structures so many elements are listed; all are read by their index. */
const LISTED_MAX = 16;

export class WasmSymbols {
  private readonly memory: { readonly buffer: ArrayBuffer };
  private readonly sections: Sections;
  private readonly exported: Readonly<Record<string, number>>;
  private known: ReadonlyMap<string, Variable> | null = null;

  /** `exported` has the addresses of variables by the names under which the module exports them. */
  constructor(
    memory: { readonly buffer: ArrayBuffer },
    sections: Sections,
    exported: Readonly<Record<string, number>>,
  ) {
    this.memory = memory;
    this.sections = sections;
    this.exported = exported;
  }

  names(): string[] {
    return [...this.variables.values()].flatMap(({ name, shape }) => leavesOf(name, shape));
  }

  reader(path: string): (() => number) | null {
    const place = this.scalarAt(path);
    return place && (() => read(this.view, place.address, place.shape));
  }

  isSwitch(path: string): boolean {
    return this.scalarAt(path)?.shape.number === "switch";
  }

  /** False when there is no such symbol. Throws RangeError when it cannot hold the value. */
  write(path: string, value: number): boolean {
    const place = this.scalarAt(path);
    if (place === null) return false;
    check(value, place.shape);
    write(this.view, place.address, place.shape, value);
    return true;
  }

  /** Flips a bit of a symbol; false when it has no such bit. */
  flip(path: string, bit: number): boolean {
    const place = this.scalarAt(path);
    if (place === null || bit >= 8 * place.shape.size) return false;
    new Uint8Array(this.memory.buffer)[place.address + (bit >> 3)] ^= 1 << (bit & 7);
    return true;
  }

  /** The symbols that differ between two memories, and the bytes that belong to none. */
  differences(one: Uint8Array, other: Uint8Array): Difference[] {
    const [before, after] = [one, other].map((each) => new DataView(each.buffer, each.byteOffset, each.byteLength));
    const seen = new Uint8Array(one.length);
    const found: Difference[] = [];
    for (const { name, address, shape } of this.variables.values()) {
      visit(name, address, shape, (path, at, scalar) => {
        seen.fill(1, at, at + scalar.size);
        const [was, is] = [read(before, at, scalar), read(after, at, scalar)];
        if (!Object.is(was, is)) found.push({ name: path, before: was, after: is });
      });
    }
    for (let at = 0; at < one.length; at++) {
      if (one[at] === other[at] || seen[at] === 1) continue;
      found.push({ name: `memory[${at}]`, before: one[at], after: other[at] });
    }
    return found;
  }

  private get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** Read when they are first asked for, because most runs never ask. Of two variables of one name the first has it. */
  private get variables(): ReadonlyMap<string, Variable> {
    if (this.known !== null) return this.known;
    const known = new Map<string, Variable>();
    const bytes = this.memory.buffer.byteLength;
    const exported = Object.entries(this.exported).map(([name, address]) => ({ name, address, shape: WORD }));
    for (const each of [...variablesOf(this.sections), ...exported]) {
      if (!known.has(each.name) && each.address + extentOf(each.shape) <= bytes) known.set(each.name, each);
    }
    this.known = known;
    return known;
  }

  private scalarAt(path: string): { address: number; shape: Scalar } | null {
    const byte = /^memory\[(\d+)\]$/.exec(path);
    if (byte) {
      const address = Number(byte[1]);
      return address < this.memory.buffer.byteLength ? { address, shape: BYTE } : null;
    }
    const place = this.placeOf(path);
    return place?.shape.kind === "scalar" ? { address: place.address, shape: place.shape } : null;
  }

  /** A variable's own name may have dots, so the longest one that fits is taken. */
  private placeOf(path: string): Place | null {
    for (let end = path.length; end > 0; end = path.slice(0, end).search(/(?:\.|\[)[^.[]*$/)) {
      const variable = this.variables.get(path.slice(0, end));
      if (variable !== undefined) return within(variable, path.slice(end));
    }
    return null;
  }
}

/** The place of `.field` and `[3]` below another. */
function within(place: Place, path: string): Place | null {
  if (path === "") return place;
  const [step, field, index] = /^(?:\.([^.[]+)|\[(\d+)\])/.exec(path) ?? [""];
  const { address, shape } = place;
  if (field !== undefined && shape.kind === "struct") {
    const found = shape.fields.find(({ name }) => name === field);
    return found ? within({ address: address + found.offset, shape: found.shape }, path.slice(step.length)) : null;
  }
  if (index === undefined || shape.kind !== "array" || Number(index) >= shape.count) return null;
  return within({ address: address + Number(index) * shape.size, shape: shape.of }, path.slice(step.length));
}

/** The names that are listed: a scalar's, and that of an array of scalars once. */
function leavesOf(name: string, shape: Shape): string[] {
  if (shape.kind === "struct") return shape.fields.flatMap((each) => leavesOf(`${name}.${each.name}`, each.shape));
  if (shape.kind === "scalar" || shape.of.kind === "scalar") return [name];
  const count = Math.min(shape.count, LISTED_MAX);
  return Array.from({ length: count }, (_, i) => leavesOf(`${name}[${i}]`, shape.of)).flat();
}

function visit(
  name: string,
  address: number,
  shape: Shape,
  seen: (path: string, address: number, scalar: Scalar) => void,
): void {
  if (shape.kind === "scalar") return seen(name, address, shape);
  if (shape.kind === "struct") {
    for (const each of shape.fields) visit(`${name}.${each.name}`, address + each.offset, each.shape, seen);
    return;
  }
  for (let i = 0; i < shape.count; i++) visit(`${name}[${i}]`, address + i * shape.size, shape.of, seen);
}

function extentOf(shape: Shape): number {
  if (shape.kind === "scalar") return shape.size;
  if (shape.kind === "array") return shape.count * shape.size;
  return Math.max(0, ...shape.fields.map((each) => each.offset + extentOf(each.shape)));
}

function read(view: DataView, address: number, { size, number }: Scalar): number {
  if (number === "float") return size === 4 ? view.getFloat32(address, true) : view.getFloat64(address, true);
  const isSigned = number === "signed";
  switch (size) {
    case 1:
      return isSigned ? view.getInt8(address) : view.getUint8(address);
    case 2:
      return isSigned ? view.getInt16(address, true) : view.getUint16(address, true);
    case 4:
      return isSigned ? view.getInt32(address, true) : view.getUint32(address, true);
    default:
      return Number(isSigned ? view.getBigInt64(address, true) : view.getBigUint64(address, true));
  }
}

function write(view: DataView, address: number, { size, number }: Scalar, value: number): void {
  if (number === "float")
    return size === 4 ? view.setFloat32(address, value, true) : view.setFloat64(address, value, true);
  if (size === 8) return view.setBigInt64(address, BigInt(value), true);
  for (let i = 0, weight = 1; i < size; i++, weight *= 256) {
    view.setUint8(address + i, Math.floor(value / weight) & 0xff);
  }
}

/** How many numbers so many bytes tell apart. */
const ROOM: Readonly<Record<number, number>> = { 1: 0x100, 2: 0x1_0000, 4: 0x1_0000_0000 };

/** Throws RangeError when a scalar cannot hold the value. A number of 64 bits holds what is exact in a double. */
function check(value: number, { size, number }: Scalar): void {
  if (number === "float") return checkNumber(value, "float");
  if (number === "switch") return checkNumber(value, "switch");
  const room = ROOM[size] ?? Number.MAX_SAFE_INTEGER + 1;
  const [least, most] = number === "signed" ? [-room / 2, room / 2 - 1] : [0, room - 1];
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`found ${value}, expected a whole number from ${least} to ${most}`);
}
