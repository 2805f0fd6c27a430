// State of a JavaScript controller that no snapshot sees, because it is in no field: private fields (`#n`), and variables that its
// methods share (`let` of a module, variables of a closure). V8's inspector tells both by name, without a debugger. A private field
// is refused as it is. A shared variable is state when its value, or anything that hangs on it, changes while the controller runs;
// so the variables are looked at before and after some ticks.

import { Session } from "node:inspector";

interface RemoteObject {
  type: string;
  objectId?: string;
  value?: unknown;
  description?: string;
}

interface Properties {
  result: { name: string; value?: RemoteObject }[];
  internalProperties?: { name: string; value?: RemoteObject }[];
  privateProperties?: { name: string; value?: RemoteObject }[];
}

/** The place through which an object is given to the inspector, and one of the inspector's is taken. */
const HAND = Symbol.for("cistern.hand");
/** Objects that hang on a variable; more say nothing more. */
const OBJECTS_MAX = 10_000;

/** The variables that a controller's methods share: name to a digest of the value. */
export type Variables = ReadonlyMap<string, string>;

/** Looks into one controller. */
export class Look {
  private readonly session = new Session();
  private readonly controller: object;

  constructor(controller: object) {
    this.controller = controller;
    this.session.connect();
    Object.defineProperty(globalThis, HAND, { value: null, writable: true, configurable: true });
  }

  /** The name of a private field of the controller or of an object in its fields; null when there is none. */
  privateField(): string | null {
    const seen = new Set<object>();
    const pending: object[] = [this.controller];
    for (let object = pending.pop(); object; object = pending.pop()) {
      if (seen.has(object) || ArrayBuffer.isView(object)) continue;
      seen.add(object);
      const { privateProperties = [] } = this.properties(this.idOf(object));
      const field = privateProperties.find(({ value }) => value !== undefined && value.type !== "function");
      if (field) return field.name;
      pending.push(...Object.values(object).filter((each) => isObject(each) && !Object.isFrozen(each)));
    }
    return null;
  }

  /** The variables outside of all functions, and those of closures, that the controller's methods share. */
  variables(): Variables {
    const found = new Map<string, string>();
    const modules = new Set<string>();
    for (const method of this.methods()) {
      const { internalProperties = [] } = this.properties(this.idOf(method));
      const internal = (name: string) => internalProperties.find((each) => each.name === name)?.value;
      const scopes = internal("[[Scopes]]")?.objectId;
      if (scopes === undefined) continue;
      const { scriptId = "" } = (internal("[[FunctionLocation]]")?.value ?? {}) as { scriptId?: string };
      for (const { value: scope } of this.properties(scopes).result) {
        if (scope?.objectId === undefined || scope.description?.startsWith("Global")) continue;
        // A script has one scope of a module, and to read it takes most of the time of a look.
        if (scope.description === "Module") {
          if (modules.has(scriptId)) continue;
          modules.add(scriptId);
        }
        for (const { name, value } of this.properties(scope.objectId).result) {
          if (value && !found.has(name)) found.set(name, this.digest(value));
        }
      }
    }
    return found;
  }

  private methods(): object[] {
    const methods: object[] = [];
    for (let owner: object | null = this.controller; owner && owner !== Object.prototype; owner = protoOf(owner)) {
      for (const { value } of Object.values(Object.getOwnPropertyDescriptors(owner))) {
        if (typeof value === "function") methods.push(value as object);
      }
    }
    return methods;
  }

  /** A text that differs when the value, or a number or text that hangs on it, differs. */
  private digest(value: RemoteObject): string {
    if (value.objectId === undefined) return String(value.value ?? value.description ?? value.type);
    this.post("Runtime.callFunctionOn", {
      objectId: value.objectId,
      functionDeclaration: `function () { globalThis[Symbol.for("cistern.hand")] = this; }`,
    });
    const parts: string[] = [];
    const seen = new Set<object>([this.controller]);
    const pending: unknown[] = [(globalThis as Record<symbol, unknown>)[HAND]];
    while (pending.length > 0 && seen.size < OBJECTS_MAX) {
      const each = pending.pop();
      if (!isObject(each)) {
        parts.push(String(each));
      } else if (!seen.has(each)) {
        seen.add(each);
        if (ArrayBuffer.isView(each)) parts.push(String(each as Uint8Array));
        else if (each instanceof Map || each instanceof Set) pending.push(...(each as Set<unknown>));
        else for (const { value: part } of Object.values(Object.getOwnPropertyDescriptors(each))) pending.push(part);
      }
    }
    return parts.join(" ");
  }

  private idOf(object: object): string {
    (globalThis as Record<symbol, unknown>)[HAND] = object;
    const { result } = this.post("Runtime.evaluate", { expression: `globalThis[Symbol.for("cistern.hand")]` }) as {
      result: RemoteObject;
    };
    return result.objectId!;
  }

  private properties(objectId: string): Properties {
    return this.post("Runtime.getProperties", { objectId, ownProperties: true }) as Properties;
  }

  /** The inspector of the same thread answers before the call returns. */
  private post(method: string, parameters: object): unknown {
    let answer: unknown;
    this.session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }
}

/** The name of a variable whose value differs; null when there is none. */
export function changedVariable(before: Variables, after: Variables): string | null {
  for (const [name, digest] of after) if (before.has(name) && before.get(name) !== digest) return name;
  return null;
}

function protoOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
