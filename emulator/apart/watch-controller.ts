// `watchController` of the package: the caller's own work with machines and runs, in which a controller that is not the caller's is
// watched. It runs in the caller's process, because a factory holds values of it that cannot be carried to another one. Each call
// of the controller has its time, what it changes in the language is found and put back, and what it leaves open is found. What
// ends the process is not held here: for that a controller is given by its path to `checkController` or to the command.

import { Intrinsics } from "../intrinsics";
import { Leavings } from "../leavings";
import { ControllerFault, type ControllerFactory } from "../machine/controller-host";
import { InterruptedError, LateError, lateWords, startBudgetHere, within } from "./time-budget";
import { tickOfCall, watched } from "./watched-controller";

/**
 * Does `work` with a controller whose every call, construction included, must return within a second, and gives what it gives.
 * Throws ControllerFault with the tick when a call does not return, and after the work when the controller changed the language or
 * left a timer or another handle open. A machine whose call did not return is of no more use.
 */
export function watchController<T>(controller: ControllerFactory, work: (controller: ControllerFactory) => T): T {
  const { result, deed } = workUnderWatch(controller, work);
  if (typeof (result as { then?: unknown } | null)?.then === "function") {
    throw new TypeError("the work gave a promise, and a watch is over when the work returns");
  }
  if (deed !== null) throw new ControllerFault(`${controller.name}: ${deed}`);
  return result;
}

/** The same. `deed`: what the controller did to the process around it, in words; null for nothing. */
export function workUnderWatch<T>(
  controller: ControllerFactory,
  work: (controller: ControllerFactory) => T,
): { result: T; deed: string | null } {
  const { name } = controller;
  const intrinsics = new Intrinsics();
  const endBudget = startBudgetHere(`${name}: a call of the controller does not return, and nothing here can end it`);
  const leavings = new Leavings();
  let isInterrupted = false;
  try {
    const result = within(() => work(watched(controller)));
    const changed = intrinsics.changed();
    intrinsics.putBack();
    const left = leavings.found();
    if (changed !== null) return { result, deed: `the controller changed the language around it: ${changed}` };
    return { result, deed: left === null ? null : `the controller left ${left} open in this process` };
  } catch (error) {
    intrinsics.putBack();
    if (error instanceof LateError) throw new ControllerFault(`${name}: ${lateIn(tickOfCall(), error)}`);
    isInterrupted = error instanceof InterruptedError;
    throw error;
  } finally {
    endBudget();
    // The person's signal ended the work alone; now the process gets it.
    if (isInterrupted) process.kill(process.pid, "SIGINT");
  }
}

function lateIn(tick: number | null, error: LateError): string {
  return tick === null ? `cannot load this controller: its construction ${error.message}` : lateWords(tick);
}
