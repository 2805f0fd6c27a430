// A machine whose firmware, board, world and core are one WebAssembly module (targets/machine/main.ts). Its state is the module's
// memory. It is seen through views: objects with the fields and the methods of the same classes in TypeScript, whose fields read
// and write the memory. So symbols, snapshots, faults, needles and the secure element work on both builds with the same code. The
// map that was made with the module has the layout of each class. A module that is not the one of its map is refused.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { url as inspectorUrl } from "node:inspector";
import { fileURLToPath } from "node:url";
import type { Chance } from "../system-random";
import { UsageError } from "../usage-error";
import * as element from "../board/secure-element";
import {
  buildOf,
  ControllerFault,
  referenceController,
  type ControllerFactory,
  type CoreCopy,
  type CoreInstance,
  type CoreModule,
  type CoreParts,
  type MachineBuild,
} from "./controller-host";
import { HostedController, type MachineCore, Surroundings } from "./core";
import { PagedMemory, type Pages } from "./paged-memory";
import {
  type ArrayPlace,
  FIELDS,
  type NumberKind,
  type Places,
  type SavedState,
  savedFrom,
  type StateArray,
  StateView,
} from "./state";

/** A field of a class: its name, its place in the object, and its type in AssemblyScript. */
interface Field {
  name: string;
  offset: number;
  type: string;
}

/** The digest of a module, the address of its core, the bytes of its memory in use, and its classes by their ids. */
export interface ModuleMap {
  sha256: string;
  /** The digest of the sources of both. */
  build: string;
  core: number;
  bytes: number;
  classes: Record<string, { name: string; fields: Field[] }>;
}

interface Exports {
  memory: WebAssembly.Memory;
  step(): void;
  run(ticks: number): void;
  leap(ticks: number): void;
  hop(ticks: number): void;
  flush(): void;
  quietTicks(): number;
  clear(): void;
}

/** The digest of the sources from which the module of this program was made; absent when the program runs from its sources. */
declare const CISTERN_MACHINE: string | undefined;

/** The message of an assertion that failed in the module, or of an index beyond an array. */
class ModuleTrap extends Error {}

/** The bytes before an object that hold its class, and the length of a text. */
const CLASS_BEFORE = 8;
const LENGTH_BEFORE = 4;
const CALLS = ["", "boot() in ", "", "idle() before ", "skip() before "];

const MEMORY = Symbol("memory");
const KIDS = Symbol("kids");

/** The memory of one instance, and the views of it that were made. */
interface Memory {
  bytes: Uint8Array;
  words: Int32Array;
  doubles: Float64Array;
  views: Map<number, object>;
}

type View = { [MEMORY]: Memory; [KIDS]: unknown[] };
type TypedArray = Uint8Array | Int32Array | Float64Array;
type Kind = new (buffer: ArrayBufferLike, start: number, length: number) => TypedArray;

/** The places of a part of the state, which are the same in each instance. */
interface Plan {
  scalars: readonly { path: string; kind: NumberKind; in: "bytes" | "words" | "doubles"; key: number }[];
  arrays: readonly { path: string; kind: NumberKind; Kind: Kind; start: number; length: number }[];
}

/** An array that is made when it is asked for: there are some hundred, and most instances end before. */
class LazyArray implements ArrayPlace {
  readonly path: string;
  readonly kind: NumberKind;
  private readonly make: () => StateArray;
  private made: StateArray | null = null;

  constructor(path: string, kind: NumberKind, make: () => StateArray) {
    this.path = path;
    this.kind = kind;
    this.make = make;
  }

  get array(): StateArray {
    return (this.made ??= this.make());
  }
}

/** The roots of a machine's state without people and patient. */
export function rootsOf({ faults, board, world, state }: MachineCore): Record<string, object> {
  return { faults, board, world, machine: state };
}

