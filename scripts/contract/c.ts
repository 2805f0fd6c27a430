// Headers for controllers in C: the calls and constants of hal/ for a module of WebAssembly (or a board with a function for
// each call), the codes of the calls on the hal wire, and the imports of a controller that wasm2c made C.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CALLS, PORTS, SENT, type Call, type PortName, type Value } from "../../emulator/contract/calls";
import { rangesOf } from "./ports";

const LINE_CHARACTERS_MAX = 120;
const HAL = join(import.meta.dirname, "..", "..", "hal");
/** The files of hal/ whose constants a controller needs beside those of its ports. */
const SHARED_FILES = ["units", "alarms", "telemetry", "drug-library"];
const TYPES: Record<Value["type"], string> = { i32: "int32_t", bool: "bool" };

/** `capacity_mL` and `setPower` as C writes them. */
function snake(name: string): string {
  if (name.includes("_")) return name.toLowerCase();
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function comment(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > LINE_CHARACTERS_MAX - 3) {
      lines.push(lines.length === 0 ? `/* ${word}` : ` * ${word}`);
    } else lines[lines.length - 1] = `${last} ${word}`;
  }
  return `${lines.join("\n")} */`;
}

function enumOf(constants: readonly (readonly [string, number])[]): string {
  const lines = constants.map(([constant, value]) => `    ${constant} = ${value}`);
  return `enum {\n${lines.join(",\n")}\n};`;
}

/** Every `export const NAME: i32` of a file of hal/, with its value. */
async function constantsIn(file: string): Promise<[string, number][]> {
  const source = readFileSync(join(HAL, `${file}.ts`), "utf8");
  const values = (await import(`../../hal/${file}.ts`)) as Record<string, number>;
  return [...source.matchAll(/^export const (\w+): i32/gm)].map(([, name]) => [name, values[name]]);
}

async function constantsText(file: string): Promise<string[]> {
  const constants = await constantsIn(file);
  return constants.length === 0 ? [] : [`/* hal/${file}.ts */\n${enumOf(constants)}`];
}

function prototype(call: Call): string {
  const doc = [call.does, rangesOf(call)].filter((text) => text !== "").join(" ");
  const parameters = call.parameters.map(({ type, name }) => `${TYPES[type]} ${snake(name)}`).join(", ") || "void";
  const type = call.result === null ? "void" : TYPES[call.result.type];
  const words = doc.replaceAll("`", "'");
  return [
    comment(words),
    `CISTERN_IMPORT("${call.port}", "${call.name}")`,
    `${type} ${call.port}_${snake(call.name)}(${parameters});`,
  ].join("\n");
}

const portText = (port: PortName) => CALLS.filter((call) => call.port === port).map(prototype);

/** targets/c/cistern_hal.h. */
export async function halHeader(): Promise<string> {
  const constants = await Promise.all([...SHARED_FILES, ...PORTS].map(constantsText));
  return `${[
    comment(
      "Made from emulator/contract/calls.ts and hal/ by npm run contract. What a controller in C sees of a board " +
        "(docs/hal.md), and what it offers (docs/controllers.md). As WebAssembly each call is an import of its port's module; " +
        "elsewhere the linker finds a driver's function of this name.",
    ),
    "#ifndef CISTERN_HAL_H\n#define CISTERN_HAL_H",
    "#include <stdbool.h>\n#include <stdint.h>",
    [
      "#if defined(__wasm__)",
      "#define CISTERN_IMPORT(port, call) __attribute__((import_module(port), import_name(call)))",
      "#define CISTERN_EXPORT(name) __attribute__((export_name(name)))",
      "#else",
      "#define CISTERN_IMPORT(port, call)",
      "#define CISTERN_EXPORT(name)",
      "#endif",
    ].join("\n"),
    ...constants.flat(),
    ...PORTS.flatMap(portText),
    [
      "/* What a controller defines; the last two only if it can leap. */",
      'CISTERN_EXPORT("boot")',
      "void boot(void);",
      'CISTERN_EXPORT("tick")',
      "void tick(void);",
      'CISTERN_EXPORT("idle")',
      "int32_t idle(void);",
      'CISTERN_EXPORT("skip")',
      "void skip(int32_t ticks);",
    ].join("\n"),
    "#endif",
  ].join("\n\n")}\n`;
}

/** targets/c/hal_wire_codes.h. */
export function halWireCodes(): string {
  return `${[
    comment("Made from emulator/contract/calls.ts by npm run contract. The codes of the calls on the hal wire."),
    "#ifndef HAL_WIRE_CODES_H\n#define HAL_WIRE_CODES_H",
    enumOf(SENT.map(({ name, call }) => [`CALL_${name.split(/[ .]/).map(snake).join("_").toUpperCase()}`, call.code])),
    "#endif",
  ].join("\n\n")}\n`;
}

/** targets/cortex-m3/ports.c. */
export function wasmPorts(): string {
  const calls = CALLS.map(({ port, name, parameters, result }) => {
    const names = parameters.map((each) => snake(each.name));
    const given = parameters.map(({ type }, i) => (type === "bool" ? `${names[i]} != 0` : `(int32_t)${names[i]}`));
    const call = `${port}_${snake(name)}(${given.join(", ")})`;
    const body = result === null ? `${call};` : `return (u32)${call};`;
    const declared = [`struct w2c_${port} *port`, ...names.map((each) => `u32 ${each}`)].join(", ");
    return `${result === null ? "void" : "u32"} w2c_${port}_${name}(${declared})\n{\n    (void)port;\n    ${body}\n}`;
  });
  return `${[
    comment(
      "Made from emulator/contract/calls.ts by npm run contract. What wasm2c's C of a controller imports, as calls of cistern_hal.h.",
    ),
    '#include "controller.h"\n\n#include "cistern_hal.h"',
    PORTS.map((port) => `struct w2c_${port};`).join("\n"),
    ...calls,
  ].join("\n\n")}\n`;
}
