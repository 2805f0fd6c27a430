// The snapshots of a run that a person moves in time. Two snapshots that follow each other are nearly alike: of the pump's 64 KB
// of memory, the head's list of pulses and the events only the last pieces differ. So each value is kept in pages, and a page or a
// whole part of the state that is the same as in the snapshot before is kept once. A snapshot of a day's run takes some kilobytes
// instead of 300.

import type { SavedRun } from "../run/run";

/** Bytes of a page of a typed array. */
const PAGE_BYTES = 512;
/** Numbers of a page of a list. */
const PAGE_ELEMENTS = 128;
/** About what a number of a list, and the pages' own records, take. */
const ELEMENT_BYTES = 8;
const RECORD_BYTES = 48;

type TypedArray = Uint8Array | Uint16Array | Int32Array | Float64Array;

interface Kept {
  /** The snapshots and the parts of snapshots that have it. */
  uses: number;
}

interface Page extends Kept {
  /** A piece of an array. An element of a list that is no number (an event) is never changed by anybody. */
  readonly data: Uint8Array | readonly unknown[];
}

type Packed = Kept &
  (
    | { kind: "bytes"; make: (buffer: ArrayBuffer) => TypedArray; length: number; pages: Page[] }
    | { kind: "list"; pages: Page[] }
    | { kind: "items"; items: Packed[] }
    | { kind: "fields"; names: readonly string[]; items: Packed[] }
    | { kind: "plain"; value: unknown }
  );

/** A snapshot in pages. */
export interface PackedRun {
  readonly tick: number;
  /** The run that was kept. One with another timeline has arrays of other lengths. */
  readonly of: object;
  readonly packed: Packed;
  uses: number;
}

/** Keeps snapshots and counts the bytes of all pages that are in use. */
export class Snapshots {
  /** The bytes of all pages in use. */
  bytes = 0;

  /** Keeps a snapshot. It shares the pages that are the same in `like`, which must be kept. */
  keep(saved: SavedRun, of: object, like: PackedRun | null): PackedRun {
    return { tick: saved.machine.tick, of, packed: this.pack(saved, like?.packed ?? null), uses: 1 };
  }

  /** Another reader of the snapshot, who gives it up too. */
  share(kept: PackedRun): PackedRun {
    kept.uses++;
    return kept;
  }

  /** The snapshot as it was kept. */
  restore({ packed }: PackedRun): SavedRun {
    return unpack(packed) as SavedRun;
  }

  /** Gives up a snapshot. After its last reader the pages go that no other snapshot has. */
  drop(kept: PackedRun): void {
    if (--kept.uses === 0) this.release(kept.packed);
  }

  private pack(value: unknown, like: Packed | null): Packed {
    if (ArrayBuffer.isView(value)) return this.packBytes(value as TypedArray, like);
    if (Array.isArray(value)) {
      if (value.every(isElement)) return this.packList(value, like);
      const before = like?.kind === "items" ? like : null;
      const items = value.map((each, i) => this.pack(each, before?.items[i] ?? null));
      if (before !== null && this.isOld(items, before.items)) return again(before);
      return this.kept({ kind: "items", items, uses: 1 });
    }
    if (typeof value !== "object" || value === null) {
      const isKnown = like?.kind === "plain" && Object.is(like.value, value);
      return isKnown ? again(like) : this.kept({ kind: "plain", value, uses: 1 });
    }
    const names = Object.keys(value);
    const before = like?.kind === "fields" && isPieceOf(names, 0, names.length, like.names) ? like : null;
    const items = names.map((name, i) => this.pack((value as Record<string, unknown>)[name], before?.items[i] ?? null));
    if (before !== null && this.isOld(items, before.items)) return again(before);
    return this.kept({ kind: "fields", names: before?.names ?? names, items, uses: 1 });
  }

  private packBytes(array: TypedArray, like: Packed | null): Packed {
    const all = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const before = like?.kind === "bytes" ? like : null;
    const pages: Page[] = [];
    for (let at = 0; at < all.length; at += PAGE_BYTES) {
      const piece = all.subarray(at, at + PAGE_BYTES);
      const known = before?.pages.at(pages.length);
      const isKnown = known !== undefined && Buffer.compare(piece, known.data as Uint8Array) === 0;
      pages.push(isKnown ? again(known) : this.page(piece.slice(), piece.length));
    }
    if (before !== null && this.isOld(pages, before.pages)) return again(before);
    const kind = array.constructor as new (buffer: ArrayBuffer) => TypedArray;
    return this.kept({ kind: "bytes", make: (buffer) => new kind(buffer), length: all.length, pages, uses: 1 });
  }

  private packList(list: readonly unknown[], like: Packed | null): Packed {
    const before = like?.kind === "list" ? like : null;
    const pages: Page[] = [];
    for (let at = 0; at < list.length; at += PAGE_ELEMENTS) {
      const known = before?.pages.at(pages.length);
      const length = Math.min(PAGE_ELEMENTS, list.length - at);
      const isKnown = known !== undefined && isPieceOf(list, at, length, known.data as readonly unknown[]);
      pages.push(isKnown ? again(known) : this.page(list.slice(at, at + length), length * ELEMENT_BYTES));
    }
    if (before !== null && this.isOld(pages, before.pages)) return again(before);
    return this.kept({ kind: "list", pages, uses: 1 });
  }

  private page(data: Page["data"], bytes: number): Page {
    this.bytes += RECORD_BYTES + bytes;
    return { data, uses: 1 };
  }

  private kept(packed: Packed): Packed {
    this.bytes += RECORD_BYTES;
    return packed;
  }

  /** True when these are the same as before, of which the caller then takes the whole. */
  private isOld(parts: readonly Kept[], before: readonly Kept[]): boolean {
    if (parts.length !== before.length || !parts.every((part, i) => part === before[i])) return false;
    for (const part of parts) part.uses--;
    return true;
  }

  private release(packed: Packed): void {
    if (--packed.uses > 0) return;
    this.bytes -= RECORD_BYTES;
    if (packed.kind === "items" || packed.kind === "fields") for (const each of packed.items) this.release(each);
    else if (packed.kind !== "plain") {
      for (const page of packed.pages) {
        if (--page.uses > 0) continue;
        this.bytes -= RECORD_BYTES + page.data.length * (packed.kind === "list" ? ELEMENT_BYTES : 1);
      }
    }
  }
}

/** Another snapshot has it too. */
function again<T extends Kept>(part: T): T {
  part.uses++;
  return part;
}

/** True for an element of a list that is kept in pages: a number, and an event, which is an array that nobody changes. */
function isElement(value: unknown): boolean {
  return typeof value === "number" || Array.isArray(value);
}

function isPieceOf(list: readonly unknown[], from: number, length: number, piece: readonly unknown[]): boolean {
  if (piece.length !== length) return false;
  for (let i = 0; i < length; i++) if (!Object.is(list[from + i], piece[i])) return false;
  return true;
}

function unpack(packed: Packed): unknown {
  switch (packed.kind) {
    case "plain":
      return packed.value;
    case "items":
      return packed.items.map(unpack);
    case "fields":
      return Object.fromEntries(packed.items.map((each, i) => [packed.names[i], unpack(each)]));
    case "list":
      return packed.pages.flatMap(({ data }) => data as unknown[]);
    case "bytes": {
      const all = new Uint8Array(packed.length);
      packed.pages.forEach(({ data }, i) => all.set(data as Uint8Array, i * PAGE_BYTES));
      return packed.make(all.buffer);
    }
  }
}
