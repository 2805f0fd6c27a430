// Reads from a WebAssembly module's DWARF sections (versions 4 and 5, 32 bits) which variables lie at fixed addresses of its memory,
// and of which types. Types, functions' locals and lines are left out: only a debugger of that language needs them. The sections
// come from the compiler of the module, so an unknown form ends the reading, and the variables up to there are known.

/** The shape of a value in memory. */
export type Shape =
  | { kind: "scalar"; size: number; number: "signed" | "unsigned" | "float" | "switch" }
  | { kind: "struct"; fields: readonly { name: string; offset: number; shape: Shape }[] }
  | { kind: "array"; count: number; size: number; of: Shape };

export interface Variable {
  /** With its namespaces, and the function of a variable that is static in one: `pump.state.rate`. */
  name: string;
  address: number;
  shape: Shape;
}

/** The bytes of a custom section; null when the module has none of that name. */
export type Sections = (name: string) => Uint8Array | null;

const TAG = {
  array: 0x01,
  class: 0x02,
  enumeration: 0x04,
  member: 0x0d,
  pointer: 0x0f,
  reference: 0x10,
  unit: 0x11,
  struct: 0x13,
  typedef: 0x16,
  union: 0x17,
  variant: 0x19,
  subrange: 0x21,
  base: 0x24,
  constant: 0x26,
  subprogram: 0x2e,
  variantPart: 0x33,
  variable: 0x34,
  volatile: 0x35,
  restrict: 0x37,
  namespace: 0x39,
  atomic: 0x47,
};
const AT = {
  location: 0x02,
  name: 0x03,
  byteSize: 0x0b,
  bitSize: 0x0d,
  upperBound: 0x2f,
  count: 0x37,
  memberOffset: 0x38,
  encoding: 0x3e,
  specification: 0x47,
  type: 0x49,
  bitOffset: 0x6b,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
};
const OP_ADDR = 0x03;
const OP_ADDRX = 0xa1;
const ENCODINGS: Record<number, Extract<Shape, { kind: "scalar" }>["number"]> = {
  0x02: "switch",
  0x04: "float",
  0x05: "signed",
  0x06: "signed",
};
type Value = number | string | Uint8Array;

interface Entry {
  tag: number;
  values: Map<number, Value>;
  children: Entry[];
}

/** An abbreviation: the tag of its entries and the forms of their attributes. */
interface Abbreviation {
  tag: number;
  hasChildren: boolean;
  attributes: { name: number; form: number; constant: number }[];
}

/** The variables of a module, in the order of its units; none for a module without DWARF. Each section is asked for once. */
export function variablesOf(module: Sections): Variable[] {
  const read = new Map<string, Uint8Array | null>();
  const sections: Sections = (name) => {
    if (!read.has(name)) read.set(name, module(name));
    return read.get(name) ?? null;
  };
  const info = sections(".debug_info");
  const abbreviations = sections(".debug_abbrev");
  if (info === null || abbreviations === null) return [];
  const found: Variable[] = [];
  const bytes = new Bytes(info);
  try {
    while (bytes.at < info.length) new Unit(bytes, abbreviations, sections).variables(found);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
}

/** Reads numbers one after the other. Throws RangeError beyond the end. */
class Bytes {
  at = 0;
  readonly view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  unsigned(size: number): number {
    let value = 0;
    for (let i = 0, weight = 1; i < size; i++, weight *= 256) value += this.view.getUint8(this.at++) * weight;
    return value;
  }

  /** A number of seven bits a byte. */
  leb(isSigned = false): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.view.getUint8(this.at++);
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte >= 0x80) continue;
      return isSigned && (byte & 0x40) !== 0 ? value - scale : value;
    }
  }

  text(): string {
    const from = this.at;
    while (this.view.getUint8(this.at++) !== 0);
    return Buffer.from(this.view.buffer, this.view.byteOffset + from, this.at - 1 - from).toString("utf8");
  }

  block(length: number): Uint8Array {
    this.at += length;
    if (this.at > this.view.byteLength) throw new RangeError("a block is longer than its section");
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.at - length, length);
  }
}

class Unit {
  private readonly sections: Sections;
  private readonly begin: number;
  private readonly version: number;
  private readonly addressSize: number;
  private readonly entries = new Map<number, Entry>();
  /** The shapes of types that were asked for; null for a type that has none, and while it is being read, so that one that contains itself ends. */
  private readonly shapes = new Map<Entry, Shape | null>();
  private readonly root: Entry | null;

  /** Reads the unit at which `bytes` stands, to its end. */
  constructor(bytes: Bytes, abbreviations: Uint8Array, sections: Sections) {
    this.sections = sections;
    this.begin = bytes.at;
    const length = bytes.unsigned(4);
    const end = bytes.at + length;
    this.version = bytes.unsigned(2);
    if (this.version < 2 || this.version > 5 || length === 0xffff_ffff) throw new RangeError("an unknown version");
    const type = this.version >= 5 ? bytes.unsigned(1) : 1;
    const early = this.version >= 5 ? bytes.unsigned(1) : 0;
    const table = abbreviationsAt(new Bytes(abbreviations, bytes.unsigned(4)));
    this.addressSize = early || bytes.unsigned(1);
    // A unit of types, or the skeleton of one in another file, has no variables.
    this.root = type === 1 ? this.entry(bytes, table) : null;
    bytes.at = end;
  }

