// Holds board and world to the dialect: the files that run as TypeScript and as a part of the machine's module must compile with
// AssemblyScript. It compiles nothing that no export reaches, so an entry is made here that calls every method and function of
// these files.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compile } from "./dialect.mjs";
import { ROOT, simulatedFiles } from "./sources.mjs";

/** Files that are compiled in the place of others, which need Node. */
const IN_PLACE = { "emulator/board/secure-element.ts": "targets/machine/secure-element.ts" };
const FLAGS = ["--optimizeLevel", "0", "--runtime", "stub", "--use", "abort="];

/** An export that calls a method or a function with its own parameters. */
function caller(name, self, parameters, result, call) {
  const names = parameters.split(",").map((each) => each.split(":")[0].trim());
  const all = [self, parameters.replace(/ = [^,]+/g, "")].filter((each) => each !== "").join(", ");
  return `export function ${name}(${all}): ${result} { ${result === "void" ? "" : "return "}${call}(${names.join(", ")}); }`;
}

/** The callers of all functions that a file exports, and of all methods of its classes. */
function callersOf(text, index) {
  const functions = [...text.matchAll(/^export function (\w+)\(([^)]*)\): (\w+) \{/gm)];
  const classes = text.split(/^export class /m).slice(1);
  return [
    ...functions.map(([, name, parameters, result]) => caller(`f${index}_${name}`, "", parameters, result, name)),
    ...classes.flatMap((body) => {
      const [owner] = /^\w+/.exec(body);
      return [...body.matchAll(/^ {2}(\w+)\(([^)]*)\): (\w+) \{/gm)].map(([, name, parameters, result]) =>
        caller(`m${index}_${name}`, `self: ${owner}`, parameters, result, `self.${name}`),
      );
    }),
  ];
}

function entry() {
  const lines = ['import { Hal } from "./hal/hal";'];
  simulatedFiles().forEach((file, index) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const names = [...text.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
    if (names.length === 0) return;
    lines.push(`import { ${names.join(", ")} } from "./${file.replace(/\.ts$/, "")}";`, ...callersOf(text, index));
  });
  return lines.join("\n");
}

/** The files that are compiled in the place of others, for `compile`. */
export function overlay() {
  const read = (file) => readFileSync(join(ROOT, file), "utf8");
  return Object.fromEntries(Object.entries(IN_PLACE).map(([file, other]) => [file, read(other)]));
}

/** Throws with the compiler's message when a file does not compile. */
async function compileSimulated() {
  await compile("simulated.ts", FLAGS, { overlay: { ...overlay(), "simulated.ts": entry() } });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await compileSimulated();
