// Measures what a run in a child process costs against the same run in the process of the command: the reference firmware, loaded
// as a controller that is not ours, in both gears, as JavaScript and as WebAssembly. Processor time counts, that of all threads
// and of both processes, from the first tick after the commissioning on. Each round of either side has a new process, so that both
// begin cold; rounds alternate, and the least of each side is taken. It runs on Linux only, where /proc has the time of another
// process. bench.ts starts it; it prints JSON.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApart } from "../emulator/apart/run-apart";
import { loadController } from "../emulator/machine/controller-host";
import { loadScenario } from "../emulator/scenario/load";
import { ScenarioRun } from "../emulator/run/run";

const ROOT = join(import.meta.dirname, "..");
const ROUNDS = 4;
const COMMISSIONED_TICKS = 6_000;
/** A clock tick of the kernel is 10 ms. */
const MS_PER_CLOCK_TICK = 10;
/** The ticks of one call, about what `run` asks for at once. */
const CALL_TICKS = { leap: 100_000_000, lockstep: 400_000 };
const TICKS = { leap: 2_000_000_000, lockstep: 4_000_000 };

type Gear = keyof typeof TICKS;

function cpuOf(id: number): number {
  const fields = readFileSync(`/proc/${id}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_CLOCK_TICK;
}

function newestChild(): number {
  const ids = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").map(Number);
  return Math.max(...ids);
}

const scenario = {
  ...loadScenario(join(ROOT, "scenarios", "restless-patient.yaml")),
  duration_ticks: 2 ** 40,
  expect: [],
};

async function here(controller: string, gear: Gear): Promise<number> {
  const run = new ScenarioRun(scenario, { gear, controller: await loadController(controller), tracks: false });
  run.advance(COMMISSIONED_TICKS);
  const began = process.cpuUsage();
  for (let tick = COMMISSIONED_TICKS; tick < TICKS[gear]; tick += CALL_TICKS[gear]) run.advance(tick);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

async function apart(controller: string, gear: Gear): Promise<number> {
  const run = await openApart({ scenario, gear, controller, from: null, tracks: false });
  try {
    const child = newestChild();
    await run.advance(COMMISSIONED_TICKS);
    const [began, ours] = [cpuOf(child), process.cpuUsage()];
    for (let tick = COMMISSIONED_TICKS; tick < TICKS[gear]; tick += CALL_TICKS[gear]) await run.advance(tick);
    const { user, system } = process.cpuUsage(ours);
    return cpuOf(child) - began + (user + system) / 1000;
  } finally {
    await run.close();
  }
}

/** One side in a new process. */
function inOwnProcess(side: string, controller: string, gear: Gear): number {
  const program = ["--import", "tsx", import.meta.filename, side, controller, gear];
  return Number(execFileSync(process.execPath, program, { cwd: ROOT, encoding: "utf8" }));
}

function measure(): object[] {
  const folder = mkdtempSync(join(tmpdir(), "cistern-bench-"));
  try {
    const script = join(folder, "firmware.ts");
    const firmware = JSON.stringify(join(ROOT, "firmware", "controller.ts"));
    writeFileSync(script, `export { createController } from ${firmware};\n`);
    const kinds = { JavaScript: script, WebAssembly: join(ROOT, "dist", "controller.wasm") };
    return Object.entries(kinds).flatMap(([kind, controller]) =>
      (["lockstep", "leap"] as const).map((gear) => {
        const least = { here_ms: Infinity, apart_ms: Infinity };
        for (let round = 0; round < ROUNDS; round++) {
          least.here_ms = Math.min(least.here_ms, inOwnProcess("here", controller, gear));
          least.apart_ms = Math.min(least.apart_ms, inOwnProcess("apart", controller, gear));
        }
        return { name: `${gear}, ${kind}`, ...least, ratio: least.apart_ms / least.here_ms };
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [side, controller, gear] = process.argv.slice(2) as ["here" | "apart" | undefined, string, Gear];
if (side === undefined) console.log(JSON.stringify(measure()));
else console.log(await (side === "here" ? here : apart)(controller, gear));