export class MachineModule implements CoreModule {
  private readonly module: WebAssembly.Module;
  private readonly map: ModuleMap;
  /** The prototype of the view at each address; the addresses are the same in every instance. */
  private readonly prototypes = new Map<number, object>();
  private plans: { machine: Plan; controller: Plan } | null = null;
  /** The memory of a new machine of the last setup. */
  private begun: { setup: string; pages: Pages } | null = null;

  /** Throws Error when the bytes are not those of the map. */
  constructor(bytes: Uint8Array, map: ModuleMap) {
    const digest = createHash("sha256").update(bytes).digest("hex");
    if (digest !== map.sha256) throw new Error(`the machine's module ${digest.slice(0, 16)} is not the one of its map`);
    this.module = new WebAssembly.Module(bytes);
    this.map = map;
  }

  instantiate(setup: string, like: () => CoreParts, around: Surroundings, chance: Chance | null): CoreInstance {
    const begun = this.begun?.setup === setup ? this.begun : null;
    const parts = begun === null ? like() : null;
    let memory: Memory | null = null;
    let part: element.Element | null = null;
    const crypto = () => (part ??= withChance(core.board.crypto, chance));
    const instance = new WebAssembly.Instance(this.module, {
      env: { abort: (text) => fail(textAt(memory!, text)) },
      main: {
        act: () => around.act(),
        quiet: () => around.quiet(),
        event: (code, a, b, c) => around.event(code, a, b, c),
        reset: (cause) => around.reset(cause),
        ticked: (rows) => around.ticked(rows),
        live: (tick) => around.live(tick),
      },
      "secure-element": {
        element_seal: (slot, associated, text) => element.seal(crypto(), slot, associated, text),
        element_open: (slot, associated, text) => element.open(crypto(), slot, associated, text),
        element_draw: () => element.draw(crypto()),
        element_agree: (slot) => element.agree(crypto(), slot),
        element_derive: (from, to, salt) => element.derive(crypto(), from, to, salt),
      },
    });
    const exports = instance.exports as unknown as Exports;
    const { buffer } = exports.memory;
    memory = {
      bytes: new Uint8Array(buffer),
      words: new Int32Array(buffer),
      doubles: new Float64Array(buffer),
      views: new Map(),
    };
    const core = this.viewOf(memory, this.map.core, parts?.core) as MachineCore;
    const firmware = this.reference(memory, this.map.core, "controller");
    const controller = this.viewOf(memory, this.reference(memory, firmware, "controller"), parts?.controller);
    this.plans ??= this.plansFor(memory, core, controller);
    const machinePlaces = bound(this.plans.machine, memory);
    const paged = new PagedMemory(memory.bytes.subarray(0, this.map.bytes));
    if (begun !== null) paged.restore(begun.pages);
    else {
      new StateView({}, [], "float", machinePlaces).restore(new StateView(rootsOf(parts!.core)).save());
      this.begun = { setup, pages: paged.copy() };
    }
    const call = this.place(memory, firmware, "call");
    const { words } = memory;
    /** A trap becomes a ControllerFault with its call and tick; what people and listeners throw passes. */
    const guarded = <T>(run: () => T): T => {
      try {
        return run();
      } catch (error) {
        if (!(error instanceof ModuleTrap) && !(error instanceof WebAssembly.RuntimeError)) throw error;
        const where = `${CALLS[words[call >> 2]]}tick ${core.tick}`;
        throw new ControllerFault(`the controller failed in ${where}: ${(error as Error).message}`);
      }
    };
    Object.defineProperties(core, {
      step: { value: () => guarded(() => exports.step()) },
      run: { value: (ticks: number) => guarded(() => exports.run(ticks)) },
      leap: { value: (ticks: number) => guarded(() => exports.leap(ticks)) },
      hop: { value: (ticks: number) => guarded(() => exports.hop(ticks)) },
      flush: { value: () => exports.flush() },
      quiet: { value: () => guarded(() => exports.quietTicks()) },
    });
    const controllerPlaces = bound(this.plans.controller, memory);
    return {
      ...{ core, controller, machinePlaces, controllerPlaces },
      clear: () => exports.clear(),
      copy: () => new ModuleCopy(this, paged.copy()),
      restore: (copy) => {
        // These say who is around this machine, and are no state.
        const { attended, listened, heardAlways, gathers, inhabited } = core;
        paged.restore((copy as ModuleCopy).pages);
        Object.assign(core, { attended, listened, heardAlways, gathers, inhabited });
      },
    };
  }

