// How much a law tries: so many cases in `npm test`, four times as many in `npm run prove` (vitest.config.ts).

import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    effort: number;
  }
}

/** `numRuns` of a law that takes so many cases in `npm test`. */
export function runs(count: number): number {
  return count * inject("effort");
}
