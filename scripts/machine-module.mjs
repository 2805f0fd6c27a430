// Makes the machine's module: firmware, board, world and the core that moves time as one WebAssembly module, and the map of its
// memory. The steps:
//
// 1. AssemblyScript compiles targets/machine/main.ts without optimisation. A transform of the compiler writes the layout of each
//    class: its fields with their offsets and types.
// 2. The module is instantiated once and builds its machine. Nothing is allocated afterwards, so every reference in memory is a
//    constant from then on. This memory is the image with which the shipped module begins; its constructors are gone.
// 3. Binaryen inlines widely, and between its passes each load of a reference at a known address is replaced by its value.
//
// The map has the path of each object with its address, and the digest of the module, so that a module of another build is
// refused.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ElementKind } from "assemblyscript";
import binaryen from "assemblyscript/binaryen";
import { Transform } from "assemblyscript/transform";
import { compile } from "./dialect.mjs";
import { overlay } from "./simulated.mjs";
import { digestOfMachine, ROOT } from "./sources.mjs";

const ENTRY = "targets/machine/main.ts";
/** Where module and map are kept. */
const KEPT = join(ROOT, "node_modules", ".cache", "cistern-machine");
const PAGE_BYTES = 65_536;
/** Pages while the machine is built; the shipped module has what is needed. */
const BUILDING_PAGES = 16;
const FLAGS = [
  ...["--optimizeLevel", "0", "--runtime", "stub"],
  ...["--initialMemory", String(BUILDING_PAGES), "--maximumMemory", String(BUILDING_PAGES)],
];
const HEAP_END = "~lib/rt/stub/offset";
/** Bytes before an object: its class is the second word from the end. */
const CLASS_BEFORE = 8;
const BUFFER = "~lib/arraybuffer/ArrayBuffer";
const START = "~start";
const ROUNDS_MAX = 8;

/** The layout of each class by the id that its objects carry: its name, and its fields in their order. */
class Layout extends Transform {
  afterCompile() {
    Layout.classes = new Map();
    for (const [id, one] of this.program.managedClasses) {
      const fields = [];
      for (const member of one.members?.values() ?? []) {
        const property = member.kind === ElementKind.PropertyPrototype ? member.instance : member;
        if (property?.kind !== ElementKind.Property || !property.isField || property.memoryOffset < 0) continue;
        fields.push({ name: property.name, offset: property.memoryOffset, type: property.type.toString() });
      }
      Layout.classes.set(id, { name: one.internalName, fields });
    }
  }
}

/** The children of each kind of expression: how they are read and replaced. */
const one = (kind, ...names) => names.map((name) => [kind[`get${name}`], kind[`set${name}`]]);
const CHILDREN = new Map([
  [binaryen.IfId, one(binaryen.If, "Condition", "IfTrue", "IfFalse")],
  [binaryen.LoopId, one(binaryen.Loop, "Body")],
  [binaryen.BreakId, one(binaryen.Break, "Condition", "Value")],
  [binaryen.SwitchId, one(binaryen.Switch, "Condition", "Value")],
  [binaryen.LocalSetId, one(binaryen.LocalSet, "Value")],
  [binaryen.GlobalSetId, one(binaryen.GlobalSet, "Value")],
  [binaryen.LoadId, one(binaryen.Load, "Ptr")],
  [binaryen.StoreId, one(binaryen.Store, "Ptr", "Value")],
  [binaryen.UnaryId, one(binaryen.Unary, "Value")],
  [binaryen.BinaryId, one(binaryen.Binary, "Left", "Right")],
  [binaryen.SelectId, one(binaryen.Select, "Condition", "IfTrue", "IfFalse")],
  [binaryen.DropId, one(binaryen.Drop, "Value")],
  [binaryen.ReturnId, one(binaryen.Return, "Value")],
  [binaryen.MemoryGrowId, one(binaryen.MemoryGrow, "Delta")],
  [binaryen.MemoryCopyId, one(binaryen.MemoryCopy, "Dest", "Source", "Size")],
  [binaryen.MemoryFillId, one(binaryen.MemoryFill, "Dest", "Value", "Size")],
]);
const LISTS = new Map([
  [binaryen.BlockId, [binaryen.Block.getNumChildren, binaryen.Block.getChildAt, binaryen.Block.setChildAt]],
  [binaryen.CallId, [binaryen.Call.getNumOperands, binaryen.Call.getOperandAt, binaryen.Call.setOperandAt]],
]);
const LEAVES = new Set([
  binaryen.ConstId,
  binaryen.LocalGetId,
  binaryen.GlobalGetId,
  binaryen.NopId,
  binaryen.UnreachableId,
  binaryen.MemorySizeId,
]);

