// One run of a scenario as `cistern run` carries it out: in slices, between which the bar moves and a signal or the time limit
// takes effect, and with `--twice` again in the other gear.

import { setImmediate as nextTurn } from "node:timers/promises";
import { openRun } from "../apart/open";
import type { RunHandle, RunSetup } from "../apart/run-work";
import { advanceInSlices } from "../apart/slices";
import type { RunReport } from "../run/report";
import type { RunOptions } from "../run/run";
import { areEqual, findingsOfTwice, firstDifference, type GearRow, type TwiceReport } from "../run/twice";
import { interruptedJudgement, withFindings } from "../run/verdict";
import { MS_PER_SECOND, secondsOf } from "../time";
import type { Interrupts } from "./interrupt";
import { progressBar } from "./progress";
import type { TimeLimit } from "./time-limit";

export interface Play extends RunSetup {
  twice: boolean;
}

/** The ends that a run may come to before its own. */
export interface Stops {
  interrupts: Interrupts;
  limit: TimeLimit;
}

/**
 * Runs the scenario to its end, to an interrupt or to the time limit, and gives its report and the run to `use`. Throws
 * ControllerFault and ScenarioError.
 */
export async function playScenario<T>(
  { twice, ...setup }: Play,
  stops: Stops,
  use: (report: RunReport, run: RunHandle) => Promise<T>,
): Promise<T> {
  const opened: RunHandle[] = [];
  const { signals: _signals, ...others } = setup;
  const untraced: RunSetup = { ...others, tracks: false };
  const open: Open = async (gear, isTraced) => {
    const run = await openRun({ ...(isTraced ? setup : untraced), gear });
    opened.push(run);
    return run;
  };
  try {
    const run = await open(setup.gear, true);
    // The second run is made now, so that whatever forbids it is found before the first.
    const second = twice ? await open(otherGear(setup.gear), false) : null;
    const report = await carryOut(run, setup.scenario.name, stops);
    const isOnce = second === null || stops.interrupts.heard || stops.limit.isOver;
    return await use(isOnce ? report : await compared(report, run, second, open, stops), run);
  } finally {
    await Promise.all(opened.map((each) => each.close()));
  }
}

type Open = (gear: RunOptions["gear"], isTraced: boolean) => Promise<RunHandle>;

async function carryOut(run: RunHandle, title: string, { interrupts, limit }: Stops): Promise<RunReport> {
  const bar = progressBar(title);
  const began_ms = performance.now();
  await advanceInSlices(
    run,
    run.end_ticks,
    () => interrupts.heard || limit.isOver,
    () => bar.show(run.tick / run.end_ticks, run.tick),
  );
  await run.advance(run.tick);
  while (run.over && !interrupts.heard && (await run.prepareReport(run.slice_ms))) await nextTurn();
  bar.end();
  const report = await run.report((performance.now() - began_ms) / MS_PER_SECOND, interrupts.heard);
  return run.over ? report : withFindings(report, limit.findings(run.tick, run.end_ticks));
}

/** The report after the scenario ran again in the other gear. Unless both gears do the same, the run proves nothing. */
async function compared(
  report: RunReport,
  run: RunHandle,
  second: RunHandle,
  open: Open,
  stops: Stops,
): Promise<RunReport> {
  const { interrupts, limit } = stops;
  const other = await carryOut(second, `${second.scenario.name} (again)`, stops);
  if (interrupts.heard) return interruptedJudgement(report, "interrupted in the second run");
  const runs: TwiceReport["runs"] = [await rowOf(report, run), await rowOf(other, second)];
  const equal = areEqual(runs);
  if (!second.over) {
    const late = limit.findings(second.tick, second.end_ticks);
    return withFindings({ ...report, twice: { equal, differ_at_s: null, runs } }, late);
  }
  const pair = async () => [await open(report.gear, false), await open(other.gear, false)] as const;
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

async function rowOf(report: RunReport, run: RunHandle): Promise<GearRow> {
  const { ticks_executed, ticks_leapt } = report.speed;
  return {
    gear: report.gear,
    ended_tick: report.ended.tick,
    ticks_executed,
    ticks_leapt,
    ...(await run.fingerprints()),
  };
}

function otherGear(gear: RunOptions["gear"]): RunOptions["gear"] {
  return gear === "leap" ? "lockstep" : "leap";
}
