// Hosts one controller. A controller is either an object with `boot` and `tick` (and, if it can leap, `idle` and `skip`), or a
// WebAssembly module that exports functions of these names. The host keeps a copy of the controller's memory from its
// construction; a reset restores that copy and calls `boot`. Everything that is wrong with a controller when it is loaded or
// built is thrown as a ControllerFault. The machine turns each error or trap of a later call into one, with the call and the
// tick.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createHash } from "node:crypto";
import { createController } from "../../firmware/controller";
import type { Hal } from "../../hal/hal";
import type { Board } from "../board/board";
import { CALLS, functionOf } from "../contract/calls";
import { nearest } from "../names";
import type { Chance } from "../system-random";
import type { MachineCore, Surroundings } from "./core";
import { whatFailed } from "./failure";
import { type Difference, nameOf, type Places, StateView, type SavedState } from "./state";
import { WasmSymbols } from "./wasm-symbols";
import { contractProblems, shapeOf, shapeOfCompiled } from "./wasm-module";

/** The globals that a linker exports by itself: `__heap_base`, `__data_end`. */
const LINKER_NAMES = /^__/;
/** The name of a controller in TypeScript once it is compiled. */
const COMPILED = "controller.mjs";

/** The controller threw, trapped, or does not satisfy the contract. */
export class ControllerFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ControllerFault";
  }
}

/** A controller that is a JavaScript object. It has the methods of hal/controller.ts, of which the last two are optional. */
export interface ScriptController {
  boot(): void;
  tick(): void;
  idle?(): number;
  skip?(ticks: number): void;
}

/** The core of a machine and the object of its controller. */
export interface CoreParts {
  core: MachineCore;
  controller: object;
}

/**
 * The build in which a machine runs. `reason`: why that of the reference controller is TypeScript; null for the one module, and for
 * any other controller, which is no part of it.
 */
export interface MachineBuild {
  machine: "module" | "typescript";
  reason: string | null;
}

/** A copy of the memory of an instance. */
export interface CoreCopy {
  readonly of: CoreModule;
  /** The state that it holds: that of the machine without people and patient, and that of the controller. */
  states(): { machine: SavedState; controller: SavedState };
}

/** Both in an instance of a module, as views of its memory. */
export interface CoreInstance extends CoreParts {
  /** The state of the machine without people and patient, and that of the controller. */
  machinePlaces: Places;
  controllerPlaces: Places;
  /** All memory of the instance. `restore` takes copies of any instance of the module. */
  copy(): CoreCopy;
  restore(copy: CoreCopy): void;
  /** Restores the controller's memory as it was at construction. */
  clear(): void;
}

/** A module that has both, with the firmware. */
export interface CoreModule {
  /**
   * A new instance, as views of the shape of what `like` builds, and in its state. `setup` names that state: it is not
   * built again for the setup of the instance before. `chance` is that of the secure element, instead of its own stream.
   */
  instantiate(setup: string, like: () => CoreParts, around: Surroundings, chance: Chance | null): CoreInstance;
}

/** Makes a controller on a board. `--controller` loads one, and `Machine` takes one. */
export interface ControllerFactory {
  /** The name in reports: `reference`, or the module's path. */
  name: string;
  /** SHA-256 of the module's bytes, in hexadecimal; absent for a controller that is a part of the program. */
  digest?: string;
  /**
   * The ports that it gets. By default each call is held against the contract and those outside of it are counted;
   * `open` ports also show the link and the memory, as the hal wire needs them; `bare` ones are the board's own, for
   * the reference controller.
   */
  ports?: "counted" | "open" | "bare";
  /** Puts other parts in the place of the board's own before the controller gets it: those of a bench (hal-wire/bench-parts.ts). */
  fit?(board: Board): void;
  /** The module in which the machine runs with this controller; absent for one that runs as TypeScript. */
  module?: CoreModule;
  /** Why a machine with the reference controller runs as TypeScript although there is the module. */
  reason?: string;
  mount(hal: Hal): ControllerHost;
}

export interface ControllerHost {
  readonly canLeap: boolean;
  /** The controller itself, if it is a JavaScript object. */
  readonly script?: object;
  boot(): void;
  tick(): void;
  idle(): number;
  skip(ticks: number): void;
  /** Restores the memory as it was at construction. */
  clear(): void;
  save(): SavedState;
  /** The first value of `saved` that does not fit, in words; null when all do. */
  misfit(saved: SavedState): string | null;
  restore(saved: SavedState): void;
  fingerprint(): string;
  /** The symbols, and the stored fields behind them. Both are empty for a controller whose memory has no names. */
  names(): string[];
  paths(): string[];
  read(path: string): number | undefined;
  /** How to read a symbol many times; null when there is none. */
  reader(path: string): (() => number) | null;
  /** The symbols that differ between two saved memories. */
  differences(one: SavedState, other: SavedState): Difference[];
  /** True for a symbol that is 0 or 1 by its type. */
  isSwitch(path: string): boolean;
  /** False when there is no such field. Throws RangeError when it cannot hold the value. */
  write(path: string, value: number): boolean;
  /** Flips a bit of one word of memory. False when nothing changed. */
  flip(path: string, bit: number): boolean;
}

