// Parses a value by the shape of `schema.ts` and turns the issues of zod into problems of the file, one for each mistake.

import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import { describeUnknown } from "../names";
import { failure, type Path, problemAt, type Source } from "./problems";

/** `value` parsed by that shape. Throws one ScenarioError with all of its problems. */
export function shaped<T extends z.ZodType>(shape: T, value: unknown, source: Source): z.output<T> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = relevant(flatten(parsed.error.issues, value, []));
  throw failure(
    issues.map(({ path, message, atKey }) => problemAt(source, path, message, atKey)),
    source,
  );
}

interface FlatIssue {
  path: Path;
  message: string;
  atKey: boolean;
  /** A key is missing. The issue is left out where a misspelt key beside it explains it. */
  isMissing: boolean;
}

/**
 * The issues with one entry for each problem. A union gives the problems of the intended branch; each unknown key is a problem.
 */
function flatten(issues: readonly z.core.$ZodIssue[], value: unknown, above: Path): FlatIssue[] {
  return issues.flatMap((issue): FlatIssue[] => {
    const path = [...above, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, i) => ({
        path: [...path, key],
        message: messages[i],
        atKey: true,
        isMissing: false,
      }));
    }
    if (issue.code === "invalid_union") {
      const here = valueAt(value, path);
      const branch = issue.errors.find((errors) => isMeant(errors, here));
      if (branch !== undefined) return flatten(branch, value, path);
      const slip = misspeltKey(issue.errors.flat(), here);
      if (slip !== null) return [{ path: [...path, slip.key], message: slip.message, atKey: true, isMissing: false }];
    }
    const atKey = issue.code === "custom" && issue.params?.atKey === true;
    const isMissing = valueAt(value, path) === undefined || /found none$/.test(issue.message);
    return [{ path, message: issue.message, atKey, isMissing }];
  });
}

/** True when the value's type and its deciding key fit the branch of a union that has these errors, so it was meant for it. */
function isMeant(errors: readonly z.core.$ZodIssue[], value: unknown): boolean {
  return errors.every((error) => {
    if (error.code === "invalid_union" && error.discriminator !== undefined) {
      return typeof value === "object" && value !== null && error.discriminator in value;
    }
    return error.path.length > 0 || !["invalid_type", "invalid_value", "invalid_union"].includes(error.code);
  });
}

/** The key of a mapping that is most like one of those that decide a union. */
function misspeltKey(errors: readonly z.core.$ZodIssue[], value: unknown): { key: string; message: string } | null {
  const known = errors.flatMap((error) => (error.code === "invalid_union" && error.discriminator) || []);
  if (known.length === 0 || typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const near = (key: string): number => distance(key, closest(key, known));
  const candidates = Object.keys(value).filter((key) => key !== "at");
  const key = candidates.sort((a, b) => near(a) - near(b))[0];
  return key === undefined ? null : { key, message: describeUnknown("key", key, known) };
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<PropertyKey, unknown>)[step];
  }
  return here;
}

/** Leaves out the missing keys of a mapping that has an unknown key, because that key is probably one of them, misspelt. */
function relevant(issues: FlatIssue[]): FlatIssue[] {
  const hasUnknown = (path: Path): boolean =>
    issues.some((other) => other.atKey && other.path.length === path.length + 1 && isPrefix(path, other.path));
  return issues.filter((issue) => !issue.isMissing || !(hasUnknown(issue.path) || hasUnknown(issue.path.slice(0, -1))));
}

function isPrefix(path: Path, longer: Path): boolean {
  return path.every((step, i) => step === longer[i]);
}
