// Run by vitest once, before all test files: says the seed of the run and which tests this machine cannot run. Both go to
// stderr, which no reporter uses for its results.

import type { TestProject } from "vitest/node";
import { leftOutHere, skippedHere } from "./machine-here";
import { seedOf } from "./seeds";

declare module "vitest" {
  interface ProvidedContext {
    seed: number;
    /** A case that breaks a law is made smaller, which may take minutes. */
    shrinks: boolean;
  }
}

export default function announce(project: TestProject): void {
  const seed = seedOf(process.env["CISTERN_SEED"]);
  project.provide("seed", seed);
  project.provide("shrinks", process.env["CISTERN_SHRINK"] !== "no");
  // Vitest calls this for its configuration as a whole, and for each of the projects in it.
  if (!project.isRootProject()) return;
  const skipped = skippedHere();
  if (skipped.length > 0 && process.env["CI"]) throw new Error(skipped.join("\n"));
  const lines = [
    `The seed is ${seed}: CISTERN_SEED=${seed} before the command draws the same again.`,
    ...skipped,
    ...leftOutHere(),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}
