// Parts that the tests of the examples share. Programs run as their readers would run them, each in a process group of its
// own that is ended by its id. A clear sentence says when this machine lacks a tool.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cisternPath } from "../program";
import { until } from "../until";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const cisternWords = [process.execPath, cisternPath];

export interface Running {
  child: ChildProcess;
  out: string;
  err: string;
  /** Its exit code, once it is over. */
  over: Promise<number | null>;
}

/** Throws when the tool is not there: an example that was not built was not tested. */
export function needTool(tool: string, debianPackage: string): void {
  if (spawnSync(tool, ["--version"]).status === 0) return;
  throw new Error(
    `${tool} is missing, and the examples cannot be tested without it: install the package ${debianPackage}`,
  );
}

export function start(
  children: ChildProcess[],
  [program, ...args]: string[],
  environment: NodeJS.ProcessEnv = {},
): Running {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.push(child);
  const over = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const running: Running = { child, out: "", err: "", over };
  child.stdout.on("data", (bytes: Buffer) => (running.out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (running.err += bytes.toString()));
  return running;
}

/** Ends each with all that it started. */
export function endAll(children: ChildProcess[]): void {
  for (const { pid, exitCode } of children.splice(0)) {
    if (pid === undefined || exitCode !== null) continue;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It was over already.
    }
  }
}

/** Waits until a path is there; false when the program that should make it is over first. */
export async function appears(path: string, { child }: Running): Promise<boolean> {
  await until(`${path} is there`, () => existsSync(path) || child.exitCode !== null);
  return existsSync(path);
}

/** The command line of docs/controllers.md that builds a controller in a language, with other names of the files. */
export function commandFor(language: "clang" | "rustc" | "zig", source: string, out: string): string[] {
  const page = readFileSync(join(root, "docs", "controllers.md"), "utf8");
  const line = page.split("\n").find((each) => each.startsWith(`${language} `) && each.includes("my.wasm"))!;
  return line
    .replace("targets/", `${join(root, "targets")}/`)
    .replace("my.wasm", out)
    .replace(/my\.(c|rs|zig)/, source)
    .split(" ");
}