  variables(found: Variable[]): void {
    if (this.root !== null) this.gather(this.root, "", found);
  }

  private gather(entry: Entry, path: string, found: Variable[]): void {
    for (const child of entry.children) {
      const name = this.nameOf(child);
      const here = name === null ? path : `${path}${name}.`;
      if (child.tag === TAG.variable) {
        const address = this.addressOf(child.values.get(AT.location));
        const shape = this.shapeOf(this.typeOf(child));
        // Rust's tables of methods lie at fixed addresses too, and belong to the compiler.
        if (name === null || name.endsWith("{vtable}") || address === 0 || shape === null) continue;
        found.push({ name: path + name, address, shape });
      } else this.gather(child, child.tag === TAG.namespace || child.tag === TAG.subprogram ? here : path, found);
    }
  }

  private nameOf(entry: Entry): string | null {
    const name = entry.values.get(AT.name);
    if (name !== undefined) return this.text(name);
    const declared = this.referred(entry, AT.specification);
    return declared === null ? null : this.nameOf(declared);
  }

  private typeOf(entry: Entry): Entry | null {
    const type = this.referred(entry, AT.type);
    if (type !== null) return type;
    const declared = this.referred(entry, AT.specification);
    return declared === null ? null : this.referred(declared, AT.type);
  }

  private shapeOf(type: Entry | null): Shape | null {
    if (type === null) return null;
    const known = this.shapes.get(type);
    if (known !== undefined) return known;
    this.shapes.set(type, null);
    const shape = this.newShape(type);
    this.shapes.set(type, shape);
    return shape;
  }

  private newShape(type: Entry): Shape | null {
    const size = numberOf(type.values.get(AT.byteSize)) ?? this.addressSize;
    switch (type.tag) {
      case TAG.base: {
        const number = ENCODINGS[numberOf(type.values.get(AT.encoding)) ?? 0] ?? "unsigned";
        return [1, 2, 4, 8].includes(size) ? { kind: "scalar", size, number } : null;
      }
      case TAG.enumeration:
      case TAG.pointer:
      case TAG.reference:
        return { kind: "scalar", size, number: "unsigned" };
      case TAG.typedef:
      case TAG.constant:
      case TAG.volatile:
      case TAG.restrict:
      case TAG.atomic:
        return this.shapeOf(this.referred(type, AT.type));
      case TAG.struct:
      case TAG.class:
      case TAG.union:
        return this.structOf(type);
      case TAG.array:
        return this.arrayOf(type);
      default:
        return null;
    }
  }

  /** A field of some bits is left out. Of an enumeration of Rust the value that tells the variants apart is `variant`, and each variant is a field. */
  private structOf(type: Entry): Shape {
    const parts = type.children.filter(({ tag }) => tag === TAG.variantPart).flatMap(({ children }) => children);
    const variants = parts.flatMap((part) => (part.tag === TAG.variant ? part.children : [part]));
    const fields = [...type.children, ...variants].flatMap((member) => {
      const own = member.tag === TAG.member ? this.nameOf(member) : null;
      const name = own ?? (parts.includes(member) && member.tag === TAG.member ? "variant" : null);
      const offset = numberOf(member.values.get(AT.memberOffset)) ?? 0;
      const shape = this.shapeOf(this.referred(member, AT.type));
      const isBits = member.values.has(AT.bitSize) || member.values.has(AT.bitOffset);
      return name === null || shape === null || isBits ? [] : [{ name, offset, shape }];
    });
    return { kind: "struct", fields };
  }

  private arrayOf(type: Entry): Shape | null {
    let shape = this.shapeOf(this.referred(type, AT.type));
    for (const range of type.children.filter(({ tag }) => tag === TAG.subrange).toReversed()) {
      if (shape === null) return null;
      const last = numberOf(range.values.get(AT.upperBound));
      const count = numberOf(range.values.get(AT.count)) ?? (last === null ? 0 : last + 1);
      shape = { kind: "array", count, size: sizeOf(shape, this.referred(type, AT.type)), of: shape };
    }
    return shape;
  }

  private referred(entry: Entry, attribute: number): Entry | null {
    const offset = numberOf(entry.values.get(attribute));
    return offset === null ? null : (this.entries.get(offset) ?? null);
  }

  private addressOf(location: Value | undefined): number {
    if (!(location instanceof Uint8Array) || location.length === 0) return 0;
    const bytes = new Bytes(location, 1);
    if (location[0] === OP_ADDR && location.length === 1 + this.addressSize) return bytes.unsigned(this.addressSize);
    const addresses = this.sections(".debug_addr");
    if (location[0] !== OP_ADDRX || addresses === null) return 0;
    const base = numberOf(this.root?.values.get(AT.addrBase)) ?? 8;
    return new Bytes(addresses, base + bytes.leb() * this.addressSize).unsigned(this.addressSize);
  }