/** Visits an expression from its leaves up. What `change` returns, if anything, takes the place of the visited one. */
function walk(expression, change) {
  const id = binaryen.getExpressionId(expression);
  const visit = (child, set) => {
    if (!child) return;
    const changed = walk(child, change);
    if (changed !== child) set(changed);
  };
  if (CHILDREN.has(id)) {
    for (const [get, set] of CHILDREN.get(id)) visit(get(expression), (changed) => set(expression, changed));
  } else if (LISTS.has(id)) {
    const [count, get, set] = LISTS.get(id);
    for (let at = 0; at < count(expression); at++) {
      visit(get(expression, at), (changed) => set(expression, at, changed));
    }
  } else if (!LEAVES.has(id)) {
    throw new Error(`an expression of kind ${id} is in the module, and nothing is known of its children`);
  }
  return change(expression, id) ?? expression;
}

function functionsOf(module) {
  return Array.from({ length: module.getNumFunctions() }, (_, at) => module.getFunctionByIndex(at));
}

/** The names of all functions that the exports reach. */
function reachableFrom(module, names) {
  const bodies = new Map(
    functionsOf(module).map((each) => {
      const { name, body } = binaryen.getFunctionInfo(each);
      return [name, body];
    }),
  );
  const seen = new Set();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const body = bodies.get(name);
    if (!body) continue;
    walk(body, (expression, id) => {
      if (id === binaryen.CallId) waiting.push(binaryen.Call.getTarget(expression));
    });
  }
  return { seen, bodies };
}

/** Every object that is reached from these addresses: its fields, by its class. */
function objectsFrom(words, addresses, classes) {
  const found = new Map();
  const visit = (pointer) => {
    if (pointer < CLASS_BEFORE || found.has(pointer)) return;
    const shape = classes.get(words[(pointer - CLASS_BEFORE) >> 2]);
    if (shape === undefined) throw new Error(`there is no object at ${pointer}`);
    found.set(pointer, shape);
    for (const { offset, type } of shape.fields) {
      // The bytes of an array's buffer are no object with fields.
      if (type.includes("/") && type !== BUFFER) visit(words[(pointer + offset) >> 2]);
    }
  };
  for (const address of addresses) visit(address);
  return found;
}

/** The words of memory that never change: classes and references of all objects, and places and lengths of arrays. */
function fixedWords(words, objects) {
  const fixed = new Map();
  const keep = (at) => fixed.set(at, words[at >> 2] | 0);
  for (const [pointer, { name, fields }] of objects) {
    keep(pointer - CLASS_BEFORE);
    const isArray = name.startsWith("~lib/typedarray/");
    for (const { offset, type, name: field } of fields) {
      if (type.includes("/") || type === "usize" || (isArray && field === "byteLength")) keep(pointer + offset);
    }
  }
  return fixed;
}

/** Replaces constants of the image: globals, and loads at known addresses. Returns how many it replaced. */
function fold(module, globals, fixed) {
  let count = 0;
  const constantAt = (expression) => {
    if (binaryen.getExpressionId(expression) !== binaryen.ConstId) return null;
    return binaryen.getExpressionType(expression) === binaryen.i32 ? binaryen.Const.getValueI32(expression) : null;
  };
  const change = (expression, id) => {
    if (id === binaryen.GlobalGetId) {
      const value = globals.get(binaryen.GlobalGet.getName(expression));
      if (value === undefined) return undefined;
      count++;
      return binaryen.getExpressionType(expression) === binaryen.f64
        ? module.f64.const(value)
        : module.i32.const(value);
    }
    if (id !== binaryen.LoadId || binaryen.getExpressionType(expression) !== binaryen.i32) return undefined;
    if (binaryen.Load.getBytes(expression) !== 4) return undefined;
    const base = constantAt(binaryen.Load.getPtr(expression));
    const value = base === null ? undefined : fixed.get(base + binaryen.Load.getOffset(expression));
    if (value === undefined) return undefined;
    count++;
    return module.i32.const(value);
  };
  for (const each of functionsOf(module)) {
    const { body } = binaryen.getFunctionInfo(each);
    if (!body) continue;
    const changed = walk(body, change);
    if (changed !== body) binaryen.Function.setBody(each, changed);
  }
  return count;
}

