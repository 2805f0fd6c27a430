// `cistern board` in its own thread: a run of a scenario whose controller is at the other end of the wire, from the first
// greeting to the report. In lockstep it goes as fast as both ends can, or paced; in real time the pacer lets one tick at a
// time begin.

import { TICK_MS } from "../../hal/units";
import { loadScenario } from "../scenario/load";
import { ScenarioRun, type RunOptions } from "../run/run";
import { brokenOffFinding, timeLimitFinding, withFindings, type Finding } from "../run/verdict";
import type { RunReport, Track } from "../run/report";
import type { Scenario } from "../scenario/scenario";
import { MS_PER_SECOND, secondsOf } from "../time";
import { UsageError } from "../usage-error";
import { VERSION } from "../version";
import { STOP_NOT, STOP_PORT_LOST, STOP_TIME_LIMIT, type BlockingPort } from "../port/blocking-port";
import { Wire, retryFor, WireInterruptError, WireLostError } from "./wire";
import { Pacer, type Paced } from "../rig/pacing";
import type { PortName } from "../contract/calls";
import { BoardSide, type BoardCounts } from "./board-side";
import { ALL_PORTS, portsOf } from "./messages";

export interface BoardJob {
  kind: "board";
  scenario: string;
  gear: "leap" | "lockstep";
  lockstep: boolean;
  /** Infinity: as fast as possible. */
  speed: number;
  baud: number;
  /** The time after which a frame without an answer is sent again; default by the baud rate. */
  resend_ms?: number;
  tracks: boolean;
  signals?: RunOptions["signals"];
  seed?: number;
  until_ticks?: number;
  allow?: RunOptions["allow"];
  /** The board is a bare bench with these ports: it plays the faults of the scenario, and people and verdict are the other end's. */
  offer?: readonly PortName[];
  /** The host's time after which the job is ended from outside, for the report; default never. */
  time_limit_ms?: number;
}

/** Why a run broke off before its end: the line or the other end is gone. */
export interface BrokenOff {
  why: string;
  isPort: boolean;
}

export interface BoardOutcome {
  kind: "board";
  report: RunReport;
  tracks: Track[];
  counts: BoardCounts & { spoilt: number };
  paced: Paced | null;
  /** True when the controller has acknowledged the verdict. */
  verdictHeard: boolean;
  brokenOff: BrokenOff | null;
}

/** News of a run under way: the name of the controller, and the progress. */
export type BoardNotice = { linked: string } | { part: number; tick: number };

/** The board needs the last tenth of a tick for itself. */
const OWN_PART = 0.1;
/** A board that is late still gives the controller this part of each tick to answer in. */
const ANSWER_PART_MIN = 0.4;
/**
 * A run without a pace is cut into slices of about this time, between which progress is shown and an interrupt takes effect.
 */
const SLICE_MS = 50;
/** A slice of leaps covers eleven simulated days at most. */
const SLICE_TICKS_MAX = 1e8;

export function runBoardJob(job: BoardJob, port: BlockingPort, notify: (notice: BoardNotice) => void): BoardOutcome {
  const loaded = loadScenario(job.scenario);
  const scenario = job.offer ? withoutPeople(loaded) : loaded;
  refuseFlips(scenario);
  const wire = new Wire(port);
  const pace = new Pace(job.speed, port);
  const { run, side } = build(job, scenario, wire, pace);
  try {
    side.awaitController();
  } catch (error) {
    if (!(error instanceof WireInterruptError)) throw error;
  }
  if (side.peer !== null) notify({ linked: side.peer });
  const began = performance.now();
  const ending = port.stopped === STOP_NOT ? carryOut(job, run, side, pace, notify) : stopOf(port);
  // An end of the wire is no failure of the controller, though the machine takes it for one.
  if (ending !== null || side.hasLeft) run.clearFailure();
  run.advance(run.machine.tick);
  const isLate = ending !== null && port.stopped === STOP_TIME_LIMIT;
  const isInterrupted = ending instanceof WireInterruptError && !isLate;
  const ran = run.report((performance.now() - began) / MS_PER_SECOND, isInterrupted);
  const brokenOff =
    ending instanceof WireLostError ? { why: ending.message, isPort: port.stopped === STOP_PORT_LOST } : null;
  const report = withFindings(ran, endingFindings(run, brokenOff, isLate ? (job.time_limit_ms ?? 0) : null));
  report.controller = `remote: ${side.peer ?? "none"}`;
  const { verdict, fingerprint, reason } = report;
  port.ignoreInterrupt();
  const end = { verdict, ticks: report.ended.tick, fingerprint, reason: reason ?? "" };
  const verdictHeard = brokenOff === null && finish(side, end);
  const counts = { ...side.counts, spoilt: wire.reader.rejected };
  return { kind: "board", report, tracks: run.signalTracks(), counts, paced: pace.counted, verdictHeard, brokenOff };
}

function stopOf(port: BlockingPort): WireInterruptError | WireLostError {
  return port.stopped === STOP_PORT_LOST ? new WireLostError("the port went away") : new WireInterruptError();
}

function endingFindings(run: ScenarioRun, brokenOff: BrokenOff | null, limit_ms: number | null): Finding[] {
  const { tick } = run.machine;
  if (brokenOff) return [brokenOffFinding(brokenOff.why, tick, run.end_ticks)];
  return limit_ms === null ? [] : [timeLimitFinding(limit_ms, tick, run.end_ticks)];
}

