// The reference firmware on a Cortex-M3 (SIL-1): the module as C by wasm2c, compiled with targets/cortex-m3 and targets/c, and run by
// QEMU on the board mps2-an385 against `cistern board --lockstep` over a pseudo-terminal. The law: the fingerprint of the run in one
// process. `npm run silicon` builds and runs it, prints its figures, and compares them with bench/silicon.json; `--write` keeps the new
// ones there. Needed: Debian's gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm; without them it ends with 3.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import type { BoardCounts } from "../emulator/hal-wire/board-side";
import type { RunReport } from "../emulator/run/report";
import { compileController, SHIPPED_FLAGS } from "../scripts/dialect.mjs";
import { keep, keptFor, risen } from "./kept-counts";
import { versionOf, WASM2C } from "./twin/twin";

const ROOT = join(import.meta.dirname, "..");
const TARGET = join(ROOT, "targets", "cortex-m3");
const C = join(ROOT, "targets", "c");
const FILE = "silicon.json";
const GCC = "arm-none-eabi-gcc";
const QEMU = "qemu-system-arm";
/** One instruction takes 1 ns of the virtual clock, so that what the part's timer measures does not depend on the host. */
const COUNTED = ["-icount", "shift=0"];
/** One instruction takes 64 ns, and the virtual clock keeps to that of the host: 15.6 million a second, which is less than the part's 25 MHz give. */
const PACED = ["-icount", "shift=6,align=on,sleep=on"];
const BOARD_START_MS = 60_000;
const RUN_MS = 300_000;

export interface SiliconTools extends Record<string, string> {
  compiler: string;
  qemu: string;
}

/** The tools by their versions, or the reason in words why nothing can be built. */
export function siliconTools(): SiliconTools | string {
  const compiler = versionOf(GCC, "--version");
  const qemu = versionOf(QEMU, "--version");
  const missing = [...(compiler === null ? [GCC] : []), ...(qemu === null ? [QEMU] : [])];
  if (compiler !== null && qemu !== null) return { compiler, qemu };
  return `${missing.join(" and ")} not installed (Debian: gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm)`;
}

/** Bytes of the parts of the program. */
interface Sizes {
  rom: number;
  /** Without the stack. */
  ram: number;
}

/** A program for the part, in a folder of its own that `close` removes. */
export class Silicon {
  readonly sizes: Sizes;
  private readonly folder = mkdtempSync(join(tmpdir(), "cistern-silicon-"));

  /** Builds it from the bytes of a controller's module, which is that of targets/wasm. */
  constructor(controller: Uint8Array) {
    const ports = new Set(
      WebAssembly.Module.imports(new WebAssembly.Module(Uint8Array.from(controller))).map((each) => each.module),
    );
    const options = ["-mcpu=cortex-m3", "-mthumb", "-Os", "-std=gnu11", "-ffunction-sections", "-fdata-sections"];
    const include = ["-I.", `-I${C}`, `-I${TARGET}`];
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, args, { cwd: this.folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    writeFileSync(join(this.folder, "controller.wasm"), controller);
    run(process.execPath, WASM2C, "controller.wasm", "-n", "controller", "-o", "controller.c");
    // Every warning about our own C stops the build; the generated C is not ours.
    run(GCC, ...options, ...include, "-w", "-c", "controller.c");
    const imports = `-DCONTROLLER_IMPORTS=${[...ports].map(() => "0").join(",")}`;
    const own = readdirSync(TARGET).filter((name) => name.endsWith(".c"));
    const sources = [...own.map((name) => join(TARGET, name)), join(C, "hal_wire.c"), join(C, "bytes.c")];
    const strict = ["-Wall", "-Wextra", "-Werror"];
    const link = ["-nostartfiles", "--specs=nosys.specs", "-Wl,--gc-sections", "-T", join(TARGET, "mps2-an385.ld")];
    run(GCC, ...options, ...strict, ...include, imports, ...link, "-o", "pump.elf", "controller.o", ...sources);
    const [text, data, bss] = run("arm-none-eabi-size", "pump.elf").split("\n")[1].trim().split(/\s+/).map(Number);
    this.sizes = { rom: text + data, ram: data + bss };
  }

  /**
   * Runs a scenario on the part, in lockstep or in real time. `cistern` is the words of the command; `more` are further options of
   * `cistern board`. Throws when either end does not end by itself.
   */
  async run(
    cistern: readonly string[],
    scenario: string,
    more: readonly string[] = [],
    pace: "lockstep" | "real time" = "lockstep",
  ): Promise<OnSilicon> {
    const link = join(this.folder, "line");
    const isLockstep = pace === "lockstep";
    const paced = isLockstep ? ["--lockstep"] : [];
    const words = [...cistern.slice(1), "board", scenario, ...paced, "--pty", link, "--json", ...more];
    const board = spawn(cistern[0], words, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    board.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
    board.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()));
    const over = new Promise<void>((resolve) => board.once("close", () => resolve()));
    try {
      await appears(link, () => board.exitCode === null);
      const part = await this.part(link, isLockstep ? COUNTED : PACED);
      await over;
      if (out === "") throw new Error(`the board printed no report: ${err.trim()}; the part: ${part.said.trim()}`);
      return { ...part, report: JSON.parse(out) as OnSilicon["report"] };
    } finally {
      board.kill("SIGKILL");
    }
  }

