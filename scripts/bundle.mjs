// Makes the bundles of the command and of the package's doors, with every dependency external, and the report's page beside
// them, for dist/. For tests, which run the command some hundred times, it makes the command alone with its dependencies inside.

import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { pageScript } from "../emulator/report/page/bundle.cjs";
import { digestOfMachine } from "./machine-module.mjs";
import { ROOT } from "./sources.mjs";

export const DOORS = ["index", "testing", "hal"];

/** The bundles of the command: the program itself, and what it starts. */
const COMMAND = {
  cistern: "emulator/cli/main.ts",
  "wire-worker": "emulator/hal-wire/wire-worker.ts",
  "apart-child": "emulator/apart/child.ts",
  "wire-reader": "emulator/apart/wire-reader.ts",
  "check-child": "emulator/apart/check-child.ts",
  "cohort-thread": "emulator/cohort/cohort-thread.ts",
};
/** A dependency inside a module of ECMAScript may itself be one that calls `require`. */
const REQUIRE = `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`;
/** Dependencies that look for their own files, and those that a command loads only where they are installed. */
const NEVER_INSIDE = ["serialport", "@serialport/*", "esbuild", "bullmq", "ioredis"];

/** Writes the bundles of the command and of the doors into the folder `made`. */
export async function bundle(made) {
  const doors = Object.fromEntries(DOORS.map((door) => [door, `emulator/${door}.ts`]));
  // The sources are packed beside dist/, so the maps need not repeat them.
  const maps = { sourcemap: true, sourcesContent: false };
  await bundleEntries(made, { ...COMMAND, ...doors }, { packages: "external", ...maps });
}

/**
 * Writes the command into the folder `made`. It loads a dozen files instead of two hundred and no source maps. A process of it
 * takes 0.14 s of a core to start instead of 0.22 s, and a run in a process of its own 0.40 s instead of 0.65 s (measured, Node 20).
 */
export async function bundleForTests(made) {
  // Tests of the hal wire start its threads themselves. Through tsx each of them takes 0.65 s of a core to start instead of 0.16 s.
  const entries = { ...COMMAND, "wire-thread": "emulator/hal-wire/wire-thread.ts" };
  await bundleEntries(made, entries, { external: NEVER_INSIDE, banner: { js: REQUIRE } });
}

async function bundleEntries(made, entryPoints, options) {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  await build({
    absWorkingDir: ROOT,
    entryPoints,
    outdir: made,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    ...options,
    define: { CISTERN_VERSION: JSON.stringify(version), CISTERN_MACHINE: JSON.stringify(digestOfMachine()) },
  });
  chmodSync(join(made, "cistern.js"), 0o755);
  cpSync(join(ROOT, "emulator/report/page/page.css"), join(made, "page", "page.css"));
  writeFileSync(join(made, "page", "page.js"), pageScript());
}
