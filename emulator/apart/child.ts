// The child process of a run whose controller is not ours. It captures the objects of the language, loads the controller, and
// answers the calls of the command one by one. All that the controller prints goes to the streams of this process, which are the
// controller's alone.

import { setImmediate as nextTurn } from "node:timers/promises";
import { ControllerFault, loadController, type ControllerFactory } from "../machine/controller-host";
import { whatFailed } from "../machine/failure";
import { changedVariable, Look, type Variables } from "./escapes";
import { losesState } from "./restore-check";
import { Intrinsics } from "./intrinsics";
import { Leavings } from "./leavings";
import type { RunReport } from "../run/report";
import { CALL_BUDGET_S, textOfError, type Answer, type Change, type FromChild, type ToChild } from "./messages";
import { RunWork, type Executed, type RunSetup, type WorkCall } from "./run-work";
import { LateError, loading, startBudget, within } from "./time-budget";
import { firstDeed, keepProcess, watched } from "./watched-controller";

/** The time between two reports that are sent for the case that this process dies, and between two looks at the globals. */
const CHECKPOINT_MS = 1000;
/** The part of a call's time that it has in a trial. */
const TRIAL_PART = 0.4;

const send = process.send!.bind(process);
const exit = process.exit.bind(process);
process.setSourceMapsEnabled(true);
process.on("disconnect", () => exit(0));

const intrinsics = new Intrinsics();
let leavings: Leavings;
let work: RunWork | null = null;
let checked_ms = 0;
let checkedTick = 0;
let look: Look | null = null;
let variables: Variables = new Map();
/** The number of changes of each signal that were sent. */
const sent: number[] = [];

startBudget();
keepProcess();
process.on("message", (message: ToChild) => {
  if ("open" in message) void open(message.open);
  else void reply(message.call, message.given);
});

function notify(message: FromChild): void {
  send(message);
}

async function open(setup: RunSetup): Promise<void> {
  try {
    leavings = new Leavings();
    const controller = watched(await loaded(setup.controller!));
    if (setup.controller!.endsWith(".wasm") && losesStateInTime(setup, controller)) {
      throw refusal(setup.controller!, "some of its state is not in its memory: after a restore it goes on otherwise");
    }
    work = within(() => new RunWork(setup, controller));
    lookAt(work.run.machine.script, setup.controller!);
    refuseDeeds(setup.controller!);
    const tracks = work.tracks().map((track) => ({ ...track, ticks: [], values: [] }));
    notify({ opened: { end_ticks: work.run.end_ticks, report: work.report(0, false), tracks, ...work.whereabouts } });
  } catch (error) {
    intrinsics.putBack();
    const late = error instanceof LateError;
    const fault = late ? refusal(setup.controller!, `its construction ${error.message}`) : error;
    notify({ answer: { error: textOfError(fault) }, at: { tick: 0, over: true }, report: null, changes: [] });
  }
}

/** A trial that hangs says nothing: the run will hang in the same tick, and tell it. */
function losesStateInTime(setup: RunSetup, controller: ControllerFactory): boolean {
  try {
    return within(() => losesState(setup, controller), TRIAL_PART);
  } catch (error) {
    if (error instanceof LateError) return false;
    throw error;
  }
}

/** Looks at the state of a JavaScript controller. Throws ControllerFault for a private field. */
function lookAt(script: object | undefined, path: string): void {
  if (script === undefined) return;
  look = new Look(script);
  const field = look.privateField();
  if (field !== null) throw refusal(path, `it keeps state in the private field ${field}, which cannot be saved`);
  variables = look.variables();
}

/** Loads the controller. The channel does not count for as long, so that a module that waits for nothing is noticed. */
async function loaded(path: string): Promise<ControllerFactory> {
  process.channel?.unref();
  const waits = new Promise<never>((_, reject) => {
    process.once("beforeExit", () => reject(refusal(path, "it never finishes loading: it waits for nothing")));
  });
  try {
    return await loading(() => Promise.race([loadController(path), waits]));
  } finally {
    process.channel?.ref();
  }
}

