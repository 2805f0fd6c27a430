// The hashes by which results of two builds or of two controllers are told apart.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ControllerFault } from "../machine/controller-host";

const HASH_DIGITS = 16;

/** Hash of this build: of the bundle from which it runs, or of the sources. */
export function buildHash(): string {
  const here = fileURLToPath(import.meta.url);
  const isSource = here.endsWith(".ts");
  const folder = dirname(here);
  const root = join(folder, "..", "..");
  const files = isSource
    ? ["emulator", "firmware", "hal"].flatMap((name) => filesIn(join(root, name), /\.ts$/))
    : readdirSync(folder)
        .filter((name) => /\.[cm]?js$/.test(name))
        .map((name) => join(folder, name));
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, HASH_DIGITS);
}

/** Hash of a controller's bytes; `reference` for the one that is a part of the build. Throws ControllerFault. */
export function controllerHash(path: string | null): string {
  if (path === null) return "reference";
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, HASH_DIGITS);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new ControllerFault(`${path}: cannot load this controller: ${code === "ENOENT" ? "no such file" : code}`);
  }
}

function filesIn(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path, pattern);
    return pattern.test(entry.name) ? [path] : [];
  });
}
