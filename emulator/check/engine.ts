// How the units of a campaign are carried out. An engine may be the processes of this machine or of many: a unit and its result are plain
// JSON, and a unit may be done twice or again.

import type { CaseFile } from "../campaign/case-file";
import type { Unit, UnitResult } from "../campaign/unit";

/** The end of a unit. `deeds`: what the controller did to the process around it. */
export type Outcome =
  | { unit: Unit; result: UnitResult; deeds: readonly string[] }
  /** The process ended in the unit, as `died` says; `began` is the case in which it did, if that is known. */
  | { unit: Unit; died: string; began: { index: number; file: CaseFile } | null };

export interface Engine {
  /**
   * Carries out the units that `next` gives, until it gives null or `stop` is aborted. `onOutcome` gets each outcome when it is there, in any
   * order. `leftFor` gives the host's time, ms, after which a unit is to end with what it has; an engine whose units are far away may
   * leave it out, and then the units that are under way at the abort are lost, and it says how many. Throws ControllerFault for a controller that cannot be loaded.
   */
  run(
    next: () => Unit | null,
    stop: AbortSignal,
    onOutcome: (outcome: Outcome) => void,
    leftFor?: (unit: Unit) => number,
  ): Promise<void>;
  close(): Promise<void>;
}
