// The version of the package, for reports and snapshots, and the digest of this very program. The build replaces
// CISTERN_VERSION; from source the version is read from package.json.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

declare const CISTERN_VERSION: string | undefined;

const isBuilt = typeof CISTERN_VERSION === "string";

export const VERSION: string = isBuilt ? CISTERN_VERSION : fromPackage();

/** The folders whose code makes a run, beside this file, and the ending of that code. */
const CODE = isBuilt ? { folders: ["."], ending: ".js" } : { folders: ["../hal", "../firmware", "."], ending: ".ts" };

let build: string | null = null;

/**
 * SHA-256 in hexadecimal over the code of this program: of firmware, board, world and tool together. Two programs of one
 * version have different digests when their code differs.
 */
export function buildDigest(): string {
  if (build !== null) return build;
  const hash = createHash("sha256");
  for (const folder of CODE.folders.map((each) => new URL(`${each}/`, import.meta.url))) {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(CODE.ending),
    );
    for (const name of files.sort()) {
      const bytes = readFileSync(new URL(name.replaceAll("\\", "/"), folder));
      hash.update(`${name} ${bytes.length}\n`).update(bytes);
    }
  }
  build = hash.digest("hex");
  return build;
}

function fromPackage(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
