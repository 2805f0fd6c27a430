// `cistern board` in its own thread: a run of a scenario whose controller is at the other end of the wire, from the first
// greeting to the report. The machine is served as that of `cistern serve` is: in lockstep it goes as fast as both ends can, or
// paced, and in real time the pacer lets one tick at a time begin. The thread blocks while it waits for an answer, so it looks
// between ticks for what has come from the programmer's port and from the control channel.

import { TICK_MS } from "../../hal/units";
import { WATCHDOG_TICKS_MAX } from "../../hal/watchdog";
import { loadScenario } from "../scenario/load";
import { ScenarioRun, type RunOptions } from "../run/run";
import { brokenOffFinding, timeLimitFinding, withFindings, type Finding } from "../run/verdict";
import type { RunReport, Track } from "../run/report";
import type { Scenario } from "../scenario/scenario";
import { formatTicks, MS_PER_SECOND, secondsOf } from "../time";
import { UsageError } from "../usage-error";
import { VERSION } from "../version";
import { STOP_NOT, STOP_PORT_LOST, STOP_TIME_LIMIT, type BlockingPort } from "../port/blocking-port";
import { Wire, retryFor, WireInterruptError, WireLostError } from "./wire";
import type { PortName } from "../contract/calls";
import { NO_PORT } from "../port/no-port";
import { Control } from "../rig/control";
import type { Paced, Pacer } from "../rig/pacing";
import { FarEnd, type PortState, type ToFar, type ToNear } from "../rig/relay";
import { Served, type Carried } from "../rig/serve";
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
  /** The telemetry port through which a programmer reaches the controller; default none. */
  link?: PortState;
  /** The host's time in which a controller must greet; default without a limit. */
  greeting_ms?: number;
}

