// Makes the instrumented build of the firmware, in which a stepper stands at a statement. It is the same source with three kinds of
// calls added: one before each statement of a function, which says the statement's number and can look at the locals, and one at
// the beginning and at the end of each function. Beside the code is the table of statements and functions with their places in
// the sources, and the digest of each source, by which an edited file is noticed. hal/ is in it as it is: it has no statement that
// a tick executes, but for its assertion.
//
// The functions that a quiet tick may run are marked: a statement of any other function is not executed in a tick that a leap
// skips. They are the functions that `passes` of the controller calls, and those that these call.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import ts from "typescript";
import { digestOf, ROOT } from "./sources.mjs";

/** The file beside the command, and the place where the tests keep it. */
export const STEPPING_FILE = "stepping.json";
const KEPT = join(ROOT, "node_modules", ".cache", "cistern-stepping");

const HOOKS = "__hooks";
const MADE = "__made";
/** The function that a tick without work ends in, and the one that calls it. */
const QUIET_ROOT = "PumpController.passes";
const TICK = "PumpController.tick";

/** The text of the build. It is made again only when a source or this program has changed. */
export async function steppingBuild() {
  const digest = digestOf(["hal", "firmware", "scripts/stepping.mjs", "scripts/sources.mjs", "package-lock.json"]);
  const kept = join(KEPT, `${digest}.json`);
  if (existsSync(kept)) return readFileSync(kept, "utf8");
  const text = JSON.stringify(await instrumented());
  mkdirSync(KEPT, { recursive: true });
  // Two programs may make it at a time, and each writes the same.
  const made = `${kept}.${process.pid}`;
  writeFileSync(made, text);
  renameSync(made, kept);
  writeFileSync(`${join(KEPT, STEPPING_FILE)}.${process.pid}`, text);
  renameSync(`${join(KEPT, STEPPING_FILE)}.${process.pid}`, join(KEPT, STEPPING_FILE));
  return text;
}

async function instrumented() {
  const table = { files: [], functions: [], statements: [] };
  const texts = new Map();
  const sources = {};
  for (const folder of ["hal", "firmware"]) {
    for (const name of readdirSync(join(ROOT, folder)).filter((each) => /\.ts$/.test(each))) {
      const text = readFileSync(join(ROOT, folder, name), "utf8");
      sources[`${folder}/${name}`] = createHash("sha256").update(text).digest("hex");
      if (folder === "firmware") texts.set(join(ROOT, folder, name), instrument(`${folder}/${name}`, text, table));
    }
  }
  const bundle = await build({
    absWorkingDir: ROOT,
    entryPoints: ["firmware/controller.ts"],
    bundle: true,
    write: false,
    format: "iife",
    globalName: MADE,
    platform: "neutral",
    target: "node20",
    plugins: [{ name: "instrument", setup: (made) => void made.onLoad({ filter: /[\\/]firmware[\\/]/ }, load) }],
  });
  function load({ path }) {
    return { contents: texts.get(path), loader: "ts", resolveDir: dirname(path) };
  }
  const code = `(function (${HOOKS}) {${bundle.outputFiles[0].text};return ${MADE};})`;
  return { sources, ...table, quiet: quietFunctions(table), code };
}

