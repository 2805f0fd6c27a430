// Whole processes of the built command against bare node: the version, the schema, a day in leaps, and the memory that traces and
// reports of 100 and 1,000 days take. Processor time and memory are those of the process itself, which it prints when it exits.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { counted, measure, type Outcome, type Row, type Subject, type Took } from "./measure";
import { DIST, ROOT } from "./product";
import { serviceLife } from "./scenarios";

const COMMAND = join(DIST, "cistern.js");
const EXAMPLE = join(ROOT, "scenarios", "breakthrough-pain.yaml");
const BARE = "bare node";
const VERSION_RATIO_MAX = 1.5;
const MEMORY_DAYS = [100, 1000];
const MEMORY_MB_MAX = 200;
/** 2,500 days at 2,000 pulses a day. */
const LIFE_DAYS = 2500;
const LIFE_S_MAX = 4;
/** Prints processor time in us and the greatest memory in kB as the last line of the process. */
const TELLS = `data:text/javascript,process.on("exit",()=>{const u=process.resourceUsage();process._rawDebug(JSON.stringify([u.userCPUTime+u.systemCPUTime,u.maxRSS]))})`;

function run(words: readonly string[]): Took & { memory_mb: number; stdout: string } {
  const began = performance.now();
  const { stdout, stderr, error } = spawnSync(process.execPath, [`--import=${TELLS}`, ...words], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  const wall_s = (performance.now() - began) / 1000;
  const [cpu_us, memory_kb] = JSON.parse(stderr.trim().split("\n").at(-1)!) as [number, number];
  return { cpu_s: cpu_us / 1e6, wall_s, memory_mb: memory_kb / 1024, stdout };
}

export async function processRows(rounds: number): Promise<Outcome> {
  const common = { per: 1, unit: "ms", peer: BARE } as const;
  const of = (name: string, ...words: string[]): Subject => ({ ...common, name, once: () => run([COMMAND, ...words]) });
  const subjects: Subject[] = [
    { name: BARE, per: 1, unit: "ms", once: () => run(["-e", "0"]) },
    { ...of("cistern --version", "--version"), ratio_max: VERSION_RATIO_MAX },
    of("cistern schema", "schema"),
    of("cistern validate, a day", "validate", EXAMPLE),
    of("cistern run, a day", "run", EXAMPLE, "--json"),
  ];
  const rows = await measure(subjects, rounds);
  return { rows: [...rows, ...memoryRows()], leftOut: [] };
}

/** The service life in one process, once: its fingerprint tells that runs of different builds did the same. */
export async function lifeRows(): Promise<Outcome> {
  return inFolder((folder) => {
    const scenario = join(folder, "life.yaml");
    writeFileSync(scenario, serviceLife(LIFE_DAYS));
    const { cpu_s, wall_s, stdout } = run([COMMAND, "run", scenario, "--json"]);
    const { fingerprint, delivered } = JSON.parse(stdout) as { fingerprint: string; delivered: { pulses: number } };
    const name = `service life, ${delivered.pulses.toLocaleString("en")} pulses (${fingerprint})`;
    return { rows: [{ ...counted(name, "s", cpu_s, LIFE_S_MAX), wall: wall_s }], leftOut: [] };
  });
}

function memoryRows(): Row[] {
  return inFolder((folder) =>
    MEMORY_DAYS.flatMap((days) => {
      const scenario = join(folder, `${days}.yaml`);
      writeFileSync(scenario, serviceLife(days));
      return (["trace.csv", "trace.vcd", "report.html"] as const).map((file) => {
        const option = file === "report.html" ? "--report" : "--trace";
        const { memory_mb } = run([COMMAND, "run", scenario, option, join(folder, file)]);
        return counted(`${option} ${file}, ${days} days, greatest memory`, "MB", memory_mb, MEMORY_MB_MAX);
      });
    }),
  );
}

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "cistern-bench-"));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
