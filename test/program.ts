// `cistern` as a program for tests, and one way to run it to its end. It is a bundle of the sources as they are, made by the
// first test that needs it and kept until the sources change. A process of the bundle takes 0.12 s of a core to start, one
// through tsx 0.75 s (measured, Node 20), and tests start some hundred.

import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleForTests } from "../scripts/bundle.mjs";
import { replaceFolder } from "../scripts/replace-folder.mjs";
import { DIGEST_FILE, digestOfSources, ROOT } from "../scripts/sources.mjs";

/** Inside node_modules/, where the bundle finds its dependencies and no tool looks at it. */
const FOLDER = join(ROOT, "node_modules", ".cache", "cistern-tests");
/** The first process of a bundle decides which compiled code is kept: a run here, and then one in a process of its own. */
const FIRST = [[], ["--controller", "test/tiny-controller.mjs"]].map((args) => [
  "run",
  "test/cases/quiet.yaml",
  ...args,
]);

async function bundled(): Promise<string> {
  const [digest, digestFile] = [digestOfSources(), join(FOLDER, DIGEST_FILE)];
  if (!existsSync(digestFile) || readFileSync(digestFile, "utf8") !== digest) {
    const made = `${FOLDER}.${process.pid}`;
    mkdirSync(made, { recursive: true });
    try {
      await bundleForTests(made);
      for (const args of FIRST) execFileSync(process.execPath, [join(made, "cistern.js"), ...args], { cwd: ROOT });
      writeFileSync(join(made, DIGEST_FILE), digest);
      replaceFolder(made, FOLDER);
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  }
  return FOLDER;
}

/** The folder of the bundles. */
export const bundles = await bundled();

/** The file that Node runs as `cistern`. */
export const cisternPath = join(bundles, "cistern.js");

export interface Ended {
  /** The exit code, or null after a signal. */
  code: number | null;
  out: string;
  err: string;
}

/** Runs `cistern` in a folder until it ends, with `input` as its standard input and `more` in its environment. */
export function cisternIn(
  folder: string,
  args: readonly string[],
  input = "",
  more: Record<string, string> = {},
): Promise<Ended> {
  const options = { cwd: folder, env: { ...process.env, NO_COLOR: "1", ...more }, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cisternPath, ...args], options, (error, out, err) =>
      resolve({ code: error ? ((error.code ?? null) as number | null) : 0, out, err }),
    );
    child.stdin?.end(input);
  });
}
