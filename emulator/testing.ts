// For property tests of any controller: generators of scenarios, the invariants, and a check that runs a controller in
// generated scenarios against the invariants. It works under any test runner, because a failure is a thrown error that
// fast-check has shrunk.

export { arbitraries } from "./campaign/arbitraries";
export { checkController } from "./apart/check-controller";
export { CounterexampleError, type CheckOptions, type CheckResult } from "./campaign/controller-check";
export { pumpCommands } from "./campaign/pump-commands";
export { INVARIANTS as invariants, type Invariant } from "./run/invariants";
