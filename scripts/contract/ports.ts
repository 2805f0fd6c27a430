// Makes the ports of hal/, the binding of the WebAssembly target and the tables of docs/hal.md from the table of calls.

import { CALLS, PORTS, type Call, type PortName, type Value } from "../../emulator/contract/calls";
import { docComment } from "./constants";
import { table } from "./sections";

const SMALL_MAX = 2 ** 30;
const IGNORED = "; ignored outside";

const callsOf = (port: PortName): Call[] => CALLS.filter((call) => call.port === port);

/** The class of a port: `MotorPort` for `motor`. */
const classOf = (port: PortName) => `${port[0].toUpperCase()}${port.slice(1)}Port`;

/** The signature of a call: `setPower(on: bool)`. */
const signatureOf = ({ name, parameters }: Call) =>
  `${name}(${parameters.map((each) => `${each.name}: ${each.type}`).join(", ")})`;

/** The bounds of a value: `-2^30..2^30 steps`, or `0 off, 1 single, 2 dual`. Empty for a value without bounds. */
function boundsOf({ min, max, choices, unit, codes }: Value, withCodes = true): string {
  if (codes && withCodes && codes.rows.length <= 4)
    return codes.rows.map(({ code, name }) => `${code} ${name}`).join(", ");
  if (codes) return `one of the ${codes.prefix}_ codes`;
  if (choices) return `${choices.join(" or ")}${unit ? ` ${unit}` : ""}`;
  if (min === undefined || max === undefined) return "";
  const power = (value: number) => (Math.abs(value) === SMALL_MAX ? `${value < 0 ? "-" : ""}2^30` : String(value));
  return `${power(min)}..${power(max)}${unit ? ` ${unit}` : ""}`;
}

/** The bounds of a call's arguments and result, as a sentence or two. Empty when there are none beyond the types. */
export function rangesOf({ parameters, result, ignoresOutside }: Call): string {
  const given = parameters
    .map((each) => [each.name, boundsOf(each, false)] as const)
    .filter(([, bounds]) => bounds !== "");
  const gives = result === null ? "" : boundsOf(result, false);
  return [
    ...(given.length > 0
      ? [`${given.map(([name, bounds]) => `\`${name}\`: ${bounds}`).join("; ")}${ignoresOutside ? IGNORED : ""}.`]
      : []),
    ...(gives === "" ? [] : [`Gives ${gives}.`]),
  ].join(" ");
}

/** The abstract class of a port. */
export function portClass(port: PortName): string {
  const methods = callsOf(port).map((call) => {
    const doc = [call.does, rangesOf(call)].filter((text) => text !== "").join(" ");
    return `${docComment(doc, "  ")}\n  abstract ${signatureOf(call)}: ${call.result?.type ?? "void"};`;
  });
  return `export abstract class ${classOf(port)} {\n${methods.join("\n")}\n}`;
}

/** The class Hal, with a field for each port. */
export function halClass(): string {
  return [
    ...[...PORTS].sort().map((port) => `import { ${classOf(port)} } from "./${port}";`),
    "",
    "export class Hal {",
    ...PORTS.map((port) => `  ${port}: ${classOf(port)};`),
    "",
    "  constructor(",
    ...PORTS.map((port) => `    ${port}: ${classOf(port)},`),
    "  ) {",
    ...PORTS.map((port) => `    this.${port} = ${port};`),
    "  }",
    "}",
  ].join("\n");
}

/** The imports of the binding, and for each port a class that calls its imports. */
export function wasmBinding(): string {
  const classes = PORTS.map((port) => {
    const calls = callsOf(port);
    const imports = calls.map(
      (call) =>
        `@external("${port}", "${call.name}")\ndeclare function ${port}_${signatureOf(call)}: ${call.result?.type ?? "void"};`,
    );
    const methods = calls.map((call) => {
      const passed = `${port}_${call.name}(${call.parameters.map(({ name }) => name).join(", ")});`;
      const type = call.result?.type ?? "void";
      return `  ${signatureOf(call)}: ${type} {\n    ${type === "void" ? "" : "return "}${passed}\n  }`;
    });
    const wasmClass = `class ${wasmClassOf(port)} extends ${classOf(port)} {\n${methods.join("\n")}\n}`;
    return `${imports.join("\n")}\n${wasmClass}`;
  });
  return [
    ...PORTS.map((port) => `import { ${classOf(port)} } from "../../hal/${port}";`),
    'import { Hal } from "../../hal/hal";',
    "",
    classes.join("\n\n"),
  ].join("\n");
}

/** The board's parts, in the order of the constructor of Hal. */
export function wasmParts(): string {
  return PORTS.map((port) => `    new ${wasmClassOf(port)}(),`).join("\n");
}

const wasmClassOf = (port: PortName) => `Wasm${classOf(port).replace(/Port$/, "")}`;

/** The calls of a port as a table of docs/hal.md. */
export function callTable(port: PortName): string {
  const rows = callsOf(port).map((call) => {
    const type = call.result === null ? "" : `: ${call.result.type}`;
    const given = call.parameters.map((each) => [each.name, boundsOf(each)] as const).filter(([, text]) => text !== "");
    const gives = call.result === null ? "" : boundsOf(call.result);
    return [
      `\`${signatureOf(call)}\`${type}`,
      `${given.map(([name, text]) => `\`${name}\` ${text}`).join("; ")}${call.ignoresOutside ? IGNORED : ""}`,
      gives,
      call.reads ? "yes" : "",
      call.does,
    ];
  });
  return table(["call", "takes", "gives", "only reads", "what it does"], rows);
}
