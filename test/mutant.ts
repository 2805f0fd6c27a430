// Controllers that are wrong on purpose: the reference controller with a method of one part replaced.

import { PumpController } from "../firmware/controller";
import { scriptController, type ControllerFactory } from "../emulator/machine/controller-host";
import { zooRow } from "../emulator/zoo/controllers";
import { patch } from "../emulator/zoo/patch";

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

/** The controller of the zoo of that name. */
export function fromZoo(name: string): ControllerFactory {
  const { title, change } = zooRow(name);
  return mutant(title, change);
}

/** Puts a method of its own on one part, which does not look at the old one. */
export function replace<T extends object, K extends keyof T & string>(part: T, method: K, body: T[K]): void {
  patch(part, method, () => body as never);
}
