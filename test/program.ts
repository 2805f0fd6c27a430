// `cistern` as a program for tests: a bundle of the sources as they are, made by the first test that needs it and kept until the
// sources change. A process of the bundle takes 0.2 s of a core to start, one through tsx 0.75 s (measured, Node 20), and tests
// start some two hundred.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../scripts/bundle.mjs";
import { replaceFolder } from "../scripts/replace-folder.mjs";
import { DIGEST_FILE, digestOfSources, ROOT } from "../scripts/sources.mjs";

/** Inside node_modules/, where the bundle finds its dependencies and no tool looks at it. */
const FOLDER = join(ROOT, "node_modules", ".cache", "cistern-tests");

async function bundled(): Promise<string> {
  const [digest, digestFile] = [digestOfSources(), join(FOLDER, DIGEST_FILE)];
  if (!existsSync(digestFile) || readFileSync(digestFile, "utf8") !== digest) {
    const made = `${FOLDER}.${process.pid}`;
    mkdirSync(made, { recursive: true });
    try {
      await bundle(made);
      writeFileSync(join(made, DIGEST_FILE), digest);
      replaceFolder(made, FOLDER);
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  }
  return join(FOLDER, "cistern.js");
}

/** The file that Node runs as `cistern`. */
export const cisternPath = await bundled();