  /** The state that a copy of an instance's memory holds. */
  statesIn(pages: Pages): { machine: SavedState; controller: SavedState } {
    const bytes = new Uint8Array(this.map.bytes);
    new PagedMemory(bytes).restore(pages);
    const { buffer } = bytes;
    const whole = buffer.byteLength & ~(Float64Array.BYTES_PER_ELEMENT - 1);
    const memory = {
      bytes,
      words: new Int32Array(buffer, 0, whole / Int32Array.BYTES_PER_ELEMENT),
      doubles: new Float64Array(buffer, 0, whole / Float64Array.BYTES_PER_ELEMENT),
    };
    const saved = ({ scalars, arrays }: Places) => savedFrom(scalars, arrays);
    const { machine, controller } = this.plans!;
    return { machine: saved(bound(machine, memory)), controller: saved(bound(controller, memory)) };
  }

  /** Walks the views of the first instance. */
  private plansFor(memory: Memory, core: MachineCore, controller: object): { machine: Plan; controller: Plan } {
    const hal = core.board.hal();
    const ports = Object.values(hal) as object[];
    return {
      machine: this.planOf(memory, new StateView(rootsOf(core))),
      controller: this.planOf(memory, new StateView({ "": controller }, [hal, ...ports], "firmwareWord")),
    };
  }

  private planOf(memory: Memory, { scalars, arrays }: StateView): Plan {
    const pointers = new Map([...memory.views].map(([pointer, view]) => [view, pointer]));
    return {
      scalars: scalars.map(({ path, kind, owner, key }) => {
        const pointer = pointers.get(owner)!;
        const { offset, type } = this.classAt(memory, pointer).fields.find(({ name }) => name === key)!;
        return { path, kind, ...cellAt(pointer + offset, type) };
      }),
      arrays: arrays.map(({ path, kind, array }) => {
        const { byteOffset: start, length } = array;
        return { path, kind, Kind: array.constructor as Kind, start, length };
      }),
    };
  }

  private classAt(memory: Memory, pointer: number): { name: string; fields: Field[] } {
    const found = this.map.classes[memory.words[(pointer - CLASS_BEFORE) >> 2]];
    if (found === undefined) throw new Error(`there is no object at ${pointer} of the machine's memory`);
    return found;
  }

  private place(memory: Memory, pointer: number, name: string): number {
    const field = this.classAt(memory, pointer).fields.find((each) => each.name === name);
    if (field === undefined) throw new Error(`${this.classAt(memory, pointer).name} has no field ${name}`);
    return pointer + field.offset;
  }

  private reference(memory: Memory, pointer: number, name: string): number {
    return memory.words[this.place(memory, pointer, name) >> 2];
  }

  /** `like` may be absent when there was a view at that place before. */
  private viewOf(memory: Memory, pointer: number, like?: object): object {
    const known = memory.views.get(pointer);
    if (known) return known;
    let prototype = this.prototypes.get(pointer);
    if (!prototype) {
      prototype = this.prototypeFor(memory, pointer, like!);
      this.prototypes.set(pointer, prototype);
    }
    const view = Object.create(prototype) as View;
    view[MEMORY] = memory;
    view[KIDS] = [];
    memory.views.set(pointer, view);
    return view;
  }

