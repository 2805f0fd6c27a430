// Types of hazards.mjs for its test.

import type { UnnamedHazard } from "../emulator/contract/hazards";
import type { Requirement } from "./requirements.mjs";

export interface ApplicableHazard {
  id: string;
  /** Further ids of the fact base that are the same hazard. */
  also?: string[];
  applies: true;
  group: string;
  hazard: string;
  source: string[];
  /** The requirements that control it, each with the way in which it does. */
  mitigations: { id: string; how: string }[];
  /** The names of the faults that show it. */
  fault: string[];
  /** An act of a scenario or a person that shows it, instead of a fault or beside one. */
  act?: string;
  /** The part of the hazard that the mitigations do not cover. */
  remains?: string;
}

export interface ForeignHazard {
  id: string;
  also?: string[];
  applies: false;
  hazard: string;
  source: string[];
  reason: string;
}

export interface HazardTable {
  /** The requirements that are cited and not built yet. */
  later: { id: string; reason: string }[];
  sources: { tag: string; what: string; where?: string }[];
  hazards: (ApplicableHazard | ForeignHazard)[];
  unnamed: UnnamedHazard[];
}

export function hazards(): HazardTable;
export function accountedFor(table?: HazardTable): string[];
export function problems(table?: HazardTable, known?: Pick<Requirement, "id" | "status">[]): string[];
export function unproved(table?: HazardTable, cited?: Map<string, string[]>): string[];
export function page(table?: HazardTable, known?: Requirement[], cited?: Map<string, string[]>): string;
