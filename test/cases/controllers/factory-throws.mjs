// The factory throws.
export function createController() {
  throw new Error("no board like this");
}
