// Programmer errors only. Anything a cable, a person, a sensor or a worn memory can cause is a result code instead.
// The text is constant, so a passing assertion costs a compare and allocates nothing.

/** Throws (under V8) or traps (as WebAssembly) when `condition` is false. */
export function assert(condition: bool, message: string): void {
  if (!condition) throw new Error(message);
}
