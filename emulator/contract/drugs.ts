// The drug library (LIM-8): for each drug the highest concentration, the daily dose above which a clinician must confirm and
// give a reason (soft); half as much again is refused (hard). The rows of hal/drug-library.ts are made from it
// (scripts/contract.ts). The figures are this project's choices after published consensus ranges, for development alone; none
// is a maker's or a label's. Ids are append-only: they stand in program records. A changed figure needs another LIBRARY_VERSION.

export interface DrugRow {
  id: number;
  name: string;
  /** In 0.1 ug/mL. */
  concentrationMax: number;
  /** In units of 10 ng. */
  softDay: number;
}

export const DRUG_ROWS: readonly DrugRow[] = [
  { id: 1, name: "morphine", concentrationMax: 250_000, softDay: 1_500_000 },
  { id: 2, name: "hydromorphone", concentrationMax: 150_000, softDay: 1_000_000 },
  { id: 3, name: "fentanyl", concentrationMax: 100_000, softDay: 100_000 },
  { id: 4, name: "sufentanil", concentrationMax: 50_000, softDay: 50_000 },
  { id: 5, name: "bupivacaine", concentrationMax: 300_000, softDay: 1_500_000 },
  { id: 6, name: "clonidine", concentrationMax: 10_000, softDay: 60_000 },
  { id: 7, name: "ziconotide", concentrationMax: 1_000, softDay: 1_920 },
  { id: 8, name: "baclofen", concentrationMax: 20_000, softDay: 100_000 },
];

/** The drug's name; `unlisted` for one that the library does not know. */
export function drugName(drug: number): string {
  return DRUG_ROWS.find(({ id }) => id === drug)?.name ?? "unlisted";
}
