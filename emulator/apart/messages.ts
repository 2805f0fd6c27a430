// The messages between a command and the child process in which its run is. They go over Node's channel between processes, as
// structured clones. The command opens the run once and then makes one call at a time; the child answers each with its result or
// the error, and where the run is then.

import { CommandError } from "../debug/door";
import { FileError } from "../file";
import { ControllerFault } from "../machine/controller-host";
import { ScenarioError, type Place } from "../scenario/scenario";
import type { RunReport, Track } from "../run/report";
import { UsageError } from "../usage-error";
import type { RunSetup, Whereabouts, WorkCall } from "./run-work";

/** The time in which each call of a controller must return. */
export const CALL_BUDGET_S = 1;

export type ToChild = { open: RunSetup } | { call: WorkCall; given: unknown[] };

/** The run has been opened. */
export interface Opened extends Whereabouts {
  end_ticks: number;
  report: RunReport;
  /** The recorded signals, without their changes. */
  tracks: Track[];
}

export type FromChild = { opened: Opened } | Answer;

export interface Answer {
  answer: { result: unknown } | { error: ErrorText };
  at: Whereabouts;
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
