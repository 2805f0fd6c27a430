// `cistern run --board` in its own thread: a controller in this process runs on the board at the other end of the wire,
// until that board says that the run is over.

import { randomBytes } from "node:crypto";
import type { Hal } from "../../hal/hal";
import { loadController, referenceController, type ControllerFactory } from "../machine/controller-host";
import { STOP_PORT_LOST, STOP_TIME_LIMIT, type BlockingPort } from "../port/blocking-port";
import { brokenOffFinding, timeLimitFinding, type Finding } from "../run/verdict";
import type { Scenario } from "../scenario/scenario";
import { BenchRun, type BenchJob, type BenchOutcome } from "./bench-run";
import { ControllerSide, type ControllerCounts, type ControllerFailure } from "./controller-side";
import type { BoardSeen } from "./board-watch";
import { FLAG_SCENARIO, type End, type Hello } from "./messages";
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
  /** How the scenario is played on a board that plays none itself; absent: such a board will not do. */
  play?: {
    scenario: Scenario;
    bench: BenchJob;
    /** Options that a board which plays the scenario cannot carry out. */
    options: readonly string[];
  };
}

/** Why a run ended without the board's verdict: the port or the other end is gone, or this end was told to stop. */
export interface ControllerBrokenOff {
  by: "port" | "silence" | "interrupt" | "limit" | "controller";
  why: string;
}

export interface ControllerOutcome {
  kind: "controller";
  /** The board's verdict; null when the run broke off. */
  end: End | null;
  brokenOff: ControllerBrokenOff | null;
  /** The failure of the controller, if it has one; it was not called any more after it. */
  failure: ControllerFailure | null;
  seen: BoardSeen;
  /** The run on a board that plays none; null for one that does. */
  bench: BenchOutcome | null;
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

/** Runs the end whose controller the job names, in this thread. */
export async function runControllerJob(
  job: ControllerJob,
  port: BlockingPort,
  notify: (notice: ControllerNotice) => void,
): Promise<ControllerOutcome> {
  const factory = job.controller === null ? referenceController : await loadController(job.controller);
  return runControllerEnd(job, factory, port, notify, (side) => side.run());
}

/** Runs the end with that controller. `listen` runs the side, and may do so under a watch. */
export function runControllerEnd(
  job: ControllerJob,
  factory: ControllerFactory,
  port: BlockingPort,
  notify: (notice: ControllerNotice) => void,
  listen: (side: ControllerSide) => End | null,
): ControllerOutcome {
  const wire = new Wire(port);
  const { play } = job;
  let bench: BenchRun | null = null;
  const side = new ControllerSide({
    wire,
    factory,
    retry: retryFor(job.baud, job.resend_ms),
    greeting_ms: job.greeting_ms,
    session: randomBytes(4).readUInt32LE(),
    scenario: job.scenario,
    ...(play && {
      bare: (hello: Hello, hal: Hal) => {
        bench = new BenchRun(play.scenario, play.bench, factory, hello, hal, () => side.sensed);
        return bench;
      },
      hereOnly: play.options,
    }),
    onLinked: (name) => notify({ linked: name }),
    onSilence: (silent) => notify({ silent }),
  });
  let end: End | null = null;
  let brokenOff: ControllerBrokenOff | null = null;
  try {
    end = listen(side);
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
    failure: side.failure,
    bench: benchOutcome(bench, end, brokenOff, side.failure, play?.bench.time_limit_ms ?? 0),
    seen: side.watch.seen,
    playsScenario: ((side.board?.flags ?? 0) & FLAG_SCENARIO) !== 0,
    board: side.board?.name ?? "",
    scenario: side.board?.scenario ?? "",
    lockstep: side.isLockstep,
    counts: { ...side.counts, spoilt: wire.reader.rejected },
  };
}

function benchOutcome(
  bench: BenchRun | null,
  ended: End | null,
  brokenOff: ControllerBrokenOff | null,
  failure: ControllerFailure | null,
  limit_ms: number,
): BenchOutcome | null {
  if (bench === null) return null;
  const { tick } = bench.run.machine;
  const end = bench.run.end_ticks;
  const findings: Finding[] = failure ? [{ ...failure, kind: "controller", weight: "invalid" }] : [];
  if (ended !== null && !bench.over) findings.push(brokenOffFinding("the bench ended it", tick, end));
  if (brokenOff?.by === "limit") findings.push(timeLimitFinding(limit_ms, tick, end));
  else if (brokenOff && brokenOff.by !== "interrupt") findings.push(brokenOffFinding(brokenOff.why, tick, end));
  return bench.outcome(findings, brokenOff?.by === "interrupt");
}

/** The outcome when the process with the controller has died. Nothing that this end had seen is left. */
export function outcomeOfDead({ scenario }: ControllerJob, death: string): ControllerOutcome {
  const why = `the controller failed: ${death}`;
  const counts = { ticks: 0, skipped: 0, stale: 0, resent: 0, silences: 0, silence_ms_max: 0, boots: 0, spoilt: 0 };
  return {
    kind: "controller",
    end: null,
    brokenOff: { by: "controller", why },
    failure: { at_tick: 0, text: why },
    bench: null,
    seen: { events: [], steps: [], lastTick: -1, idle: 0 },
    playsScenario: true,
    board: "the board",
    scenario,
    lockstep: false,
    counts,
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