/** The other end of a relay: it has the telemetry port, and the clients of the control channel. */
export interface NearLine {
  send(message: ToNear): void;
  /** The next message that has come; null when there is none. It does not wait. */
  next(): ToFar | null;
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
  /** The bytes of the programmer at the telemetry port; null without one. */
  link: Carried | null;
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
/** The time between two looks at an interrupt and at the control channel, and between two notices of progress. */
const LOOK_MS = 20;
const NOTICE_MS = 50;
/** In a pause the last question is asked again so often, so that the controller does not take the board for dead. */
const REMINDER_MS = 1000;
const BOUND = "needs --lockstep: in real time a controller hears from its board each 10 ms, or it is reset";

export async function runBoardJob(
  job: BoardJob,
  port: BlockingPort,
  notify: (notice: BoardNotice) => void,
  near: NearLine,
): Promise<BoardOutcome> {
  const loaded = loadScenario(job.scenario);
  const scenario = job.offer ? withoutPeople(loaded) : loaded;
  refuseFlips(scenario);
  const wire = new Wire(port);
  const played = build(job, scenario, wire, near);
  const { run, side, served, relay } = played;
  const unheard = await greeting(job, port, played);
  if (side.peer !== null) notify({ linked: side.peer });
  const began = performance.now();
  const ending = unheard ?? (port.stopped === STOP_NOT ? await carryOut(job, played, port, notify) : stopOf(port));
  // An end of the wire is no failure of the controller, though the machine takes it for one.
  if (ending !== null || side.hasLeft) run.clearFailure();
  run.advance(run.machine.tick);
  const isLate = ending !== null && port.stopped === STOP_TIME_LIMIT;
  const isInterrupted = ending instanceof WireInterruptError && !isLate;
  const ran = run.report((performance.now() - began) / MS_PER_SECOND, isInterrupted);
  const brokenOff =
    ending instanceof WireLostError ? { why: ending.message, isPort: port.stopped === STOP_PORT_LOST } : null;
  const report = withFindings(ran, [
    ...endingFindings(run, brokenOff, isLate ? (job.time_limit_ms ?? 0) : null),
    ...(side.hasLeft ? [] : goneFindings(run.machine.tick, side.unanswered)),
  ]);
  report.controller = `remote: ${side.peer ?? "none"}`;
  const { verdict, fingerprint, reason } = report;
  port.ignoreInterrupt();
  const end = { verdict, ticks: report.ended.tick, fingerprint, reason: reason ?? "" };
  const verdictHeard = brokenOff === null && finish(side, end);
  const counts = { ...side.counts, spoilt: wire.reader.rejected };
  const paced = served.pacer.lateness.count > 0 ? served.pacer.counted() : null;
  const link = job.link ? served.carried : null;
  relay.poll();
  return { kind: "board", report, tracks: run.signalTracks(), counts, paced, link, verdictHeard, brokenOff };
}

function stopOf(port: BlockingPort): WireInterruptError | WireLostError {
  return port.stopped === STOP_PORT_LOST ? new WireLostError("the port went away") : new WireInterruptError();
}

function endingFindings(run: ScenarioRun, brokenOff: BrokenOff | null, limit_ms: number | null): Finding[] {
  const { tick } = run.machine;
  if (brokenOff) return [brokenOffFinding(brokenOff.why, tick, run.end_ticks)];
  return limit_ms === null ? [] : [timeLimitFinding(limit_ms, tick, run.end_ticks)];
}

/** A controller that does not answer when the run ends, for longer than its watchdog permits, has died: what came after is not its work. */
function goneFindings(tick: number, unanswered: number): Finding[] {
  if (unanswered <= WATCHDOG_TICKS_MAX) return [];
  const at_tick = tick - unanswered;
  const text = `the controller has not answered since ${formatTicks(at_tick)}`;
  return [{ at_tick, kind: "end", text, weight: "invalid" }];
}

/** A run on a board with its ways in: the wire, a programmer's port, and a control channel. */
interface Played {
  run: ScenarioRun;
  side: BoardSide;
  served: Served;
  /** Carries out what has come from the near end. */
  relay: { poll(): void };
}

function build(job: BoardJob, scenario: Scenario, wire: Wire, near: NearLine): Played {
  const sides: BoardSide[] = [];
  const setup = {
    wire,
    retry: retryFor(job.baud, job.resend_ms),
    tick: () => run.machine.tick,
    left_ms: job.lockstep ? null : () => left_ms(served.pacer, run.machine.tick),
    age_ms: () => age_ms(served.pacer),
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
  const far = new FarEnd(job.link ?? NO_LINK, (message) => near.send(message));
  const served = new Served(run, job.link ? far.port : NO_PORT, {
    speed: job.speed,
    head: true,
    now_ms: () => performance.now(),
    bound: job.lockstep ? null : BOUND,
    leaps: job.gear === "leap",
    report: () => run.report(served.host_s, true),
  });
  const control = new Control(served);
  const poll = () => {
    for (let message = near.next(); message !== null; message = near.next()) far.hear(message, control);
  };
  return { run, side: sides[0], served, relay: { poll } };
}

/** The scenario on a bench, at which nobody acts and nothing is judged. */
function withoutPeople({ patient: _patient, trial: _trial, titration: _titration, ...scenario }: Scenario): Scenario {
  const timeline = scenario.timeline.filter((entry) => "fault" in entry);
  return { ...scenario, commission: "none", timeline, expect: [] };
}

const NO_LINK: PortState = { path: "", isOpen: false, queued: 0, dropped: 0, written: 0 };

/** Waits for a controller. Returns the error for one that never greets, and null for one that is there, or after an interrupt. */
async function greeting(job: BoardJob, port: BlockingPort, { side, served, relay }: Played): Promise<Ending> {
  const limit_ms = job.greeting_ms ?? Infinity;
  const began_ms = performance.now();
  try {
    while (!side.awaitController() && served.ending === null) {
      if (port.stopped !== STOP_NOT) return stopOf(port);
      if (side.peer === null && performance.now() - began_ms > limit_ms) {
        return new WireLostError(`no controller greeted within ${limit_ms / MS_PER_SECOND} s`);
      }
      relay.poll();
      await null;
    }
  } catch (error) {
    if (!(error instanceof WireInterruptError)) throw error;
  }
  return null;
}

type Ending = WireInterruptError | WireLostError | null;

/** Runs to the end, and returns null; or to an interrupt or the end of the wire, and returns its error. */
async function carryOut(
  job: BoardJob,
  { run, side, served, relay }: Played,
  port: BlockingPort,
  notify: (notice: BoardNotice) => void,
): Promise<Ending> {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  let looked_ms = 0;
  let shown_ms = 0;
  let reminded_ms = 0;
  served.begin();
  while (served.ending === null) {
    if (port.stopped !== STOP_NOT) return stopOf(port);
    const rest_ms = served.work();
    if (side.lost) return job.offer && side.hasLeft ? null : side.lost;
    if ((side.unanswered * TICK_MS) / job.speed > (job.greeting_ms ?? Infinity)) {
      return new WireLostError(`the controller has not answered for ${job.greeting_ms! / MS_PER_SECOND} s`);
    }
    // The answers of the control channel are sent between two ticks.
    await null;
    const now_ms = performance.now();
    if (rest_ms > 0 || now_ms - looked_ms >= LOOK_MS) {
      looked_ms = now_ms;
      relay.poll();
      await null;
    }
    if (served.paused && now_ms - reminded_ms >= REMINDER_MS) {
      reminded_ms = now_ms;
      side.remind();
    }
    if (rest_ms > 0) Atomics.wait(bell, 0, 0, Math.min(served.rest_ms, LOOK_MS));
    if (now_ms - shown_ms < NOTICE_MS) continue;
    shown_ms = now_ms;
    notify({ part: run.machine.tick / run.end_ticks, tick: run.machine.tick });
  }
  return served.ending === "quit" ? new WireInterruptError() : null;
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

/** Host ms that the controller still has to answer tick `tick`; zero or less when it has none. */
function left_ms(pacer: Pacer, tick: number): number {
  const now_ms = performance.now();
  const period_ms = TICK_MS / pacer.speed;
  const due_ms = pacer.rest_ms(tick + 1, now_ms) - OWN_PART * period_ms;
  return Math.max(due_ms, pacer.begun.at_ms + ANSWER_PART_MIN * period_ms - now_ms);
}

/** How late the tick under way began, in milliseconds; a multiple of the tick. */
function age_ms({ speed, begun }: Pacer): number {
  if (speed === Infinity) return 0;
  const period_ms = TICK_MS / speed;
  return Math.round(Math.floor(begun.late_ms / period_ms) * period_ms);
}