  /** The fields of `like` as accessors of the memory, above the methods of its class. */
  private prototypeFor(memory: Memory, pointer: number, like: object): object {
    const prototype = Object.create(Object.getPrototypeOf(like) as object) as object;
    const { fields } = this.classAt(memory, pointer);
    const names: string[] = [];
    for (const [index, [key, value]] of Object.entries(like).entries()) {
      if (isHostOnly(value)) continue;
      names.push(key);
      const field = fields.find((each) => each.name === key);
      if (field === undefined)
        throw new Error(`the module has no field ${key} of ${this.classAt(memory, pointer).name}`);
      const at = pointer + field.offset;
      const accessors = isNumber(value) ? numberAt(at, field.type) : this.kidAt(memory, at, index, value as object);
      Object.defineProperty(prototype, key, accessors);
    }
    Object.defineProperty(prototype, FIELDS, { value: names });
    return prototype;
  }

  private kidAt(memory: Memory, at: number, index: number, like: object): PropertyDescriptor {
    const pointer = memory.words[at >> 2];
    const make = ArrayBuffer.isView(like)
      ? (mine: Memory) => this.arrayAt(mine, pointer, like as TypedArray)
      : (mine: Memory) => this.viewOf(mine, pointer, like);
    return {
      get(this: View) {
        return (this[KIDS][index] ??= make(this[MEMORY]));
      },
    };
  }

  private arrayAt(memory: Memory, pointer: number, like: TypedArray): object {
    const known = memory.views.get(pointer);
    if (known) return known;
    const start = memory.words[this.place(memory, pointer, "dataStart") >> 2];
    const bytes = memory.words[this.place(memory, pointer, "byteLength") >> 2];
    if (bytes !== like.byteLength) throw new Error(`an array of the machine's module has ${bytes} bytes`);
    const array = new (like.constructor as Kind)(memory.bytes.buffer, start, like.length);
    memory.views.set(pointer, array);
    return array;
  }
}

/** The secure element with that chance instead of its own stream. Its memory is the same. */
function withChance(part: element.Element, chance: Chance | null): element.Element {
  if (chance === null) return part;
  const { buffer, keys, filled } = part;
  return { buffer, keys, filled, chance };
}

/** A copy of an instance's memory. */
class ModuleCopy implements CoreCopy {
  readonly of: MachineModule;
  readonly pages: Pages;

  constructor(of: MachineModule, pages: Pages) {
    this.of = of;
    this.pages = pages;
  }

  states(): { machine: SavedState; controller: SavedState } {
    return this.of.statesIn(this.pages);
  }
}

/** True for the parts that the core calls and that are no memory of it. */
function isHostOnly(like: unknown): boolean {
  return like instanceof HostedController || like instanceof Surroundings;
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean";
}

/** The places of a plan in the memory of an instance. */
function bound({ scalars, arrays }: Plan, memory: Omit<Memory, "views">): Places {
  return {
    scalars: scalars.map(({ path, kind, in: cells, key }) => {
      return { path, kind, owner: memory[cells] as unknown as Record<number, number>, key };
    }),
    arrays: arrays.map(({ path, kind, Kind, start, length }) => {
      return new LazyArray(path, kind, () => new Kind(memory.bytes.buffer, start, length));
    }),
  };
}

/** The cell of a field in the memory, by its type in AssemblyScript. */
function cellAt(at: number, type: string): { in: "bytes" | "words" | "doubles"; key: number } {
  if (type === "f64") return { in: "doubles", key: at >> 3 };
  return type === "i32" ? { in: "words", key: at >> 2 } : { in: "bytes", key: at };
}

