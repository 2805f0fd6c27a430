// Starts `cistern serve` and `cistern board` in processes of their own, for tests of a rig: the port, the control channel, what the
// command says, and its report at the end. A command is ready when it has printed the names of its port and its control channel. What a
// test does not end itself is killed when the test's own process exits. Times here are the host's, in ms.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A cold start of Node on a crowded machine takes seconds; a start that takes this long never ends. */
const START_MS = 120_000;
const ANSWER_MS = 60_000;
/** An interrupted command writes its report and its traces; then it is killed. */
const END_MS = 30_000;
const PORT = /^(\/\S+|tcp:\S+)$/m;
const CONTROL = /^control (\S+)$/m;

/** A command that does not start or answer, or a line of the control channel that is refused. */
export class RigError extends Error {
  override name = "RigError";
}

export interface StartOptions {
  /** Multiples of real time, or as fast as possible (default: the command's own). */
  speed?: number | "max";
  /** Listen at a free TCP port of this machine instead of a pseudo-terminal. */
  tcp?: boolean;
  /** Further options of the command, as on its command line. */
  options?: readonly string[];
  /** The words that start cistern (default: this package's own program, by this Node). */
  command?: readonly string[];
}

/** An answer of the control channel (docs/serve.md). */
export type Answer = Record<string, unknown>;

/** A command that runs. */
export interface Started {
  /** The path of the pseudo-terminal, or `tcp:HOST:PORT`. */
  readonly port: string;
  /** The command's words on stderr so far. */
  said(): string;
  /** Sends a line to the control channel. Rejects with RigError when it is refused, or when no answer comes within `within_ms`. */
  ask(line: string, within_ms?: number): Promise<Answer>;
  /** Interrupts the command, and gives the report that it printed; null for none. A second call gives the same. */
  end(): Promise<Answer | null>;
}

/** Starts the emulated pump (`cistern serve`). Rejects with RigError, which has the command's own words. */
export function startPump(scenario: string, options: StartOptions = {}): Promise<Started> {
  return start("serve", scenario, options);
}

/** Starts the virtual board for a controller under test (`cistern board`). Rejects with RigError. */
export function startBoard(scenario: string, options: StartOptions = {}): Promise<Started> {
  return start("board", scenario, options);
}

async function start(name: "serve" | "board", scenario: string, options: StartOptions): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), "cistern-rig-"));
  const door = join(folder, "control");
  const own = [process.execPath, fileURLToPath(new URL("cistern.js", import.meta.url))];
  const [program, ...first] = options.command ?? own;
  const words = [
    ...first,
    name,
    scenario,
    ...(options.tcp ? ["--tcp", "0"] : ["--pty"]),
    "--control",
    door,
    ...(options.speed === undefined ? [] : ["--speed", String(options.speed)]),
    ...(options.options ?? []),
    "--json",
  ];
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  const running = new Running(child, folder, [program, ...words].join(" "));
  try {
    await running.begin();
    return running;
  } catch (error) {
    await running.end();
    throw error;
  }
}

interface Waiting {
  line: string;
  resolve: (answer: Answer) => void;
  reject: (error: RigError) => void;
  timer: NodeJS.Timeout;
}

class Running implements Started {
  port = "";
  private readonly child: ChildProcess;
  private readonly folder: string;
  private readonly command: string;
  private readonly over: Promise<void>;
  private isOver = false;
  private out = "";
  private err = "";
  private socket: Socket | null = null;
  /** Lines without an answer yet, oldest first: the channel answers in their order. */
  private readonly waiting: Waiting[] = [];
  private hear: () => void = () => undefined;
  private readonly kill = () => void this.child.kill("SIGKILL");

  constructor(child: ChildProcess, folder: string, command: string) {
    this.child = child;
    this.folder = folder;
    this.command = command;
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.out += text));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.err += text;
      this.hear();
    });
    this.over = new Promise((resolve) => {
      const gone = () => {
        this.isOver = true;
        process.off("exit", this.kill);
        this.hear();
        resolve();
      };
      child.once("close", gone);
      child.once("error", (error) => {
        this.err += `${error.message}\n`;
        gone();
      });
    });
    process.on("exit", this.kill);
  }

  said(): string {
    return this.err;
  }

  /** Returns when the command is ready and its control channel is open. */
  async begin(): Promise<void> {
    const control = await new Promise<string>((resolve, reject) => {
      const fail = () => reject(new RigError(`${this.command} did not start: ${this.err.trim() || "it said nothing"}`));
      const timer = setTimeout(fail, START_MS);
      this.hear = () => {
        const [port, door] = [PORT.exec(this.err), CONTROL.exec(this.err)];
        if (port && door) this.port = port[1];
        else if (!this.isOver) return;
        clearTimeout(timer);
        this.hear = () => undefined;
        if (port && door) resolve(door[1]);
        else fail();
      };
      this.hear();
    });
    const socket = connect(control);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) => reject(new RigError(`${control}: ${error.message}`)));
    });
    this.socket = socket;
    let rest = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.take(JSON.parse(line) as Answer);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const each of this.waiting.splice(0)) {
        clearTimeout(each.timer);
        each.reject(new RigError(`cistern ended at: ${each.line}`));
      }
    });
  }

  ask(line: string, within_ms = ANSWER_MS): Promise<Answer> {
    const { socket } = this;
    if (line.trim() === "" || line.includes("\n")) {
      return Promise.reject(new RigError(`expected one line, found ${JSON.stringify(line)}`));
    }
    if (socket === null || socket.destroyed) return Promise.reject(new RigError(`cistern ended at: ${line}`));
    return new Promise((resolve, reject) => {
      // The place in the row is kept, because the answer may still come.
      const timer = setTimeout(() => reject(new RigError(`no answer in ${within_ms} ms to: ${line}`)), within_ms);
      this.waiting.push({ line, resolve, reject, timer });
      socket.write(`${line}\n`);
    });
  }

  async end(): Promise<Answer | null> {
    this.socket?.destroy();
    if (!this.isOver) {
      this.child.kill("SIGTERM");
      const timer = setTimeout(this.kill, END_MS);
      await this.over;
      clearTimeout(timer);
    }
    rmSync(this.folder, { recursive: true, force: true });
    return this.out.trim() === "" ? null : (JSON.parse(this.out) as Answer);
  }

  private take(answer: Answer): void {
    // A line that the channel sends by itself (`watch`) answers nothing.
    if (!("ok" in answer)) return;
    const first = this.waiting.shift();
    if (first === undefined) return;
    clearTimeout(first.timer);
    if (answer.ok === true) first.resolve(answer);
    else first.reject(new RigError(`${first.line}: ${String(answer.error)}`));
  }
}
