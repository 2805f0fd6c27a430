// A run in a child process, as a command sees it: that of a controller which is not ours. A process and not a thread, because a
// thread shares exit code, memory, working directory and signals with the command. The command keeps the time, the files, its
// streams and the verdict. What the controller prints is passed on to stderr, line by line and marked. If the process dies, the
// run is over, and its report is the last one that the child sent, with the death as a finding.

import { fork, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ControllerFault } from "../machine/controller-host";
import type { RunReport, Track } from "../run/report";
import type { TrumpetPlan } from "../run/trumpet-curve";
import { interruptedJudgement, withFindings } from "../run/verdict";
import { CALL_BUDGET_S, errorOfText, type FromChild, type Opened, type ToChild } from "./messages";
import type { Executed, RunHandle, RunSetup, RunWork, Whereabouts, WorkCall } from "./run-work";

/** The time that the child gets to pass on what the controller printed last. */
const FLUSH_MS = 500;
/** The mark of a line that the controller printed. */
const MARK = "controller: ";

/** Opens a run in a child process. Throws ControllerFault for a controller that cannot be loaded, and ScenarioError. */
export async function openApart(setup: RunSetup): Promise<RunHandle> {
  const child = new Child(setup.controller!);
  try {
    const message = await child.ask({ open: setup });
    if (message && "opened" in message) return new RunApart(setup, child, message.opened);
    throw message && "error" in message.answer ? errorOfText(message.answer.error) : child.refusal();
  } catch (error) {
    await child.end();
    throw error;
  }
}

/** The process, with one question under way at most. */
class Child {
  /** Why the process has died, in words; null while it lives. */
  death: string | null = null;
  private readonly path: string;
  private readonly process: ChildProcess;
  private waiting: ((message: FromChild | null) => void) | null = null;
  private lastWords = "";
  private readonly closed: Promise<unknown>;
  private readonly kill = () => void this.process.kill("SIGKILL");

  constructor(path: string) {
    this.path = path;
    this.process = startChild();
    this.process.on("message", (message: FromChild) => this.take(message));
    (this.process.stdio[3] as NodeJS.ReadableStream).on("data", (bytes: Buffer) => (this.lastWords += String(bytes)));
    const passed = [this.process.stdout!, this.process.stderr!].map(passOn);
    const ended = new Promise<void>((resolve) => {
      this.process.on("exit", (code, signal) => {
        this.die(deathWords(this.lastWords, code, signal));
        resolve();
      });
    });
    this.closed = Promise.all([ended, ...passed]);
    this.process.on("error", (error) => this.die(error.message));
    process.on("exit", this.kill);
  }

  /** Sends a question. Null when the process has died. */
  async ask(message: ToChild): Promise<FromChild | null> {
    if (this.death !== null) return null;
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.process.send(message, (error) => {
        if (error) this.die(error.message);
      });
    });
  }

  refusal(): ControllerFault {
    return new ControllerFault(`${this.path}: cannot load this controller: ${this.death ?? "it gave no answer"}`);
  }

  async end(): Promise<void> {
    process.off("exit", this.kill);
    if (this.process.connected) this.process.disconnect();
    const late = setTimeout(this.kill, FLUSH_MS);
    await this.closed;
    clearTimeout(late);
  }

  private take(message: FromChild | null): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.(message);
  }

  private die(why: string): void {
    this.death ??= why;
    this.take(null);
  }
}

function deathWords(lastWords: string, code: number | null, signal: NodeJS.Signals | null): string {
  if (lastWords.includes("late")) return `a call did not return within ${CALL_BUDGET_S} s and could not be ended`;
  return signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`;
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

  constructor(setup: RunSetup, child: Child, opened: Opened) {
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

  async execute(line: string): Promise<Executed> {
    const done = await this.carryOut("execute", [line]);
    if (done) return done;
    throw new ControllerFault(`the controller failed after tick ${this.at.tick}: ${this.child.death}`);
  }

  async close(): Promise<void> {
    await this.child.end();
  }

  /** Makes a call of the run. Null when the process has died. */
  private async carryOut<C extends WorkCall>(
    call: C,
    given: Parameters<RunWork[C]>,
  ): Promise<ReturnType<RunWork[C]> | null> {
    const message = await this.child.ask({ call, given });
    if (message === null || !("answer" in message)) return null;
    this.at = message.at;
    this.lastReport = message.report ?? this.lastReport;
    for (const { track, from, ticks, values } of message.changes) {
      this.known[track].ticks.splice(from, Infinity, ...ticks);
      this.known[track].values.splice(from, Infinity, ...values);
    }
    if ("error" in message.answer) throw errorOfText(message.answer.error);
    return message.answer.result as ReturnType<RunWork[C]>;
  }
}

/** Passes on what the controller prints: whole lines, marked, on stderr. The promise resolves after the last one. */
function passOn(stream: NodeJS.ReadableStream): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on("line", (line) => process.stderr.write(`${MARK}${line}\n`));
  return new Promise((resolve) => lines.on("close", resolve));
}

/** Starts the module `child` of this folder, from the bundle in dist/ or, through tsx, from source. */
function startChild(): ChildProcess {
  const options = {
    // The fourth descriptor is for the last words of the time budget.
    stdio: ["ignore", "pipe", "pipe", "pipe", "ipc"] as ["ignore", "pipe", "pipe", "pipe", "ipc"],
    serialization: "advanced" as const,
    // In a process group of its own: Ctrl-C at the terminal is for the command, which then ends the run in order.
    detached: true,
  };
  const inspected = process.execArgv.flatMap((flag) => /^--inspect(?:-brk|-wait)?(?==|$)/.exec(flag)?.[0] ?? []);
  const execArgv = ["--enable-source-maps", ...inspected.map((flag) => `${flag}=0`)];
  if (!import.meta.url.endsWith(".ts")) {
    return fork(fileURLToPath(new URL("./apart-child.js", import.meta.url)), [], { ...options, execArgv });
  }
  const loader = ["--import", import.meta.resolve("tsx")];
  return fork(fileURLToPath(new URL("./child.ts", import.meta.url)), [], {
    ...options,
    execArgv: [...execArgv, ...loader],
  });
}
