// Runs every command in the README's `sh` blocks in the checkout, and fails if one does not exit with 0. It skips the two
// commands that set the project up, because .ci/run runs them before. When a `text` block follows a command, each of its lines
// must be in the command's output, except the line with the host's time and `...`. A `ts` block is run unchanged against the
// built package by its own name. A command in the background must end by itself.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/```(sh|text|ts)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({ kind, text }));
const DIFFERS = / simulated in |^\s*\.\.\.$|^\s*$/;

let failed = false;

/** Runs a program, prints whether it succeeded, and returns its output. */
function run(title, file, args) {
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  console.log(`${status === 0 ? "ok    " : "FAILED"}  ${title}`);
  if (status !== 0) console.log(stdout + stderr);
  failed ||= status !== 0;
  return stdout;
}

blocks.forEach(({ kind, text }, i) => {
  if (kind === "ts") run("the package example", process.execPath, ["--input-type=module", "--eval", text]);
  if (kind !== "sh") return;
  const commands = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  let output = "";
  for (const command of commands) {
    // The set-up has been done; the rest of its line is run.
    const rest = command.replace(/^npm ci && /, "");
    if (rest !== "npm test") output += run(rest, "bash", ["-c", rest]);
  }
  const next = blocks[i + 1];
  if (next?.kind !== "text") return;
  for (const line of next.text.split("\n").filter((each) => !DIFFERS.test(each))) {
    if (output.includes(line.trim())) continue;
    console.log(`FAILED  the README says "${line.trim()}", and the command does not`);
    failed = true;
  }
});
process.exitCode = failed ? 1 : 0;
