// Finds all state by reflection. A state tree is made of plain objects whose fields are numbers, booleans, typed arrays and
// further such objects; a frozen object is a setting and is skipped, and so is what a tick has shown. One walk gives a list of
// places, in the order of the fields. From it come symbols, snapshots, exact restore, the fingerprint and the bits that a fault can flip. Anything else in
// the tree (a Map, a closure, a Date) is a programmer's error, which is reported with its path. A value that is kept with its
// complement (`rate.value` and `rate.inverse`) is one symbol (`rate`), which is listed, read and written under that name. A
// value that a user writes must fit the field; a snapshot is restored as it was saved.

import { createHash } from "node:crypto";
import { Shown } from "../board/shown";

/** The names of the fields of an object whose fields are accessors, in their order. */
export const FIELDS = Symbol("fields");

export type StateArray = Uint8Array | Uint16Array | Int32Array | Float64Array;

interface NumberRow {
  /** The words after "expected" in a message. */
  expected: string;
  fits(value: number): boolean;
}

/** The values that each kind of field can hold. A value from outside is accepted or refused by this table alone. */
const NUMBERS = {
  switch: { expected: "0 or 1", fits: (value) => value === 0 || value === 1 },
  byte: wholeNumber(0, 0xff),
  halfword: wholeNumber(0, 0xffff),
  word: wholeNumber(-0x8000_0000, 0x7fff_ffff),
  /** A double that is stored once in a firmware field makes every later tick allocate. */
  firmwareWord: {
    expected: "a whole number of 32 bits: the firmware has no other",
    fits: (value) => value === (value | 0),
  },
  float: { expected: "a finite number", fits: (value) => Number.isFinite(value) },
} as const satisfies Record<string, NumberRow>;

export type NumberKind = keyof typeof NUMBERS;

export interface ScalarPlace {
  path: string;
  kind: NumberKind;
  /** An object and a field of it, or an array and an index. */
  owner: Record<string | number, number | boolean>;
  key: string | number;
}

export interface ArrayPlace {
  path: string;
  kind: NumberKind;
  readonly array: StateArray;
}

/** Places in walking order. */
export interface Places {
  scalars: readonly ScalarPlace[];
  arrays: readonly ArrayPlace[];
}

/** One stored number: a field, or an element of an array. */
type Slot = { place: ScalarPlace } | { place: ArrayPlace; index: number };

/** A copy of all state: scalars and arrays, each in walking order. */
export interface SavedState {
  scalars: Float64Array;
  arrays: StateArray[];
}

/** A symbol that has another value in another state. */
export interface Difference {
  name: string;
  before: number;
  after: number;
}

export class StateView {
  readonly scalars: readonly ScalarPlace[];
  readonly arrays: readonly ArrayPlace[];
  /** The first scalar and the first array that the walk found. */
  private readonly walked: { scalar: number; array: number };
  private found: Map<string, ScalarPlace | ArrayPlace> | null = null;

  /**
   * Walks the named roots. Objects in `apart`, for instance a board's ports, are not part of this state. `scalars` is the kind
   * of the numeric fields; a controller has words of 32 bits and nothing else. `before` are places that need no walk; they come
   * first. Throws TypeError.
   */
  constructor(
    roots: Record<string, object>,
    apart: Iterable<object> = [],
    scalars: "float" | "firmwareWord" = "float",
    before: Places = { scalars: [], arrays: [] },
  ) {
    const found = { scalars: [...before.scalars], arrays: [...before.arrays] };
    this.walked = { scalar: before.scalars.length, array: before.arrays.length };
    const seen = new Set<object>(apart);
    for (const [name, root] of Object.entries(roots)) walk(root, name, scalars, seen, found);
    this.scalars = found.scalars;
    this.arrays = found.arrays;
  }

  /** Of most machines nobody asks for a path. */
  private get byPath(): ReadonlyMap<string, ScalarPlace | ArrayPlace> {
    return (this.found ??= new Map([...this.scalars, ...this.arrays].map((place) => [place.path, place])));
  }

