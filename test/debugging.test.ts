// A breakpoint in firmware/*.ts, set as an editor sets it, with exactly what .vscode/launch.json says.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

interface Configuration {
  name: string;
  runtimeArgs?: string[];
  program: string;
  args: string[];
  cwd: string;
  outFiles?: string[];
  preLaunchTask?: string;
}

const ROOT = resolve(import.meta.dirname, "..");
const FILE = "firmware/therapy.ts";
const { configurations } = JSON.parse(readFileSync(join(ROOT, ".vscode/launch.json"), "utf8")) as {
  configurations: Configuration[];
};
const run = promisify(execFile);
const inWorkspace = (path: string): string => path.replace("${workspaceFolder}", ROOT);

/** The line of the first statement of `tick`, from 1. */
function lineInTick(): number {
  const lines = readFileSync(join(ROOT, FILE), "utf8").split("\n");
  const head = lines.findIndex((text) => /^ {2}tick\(.*\{$/.test(text));
  expect(head).toBeGreaterThan(0);
  return head + 2;
}

beforeAll(async () => {
  // A launch builds dist/ first; this does so only if it does not belong to the sources.
  await run(process.execPath, ["scripts/prepare.mjs"], { cwd: ROOT });
});

test(".vscode/launch.json has a launch from the sources and one from dist/, which is built first", () => {
  expect(configurations.map(({ program, preLaunchTask }) => [program, preLaunchTask])).toEqual([
    ["${workspaceFolder}/emulator/cli/main.ts", undefined],
    ["${workspaceFolder}/dist/cistern.js", "npm: build"],
  ]);
});

test.each(configurations.map((configuration) => [configuration.name, configuration] as const))(
  "a breakpoint in firmware/therapy.ts binds through the source map and stops the run when it runs %s",
  async (_, configuration) => {
    const { runtimeArgs = [], program, args, cwd, outFiles } = configuration;
    const debug = ["--experimental-websocket", join(ROOT, "test/debugger.mjs"), FILE, String(lineInTick())];
    const all = [...debug, ...runtimeArgs, inWorkspace(program), ...args];
    const { stdout } = await run(process.execPath, all, { cwd: inWorkspace(cwd) });
    const stop = JSON.parse(stdout) as { script: string; method: string; self: string };
    expect([stop.self, stop.method]).toEqual(["Therapy", "tick"]);
    const place = outFiles === undefined ? join(ROOT, FILE) : inWorkspace(outFiles[0].replace("**/*.js", ""));
    expect(stop.script.startsWith(place)).toBe(true);
  },
);
