// `cistern programmer` and `cistern serve` as processes of their own, for tests: what they print, how they exit, and a person at
// a terminal who answers when asked.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makePty } from "../../emulator/port/port";
import { cisternHere, cisternPath, type Ended } from "../program";
import { until } from "../until";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Running extends Ended {
  child: ChildProcess;
  over: Promise<Ended>;
}

/** `cistern` with these arguments; `input` is a descriptor for stdin, default none. */
function cistern(args: readonly string[], input: number | "ignore" = "ignore"): Running {
  const child = spawn(process.execPath, [cisternPath, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: [input, "pipe", "pipe"],
  });
  const running: Running = {
    child,
    code: null,
    out: "",
    err: "",
    over: Promise.resolve({ code: null, out: "", err: "" }),
  };
  child.stdout!.on("data", (bytes: Buffer) => (running.out += bytes.toString()));
  child.stderr!.on("data", (bytes: Buffer) => (running.err += bytes.toString()));
  running.over = new Promise((resolve) =>
    child.once("close", (code) => {
      running.code = code;
      resolve({ code, out: running.out, err: running.err });
    }),
  );
  return running;
}

/** A folder with one pump and the files of the programmers who talk to it. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), "cistern-programmer-"));
  readonly port = join(this.folder, "pump");
  private serving: Running | null = null;

  file(name: string): string {
    return join(this.folder, name);
  }

  /** The pump on a pseudo-terminal, from now until `close`. It is commissioned in its first second, which is over. */
  async serve(scenario: string): Promise<void> {
    const control = this.file("control");
    this.serving = cistern(["serve", scenario, "--pty", this.port, "--control", control]);
    const serving = this.serving;
    await until("the pump's ports", () => serving.out.includes(control) || serving.code !== null);
    if (serving.code !== null) throw new Error(serving.err);
    const socket = connect(control);
    socket.end("wait 1 s\n");
    socket.resume();
    await once(socket, "close");
  }

  /** A programmer command, without terminal; `role` names the pairing file. */
  programmer(role: string, ...args: string[]): Promise<Ended> {
    return cisternHere(root, this.words(role, args));
  }

  /** The same in a process of its own. */
  start(role: string, args: readonly string[], input: number | "ignore" = "ignore"): Running {
    return cistern(this.words(role, args), input);
  }

  private words(role: string, args: readonly string[]): string[] {
    return ["programmer", ...args, "--serial", this.port, "--pairing", this.file(`${role}.json`)];
  }

  /** The same at a terminal: each answer is given when its question stands there. */
  async atTerminal(role: string, args: readonly string[], ...answers: string[]): Promise<Ended> {
    const terminal = await makePty();
    const input = openSync(terminal.path, "r+");
    try {
      const running = this.start(role, args, input);
      for (let n = 0; n < answers.length; n++) {
        await until(`question ${n + 1}`, () => running.err.split("[y/N]").length > n + 1 || running.code !== null);
        terminal.write(Buffer.from(`${answers[n]}\n`));
      }
      return await running.over;
    } finally {
      closeSync(input);
      await terminal.close();
    }
  }

  async close(): Promise<void> {
    this.serving?.child.kill("SIGINT");
    await this.serving?.over;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