  /** The names of the symbols. A value and its complement are one symbol, and so is an array. */
  names(): string[] {
    return [...new Set(this.paths().map((path) => this.symbolAt(path)))];
  }

  /** The paths of all stored fields, in walking order. A value and its complement are two fields. */
  paths(): string[] {
    return [...this.byPath.keys()];
  }

  /** The value at `a.b.c` or `a.b[3]`, or undefined when there is none. Booleans are 0 and 1. */
  read(path: string): number | undefined {
    const slots = this.slotsOf(path);
    return slots ? numberIn(slots[0]) : undefined;
  }

  /** How to read the value at a path many times; null when there is none. */
  reader(path: string): (() => number) | null {
    const slot = this.slotsOf(path)?.[0];
    return slot ? () => numberIn(slot) : null;
  }

  /** True for a symbol that is 0 or 1 by its type. */
  isSwitch(path: string): boolean {
    return this.slotsOf(path)?.[0].place.kind === "switch";
  }

  /** Writes a field. False when there is no such field. Throws RangeError when the field cannot hold the value. */
  write(path: string, value: number): boolean {
    const slots = this.slotsOf(path);
    if (!slots) return false;
    checkNumber(value, slots[0].place.kind);
    const [slot, complement] = slots;
    put(slot, value);
    if (complement) put(complement, ~value);
    return true;
  }

  /** Flips a bit of one stored word; of a value that is kept with its complement, in the value. False when nothing changed. */
  flip(path: string, bit: number): boolean {
    const slots = this.slotsOf(path);
    if (!slots) return false;
    const before = numberIn(slots[0]);
    put(slots[0], before ^ (1 << bit));
    return numberIn(slots[0]) !== before;
  }

  save(): SavedState {
    return savedFrom(this.scalars, this.arrays);
  }

  /** The state of the places that the walk found. */
  saveWalked(): SavedState {
    const { scalar, array } = this.walked;
    return savedFrom(this.scalars.slice(scalar), this.arrays.slice(array));
  }

  /** The path of the first value of `saved` that this state cannot hold, with the reason; null when all fit. */
  misfit(saved: SavedState): string | null {
    if (saved.scalars.length !== this.scalars.length || saved.arrays.length !== this.arrays.length) {
      return "it has another number of fields";
    }
    for (let i = 0; i < this.scalars.length; i++) {
      const problem = misfitOf(this.scalars[i], saved.scalars[i]);
      if (problem !== null) return problem;
    }
    for (let i = 0; i < this.arrays.length; i++) {
      const [place, values] = [this.arrays[i], saved.arrays[i]];
      if (values.constructor !== place.array.constructor || values.length !== place.array.length) {
        return `${place.path} has another length`;
      }
      // An array of integers holds no value that does not fit it.
      if (!(values instanceof Float64Array)) continue;
      for (const value of values) {
        const problem = misfitOf(place, value);
        if (problem !== null) return problem;
      }
    }
    return null;
  }

  /** A saved state whose arrays at these paths are cut off, or continued with this state's own values, to this state's lengths. */
  fitted(saved: SavedState, paths: ReadonlySet<string>): SavedState {
    return this.fittedFrom(0, saved, paths);
  }

  /** The same for one of `saveWalked`. */
  fittedWalked(saved: SavedState, paths: ReadonlySet<string>): SavedState {
    return this.fittedFrom(this.walked.array, saved, paths);
  }

  private fittedFrom(first: number, saved: SavedState, paths: ReadonlySet<string>): SavedState {
    if (saved.arrays.length !== this.arrays.length - first) return saved;
    const arrays = saved.arrays.map((array, i) => {
      const own = this.arrays[first + i];
      if (!paths.has(own.path) || array.constructor !== own.array.constructor) return array;
      const fitted = own.array.slice();
      fitted.set(array.subarray(0, fitted.length));
      return fitted;
    });
    return { scalars: saved.scalars, arrays };
  }

