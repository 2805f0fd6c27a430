// A breakpoint as a movement knows it: the moment for which it waits, and when that counts.

/** The moment for which a breakpoint waits. */
export type Awaited =
  | { kind: "statements"; ids: readonly number[] }
  | { kind: "tick"; tick: number }
  | { kind: "condition"; text: string }
  | { kind: "written"; symbol: string };

/** A breakpoint that is verified. */
export interface Breakpoint {
  id: number;
  awaited: Awaited;
  /** How the client says why the run stopped. */
  reason: "breakpoint" | "function breakpoint" | "data breakpoint" | "exception";
  /** Its name for a person: `firmware/limiter.ts:120`, `event bolus_denied`. */
  name: string;
  /** A condition that must hold too, in the language of the stepper, with the locals of the line; null when there is none. */
  condition: string | null;
  /** The hits that count, as they are written; empty for all. */
  hitCondition: string;
  /** True at the hit of that number, from 1. */
  counts(hit: number): boolean;
  /** A message that is printed instead of a stop; null for a stop. */
  log: string | null;
  hits: number;
}