/** The build in which a machine with this controller runs. */
export function buildOf({ module, reason }: ControllerFactory): MachineBuild {
  return module ? { machine: "module", reason: null } : { machine: "typescript", reason: reason ?? null };
}

/** A build as a report's head has it. */
export function buildWords({ machine, reason }: MachineBuild): string {
  return reason === null ? machine : `${machine} (${reason})`;
}

/** The reference controller of firmware/, as JavaScript. */
export const referenceController: ControllerFactory = {
  name: "reference",
  ports: "bare",
  reason: "the caller asks for it",
  mount: (hal) => mountScript(createController(hal), hal),
};

/** A factory for a controller made by `create(hal)`. */
export function scriptController(name: string, create: (hal: Hal) => ScriptController): ControllerFactory {
  const made = (hal: Hal) => {
    try {
      return create(hal);
    } catch (error) {
      throw cannotLoad(name, error);
    }
  };
  return { name, mount: (hal) => mountScript(made(hal), hal) };
}

/**
 * A factory for a controller as WebAssembly: the bytes of a module, whose imports and exports are held against the contract in
 * kind and signature, or a compiled `WebAssembly.Module`, of which only the kinds are known. The type says `object`, because
 * consumers of the package have a declaration of that class only with the DOM library. Throws ControllerFault.
 */
export function wasmController(name: string, module: object): ControllerFactory {
  const compiled = module instanceof Uint8Array ? compile(name, module) : module;
  const problems = contractProblems(module instanceof Uint8Array ? shapeOf(module) : shapeOfCompiled(compiled));
  if (problems.length > 0) {
    throw new ControllerFault(`${name}: does not fit the controller contract: ${problems.join("; ")}`);
  }
  return { name, mount: (hal) => mountWasm(name, compiled, hal) };
}

/**
 * Loads `--controller`: a `.wasm` file, or an ES module in JavaScript or TypeScript that exports
 * `createController(hal)`. Throws ControllerFault.
 */
export async function loadController(path: string): Promise<ControllerFactory> {
  const isTypeScript = /\.m?ts$/.test(path);
  const bytes = isTypeScript ? await compiledScript(path) : bytesOf(path);
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (path.endsWith(".wasm")) return { ...wasmController(path, bytes), digest };
  let module: Record<string, unknown>;
  try {
    module = await (isTypeScript ? importText(bytes) : import(pathToFileURL(path).href));
  } catch (error) {
    throw cannotLoad(path, error);
  }
  const create = module["createController"];
  if (typeof create !== "function") throw new ControllerFault(`${path} exports no function createController`);
  return { ...scriptController(path, create as (hal: Hal) => ScriptController), digest };
}

/** A module in TypeScript with all that it imports as one JavaScript module, which maps back to its sources. */
async function compiledScript(path: string): Promise<Uint8Array> {
  bytesOf(path);
  try {
    // Only such a controller needs the compiler.
    const { buildSync } = await import("esbuild");
    const built = buildSync({
      entryPoints: [path],
      outfile: join(tmpdir(), "cistern-controller", COMPILED),
      write: false,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "inline",
      logLevel: "silent",
    });
    return built.outputFiles[0].contents;
  } catch (error) {
    throw cannotLoad(path, error);
  }
}

/** Imports a module that is no file yet. The file lies where the source map expects it, and is gone afterwards. */
async function importText(bytes: Uint8Array): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "cistern-controller-"));
  const file = join(folder, COMPILED);
  try {
    writeFileSync(file, bytes);
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function bytesOf(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw cannotLoad(path, error);
  }
}

function compile(name: string, bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    throw cannotLoad(name, error);
  }
}

function cannotLoad(name: string, error: unknown): ControllerFault {
  return new ControllerFault(`${name}: cannot load this controller: ${whatFailed(error)}`);
}

export function mountScript(controller: ScriptController, hal: Hal): ControllerHost {
  const ports = Object.values(hal) as object[];
  return hostOf(controller, () => new StateView({ "": controller }, [hal, ...ports], "firmwareWord"));
}

/** The controller in an instance of the machine's module. */
export function mountInstance({ controller, controllerPlaces, clear }: CoreInstance): ControllerHost {
  return hostOf(controller as ScriptController, () => new StateView({}, [], "firmwareWord", controllerPlaces), clear);
}

