// The assertion by which firmware finds the errors of its programmer. It stays on in every build. What a cable, a person, a
// sensor or a worn memory can cause is never asserted: it is a result code, a count or an alarm. The text is constant, so an
// assertion that holds costs a comparison and allocates nothing.

/** Throws (under V8) or traps (as WebAssembly) when `condition` is false. */
export function assert(condition: bool, message: string): void {
  if (!condition) throw new Error(message);
}
