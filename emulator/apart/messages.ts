// The messages between a command and the child process in which its run or its service is. They go over Node's channel between
// processes, as structured clones. The command opens one of them and then makes one call at a time; the child answers each with
// its result or the error. A service also sends and hears news, which nobody answers.

import type { CaseFile } from "../campaign/case-file";
import type { UnitResult } from "../campaign/unit";
import { CommandError } from "../debug/command-error";
import type { Progress } from "../debug/time-travel";
import { FileError } from "../file";
import { ControllerFault } from "../machine/controller-host";
import { ScenarioError, type Place, type Scenario } from "../scenario/scenario";
import type { RunReport, Track } from "../run/report";
import { UsageError } from "../usage-error";
import type { ToFar, ToNear } from "../rig/relay";
import type { Ending } from "../rig/serve";
import type { ControllerJob, ControllerNotice } from "../hal-wire/controller-job";
import type { ServeReport } from "../rig/serve-report";
import type { ServiceSetup } from "../rig/service";
import type { RunSetup, Whereabouts, WorkCall } from "./run-work";

/** The time in which each call of a controller must return. */
export const CALL_BUDGET_S = 1;

export interface ApartServiceSetup extends ServiceSetup {
  /** The path of a controller; null for the reference controller. */
  controller: string | null;
}

/** A unit of a campaign, and the time in ms that the host has for it, if that is limited. The child answers it with a UnitAnswer. */
export type CampaignCall = "unit";

/** The result of a unit, and what the controller did to the process beside its calls. */
export interface UnitAnswer {
  result: UnitResult;
  deeds: string[];
}

/** Calls of a service. The child answers `attach` with a first report. */
export type ServiceCall = "attach" | "status" | "report" | "savedText";

/** An end of the hal wire. The child answers when it has ended. */
export interface WireSetup {
  job: ControllerJob;
  /** The scenario that the board should play, for a trial of the controller. */
  scenario: Scenario;
}

/** The descriptor of the child on which the bytes of the wire pass. */
export const WIRE_FD = 4;
/**
 * The header of a message from the command on it: a kind, and a number. For bytes the number is their count, for a stop it is the
 * reason. The child sends bare bytes.
 */
export const WIRE_HEADER_BYTES = 5;
export const WIRE_BYTES = 0;
export const WIRE_STOP = 1;

export type ToChild =
  | { run: RunSetup }
  | { serve: ApartServiceSetup }
  | { wire: WireSetup }
  /** Units of a campaign follow. The path of a controller; null for the reference controller. */
  | { campaign: { controller: string | null } }
  | Stop
  | { call: WorkCall | ServiceCall | CampaignCall; given: unknown[] }
  | ToService;

/** The person has stopped the move of a stepper's line that is under way. */
export interface Stop {
  stop: true;
}

/** News for a service. */
export type ToService = ToFar | { end: Ending };

/** News of a service, a run or a wire. */
export type FromService =
  | ToNear
  /** How far the move of a stepper's line is. */
  | { moving: Progress }
  | { ended: Ending }
  /** The report as it would be if the service ended now, about once a second, for the case that the process dies. */
  | { soFar: ServeReport }
  /** A case of a unit begins, of a controller that may end the process in it. */
  | { began: { index: number; file: CaseFile } }
  /** News of an end of the hal wire. */
  | { notice: ControllerNotice };

/** The run has been opened. */
export interface Opened extends Whereabouts {
  end_ticks: number;
  report: RunReport;
  /** The recorded signals, without their changes. */
  tracks: Track[];
}

export type FromChild = { opened: Opened } | { served: Ready } | Answer | { news: FromService };

/** The service has been opened. */
export interface Ready {
  notes: string[];
}

export interface Answer {
  answer: { result: unknown } | { error: ErrorText };
  /** Where the run is; null for a service, and for one that could not be opened. */
  at: Whereabouts | null;
  /** The report as it would be if the run ended now, about once a second, for the case that the process dies. */
  report: RunReport | null;
  /** The changes of each signal since the last answer that had any: from `from` on they replace what was known. */
  changes: Change[];
}

export interface Change {
  track: number;
  from: number;
  ticks: number[];
  values: number[];
}

/** An error as text: its class is lost between processes. */
export interface ErrorText {
  name: string;
  message: string;
  place?: Place | null;
  path?: string;
}

export function textOfError(error: unknown): ErrorText {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  if (error instanceof ScenarioError) return { name, message, place: error.place };
  if (error instanceof FileError) return { name, message, path: error.path };
  return { name, message };
}

/** The error as its class. */
export function errorOfText({ name, message, place = null, path = "" }: ErrorText): Error {
  switch (name) {
    case "ControllerFault":
      return new ControllerFault(message);
    case "CommandError":
      return new CommandError(message);
    case "ScenarioError":
      return Object.assign(new ScenarioError(message, null), { place });
    case "UsageError":
      return new UsageError(message);
    case "FileError":
      return Object.assign(new FileError(path, "", null), { message });
    default:
      return new Error(`${name}: ${message}`);
  }
}
