// SIGTERM and SIGHUP end each command as Ctrl-C does: it exits with 128 plus the signal's number, and all that it recorded is
// written. A service ends with npm or with the program that it is told to follow, and else lives on.

import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { RunReport } from "../../emulator/run/report";
import { hasPty } from "../machine-here";
import { cisternPath } from "../program";
import { until } from "../until";
import { interrupted } from "./interrupted";

const root = dirname(dirname(import.meta.dirname));
const folder = mkdtempSync(join(tmpdir(), "cistern-signals-"));
const inFolder = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = readFileSync(join(root, "scenarios", "breakthrough-pain.yaml"), "utf8");
const long = inFolder("long.yaml");
writeFileSync(long, text.replace("duration: 24 h", "duration: 3000 d"));
const steady = inFolder("steady.yaml");
writeFileSync(
  steady,
  readFileSync(join(root, "scenarios", "trumpet-48-ul-per-day.yaml"), "utf8").replace(
    /^duration: .*$/m,
    "duration: 3600 d",
  ),
);

const SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const;

describe.each(SIGNALS)("%s ends a command with exit code %i", (signal, expected) => {
  const ended = (...args: string[]) => interrupted([cisternPath, ...args], folder, signal);

  test("EMU-9: such as `run`, which writes report, trace and snapshot", async () => {
    const files = [`${signal}.csv`, `${signal}.html`, `${signal}.snapshot`].map(inFolder);
    const { code, out } = await ended(
      ...["run", long, "--json", "--trace", files[0], "--report", files[1], "--save", files[2]],
    );
    expect(code).toBe(expected);
    expect((JSON.parse(out) as RunReport).verdict).toBe("interrupted");
    expect(files.map(existsSync)).toEqual([true, true, true]);
  });

  test("EMU-9: such as `trumpet`, which prints its report", async () => {
    const { code, out } = await ended("trumpet", steady, "--gear", "lockstep", "--json");
    expect([code, (JSON.parse(out) as { verdict: string }).verdict]).toEqual([expected, "interrupted"]);
  });

  test.runIf(hasPty)("EMU-9: such as `serve`, which writes its snapshot", async () => {
    const file = inFolder(`serve-${signal}.snapshot`);
    const { code } = await ended("serve", long, "--pty", "--save", file);
    expect([code, existsSync(file)]).toEqual([expected, true]);
  });

  test.runIf(hasPty)("EMU-9: such as `board`, while it waits for a controller", async () => {
    expect((await ended("board", long, "--pty")).code).toBe(expected);
  });
});

/** The stepper at a terminal of its own: `script` makes one, and its exit code is the command's. */
function atTerminal(file: string, ...args: string[]) {
  const command = [process.execPath, cisternPath, "step", file, ...args].join(" ");
  const env = { ...process.env, CISTERN_HISTORY: inFolder("history") };
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    cwd: folder,
    env,
    stdio: ["pipe", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill());
  const seen = { out: "" };
  child.stdout.on("data", (chunk: Buffer) => (seen.out += chunk.toString()));
  const code = new Promise<number | null>((resolve) => child.on("close", resolve));
  const shows = (text: string) => until(`the terminal shows ${text}`, () => seen.out.includes(text));
  return { type: (keys: string) => child.stdin.write(keys), shows, code };
}

