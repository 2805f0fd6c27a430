// The report of a campaign, as `campaign.json` and `check --json` have it.

import type { MachineBuild } from "../machine/controller-host";
import type { Judgement } from "../run/verdict";
import type { ProfileName } from "./profiles";
import type { Compared, Failure } from "./unit";

/** The part that all units of a campaign have in common, and the controller by its name. */
export interface CampaignHead {
  version: string;
  build: string;
  controller: { name: string; hash: string };
  /** The build in which the machines of the command that began it run. Nothing but the speed depends on it. */
  machine: MachineBuild["machine"];
  seed: number;
  profile: ProfileName;
  property: string;
}

export interface FailureRow extends Failure {
  /** The number of units in which it was. */
  units: number;
  case: number;
  /** True when the case failed again in the same way; null when there was no time to try. */
  repeats: boolean | null;
  /** Name of its file, and the text of it. */
  file: string;
  text_yaml: string;
  entries: number;
}

export interface KnownRow {
  file: string;
  /** still: it fails; the second: it passes; untold: it could not be judged. */
  outcome: "still" | "mended" | "untold";
  text: string;
}

export interface CampaignReport extends CampaignHead, Judgement {
  schema: "cistern.campaign/1";
  units: number;
  cases: number;
  served: number;
  compared: Compared;
  pump_days: number;
  core_s: number;
  host_s: number;
  /** By class: the number of cases that reached it, in the order of their names. */
  classes: Record<string, number>;
  /** The classes that the profile promises and that were not reached; null below the profile's number of cases. */
  missed: string[] | null;
  /** Groups of classes that the controller never shows. */
  not_judged: string[];
  excused: { hazard: string; harm: string; reason: string; cases: number }[];
  failures: FailureRow[];
  known: KnownRow[];
}

/** The groups of classes, and what each counts. */
export const GROUPS = {
  mode: "modes of the pump",
  action: "actions, with the mode in which they came and their outcome",
  fault: "faults that acted, with the mode in which they first did",
  alarm: "alarms, with the mode in which they were raised",
  denied: "denials and refusals, with their reasons",
  record: "records written, with the mode in which they were",
  event: "other events of the pump",
  reset: "resets, with what was under way",
  pair: "pairs of faults that acted in one case",
} as const;
export type Group = keyof typeof GROUPS;

export function groupOf(name: string): Group {
  return name.slice(0, name.indexOf(" ")) as Group;
}
