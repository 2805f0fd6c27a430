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
  /** The path of a module; null for the reference controller. */
  controller: string | null;
  baud: number;
  /** The time after which a frame without an answer is sent again; default by the baud rate. */
  resend_ms?: number;
  /** Name of the scenario that the board should play; "" for any. */
  scenario: string;
  greeting_ms: number;
}

export interface ControllerOutcome {
  kind: "controller";
  end: End;
  /** The board's name, from its greeting. */
  board: string;
  scenario: string;
  lockstep: boolean;
  counts: ControllerCounts & { spoilt: number };
}

/** News of a run under way: the name of the board, and whether it is silent. */
export type ControllerNotice = { linked: string } | { silent: boolean };

export async function runControllerJob(
  job: ControllerJob,
  port: BlockingPort,
  notify: (notice: ControllerNotice) => void,
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
    onLinked: (name) => notify({ linked: name }),
    onSilence: (silent) => notify({ silent }),
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
