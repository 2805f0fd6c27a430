// Reads the parts of a WebAssembly module that the controller contract determines: the kinds and signatures of its imports and
// exports, and the limits of its memory. Node's own lists of imports and exports have no signatures, so the sections of the
// binary (WebAssembly core specification, chapter 5.5) are read here. `contractProblems` compares the result with the contract.
// It reads a module that `WebAssembly.Module` has accepted, so the binary is well formed.

import { CALLS } from "../contract/calls";

/** The types of the parameters and of the results of a function, as their bytes in the binary. */
interface Signature {
  parameters: number[];
  results: number[];
}

interface Limits {
  min: number;
  /** Null when the memory may grow without end. */
  max: number | null;
}

/** The signatures and limits of a compiled module, which Node does not give. */
type Unsaid = "unsaid";

export interface Shape {
  /** `type` is null for an import that is no function. */
  imports: { module: string; name: string; type: Signature | Unsaid | null }[];
  /** A function has a signature, a memory has limits, anything else has neither. */
  exports: { name: string; type: Signature | Unsaid | null; memory: Limits | Unsaid | null }[];
}

const SECTION = { type: 1, import: 2, function: 3, memory: 5, export: 7 } as const;
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const I32 = 0x7f;
const TYPE_NAMES: Readonly<Record<number, string>> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x7b: "v128",
  0x70: "funcref",
  0x6f: "externref",
};
const FUNCTION_TYPE = 0x60;
const UNREADABLE = "it has types that are no functions of numbers, and the contract has no use for them";
/** Bytes before the first section: the magic number and the version. */
const HEADER_BYTES = 8;

/** The exported functions of the contract; the last two are optional, and one needs the other. */
const EXPORTS: Readonly<Record<string, Signature>> = {
  boot: { parameters: [], results: [] },
  tick: { parameters: [], results: [] },
  idle: { parameters: [], results: [I32] },
  skip: { parameters: [I32], results: [] },
};

/** Reads numbers and names one after the other. */
class Reader {
  at: number;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.at++];
  }

  /** An unsigned number in LEB128, of 64 bits at most; a double is exact for every limit that a memory can have. */
  number(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  name(): string {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.number() }, item);
  }

  limits(): Limits {
    const flags = this.byte();
    const min = this.number();
    return { min, max: flags & 1 ? this.number() : null };
  }
}

/** The shape of a module. Throws TypeError for one whose types are not those of plain functions. */
export function shapeOf(bytes: Uint8Array): Shape {
  const reader = new Reader(bytes, HEADER_BYTES);
  const types: Signature[] = [];
  const functions: Signature[] = [];
  const memories: Limits[] = [];
  const shape: Shape = { imports: [], exports: [] };
  while (!reader.done) {
    const section = reader.byte();
    const end = reader.number() + reader.at;
    if (section === SECTION.type) types.push(...reader.list(() => signature(reader)));
    if (section === SECTION.import) shape.imports = reader.list(() => imported(reader, types, functions, memories));
    if (section === SECTION.function) functions.push(...reader.list(() => types[reader.number()]));
    if (section === SECTION.memory) memories.push(...reader.list(() => reader.limits()));
    if (section === SECTION.export) {
      shape.exports = reader.list(() => {
        const [name, kind, index] = [reader.name(), reader.byte(), reader.number()];
        const type = kind === KIND.function ? functions[index] : null;
        return { name, type, memory: kind === KIND.memory ? memories[index] : null };
      });
    }
    reader.at = end;
  }
  return shape;
}

/** The shape of a compiled module, of which Node tells the names and the kinds. */
export function shapeOfCompiled(module: WebAssembly.Module): Shape {
  const unsaidIf = (is: boolean) => (is ? "unsaid" : null);
  return {
    imports: WebAssembly.Module.imports(module).map(({ module: from, name, kind }) => ({
      module: from,
      name,
      type: unsaidIf(kind === "function"),
    })),
    exports: WebAssembly.Module.exports(module).map(({ name, kind }) => ({
      name,
      type: unsaidIf(kind === "function"),
      memory: unsaidIf(kind === "memory"),
    })),
  };
}

function signature(reader: Reader): Signature {
  if (reader.byte() !== FUNCTION_TYPE) throw new TypeError(UNREADABLE);
  const type = () => {
    const byte = reader.byte();
    if (!(byte in TYPE_NAMES)) throw new TypeError(UNREADABLE);
    return byte;
  };
  return { parameters: reader.list(type), results: reader.list(type) };
}

function imported(
  reader: Reader,
  types: Signature[],
  functions: Signature[],
  memories: Limits[],
): Shape["imports"][number] {
  const [module, name, kind] = [reader.name(), reader.name(), reader.byte()];
  if (kind === KIND.function) {
    const type = types[reader.number()];
    functions.push(type);
    return { module, name, type };
  }
  if (kind === KIND.memory) memories.push(reader.limits());
  if (kind === KIND.table) {
    reader.byte();
    reader.limits();
  }
  if (kind === KIND.global || kind === KIND.tag) {
    reader.byte();
    reader.number();
  }
  return { module, name, type: null };
}

/** The differences between a module and the controller contract, in words; empty when all fits. */
export function contractProblems({ imports, exports }: Shape): string[] {
  return [...exportProblems(exports), ...imports.flatMap(importProblems)];
}

function exportProblems(exports: Shape["exports"]): string[] {
  const found = (name: string) => exports.find((each) => each.name === name);
  const problems: string[] = [];
  for (const [name, type] of Object.entries(EXPORTS)) {
    const given = found(name);
    if (!given && (name === "boot" || name === "tick")) problems.push(`it exports no ${name}`);
    if (given && !given.type) problems.push(`its export ${name} is no function`);
    if (given?.type && given.type !== "unsaid" && !isSame(given.type, type)) {
      problems.push(`its ${name} is ${wordsOf(given.type)}, expected ${wordsOf(type)}`);
    }
  }
  const [idle, skip] = [found("idle"), found("skip")];
  if (!idle !== !skip) problems.push(`it exports ${idle ? "idle" : "skip"} and no ${idle ? "skip" : "idle"}`);
  return [...problems, ...memoryProblems(found("memory"))];
}

function memoryProblems(given: Shape["exports"][number] | undefined): string[] {
  if (!given) return ["it exports no memory"];
  if (!given.memory) return ["its export memory is no memory"];
  if (given.memory === "unsaid") return [];
  const { min, max } = given.memory;
  if (max === min) return [];
  const limits = max === null ? `${min} pages and no maximum` : `${min} to ${max} pages`;
  return [`its memory may grow (${limits}), expected a maximum that is equal to the initial size`];
}

function importProblems({ module, name, type }: Shape["imports"][number]): string[] {
  // Every number of the contract, and every `bool`, is an i32.
  const call = CALLS.find((each) => each.port === module && each.name === name);
  if (!call) return [`it imports ${module}.${name}, which is no call of the contract`];
  if (!type) return [`its import ${module}.${name} is no function`];
  if (type === "unsaid") return [];
  const expected = { parameters: call.parameters.map(() => I32), results: call.result ? [I32] : [] };
  return isSame(type, expected) ? [] : [`its ${module}.${name} is ${wordsOf(type)}, expected ${wordsOf(expected)}`];
}

function isSame(a: Signature, b: Signature): boolean {
  return wordsOf(a) === wordsOf(b);
}

function wordsOf({ parameters, results }: Signature): string {
  const words = (types: number[]) => types.map((type) => TYPE_NAMES[type]).join(", ");
  return `(${words(parameters)}) -> (${words(results)})`;
}
