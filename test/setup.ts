// Run by vitest before each test file: fast-check draws from the seed of the run. A law that takes so long that its test would be
// ended without a word is interrupted before, and then says its seed, and the path to its counterexample if it has one.

import * as fc from "fast-check";
import { inject } from "vitest";
import { mapStackTraces } from "./stack-traces";

/** Below `testTimeout`. */
const LAW_MS_MAX = 480_000;

fc.configureGlobal({
  seed: inject("seed"),
  interruptAfterTimeLimit: LAW_MS_MAX,
  markInterruptAsFailure: true,
  endOnFailure: !inject("shrinks"),
});

mapStackTraces();
