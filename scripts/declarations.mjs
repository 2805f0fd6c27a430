// Makes the declarations that the package ships from those that tsc writes for the sources. Only files that a door reaches are
// kept. Two things in them would not work for a consumer and are rewritten: the integer names of hal/types.d.ts, which are
// globals of this project alone, become the TypeScript types that they stand for, and relative imports get the ending `.js`
// that Node's resolution needs. The parser of TypeScript finds both, so comments and strings stay as they are.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

const parse = (file) => ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);

/** Name and meaning of each type alias in the ambient file, for instance `i32` and `number`. */
function aliasesIn(file) {
  const aliases = new Map();
  for (const statement of parse(file).statements) {
    if (ts.isTypeAliasDeclaration(statement)) aliases.set(statement.name.text, statement.type.getText());
  }
  return aliases;
}

/** The string of an import, an export or an `import()` type, when it names a file of ours; else undefined. */
function relativeImport(node) {
  let specifier;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) specifier = node.argument.literal;
  return specifier?.text.startsWith(".") ? specifier : undefined;
}

/** The file's text as a consumer gets it, and the files of ours that it imports. */
function rewrite(file, aliases) {
  const source = parse(file);
  const edits = [];
  const imports = [];
  const visit = (node) => {
    const specifier = relativeImport(node);
    if (specifier) {
      edits.push({ start: specifier.getStart(), end: specifier.end, text: JSON.stringify(`${specifier.text}.js`) });
      imports.push(join(dirname(file), `${specifier.text}.d.ts`));
    }
    const meaning = ts.isTypeReferenceNode(node) ? aliases.get(node.typeName.getText()) : undefined;
    if (meaning) edits.push({ start: node.getStart(), end: node.end, text: meaning });
    ts.forEachChild(node, visit);
  };
  visit(source);
  let text = source.text;
  for (const { start, end, text: by } of edits.sort((a, b) => b.start - a.start)) {
    text = text.slice(0, start) + by + text.slice(end);
  }
  return { text, imports };
}

/**
 * Writes all declarations that the doors reach into the folder `to`. `doors` are paths of declarations below the folder `from`.
 * `ambient` is the file whose aliases are replaced by their types.
 */
export function writeDeclarations({ from, doors, ambient, to }) {
  const aliases = aliasesIn(ambient);
  const waiting = doors.map((door) => join(from, door));
  const written = new Set();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (written.has(file)) continue;
    written.add(file);
    const { text, imports } = rewrite(file, aliases);
    const target = join(to, file.slice(from.length));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    waiting.push(...imports);
  }
}
