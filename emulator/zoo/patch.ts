// Changes a controller by one method of one of its parts.

/** A value that a method of the firmware takes or gives. */
type Value = number | boolean | Uint8Array | void;
type Method = (...given: never[]) => Value;

/**
 * Puts another method in the place of the part's own, hidden from the walker of states as a method of the class is. `make` gets the
 * old one. Throws Error when the part has no such method.
 */
export function patch(part: object, method: string, make: (old: (...given: Value[]) => Value) => Method): void {
  const old = (part as Record<string, unknown>)[method];
  if (typeof old !== "function") throw new Error(`${part.constructor.name} has no method ${method}`);
  const body = make((old as (...given: Value[]) => Value).bind(part));
  Object.defineProperty(part, method, { value: body, enumerable: false });
}
