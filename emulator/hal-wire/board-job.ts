// `cistern board` in its own thread: a scenario's run whose controller is at the other end of the wire, from the first
// greeting to the report. In lockstep as fast as both ends can, or paced; in real time by the pacer, one tick at a time.

import { TICK_MS } from "../../hal/units";
import { loadScenario } from "../scenario/load";
import { ScenarioRun } from "../run/run";
import type { RunReport, Track } from "../run/report";
import type { Scenario } from "../scenario/scenario";
import { secondsOf } from "../time";
import { UsageError } from "../usage-error";
import { VERSION } from "../version";
import type { BlockingPort } from "../port/blocking-port";
import { HalWire, patienceFor, WireInterruptError, WireLostError } from "./wire";
import { Pacer, type Paced } from "../rig/pacing";
import { RemoteController, type BoardCounts } from "./board-side";

export interface BoardJob {
  kind: "board";
  scenario: string;
  gear: "leap" | "lockstep";
  lockstep: boolean;
  /** Infinity: as fast as it can. */
  speed: number;
  baud: number;
  /** ms until a frame without an answer goes out again, instead of what the baud rate asks for. */
  resend_ms?: number;
  tracks: boolean;
  seed?: number;
  until_ticks?: number;
}

export interface BoardOutcome {
  kind: "board";
  report: RunReport;
  tracks: Track[];
  counts: BoardCounts & { spoilt: number };
  paced: Paced | null;
  /** The other end has heard the verdict. */
  told: boolean;
}

/** What is said on the way. */
export type Told = { linked: string } | { part: number; tick: number };

/** The last tenth of a tick is the board's own. */
const OWN_PART = 0.1;
/** A board in arrears still gives the controller so much of each tick to answer in. */
const ANSWER_PART_MIN = 0.4;
const SLICE_MS = 50;

export function runBoard(job: BoardJob, port: BlockingPort, tell: (what: Told) => void): BoardOutcome {
  const scenario = loadScenario(job.scenario);
  refuseFlips(scenario);
  const wire = new HalWire(port);
  const pace = new Pace(job.speed, port);
  const { run, remote } = build(job, scenario, wire, pace);
  try {
    remote.awaitController();
  } catch (error) {
    if (!(error instanceof WireInterruptError)) throw error;
  }
  if (remote.peer !== null) tell({ linked: remote.peer });
  const began = performance.now();
  const interrupted = port.stopped !== 0 || carryOut(run, remote, pace, tell);
  run.advance(run.machine.tick);
  const report = run.report((performance.now() - began) / 1000, interrupted);
  report.controller = `remote: ${remote.peer ?? "none"}`;
  const { verdict, fingerprint, reason } = report;
  port.goOn();
  const told = finish(remote, { verdict, ticks: report.ended.tick, fingerprint, reason: reason ?? "" });
  const counts = { ...remote.counts, spoilt: wire.reader.rejected };
  return { kind: "board", report, tracks: run.signalTracks(), counts, paced: pace.counted, told };
}

function build(
  job: BoardJob,
  scenario: Scenario,
  wire: HalWire,
  pace: Pace,
): { run: ScenarioRun; remote: RemoteController } {
  const remotes: RemoteController[] = [];
  const setup = {
    wire,
    patience: patienceFor(job.baud, job.resend_ms),
    left_ms: job.lockstep ? null : () => pace.left_ms,
    age_ms: () => pace.age_ms,
    leap: job.gear === "leap",
    scenario: scenario.name,
    name: `cistern ${VERSION}`,
  };
  const run = new ScenarioRun(scenario, {
    gear: job.gear,
    controller: {
      name: "remote",
      mount: (hal) => {
        const remote = new RemoteController(hal, setup);
        remotes.push(remote);
        return remote;
      },
    },
    tracks: job.tracks,
    ...(job.seed === undefined ? {} : { seed: job.seed }),
    ...(job.until_ticks === undefined ? {} : { until_ticks: job.until_ticks }),
  });
  return { run, remote: remotes[0] };
}

/** To the end or an interrupt; true when it was an interrupt. Throws WireLostError. */
function carryOut(run: ScenarioRun, remote: RemoteController, pace: Pace, tell: (what: Told) => void): boolean {
  let slice = 1;
  let shown_ms = 0;
  pace.start(run.machine.tick);
  while (!run.over) {
    if (!pace.wait(run.machine.tick)) return true;
    const began_ms = performance.now();
    run.advance(run.machine.tick + (pace.isFree ? slice : 1));
    if (remote.lost instanceof WireInterruptError) return true;
    if (remote.lost) throw remote.lost;
    const now_ms = performance.now();
    slice = Math.max(1, Math.min(1e8, Math.round((slice * SLICE_MS) / Math.max(now_ms - began_ms, 1))));
    if (now_ms - shown_ms < SLICE_MS) continue;
    shown_ms = now_ms;
    tell({ part: run.machine.tick / run.end_ticks, tick: run.machine.tick });
  }
  return false;
}

function finish(remote: RemoteController, end: Parameters<RemoteController["finish"]>[0]): boolean {
  try {
    return remote.finish(end);
  } catch (error) {
    if (error instanceof WireLostError) return false;
    throw error;
  }
}

/** Throws UsageError: only a controller in this process has a memory that can be reached. */
function refuseFlips(scenario: Scenario): void {
  const flip = scenario.timeline.find((entry) => "fault" in entry && entry.fault.field !== null);
  if (!flip || !("fault" in flip)) return;
  throw new UsageError(
    `${flip.fault.fault} of ${secondsOf(flip.at_ticks)} s: a remote controller's memory is not on the wire`,
  );
}

/** When the next tick is due, if ticks are due at all. */
class Pace {
  private readonly speed: number;
  private readonly port: BlockingPort;
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

  /** Host ms that are left to answer in this tick; zero or less: none. */
  get left_ms(): number {
    const now_ms = performance.now();
    const period_ms = TICK_MS / this.speed;
    const due_ms = (this.pacer?.rest_ms(this.tick + 1, now_ms) ?? 0) - OWN_PART * period_ms;
    return Math.max(due_ms, this.began_ms + ANSWER_PART_MIN * period_ms - now_ms);
  }

  /** How late this tick began, in whole ticks. */
  get age_ms(): number {
    return Math.round(this.late_ms);
  }

  start(tick: number): void {
    this.pacer = new Pacer(this.speed, tick, performance.now());
  }

  /** Until `tick` is due. False when somebody wants it all to end. */
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
