// Builds dist/: the command and the package's doors as bundles, the controller as WebAssembly, and the types. The bundles
// keep every dependency external; types are those of tsc, as scripts/declarations.mjs makes them fit for consumers.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeDeclarations } from "./declarations.mjs";
import { ENTRY, SHIPPED_FLAGS } from "./dialect.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const DOORS = ["index", "testing", "hal"];
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const bin = (name) => join(root, "node_modules", ".bin", name);
const run = (name, args) => execFileSync(bin(name), args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });

rmSync(join(root, "dist"), { recursive: true, force: true });
mkdirSync(join(root, "dist"));
await build({
  absWorkingDir: root,
  entryPoints: {
    cistern: "emulator/cli/main.ts",
    ...Object.fromEntries(DOORS.map((door) => [door, `emulator/${door}.ts`])),
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

/** Declarations of the doors and of what they reach. */
function writeTypes() {
  const from = join(root, "dist", "all-types");
  run("tsc", ["-p", "scripts/tsconfig.types.json", "--outDir", from]);
  writeDeclarations({
    from,
    doors: DOORS.map((door) => `emulator/${door}.d.ts`),
    ambient: join(root, "hal/types.d.ts"),
    to: join(root, "dist", "types"),
  });
  rmSync(from, { recursive: true });
}
