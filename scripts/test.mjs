// Runs the checks of the tree and the tests side by side, because the tests leave a fifth of two cores idle. The tests print as they
// go, the checks after them. The arguments are vitest's. The exit code is 1 when one of both failed.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VITEST = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

function run(file, args, stdio) {
  const child = spawn(process.execPath, [file, ...args], { cwd: ROOT, stdio });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  return new Promise((done) => child.once("close", (code) => done({ ok: code === 0, output })));
}

const checks = run(join(ROOT, "scripts/check.mjs"), [], ["ignore", "pipe", "pipe"]);
const tests = await run(VITEST, ["run", ...process.argv.slice(2)], "inherit");
const { ok, output } = await checks;
console.log(output.trimEnd());
if (!ok || !tests.ok) process.exitCode = 1;
