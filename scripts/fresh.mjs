// Runs all tests that draw with fast-check from fresh seeds: `npm run fresh [-- --seeds N] [--strict]`, by default one seed. It
// prints each failure with its seed and path. A failure is a chance finding about code that was there before, and not the fault
// of the newest commit, so it does not change the exit code; with --strict it makes it 1. The code is 2 when the tests did not
// run.

import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SEED_MAX = 0x7fff_ffff;

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "1" }, strict: { type: "boolean", default: false } },
});

/** The test files that draw with fast-check. */
function lawFiles() {
  return readdirSync(join(ROOT, "test"), { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter((file) => readFileSync(join(ROOT, file), "utf8").includes('from "fast-check"'));
}

/** The results of one seed as vitest's JSON, or null when the tests did not run. */
function results(seed, files, folder) {
  const outputFile = join(folder, `${seed}.json`);
  const args = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--reporter=json", `--outputFile=${outputFile}`];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args, ...files],
      { cwd: ROOT, env: { ...process.env, CISTERN_SEED: `${seed}`, CISTERN_SHRINK: "no" } },
      () => {
        try {
          resolve(JSON.parse(readFileSync(outputFile, "utf8")));
        } catch {
          resolve(null);
        }
      },
    );
  });
}

/** A text for each failed test, with the first lines of its message, in which fast-check names seed and path. */
function failuresOf({ testResults }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = name.replaceAll("\\", "/").replace(ROOT.replaceAll("\\", "/"), "");
    const failed = assertionResults.filter(({ status }) => status === "failed");
    if (failed.length === 0 && message) return [`${file}: ${message}`];
    return failed.map(({ fullName, failureMessages }) => {
      const why = failureMessages.join("\n").split("\n").slice(0, 4);
      return [`${file}: ${fullName}`, ...why.map((line) => `    ${line.slice(0, 300)}`)].join("\n");
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), "cistern-fresh-"));
const files = lawFiles();
let failures = 0;
try {
  for (let i = 0; i < Number(values.seeds); i++) {
    const seed = randomInt(SEED_MAX);
    const result = await results(seed, files, folder);
    if (result === null) {
      console.error(`seed ${seed}: the tests did not run`);
      process.exitCode = 2;
      break;
    }
    const failed = failuresOf(result);
    failures += failed.length;
    console.log(
      `seed ${seed}: ${result.numPassedTests} of ${result.numTotalTests} tests of ${files.length} files passed`,
    );
    if (failed.length > 0) console.log(`CISTERN_SEED=${seed} npx vitest run <file> shows it again, shrunk:`);
    for (const text of failed) console.log(`  ${text}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (values.strict && failures > 0) process.exitCode = 1;
