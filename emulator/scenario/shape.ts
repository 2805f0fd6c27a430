// Parses a value by the shape of `schema.ts`. Each issue of zod becomes a problem of the file. Where a part is wrong, the parse
// goes on without that part, so that the checks that need two places of a file still run over all that is left, and a file
// tells its problems in one pass. A part that is left out brings no problem by its absence.

import { z } from "zod";
import type { Path, Problems } from "./problems";

/** A parsed value, from which wrong parts were left out. */
export interface Shaped<T> {
  /** Null when nothing is left that has the shape. */
  value: T | null;
  /** The path in the file of a path in `value`. They differ where an element of a list was left out. */
  inFile(path: Path): Path;
  /** The paths in the file of the parts that were left out or replaced. */
  leftOut: readonly Path[];
}

/** A part that must be there for the other parts to be checked, and what takes its place while they are. */
export interface StandIn {
  path: readonly string[];
  value: unknown;
}

/** Each round leaves out at least one part of a mapping in a mapping; nothing of a scenario is nested as deeply. */
const ROUNDS_MAX = 12;

/** `value` parsed by that shape. All of its problems go to `problems`. */
export function shaped<T extends z.ZodType>(
  shape: T,
  value: unknown,
  problems: Problems,
  standIns: readonly StandIn[] = [],
): Shaped<z.output<T>> {
  const parsed = shape.safeParse(value);
  const rest = new Remains(value, standIns);
  if (parsed.success) return rest.around<z.output<T>>(parsed.data);
  let issues = flatten(parsed.error.issues, value);
  for (const { path, message, atKey } of relevant(issues)) problems.refuse(path, message, atKey);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (issues.some(({ path }) => path.length === 0)) break;
    rest.leaveOut(issues.map(({ path }) => path));
    const { value: left } = rest;
    const again = shape.safeParse(left);
    if (again.success) return rest.around<z.output<T>>(again.data);
    issues = flatten(again.error.issues, left).map((issue) => ({ ...issue, path: rest.inFile(issue.path) }));
  }
  return rest.around<z.output<T>>(null);
}

/** A copy of a value that loses parts, with the paths that the rest had before. */
class Remains {
  private readonly whole: unknown;
  private readonly standIns: readonly StandIn[];
  private readonly replaced = new Set<StandIn>();
  private readonly leftOut: Path[] = [];
  /** The elements left out of a list, by the list's path in the file. */
  private readonly gone = new Map<string, Set<number>>();
  /** The keys left out, by their path in the file. */
  private readonly keysGone = new Set<string>();

  constructor(value: unknown, standIns: readonly StandIn[]) {
    this.whole = value;
    this.standIns = standIns;
  }

  /** Leaves out the parts at those paths of the file. One issue explains all others of the same part. */
  leaveOut(paths: readonly Path[]): void {
    const gone = new Set<string>();
    for (const path of paths) {
      const isExplained = path.some((_, i) => gone.has(nameOf(path.slice(0, i + 1))));
      if (isExplained) continue;
      const before = this.leftOut.length;
      this.leaveOutOne(path);
      for (const part of this.leftOut.slice(before)) gone.add(nameOf(part));
    }
  }

  /** Leaves out a part, or the part around it if it is not there or not there any more. */
  private leaveOutOne(path: Path): void {
    for (let part = path; part.length > 0; part = part.slice(0, -1)) {
      if (this.replace(part)) return;
      if (valueAt(this.whole, part) === undefined || this.isGone(part)) continue;
      const last = part[part.length - 1];
      const list = nameOf(part.slice(0, -1));
      if (typeof last !== "number") this.keysGone.add(nameOf(part));
      else this.gone.set(list, new Set([...(this.gone.get(list) ?? []), last]));
      this.leftOut.push(part);
      return;
    }
  }

  /** The value without the parts that were left out. */
  get value(): unknown {
    let value = this.copy(this.whole, []);
    for (const each of this.replaced) value = withValue(value, each.path, each.value);
    return value;
  }

  around<T>(value: T | null): Shaped<T> {
    return {
      value,
      inFile: (path) => this.inFile(path),
      leftOut: this.leftOut,
    };
  }

  inFile(path: Path): Path {
    const found: (string | number)[] = [];
    for (const step of path) {
      const gone = typeof step === "number" ? this.gone.get(nameOf(found)) : undefined;
      found.push(gone ? indexInFile(step as number, gone) : step);
    }
    return found;
  }

  /** True when a stand-in has the place of that part. */
  private replace(part: Path): boolean {
    const standIn = this.standIns.find((each) => nameOf(each.path) === nameOf(part));
    if (standIn === undefined || this.replaced.has(standIn)) return false;
    this.replaced.add(standIn);
    this.leftOut.push(part);
    return true;
  }

  private isGone(part: Path): boolean {
    const last = part[part.length - 1];
    if (typeof last !== "number") return this.keysGone.has(nameOf(part));
    return this.gone.get(nameOf(part.slice(0, -1)))?.has(last) ?? false;
  }

  private copy(value: unknown, path: Path): unknown {
    if (Array.isArray(value)) {
      return value.flatMap((each: unknown, i) => (this.isGone([...path, i]) ? [] : [this.copy(each, [...path, i])]));
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !this.isGone([...path, key]))
        .map(([key, each]) => [key, this.copy(each, [...path, key])]),
    );
  }
}

/** The index in the whole list of an element of the list without those that are gone. */
function indexInFile(index: number, gone: ReadonlySet<number>): number {
  let at = -1;
  for (let left = index; left >= 0; left--) {
    at++;
    while (gone.has(at)) at++;
  }
  return at;
}

function nameOf(path: Path): string {
  return path.join("\0");
}

function withValue(whole: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof whole !== "object" || whole === null || Array.isArray(whole)) return whole;
  return { ...whole, [key]: withValue((whole as Record<string, unknown>)[key], rest, value) };
}

interface FlatIssue {
  path: Path;
  message: string;
  atKey: boolean;
  /** A key is missing. The issue is left out where a misspelt key beside it explains it. */
  isMissing: boolean;
}

/** The issues with one entry for each problem; each unknown key is a problem. */
function flatten(issues: readonly z.core.$ZodIssue[], value: unknown): FlatIssue[] {
  return issues.flatMap((issue): FlatIssue[] => {
    const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    if (issue.code === "unrecognized_keys") {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, i) => ({
        path: [...path, key],
        message: messages[i],
        atKey: true,
        isMissing: false,
      }));
    }
    const params = issue.code === "custom" ? issue.params : undefined;
    const isMissing = valueAt(value, path) === undefined || params?.isMissing === true;
    return [{ path, message: issue.message, atKey: params?.atKey === true, isMissing }];
  });
}

/** The value at a path; undefined when there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

/** Leaves out the missing keys of a mapping that has an unknown key, because that key is probably one of them, misspelt. */
function relevant(issues: FlatIssue[]): FlatIssue[] {
  const withUnknown = new Set(issues.filter(({ atKey }) => atKey).map(({ path }) => nameOf(path.slice(0, -1))));
  const hasUnknown = (path: Path): boolean => withUnknown.has(nameOf(path));
  return issues.filter((issue) => !issue.isMissing || !(hasUnknown(issue.path) || hasUnknown(issue.path.slice(0, -1))));
}
