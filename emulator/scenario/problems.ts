// The problems of a scenario's file: each has a place in the text, and all of them become one ScenarioError.

import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type LineCounter } from "yaml";
import { type Place, ScenarioError } from "./scenario";

export type Path = readonly PropertyKey[];

export interface Problem {
  message: string;
  /** Offset of the problem in the text. */
  offset: number;
}

/** A parsed file, with the place in its text for each path in its value. */
export interface Source {
  file: string;
  document: Document;
  lines: LineCounter;
}

const PROBLEMS_SHOWN_MAX = 20;

export function problemAt(source: Source, path: Path, message: string, atKey: boolean): Problem {
  return { message: withPath(path, message), offset: offsetOf(source.document, path, atKey) };
}

/** Offset of the node at `path`, or of its key, or of the nearest node around it that exists. */
export function offsetOf(document: Document, path: Path, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  path.forEach((step, i) => {
    if (isAlias(node)) node = node.resolve(document);
    let key: unknown = null;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === String(step));
      key = pair?.key;
      node = pair?.value;
    } else {
      node = isSeq(node) ? node.items[Number(step)] : undefined;
    }
    const wanted = isNode(key) && (!isNode(node) || (atKey && i === path.length - 1)) ? key : node;
    if (isNode(wanted)) offset = wanted.range?.[0] ?? offset;
  });
  return offset;
}

/** `timeline[2].at: expected ...`. */
function withPath(path: Path, message: string): string {
  let name = "";
  for (const step of path) name += typeof step === "number" ? `[${step}]` : `${name && "."}${String(step)}`;
  return name.length > 0 ? `${name.length > 120 ? `${name.slice(0, 117)}...` : name}: ${message}` : message;
}

export function failure(problems: Problem[], source: Source): ScenarioError {
  const seen = new Set<string>();
  const isNew = ({ offset, message }: Problem): boolean =>
    !seen.has(`${offset} ${message}`) && !!seen.add(`${offset} ${message}`);
  const sorted = problems.filter(isNew).sort((a, b) => a.offset - b.offset);
  const placeOf = (problem: Problem): Place => {
    const { line, col } = source.lines.linePos(problem.offset);
    return { file: source.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const rest = sorted
    .slice(1, PROBLEMS_SHOWN_MAX)
    .map((problem) => new ScenarioError(problem.message, placeOf(problem)));
  const left = sorted.length - 1 - rest.length;
  const lines = [sorted[0].message, ...rest.map((error) => error.message), ...(left > 0 ? [`and ${left} more`] : [])];
  return new ScenarioError(lines.join("\n"), placeOf(sorted[0]));
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
