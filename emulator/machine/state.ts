// All state by reflection. A state tree is plain objects whose fields are numbers, booleans, typed arrays and further such
// objects; a frozen object is a setting and skipped. Walking it once gives a list of places, in the order of the fields;
// from that come symbols, snapshots, exact restore, the fingerprint and the bits that a fault can flip. Anything else in
// the tree (a Map, a closure, a Date) is a programmer's error and named by its path. A value that is kept with its
// complement (`rate.value` and `rate.inverse`) can be read and written as one, under the name of both (`rate`).

import { createHash } from "node:crypto";

type StateArray = Uint8Array | Uint16Array | Int32Array | Float64Array;

interface ScalarPlace {
  path: string;
  owner: Record<string, number | boolean>;
  key: string;
  isBoolean: boolean;
}

interface ArrayPlace {
  path: string;
  array: StateArray;
}

/** A copy of all state: scalars in walking order, arrays in walking order. */
export interface SavedState {
  scalars: Float64Array;
  arrays: StateArray[];
}

export class StateView {
  readonly scalars: readonly ScalarPlace[];
  readonly arrays: readonly ArrayPlace[];
  private readonly byPath = new Map<string, ScalarPlace | ArrayPlace>();

  /** Walks the named roots; objects in `apart` (a board's ports, say) belong to someone else. Throws TypeError. */
  constructor(roots: Record<string, object>, apart: Iterable<object> = []) {
    const scalars: ScalarPlace[] = [];
    const arrays: ArrayPlace[] = [];
    const seen = new Set<object>(apart);
    for (const [name, root] of Object.entries(roots)) walk(root, name, seen, scalars, arrays);
    this.scalars = scalars;
    this.arrays = arrays;
    for (const place of [...scalars, ...arrays]) this.byPath.set(place.path, place);
  }

  /** Paths of all fields, arrays included. */
  paths(): string[] {
    return [...this.byPath.keys()];
  }

  /** The value at `a.b.c` or `a.b[3]`, or undefined when there is none. Booleans are 0 and 1. */
  read(path: string): number | undefined {
    const { place, index } = this.find(path);
    if (!place) {
      const twin = twinPaths(path);
      return twin && this.find(twin.value).place ? this.read(twin.value) : undefined;
    }
    if ("array" in place) return place.array[index ?? -1];
    return index === null ? Number(place.owner[place.key]) : undefined;
  }

  /** Writes a field. False when there is no such field. */
  write(path: string, value: number): boolean {
    const { place, index } = this.find(path);
    if (!place) {
      const twin = twinPaths(path);
      if (!twin || !this.find(twin.inverse).place) return false;
      return this.write(twin.value, value) && this.write(twin.inverse, ~value);
    }
    if ("array" in place) {
      if (index === null || !(index in place.array)) return false;
      place.array[index] = value;
    } else {
      if (index !== null) return false;
      place.owner[place.key] = place.isBoolean ? value !== 0 : small(value);
    }
    return true;
  }

  /** Flips a bit of one word: of a value that is kept with its complement, of the value. False when nothing changed. */
  flip(path: string, bit: number): boolean {
    const word = this.find(path).place ? path : (twinPaths(path)?.value ?? path);
    const value = this.read(word);
    return value !== undefined && this.write(word, value ^ (1 << bit)) && this.read(word) !== value;
  }

  save(): SavedState {
    const scalars = new Float64Array(this.scalars.length);
    for (let i = 0; i < scalars.length; i++) {
      const place = this.scalars[i];
      scalars[i] = Number(place.owner[place.key]);
    }
    return { scalars, arrays: this.arrays.map((place) => place.array.slice()) };
  }

  restore(saved: SavedState): void {
    for (let i = 0; i < this.scalars.length; i++) {
      const place = this.scalars[i];
      place.owner[place.key] = place.isBoolean ? saved.scalars[i] !== 0 : small(saved.scalars[i]);
    }
    for (let i = 0; i < this.arrays.length; i++) this.arrays[i].array.set(saved.arrays[i]);
  }

  /** SHA-256 over every value in walking order, first 16 hex digits. */
  fingerprint(): string {
    const { scalars, arrays } = this.save();
    const hash = createHash("sha256").update(new Uint8Array(scalars.buffer));
    for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return hash.digest("hex").slice(0, 16);
  }

  private find(path: string): { place: ScalarPlace | ArrayPlace | undefined; index: number | null } {
    const bracket = /^(.*)\[(\d+)\]$/.exec(path);
    if (!bracket) return { place: this.byPath.get(path), index: null };
    return { place: this.byPath.get(bracket[1]), index: Number(bracket[2]) };
  }
}

/** The name of a field; a value that is kept with its complement goes by the name of both. */
export function nameOf(path: string): string {
  return path.replace(/\.(?:value|inverse)s?$/, "");
}

/** Where a value and its complement lie; null for a path that names one of them already. */
function twinPaths(path: string): { value: string; inverse: string } | null {
  if (/\.(?:value|inverse)s?(?:\[\d+\])?$/.test(path)) return null;
  const element = /^(.*)(\[\d+\])$/.exec(path);
  if (element) return { value: `${element[1]}.values${element[2]}`, inverse: `${element[1]}.inverses${element[2]}` };
  return { value: `${path}.value`, inverse: `${path}.inverse` };
}

function walk(node: object, path: string, seen: Set<object>, scalars: ScalarPlace[], arrays: ArrayPlace[]): void {
  if (seen.has(node) || Object.isFrozen(node)) return;
  seen.add(node);
  for (const [key, value] of Object.entries(node)) {
    const here = path === "" ? key : `${path}.${key}`;
    if (typeof value === "number" || typeof value === "boolean") {
      const owner = node as Record<string, number | boolean>;
      scalars.push({ path: here, owner, key, isBoolean: typeof value === "boolean" });
    } else if (isStateArray(value)) {
      if (!seen.has(value)) arrays.push({ path: here, array: value });
      seen.add(value);
    } else if (typeof value === "object" && value !== null && isRecord(value)) {
      walk(value, here, seen, scalars, arrays);
    } else {
      throw new TypeError(`state must be numbers, booleans, typed arrays and objects of these: ${here} is not`);
    }
  }
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

/** A small integer stays one: a double stored into a firmware field would make every later tick allocate. */
function small(value: number): number {
  return (value | 0) === value ? value | 0 : value;
}
