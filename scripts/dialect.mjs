// Checks the compiled controller for properties that rules on the source cannot prove: no floating point, no allocation after
// construction, no recursion, no function tables, fixed memory. It also measures ROM, RAM and the deepest call chain. It
// compiles the entry twice. The shipped module (-O3) is checked for floats and memory and gives the figures, because its
// instructions are those that run. A second module without any optimisation is checked for allocation and recursion, because in
// it every call of the source is still a call and inlining hides none; functions that no export reaches do not count there.
// `--debug` only adds the names section, and code and data are the same bytes without it (test/dialect.prove.ts). Binaryen prints
// the module as text, and the words are read from it, so that no kind of instruction can be overlooked.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";
import { digestOfSources, ROOT } from "./sources.mjs";

const DOCS = "docs/dialect.md";
/** Where the compiled controller is kept. */
const KEPT = join(ROOT, "node_modules", ".cache", "cistern-controller");

const ENTRY = "targets/wasm/main.ts";
/** One page of 64 KiB: the dose windows lie in the non-volatile memory. */
const MEMORY_FLAGS = ["--runtime", "stub", "--use", "abort=", "--initialMemory", "1", "--maximumMemory", "1"];
/** The flags with which `scripts/build.mjs` makes the module that ships. */
export const SHIPPED_FLAGS = ["-O3", "--converge", ...MEMORY_FLAGS];
const PLAIN_FLAGS = ["--optimizeLevel", "0", ...MEMORY_FLAGS];

/** An optimised build of asc leaves the first KiB of memory empty, so that a null pointer with an offset reaches no data. */
const EMPTY_BYTES = 1024;
const HEAP_END = "~lib/rt/stub/offset";
/** Functions that allocate. `__link` is excepted: a setter of a reference calls it, and in the stub runtime it is empty. */
const ALLOCATOR = /^~lib\/rt\/(?!stub\/__link$)/;
const FLOAT = /^(?:f32|f64|v128|[if]\d+x\d+)(?:\.|$)|_f(?:32|64)/;
const INDIRECT = /^(?:return_)?call_(?:indirect|ref)$/;
const CALLS = new Set(["call", "return_call"]);
const SECTION_CUSTOM = 0;
const SECTION_CODE = 10;
const SECTION_DATA = 11;

/** The text of an assertion, which is the last argument of its call. */
const ASSERTION_TEXT = /(\bassert\([^;]*,\s*)"[^"\n]*"(,?\s*\);)/g;

/**
 * Compiles `entry` (a path under `baseDir`) with `flags` and, by default, a names section. `sources` may have files that are
 * not on disk, by path; then nothing is read from disk. `overlay` has files that take the place of those on disk, or are not
 * there. Throws an Error with the compiler's message.
 *
 * Without `texts` the module has no texts of assertions. It traps where an assertion fails, and the text could not be read there,
 * but each text would take two bytes a character in ROM and in RAM. `transforms` are transforms of the compiler.
 */
export function compile(entry, flags, options = {}) {
  const compiled = before.then(() => compileAlone(entry, flags, options));
  before = compiled.catch(() => null);
  return compiled;
}

/** The end of the last compilation: asc keeps settings of its optimizer in the process, so one begins when the other is over. */
let before = Promise.resolve();

