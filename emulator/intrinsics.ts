// The objects of the language that every module shares: Math, Array.prototype and their like. They are captured before a
// foreign controller is loaded. A controller that replaces a part of one changes the machine around it, so the run proves nothing.
// `changed` names such a part, and `putBack` gives it its captured value, so that what reports the run can be trusted again.
// Both use only functions that were captured with it. A new name among the globals harms nobody and is no change.

/** Globals that are no part of the language. */
const NOT_CAPTURED = new Set(["global", "globalThis", "process", "console"]);
/** Properties of Error that only change how a stack is written. */
const STACK_LIMIT = "stackTraceLimit";
const STACK_WRITER = "prepareStackTrace";

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { is } = Object;
const textOf = String;

interface Captured {
  owner: object;
  /** `Math`, `Array.prototype`. */
  path: string;
  keys: PropertyKey[];
  /** In the order of `keys`. */
  properties: PropertyDescriptor[];
}

interface Change {
  owner: object;
  key: PropertyKey;
  /** Undefined for a key that was added. */
  was: PropertyDescriptor | undefined;
  /** `Math.min was replaced`. */
  text: string;
}

export class Intrinsics {
  private readonly captured: Captured[] = [];

  constructor() {
    const seen = new Set<object>([globalThis]);
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      // An accessor makes its object when it is first read; such objects are Node's and not the language's.
      const value = getOwnPropertyDescriptor(globalThis, name)!.value as unknown;
      if (!NOT_CAPTURED.has(name) && isObject(value)) this.capture(value, name, seen);
    }
    this.capture(getPrototypeOf(Int8Array) as object, "TypedArray", seen);
    this.capture(getPrototypeOf(getPrototypeOf([][Symbol.iterator]()) as object) as object, "Iterator.prototype", seen);
    const globals = Object.getOwnPropertyNames(globalThis).filter((name) => {
      const { value, configurable } = getOwnPropertyDescriptor(globalThis, name)!;
      return configurable && isObject(value) && !NOT_CAPTURED.has(name);
    });
    this.captured.push({
      owner: globalThis,
      path: "",
      keys: globals,
      properties: globals.map(descriptorIn(globalThis)),
    });
  }

  /** The first part that is not as it was captured, in words; null when there is none. */
  changed(): string | null {
    return this.changes(1)[0]?.text ?? null;
  }

  /** Gives every changed part its captured value again, as far as the controller has left that possible. */
  putBack(): void {
    const changes = this.changes(Infinity);
    for (let i = 0; i < changes.length; i++) {
      const { owner, key, was } = changes[i];
      if (was) defineProperty(owner, key, was);
      else deleteProperty(owner, key);
    }
  }

  private changes(most: number): Change[] {
    const found: Change[] = [];
    let count = 0;
    for (let i = 0; i < this.captured.length && count < most; i++) {
      const { owner, path, keys, properties } = this.captured[i];
      for (let k = 0; k < keys.length && count < most; k++) {
        const now = getOwnPropertyDescriptor(owner, keys[k]);
        const was = properties[k];
        if (now && is(now.value, was.value) && is(now.get, was.get) && is(now.set, was.set)) continue;
        found[count++] = { owner, key: keys[k], was, text: `${named(path, keys[k])} was replaced` };
      }
      if (owner === globalThis || count >= most) continue;
      const present = ownKeys(owner);
      if (present.length <= keys.length) continue;
      for (let k = 0; k < present.length && count < most; k++) {
        const key = present[k];
        let known = key === STACK_LIMIT || key === STACK_WRITER;
        for (let at = 0; at < keys.length && !known; at++) known = is(keys[at], key);
        if (!known) found[count++] = { owner, key, was: undefined, text: `${named(path, key)} was added` };
      }
    }
    return found;
  }

  /** Captures an object and everything that hangs on it. */
  private capture(owner: object, path: string, seen: Set<object>): void {
    if (seen.has(owner)) return;
    seen.add(owner);
    const keys = ownKeys(owner).filter((key) => key !== STACK_LIMIT && key !== STACK_WRITER);
    const properties = keys.map(descriptorIn(owner));
    this.captured.push({ owner, path, keys, properties });
    properties.forEach(({ value, get, set }, i) => {
      const here = named(path, keys[i]);
      for (const part of [value, get, set] as unknown[]) {
        // `constructor` of a prototype and bound classes lead back to what has a shorter name.
        if (isObject(part) && keys[i] !== "constructor") this.capture(part, here, seen);
      }
    });
  }
}

function descriptorIn(owner: object): (key: PropertyKey) => PropertyDescriptor {
  return (key) => getOwnPropertyDescriptor(owner, key)!;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function named(path: string, key: PropertyKey): string {
  const name = typeof key === "symbol" ? `[${apply(textOf, undefined, [key])}]` : (key as string);
  return path === "" ? name : `${path}.${name}`;
}
