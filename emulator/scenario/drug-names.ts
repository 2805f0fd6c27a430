// Names of drugs, which count whatever their case.

/** True when two names are of one drug. */
export function isSameDrug(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** The name in a list of the same drug in other letters, or the name itself. */
export function drugIn(names: readonly string[], name: string): string {
  return names.find((known) => isSameDrug(known, name)) ?? name;
}
