// A figure of the patient's tables: its typical value, how it varies between people, where it comes from and how far that
// carries it. The basis is that of the typical value. A figure that is drawn is lognormal about it (`spread` is
// the deviation of its logarithm), or a part of a whole whose odds are drawn so.

/** read: it stood in a source; derived: reckoned from figures that did; background: known or fitted to what is known, without a source at hand; choice: of this project. */
export type Basis = "read" | "derived" | "background" | "choice";

export interface Figure {
  typical: number;
  /** Deviation of the logarithm between people; 0: all have the typical value. */
  spread: number;
  basis: Basis;
  source: string;
  /** Where the spread comes from; without it the spread is a choice. */
  spreadSource?: string;
}

const figure =
  (basis: Basis) =>
  (typical: number, spread: number, source: string, spreadSource?: string): Figure => ({
    ...{ typical, spread, basis, source },
    ...(spreadSource === undefined ? {} : { spreadSource }),
  });

export const read = figure("read");
export const derived = figure("derived");
export const background = figure("background");
export const choice = figure("choice");