async function compileAlone(
  entry,
  flags,
  { baseDir = ROOT, sources = {}, overlay = {}, names = true, texts = false, transforms = [] },
) {
  const folder = mkdtempSync(join(tmpdir(), "cistern-dialect-"));
  const out = join(folder, "module.wasm");
  try {
    const onDisk = Object.keys(sources).length === 0;
    const read = (name) => overlay[name] ?? (onDisk ? textOnDisk(resolve(baseDir, name)) : (sources[name] ?? null));
    const { error, stderr } = await asc.main(
      [entry, "--baseDir", baseDir, ...(names ? ["--debug"] : []), ...flags, "-o", out],
      {
        readFile: (name) => (texts ? read(name) : (read(name)?.replace(ASSERTION_TEXT, '$1""$2') ?? null)),
        writeFile: (name, contents) => name.endsWith(".wasm") && writeFileSync(out, contents),
        transforms,
      },
    );
    if (error) throw new Error(`${entry} does not compile: ${error.message}\n${stderr.toString()}`);
    return readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The controller of this tree, compiled. The optimiser takes ten seconds, and the build, the checks and tests need the same modules,
 * so each is kept until a file that the build reads changes.
 */
export async function compileController(flags, { names = true } = {}) {
  const named = await compileNamed(flags);
  return names ? named : withoutNames(named);
}

async function compileNamed(flags) {
  const digest = digestOfSources();
  const kind = createHash("sha256").update(JSON.stringify(flags)).digest("hex").slice(0, 8);
  const file = join(KEPT, `${digest}-${kind}.wasm`);
  if (existsSync(file)) return readFileSync(file);
  const bytes = await compile(ENTRY, flags);
  mkdirSync(KEPT, { recursive: true });
  for (const each of readdirSync(KEPT)) if (!each.startsWith(digest)) rmSync(join(KEPT, each), { force: true });
  // Put in place as a whole, because two processes may compile at a time.
  const made = `${file}.${process.pid}`;
  writeFileSync(made, bytes);
  renameSync(made, file);
  return bytes;
}

/** The text of a file, or null when there is none; the compiler then looks elsewhere. */
function textOnDisk(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** A module as lists of words: functions with their calls and instructions, globals, imports, exported functions, memory. */
function readModule(bytes) {
  const module = binaryen.readBinary(bytes);
  try {
    return formsOf(module.emitText());
  } finally {
    module.dispose();
  }
}

/** (a) Floating point or vectors in any instruction, local, parameter, result, global or import. */
function floatViolations(module) {
  return [...module.functions.values(), ...module.globals, ...module.imports]
    .filter((part) => part.floats.length > 0)
    .map((part) => ({ rule: "float", where: part.name, what: `uses ${[...new Set(part.floats)].join(", ")}` }));
}

/** (b) Calls through function tables, anywhere. */
function indirectViolations(module) {
  return [...module.functions.values()]
    .filter((part) => part.indirect)
    .map((part) => ({ rule: "indirect", where: part.name, what: "calls through a function table" }));
}

/** (b) An allocator or `memory.grow` that an export reaches, with the path of the calls. */
function allocationViolations(module) {
  const violations = [];
  const seen = new Set();
  const visit = (name, path) => {
    if (seen.has(name)) return;
    seen.add(name);
    const trail = [...path, name];
    if (ALLOCATOR.test(name)) {
      violations.push({ rule: "allocation", where: path.at(-1) ?? name, what: `allocates: ${trail.join(" -> ")}` });
      return;
    }
    const part = module.functions.get(name);
    if (part === undefined) return;
    if (part.grows) violations.push({ rule: "allocation", where: name, what: `memory.grow: ${trail.join(" -> ")}` });
    for (const callee of part.calls) visit(callee, trail);
  };
  for (const name of module.exported) visit(name, []);
  return violations;
}

/** (c) A cycle in the calls that an export reaches. */
function recursionViolations(module) {
  const violations = [];
  const done = new Set();
  const visit = (name, path) => {
    const start = path.indexOf(name);
    if (start >= 0) {
      violations.push({ rule: "recursion", where: name, what: [...path.slice(start), name].join(" -> ") });
      return;
    }
    if (done.has(name)) return;
    for (const callee of module.functions.get(name)?.calls ?? []) visit(callee, [...path, name]);
    done.add(name);
  };
  for (const name of module.exported) visit(name, []);
  return violations;
}

/** (d) A memory that can grow. A module without a memory of its own has nothing to grow. */
function memoryViolations(module) {
  const { initial, most } = module.memory;
  if (initial === most) return [];
  const bound = most === undefined ? "no maximum" : `a maximum of ${most}`;
  return [{ rule: "memory", where: "memory", what: `${initial} pages at first and ${bound}: it must be fixed` }];
}

/** The bytes of the code and the data section, which would lie in flash. */
function romOf(bytes) {
  const sizes = sectionSizes(bytes);
  return { code_bytes: sizes.get(SECTION_CODE) ?? 0, data_bytes: sizes.get(SECTION_DATA) ?? 0 };
}

/**
 * The bytes of static data and of everything allocated at construction. It instantiates the module with imports that return 0
 * and reads the end of the heap. Null when the module has no heap of asc's stub runtime, or no names.
 */
function ramOf(bytes) {
  const module = binaryen.readBinary(bytes);
  try {
    if (!module.getGlobal(HEAP_END)) return null;
    module.addGlobalExport(HEAP_END, "heapEnd");
    const compiled = new WebAssembly.Module(module.emitBinary());
    const imports = {};
    for (const { module: port, name } of WebAssembly.Module.imports(compiled)) (imports[port] ??= {})[name] = () => 0;
    return new WebAssembly.Instance(compiled, imports).exports.heapEnd.value - EMPTY_BYTES;
  } finally {
    module.dispose();
  }
}

/**
 * The longest path of calls from an export to an import. Accessors and dispatch stubs do not count, because -O3 removes them.
 */
function deepestChain(module) {
  const known = new Map(module.imports.map(({ id, name }) => [id, [name]]));
  const chain = (name) => {
    if (known.has(name)) return known.get(name);
    known.set(name, []); // The rule on recursion finds a cycle.
    const below = [...(module.functions.get(name)?.calls ?? [])].map(chain);
    const longest = below.reduce((best, next) => (next.length > best.length ? next : best), []);
    const result = /#[gs]et:|@override$|\/__link$/.test(name) ? longest : [name, ...longest];
    known.set(name, result);
    return result;
  };
  return module.exported.map(chain).reduce((best, next) => (next.length > best.length ? next : best), []);
}

/** Violations and figures from the two compiles of one source. */
export function judge(shippedBytes, plainBytes) {
  const shipped = readModule(shippedBytes);
  const plain = readModule(plainBytes);
  const rom = romOf(shippedBytes);
  return {
    violations: [
      ...floatViolations(shipped),
      ...indirectViolations(shipped),
      ...allocationViolations(plain),
      ...recursionViolations(plain),
      ...memoryViolations(shipped),
    ],
    figures: {
      rom_bytes: rom.code_bytes + rom.data_bytes,
      ...rom,
      ram_bytes: ramOf(shippedBytes),
      chain: deepestChain(plain),
    },
  };
}

/** The violations and figures of an entry, from both compiles. */
export async function judgeEntry(entry, options) {
  const shipped = await compile(entry, SHIPPED_FLAGS, options);
  return judge(shipped, await compile(entry, PLAIN_FLAGS, options));
}

/** Those of the controller of this tree. */
export async function judgeController() {
  return judge(await compileController(SHIPPED_FLAGS), await compileController(PLAIN_FLAGS));
}

/** The table of docs/dialect.md, between its markers. */
export function figuresTable({ rom_bytes, code_bytes, data_bytes, ram_bytes, chain }) {
  const rows = [
    ["ROM", `${rom_bytes} B`, `code ${code_bytes} B and data ${data_bytes} B`],
    ["RAM", `${ram_bytes} B`, "static data and everything built at construction"],
    ["Call depth", `${chain.length}`, `${chain[0]} down to ${chain.at(-1)}`],
  ];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(["figure", "value", "what it counts"]), "| --- | --- | --- |", ...rows.map(line)].join("\n");
}

/** The page with its table replaced. Throws when the page has lost its markers. */
export function pageWith(page, table) {
  const parts = /^([^]*<!-- figures -->\n)[^]*(\n<!-- \/figures -->[^]*)$/.exec(page);
  if (parts === null) throw new Error(`${DOCS} has no <!-- figures --> and <!-- /figures --> markers`);
  return parts[1] + table + parts[2];
}

/** The top-level forms of a module's text, each reduced to the words that the rules use. */
function formsOf(text) {
  const module = { functions: new Map(), globals: [], imports: [], exported: [], memory: { initial: 0, most: 0 } };
  for (const words of topForms(text)) {
    const [kind, name] = words;
    if (kind === "func") module.functions.set(plainName(name), partOf(name, words));
    else if (kind === "global") module.globals.push(partOf(name, words));
    else if (kind === "import") module.imports.push(importOf(words));
    else if (kind === "export" && words[2] === "func") module.exported.push(plainName(words[3]));
    if (words.includes("memory") && (kind === "memory" || kind === "import")) module.memory = memoryOf(words);
  }
  return module;
}

/** Words of each form directly inside `(module ...)`, without their parentheses and comments. */
function* topForms(text) {
  let depth = 0;
  let words = [];
  for (const [word] of text.matchAll(/;;[^\n]*|\$?"(?:\\[^]|[^"\\])*"|[()]|[^\s()"]+/g)) {
    if (word.startsWith(";;")) continue;
    if (word === "(") {
      depth += 1;
      if (depth === 2) words = [];
    } else if (word === ")") {
      if (depth === 2) yield words;
      depth -= 1;
    } else words.push(word);
  }
}

