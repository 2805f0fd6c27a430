// The file for controllers in Zig: the calls and constants of hal/. Compiled to WebAssembly each call is an import.

import { CALLS, PORTS, type Call, type PortName } from "../../emulator/contract/calls";
import { camel, declarations, snake, wordsOf, wrapped } from "./bindings";

const HEAD =
  "Made from emulator/contract/calls.ts and hal/ by npm run contract. What a controller in Zig sees of a board " +
  "(docs/hal.md). It exports `boot` and `tick`, and `idle` and `skip` if it can leap (docs/controllers.md). Each call is an import of its " +
  "port's module of WebAssembly.";

function wrapper(call: Call): string {
  const type = call.result?.type ?? "void";
  const inputs = call.parameters.map((each) => `${snake(each.name)}: ${each.type}`).join(", ");
  const given = call.parameters.map(({ name, type: each }) =>
    each === "bool" ? `@intFromBool(${snake(name)})` : snake(name),
  );
  const made = `imports.@"${call.name}"(${given.join(", ")})`;
  const body = type === "void" ? `${made};` : `return ${type === "bool" ? `${made} != 0` : made};`;
  return `${wrapped(wordsOf(call), "    /// ")}\n    pub fn ${camel(call.name)}(${inputs}) ${type} {\n        ${body}\n    }`;
}

function portStruct(port: PortName, constants: readonly string[]): string {
  const calls = CALLS.filter((call) => call.port === port);
  const imports = calls.map(({ name, parameters, result }) => {
    const inputs = parameters.map((each) => `${snake(each.name)}: i32`).join(", ");
    return `        extern "${port}" fn @"${name}"(${inputs}) ${result === null ? "void" : "i32"};`;
  });
  const parts = [
    ...(constants.length === 0 ? [] : [constants.map((line) => `    ${line}`).join("\n")]),
    `    const imports = struct {\n${imports.join("\n")}\n    };`,
    ...calls.map(wrapper),
  ];
  return `pub const ${port} = struct {\n${parts.join("\n\n")}\n};`;
}

/** targets/zig/cistern_hal.zig. */
export async function zigFile(): Promise<string> {
  const { shared, ports } = await declarations();
  return `${[
    wrapped(HEAD, "//! "),
    ...shared.map(([file, lines]) => `pub const ${file} = struct {\n    ${lines.join("\n    ")}\n};`),
    ...PORTS.map((port) => portStruct(port, ports.get(port) ?? [])),
  ].join("\n\n")}\n`;
}