/** Throws ControllerFault for what the controller did to the process when it was loaded. */
function refuseDeeds(path: string): void {
  const deed = firstDeed();
  if (deed) throw refusal(path, whatFailed(deed));
  const changed = intrinsics.changed();
  if (changed) throw refusal(path, `it changed the language around it: ${changed}`);
  const left = leavings.found();
  if (left) throw refusal(path, `it left ${left} open when it was loaded`);
}

function refusal(path: string, why: string): ControllerFault {
  return new ControllerFault(`${path}: cannot load this controller: ${why}`);
}

/** The calls that run the controller. The others do their work without it, in whatever time they need. */
const RUNNING = new Set<WorkCall>(["advance", "sample", "execute"]);

function carryOut(call: WorkCall, given: unknown[]): unknown {
  const calls = work as unknown as Record<WorkCall, (...given: unknown[]) => unknown>;
  if (!RUNNING.has(call)) return calls[call](...given);
  const { run } = work!;
  try {
    return within(() => calls[call](...given));
  } catch (error) {
    if (!(error instanceof LateError)) throw error;
    run.fail(`the controller did not return from tick ${run.machine.tick} within ${CALL_BUDGET_S} s`);
    return undefined;
  }
}

/** A deed of the controller since a tick that no call of it has reported. */
function deedSince(from: number, left: string | null): string | null {
  const { tick } = work!.run.machine;
  const when = from === tick ? `in tick ${tick}` : `in the ticks ${from} to ${tick}`;
  const deed = firstDeed();
  if (deed) return `the controller failed ${when}: ${whatFailed(deed)}`;
  return left === null ? null : `the controller left ${left} open ${when}`;
}

async function reply(call: WorkCall, given: unknown[]): Promise<void> {
  const { run } = work!;
  const from = run.machine.tick;
  const before = run.failure;
  let answer: Answer["answer"];
  let report: RunReport | null = null;
  try {
    const result = carryOut(call, given);
    const left = leavings.found();
    // Node tells of a promise that failed when the present turn is over.
    await nextTurn();
    const deed = run.failure === null ? deedSince(from, left) : null;
    if (deed !== null) run.fail(deed, from);
    // A stepper's line is looked at for itself: the next one may go back.
    if (performance.now() - checked_ms >= CHECKPOINT_MS || run.over || call === "execute") report = checkpoint();
    answer = { result: call === "execute" ? withFailure(result as Executed | undefined, before) : result };
  } catch (error) {
    answer = { error: textOfError(error) };
  }
  notify({ answer, at: work!.whereabouts, report, changes: changes() });
}

/** The answer to a line of the stepper with what went wrong in it, also if it never came to its own end. */
function withFailure(executed: Executed | undefined, before: string | null): Executed {
  const { failure } = work!.run;
  return { ...(executed ?? work!.execute("")), failure: failure === before ? null : failure };
}

/** Looks at the globals, and gives the report as it would be if the run ended now. */
function checkpoint(): RunReport {
  checked_ms = performance.now();
  const { run } = work!;
  const changed = intrinsics.changed();
  if (changed) {
    intrinsics.putBack();
    const when = `in the ticks ${checkedTick} to ${run.machine.tick}`;
    run.fail(`the controller changed the language around it ${when}: ${changed}`, checkedTick);
  }
  const variable = look && changedVariable(variables, look.variables());
  if (variable) {
    const when = `in the ticks ${checkedTick} to ${run.machine.tick}`;
    run.fail(
      `the controller keeps state in the variable ${variable}, which no snapshot holds: it changed ${when}`,
      checkedTick,
    );
  }
  checkedTick = run.machine.tick;
  return run.report(0);
}

/** The changes of the signals that were not sent. The last one that was sent may have been overwritten, so it is sent again. */
function changes(): Change[] {
  const found: Change[] = [];
  work!.tracks().forEach(({ ticks, values }, track) => {
    const from = Math.max(0, (sent[track] ?? 0) - 1);
    if (ticks.length === 0) return;
    found.push({ track, from, ticks: ticks.slice(from), values: values.slice(from) });
    sent[track] = ticks.length;
  });
  return found;
}
