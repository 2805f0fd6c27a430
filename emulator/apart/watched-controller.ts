// A foreign controller under watch, in its child process. Each of its calls has a time budget, and what the
// controller does beside its calls (ends the process, leaves a promise that fails) becomes an error of the call in which it did
// so, or of the next one. So it is reported like any other failure, with the tick.

import type { Board } from "../board/board";
import type { ControllerFactory, ControllerHost } from "../machine/controller-host";
import type { Hal } from "../../hal/hal";
import { enter, leave } from "./time-budget";

/** Something that the controller did beside its calls; it may have caught the error that it got for it. */
let deed: Error | null = null;

/** Notes a deed of the controller. Only the first one counts. */
function noteDeed(error: Error): Error {
  deed ??= error;
  return deed;
}

/** The first deed of the controller, or null. */
export function firstDeed(): Error | null {
  return deed;
}

/** Replaces the functions that end a process by such that throw in the controller and leave the process alone. */
export function keepProcess(): void {
  const refuse =
    (call: string) =>
    (...given: unknown[]): never => {
      throw noteDeed(new Error(`it ended the process: ${call}(${given.map((each) => String(each)).join(", ")})`));
    };
  for (const call of ["exit", "reallyExit", "abort", "kill"] as const) {
    Object.defineProperty(process, call, { value: refuse(`process.${call}`), configurable: true, writable: true });
  }
  // A promise that nobody awaits fails between two ticks.
  process.on("unhandledRejection", (error) => noteDeed(failedBetween(error)));
  process.on("uncaughtException", (error) => noteDeed(failedBetween(error)));
}

function failedBetween(error: unknown): Error {
  return error instanceof Error ? error : new Error(`a promise failed with ${String(error)}`);
}

/** Ends a call. Throws the deed of the controller, if there is one. */
function over(): void {
  leave();
  if (deed !== null) throw deed;
}

/** The board of the call that began last; null when that is a construction. */
let boardOfCall: Board | null = null;

/** The tick of the call that began last; null when that is a construction. */
export function tickOfCall(): number | null {
  return boardOfCall === null ? null : boardOfCall.time.tick;
}

/** The same controller under watch. */
export function watched(controller: ControllerFactory): ControllerFactory {
  let fitted: Board | null = null;
  return {
    ...controller,
    fit: (board) => {
      controller.fit?.(board);
      fitted = board;
    },
    mount: (hal: Hal): ControllerHost => {
      const board = fitted;
      const begin = (): void => {
        boardOfCall = board;
        enter();
      };
      boardOfCall = null;
      enter();
      const host = controller.mount(hal);
      over();
      return {
        ...host,
        boot: () => {
          begin();
          host.boot();
          over();
        },
        tick: () => {
          begin();
          host.tick();
          over();
        },
        idle: () => {
          begin();
          const ticks = host.idle();
          over();
          return ticks;
        },
        skip: (ticks) => {
          begin();
          host.skip(ticks);
          over();
        },
      };
    },
  };
}
