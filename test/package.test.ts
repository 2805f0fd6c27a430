// The package as its users get it: packed, installed by npm from the registry into an empty project in a temporary folder,
// compiled there against its declarations and run there. The last part is about a clone, in which npm builds the package.
// No step is skipped: without the registry npm's own words are the failure.

import { execFile, execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as door from "../emulator/hal";
import { replaceFolder } from "../scripts/replace-folder.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const scratch = mkdtempSync(join(tmpdir(), "cistern-package-"));
const consumer = join(scratch, "consumer");
const installed = join(consumer, "node_modules", "cistern");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Result {
  code: number;
  out: string;
  err: string;
}

/** The environment without what the test runner and `npm test` around it have put there. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|NODE_|TEST$|CISTERN_|npm_(?:package|lifecycle)_)/.test(name),
  ),
);

/** Runs a program in `cwd` to its end. */
function run(cwd: string, file: string, args: string[], more: Record<string, string> = {}): Promise<Result> {
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { cwd, env: { ...environment, NO_COLOR: "1", ...more }, maxBuffer: 1 << 26 },
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

/** The compiler that this project uses. Its version is no matter: TypeScript from 5.0 on was tried by hand. */
const tsc = join(root, "node_modules", "@typescript", "native", "bin", "tsc");
const node = (args: string[]) => run(consumer, process.execPath, args);
const good = ({ code, out, err }: Result) => expect({ code, out, err }).toMatchObject({ code: 0 });

function write(name: string, text: string): string {
  writeFileSync(join(consumer, name), text);
  return name;
}

/** All files below a folder, by path; other packages below it are not its own. */
function filesBelow(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => !name.startsWith("node_modules/") && statSync(join(folder, name)).isFile());
}

beforeAll(async () => {
  good(await run(root, "npm", ["pack", "--pack-destination", scratch]));
  mkdirSync(consumer);
  write("package.json", JSON.stringify({ private: true, type: "module" }));
  const tarball = join(scratch, `cistern-${version}.tgz`);
  const flags = ["--prefer-offline", "--no-audit", "--no-fund"];
  good(await run(consumer, "npm", ["install", ...flags, tarball]));
});

describe("the package", () => {
  /** Paths in a document that begin like one of ours but name something else. */
  const NO_FILES = [
    "examples/controller-c/controller", // what `make` in that folder builds
    "targets/wasm/main/tick", // a function of the compiled module
  ];

  /** Whether the package has that file or folder; `*` stands for any name, and a test may be named without its ending. */
  function has(files: readonly string[], path: string): boolean {
    const pattern = path.replace(/\/$/, "").replace(/[.+]/g, "\\$&").replaceAll("*", "[^/]*");
    const named = new RegExp(`^${pattern}(?:\\.test\\.ts)?(?:/|$)`);
    return files.some((file) => named.test(file));
  }

  /** Links and paths in a document that lead nowhere in a package of these files. */
  function deadEnds(document: string, text: string, files: readonly string[], folders: readonly string[]): string[] {
    const LINK = /\[[^\]]*\]\(([^)#\s]*)[^)]*\)/g;
    const links = [...text.matchAll(LINK)]
      .map(([, target]) => target!)
      .filter((target) => target !== "" && !/^[a-z]+:/.test(target))
      .map((target) => normalize(join(dirname(document), target)).replaceAll("\\", "/"));
    const alternatives = folders.map((folder) => folder.replace(".", "\\.")).join("|");
    const NAMED = new RegExp(`(?<![\\w./-])(?:${alternatives})/[\\w./*-]*[\\w*/]`, "g");
    const named = text.replace(LINK, "").match(NAMED) ?? [];
    return [...links, ...named].filter((path) => !NO_FILES.includes(path) && !has(files, path));
  }

  const tracked = () =>
    execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    })
      .split("\0")
      .filter((path) => path !== "");
  const foldersOf = (paths: readonly string[]) => [
    ...new Set(paths.filter((path) => path.includes("/")).map((path) => path.split("/")[0]!)),
  ];

  test("has every file that one of its documents links to or names", () => {
    const files = filesBelow(installed);
    const documents = files.filter((file) => file.endsWith(".md"));
    expect(documents).toContain("README.md");
    expect(documents).toContain("docs/controllers.md");
    const folders = foldersOf([...tracked(), "dist/"]);
    const dead = documents.flatMap((document) =>
      deadEnds(document, readFileSync(join(installed, document), "utf8"), files, folders).map(
        (path) => `${document}: ${path}`,
      ),
    );
    expect(dead).toEqual([]);
  });

  test("is searched by a check that finds a link or a path without a target", () => {
    const text = "[a](b.md) [c](../d/e.ts#f) [g](https://h/i) `d/e.ts`, `d/none.ts`, d/*.ts and\nnpx d/k\n`other/l`";
    expect(deadEnds("docs/a.md", text, ["docs/a.md", "d/e.ts"], ["d", "docs"])).toEqual([
      "docs/b.md",
      "d/none.ts",
      "d/k",
    ]);
  });

  test("has no file that version control ignores, except dist/", () => {
    const known = new Set(tracked());
    expect(filesBelow(installed).filter((file) => !known.has(file) && !file.startsWith("dist/"))).toEqual([]);
  });

  test("has the sources that its source maps lead to", () => {
    const files = filesBelow(installed);
    const maps = files.filter((file) => file.endsWith(".js.map"));
    expect(maps).toContain("dist/cistern.js.map");
    for (const map of maps) {
      const { sources } = JSON.parse(readFileSync(join(installed, map), "utf8")) as { sources: string[] };
      const missing = sources.filter((source) => !files.includes(normalize(join(dirname(map), source))));
      expect(missing, map).toEqual([]);
    }
  });
});

