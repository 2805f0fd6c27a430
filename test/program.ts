// `cistern` as a program for tests, and two ways to run it to its end: in a process of its own, and in the test's process. It is a
// bundle of the sources as they are, made by the first test that needs it and kept until the sources change. A process of the bundle
// takes 0.12 s of a core to start, one through tsx 0.75 s (measured, Node 20), and tests run some hundred.

import { execFile, execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleForTests } from "../scripts/bundle.mjs";
import { replaceFolder } from "../scripts/replace-folder.mjs";
import { DIGEST_FILE, digestOfSources, ROOT } from "../scripts/sources.mjs";

/** Inside node_modules/, where the bundle finds its dependencies and no tool looks at it. */
const FOLDER = join(ROOT, "node_modules", ".cache", "cistern-tests");
/** The first process of a bundle decides which compiled code is kept: a run here, and then one in a process of its own. */
const FIRST = [[], ["--controller", "test/tiny-controller.mjs"]].map((args) => [
  "run",
  "test/cases/quiet.yaml",
  ...args,
]);

async function bundled(): Promise<string> {
  const [digest, digestFile] = [digestOfSources(), join(FOLDER, DIGEST_FILE)];
  if (!existsSync(digestFile) || readFileSync(digestFile, "utf8") !== digest) {
    const made = `${FOLDER}.${process.pid}`;
    mkdirSync(made, { recursive: true });
    try {
      await bundleForTests(made);
      for (const args of FIRST) execFileSync(process.execPath, [join(made, "cistern.js"), ...args], { cwd: ROOT });
      writeFileSync(join(made, DIGEST_FILE), digest);
      replaceFolder(made, FOLDER);
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  }
  return FOLDER;
}

/** The folder of the bundles. */
export const bundles = await bundled();

/** The file that Node runs as `cistern`. */
export const cisternPath = join(bundles, "cistern.js");

export interface Ended {
  /** The exit code, or null after a signal. */
  code: number | null;
  out: string;
  err: string;
}

/** Runs `cistern` in a folder until it ends, with `input` as its standard input and `more` in its environment. */
export function cisternIn(
  folder: string,
  args: readonly string[],
  input = "",
  more: Record<string, string> = {},
): Promise<Ended> {
  const options = { cwd: folder, env: { ...process.env, NO_COLOR: "1", ...more }, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cisternPath, ...args], options, (error, out, err) =>
      resolve({ code: error ? ((error.code ?? null) as number | null) : 0, out, err }),
    );
    child.stdin?.end(input);
  });
}

interface Program {
  runProgram(words: readonly string[]): Promise<void>;
}

let program: Program | undefined;
let previous: Promise<unknown> = Promise.resolve();

/**
 * Runs `cistern` in this process, in a folder, until it ends: what `cisternIn` runs, without the start of a process. Calls take turns,
 * because a process has one folder, one environment and one exit code. `cisternIn` is for what needs an input, a signal, two
 * programs at a time, an open file by its number, or an environment that is read when the program starts.
 */
export function cisternHere(
  folder: string,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<Ended> {
  const ended = previous.then(() => inThisProcess(folder, args, more));
  previous = ended.catch(() => undefined);
  return ended;
}

async function inThisProcess(folder: string, args: readonly string[], more: Record<string, string>): Promise<Ended> {
  program ??= programHere();
  const [out, err] = [heard(process.stdout), heard(process.stderr)];
  const [home, code] = [process.cwd(), process.exitCode];
  const restore = withEnvironment({ NO_COLOR: "1", ...more });
  // A command that is refused leaves these to its process, which ends.
  const emitters = [process.stdout, process.stderr, process].flatMap((emitter) =>
    ["error", "SIGINT", "SIGTERM", "SIGHUP"].map((name) => ({ emitter, name, before: emitter.rawListeners(name) })),
  );
  process.exitCode = undefined;
  process.chdir(folder);
  try {
    await program.runProgram(args);
    return { code: Number(process.exitCode ?? 0), out: out.text, err: err.text };
  } finally {
    process.chdir(home);
    process.exitCode = code;
    restore();
    for (const { stream } of [out, err]) Reflect.deleteProperty(stream, "write");
    for (const { emitter, name, before } of emitters) {
      for (const each of emitter.rawListeners(name)) {
        if (!before.includes(each)) emitter.off(name, each as () => void);
      }
    }
  }
}

function programHere(): Program {
  const { runBundle } = createRequire(import.meta.url)(join(bundles, "run-bundle.cjs")) as {
    runBundle(name: string): Program;
  };
  return runBundle("cistern");
}

/** From now on the text that a stream is given stays here. */
function heard(stream: NodeJS.WriteStream): { stream: NodeJS.WriteStream; text: string } {
  const said = { stream, text: "" };
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    said.text += String(chunk);
    const done = rest.find((each) => typeof each === "function");
    if (done) process.nextTick(done as () => void);
    return true;
  };
  return said;
}

/** Sets variables, and returns what sets them back. */
function withEnvironment(values: Record<string, string>): () => void {
  const given = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of given) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
