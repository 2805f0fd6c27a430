// Runs all checks of the tree that do not run its code, and prints one line for each step with its time. The output of a failed
// step comes after all lines, and any failure makes the exit code 1. Two steps run at a time, for the two cores of CI, and the
// slowest begin first. The configuration of each step says what it checks.

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LANES = Math.min(2, availableParallelism());
const CODE_ROOTS = ["hal", "firmware", "targets", "emulator", "test", "bench", "scripts"];

/**
 * Name, program under node_modules/.bin (or node itself), arguments. They are printed in this order and begin in `START_ORDER`.
 */
const STEPS = [
  ["types", "tsc", "--noEmit", "-p", "."],
  // The page of a report runs in a browser, which has the DOM and not Node.
  ["page", "tsc", "--noEmit", "-p", "emulator/report/page"],
  // The package exports no type of Node, which its users may not have.
  ["exports", process.execPath, "scripts/declarations.mjs"],
  ["lint", "eslint", "--max-warnings", "0", "."],
  ["format", "oxfmt", "--check", "."],
  ["imports", "depcruise", ...CODE_ROOTS],
  ["contract", "tsx", "scripts/contract.ts"],
  ["dialect", process.execPath, "scripts/dialect.mjs"],
  ["board", process.execPath, "scripts/simulated.mjs"],
  ["unused", "knip", "--no-progress"],
  ["words", process.execPath, "scripts/words.mjs"],
];
const START_ORDER = [
  "dialect",
  "lint",
  "format",
  "unused",
  "contract",
  "board",
  "imports",
  "types",
  "exports",
  "page",
  "words",
];

function run([name, program, ...args]) {
  const began = performance.now();
  const file = program === process.execPath ? program : join(ROOT, "node_modules/.bin", program);
  return new Promise((done) => {
    const child = spawn(file, args, {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    const finish = (ok) => done({ name, ok, output, time_s: (performance.now() - began) / 1000 });
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => {
      output += `${program} does not start: ${error.message}\n`;
      finish(false);
    });
    child.on("close", (code) => finish(code === 0));
  });
}

async function runAll(steps) {
  const results = new Map();
  const waiting = START_ORDER.map((name) => steps.find((step) => step[0] === name));
  const printable = steps.map(([name]) => name);
  const lane = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      results.set(step[0], await run(step));
      while (results.has(printable[0])) print(results.get(printable.shift()));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return [...results.values()];
}

function print({ name, ok, time_s }) {
  console.log(`${ok ? "ok    " : "FAILED"}  ${name.padEnd(8)} ${time_s.toFixed(1).padStart(5)} s`);
}

const failed = (await runAll(STEPS)).filter(({ ok }) => !ok);
for (const { name, output } of failed) console.error(`\n--- ${name}\n${output.trimEnd()}`);
if (failed.length > 0) process.exitCode = 1;
