// The calls that a command makes to a run, wherever the run is: here, or in a child process with a controller that is not ours.
// All that crosses is plain data. `RunHandle` is how a command sees a run; each of its calls is one of RunWork's.

import type { Instrumented } from "../debug/instrumented";
import { Stepper, type Executed } from "../debug/stepper";
import { TimeTravel, type Moving } from "../debug/time-travel";
import type { ControllerFactory } from "../machine/controller-host";
import type { RunReport, Track } from "../run/report";
import { ScenarioRun, type RunOptions } from "../run/run";
import { resumeFrom, textOfSavedRun } from "../run/saved-run";
import { takeSample } from "../run/trumpet";
import type { TrumpetPlan } from "../run/trumpet-curve";
import type { Scenario } from "../scenario/scenario";

/** The setup of a run. */
export interface RunSetup extends Omit<RunOptions, "controller"> {
  scenario: Scenario;
  /** The path of a controller; null for the reference controller. */
  controller: string | null;
  /** A snapshot from which the run continues. */
  from: string | null;
  /** True for a run that a person steps through: its machine is TypeScript, whatever the environment asks for. */
  isStepped?: boolean;
}

/** Where a run is. */
export interface Whereabouts {
  tick: number;
  over: boolean;
}

/** How the session of a stepped run moves. */
export interface Travel {
  instrumented?: Instrumented | null;
  /** Why it has none. */
  lacks?: string;
  slice?<T>(piece: () => T): T;
}

export class RunWork {
  private readonly opened: ScenarioRun;
  private time: TimeTravel | null = null;
  /** The session of a run that a person steps through. */
  private stepper: Stepper | null = null;
  private readonly travel: Travel;
  /** The samples of a trumpet curve that were taken. */
  private readonly volumes_nl: number[] = [];

  /** Throws ControllerFault and ScenarioError. */
  constructor({ scenario, from, ...options }: RunSetup, controller: ControllerFactory, travel: Travel = {}) {
    this.travel = travel;
    this.opened = new ScenarioRun(scenario, { ...options, controller });
    if (from !== null) resumeFrom(from, this.opened);
  }

  /** The run; for one that a person steps through, that of the present place. */
  get run(): ScenarioRun {
    return this.time?.run ?? this.opened;
  }

  get whereabouts(): Whereabouts {
    return { tick: this.run.machine.tick, over: this.run.over };
  }

  /** Moves on to `tick` at most. */
  advance(tick: number): void {
    this.run.advance(tick);
  }

  /** Does a part of what the report needs, for about that much host time. False when nothing of it is left. */
  prepareReport(most_ms: number): boolean {
    const until = performance.now() + most_ms;
    while (this.run.prepareReport()) if (performance.now() >= until) return true;
    return false;
  }

  report(host_s: number, interrupted: boolean): RunReport {
    return this.run.report(host_s, interrupted);
  }

  /** The fingerprints of the machine and of the controller. */
  fingerprints(): { machine: string; controller: string } {
    const { machine } = this.run;
    return { machine: machine.fingerprint(), controller: machine.controllerFingerprint() };
  }

  /** The present values of the patient's signals, in their order; none without a patient. */
  patientValues(): number[] {
    const { machine } = this.run;
    return machine.signals.filter(({ name }) => name.startsWith("patient.")).map((signal) => signal.read(machine));
  }

  tracks(): Track[] {
    return this.run.signalTracks();
  }

  /** The text of a snapshot file; null when the run was lost. */
  savedText(): string | null {
    return textOfSavedRun(this.run);
  }

  /** Takes samples of a trumpet curve for that much host time, and gives all samples; `more` is false after the last one. */
  sample(plan: TrumpetPlan, most_ms: number): { volumes_nl: number[]; more: boolean } {
    const until = performance.now() + most_ms;
    while (takeSample(this.run, plan, this.volumes_nl)) {
      if (performance.now() >= until) return { volumes_nl: this.volumes_nl, more: true };
    }
    return { volumes_nl: this.volumes_nl, more: false };
  }

  /** Carries out a line of the stepper. Rejects with CommandError and FileError. */
  execute(line: string, moving: Moving = {}): Promise<Executed> {
    return this.session().execute(line, moving);
  }

  /** The words that the last word of a line of the stepper may become. */
  complete(line: string): { words: string[]; of: string } {
    return this.session().completions(line);
  }

  private session(): Stepper {
    const { instrumented = null } = this.travel;
    this.time ??= new TimeTravel(this.opened, this.travel);
    this.stepper ??= new Stepper(this.time, instrumented?.root ?? null);
    return this.stepper;
  }
}

/** The names of the calls of RunWork. */
export type WorkCall =
  | "advance"
  | "prepareReport"
  | "report"
  | "fingerprints"
  | "patientValues"
  | "tracks"
  | "savedText"
  | "sample"
  | "execute"
  | "complete";

/** A run as a command sees it. */
export type RunHandle = {
  [K in WorkCall]: (...given: Parameters<RunWork[K]>) => Promise<Awaited<ReturnType<RunWork[K]>>>;
} & {
  readonly scenario: Scenario;
  readonly end_ticks: number;
  /** The host's time that one call of `advance` should take: long enough that the way there and back does not count. */
  readonly slice_ms: number;
  readonly tick: number;
  /** True when the run has come to its end or the controller cannot continue. */
  readonly over: boolean;
  /** Ends what the run holds open. */
  close(): Promise<void>;
};
