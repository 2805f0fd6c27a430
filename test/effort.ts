// How much a law tries: a count of cases that its file gives, times the effort of the command (vitest.config.ts). In `npm run prove`,
// which runs every file that imports this one, that is eight times as much as in `npm test`.

import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    effort: number;
  }
}

/** True in `npm run prove`. A hunt that takes the same cases there as in `npm test` is for the latter alone. */
export const IS_PROOF = inject("effort") > 1;

/** `numRuns` of a law that takes so many cases at an effort of 1. */
export function runs(count: number): number {
  return Math.ceil(count * inject("effort"));
}
