// For property tests of controllers, this project's or anybody's: generators of scenarios, the invariants, and a check that
// runs the one against the other. Works under any test runner: a failure is a thrown error that fast-check has shrunk.

export { arbitraries } from "./campaign/arbitraries";
export { checkController, type CheckOptions } from "./campaign/check-controller";
export { pumpCommands } from "./campaign/pump-commands";
export { INVARIANTS as invariants, type Invariant } from "./run/invariants";