function build(job: BoardJob, scenario: Scenario, wire: Wire, pace: Pace): { run: ScenarioRun; side: BoardSide } {
  const sides: BoardSide[] = [];
  const setup = {
    wire,
    retry: retryFor(job.baud, job.resend_ms),
    tick: () => run.machine.tick,
    left_ms: job.lockstep ? null : () => pace.left_ms,
    age_ms: () => pace.age_ms,
    leap: job.gear === "leap",
    scenario: job.offer ? "" : scenario.name,
    ports: job.offer ? portsOf(job.offer) : ALL_PORTS,
    name: `cistern ${VERSION}`,
  };
  const run = new ScenarioRun(scenario, {
    gear: job.gear,
    controller: {
      name: "remote",
      ports: "open",
      mount: (hal) => {
        const side = new BoardSide(hal, setup);
        sides.push(side);
        return side;
      },
    },
    tracks: job.tracks,
    // The other end knows when the run on a bench is over.
    endless: job.offer !== undefined,
    ...(job.signals === undefined ? {} : { signals: job.signals }),
    ...(job.seed === undefined ? {} : { seed: job.seed }),
    ...(job.allow === undefined ? {} : { allow: job.allow }),
    ...(job.until_ticks === undefined ? {} : { until_ticks: job.until_ticks }),
  });
  // A bench without a dose guard has nothing else that cuts its motor.
  if (job.offer && !job.offer.includes("guard")) run.machine.inject("guard_dead");
  return { run, side: sides[0] };
}

/** The scenario on a bench, at which nobody acts and nothing is judged. */
function withoutPeople({ patient: _patient, trial: _trial, titration: _titration, ...scenario }: Scenario): Scenario {
  const timeline = scenario.timeline.filter((entry) => "fault" in entry);
  return { ...scenario, commission: "none", timeline, expect: [] };
}

/** Runs to the end, and returns null; or to an interrupt or the end of the wire, and returns its error. */
function carryOut(
  job: BoardJob,
  run: ScenarioRun,
  side: BoardSide,
  pace: Pace,
  notify: (notice: BoardNotice) => void,
): WireInterruptError | WireLostError | null {
  let slice = 1;
  let shown_ms = 0;
  pace.start(run.machine.tick);
  while (!run.over) {
    if (!pace.wait(run.machine.tick)) return stopOf(pace.port);
    const began_ms = performance.now();
    run.advance(run.machine.tick + (pace.isFree ? slice : 1));
    if (side.lost) return job.offer && side.hasLeft ? null : side.lost;
    const now_ms = performance.now();
    slice = Math.max(1, Math.min(SLICE_TICKS_MAX, Math.round((slice * SLICE_MS) / Math.max(now_ms - began_ms, 1))));
    if (now_ms - shown_ms < SLICE_MS) continue;
    shown_ms = now_ms;
    notify({ part: run.machine.tick / run.end_ticks, tick: run.machine.tick });
  }
  return null;
}

function finish(side: BoardSide, end: Parameters<BoardSide["finish"]>[0]): boolean {
  try {
    return side.finish(end);
  } catch (error) {
    if (error instanceof WireLostError) return false;
    throw error;
  }
}

/** Throws UsageError for a flip in the controller's memory, which needs a controller in this process. */
function refuseFlips(scenario: Scenario): void {
  const flip = scenario.timeline.find((entry) => "fault" in entry && entry.fault.field !== null);
  if (!flip || !("fault" in flip)) return;
  throw new UsageError(
    `${flip.fault.fault} of ${secondsOf(flip.at_ticks)} s: a remote controller's memory is not on the wire`,
  );
}

/** Keeps the run in time, unless it runs as fast as possible. */
class Pace {
  readonly port: BlockingPort;
  private readonly speed: number;
  private pacer: Pacer | null = null;
  private tick = 0;
  private began_ms = 0;
  private late_ms = 0;
  private readonly bell = new Int32Array(new SharedArrayBuffer(4));

  constructor(speed: number, port: BlockingPort) {
    this.speed = speed;
    this.port = port;
  }

  get isFree(): boolean {
    return this.speed === Infinity;
  }

  get counted(): Paced | null {
    return this.isFree ? null : (this.pacer?.counted() ?? null);
  }

  /** Host ms that the controller still has to answer this tick; zero or less when it has none. */
  get left_ms(): number {
    const now_ms = performance.now();
    const period_ms = TICK_MS / this.speed;
    const due_ms = (this.pacer?.rest_ms(this.tick + 1, now_ms) ?? 0) - OWN_PART * period_ms;
    return Math.max(due_ms, this.began_ms + ANSWER_PART_MIN * period_ms - now_ms);
  }

  /** How late this tick began, in milliseconds; a multiple of the tick. */
  get age_ms(): number {
    return Math.round(this.late_ms);
  }

  start(tick: number): void {
    this.pacer = new Pacer(this.speed, tick, performance.now());
  }

  /** Waits until `tick` is due. False when the run was interrupted or the port was lost. */
  wait(tick: number): boolean {
    const { pacer } = this;
    if (!pacer) return true;
    for (;;) {
      if (this.port.stopped !== 0) return false;
      const rest_ms = pacer.rest_ms(tick, performance.now());
      if (rest_ms <= 0) break;
      Atomics.wait(this.bell, 0, 0, Math.min(rest_ms, SLICE_MS));
    }
    this.tick = tick;
    this.began_ms = performance.now();
    const owed = pacer.owed(tick, this.began_ms);
    this.late_ms = this.isFree ? 0 : ((owed - 1) * TICK_MS) / this.speed;
    pacer.begin(tick, this.began_ms);
    return true;
  }
}
