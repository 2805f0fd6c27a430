// Opens a run where its controller belongs: the reference controller's in this process, any other in a child process.

import { openApart } from "./run-apart";
import { openHere } from "./run-here";
import type { RunHandle, RunSetup } from "./run-work";

/** Throws ControllerFault for a controller that cannot be loaded, and ScenarioError. */
export async function openRun(setup: RunSetup): Promise<RunHandle> {
  return setup.controller === null ? openHere(setup) : openApart(setup);
}
