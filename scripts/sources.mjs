// What dist/ is built from, as one number: the digest of every file that the build reads, by path and content. The build
// leaves it in dist/, so that `prepare` can tell without building whether dist/ belongs to the sources as they are.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const DIST = join(ROOT, "dist");
/** The file in dist/ that holds the digest. It is not packed. */
export const DIGEST_FILE = "sources.sha256";

/** Folders and files that the build reads; the lock file stands for its tools. */
const SOURCES = [
  "hal",
  "firmware",
  "targets",
  "emulator",
  "scripts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

function filesIn(path) {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path))
    .sort()
    .flatMap((name) => filesIn(`${path}/${name}`));
}

/** Hexadecimal. An unpacked package lacks some of the sources; dist/ is not built from those that it has. */
export function digestOfSources() {
  const hash = createHash("sha256");
  for (const path of SOURCES.filter((name) => existsSync(join(ROOT, name))).flatMap(filesIn)) {
    const bytes = readFileSync(join(ROOT, path));
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}

/** The digest that dist/ was built from; null when there is no whole dist/. */
export function digestOfDist() {
  try {
    return readFileSync(join(DIST, DIGEST_FILE), "utf8");
  } catch {
    return null;
  }
}