/** A field's number at an address, by its type in AssemblyScript. */
function numberAt(at: number, type: string): PropertyDescriptor {
  if (type === "f64") {
    const index = at >> 3;
    return {
      get(this: View) {
        return this[MEMORY].doubles[index];
      },
      set(this: View, value: number) {
        this[MEMORY].doubles[index] = value;
      },
    };
  }
  if (type === "i32") {
    const index = at >> 2;
    return {
      get(this: View) {
        return this[MEMORY].words[index];
      },
      set(this: View, value: number) {
        this[MEMORY].words[index] = value;
      },
    };
  }
  if (type !== "bool") throw new Error(`a field of the machine's module is of type ${type}`);
  return {
    get(this: View) {
      return this[MEMORY].bytes[at] !== 0;
    },
    set(this: View, value: boolean) {
      this[MEMORY].bytes[at] = value ? 1 : 0;
    },
  };
}

function textAt({ bytes, words }: Memory, pointer: number): string {
  const length = words[(pointer - LENGTH_BEFORE) >> 2];
  return Buffer.from(bytes.buffer, pointer, length).toString("utf16le");
}

function fail(text: string): never {
  throw new ModuleTrap(text);
}

/** The environment variable that chooses the build of the machine: `module` or `typescript`. */
const CHOICE = "CISTERN_MACHINE";
/** The module and its map, beside the program. */
const FILES = ["machine.wasm", "machine.json"] as const;

/** The module beside this program, once it was wanted. */
let own: MachineModule | null = null;

/**
 * The reference controller, in the one module where that can be. Without the environment's choice the machine is TypeScript
 * where the program runs from its sources, because a module beside them may be of other ones; under a debugger, so that breakpoints
 * stop in the sources; and where the module is missing. Throws UsageError for an unknown choice, for one that cannot be kept, and
 * for a module of another build.
 */
export function chosenReference(): ControllerFactory {
  const choice = process.env[CHOICE];
  if (choice && choice !== "module" && choice !== "typescript") {
    throw new UsageError(`${CHOICE}: found ${choice}, expected module or typescript`);
  }
  if (choice === "typescript") return inTypeScript(`${CHOICE} asks for it`);
  const absence = absenceOfModule();
  if (absence === null) {
    own ??= loadModule();
    return inModule(own);
  }
  if (choice === "module") throw new UsageError(`${CHOICE}: found module, expected typescript: ${absence}`);
  return inTypeScript(absence);
}

/** The reference controller in the other one of its two builds; null where the program has one, and for any other controller. */
export function otherBuildOf({ name, module }: ControllerFactory): ControllerFactory | null {
  if (name !== referenceController.name) return null;
  if (module !== undefined) return referenceController;
  return absenceOfModule() === null ? inModule((own ??= loadModule())) : null;
}

/** The build in which machines with the controller at that path run; null for the reference controller. Throws as chosenReference. */
export function buildWith(controller: string | null): MachineBuild {
  return controller === null ? buildOf(chosenReference()) : { machine: "typescript", reason: null };
}

/** The reference controller as a part of that module. */
export function inModule(module: CoreModule): ControllerFactory {
  const { reason: _reason, ...reference } = referenceController;
  return { ...reference, module };
}

function inTypeScript(reason: string): ControllerFactory {
  return { ...referenceController, reason };
}

/** Why this program does not run in its module, in words; null when it does. */
function absenceOfModule(): string | null {
  if (typeof CISTERN_MACHINE !== "string") return "the program runs from its sources";
  if (inspectorUrl() !== undefined) return "a debugger is attached";
  const missing = FILES.find((name) => !existsSync(placeOf(name)));
  return missing === undefined ? null : `${placeOf(missing)} is missing`;
}

function placeOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** The module that was built with this program. */
function loadModule(): MachineModule {
  const [wasm, json] = FILES.map(placeOf);
  try {
    const map = JSON.parse(readFileSync(json, "utf8")) as ModuleMap;
    if (map.build !== CISTERN_MACHINE) throw new Error("it belongs to another build of the program");
    return new MachineModule(new Uint8Array(readFileSync(wasm)), map);
  } catch (error) {
    throw new UsageError(`${wasm}: cannot load the machine's module: ${(error as Error).message}`);
  }
}
