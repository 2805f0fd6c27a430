// `cistern run --board` in its own thread: a controller in this process runs on the board at the other end of the wire,
// until that board says that the run is over.

import { randomBytes } from "node:crypto";
import { loadController, referenceController } from "../machine/controller-host";
import { STOP_PORT_LOST, STOP_TIME_LIMIT, type BlockingPort } from "../port/blocking-port";
import { ControllerSide, type ControllerCounts } from "./controller-side";
import type { BoardSeen } from "./board-watch";
import { FLAG_SCENARIO, type End } from "./messages";
import { Wire, retryFor, WireInterruptError, WireLostError } from "./wire";

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

/** Why a run ended without the board's verdict: the port or the other end is gone, or this end was told to stop. */
export interface ControllerBrokenOff {
  by: "port" | "silence" | "interrupt" | "limit";
  why: string;
}

export interface ControllerOutcome {
  kind: "controller";
  /** The board's verdict; null when the run broke off. */
  end: End | null;
  brokenOff: ControllerBrokenOff | null;
  seen: BoardSeen;
  /** True when the board says that it plays a scenario. */
  playsScenario: boolean;
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
  let end: End | null = null;
  let brokenOff: ControllerBrokenOff | null = null;
  try {
    end = side.run();
  } catch (error) {
    if (side.board) side.leave(error instanceof WireInterruptError ? "interrupted" : (error as Error).message);
    brokenOff = brokenOffBy(error, port);
    // Before a board has answered there is nothing to judge.
    if (side.board === null || brokenOff === null) throw error;
  }
  return {
    kind: "controller",
    end,
    brokenOff,
    seen: side.watch.seen,
    playsScenario: ((side.board?.flags ?? 0) & FLAG_SCENARIO) !== 0,
    board: side.board?.name ?? "",
    scenario: side.board?.scenario ?? "",
    lockstep: side.isLockstep,
    counts: { ...side.counts, spoilt: wire.reader.rejected },
  };
}

/** Null for an error that is none of the wire's. */
function brokenOffBy(error: unknown, port: BlockingPort): ControllerBrokenOff | null {
  if (error instanceof WireInterruptError) {
    return port.stopped === STOP_TIME_LIMIT
      ? { by: "limit", why: "the time limit was over" }
      : { by: "interrupt", why: error.message };
  }
  if (!(error instanceof WireLostError)) return null;
  return { by: port.stopped === STOP_PORT_LOST ? "port" : "silence", why: error.message };
}
