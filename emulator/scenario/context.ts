// The parts of a file to which its other parts refer while a scenario is built: the run's length, the content of the reservoir
// over time, and the place to which a problem goes.

import type { Refuse, Solution } from "./prescription";
import type { Path } from "./problems";
import type { Place } from "./scenario";
import type { Span } from "./values";

/** The labelled content of the reservoir from a moment on. */
export interface Filling extends Solution {
  at_ticks: number;
  /** The name of the primary drug, to which doses refer. */
  name: string;
}

export interface Context {
  duration: Span;
  /** The fillings in order of time; the first is that of the start. */
  fillings: Filling[];
  /** The names of all drugs in the file. The world knows a drug by its index in this list. */
  names: string[];
  /** The capacity of the pump from a moment on, in order of time. */
  capacities: { at_ticks: number; capacity_nl: number }[];
  /** The names of the patient's signals; and whether the file has a patient. */
  signals: readonly string[];
  isPatientThere: boolean;
  /** False when the file has a problem with its drugs, of which a problem with a dose may be a consequence. */
  drugsAreKnown: boolean;
  refuse: Refuse;
  warn: Refuse;
  placeOf: (path: Path) => Place;
}

/** A `Refuse` whose paths are below `path`. */
export function at(refuse: Refuse, path: Path): Refuse {
  return (more, message) => refuse([...path, ...more], message);
}

/** The content of the reservoir at a tick, after all refills of that tick. */
export function fillingAt(ticks: number, context: Context): Filling {
  return context.fillings.findLast((filling) => filling.at_ticks <= ticks) ?? context.fillings[0];
}

/** The capacity of the pump that is there at a tick, nL. */
export function capacityAt(ticks: number, { capacities }: Context): number {
  return (capacities.findLast(({ at_ticks }) => at_ticks <= ticks) ?? capacities[0]).capacity_nl;
}
