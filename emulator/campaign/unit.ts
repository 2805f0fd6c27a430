// A unit of work and its result. A unit is plain JSON, and so is its result, and the result depends on nothing but the unit, the build and
// the controller: it may be computed in any process of any machine, twice, or again after a process died. Only `core_ms` differs.

import type { CaseFile } from "./case-file";
import type { ProfileName } from "./profiles";

/** The part that all units of a campaign have in common. */
export interface UnitCommon {
  /** Hash of this build of cistern. */
  build: string;
  /** `reference`, or the hash of the controller's bytes. */
  controller: string;
  /** The ids of the invariants and harms that are judged, with commas between them; `all`. */
  property: string;
}

/** Seeks: runs `count` cases from number `from` on. */
export interface SeekUnit extends UnitCommon {
  kind: "seek";
  id: string;
  profile: ProfileName;
  seed: number;
  from: number;
  count: number;
}

/** Runs a known counterexample. Its timeline and prescription are the file's. */
export interface CorpusUnit extends UnitCommon {
  kind: "corpus";
  id: string;
  file: string;
  text: string;
}

/** Runs a failing case again from its beginning and, if it fails again, makes it smaller in `tries` runs at most. */
export interface ShrinkUnit extends UnitCommon {
  kind: "shrink";
  id: string;
  signature: string;
  file: CaseFile;
  tries: number;
}

export type Unit = SeekUnit | CorpusUnit | ShrinkUnit;

export type FailureKind = "invariant" | "harm" | "controller" | "command" | "gears" | "restore" | "builds";

/** Something that a case was judged false by. Two failures with the same signature are one to a campaign. */
export interface Failure {
  /** The kind and the id: `invariant LIM-1`. */
  signature: string;
  kind: FailureKind;
  /** Id of an invariant, name of a harm, or a word for what went wrong. */
  id: string;
  text: string;
  at_s: number | null;
}

/** A failure with the case in which it was. */
export interface Found extends Failure {
  /** Number of the case in the campaign. */
  case: number;
  file: CaseFile;
}

export interface Compared {
  gears: number;
  restore: number;
  builds: number;
}

export interface SeekResult {
  kind: "seek";
  unit: string;
  /** Cases that were carried out. There are fewer than the unit has when its time was over. */
  cases: number;
  /** Cases that the loader refused, which is a fault of the generator. */
  refused: number;
  /** Cases in which the pump was commissioned, so that something was judged. */
  served: number;
  /**
   * A pump that never answers its commissioning, although nothing is wrong: why, and the commissioning as a case. It is the only case of
   * its unit then. Null for a pump that answers.
   */
  unanswered: { case: number; text: string; file: CaseFile } | null;
  /** Cases that were compared with the other gear, with a run from their beginning, and with one in the other build of the controller. */
  compared: Compared;
  ticks: number;
  core_ms: number;
  /** By class: the number of cases that reached it. */
  classes: Record<string, number>;
  /** By hazard (H-n): the number of cases with a harm that this hardware cannot name in time. */
  excused: Record<string, number>;
  /** The first of each signature. */
  failures: Found[];
}

export interface CorpusResult {
  kind: "corpus";
  unit: string;
  failures: Failure[];
  /** Why it cannot be told, in words; null when it was judged. */
  untold: string | null;
  excused: Record<string, number>;
  ticks: number;
  core_ms: number;
}

export interface ShrinkResult {
  kind: "shrink";
  unit: string;
  /** False: the same case did not fail in the same way again. */
  repeats: boolean;
  failure: Failure | null;
  file: CaseFile;
  tries: number;
  core_ms: number;
}

export type UnitResult = SeekResult | CorpusResult | ShrinkResult;

/** The part of a limit of host time in which failures are sought; the rest is for shrinking them. */
export const SEEKING_PART = 0.75;
/** Runs in which a counterexample is made smaller, at most. */
export const TRIES_MAX = 400;
/** The processor time that no unit exceeds: a worker ends one that would, and keeps the cases that are done. */
export const UNIT_MS_MAX = 30_000;
