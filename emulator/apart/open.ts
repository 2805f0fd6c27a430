// Opens a run or a service where its controller belongs: the reference controller's in this process, any other in a child process.

import type { ServiceHandle } from "../rig/service";
import type { ApartServiceSetup } from "./messages";
import { openApart } from "./run-apart";
import { openHere } from "./run-here";
import type { RunHandle, RunSetup } from "./run-work";
import { serveApart } from "./service-apart";
import { serveHere } from "./service-here";

/** Throws ControllerFault for a controller that cannot be loaded, and ScenarioError. */
export async function openRun(setup: RunSetup): Promise<RunHandle> {
  return setup.controller === null ? openHere(setup) : openApart(setup);
}

/** Throws ControllerFault for a controller that cannot be loaded, ScenarioError and FileError. */
export async function openService({ controller, ...setup }: ApartServiceSetup): Promise<ServiceHandle> {
  return controller === null ? serveHere(setup) : serveApart({ ...setup, controller });
}
