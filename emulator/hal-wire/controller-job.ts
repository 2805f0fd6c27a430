// `cistern run --board` in its own thread: a controller in this process runs on the board at the other end of the wire,
// until that board says that the run is over.

import { randomBytes } from "node:crypto";
import { loadController, referenceController } from "../machine/controller-host";
import type { BlockingPort } from "../port/blocking-port";
import { ControllerSide, type ControllerCounts } from "./controller-side";
import type { End } from "./messages";
import { Wire, retryFor, WireInterruptError } from "./wire";

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

export async function runControllerJob(
  job: ControllerJob,
  port: BlockingPort,
  tell: (what: ControllerTold) => void,
): Promise<ControllerOutcome> {
  const factory = job.controller === null ? referenceController : await loadController(job.controller);
  const wire = new Wire(port);
  const side = new ControllerSide({
    wire,
    factory,
    retry: retryFor(job.baud, job.resend_ms),
    greeting_ms: job.greeting_ms,
    session: randomBytes(4).readUInt32LE(),
    scenario: job.scenario,
    onLinked: (name) => tell({ linked: name }),
    onSilence: (silent) => tell({ silent }),
  });
  try {
    const end = side.run();
    return {
      kind: "controller",
      end,
      board: side.board?.name ?? "",
      scenario: side.board?.scenario ?? "",
      lockstep: side.isLockstep,
      counts: { ...side.counts, spoilt: wire.reader.rejected },
    };
  } catch (error) {
    if (side.board) side.leave(error instanceof WireInterruptError ? "interrupted" : (error as Error).message);
    throw error;
  }
}
