// The native twin (twin.c): the controller's module as C by wasm2c, compiled with a board and a world in C by the system's
// compiler, `-O2`. It begins in the state of a machine with that controller and gives a state back, which such a machine takes
// over, so that both ends can be compared by their fingerprints. `npm ci` brings wasm2c (npm's wabt); the compiler and valgrind
// come from the system. What is missing is said and not installed.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as guard from "../../hal/guard";
import * as motor from "../../hal/motor";
import * as nvm from "../../hal/nvm";
import * as reservoir from "../../hal/reservoir";
import * as sounder from "../../hal/sounder";
import * as trace from "../../hal/trace";
import * as units from "../../hal/units";
import * as watchdog from "../../hal/watchdog";
import type { Machine } from "../../emulator/machine/machine";

const ROOT = join(import.meta.dirname, "..", "..");
const SOURCES = import.meta.dirname;
const TARGET = join(ROOT, "targets", "c");
export const WASM2C = join(dirname(createRequire(import.meta.url).resolve("wabt/package.json")), "bin", "wasm2c");
/** Every warning about our own C stops the build; the generated C is not ours. */
const OPTIONS = ["-std=gnu11", "-O2", "-ffp-contract=off"];
const OWN_OPTIONS = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"];

/** The versions that an instruction count depends on. */
export interface Tools {
  compiler: string;
  wabt: string;
  /** Null when there is no valgrind. */
  valgrind: string | null;
}

/** The work and the time of a run of the twin. */
export interface TwinRun {
  executed: number;
  cpu_s: number;
  wall_s: number;
}

/** The counts of a snapshot, which a machine does not let be set one by one. */
const COUNTS = ["tick", "executed", "leapt"];

type Gear = "lockstep" | "leap";

/** The first line that a program prints about its version; null when it does not start. */
export function versionOf(program: string, ...args: string[]): string | null {
  const { status, stdout } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0].trim() : null;
}

/** The tools by their versions, or the reason in words why there can be no twin. */
export function toolsHere(): Tools | string {
  const compiler = versionOf("cc", "--version");
  if (compiler === null) return "no C compiler (cc) is installed";
  const wabt = versionOf(process.execPath, WASM2C, "--version");
  if (wabt === null) return "wasm2c of npm's wabt does not run";
  return { compiler, wabt: `wabt ${wabt}`, valgrind: versionOf("valgrind", "--version") };
}

/** constants.h: the numbers of hal/, and the instance of each of the module's import modules, which the twin has no use for. */
function constants(controller: Uint8Array): string {
  const parts = { ...guard, ...motor, ...nvm, ...reservoir, ...sounder, ...trace, ...units, ...watchdog };
  const numbers = Object.entries(parts).filter(([, value]) => typeof value === "number");
  const module = new WebAssembly.Module(Uint8Array.from(controller));
  const ports = new Set(WebAssembly.Module.imports(module).map((each) => each.module));
  return [
    ...numbers.map(([name, value]) => `#define ${name} ${String(value)}`),
    `#define IMPORTS ${[...ports].map(() => "NULL").join(", ")}`,
    "",
  ].join("\n");
}

/** A twin that was built. */
export class Twin {
  readonly program: string;
  private readonly folder: string;
  /** The values of its state: path and count. */
  private readonly places: readonly { path: string; count: number }[];

  /** `folder` has the program, and is removed by `close`. */
  constructor(folder: string) {
    this.folder = folder;
    this.program = join(folder, "twin");
    const names = execFileSync(this.program, ["names"], { encoding: "utf8" }).trim().split("\n");
    this.places = names.map((line) => {
      const [path, count] = line.split(" ");
      return { path, count: Number(count) };
    });
  }

  /** Takes over the state of a machine whose controller is dist/controller.wasm. Throws when the twin has no such state. */
  take(machine: Machine): void {
    if (machine.faults.on.some((on) => on !== 0)) throw new Error("the twin has no faults, and one is on");
    if (machine.quiet() <= 0) throw new Error("the twin begins between two quiet ticks");
    const memory = machine.snapshot().controller.arrays[0];
    const values = this.places.flatMap(({ path, count }) => {
      const found = path === "memory" ? memory : valueAt(machine, path);
      const all = typeof found === "object" ? Array.from(found) : [Number(found)];
      if (all.length !== count) throw new Error(`${path} has ${all.length} values, and in the twin ${count}`);
      return all;
    });
    writeFileSync(join(this.folder, "from"), new Float64Array(values));
  }

