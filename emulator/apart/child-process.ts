// The child process of a controller that is not ours, as the command has it. A process and not a thread, because a thread shares
// exit code, memory, working directory and signals with the command. Questions are asked one after the other. What the
// controller prints is passed on to stderr, line by line and marked.

import { fork, type ChildProcess, type StdioOptions } from "node:child_process";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { ControllerFault } from "../machine/controller-host";
import {
  CALL_BUDGET_S,
  errorOfText,
  WIRE_FD,
  type FromChild,
  type FromService,
  type Stop,
  type ToChild,
  type ToService,
} from "./messages";

/** The time that the child gets to pass on what the controller printed last. */
const FLUSH_MS = 500;
/** The mark of a line that the controller printed. */
const MARK = "controller: ";

/** An answer of the child. */
type Reply = Exclude<FromChild, { news: FromService }>;

/** The process. `onNews` is called with what it sends without a question. */
export class Child {
  /** Why the process has died, in words; null while it lives. */
  death: string | null = null;
  private readonly path: string;
  private readonly process: ChildProcess;
  private readonly onNews: (news: FromService) => void;
  /** Called when the process has died. */
  onDeath: () => void = () => undefined;
  private waiting: ((message: Reply | null) => void) | null = null;
  /** Resolves when the last question has been answered. */
  private turn: Promise<unknown> = Promise.resolve();
  private lastWords = "";
  private readonly closed: Promise<unknown>;
  /** Ends the process at once, whatever it does. */
  readonly kill = () => void this.process.kill("SIGKILL");

  constructor(path: string, onNews: (news: FromService) => void = () => undefined) {
    this.path = path;
    this.onNews = onNews;
    this.process = startChild();
    this.process.on("message", (message: FromChild) => {
      if ("news" in message) this.onNews(message.news);
      else this.take(message);
    });
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
  async ask(message: ToChild): Promise<Reply | null> {
    const answer = this.turn.then(() => {
      if (this.death !== null) return null;
      return new Promise<Reply | null>((resolve) => {
        this.waiting = resolve;
        this.send(message);
      });
    });
    this.turn = answer;
    return answer;
  }

  /** The stream of the wire's bytes. */
  get wire(): Duplex {
    return this.process.stdio[WIRE_FD as 4] as unknown as Duplex;
  }

  /** Sends what needs no answer. A process that has died hears nothing. */
  notify(message: ToService | Stop): void {
    if (this.death === null) this.send(message);
  }

  /** The error about a process that could not open what it was asked to. */
  refusal(message: Reply | null): Error {
    if (message && "answer" in message && "error" in message.answer) return errorOfText(message.answer.error);
    return new ControllerFault(`${this.path}: cannot load this controller: ${this.death ?? "it gave no answer"}`);
  }

  async end(): Promise<void> {
    process.off("exit", this.kill);
    if (this.process.connected) this.process.disconnect();
    const late = setTimeout(this.kill, FLUSH_MS);
    await this.closed;
    clearTimeout(late);
  }

  private send(message: ToChild): void {
    this.process.send(message, (error) => {
      if (error) this.die(error.message);
    });
  }

  private take(message: Reply | null): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.(message);
  }

  private die(why: string): void {
    const isFirst = this.death === null;
    this.death ??= why;
    this.take(null);
    if (isFirst) this.onDeath();
  }
}

function deathWords(lastWords: string, code: number | null, signal: NodeJS.Signals | null): string {
  if (lastWords.includes("late")) return `a call did not return within ${CALL_BUDGET_S} s and could not be ended`;
  return signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`;
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
    // The fourth descriptor is for the last words of the time budget, the fifth for the bytes of the hal wire.
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "ipc"] as StdioOptions,
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
