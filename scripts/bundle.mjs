// Makes the bundles of the command and of the package's doors, with every dependency external, and the report's page beside
// them, for dist/. For tests, which run the command some hundred times, it makes the command alone with its dependencies inside.

import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { pageScript } from "../emulator/report/page/bundle.cjs";
import { digestOfMachine, DOORS, ROOT } from "./sources.mjs";
import { STEPPING_FILE, steppingBuild } from "./stepping.mjs";

/** The bundles of the command: the program itself, and what it starts. */
const COMMAND = {
  cistern: "emulator/cli/main.ts",
  "wire-worker": "emulator/hal-wire/wire-worker.ts",
  "apart-child": "emulator/apart/child.ts",
  "wire-reader": "emulator/apart/wire-reader.ts",
  "check-child": "emulator/apart/check-child.ts",
  "cohort-thread": "emulator/cohort/cohort-thread.ts",
  zoo: "emulator/zoo/controllers.ts",
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
  await writeZoo(made);
  chmodSync(join(made, "cistern.js"), 0o755);
}

/**
 * Writes the command into the folder `made`: each of its programs as one file with its dependencies, which `run-bundle.cjs` runs with
 * the code that V8 kept. A process of it takes 0.12 s of a core to start instead of 0.22 s, a run of a pump's day 0.19 s instead of
 * 0.28 s, and one with a controller in a process of its own 0.30 s instead of 0.65 s (measured, Node 20).
 */
export async function bundleForTests(made) {
  const inside = { external: NEVER_INSIDE, splitting: false };
  const { "check-child": check, zoo, ...kept } = COMMAND;
  await bundleEntries(
    made,
    { ...kept, cistern: "emulator/cli/program.ts" },
    {
      ...inside,
      format: "cjs",
      outExtension: { ".js": ".cjs" },
      // A module of CommonJS has no address of its own.
      banner: { js: `const MODULE_URL = require("node:url").pathToFileURL(__filename).href;` },
      logOverride: { "empty-import-meta": "silent" },
    },
    { "import.meta.url": "MODULE_URL" },
  );
  await writeMachine(made);
  copyFileSync(join(ROOT, "scripts/run-bundle.cjs"), join(made, "run-bundle.cjs"));
  for (const name of Object.keys(kept)) {
    const file = join(made, `${name}.cjs`);
    writeFileSync(file, readFileSync(file, "utf8").replace(/\bimport\(/g, "importFrom("));
    const run = `require("./run-bundle.cjs").runBundle("${name}")`;
    writeFileSync(join(made, `${name}.js`), name === "cistern" ? mainOf(run) : `${run};\n`);
  }
  writeFileSync(join(made, STEPPING_FILE), await steppingBuild());
  // These wait at their top level, or are imported by a test: through tsx a thread of the hal wire takes 0.65 s of a core to start
  // instead of 0.16 s.
  const imported = { testing: "emulator/testing.ts", "wire-thread": "emulator/hal-wire/wire-thread.ts" };
  const modules = { "check-child": check, zoo, ...imported };
  await bundleEntries(made, modules, { ...inside, banner: { js: REQUIRE } });
  await writeZoo(made);
}

/** Writes a module for each controller of the zoo, by its name. */
async function writeZoo(made) {
  const { ZOO } = await import(pathToFileURL(join(made, "zoo.js")).href);
  mkdirSync(join(made, "zoo"));
  for (const { name, title } of ZOO) {
    const make = `export const createController = (hal) => zooController(${JSON.stringify(name)}, hal);`;
    const text = `// ${title}\nimport { zooController } from "../zoo.js";\n\n${make}\n`;
    writeFileSync(join(made, "zoo", `${name}.mjs`), text);
  }
}

/** A program that awaits the command as main.ts does: the exit code is 13 if it never settles. */
function mainOf(run) {
  return `const unsettled = (code) => code === 0 && (process.exitCode = 13);
process.on("exit", unsettled);
${run}.runProgram(process.argv.slice(2)).then(() => process.off("exit", unsettled));
`;
}

/** Writes the machine's module and its map, which the command expects beside it. */
export async function writeMachine(made) {
  // The compiler is loaded for it alone: tests import this file to find a bundle that is there already.
  const { machineModule } = await import("./machine-module.mjs");
  const { wasm, map } = await machineModule();
  writeFileSync(join(made, "machine.wasm"), wasm);
  writeFileSync(join(made, "machine.json"), JSON.stringify(map));
}

async function bundleEntries(made, entryPoints, options, define = {}) {
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
    define: {
      CISTERN_VERSION: JSON.stringify(version),
      CISTERN_MACHINE: JSON.stringify(digestOfMachine()),
      ...define,
    },
  });
  cpSync(join(ROOT, "emulator/report/page/page.css"), join(made, "page", "page.css"));
  writeFileSync(join(made, "page", "page.js"), pageScript());
}