function partOf(name, words) {
  const callees = words.filter((_, at) => at > 0 && CALLS.has(words[at - 1]));
  return {
    name: plainName(name),
    calls: new Set(callees.map(plainName)),
    indirect: words.some((word) => INDIRECT.test(word)),
    grows: words.includes("memory.grow"),
    floats: words.filter((word) => FLOAT.test(word)),
  };
}

/** An import under the names that the board gives it; `id` is the name by which functions call it. */
function importOf(words) {
  const id = plainName(words.find((word) => word.startsWith("$")) ?? "");
  return { ...partOf(id, words), id, name: `${plainName(words[1])}.${plainName(words[2])}` };
}

function memoryOf(words) {
  const [initial, most] = words.filter((word) => /^\d+$/.test(word)).map(Number);
  return { initial, most };
}

function plainName(name) {
  return name.replace(/^\$?"?|"$/g, "");
}

/** A module without its last section, which has the names. Code and data stay the same bytes. */
function withoutNames(bytes) {
  const sections = [...sectionsOf(bytes)];
  const last = sections.at(-1);
  if (last.id !== SECTION_CUSTOM) throw new Error("the module has no names at its end");
  return bytes.subarray(0, last.begin);
}

/** Section id to size. */
function sectionSizes(bytes) {
  return new Map([...sectionsOf(bytes)].map(({ id, size }) => [id, size]));
}