/** Parameters for which every call gives the same constant become that constant. Returns how many. */
function foldParameters(module, exported) {
  const given = new Map();
  const infos = functionsOf(module).map((each) => [each, binaryen.getFunctionInfo(each)]);
  for (const [, { body }] of infos) {
    if (!body) continue;
    walk(body, (expression, id) => {
      if (id !== binaryen.CallId) return;
      const target = binaryen.Call.getTarget(expression);
      const operands = Array.from({ length: binaryen.Call.getNumOperands(expression) }, (_, at) => {
        const operand = binaryen.Call.getOperandAt(expression, at);
        if (binaryen.getExpressionId(operand) !== binaryen.ConstId) return null;
        return binaryen.getExpressionType(operand) === binaryen.i32 ? binaryen.Const.getValueI32(operand) : null;
      });
      const before = given.get(target);
      given.set(target, before ? before.map((value, at) => (value === operands[at] ? value : null)) : operands);
    });
  }
  let count = 0;
  for (const [each, { name, body }] of infos) {
    const values = given.get(name);
    if (!body || !values || exported.has(name) || values.every((value) => value === null)) continue;
    walk(body, (expression, id) => {
      if (id === binaryen.LocalSetId && values[binaryen.LocalSet.getIndex(expression)] !== undefined) {
        values[binaryen.LocalSet.getIndex(expression)] = null;
      }
    });
    const changed = walk(body, (expression, id) => {
      if (id !== binaryen.LocalGetId) return undefined;
      const value = values[binaryen.LocalGet.getIndex(expression)];
      if (value === null || value === undefined) return undefined;
      count++;
      return module.i32.const(value);
    });
    if (changed !== body) binaryen.Function.setBody(each, changed);
  }
  return count;
}

/** Parts of the image between long runs of zeros, each with its address. */
function segmentsOf(image) {
  const GAP = 64;
  const segments = [];
  let start = -1;
  let last = -1;
  const close = () => {
    if (start >= 0) segments.push({ offset: start, data: image.slice(start, last + 1) });
  };
  for (let at = 0; at < image.length; at++) {
    if (image[at] === 0) continue;
    if (start < 0 || at - last > GAP) {
      close();
      start = at;
    }
    last = at;
  }
  close();
  return segments;
}

/** Settings of binaryen that are used here. They hold for all that the process compiles, the controller too. */
const SETTINGS = [
  "OptimizeLevel",
  "ShrinkLevel",
  "AlwaysInlineMaxSize",
  "FlexibleInlineMaxSize",
  "OneCallerInlineMaxSize",
  "AllowInliningFunctionsWithLoops",
];

/** Returns what sets them back to what they are now. */
function keepSettings() {
  const before = SETTINGS.map((name) => [name, binaryen[`get${name}`]()]);
  return () => before.forEach(([name, value]) => binaryen[`set${name}`](value));
}

const EXPORTS = ["step", "run", "leap", "hop", "flush", "quietTicks", "clear"];

