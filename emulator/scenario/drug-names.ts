// Names of drugs, which count whatever their case, and the drug library's number for a name.

import { DRUG_UNLISTED } from "../../hal/drug-library";
import { DRUG_ROWS } from "../contract/drugs";

/** True when two names are of one drug. */
export function isSameDrug(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** The name in a list of the same drug in other letters, or the name itself. */
export function drugIn(names: readonly string[], name: string): string {
  return names.find((known) => isSameDrug(known, name)) ?? name;
}

/** The library's number for a drug, or DRUG_UNLISTED. */
export function libraryId(name: string): number {
  return DRUG_ROWS.find((row) => isSameDrug(row.name, name))?.id ?? DRUG_UNLISTED;
}
