// One run of a scenario as `cistern run` carries it out: in slices, between which the bar moves and a signal or the time limit
// takes effect, and with `--twice` again in the other gear.

import { setImmediate as nextTurn } from "node:timers/promises";
import { loadController, referenceController } from "../machine/controller-host";
import type { RunReport } from "../run/report";
import { ScenarioRun, type RunOptions } from "../run/run";
import { resumeFrom } from "../run/saved-run";
import {
  areEqual,
  findingsOfTwice,
  firstDifference,
  type Fingerprints,
  type GearRow,
  type GearRun,
  type TwiceReport,
} from "../run/twice";
import { interruptedJudgement, withFindings } from "../run/verdict";
import type { Scenario } from "../scenario/scenario";
import { MS_PER_SECOND, secondsOf } from "../time";
import type { Interrupts } from "./interrupt";
import { progressBar } from "./progress";
import type { TimeLimit } from "./time-limit";

/** A run is cut into slices of about this time of the host. */
const SLICE_MS = 50;
const FIRST_SLICE_TICKS = 1000;
const SLICE_TICKS_MIN = 10;
const SLICE_TICKS_MAX = 100_000_000;

export interface Play extends Omit<RunOptions, "controller"> {
  scenario: Scenario;
  /** The path of a controller; undefined for the reference controller. */
  controller: string | undefined;
  /** A snapshot from which the run continues. */
  from: string | undefined;
  twice: boolean;
}

/** The ends that a run may come to before its own. */
export interface Stops {
  interrupts: Interrupts;
  limit: TimeLimit;
}

/** Runs the scenario to its end, to an interrupt or to the time limit. Throws ControllerFault and ScenarioError. */
export async function playScenario(play: Play, stops: Stops): Promise<{ report: RunReport; run: ScenarioRun }> {
  const open = await openerOf(play);
  const run = open(play.gear, play.tracks);
  // The second run is made now, so that whatever forbids it is found before the first.
  const second = play.twice ? open(otherGear(play.gear), false) : null;
  const report = await carryOut(run, play.scenario.name, stops);
  if (second === null || stops.interrupts.heard || stops.limit.isOver) return { report, run };
  return { report: await compared(report, run, second, open, stops), run };
}

type Open = (gear: RunOptions["gear"], tracks: boolean) => ScenarioRun;

async function openerOf({ scenario, controller, from, twice: _twice, ...options }: Play): Promise<Open> {
  const factory = controller === undefined ? referenceController : await loadController(controller);
  return (gear, tracks) => {
    const run = new ScenarioRun(scenario, { ...options, gear, tracks, controller: factory });
    if (from !== undefined) resumeFrom(from, run);
    return run;
  };
}

async function carryOut(run: ScenarioRun, title: string, { interrupts, limit }: Stops): Promise<RunReport> {
  const bar = progressBar(title);
  const began_ms = performance.now();
  let slice = FIRST_SLICE_TICKS;
  while (!run.over && !interrupts.heard && !limit.isOver) {
    const sliceBegan_ms = performance.now();
    run.advance(run.machine.tick + slice);
    const took_ms = Math.max(performance.now() - sliceBegan_ms, 1);
    slice = Math.max(SLICE_TICKS_MIN, Math.min(SLICE_TICKS_MAX, Math.round((slice * SLICE_MS) / took_ms)));
    bar.show(run.machine.tick / run.end_ticks, run.machine.tick);
    await nextTurn();
  }
  run.advance(run.machine.tick);
  bar.end();
  const report = run.report((performance.now() - began_ms) / MS_PER_SECOND, interrupts.heard);
  return run.over ? report : withFindings(report, limit.findings(run.machine.tick, run.end_ticks));
}

/** The report after the scenario ran again in the other gear. Unless both gears do the same, the run proves nothing. */
async function compared(
  report: RunReport,
  run: ScenarioRun,
  second: ScenarioRun,
  open: Open,
  stops: Stops,
): Promise<RunReport> {
  const { interrupts, limit } = stops;
  const other = await carryOut(second, `${second.scenario.name} (again)`, stops);
  if (interrupts.heard) return interruptedJudgement(report, "interrupted in the second run");
  const runs: TwiceReport["runs"] = [rowOf(report, run), rowOf(other, second)];
  const equal = areEqual(runs);
  if (!second.over) {
    const late = limit.findings(second.machine.tick, second.end_ticks);
    return withFindings({ ...report, twice: { equal, differ_at_s: null, runs } }, late);
  }
  const pair = () => Promise.resolve([gearRun(open(report.gear, false)), gearRun(open(other.gear, false))] as const);
  const differAt = equal ? null : await firstDifference(pair, lastTick(runs), () => isStopped(stops));
  const twice = { equal, differ_at_s: differAt === null ? null : secondsOf(differAt), runs };
  return withFindings({ ...report, twice }, findingsOfTwice(runs, differAt));
}

async function isStopped({ interrupts, limit }: Stops): Promise<boolean> {
  await nextTurn();
  return interrupts.heard || limit.isOver;
}

function lastTick(runs: TwiceReport["runs"]): number {
  return Math.max(...runs.map((each) => each.ended_tick));
}

function rowOf(report: RunReport, run: ScenarioRun): GearRow {
  const { ticks_executed, ticks_leapt } = report.speed;
  return { gear: report.gear, ended_tick: report.ended.tick, ticks_executed, ticks_leapt, ...fingerprintsOf(run) };
}

function fingerprintsOf({ machine }: ScenarioRun): Fingerprints {
  return { machine: machine.fingerprint(), controller: machine.controllerFingerprint() };
}

function gearRun(run: ScenarioRun): GearRun {
  return {
    get tick() {
      return run.machine.tick;
    },
    advance: (tick) => run.advance(tick),
    fingerprints: () => fingerprintsOf(run),
  };
}

function otherGear(gear: RunOptions["gear"]): RunOptions["gear"] {
  return gear === "leap" ? "lockstep" : "leap";
}
