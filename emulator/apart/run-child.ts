// The child's side of a run: it answers the calls of the command one by one.

import type { ControllerFactory } from "../machine/controller-host";
import type { RunReport } from "../run/report";
import { Checkpoints } from "./checkpoints";
import type { Guest } from "./guest";
import { textOfError, type Answer, type Change, type FromChild, type ToChild } from "./messages";
import { losesState, type TrialSetup } from "./restore-check";
import type { Executed } from "../debug/stepper";
import type { Progress, Stopper } from "../debug/time-travel";
import { RunWork, type RunSetup, type WorkCall } from "./run-work";
import { LateError, lateWords, within } from "./time-budget";

/** The part of a call's time that it has in a trial. */
const TRIAL_PART = 0.4;

/** The calls that run the controller. The others do their work without it, in whatever time they need. */
const RUNNING = new Set<WorkCall>(["advance", "sample"]);

export class RunChild {
  private readonly work: RunWork;
  private readonly guest: Guest;
  private readonly notify: (message: FromChild) => void;
  private readonly checkpoints = new Checkpoints();
  private stopper: Stopper = { stopped: false };
  /** The number of changes of each signal that were sent. */
  private readonly sent: number[] = [];

  private constructor(work: RunWork, guest: Guest, notify: (message: FromChild) => void) {
    this.work = work;
    this.guest = guest;
    this.notify = notify;
  }

  /** Loads the controller and opens the run. Throws ControllerFault, ScenarioError and LateError. */
  static async open(setup: RunSetup, guest: Guest, notify: (message: FromChild) => void): Promise<RunChild> {
    const controller = await guest.load();
    refuseLostState(setup, controller, guest);
    const work = within(() => new RunWork(setup, controller, { slice: within }));
    guest.admit(work.run.machine.script);
    const tracks = work.tracks().map((track) => ({ ...track, ticks: [], values: [] }));
    notify({ opened: { end_ticks: work.run.end_ticks, report: work.report(0, false), tracks, ...work.whereabouts } });
    return new RunChild(work, guest, notify);
  }

  hear(message: ToChild): void {
    if ("stop" in message) this.stopper.stopped = true;
    if ("call" in message) void this.reply(message.call as WorkCall, message.given);
  }

  private async reply(call: WorkCall, given: unknown[]): Promise<void> {
    const { run } = this.work;
    const from = run.machine.tick;
    const before = run.failure;
    let answer: Answer["answer"];
    let report: RunReport | null = null;
    try {
      const result = call === "execute" ? await this.execute(given[0] as string) : this.carryOut(call, given);
      const deed = await this.guest.deedSince(from, run.machine.tick);
      if (deed !== null && run.failure === null) run.fail(deed.text, deed.from);
      // A stepper's line is looked at for itself: the next one may go back.
      if (this.checkpoints.isDue || run.over || call === "execute") {
        report = this.checkpoints.carryOut(() => this.checkpoint());
      }
      answer = { result: call === "execute" ? await this.withFailure(result as Executed | undefined, before) : result };
    } catch (error) {
      answer = { error: textOfError(error) };
    }
    this.notify({ answer, at: this.work.whereabouts, report, changes: this.changes() });
  }

  private carryOut(call: WorkCall, given: unknown[]): unknown {
    const calls = this.work as unknown as Record<WorkCall, (...given: unknown[]) => unknown>;
    if (!RUNNING.has(call)) return calls[call](...given);
    const { run } = this.work;
    try {
      return within(() => calls[call](...given));
    } catch (error) {
      if (!(error instanceof LateError)) throw error;
      run.fail(lateWords(run.machine.tick));
      return undefined;
    }
  }

  /** Carries out a line of the stepper, in slices of which each has a time; undefined when a call in one did not return. */
  private async execute(line: string): Promise<Executed | undefined> {
    this.stopper = { stopped: false };
    const progress = (moving: Progress) => this.notify({ news: { moving } });
    try {
      return await this.work.execute(line, { stopper: this.stopper, progress });
    } catch (error) {
      if (!(error instanceof LateError)) throw error;
      this.work.run.fail(lateWords(this.work.run.machine.tick));
      return undefined;
    }
  }

  /** The answer to a line of the stepper with what went wrong in it, also if it never came to its own end. */
  private async withFailure(executed: Executed | undefined, before: string | null): Promise<Executed> {
    const { failure } = this.work.run;
    return { ...(executed ?? (await this.work.execute(""))), failure: failure === before ? null : failure };
  }

  /** Looks at the globals, and gives the report as it would be if the run ended now. */
  private checkpoint(): RunReport {
    const { run } = this.work;
    for (const { text, from } of this.guest.changedUpTo(run.machine.tick)) run.fail(text, from);
    return run.report(0);
  }

  /** The changes of the signals that were not sent. The last one that was sent may have been overwritten, so it is sent again. */
  private changes(): Change[] {
    const found: Change[] = [];
    this.work.tracks().forEach(({ ticks, values }, track) => {
      const from = Math.max(0, (this.sent[track] ?? 0) - 1);
      if (ticks.length === 0) return;
      found.push({ track, from, ticks: ticks.slice(from), values: values.slice(from) });
      this.sent[track] = ticks.length;
    });
    return found;
  }
}

/** Throws ControllerFault for a module with state outside of its memory. */
export function refuseLostState(setup: TrialSetup, controller: ControllerFactory, guest: Guest): void {
  if (!guest.path.endsWith(".wasm") || !losesStateInTime(setup, controller)) return;
  throw guest.refusal("some of its state is not in its memory: after a restore it goes on otherwise");
}

/** A trial that hangs says nothing: the run will hang in the same tick, and tell it. */
function losesStateInTime(setup: TrialSetup, controller: ControllerFactory): boolean {
  try {
    return within(() => losesState(setup, controller), TRIAL_PART);
  } catch (error) {
    if (error instanceof LateError) return false;
    throw error;
  }
}