  /** The value at `path` in a saved state of the same fields; undefined when there is none. */
  valueIn(saved: SavedState, path: string): number | undefined {
    return saved.scalars[this.scalars.findIndex((place) => place.path === path)];
  }

  /** The symbols that differ between two saved states of these fields, under their names, in walking order. */
  differences(one: SavedState, other: SavedState): Difference[] {
    const found: Difference[] = [];
    const note = (name: string, before: number, after: number): void => {
      if (!Object.is(before, after)) found.push({ name, before, after });
    };
    this.scalars.forEach(({ path }, i) => {
      if (!this.isComplement(path)) note(this.symbolAt(path), one.scalars[i], other.scalars[i]);
    });
    this.arrays.forEach(({ path }, i) => {
      if (this.isComplement(path)) return;
      const [before, after] = [one.arrays[i], other.arrays[i]];
      // Two runs may have arrays of other lengths, where the timeline of one has more entries.
      const length = Math.min(before.length, after.length);
      for (let at = 0; at < length; at++) note(`${this.symbolAt(path)}[${at}]`, before[at], after[at]);
    });
    return found;
  }

  restore(saved: SavedState): void {
    this.restoreFrom(0, 0, saved);
  }

  restoreWalked(saved: SavedState): void {
    this.restoreFrom(this.walked.scalar, this.walked.array, saved);
  }

  private restoreFrom(scalar: number, array: number, saved: SavedState): void {
    for (let i = scalar; i < this.scalars.length; i++) putScalar(this.scalars[i], saved.scalars[i - scalar]);
    for (let i = array; i < this.arrays.length; i++) this.arrays[i].array.set(saved.arrays[i - array]);
  }

  /** SHA-256 over every value in walking order, first 16 hex digits. */
  fingerprint(): string {
    const { scalars, arrays } = this.save();
    const hash = createHash("sha256").update(new Uint8Array(scalars.buffer));
    for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return hash.digest("hex").slice(0, 16);
  }

  /**
   * The slots in which a symbol is stored: one, or two for a value that is kept with its complement. Null for an unknown path.
   */
  private slotsOf(path: string): [Slot] | [Slot, Slot] | null {
    const slot = this.slotAt(path);
    if (slot) return [slot];
    const twin = twinPaths(path);
    const [value, inverse] = twin ? [this.slotAt(twin.value), this.slotAt(twin.inverse)] : [null, null];
    return value && inverse ? [value, inverse] : null;
  }

  private slotAt(path: string): Slot | null {
    const bracket = /^(.*)\[(\d+)\]$/.exec(path);
    const place = this.byPath.get(bracket ? bracket[1] : path);
    if (!place) return null;
    if ("array" in place) {
      const index = bracket ? Number(bracket[2]) : -1;
      return index in place.array ? { place, index } : null;
    }
    return bracket ? null : { place };
  }

  /** The name of the symbol that the field at that path belongs to. */
  private symbolAt(path: string): string {
    return this.isHalf(path) ? nameOf(path) : path;
  }

  /** True for the complement of a value that is kept with it. */
  private isComplement(path: string): boolean {
    return /\.inverses?$/.test(path) && this.isHalf(path);
  }

  /** True for `rate.value` if there is a `rate.inverse`, and the other way round; likewise for arrays of both. */
  private isHalf(path: string): boolean {
    const [, name, half, many] = HALF.exec(path) ?? [];
    return half !== undefined && this.byPath.has(`${name}.${half === "value" ? "inverse" : "value"}${many}`);
  }
}

/** The values at these places. */
export function savedFrom(scalars: readonly ScalarPlace[], arrays: readonly ArrayPlace[]): SavedState {
  const values = new Float64Array(scalars.length);
  for (let i = 0; i < values.length; i++) values[i] = Number(scalars[i].owner[scalars[i].key]);
  return { scalars: values, arrays: arrays.map((place) => place.array.slice()) };
}

