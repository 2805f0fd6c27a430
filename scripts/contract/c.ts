// Headers for controllers in C: the calls and constants of hal/ for a module of WebAssembly (or a board with a function for
// each call), the codes of the calls on the hal wire, and the imports of a controller that wasm2c made C.

import { CALLS, PORTS, SENT, type Call, type PortName, type Value } from "../../emulator/contract/calls";
import { constantsForControllers, snake, wordsOf, wrapped } from "./bindings";

const TYPES: Record<Value["type"], string> = { i32: "int32_t", bool: "bool" };

const comment = (text: string): string => `${wrapped(text, "/* ", " * ")} */`;

function enumOf(constants: readonly (readonly [string, number])[]): string {
  const lines = constants.map(([constant, value]) => `    ${constant} = ${value}`);
  return `enum {\n${lines.join(",\n")}\n};`;
}

function prototype(call: Call): string {
  const parameters = call.parameters.map(({ type, name }) => `${TYPES[type]} ${snake(name)}`).join(", ") || "void";
  const type = call.result === null ? "void" : TYPES[call.result.type];
  return [
    comment(wordsOf(call).replaceAll("`", "'")),
    `CISTERN_IMPORT("${call.port}", "${call.name}")`,
    `${type} ${call.port}_${snake(call.name)}(${parameters});`,
  ].join("\n");
}

const portText = (port: PortName) => CALLS.filter((call) => call.port === port).map(prototype);

/** targets/c/cistern_hal.h. */
export async function halHeader(): Promise<string> {
  const constants = (await constantsForControllers()).map(
    ({ file, values }) => `/* hal/${file}.ts */\n${enumOf(values)}`,
  );
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
    ...constants,
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
