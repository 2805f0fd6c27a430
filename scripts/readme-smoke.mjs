// Runs every command in the README's `sh` blocks, each in the checkout, and fails on the first that does not exit 0. The two
// commands that set the project up are left to .ci/run, which runs them before. Where a `text` block follows a command, each
// of its lines that names a verdict or a fingerprint must be in the command's output.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/```(sh|text)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({ kind, text }));

let failed = false;
blocks.forEach(({ kind, text }, i) => {
  if (kind !== "sh") return;
  const commands = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  let output = "";
  for (const command of commands) {
    // The set-up has been done; what follows it in the same line is worth running again.
    const rest = command.replace(/^npm ci && /, "");
    if (rest === "npm test") continue;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", rest], { cwd: root, encoding: "utf8" });
    output += stdout;
    console.log(`${status === 0 ? "ok    " : "FAILED"}  ${rest}`);
    if (status !== 0) console.log(stdout + stderr);
    failed ||= status !== 0;
  }
  const next = blocks[i + 1];
  if (next?.kind !== "text") return;
  for (const line of next.text.split("\n").filter((each) => /PASS|FAIL|fingerprint|seen:/.test(each))) {
    if (output.includes(line.trim())) continue;
    console.log(`FAILED  the README says "${line.trim()}", and the command does not`);
    failed = true;
  }
});
process.exitCode = failed ? 1 : 0;
