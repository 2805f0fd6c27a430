// The hazards of docs/hazards.json by which a scenario says why it expects a harm: all ids of the fact base, and those that this
// hardware cannot name in time, with the harm that each does. The file is the table; nothing is written twice.

import table from "../../docs/hazards.json";

/** A hazard that does a harm which no alarm of this hardware names in its time. */
export interface UnnamedHazard {
  /** `H-n`. */
  id: string;
  /** A name of the table of harms. */
  harm: string;
  hazard: string;
  /** The names of the faults that show it, and an act of people that does. */
  fault: readonly string[];
  act?: string;
  /** The actions of a scenario that are that act. */
  action?: readonly string[];
  /** The hazard needs one of these faults or actions too; absent when the others are enough. */
  with?: readonly string[];
  /** Why this hardware cannot name it in time, in a clause without its full stop. */
  reason: string;
}

export const UNNAMED_HAZARDS: readonly UnnamedHazard[] = table.unnamed;

export const HAZARD_IDS: readonly string[] = [
  ...table.hazards.flatMap((row) => [row.id, ...("also" in row && row.also ? row.also : [])]),
  ...table.unnamed.map(({ id }) => id),
];
