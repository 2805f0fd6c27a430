// A run in a child process, as a command sees it: that of a controller which is not ours. The command keeps the time, the files, its
// streams and the verdict. If the process dies, the run is over, and its report is the last one that the child sent, with the
// death as a finding.

import type { Executed } from "../debug/stepper";
import type { Moving } from "../debug/time-travel";
import { ControllerFault } from "../machine/controller-host";
import type { RunReport, Track } from "../run/report";
import type { TrumpetPlan } from "../run/trumpet-curve";
import { interruptedJudgement, withFindings } from "../run/verdict";
import { Child } from "./child-process";
import { errorOfText, type Opened } from "./messages";
import type { RunHandle, RunSetup, RunWork, Whereabouts, WorkCall } from "./run-work";

/** So often the command looks whether the person has stopped a move, and tells the child. */
const STOP_LOOK_MS = 50;

/** Opens a run in a child process. Throws ControllerFault for a controller that cannot be loaded, and ScenarioError. */
export async function openApart(setup: RunSetup): Promise<RunHandle> {
  const moves: Moves = { progress: null };
  const child = new Child(setup.controller!, (news) => {
    if ("moving" in news) moves.progress?.(news.moving);
  });
  try {
    const message = await child.ask({ run: setup });
    if (message && "opened" in message) return new RunApart(setup, child, message.opened, moves);
    throw child.refusal(message);
  } catch (error) {
    await child.end();
    throw error;
  }
}

/** The progress of the line of the stepper under way; null when nobody asks. */
interface Moves {
  progress: Moving["progress"] | null;
}

class RunApart implements RunHandle {
  readonly scenario: RunSetup["scenario"];
  readonly end_ticks: number;
  readonly slice_ms = 200;
  private readonly child: Child;
  private at: Whereabouts;
  private lastReport: RunReport;
  private sampled: number[] = [];
  private readonly known: Track[];
  private readonly moves: Moves;

  constructor(setup: RunSetup, child: Child, opened: Opened, moves: Moves) {
    this.moves = moves;
    this.scenario = setup.scenario;
    this.end_ticks = opened.end_ticks;
    this.child = child;
    this.at = { tick: opened.tick, over: opened.over };
    this.lastReport = opened.report;
    this.known = opened.tracks;
  }

  get tick(): number {
    return this.at.tick;
  }

  get over(): boolean {
    return this.at.over || this.child.death !== null;
  }

  async advance(tick: number): Promise<void> {
    await this.carryOut("advance", [tick]);
  }

  async prepareReport(most_ms: number): Promise<boolean> {
    return (await this.carryOut("prepareReport", [most_ms])) ?? false;
  }

  async report(host_s: number, interrupted: boolean): Promise<RunReport> {
    const report = await this.carryOut("report", [host_s, interrupted]);
    if (report) return report;
    const text = `the controller failed after tick ${this.at.tick}: ${this.child.death}`;
    const last = withFindings(this.lastReport, [
      { at_tick: this.at.tick, kind: "controller", text, weight: "invalid" },
    ]);
    return interrupted ? interruptedJudgement(last, "interrupted") : last;
  }

  async fingerprints(): Promise<{ machine: string; controller: string }> {
    return (await this.carryOut("fingerprints", [])) ?? { machine: this.lastReport.fingerprint, controller: "" };
  }

  async patientValues(): Promise<number[]> {
    return (await this.carryOut("patientValues", [])) ?? [];
  }

  async tracks(): Promise<Track[]> {
    return this.known;
  }

  async savedText(): Promise<string | null> {
    return this.carryOut("savedText", []);
  }

  async sample(plan: TrumpetPlan, most_ms: number): Promise<{ volumes_nl: number[]; more: boolean }> {
    const sampled = await this.carryOut("sample", [plan, most_ms]);
    if (sampled) this.sampled = sampled.volumes_nl;
    return sampled ?? { volumes_nl: this.sampled, more: false };
  }

  async execute(line: string, { stopper, progress }: Moving = {}): Promise<Executed> {
    this.moves.progress = progress ?? null;
    const asked = stopper && setInterval(() => stopper.stopped && this.child.notify({ stop: true }), STOP_LOOK_MS);
    const done = await this.carryOut("execute", [line]).finally(() => clearInterval(asked));
    this.moves.progress = null;
    if (done) return done;
    throw new ControllerFault(`the controller failed after tick ${this.at.tick}: ${this.child.death}`);
  }

  async complete(line: string): Promise<{ words: string[]; of: string }> {
    return (await this.carryOut("complete", [line])) ?? { words: [], of: "" };
  }

  async close(): Promise<void> {
    await this.child.end();
  }

  /** Makes a call of the run. Null when the process has died. */
  private async carryOut<C extends WorkCall>(
    call: C,
    given: Parameters<RunWork[C]>,
  ): Promise<Awaited<ReturnType<RunWork[C]>> | null> {
    const message = await this.child.ask({ call, given });
    if (message === null || !("answer" in message)) return null;
    this.at = message.at ?? this.at;
    this.lastReport = message.report ?? this.lastReport;
    for (const { track, from, ticks, values } of message.changes) {
      this.known[track].ticks.splice(from, Infinity, ...ticks);
      this.known[track].values.splice(from, Infinity, ...values);
    }
    if ("error" in message.answer) throw errorOfText(message.answer.error);
    return message.answer.result as Awaited<ReturnType<RunWork[C]>>;
  }
}
