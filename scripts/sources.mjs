// Computes the digest of all files that the build reads, by path and content. The build writes it into dist/, so that `prepare`
// can tell without a build whether dist/ belongs to the present sources.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** The doors of the package, which are files of emulator/. */
export const DOORS = ["index", "testing", "hal", "rig"];
export const DIST = join(ROOT, "dist");
/** The file in dist/ that holds the digest. It is not packed. */
export const DIGEST_FILE = "sources.sha256";

/** The folders and files that the build reads. The lock file stands for its tools. */
const SOURCES = [
  "hal",
  "firmware",
  "targets",
  "emulator",
  "scripts",
  "editors",
  "LICENSE",
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

/**
 * The digest in hexadecimal. An unpacked package lacks some of the sources, so its digest is another one than that of dist/.
 */
export function digestOfSources() {
  return digestOf(SOURCES);
}

/** The digest of these files and folders. */
export function digestOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths.filter((name) => existsSync(join(ROOT, name))).flatMap(filesIn)) {
    const bytes = readFileSync(join(ROOT, path));
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}

/** The digest of the sources from which dist/ was built; null when there is no complete dist/. */
export function digestOfDist() {
  try {
    return readFileSync(join(DIST, DIGEST_FILE), "utf8");
  } catch {
    return null;
  }
}

/** Of the files of board and world, those that only the host uses. */
const HOST_ONLY = ["emulator/board/counted.ts", "emulator/board/secure-element.ts"];

/** The files of board and world, and what both share: they run as TypeScript and as a part of the machine's module. */
export function simulatedFiles() {
  const typescriptIn = (folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`);
  return [
    "emulator/fault-ledger.ts",
    "emulator/random.ts",
    "emulator/machine/core.ts",
    ...typescriptIn("emulator/board"),
    ...typescriptIn("emulator/world"),
  ].filter((file) => !HOST_ONLY.includes(file));
}

/** The digest of all from which the machine's module is made. It is here, because who asks for it need not load the compiler. */
export function digestOfMachine() {
  const made = ["machine-module", "simulated", "dialect", "sources"].map((name) => `scripts/${name}.mjs`);
  return digestOf(["hal", "firmware", "targets/machine", ...made, ...simulatedFiles(), "package-lock.json"]);
}
