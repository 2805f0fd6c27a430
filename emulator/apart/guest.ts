// The controller that is a guest in this child process, and what it does beside its calls. The objects of the language are
// captured before it is loaded. It is loaded and built within a time, and refused for what it left behind then. Later a look tells
// what it has done since the last one. Every kind of child (a run, a service, an end of the hal wire, a check) has one guest.

import { setImmediate as nextTurn } from "node:timers/promises";
import { ControllerFault, loadController, type ControllerFactory } from "../machine/controller-host";
import { whatFailed } from "../machine/failure";
import { changedVariable, Look, type Variables } from "./escapes";
import { Intrinsics } from "../intrinsics";
import { Leavings } from "../leavings";
import { LateError, loading, startBudget } from "./time-budget";
import { firstDeed, keepProcess, watched } from "./watched-controller";

/** A deed of the controller, in words, and the first tick in which it can have been done. */
export interface Deed {
  text: string;
  from: number;
}

export class Guest {
  readonly path: string;
  private readonly intrinsics = new Intrinsics();
  private readonly leavings: Leavings;
  private look: Look | null = null;
  private variables: Variables = new Map();
  /** The tick of the last look at globals and variables. */
  private lookedTick = 0;

  /** It must be made before the controller is loaded, once in a process. */
  constructor(path: string) {
    this.path = path;
    startBudget();
    keepProcess();
    this.leavings = new Leavings();
  }

  /** Loads the controller. Throws ControllerFault. */
  async load(): Promise<ControllerFactory> {
    const { path } = this;
    // The channel does not count meanwhile, so that a module that waits for nothing is noticed.
    process.channel?.unref();
    const waits = new Promise<never>((_, reject) => {
      process.once("beforeExit", () => reject(this.refusal("it never finishes loading: it waits for nothing")));
    });
    try {
      return watched(await loading(() => Promise.race([loadController(path), waits])));
    } finally {
      process.channel?.ref();
    }
  }

  /** Looks at the controller when it is built. Throws ControllerFault for what it did to the process, or a private field. */
  admit(script: object | undefined): void {
    if (script !== undefined) {
      this.look = new Look(script);
      const field = this.look.privateField();
      if (field !== null) throw this.refusal(`it keeps state in the private field ${field}, which cannot be saved`);
      this.variables = this.look.variables();
    }
    const deed = firstDeed();
    if (deed) throw this.refusal(whatFailed(deed));
    const changed = this.intrinsics.changed();
    if (changed) throw this.refusal(`it changed the language around it: ${changed}`);
    const left = this.leavings.found();
    if (left) throw this.refusal(`it left ${left} open when it was loaded`);
  }

  refusal(why: string): ControllerFault {
    return new ControllerFault(`${this.path}: cannot load this controller: ${why}`);
  }

  /** The error about a controller that could not be opened. The objects of the language are the captured ones again. */
  refused(error: unknown): unknown {
    this.intrinsics.putBack();
    return error instanceof LateError ? this.refusal(`its construction ${error.message}`) : error;
  }

  /** A deed beside its calls in the ticks from `from` to `tick` that no call of it has reported. */
  async deedSince(from: number, tick: number): Promise<Deed | null> {
    const left = this.leavings.found();
    // Node tells of a promise that failed when the present turn is over.
    await nextTurn();
    const when = from === tick ? `in tick ${tick}` : `in the ticks ${from} to ${tick}`;
    const deed = firstDeed();
    if (deed) return { text: `the controller failed ${when}: ${whatFailed(deed)}`, from };
    return left === null ? null : { text: `the controller left ${left} open ${when}`, from };
  }

  /** The changes of globals and variables since the last look. Changed globals get their captured values again. */
  changedUpTo(tick: number): Deed[] {
    const from = this.lookedTick;
    this.lookedTick = tick;
    const deeds: Deed[] = [];
    const changed = this.intrinsics.changed();
    if (changed) {
      this.intrinsics.putBack();
      const text = `the controller changed the language around it in the ticks ${from} to ${tick}: ${changed}`;
      deeds.push({ text, from });
    }
    const variable = this.look && changedVariable(this.variables, this.look.variables());
    if (variable) {
      const when = `it changed in the ticks ${from} to ${tick}`;
      const text = `the controller keeps state in the variable ${variable}, which no snapshot holds: ${when}`;
      deeds.push({ text, from });
    }
    return deeds;
  }
}
