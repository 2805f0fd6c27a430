// Types of requirements.mjs for its test and for hazards.mjs's.

export interface Requirement {
  id: string;
  status: "here" | "partly" | "later";
  text: string;
  part?: string;
}
export function requirements(): Requirement[];
export function citations(): Map<string, string[]>;
export function proofs(files: readonly string[]): string;
export function problems(): string[];
export function page(): string;