describe("the declarations of the package", () => {
  /** Uses each door, and has globals of its own that are named as those that firmware/ is written with. */
  const CONSUMER = `
import { Machine, loadScenario, scriptController, wasmController, type ControllerFactory, type RunReport } from "cistern";
import { Controller, LEAP_TICKS_MAX, RESET_POWER_ON, type Hal, type MotorPort } from "cistern/hal";
import { arbitraries, checkController, invariants, pumpCommands } from "cistern/testing";
import { RigError, startBoard, startPump, type Started } from "cistern/rig";

declare global {
  type i32 = number;
  type u8 = "mine";
}

class Mine extends Controller {
  hal: Hal;
  boots: i32 = 0;
  constructor(hal: Hal) {
    super();
    this.hal = hal;
  }
  boot(): void {
    const cause: number = this.hal.reset.cause();
    if (cause === RESET_POWER_ON) this.boots += 1;
  }
  tick(): void {
    this.hal.watchdog.kick();
  }
  idle(): number {
    return LEAP_TICKS_MAX;
  }
  skip(ticks: number): void {
    this.boots += ticks * 0;
  }
}

export const own: u8 = "mine";
export const mine: ControllerFactory = scriptController("mine", (hal) => new Mine(hal));
export const pulse = (motor: MotorPort): void => motor.pulse();
export const machine = new Machine(loadScenario("scenario.yaml"), mine);
export const pulses: number = machine.signal("motor.pulses");
export const verdict = (report: RunReport): boolean => report.verdict === "pass";
export const held: boolean = invariants.every(({ id }) => id !== "");
export const all = [arbitraries.scenario({ faults: true, hours: 1 }), pumpCommands, checkController, wasmController];
export const rig: Promise<Started>[] = [startPump("s.yaml", { speed: "max", tcp: true }), startBoard("s.yaml")];
export const isRefused = (error: unknown): boolean => error instanceof RigError;
// @ts-expect-error: the declarations refuse what the program would refuse
checkController({ runs: "many" });
`;
  /** Compiles only where nothing leaks: each name must be unknown. */
  const NO_GLOBALS = `
import "cistern";
import "cistern/hal";
import "cistern/testing";
import "cistern/rig";
// @ts-expect-error: no global of the package
export type A = i32;
// @ts-expect-error: no global of the package
export type B = u8;
// @ts-expect-error: no global of the package
export type C = u16;
// @ts-expect-error: no global of the package
export type D = bool;
`;
  /** With the DOM library, WebAssembly is the DOM's alone. */
  const WITH_DOM = `
import { wasmController } from "cistern";
const module: WebAssembly.Module = new WebAssembly.Module(new Uint8Array());
export const factory = wasmController("mine", module);
export const memory = new WebAssembly.Memory({ initial: 1 });
`;

  /** Compiles files as a consumer would who checks everything, and returns the compiler's words. */
  async function compile(files: Record<string, string>, options: Record<string, unknown>): Promise<string> {
    const folder = mkdtempSync(join(consumer, "compiled-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      target: "es2022",
      types: [],
      ...options,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    return (await node([tsc, "-p", folder])).out;
  }

  const RESOLUTIONS = [
    { module: "nodenext", moduleResolution: "nodenext" },
    { module: "node16", moduleResolution: "node16" },
    { module: "esnext", moduleResolution: "bundler" },
  ];

  test.each(RESOLUTIONS)("compile with the DOM library in $moduleResolution resolution", async (resolution) => {
    const options = { ...resolution, lib: ["es2022", "dom"] };
    expect(await compile({ "consumer.ts": CONSUMER, "with-dom.ts": WITH_DOM }, options)).toBe("");
  });

  test("compile without the DOM library and without types of Node, and add no globals", async () => {
    const options = { ...RESOLUTIONS[0], lib: ["es2022"] };
    expect(await compile({ "consumer.ts": CONSUMER }, options)).toBe("");
    expect(await compile({ "no-globals.ts": NO_GLOBALS }, options)).toBe("");
  });

  test("compile for a CommonJS consumer", async () => {
    expect(await compile({ "consumer.cts": CONSUMER }, { ...RESOLUTIONS[0], lib: ["es2022", "dom"] })).toBe("");
  });

  test("export from cistern/hal everything that hal/ exports", async () => {
    const exported: Record<string, unknown> = door;
    const files = readdirSync(join(root, "hal")).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
    expect(files.length).toBeGreaterThan(15);
    for (const file of files) {
      for (const [name, value] of Object.entries((await import(join(root, "hal", file))) as Record<string, unknown>)) {
        expect(exported[name], `${name} of ${file}`).toBe(value);
      }
    }
  });
});

describe("the programs of the package", () => {
  const SCENARIO = "node_modules/cistern/scenarios/breakthrough-pain.yaml";
  /** Nine hours of the scenario bring this many pulses (its first expectation). */
  const PULSES = 149;
  const BODY = `
const machine = new Machine(loadScenario("${SCENARIO}"));
machine.leap(9 * 60 * 6000);
console.log(machine.signal("motor.pulses"), PULSE_NL, typeof checkController);
`;

  test("let each door be imported", async () => {
    const text = `
import { Machine, loadScenario } from "cistern";
import { PULSE_NL } from "cistern/hal";
import { checkController } from "cistern/testing";
${BODY}`;
    const result = await node([write("imports.js", text)]);
    expect(result).toEqual({ code: 0, out: `${PULSES} ${door.PULSE_NL} function\n`, err: "" });
  });

  test("let each door be required", async () => {
    const text = `
const { Machine, loadScenario } = require("cistern");
const { PULSE_NL } = require("cistern/hal");
const { checkController } = require("cistern/testing");
${BODY}`;
    const result = await node([write("requires.cjs", text)]);
    expect([result.code, result.out]).toEqual([0, `${PULSES} ${door.PULSE_NL} function\n`]);
  });

  test("include the examples for authors of controllers, which compile, and the first is told what it lacks", async () => {
    const page = readFileSync(join(installed, "docs", "controllers.md"), "utf8");
    const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, example]) => example!);
    expect(examples).toHaveLength(2);
    write("example.ts", examples[0]!);
    write("watched.ts", examples[1]!);
    const options = ["--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--ignoreConfig"];
    good(await node([tsc, ...options, "example.ts", "watched.ts"]));
    const ran = await node(["example.js"]);
    good(ran);
    expect(ran.out).toContain("it does not read its telemetry link");
  });

  test("run a scenario of the package by the command", async () => {
    const { code, out, err } = await run(consumer, "npx", ["--no-install", "cistern", "run", SCENARIO, "--json"]);
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({ schema: "cistern.run/1", version, verdict: "pass" });
  });

  test("include the report and the compiled controller", async () => {
    const wasm = "node_modules/cistern/dist/controller.wasm";
    good(
      await node([
        join(installed, "bin", "cistern.mjs"),
        "run",
        SCENARIO,
        "--controller",
        wasm,
        "--report",
        "day.html",
      ]),
    );
    expect(readFileSync(join(consumer, "day.html"), "utf8")).toContain("uPlot");
  });

  /** A test that holds, and one of a controller that fails, under the runner that `test` is imported from. */
  const checks = (runner: string) => `
import { ${runner === "vitest" ? "test" : "default as test"} } from "${runner}";
import { scriptController } from "cistern";
import { checkController } from "cistern/testing";
class Failing {
  boot() {}
  tick() {
    throw new Error("failing on purpose");
  }
}
const failing = scriptController("failing", () => new Failing());
test("the reference holds", () => checkController({ runs: 5, seed: 1 }));
test("a failing controller does not", () => checkController({ controller: failing, runs: 5, seed: 1, shrink: false }));
`;

  test("pass one test and fail another with its reason by checkController under node's test runner", async () => {
    const { code, out } = await node(["--test", "--test-reporter=tap", write("checks.test.mjs", checks("node:test"))]);
    expect(code).toBe(1);
    expect(out).toMatch(/^# pass 1$/m);
    expect(out).toMatch(/^# fail 1$/m);
    expect(out).toContain("failing on purpose");
  });

  test("pass one test and fail another with its reason by checkController under vitest", async () => {
    write("checks.test.js", checks("vitest"));
    // The runner of this project: what is tried here is the package, and npm takes seconds of a core to install another one.
    const vitest = join(consumer, "node_modules", "vitest");
    symlinkSync(join(root, "node_modules", "vitest"), vitest);
    const { code, out, err } = await node([
      join(vitest, "vitest.mjs"),
      "run",
      "--testTimeout",
      "600000",
      "checks.test.js",
    ]);
    expect(code).toBe(1);
    expect(out).toMatch(/Tests\s+1 failed \| 1 passed \(2\)/);
    expect(out + err).toContain("failing on purpose");
  });

  /** Does something while a part of the installation is away. */
  async function without<T>(path: string, act: () => Promise<T>): Promise<T> {
    const away = join(scratch, "away");
    renameSync(path, away);
    try {
      return await act();
    } finally {
      renameSync(away, path);
    }
  }
  const command = (...args: string[]) => node([join(installed, "bin", "cistern.mjs"), ...args]);

  test("start a pump for a rig test: the example of cistern/rig passes (HIL-8)", async () => {
    const { code, out, err } = await node(["--test", join(installed, "examples/rig-node/stall.test.mjs")]);
    expect({ code, out, err }).toMatchObject({ code: 0, out: expect.stringMatching(/pass 1\b/) as string });
  });

  test("need fast-check only for cistern/testing, which names its absence", async () => {
    await without(join(consumer, "node_modules", "fast-check"), async () => {
      good(await command("run", SCENARIO));
      good(await node(["--input-type=module", "--eval", 'import "cistern"; import "cistern/hal";']));
      const { code, err } = await node(["--input-type=module", "--eval", 'import "cistern/testing";']);
      expect([code, err]).toEqual([1, expect.stringContaining("Cannot find package 'fast-check'")]);
    });
  });

  test("need no other package and nothing of Node for cistern/hal", () => {
    const waiting = [join(installed, "dist", "hal.js")];
    const imported = new Set<string>();
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      for (const [, from] of readFileSync(file, "utf8").matchAll(
        /^(?:import|\} from|export .* from)\b[^"]*"([^"]+)"/gm,
      )) {
        if (!imported.has(from!) && from!.startsWith("./")) waiting.push(join(dirname(file), from!));
        imported.add(from!);
      }
    }
    expect(imported.size).toBeGreaterThan(0);
    expect([...imported].filter((from) => !from.startsWith("./"))).toEqual([]);
  });

  test("say in one line which package a command lacks", async () => {
    await without(join(consumer, "node_modules", "commander"), async () => {
      const { code, out, err } = await command("--help");
      expect([code, out]).toEqual([3, ""]);
      expect(err).toMatch(/^cistern: the installation is not complete.*'commander'.*\n$/);
    });
  });

  test("say in one line that a command was not built", async () => {
    await without(join(installed, "dist"), async () => {
      const { code, out, err } = await command("--help");
      expect([code, out]).toEqual([3, ""]);
      expect(err).toMatch(/^cistern: dist\/ was not built\. .*npm run build.*\n$/);
    });
  });
});

describe("a clone of the repository", () => {
  /** When dist/ was put in its place: another build makes another folder. */
  const built = () => [statSync(join(root, "dist")).ino, statSync(join(root, "dist", "cistern.js")).mtimeMs];

  test("starts two first calls of npx at a time, and builds nothing", async () => {
    good(await run(root, process.execPath, ["scripts/prepare.mjs"]));
    const before = built();
    const cache = { npm_config_cache: join(scratch, "cache") };
    const calls = await Promise.all([1, 2].map(() => run(root, "npx", ["cistern", "--version"], cache)));
    for (const call of calls) expect(call).toMatchObject({ code: 0, out: `${version}\n` });
    expect(built()).toEqual(before);
  });

  test("says what to do when it cannot be built because its tools are not installed", async () => {
    const copy = join(scratch, "copy");
    cpSync(installed, copy, {
      recursive: true,
      filter: (from) => relative(installed, from).split("/")[0] !== "node_modules",
    });
    const { code, out, err } = await run(copy, process.execPath, ["scripts/prepare.mjs"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^cistern cannot be built, .*'esbuild'.*\nRun "npm ci" in .*\n$/);
  });

  test("is left with one whole folder and nothing else when several processes put it in place at a time", async () => {
    const place = join(scratch, "places");
    mkdirSync(place);
    const text = (name: string) => `
import { mkdirSync, writeFileSync } from "node:fs";
import { replaceFolder } from ${JSON.stringify(join(root, "scripts", "replace-folder.mjs"))};
for (let i = 0; i < 300; i++) {
  const made = ${JSON.stringify(join(place, name))} + i;
  mkdirSync(made);
  for (const file of ["a", "b"]) writeFileSync(made + "/" + file, ${JSON.stringify(name)} + i);
  replaceFolder(made, ${JSON.stringify(join(place, "target"))});
}`;
    const names = ["x", "y", "z"];
    const writers = names.map((name) => node(["--input-type=module", "--eval", text(name)]));
    for (const result of await Promise.all(writers)) good(result);
    expect(readdirSync(place)).toEqual(["target"]);
    const [a, b] = ["a", "b"].map((file) => readFileSync(join(place, "target", file), "utf8"));
    expect(a).toBe(b);
    expect(names.map((name) => `${name}299`)).toContain(a);
  });

  test("puts a folder in place where there was none", () => {
    const made = join(scratch, "made");
    mkdirSync(made);
    writeFileSync(join(made, "file"), "new");
    replaceFolder(made, join(scratch, "nowhere-yet"));
    expect(readFileSync(join(scratch, "nowhere-yet", "file"), "utf8")).toBe("new");
  });
});