  run(gear: Gear, ticks: number): TwinRun {
    const printed = execFileSync(this.program, this.words(gear, ticks), { encoding: "utf8" });
    const [executed, , cpu_s, wall_s] = printed.trim().split(" ").map(Number);
    return { executed, cpu_s, wall_s };
  }

  /** Counts the instructions of a run by callgrind. They depend on versions and not on load. */
  instructions(gear: Gear, ticks: number): number {
    const options = ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=twin_run"];
    const { status, stderr } = spawnSync("valgrind", [...options, this.program, ...this.words(gear, ticks)], {
      encoding: "utf8",
    });
    const found = /Collected : (\d+)/.exec(stderr);
    if (status !== 0 || !found) throw new Error(`valgrind failed:\n${stderr}`);
    return Number(found[1]);
  }

  /** Sets `machine` to the state in which the last run ended. */
  give(machine: Machine): void {
    const bytes = readFileSync(join(this.folder, "to"));
    const values = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / Float64Array.BYTES_PER_ELEMENT);
    const counts: Partial<Record<string, number>> = {};
    let memory = new Float64Array(0);
    let at = 0;
    for (const { path, count } of this.places) {
      const part = values.subarray(at, at + count);
      at += count;
      if (path === "memory") memory = part;
      else if (COUNTS.includes(path)) counts[path] = part[0];
      else putAt(machine, path, part);
    }
    const snapshot = machine.snapshot();
    (snapshot.controller.arrays[0] as Uint8Array).set(memory);
    machine.restore({ ...snapshot, ...counts });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private words(gear: Gear, ticks: number): string[] {
    return ["run", gear, String(ticks), join(this.folder, "from"), join(this.folder, "to")];
  }
}

/**
 * Builds the twin of `controller`, the bytes of its module, in a folder of its own. The program is kept in node_modules/.cache by
 * the hash of all that goes into it.
 */
export function buildTwin({ compiler, wabt }: Tools, controller: Uint8Array): Twin {
  const header = constants(controller);
  const hash = createHash("sha256")
    .update([compiler, wabt, ...OPTIONS, header].join("\n"))
    .update(controller);
  for (const file of [join(SOURCES, "twin.c"), join(TARGET, "wasm-rt.h")]) hash.update(readFileSync(file));
  const kept = join(ROOT, "node_modules", ".cache", `cistern-twin-${hash.digest("hex").slice(0, 16)}`);
  const folder = mkdtempSync(join(tmpdir(), "cistern-twin-"));
  const program = join(folder, "twin");
  if (!existsSync(kept)) {
    const inFolder = { cwd: folder, stdio: ["ignore", "ignore", "inherit"] as ("ignore" | "inherit")[] };
    writeFileSync(join(folder, "constants.h"), header);
    writeFileSync(join(folder, "controller.wasm"), controller);
    execFileSync(process.execPath, [WASM2C, "controller.wasm", "-n", "controller", "-o", "controller.c"], inFolder);
    execFileSync("cc", [...OPTIONS, "-w", `-I${TARGET}`, "-c", "controller.c"], inFolder);
    const own = [...OPTIONS, ...OWN_OPTIONS, `-I${TARGET}`, "-I.", "-c", join(SOURCES, "twin.c")];
    execFileSync("cc", own, inFolder);
    execFileSync("cc", ["controller.o", "twin.o", "-lm", "-o", "twin"], inFolder);
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, readFileSync(program), { mode: 0o755 });
  }
  writeFileSync(program, readFileSync(kept), { mode: 0o755 });
  return new Twin(folder);
}

/** The number, switch or array at `board.motor.steps`. */
function valueAt(machine: Machine, path: string): number | boolean | ArrayLike<number> {
  let node: unknown = machine;
  for (const name of path.split(".")) node = (node as Record<string, unknown>)[name];
  if (node === undefined) throw new Error(`the machine has no ${path}, which the twin has`);
  return node as number | boolean | ArrayLike<number>;
}

function putAt(machine: Machine, path: string, values: Float64Array): void {
  const cut = path.lastIndexOf(".");
  const name = path.slice(cut + 1);
  const owner = (cut < 0 ? machine : valueAt(machine, path.slice(0, cut))) as unknown as Record<string, unknown>;
  const old = owner[name];
  if (typeof old === "object") (old as Float64Array).set(values);
  else owner[name] = typeof old === "boolean" ? values[0] !== 0 : values[0];
}
