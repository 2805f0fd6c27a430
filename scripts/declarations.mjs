// Makes the declarations that the package ships from those that tsc writes for the sources. Only files that a door reaches are
// kept. Two things in them would not work for a consumer and are rewritten: the integer names of hal/types.d.ts, which are
// globals of this project alone, become the TypeScript types that they stand for, and relative imports get the ending `.js`
// that Node's resolution needs. The parser of TypeScript finds both, so comments and strings stay as they are.
//
// `node scripts/declarations.mjs` checks them: they compile for a consumer who has neither the types of Node nor those of the DOM.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { DOORS, ROOT } from "./sources.mjs";

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

/** Copies all declarations that the doors reach from the folder `from` into the folder `to`, as a consumer gets them. */
function copyReached(from, to) {
  const aliases = aliasesIn(join(ROOT, "hal/types.d.ts"));
  const waiting = DOORS.map((door) => join(from, `emulator/${door}.d.ts`));
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

/** Runs tsc. Throws an Error with its words when it finds something. */
async function compile(...args) {
  try {
    await promisify(execFile)(join(ROOT, "node_modules/.bin/tsc"), args, {
      cwd: ROOT,
      shell: process.platform === "win32",
    });
  } catch (error) {
    throw new Error(error.stdout || error.message, { cause: error });
  }
}

/** Writes the declarations of the package into the folder `to`. `flags` are flags of tsc. */
export async function writeDeclarations(to, ...flags) {
  const from = `${to}.all`;
  try {
    await compile("-p", "scripts/tsconfig.types.json", "--outDir", from, ...flags);
    copyReached(from, to);
  } finally {
    rmSync(from, { recursive: true, force: true });
  }
}

/** The words of tsc about the declarations where nothing is there but the language, by files of this tree; empty when there are none. */
async function faults() {
  const cache = join(ROOT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "cistern-declarations-"));
  try {
    // The sources have a check of their own.
    await writeDeclarations(join(folder, "types"), "--noCheck");
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [] },
      ...{ lib: ["es2022"], target: "es2022", module: "nodenext" },
    };
    const files = DOORS.map((door) => `types/emulator/${door}.d.ts`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    await compile("-p", folder, "--pretty", "false");
    return "";
  } catch (error) {
    return error.message.replaceAll(/^\S*?types[\\/](\S+)\.d\.ts\(.*?\): /gm, "the declarations of $1.ts: ");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const said = await faults();
  process.stdout.write(said);
  if (said !== "") process.exitCode = 1;
}