describe.runIf(hasPty)("Ctrl-C at a terminal of the stepper", () => {
  test("EMU-7: ends the session at an empty prompt with exit code 130, and drops what is typed at another", async () => {
    const { type, shows, code } = atTerminal(long);
    await shows("0 s > ");
    type("continue 1 h\r");
    await shows("1 h > ");
    type("back 1 h");
    await shows("back 1 h");
    type("\u0003");
    await shows("^C");
    type("step 5\r");
    await shows("1 h 50 ms > ");
    type("\u0003");
    expect(await code).toBe(130);
  });

  test.each([
    ["the reference controller", []],
    ["a controller in a child process", ["--controller", join(root, "test", "tiny-controller.mjs")]],
  ])("STP-5: stops a movement of %s, which told its progress, and the session goes on", async (_, args) => {
    const { type, shows, code } = atTerminal(long, ...args);
    await shows("0 s > ");
    type("continue motor.pulses == 100000000\r");
    // The bar of the progress.
    await shows(" %  ");
    type("\u0003");
    await shows("stopped at ");
    type("goto 1 h\r");
    await shows("\n1 h (tick 360000)");
    type("quit\r");
    expect(await code).toBe(0);
  });

  test("STP-1: Tab completes, an empty line repeats a move, and arrows bring lines back", async () => {
    const { type, shows, code } = atTerminal(long);
    await shows("0 s > ");
    type("show reservoir.lev\t");
    await shows("el_nl");
    type("\r");
    await shows("18000000 nL");
    type("step 10 s\r");
    await shows("10 s (tick 1000)");
    type("\r");
    await shows("20 s (tick 2000)");
    type("\u001b[A\r");
    await shows("30 s (tick 3000)");
    type("quit\r");
    expect(await code).toBe(0);
    // In the next session they come back too.
    const next = atTerminal(long);
    await next.shows("0 s > ");
    next.type("\u001b[A\u001b[A\r");
    await next.shows("10 s (tick 1000)");
    next.type("quit\r");
    expect(await next.code).toBe(0);
  });
});

/** Ends the process `id` when the test is over, whatever came of it. */
function stop(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    return;
  }
}

const isAlive = (id: number) => {
  try {
    process.kill(id, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${id}/status`, "utf8"));
  } catch {
    return false;
  }
};

/** A service in the background of a shell: the shell, the service's id, and its output. */
async function service(command: string, env: NodeJS.ProcessEnv = process.env) {
  const shell = spawn("sh", ["-c", command], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const seen = { out: "" };
  shell.stdout.on("data", (chunk: Buffer) => (seen.out += chunk.toString()));
  await until("the service prints its port", () => /^\/\S+$/m.test(seen.out));
  return { shell, seen };
}

// The processes above a program are found in /proc, and a pseudo-terminal is made with Linux's tools.
describe.runIf(hasPty)("when the program that started a service ends", () => {
  const serve = (...more: string[]) => [process.execPath, cisternPath, "serve", long, "--pty", ...more].join(" ");

  test("a service with --with-parent ends too, and writes its snapshot", async () => {
    const file = inFolder("parent.snapshot");
    const { shell, seen } = await service(`${serve("--with-parent", "--save", file)} & echo "id $!"; wait`);
    const id = Number(/^id (\d+)$/m.exec(seen.out)![1]);
    try {
      shell.kill("SIGKILL");
      await until("the service ends", () => !isAlive(id));
      expect(existsSync(file)).toBe(true);
    } finally {
      stop(id);
    }
  });

  test.each([
    ["in the background", ""],
    ["under nohup", "nohup "],
  ])("a service that was started %s lives on", async (_, prefix) => {
    const { shell, seen } = await service(`${prefix}${serve()} & echo "id $!"; wait`);
    const id = Number(/^id (\d+)$/m.exec(seen.out)![1]);
    try {
      shell.kill("SIGKILL");
      await until("the shell is gone", () => shell.signalCode !== null);
      // Three times the interval at which a service looks for its parent.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(isAlive(id)).toBe(true);
    } finally {
      stop(id);
    }
  });

  test.each(["SIGKILL", "SIGTERM"] as const)(
    "a service that was started through npx ends, as when npx is ended by %s",
    async (signal) => {
      const bin = join(folder, "node_modules", ".bin");
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, "cistern"), `#!/bin/sh\necho "id $$"\nexec ${process.execPath} ${cisternPath} "$@"\n`);
      chmodSync(join(bin, "cistern"), 0o755);
      const npx = spawn("npx", ["--no", "cistern", "serve", long, "--pty"], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
      });
      let out = "";
      npx.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      await until("the service prints its port", () => /^\/\S+$/m.test(out));
      const id = Number(/^id (\d+)$/m.exec(out)![1]);
      try {
        npx.kill(signal);
        await until("the service ends", () => !isAlive(id));
      } finally {
        stop(id);
      }
    },
  );
});
