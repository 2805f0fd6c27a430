// Where a unit is carried out: in a process with a controller that is not ours, each call of it is watched.

import type { ScenarioRun } from "../run/run";
import type { CaseFile } from "./case-file";

/** Carries out a piece of a run that calls the controller, perhaps under a watch; returns its failure in words, or null. */
export type Guarded = (run: ScenarioRun, piece: () => void) => string | null;

/** Where the unit is carried out. */
export interface Place {
  guarded: Guarded;
  /** True when the controller did something to the process beside its calls: each later call of it would fail. */
  isSpent?(): boolean;
  /** The moment of `performance.now()` at which a unit ends with what it has, if it is given. */
  until_ms?: number;
  /** Called with the file of each case before it runs, for the case that the process dies in it. */
  onCase?(index: number, file: CaseFile): void;
}

/** The processor time of the process since `process.cpuUsage()` gave `began`, in whole ms. */
export function coreMs(began: { user: number; system: number }): number {
  const { user, system } = process.cpuUsage(began);
  return Math.round((user + system) / 1000);
}

/** Between two looks at the processor's time, which is dear to ask for: with one at each step of a case they were 5 % of a campaign. */
const LOOK_MS = 50;

/**
 * True once the process has worked for so long since the call, or `until_ms` has come. It is the processor's time, so that a busy machine cuts no unit
 * short, whose result would then be another.
 */
export function limitOf(work_ms: number, until_ms = Infinity): () => boolean {
  const began = process.cpuUsage();
  let [isOver, look_ms] = [false, 0];
  return () => {
    const now_ms = performance.now();
    if (now_ms < look_ms) return isOver || now_ms > until_ms;
    look_ms = now_ms + LOOK_MS;
    isOver ||= coreMs(began) > work_ms;
    return isOver || now_ms > until_ms;
  };
}