function misfitOf({ path, kind }: ScalarPlace | ArrayPlace, value: number): string | null {
  return NUMBERS[kind].fits(value) ? null : `${path} is ${value}, expected ${NUMBERS[kind].expected}`;
}

/** Throws RangeError with the found value and the expected kind when the value does not fit. */
export function checkNumber(value: number, kind: NumberKind): void {
  const { expected, fits } = NUMBERS[kind];
  if (typeof value !== "number" || !fits(value)) throw new RangeError(`found ${value}, expected ${expected}`);
}

function wholeNumber(least: number, most: number): NumberRow {
  return {
    expected: `a whole number from ${least} to ${most}`,
    fits: (value) => Number.isInteger(value) && value >= least && value <= most,
  };
}

function numberIn(slot: Slot): number {
  return "index" in slot ? slot.place.array[slot.index] : Number(slot.place.owner[slot.place.key]);
}

function put(slot: Slot, value: number): void {
  if ("index" in slot) slot.place.array[slot.index] = value;
  else putScalar(slot.place, value);
}

function putScalar({ owner, key, kind }: ScalarPlace, value: number): void {
  owner[key] = kind === "switch" ? value !== 0 : small(value);
}

/** One half of a value that is kept with its complement, or of an array of such values. */
const HALF = /^(.*)\.(value|inverse)(s?)$/;

/** The name of the symbol that a stored field belongs to: `rate` for `rate.value` and for `rate.inverse`. */
export function nameOf(path: string): string {
  return path.replace(HALF, "$1");
}

/** The paths of a value and of its complement; null for a path that is one of them already. */
function twinPaths(path: string): { value: string; inverse: string } | null {
  if (/\.(?:value|inverse)s?(?:\[\d+\])?$/.test(path)) return null;
  const element = /^(.*)(\[\d+\])$/.exec(path);
  if (element) return { value: `${element[1]}.values${element[2]}`, inverse: `${element[1]}.inverses${element[2]}` };
  return { value: `${path}.value`, inverse: `${path}.inverse` };
}

function walk(
  node: object,
  path: string,
  scalars: "float" | "firmwareWord",
  seen: Set<object>,
  found: { scalars: ScalarPlace[]; arrays: ArrayPlace[] },
): void {
  if (seen.has(node) || Object.isFrozen(node) || node instanceof Shown) return;
  seen.add(node);
  const record = node as Record<string, unknown> & { readonly [FIELDS]?: readonly string[] };
  for (const key of record[FIELDS] ?? Object.keys(node)) {
    const value = record[key];
    const here = path === "" ? key : `${path}.${key}`;
    if (typeof value === "number" || typeof value === "boolean") {
      const owner = node as Record<string, number | boolean>;
      found.scalars.push({ path: here, kind: typeof value === "boolean" ? "switch" : scalars, owner, key });
    } else if (isStateArray(value)) {
      if (!seen.has(value)) found.arrays.push({ path: here, kind: kindOf(value, scalars), array: value });
      seen.add(value);
    } else if (typeof value === "object" && value !== null && isRecord(value)) {
      walk(value, here, scalars, seen, found);
    } else {
      throw new TypeError(`state must be numbers, booleans, typed arrays and objects of these: ${here} is not`);
    }
  }
}

function kindOf(array: StateArray, scalars: "float" | "firmwareWord"): NumberKind {
  if (array instanceof Uint8Array) return "byte";
  if (array instanceof Uint16Array) return "halfword";
  if (array instanceof Float64Array) return "float";
  return scalars === "firmwareWord" ? "firmwareWord" : "word";
}

function isStateArray(value: unknown): value is StateArray {
  return (
    value instanceof Uint8Array ||
    value instanceof Uint16Array ||
    value instanceof Int32Array ||
    value instanceof Float64Array
  );
}

function isRecord(value: object): boolean {
  return Object.isFrozen(value) || Object.prototype.toString.call(value) === "[object Object]";
}

/** Keeps a small integer small: a double in a firmware field would make every later tick allocate. */
function small(value: number): number {
  return (value | 0) === value ? value | 0 : value;
}
