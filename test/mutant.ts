// Controllers that are wrong on purpose: the reference controller with a method of one part replaced.

import { PumpController } from "../firmware/controller";
import { scriptController, type ControllerFactory } from "../emulator/machine/controller-host";

/** A reference controller with one thing wrong. */
export function mutant(name: string, change: (controller: PumpController) => void): ControllerFactory {
  const made = scriptController(name, (hal) => {
    const controller = new PumpController(hal);
    change(controller);
    return controller;
  });
  // On the ports of the reference controller: counted ones would make a hunt for a counterexample half as fast.
  return { ...made, ports: "bare" };
}

/** Puts a method of its own on one part, hidden from the state walker as a prototype's would be. */
export function replace<T extends object, K extends keyof T>(part: T, method: K, body: T[K]): void {
  Object.defineProperty(part, method, { value: body, enumerable: false });
}
