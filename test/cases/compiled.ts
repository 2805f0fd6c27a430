// The controllers of test/cases/controllers/ as files that `--controller` takes. Those in WebAssembly text are compiled by wabt,
// the reference tools of WebAssembly, as npm's package brings them: it encodes what is written, also what no compiler would
// make, and it needs no root and no Debian.

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import wabt from "wabt";

export const CASES = join(import.meta.dirname, "controllers");
const folder = mkdtempSync(join(tmpdir(), "cistern-cases-"));
const tools = await wabt();

/** The bytes of a module in WebAssembly text. */
export function assembled(name: string, text = readFileSync(join(CASES, name), "utf8")): Uint8Array {
  const module = tools.parseWat(name, text);
  return module.toBinary({ write_debug_names: true }).buffer;
}

/** The path of a controller, compiled if it must be. */
export function controllerFile(name: string): string {
  if (!name.endsWith(".wat")) return join(CASES, name);
  const file = join(folder, basename(name, ".wat") + ".wasm");
  writeFileSync(file, assembled(name));
  return file;
}
