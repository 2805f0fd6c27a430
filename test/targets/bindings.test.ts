// The bindings for controllers in Rust and Zig: a program that makes every call with the types of the table compiles to a module that
// imports each call, and no other.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CALLS, type Call } from "../../emulator/contract/calls";
import { camel, snake } from "../../scripts/contract/bindings";
import { root } from "../examples/example";
import { hasZig, rustcPath } from "../machine-here";
import { importsOf } from "./imports-of";

const folder = mkdtempSync(join(tmpdir(), "cistern-bindings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `let` keeps the type of the result. */
function inRust({ port, name, parameters, result }: Call): string {
  const call = `hal::${port}::${snake(name)}(${parameters.map(({ type }) => (type === "bool" ? "yes" : "n")).join(", ")})`;
  return result === null ? `    ${call};` : `    let _: ${result.type} = ${call};`;
}

function inZig({ port, name, parameters, result }: Call): string {
  const call = `hal.${port}.${camel(name)}(${parameters.map(({ type }) => (type === "bool" ? "yes" : "n")).join(", ")})`;
  return result === null ? `    ${call};` : `    { const r: ${result.type} = ${call}; _ = r; }`;
}

const everyCall = CALLS.map(({ port, name }) => `${port}.${name}`).toSorted();

test.runIf(rustcPath)("SIL-2: targets/rust/cistern_hal.rs has every call of the table with its types", () => {
  const [source, out] = [join(folder, "all.rs"), join(folder, "all-rs.wasm")];
  const path = join(root, "targets", "rust", "cistern_hal.rs");
  const calls = CALLS.map(inRust).join("\n");
  writeFileSync(
    source,
    `#![no_std]\n#![deny(warnings)]\n#[path = ${JSON.stringify(path)}]\n#[allow(unused_macros)]\nmod hal;\n` +
      `#[no_mangle]\npub extern "C" fn all(n: i32, yes: bool) {\n${calls}\n}\n` +
      "#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! {\n    loop {}\n}\n",
  );
  const target = ["--edition", "2021", "--crate-type", "cdylib", "--target", "wasm32-unknown-unknown"];
  execFileSync(rustcPath!, [...target, "-C", "opt-level=1", "-o", out, source]);
  expect(importsOf(readFileSync(out)).toSorted()).toEqual(everyCall);
});

test.runIf(hasZig)("SIL-2: targets/zig/cistern_hal.zig has every call of the table with its types", () => {
  const [source, out] = [join(folder, "all.zig"), join(folder, "all-zig.wasm")];
  const calls = CALLS.map(inZig).join("\n");
  writeFileSync(source, `const hal = @import("cistern_hal");\nexport fn all(n: i32, yes: bool) void {\n${calls}\n}\n`);
  const path = join(root, "targets", "zig", "cistern_hal.zig");
  const target = ["-dynamic", "-rdynamic", "-target", "wasm32-freestanding", "-O", "ReleaseSmall"];
  const modules = ["--mod", `cistern_hal::${path}`, "--deps", "cistern_hal"];
  execFileSync("zig", ["build-lib", source, ...target, ...modules, `-femit-bin=${out}`]);
  expect(importsOf(readFileSync(out)).toSorted()).toEqual(everyCall);
});
