// Reads a text as one YAML 1.2 document of words, numbers, lists and mappings. What can be read in spite of a problem is read on,
// so that the problems of the whole file are told at once; other problems end here. Nothing but a ScenarioError is thrown.

import {
  Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { describeFound } from "../names";
import { firstLine, Problems } from "./problems";
import { ScenarioError } from "./scenario";

/** A parsed file, and the problems found so far. */
export interface Source {
  value: unknown;
  problems: Problems;
}

const CHARACTERS_MAX = 1_000_000;
const BYTE_ORDER_MARK = "\uFEFF";

/** The problems after which a document still has a value, which is then checked too. */
const READABLE: readonly string[] = ["DUPLICATE_KEY", "MULTIPLE_DOCS", "TAG_RESOLVE_FAILED"];

export function readYaml(written: string, file: string): Source {
  const top = { file, line: 1, column: 1 };
  if (written.length > CHARACTERS_MAX) {
    throw new ScenarioError(`expected at most ${CHARACTERS_MAX} characters, found ${written.length}`, top);
  }
  const text = written.startsWith(BYTE_ORDER_MARK) ? written.slice(1) : written;
  const lines = new LineCounter();
  let document: Document;
  try {
    // With merge keys as in YAML 1.1 a refused one brings no problem about the keys that it stands for.
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2", merge: true });
  } catch (error) {
    // The composer is recursive: a file with thousands of nested levels ends here.
    throw new ScenarioError(`expected YAML, found what cannot be parsed: ${firstLine(error)}`, top);
  }
  const problems = new Problems({ file, document, lines });
  for (const found of [...document.errors, ...document.warnings]) {
    // Every tag is told by `checkNodes`, also one that YAML knows.
    if (found.code !== "TAG_RESOLVE_FAILED") problems.refuseAt(found.pos[0], yamlProblem(found, text));
  }
  if (document.errors.some(({ code }) => !READABLE.includes(code))) problems.throwAny();
  const version = document.directives?.yaml.version;
  if (version !== "1.2") problems.refuseAt(0, `expected YAML 1.2, found a %YAML ${version} directive`);
  checkNodes(document, text, problems);
  return { value: valueOf(document, problems), problems };
}

/** The same for a file whose value is known and that nobody has written: each place in it is its beginning. */
export function unwritten(value: unknown, file: string): Source {
  return { value, problems: new Problems({ file, document: new Document(null), lines: new LineCounter() }) };
}

function yamlProblem(found: YAMLError, text: string): string {
  if (found.code === "MULTIPLE_DOCS") return "expected one YAML document, found a second one";
  if (/call stack/.test(found.message)) return "expected YAML nested less deeply";
  if (found.code !== "DUPLICATE_KEY") return `not YAML 1.2: ${firstLine(found)}`;
  const key = /^[^\s:,}\]]{1,60}/.exec(text.slice(found.pos[0], found.pos[0] + 60))?.[0] ?? "";
  return `the key \`${key}\` is here a second time: expected each key once`;
}

/** Refuses YAML that a scenario cannot use: tags, merge keys, keys that are not words, aliases to nothing or to themselves. */
function checkNodes(document: Document, text: string, problems: Problems): void {
  let isBroken = false;
  visit(document, {
    Value(_, { tag, range }) {
      if (tag !== undefined) refuseTag(text, range?.[0] ?? 0, problems);
    },
    Pair(_, pair) {
      const { key, value } = pair as Pair<unknown, Node | null>;
      if (isMergeKey(key)) {
        problems.refuseAt(offsetOf(key), "merge keys (`<<`) are not YAML 1.2: write the keys out");
        return;
      }
      if (isScalar(key) && typeof key.value === "string" && key.value !== "__proto__") return;
      const found = describeFound(isScalar(key) ? key.value : isSeq(key) ? [] : isMap(key) ? {} : null);
      problems.refuseAt(offsetOf(isNode(key) ? key : value), `expected a word as a key, found ${found}`);
    },
    Alias(_, alias) {
      const anchor = alias.resolve(document);
      const offset = offsetOf(alias);
      if (anchor === undefined) {
        problems.refuseAt(offset, `no anchor \`&${alias.source}\` stands before this alias`);
        isBroken = true;
      } else if (anchor.range && anchor.range[0] <= offset && offset < anchor.range[2]) {
        problems.refuseAt(offset, `the alias \`*${alias.source}\` stands within its own anchor`);
        isBroken = true;
      }
    },
  });
  if (isBroken) problems.throwAny();
}

/** `at` is the offset of the value behind the tag. */
function refuseTag(text: string, at: number, problems: Problems): void {
  const [before, tag = "a tag"] = /(!\S*)\s*(?:&\S+\s*)?$/.exec(text.slice(0, at)) ?? [""];
  problems.refuseAt(at - before.length, `expected a value without a tag, found \`${tag}\``);
}

/** True for a plain `<<`, which YAML 1.1 took for the keys of the mapping that follows. */
function isMergeKey(key: unknown): key is Node {
  return isScalar(key) && key.type === "PLAIN" && key.source === "<<";
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function valueOf(document: Document, problems: Problems): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    problems.refuseAt(0, `expected plain YAML: ${firstLine(error)}`);
    problems.throwAny();
    return null;
  }
}
