// Makes the bundles of the command and of the package's doors, with every dependency external, and the report's page beside
// them. They are for dist/ and for tests that run the command.

import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { pageScript } from "../emulator/report/page/bundle.cjs";
import { ROOT } from "./sources.mjs";

export const DOORS = ["index", "testing", "hal"];

/** Writes the bundles into the folder `made`. */
export async function bundle(made) {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  await build({
    absWorkingDir: ROOT,
    entryPoints: {
      cistern: "emulator/cli/main.ts",
      "wire-worker": "emulator/hal-wire/wire-worker.ts",
      "apart-child": "emulator/apart/child.ts",
      ...Object.fromEntries(DOORS.map((door) => [door, `emulator/${door}.ts`])),
    },
    outdir: made,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    // The sources are packed beside dist/, so the maps need not repeat them.
    sourcemap: true,
    sourcesContent: false,
    define: { CISTERN_VERSION: JSON.stringify(version) },
  });
  chmodSync(join(made, "cistern.js"), 0o755);
  cpSync(join(ROOT, "emulator/report/page/page.css"), join(made, "page", "page.css"));
  writeFileSync(join(made, "page", "page.js"), pageScript());
}
