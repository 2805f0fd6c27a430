// The code that the program loads before it knows its command. A process that asks for the version loads this program's own name and nothing
// of its dependencies, and one that runs a command loads no other command.

import { build } from "esbuild";
import { expect, test } from "vitest";

const { metafile } = await build({
  entryPoints: ["emulator/cli/main.ts"],
  outdir: "out",
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  write: false,
  metafile: true,
});

/** The packages and the sources that the output with `source` in it loads at once, itself and all that it imports. */
function loadedWith(source: string): { packages: string[]; sources: string[] } {
  const waiting = Object.keys(metafile.outputs).filter((name) => metafile.outputs[name].entryPoint === source);
  expect(waiting).toHaveLength(1);
  const outputs = new Set<string>();
  const packages = new Set<string>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    outputs.add(name);
    for (const { path, kind, external } of metafile.outputs[name].imports) {
      if (kind === "dynamic-import") continue;
      if (external && !path.startsWith("node:")) packages.add(path);
      if (!external && !outputs.has(path)) waiting.push(path);
    }
  }
  const sources = [...outputs].flatMap((name) => Object.keys(metafile.outputs[name].inputs));
  return { packages: [...packages], sources };
}

test("the version is printed without any package", () => {
  expect(loadedWith("emulator/cli/main.ts").packages).toEqual([]);
});

test("before its command is known the program has loaded the parser of arguments and no command", () => {
  const { packages, sources } = loadedWith("emulator/cli/program.ts");
  expect(packages).toEqual(["commander"]);
  expect(sources.filter((path) => path.startsWith("emulator/cli/")).sort()).toEqual([
    "emulator/cli/exit-codes.ts",
    "emulator/cli/program.ts",
  ]);
});

test("a list of ports loads neither firmware nor machine", () => {
  const { sources } = loadedWith("emulator/cli/ports.ts");
  expect(sources.filter((path) => /^(?:firmware|emulator\/machine)\//.test(path))).toEqual([]);
});
