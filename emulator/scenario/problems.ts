// The problems and warnings of a scenario's file. Each has a place in the text. All problems become one ScenarioError, sorted by
// place; a file without problems keeps its warnings.

import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type LineCounter } from "yaml";
import { type Place, ScenarioError, type Warning } from "./scenario";

export type Path = readonly (string | number)[];

/** A parsed file, with the place in its text for each path in its value. */
interface File {
  file: string;
  document: Document;
  lines: LineCounter;
}

interface Problem {
  message: string;
  /** Offset of the problem in the text. */
  offset: number;
  /** Where it is in the value; none for a problem of YAML. */
  path: Path;
}

/** A file may have more problems than anybody reads, for instance when it is no scenario at all. */
const PROBLEMS_SHOWN_MAX = 200;

export class Problems {
  private readonly source: File;
  private readonly found: Problem[] = [];
  private readonly odd: Problem[] = [];
  /** The places with a problem of YAML, of which any other problem there is a consequence. */
  private readonly taken = new Set<number>();

  constructor(source: File) {
    this.source = source;
  }

  /** Adds a problem of the value at `path`, or of its key. */
  refuse(path: Path, message: string, atKey = false): void {
    const problem = this.problem(path, message, atKey);
    if (!this.taken.has(problem.offset)) this.found.push(problem);
  }

  /** Adds a problem of YAML at an offset in the text. */
  refuseAt(offset: number, message: string): void {
    this.found.push({ offset, message, path: [] });
    this.taken.add(offset);
  }

  /** Adds something that is allowed and probably not meant. */
  warn(path: Path, message: string, atKey = false): void {
    this.odd.push(this.problem(path, message, atKey));
  }

  /** The place of the value at `path`. */
  placeOf(path: Path): Place {
    return this.placeAt(offsetOf(this.source.document, path, false));
  }

  /** Throws all problems as one ScenarioError, if there are any. */
  throwAny(): void {
    if (this.found.length === 0) return;
    const [first, ...others] = inOrder(this.found);
    const rest = others
      .slice(0, PROBLEMS_SHOWN_MAX - 1)
      .map((problem) => new ScenarioError(problem.message, this.placeAt(problem.offset)).message);
    const left = others.length - rest.length;
    const lines = [first.message, ...rest, ...(left > 0 ? [`and ${left} more`] : [])];
    throw new ScenarioError(lines.join("\n"), this.placeAt(first.offset), this.warnings());
  }

  /** The warnings in the order of the file, without those of a list that is shorter here because problems lie in it. */
  warnings(): Warning[] {
    return inOrder(this.odd.filter(({ path }) => !this.isWrongWithin(path))).map(({ message, offset }) => {
      const { line, column } = this.placeAt(offset);
      return { text: message, line, column };
    });
  }

  private isWrongWithin(path: Path): boolean {
    return this.found.some(
      (problem) => problem.path.length > path.length && path.every((step, i) => problem.path[i] === step),
    );
  }

  private problem(path: Path, message: string, atKey: boolean): Problem {
    return { message: withPath(path, message), offset: offsetOf(this.source.document, path, atKey), path };
  }

  private placeAt(offset: number): Place {
    const { line, col } = this.source.lines.linePos(offset);
    return { file: this.source.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** Sorted by place. A problem that was found twice stands once. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  const isNew = ({ offset, message }: Problem): boolean => {
    const key = `${offset} ${message}`;
    return !seen.has(key) && !!seen.add(key);
  };
  return problems.filter(isNew).sort((a, b) => a.offset - b.offset);
}

/** Offset of the node at `path`, or of its key, or of the nearest node around it that exists. */
function offsetOf(document: Document, path: Path, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  path.forEach((step, i) => {
    if (isAlias(node)) node = node.resolve(document);
    let key: unknown = null;
    if (isMap(node)) {
      const pair = node.items.findLast((item) => isPair(item) && isScalar(item.key) && item.key.value === String(step));
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

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