/** The sections by the binary format: id byte, LEB128 size, payload. `begin` is the place of the id. */
function* sectionsOf(bytes) {
  for (let at = 8; at < bytes.length;) {
    const begin = at;
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      size += (bytes[at] & 127) * 2 ** shift;
      more = bytes[at++] > 127;
    }
    yield { id, begin, size };
    at += size;
  }
}

function reportOf({ violations, figures }) {
  const { rom_bytes, code_bytes, data_bytes, ram_bytes, chain } = figures;
  const found = violations.map(({ rule, where, what }) => `  ${rule}  ${where}  ${what}`);
  return [
    `ROM    ${rom_bytes} B (code ${code_bytes}, data ${data_bytes})`,
    `RAM    ${ram_bytes === null ? "unknown: no asc heap or no names in the module" : `${ram_bytes} B`}`,
    `calls  ${chain.length} deep: ${chain.join(" -> ")}`,
    found.length === 0 ? "dialect holds" : `${found.length} violations`,
    ...found,
  ].join("\n");
}

/** `dialect.mjs [MODULE.wasm] [--json] [--write-docs]` checks the controller of this tree, or the given module. */
async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, "write-docs": { type: "boolean" } },
  });
  const bytes = positionals.length > 0 ? readFileSync(resolve(positionals[0])) : undefined;
  const verdict = bytes === undefined ? await judgeController() : judge(bytes, bytes);
  if (values["write-docs"]) {
    const page = join(ROOT, DOCS);
    writeFileSync(page, pageWith(readFileSync(page, "utf8"), figuresTable(verdict.figures)));
  }
  console.log(values.json ? JSON.stringify(verdict, null, 2) : reportOf(verdict));
  if (verdict.violations.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