/** The text of a source with the calls in it. Adds to the table. */
function instrument(file, text, table) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const fileIndex = table.files.push(file) - 1;
  /** @type {{ at: number, text: string }[]} */
  const edits = [];
  const placeOf = (position) => source.getLineAndCharacterOfPosition(position);

  const note = (statement, scope) => {
    const { line, character } = placeOf(statement.getStart(source));
    const end = placeOf(firstPartEnd(statement, source));
    const id = table.statements.push([fileIndex, line + 1, character + 1, end.line + 1, scope.index]) - 1;
    const self = scope.hasThis ? "this" : "null";
    return `${HOOKS}.on[${id}] && ${HOOKS}.at(${id}, () => [${self}, { ${[...new Set(scope.names)].join(", ")} }]); `;
  };
  /** A list of statements of one block: each may use what those before it declare. */
  const list = (statements, scope) => {
    const inner = { ...scope, names: [...scope.names] };
    for (const statement of statements) {
      if (isExecuted(statement)) edits.push({ at: statement.getStart(source), text: note(statement, inner) });
      inside(statement, inner);
      if (ts.isVariableStatement(statement)) inner.names.push(...namesIn(statement.declarationList));
    }
  };
  /** A statement where the grammar allows one only: a block around it makes room for the call. */
  const single = (statement, scope) => {
    if (ts.isBlock(statement)) return list(statement.statements, scope);
    edits.push({ at: statement.getStart(source), text: `{ ${note(statement, scope)}` });
    inside(statement, scope);
    edits.push({ at: statement.getEnd(), text: " }" });
  };
  /** The statements within a statement. */
  const inside = (statement, scope) => {
    if (ts.isBlock(statement)) return list(statement.statements, scope);
    if (ts.isIfStatement(statement)) {
      single(statement.thenStatement, scope);
      if (statement.elseStatement) single(statement.elseStatement, scope);
      return;
    }
    if (ts.isForStatement(statement)) {
      const { initializer } = statement;
      const own = initializer && ts.isVariableDeclarationList(initializer) ? namesIn(initializer) : [];
      return single(statement.statement, { ...scope, names: [...scope.names, ...own] });
    }
    if (ts.isWhileStatement(statement) || ts.isDoStatement(statement)) return single(statement.statement, scope);
    if (ts.isSwitchStatement(statement)) {
      for (const clause of statement.caseBlock.clauses) list(clause.statements, scope);
    }
  };
  const enter = (node, owner) => {
    const isMethod = ts.isMethodDeclaration(node) || ts.isAccessor(node);
    if ((isMethod || ts.isFunctionDeclaration(node)) && node.body) {
      const isStatic = (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Static) !== 0;
      const name = `${owner ? `${owner}.` : ""}${node.name.getText(source)}`;
      const { line } = placeOf(node.name.getStart(source));
      const index = table.functions.push([name, fileIndex, line + 1]) - 1;
      const names = node.parameters.map((each) => each.name.getText(source));
      edits.push({ at: node.body.getStart(source) + 1, text: ` ${HOOKS}.enter(${index}); try {` });
      list(node.body.statements, { index, names, hasThis: isMethod && !isStatic });
      edits.push({ at: node.body.getEnd() - 1, text: `} finally { ${HOOKS}.leave(); } ` });
      return;
    }
    const name = ts.isClassDeclaration(node) ? node.name?.text : owner;
    ts.forEachChild(node, (child) => enter(child, name));
  };
  enter(source, undefined);
  // Edits of one place stay in the order in which they were made.
  let made = "";
  let from = 0;
  for (const { at, text: added } of edits.map((each, i) => ({ ...each, i })).sort((a, b) => a.at - b.at || a.i - b.i)) {
    made += text.slice(from, at) + added;
    from = at;
  }
  return made + text.slice(from);
}

/** A declaration without a value does nothing. */
function isExecuted(statement) {
  if (ts.isBlock(statement) || ts.isFunctionDeclaration(statement) || ts.isEmptyStatement(statement)) return false;
  return !ts.isVariableStatement(statement) || statement.declarationList.declarations.some((each) => each.initializer);
}

/** The end of the part of a statement that has no statements in it: the condition of an `if`, the head of a loop. */
function firstPartEnd(statement, source) {
  if (ts.isIfStatement(statement) || ts.isWhileStatement(statement)) return statement.expression.getEnd();
  if (ts.isSwitchStatement(statement)) return statement.expression.getEnd();
  if (ts.isForStatement(statement)) return statement.statement.getFullStart();
  if (ts.isDoStatement(statement)) return statement.getStart(source);
  return statement.getEnd();
}

function namesIn({ declarations }) {
  return declarations.map(({ name }) => name.getText());
}

/** The indexes of the functions that a tick without work may run. */
function quietFunctions({ files, functions }) {
  const indexes = new Map(functions.map(([, file, line], i) => [`${files[file]}:${line}`, i]));
  const names = files.map((file) => join(ROOT, file));
  const program = ts.createProgram([...names, join(ROOT, "hal/types.d.ts")], {
    noLib: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ES2022,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  });
  const checker = program.getTypeChecker();
  const indexOf = (declaration) => {
    const source = declaration.getSourceFile();
    const { line } = source.getLineAndCharacterOfPosition(declaration.name.getStart(source));
    return indexes.get(`${relative(ROOT, source.fileName).replaceAll("\\", "/")}:${line + 1}`);
  };
  const bodies = new Map();
  const gather = (node) => {
    const index = ts.isFunctionLike(node) && node.body && node.name ? indexOf(node) : undefined;
    if (index !== undefined) bodies.set(index, node.body);
    ts.forEachChild(node, gather);
  };
  for (const name of names) gather(program.getSourceFile(name));
  const calledIn = (body) => {
    const found = [];
    const visit = (node) => {
      if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node)) {
        const named = ts.isCallExpression(node) ? node.expression : node;
        const symbol = checker.getSymbolAtLocation(named);
        const isAlias = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
        const declared = (isAlias ? checker.getAliasedSymbol(symbol) : symbol)?.declarations ?? [];
        for (const each of declared) if (ts.isFunctionLike(each) && each.name) found.push(indexOf(each));
      }
      ts.forEachChild(node, visit);
    };
    visit(body);
    return found.filter((index) => index !== undefined);
  };
  const named = (name) => {
    const index = functions.findIndex((each) => each[0] === name);
    if (index < 0) throw new Error(`firmware/ has no function ${name}, from which the quiet ones are found`);
    return index;
  };
  const reached = new Set([named(QUIET_ROOT)]);
  for (const index of reached) for (const each of calledIn(bodies.get(index))) reached.add(each);
  reached.add(named(TICK));
  return [...reached].sort((a, b) => a - b);
}

/** Run alone, it makes the build for programs that run from their sources. */
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await steppingBuild();