/** Makes the module and its map. `log` hears of each step. */
async function makeModule(log) {
  const began = performance.now();
  const say = (text) => log(`${((performance.now() - began) / 1000).toFixed(1)} s  ${text}`);
  const plain = await compile(ENTRY, FLAGS, { overlay: overlay(), texts: true, transforms: [Layout] });
  const classes = Layout.classes;
  say(`compiled, ${plain.length} bytes`);
  const module = binaryen.readBinary(plain);
  const F = binaryen.Features;
  module.setFeatures(F.MutableGlobals | F.SignExt | F.NontrappingFPToInt | F.BulkMemory | (F.BulkMemoryOpt ?? 0));
  // Build the machine, and read what its globals then hold.
  const names = Array.from({ length: module.getNumGlobals() }, (_, at) =>
    binaryen.getGlobalInfo(module.getGlobalByIndex(at)),
  );
  for (const { name } of names) module.addGlobalExport(name, `global ${name}`);
  const imports = {};
  const compiled = new WebAssembly.Module(module.emitBinary());
  for (const { module: from, name } of WebAssembly.Module.imports(compiled)) (imports[from] ??= {})[name] = () => 0;
  const { exports } = new WebAssembly.Instance(compiled, imports);
  const core = exports.create();
  const bytes = exports[`global ${HEAP_END}`].value;
  const image = new Uint8Array(exports.memory.buffer.slice(0, bytes));
  const words = new Uint32Array(exports.memory.buffer);
  const values = new Map(names.map(({ name }) => [name, exports[`global ${name}`].value]));
  say(`built, ${bytes} bytes of memory`);

  const exported = new Map();
  for (let at = 0; at < module.getNumExports(); at++) {
    const { name, value, kind } = binaryen.getExportInfo(module.getExportByIndex(at));
    if (kind === binaryen.ExternalFunction) exported.set(name, value);
  }
  for (const { name } of names) module.removeExport(`global ${name}`);
  for (const name of exported.keys()) if (!EXPORTS.includes(name)) module.removeExport(name);
  const roots = new Set(EXPORTS.map((name) => exported.get(name)));
  const { seen, bodies } = reachableFrom(module, roots);
  for (const name of seen) {
    const body = bodies.get(name);
    if (!body) continue;
    walk(body, (expression, id) => {
      if (id === binaryen.GlobalSetId) values.delete(binaryen.GlobalSet.getName(expression));
    });
  }
  const objects = objectsFrom(words, [core], classes);
  const fixed = fixedWords(words, objects);
  const segments = segmentsOf(image);
  // The image has all that the start function built.
  const start = module.getFunction(START);
  binaryen.Function.setBody(start, module.nop());
  const pages = Math.ceil(bytes / PAGE_BYTES);
  module.setMemory(
    pages,
    pages,
    null,
    segments.map(({ offset, data }) => ({ offset: module.i32.const(offset), data, passive: false })),
  );
  const restore = keepSettings();
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setAlwaysInlineMaxSize(40);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  const inline = (isWide) => {
    binaryen.setFlexibleInlineMaxSize(isWide ? 300 : 20);
    binaryen.setOneCallerInlineMaxSize(isWide ? 10_000 : 20);
  };
  for (let round = 0; round < ROUNDS_MAX; round++) {
    let folded = 0;
    for (let more = 1; more > 0; folded += more) more = fold(module, values, fixed) + foldParameters(module, roots);
    say(`round ${round}: ${folded} folded, ${module.emitBinary().length} bytes`);
    if (round > 1 && folded === 0) break;
    inline(round > 0);
    module.optimize();
  }
  restore();
  say("done");
  const wasm = module.emitBinary();
  module.dispose();
  const sha256 = createHash("sha256").update(wasm).digest("hex");
  return { wasm, map: { sha256, build: digestOfMachine(), core, bytes, classes: Object.fromEntries(classes) } };
}

/**
 * The module of this tree and its map. Both are kept until a file from which they are made changes, because they take twelve seconds
 * of a core.
 */
export async function machineModule(log = () => {}) {
  const digest = digestOfMachine();
  const file = join(KEPT, `${digest}.json`);
  if (!existsSync(file)) {
    const { wasm, map } = await makeModule(log);
    mkdirSync(KEPT, { recursive: true });
    for (const each of readdirSync(KEPT)) rmSync(join(KEPT, each), { force: true });
    // Put in place as a whole, the map last, because two processes may build at a time.
    for (const [name, contents] of [
      [`${digest}.wasm`, wasm],
      [`${digest}.json`, JSON.stringify(map)],
    ]) {
      const made = join(KEPT, `${name}.${process.pid}`);
      writeFileSync(made, contents);
      renameSync(made, join(KEPT, name));
    }
  }
  const wasm = new Uint8Array(readFileSync(join(KEPT, `${digest}.wasm`)));
  return { wasm, map: JSON.parse(readFileSync(file, "utf8")) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await machineModule((line) => process.stdout.write(`${line}\n`));
}
