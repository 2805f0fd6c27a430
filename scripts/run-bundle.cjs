// Runs a bundle that `bundleForTests` made, with the machine code that V8 kept from the first process that ran it to its end. Half of
// what a process of `cistern` takes to start is spent on compiling, and Node 20 keeps nothing of that itself.

"use strict";

const { existsSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const vm = require("node:vm");

/** In a script with kept code Node 20 refuses `import()`, so the bundles call this instead. */
const importFrom = (specifier) => import(specifier);

/** Returns the exports of the bundle `name` in the folder of this file. */
exports.runBundle = (name) => {
  const file = join(__dirname, `${name}.cjs`);
  const kept = `${file}.code`;
  const cachedData = existsSync(kept) ? readFileSync(kept) : undefined;
  // As Node's own loader has it; the line break ends a comment in the last line.
  const source = `(function (exports, require, module, __filename, __dirname, importFrom) { ${readFileSync(file, "utf8")}\n})`;
  const script = new vm.Script(source, { filename: file, cachedData });
  const keep = () => {
    const written = `${kept}.${process.pid}`;
    writeFileSync(written, script.createCachedData());
    renameSync(written, kept);
  };
  if (cachedData === undefined) process.once("exit", keep);
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, createRequire(file), loaded, file, __dirname, importFrom);
  return loaded.exports;
};
