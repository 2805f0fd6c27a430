// Builds dist/: the command and the package's two doors as bundles, the controller as WebAssembly, and the types. The
// bundles keep every dependency external; types are those of tsc with file endings added, as Node's resolution wants them.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ENTRY, SHIPPED_FLAGS } from "./dialect.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const bin = (name) => join(root, "node_modules", ".bin", name);
const run = (name, args) => execFileSync(bin(name), args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });

rmSync(join(root, "dist"), { recursive: true, force: true });
mkdirSync(join(root, "dist"));
await build({
  absWorkingDir: root,
  entryPoints: {
    cistern: "emulator/cli/main.ts",
    index: "emulator/index.ts",
    testing: "emulator/testing.ts",
    "wire-worker": "emulator/hal-wire/wire-worker.ts",
  },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: true,
  define: { CISTERN_VERSION: JSON.stringify(version) },
});
chmodSync(join(root, "dist", "cistern.js"), 0o755);
for (const file of ["page.js", "page.css"]) {
  cpSync(join(root, "emulator/report/page", file), join(root, "dist", "page", file));
}
run("asc", [ENTRY, ...SHIPPED_FLAGS, "-o", "dist/controller.wasm"]);
writeTypes();

/** Declarations of the public doors and what they reach, with `.js` on relative imports. */
function writeTypes() {
  run("tsc", ["-p", "scripts/tsconfig.types.json"]);
  const types = join(root, "dist", "types");
  for (const file of ["hal/types.d.ts", "emulator/machine/webassembly.d.ts"])
    cpSync(join(root, file), join(types, file));
  for (const file of declarationsIn(types)) {
    const text = readFileSync(file, "utf8").replace(/((?:from|import\()\s*")(\.{1,2}\/[^"]+?)(")/g, "$1$2.js$3");
    writeFileSync(file, text);
  }
  for (const door of ["index", "testing"]) {
    const file = join(types, "emulator", `${door}.d.ts`);
    const ambient = relative(dirname(file), join(types, "hal/types.d.ts"));
    const wasm = "machine/webassembly.d.ts";
    const lines = [ambient, wasm].map((path) => `/// <reference path="${path}" />\n`).join("");
    writeFileSync(file, lines + readFileSync(file, "utf8"));
  }
}

function declarationsIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".d.ts"))
    .map((name) => join(folder, name));
}
