// Reads a text as one YAML 1.2 document of words, numbers, lists and mappings. Every problem has its place, and nothing but a
// ScenarioError is thrown.

import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type YAMLError } from "yaml";
import { describeFound } from "../names";
import { failure, firstLine, type Problem, type Source } from "./problems";
import { type Place, ScenarioError } from "./scenario";

const CHARACTERS_MAX = 1_000_000;

export function readYaml(text: string, file: string): Source {
  const top: Place = { file, line: 1, column: 1 };
  if (text.length > CHARACTERS_MAX) {
    throw new ScenarioError(`expected at most ${CHARACTERS_MAX} characters, found ${text.length}`, top);
  }
  const lines = new LineCounter();
  let document: Document;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  } catch (error) {
    // The composer is recursive: a file with thousands of nested levels ends here.
    throw new ScenarioError(`expected YAML, found what cannot be parsed: ${firstLine(error)}`, top);
  }
  const source = { file, document, lines };
  const problems: Problem[] = [...document.errors, ...document.warnings].map((found) => ({
    message: yamlProblem(found, text),
    offset: found.pos[0],
  }));
  if (document.directives?.yaml.version !== "1.2") {
    problems.push({
      message: `expected YAML 1.2, found a %YAML ${document.directives?.yaml.version} directive`,
      offset: 0,
    });
  }
  if (problems.length === 0) checkNodes(document, problems);
  if (problems.length > 0) throw failure(problems, source);
  return source;
}

function yamlProblem(found: YAMLError, text: string): string {
  if (found.code === "MULTIPLE_DOCS") return "expected one YAML document, found a second one";
  if (/call stack/.test(found.message)) return "expected YAML nested less deeply";
  if (found.code !== "DUPLICATE_KEY") return `not YAML 1.2: ${firstLine(found)}`;
  const key = /^[^\s:,}\]]{1,60}/.exec(text.slice(found.pos[0], found.pos[0] + 60))?.[0] ?? "";
  return `the key \`${key}\` is here a second time: expected each key once`;
}

/** Refuses YAML that a scenario cannot use: keys that are not words, and aliases to nothing or to themselves. */
function checkNodes(document: Document, problems: Problem[]): void {
  visit(document, {
    Pair(_, pair) {
      const { key, value } = pair;
      if (isScalar(key) && typeof key.value === "string" && key.value !== "__proto__") return;
      const node = isNode(key) ? key : isNode(value) ? value : null;
      const found = describeFound(isScalar(key) ? key.value : isSeq(key) ? [] : isMap(key) ? {} : null);
      problems.push({ message: `expected a word as a key, found ${found}`, offset: node?.range?.[0] ?? 0 });
    },
    Alias(_, alias) {
      const offset = alias.range?.[0] ?? 0;
      const anchor = alias.resolve(document);
      if (anchor === undefined) {
        problems.push({ message: `no anchor \`&${alias.source}\` stands before this alias`, offset });
      } else if (anchor.range && anchor.range[0] <= offset && offset < anchor.range[2]) {
        problems.push({ message: `the alias \`*${alias.source}\` stands within its own anchor`, offset });
      }
    },
  });
}

export function toValue(source: Source): unknown {
  try {
    return source.document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw failure([{ message: `expected plain YAML: ${firstLine(error)}`, offset: 0 }], source);
  }
}