  /** A name is a text, or a number of the table of offsets. */
  private text(value: Value): string {
    if (typeof value === "string") return value;
    const [offsets, texts] = [this.sections(".debug_str_offsets"), this.sections(".debug_str")];
    if (typeof value !== "number" || offsets === null || texts === null) return "";
    const base = numberOf(this.root?.values.get(AT.strOffsetsBase)) ?? 8;
    return new Bytes(texts, new Bytes(offsets, base + value * 4).unsigned(4)).text();
  }

  private entry(bytes: Bytes, table: ReadonlyMap<number, Abbreviation>): Entry | null {
    const offset = bytes.at;
    const abbreviation = table.get(bytes.leb());
    if (abbreviation === undefined) return null;
    const entry: Entry = { tag: abbreviation.tag, values: new Map(), children: [] };
    this.entries.set(offset, entry);
    for (const { name, form, constant } of abbreviation.attributes) {
      const value = this.value(bytes, form, constant);
      if (value !== null) entry.values.set(name, value);
    }
    if (!abbreviation.hasChildren) return entry;
    for (let child = this.entry(bytes, table); child; child = this.entry(bytes, table)) entry.children.push(child);
    return entry;
  }

  /** The value of an attribute; null for one that is skipped. A reference is the offset of its entry. Throws RangeError. */
  private value(bytes: Bytes, form: number, constant: number): Value | null {
    switch (form) {
      case 0x01:
        return bytes.unsigned(this.addressSize);
      case 0x03:
        return bytes.block(bytes.unsigned(2));
      case 0x04:
        return bytes.block(bytes.unsigned(4));
      case 0x09:
      case 0x18:
        return bytes.block(bytes.leb());
      case 0x0a:
        return bytes.block(bytes.unsigned(1));
      case 0x0b:
      case 0x0c:
      case 0x25:
      case 0x29:
        return bytes.unsigned(1);
      case 0x05:
      case 0x26:
      case 0x2a:
        return bytes.unsigned(2);
      case 0x27:
      case 0x2b:
        return bytes.unsigned(3);
      case 0x06:
      case 0x17:
      case 0x28:
      case 0x2c:
        return bytes.unsigned(4);
      case 0x07:
        return bytes.unsigned(8);
      case 0x08:
        return bytes.text();
      case 0x0d:
        return bytes.leb(true);
      case 0x0e:
        return this.textIn(".debug_str", bytes.unsigned(4));
      case 0x1f:
        return this.textIn(".debug_line_str", bytes.unsigned(4));
      case 0x0f:
      case 0x1a:
      case 0x1b:
      case 0x22:
      case 0x23:
        return bytes.leb();
      case 0x10:
        return bytes.unsigned(this.version === 2 ? this.addressSize : 4);
      case 0x11:
        return this.begin + bytes.unsigned(1);
      case 0x12:
        return this.begin + bytes.unsigned(2);
      case 0x13:
        return this.begin + bytes.unsigned(4);
      case 0x14:
        return this.begin + bytes.unsigned(8);
      case 0x15:
        return this.begin + bytes.leb();
      case 0x19:
        return 1;
      case 0x1e:
        bytes.block(16);
        return null;
      case 0x20:
        bytes.block(8);
        return null;
      case 0x21:
        return constant;
      default:
        throw new RangeError(`the form ${form} is unknown`);
    }
  }

  private textIn(section: string, offset: number): string {
    const texts = this.sections(section);
    return texts === null ? "" : new Bytes(texts, offset).text();
  }
}

function abbreviationsAt(bytes: Bytes): Map<number, Abbreviation> {
  const table = new Map<number, Abbreviation>();
  for (let code = bytes.leb(); code !== 0; code = bytes.leb()) {
    const tag = bytes.leb();
    const hasChildren = bytes.unsigned(1) === 1;
    const attributes: Abbreviation["attributes"] = [];
    for (;;) {
      const [name, form] = [bytes.leb(), bytes.leb()];
      const constant = form === 0x21 ? bytes.leb(true) : 0;
      if (name === 0 && form === 0) break;
      attributes.push({ name, form, constant });
    }
    table.set(code, { tag, hasChildren, attributes });
  }
  return table;
}

function numberOf(value: Value | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/** The bytes from an element of an array to the next one. A type without a size of its own has that of what it names. */
function sizeOf(shape: Shape, type: Entry | null): number {
  if (shape.kind === "scalar") return shape.size;
  if (shape.kind === "array") return shape.count * shape.size;
  const own = numberOf(type?.values.get(AT.byteSize));
  return own ?? Math.max(0, ...shape.fields.map(({ offset, shape: each }) => offset + sizeOf(each, null)));
}
