// `cistern run --board` in its own thread: a controller of ours on the board at the other end of the wire, until that board
// says that it is over.

import { randomBytes } from "node:crypto";
import { loadController, referenceController } from "../machine/controller-host";
import type { BlockingPort } from "../port/blocking-port";
import { ControllerEnd, type ControllerCounts } from "./controller-side";
import type { End } from "./messages";
import { HalWire, patienceFor, WireInterruptError } from "./wire";

export interface ControllerJob {
  kind: "controller";
  /** Path of a module; null: the reference controller. */
  controller: string | null;
  baud: number;
  /** ms until a frame without an answer goes out again, instead of what the baud rate asks for. */
  resend_ms?: number;
  /** Name of the scenario that the board should play; "" for any. */
  scenario: string;
  greeting_ms: number;
}

export interface ControllerOutcome {
  kind: "controller";
  end: End;
  /** In the words of its greeting. */
  board: string;
  scenario: string;
  lockstep: boolean;
  counts: ControllerCounts & { spoilt: number };
}

export type ControllerTold = { linked: string } | { silent: boolean };

export async function runController(
  job: ControllerJob,
  port: BlockingPort,
  tell: (what: ControllerTold) => void,
): Promise<ControllerOutcome> {
  const factory = job.controller === null ? referenceController : await loadController(job.controller);
  const wire = new HalWire(port);
  const end = new ControllerEnd({
    wire,
    factory,
    patience: patienceFor(job.baud, job.resend_ms),
    greeting_ms: job.greeting_ms,
    session: randomBytes(4).readUInt32LE(),
    scenario: job.scenario,
    onLinked: (name) => tell({ linked: name }),
    onSilence: (silent) => tell({ silent }),
  });
  try {
    const over = end.run();
    return {
      kind: "controller",
      end: over,
      board: end.board?.name ?? "",
      scenario: end.board?.scenario ?? "",
      lockstep: end.isLockstep,
      counts: { ...end.counts, spoilt: wire.reader.rejected },
    };
  } catch (error) {
    if (end.board) end.leave(error instanceof WireInterruptError ? "interrupted" : (error as Error).message);
    throw error;
  }
}