  /** Runs QEMU until the part has ended. */
  private part(
    link: string,
    clock: readonly string[],
  ): Promise<{ code: number | null; said: string; figures: Record<string, number> }> {
    const line = ["-chardev", `serial,id=line,path=${link}`, "-serial", "chardev:line"];
    const board = ["-M", "mps2-an385", "-display", "none", "-monitor", "none"];
    const debuggers = ["-semihosting-config", "enable=on,target=native"];
    const words = [...board, ...debuggers, ...line, ...clock, "-kernel", join(this.folder, "pump.elf")];
    const qemu = spawn(QEMU, words, { stdio: ["ignore", "pipe", "pipe"], timeout: RUN_MS, killSignal: "SIGKILL" });
    let said = "";
    qemu.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()));
    qemu.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
    return new Promise((resolve) => {
      qemu.once("close", (code) => {
        const rows = [...said.matchAll(/^(\w+) (\d+)$/gm)].map(([, name, value]) => [name, Number(value)] as const);
        resolve({ code, said, figures: Object.fromEntries(rows) });
      });
    });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface OnSilicon {
  /** Of QEMU, which is that of the part's program: 0 when the board said pass. */
  code: number | null;
  /** The text that the part printed. */
  said: string;
  /** Its figures by name (targets/cortex-m3/main.c). */
  figures: Record<string, number>;
  /** The report of the board. */
  report: RunReport & { wire: BoardCounts };
}

async function appears(link: string, lives: () => boolean): Promise<void> {
  const end = performance.now() + BOARD_START_MS;
  while (!existsSync(link)) {
    if (!lives() || performance.now() > end) throw new Error("cistern board did not start");
    await after(20);
  }
}

/** The report of the same run in one process. */
export function inOneProcess(cistern: readonly string[], scenario: string, more: readonly string[] = []): RunReport {
  const words = [...cistern.slice(1), "run", scenario, "--json", ...more];
  const { stdout, stderr } = spawnSync(cistern[0], words, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as RunReport;
}

/** The runs of `npm run silicon`: a day in leaps, resets in it, and a minute of which every tick is executed. */
const RUNS: readonly { name: string; scenario: string; more: string[] }[] = [
  { name: "a day with leaps", scenario: "scenarios/breakthrough-pain.yaml", more: [] },
  { name: "a day with brown-outs", scenario: "scenarios/brownout-during-bolus.yaml", more: [] },
  {
    name: "every tick of a minute",
    scenario: "scenarios/breakthrough-pain.yaml",
    more: ["--gear", "lockstep", "--until", "1 min"],
  },
];

/** The run in real time, without the patient's day: pairing, a program, and the first pulses. */
const IN_REAL_TIME = { scenario: "scenarios/breakthrough-pain.yaml", until: "20 s" };

/**
 * Runs the part in real time and gives what both ends counted, in words. Misses depend on the host, so nothing is compared. Throws
 * when the part is not programmed.
 */
export async function inRealTime(silicon: Silicon, cistern: readonly string[]): Promise<string> {
  const { scenario, until } = IN_REAL_TIME;
  const { report, figures, said } = await silicon.run(cistern, scenario, ["--until", until], "real time");
  const { asked, missed, late } = report.wire;
  const resets = report.events.filter(({ name }) => name === "reset").length;
  if (!report.events.some(({ name }) => name === "program_accepted")) throw new Error(`it was not programmed: ${said}`);
  const there = `${figures["ticks_in_all"]} carried out, ${figures["ticks_skipped"]} skipped, ${figures["frames_again"]} frames sent again`;
  return `in real time for ${until}: ${asked} ticks asked, ${missed} missed, ${late} answers late, ${resets} resets; on the part ${there}`;
}

/** Runs all of them. Prints a line each and the figures; returns the figures, or null when a fingerprint differs. */
export async function figuresOf(
  silicon: Silicon,
  cistern: readonly string[],
  print: (line: string) => void,
): Promise<Record<string, number> | null> {
  const figures: Record<string, number> = {
    "bytes of ROM": silicon.sizes.rom,
    "bytes of RAM without the stack": silicon.sizes.ram,
  };
  let isSame = true;
  let stack = 0;
  for (const { name, scenario, more } of RUNS) {
    const here = inOneProcess(cistern, scenario, more);
    const there = await silicon.run(cistern, scenario, more);
    const same = there.report.fingerprint === here.fingerprint;
    isSame &&= same;
    print(
      `${same ? "ok    " : "FAILED"}  ${name}: fingerprint ${there.report.fingerprint}, in one process ${here.fingerprint}`,
    );
    if (!same) print(there.said.trim());
    stack = Math.max(stack, there.figures["stack"] ?? 0);
    if (more.includes("lockstep")) figures["instructions a quiet tick"] = there.figures["instructions_a_tick"];
    else figures[`instructions of the longest tick, ${name}`] = there.figures["instructions_most"];
  }
  figures["bytes of stack"] = stack;
  return isSame ? figures : null;
}

async function main(): Promise<void> {
  const tools = siliconTools();
  if (typeof tools === "string") {
    console.error(`nothing was built or run: ${tools}`);
    process.exitCode = 3;
    return;
  }
  const silicon = new Silicon(await compileController(SHIPPED_FLAGS, { names: false }));
  try {
    const cistern = [process.execPath, join(ROOT, "bin", "cistern.mjs")];
    const figures = await figuresOf(silicon, cistern, (line) => console.log(line));
    if (figures === null) {
      process.exitCode = 1;
      return;
    }
    console.log(await inRealTime(silicon, cistern));
    const kept = keptFor(FILE, tools);
    for (const [name, value] of Object.entries(figures))
      console.log(`${name}: ${value}, kept: ${kept?.[name] ?? "none for these versions"}`);
    if (process.argv.includes("--write")) await keep(FILE, tools, figures);
    else if (kept !== null) {
      const more = risen(figures, kept);
      for (const line of more) console.log(`risen by more than 5 %: ${line}`);
      if (more.length > 0) process.exitCode = 1;
    }
  } finally {
    silicon.close();
  }
}

if (process.argv[1] === import.meta.filename) await main();