/** `makeView` finds the controller's memory, and `clear` restores it as it was at construction; default from a copy. */
function hostOf(controller: ScriptController, makeView: () => StateView, clear?: () => void): ControllerHost {
  for (const needed of ["boot", "tick"] as const) {
    if (typeof controller?.[needed] !== "function") throw new ControllerFault(`the controller has no ${needed}()`);
  }
  const view = named(makeView);
  const pristine = clear === undefined ? view.save() : null;
  return {
    canLeap: typeof controller.idle === "function" && typeof controller.skip === "function",
    script: controller,
    boot: () => nothing(controller.boot()),
    tick: () => nothing(controller.tick()),
    idle: () => controller.idle?.() ?? 0,
    skip: (ticks) => nothing(controller.skip?.(ticks)),
    clear: clear ?? (() => view.restore(pristine!)),
    save: () => view.save(),
    misfit: (saved) => view.misfit(saved),
    restore: (saved) => view.restore(saved),
    fingerprint: () => view.fingerprint(),
    names: () => view.names(),
    paths: () => view.paths(),
    read: (path) => view.read(path),
    reader: (path) => view.reader(path),
    differences: (one, other) => view.differences(one, other),
    isSwitch: (path) => view.isSwitch(path),
    write: (path, value) => view.write(path, value),
    flip: (path, bit) => view.flip(path, bit),
  };
}

/** Refuses a promise: what an async function does after its first `await` is outside of every tick. */
function nothing(given: unknown): void {
  if (given !== undefined && typeof (given as { then?: unknown } | null)?.then === "function") {
    throw new TypeError("it gave a promise, and a call of a controller is over when it returns");
  }
}

function named<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ControllerFault(`the controller cannot be saved: ${whatFailed(error)}`);
  }
}

function mountWasm(name: string, module: WebAssembly.Module, hal: Hal): ControllerHost {
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(module, importsOf(hal));
  } catch (error) {
    throw cannotLoad(name, error);
  }
  const exported = instance.exports as {
    memory: WebAssembly.Memory;
    boot(): void;
    tick(): void;
    idle?(): number;
    skip?(ticks: number): void;
  };
  const memory = exported.memory;
  const bytes = memory.buffer.byteLength;
  let buffer = memory.buffer;
  // A memory that grows leaves its old buffer without bytes. Only a module that was compiled by somebody else can have one.
  const checkMemory = () => {
    if (buffer.byteLength === bytes) return;
    buffer = memory.buffer;
    if (buffer.byteLength !== bytes) throw new RangeError("its memory grew, and must be fixed");
  };
  const save = (): SavedState => ({ scalars: new Float64Array(0), arrays: [new Uint8Array(memory.buffer).slice()] });
  const restore = (saved: SavedState) => {
    checkMemory();
    new Uint8Array(memory.buffer).set(saved.arrays[0]);
  };
  const pristine = save();
  const symbols = symbolsOf(module, instance, memory);
  const { tick, idle, skip } = exported;
  return {
    canLeap: typeof idle === "function" && typeof skip === "function",
    boot: exported.boot,
    tick: () => {
      tick();
      checkMemory();
    },
    idle: idle ?? (() => 0),
    skip: skip ?? (() => undefined),
    clear: () => restore(pristine),
    save,
    misfit: ({ scalars, arrays }) =>
      scalars.length === 0 && arrays.length === 1 && arrays[0].length === bytes ? null : "its memory has another size",
    restore,
    fingerprint: () => createHash("sha256").update(new Uint8Array(memory.buffer)).digest("hex").slice(0, 16),
    names: () => symbols.names(),
    paths: () => symbols.names(),
    read: (path) => symbols.reader(path)?.(),
    reader: (path) => symbols.reader(path),
    differences: ({ arrays: [one] }, { arrays: [other] }) =>
      symbols.differences(one as Uint8Array, other as Uint8Array),
    isSwitch: (path) => symbols.isSwitch(path),
    write: (path, value) => symbols.write(path, value),
    flip: (path, bit) => symbols.flip(path, bit),
  };
}

/** The symbols of a module: the variables of its debug information, and those whose addresses it exports. */
function symbolsOf(
  module: WebAssembly.Module,
  instance: WebAssembly.Instance,
  memory: WebAssembly.Memory,
): WasmSymbols {
  const sections = (name: string): Uint8Array | null => {
    const [section] = WebAssembly.Module.customSections(module, name);
    return section === undefined ? null : new Uint8Array(section);
  };
  const globals = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "global");
  const addresses = globals.flatMap(({ name }): [string, number][] => {
    const { value } = instance.exports[name] as { value: unknown };
    return typeof value === "number" && !LINKER_NAMES.test(name) ? [[name, value]] : [];
  });
  return new WasmSymbols(memory, sections, Object.fromEntries(addresses));
}

/** The imports of a WebAssembly controller from the table of calls: a module for each port, a function for each call. */
function importsOf(hal: Hal): WebAssembly.Imports {
  const imports: Record<string, WebAssembly.ModuleImports> = {};
  for (const call of CALLS) (imports[call.port] ??= {})[call.name] = functionOf(hal, call);
  return imports;
}

/** The message about a field that a controller does not have. */
export function unknownField(host: Pick<ControllerHost, "names">, field: string): string {
  const names = host.names();
  const known =
    names.length > 0 ? `the nearest is ${nearest(nameOf(field), names)}` : "its memory is bytes: memory[0], ...";
  return `the controller has no field ${field}; ${known}`;
}
