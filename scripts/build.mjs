// Builds dist/: the command and the package's doors as bundles, the controller and the machine as WebAssembly, the firmware by statements, the schema of scenarios, the extension for VS Code and the types. The bundles keep
// every dependency external. The types come from tsc, and scripts/declarations.mjs adapts them for consumers. Everything is
// built in a separate folder, which replaces dist/ when it is complete, so that the command can be started during a build and
// two builds can run at a time.

import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle, writeMachine } from "./bundle.mjs";
import { writeDeclarations } from "./declarations.mjs";
import { compileController, SHIPPED_FLAGS } from "./dialect.mjs";
import { replaceFolder } from "./replace-folder.mjs";
import { STEPPING_FILE, steppingBuild } from "./stepping.mjs";
import { DIGEST_FILE, digestOfSources, DIST, ROOT } from "./sources.mjs";
import { packExtension } from "./vscode.mjs";

const digest = digestOfSources();
const made = `${DIST}.${process.pid}`;
rmSync(made, { recursive: true, force: true });
mkdirSync(made);
try {
  await Promise.all([
    bundle(made),
    writeController(),
    makeMachine().then(() => writeMachine(made)),
    writeStepping(),
    writeDeclarations(join(made, "types")),
  ]);
  // The schemas come from the command itself, so they are those of the build.
  const schema = printed("schema");
  writeFileSync(join(made, "scenario.schema.json"), schema);
  await packExtension(made, { schema, launch: JSON.parse(printed("schema", "--launch")) });
  writeFileSync(join(made, DIGEST_FILE), digest);
  replaceFolder(made, DIST);
} finally {
  rmSync(made, { recursive: true, force: true });
}

/** The output of the command that was built just now. */
function printed(...words) {
  return execFileSync(process.execPath, [join(made, "cistern.js"), ...words], { encoding: "utf8" });
}

/** Has the machine's module made, in a process of its own: the compiler takes ten seconds for each of the two modules, on one core. */
function makeMachine() {
  return promisify(execFile)(process.execPath, [join(ROOT, "scripts", "machine-module.mjs")]);
}

/** Writes the controller as WebAssembly. */
async function writeController() {
  writeFileSync(join(made, "controller.wasm"), await compileController(SHIPPED_FLAGS, { names: false }));
}

/** Writes the instrumented build of the firmware. */
async function writeStepping() {
  writeFileSync(join(made, STEPPING_FILE), await steppingBuild());
}
