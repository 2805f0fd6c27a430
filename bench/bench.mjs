// Measures the speed of the emulator, side by side in one run: the example day in lockstep and in leaps, as JavaScript and as
// WebAssembly. Each figure is the best of interleaved rounds, because other work on the host can only slow a round down. On a
// shared host only the ratios mean anything. A day of leaps takes milliseconds, so a round runs it many times. The first
// minute, in which the pump is switched on and commissioned, is not measured. On Linux round trips on both wires follow
// (wire.ts), and the cost of a child process for a controller that is not ours (apart.ts). `--json` prints the figures as JSON.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { loadController, loadScenario, referenceController, ScenarioRun } from "../dist/index.js";

const ROUNDS = 7;
const LOCKSTEP_TICKS = 2_000_000;
const LEAP_DAYS = 40;
const COMMISSIONED_TICKS = 6_000;
const root = join(import.meta.dirname, "..");
const scenario = loadScenario(join(root, "scenarios", "breakthrough-pain.yaml"));
const wasm = await loadController(join(root, "dist", "controller.wasm"));

const cases = [
  {
    name: "lockstep, JavaScript",
    gear: "lockstep",
    controller: referenceController,
    until_ticks: LOCKSTEP_TICKS,
    runs: 1,
  },
  { name: "lockstep, WebAssembly", gear: "lockstep", controller: wasm, until_ticks: LOCKSTEP_TICKS, runs: 1 },
  { name: "leap, JavaScript", gear: "leap", controller: referenceController, runs: LEAP_DAYS },
  { name: "leap, WebAssembly", gear: "leap", controller: wasm, runs: LEAP_DAYS },
].map((each) => ({ ...each, mticks_per_s: 0 }));

for (let round = 0; round < ROUNDS; round++) {
  for (const each of cases) {
    let ticks = 0;
    let took_ms = 0;
    for (let i = 0; i < each.runs; i++) {
      const run = new ScenarioRun(scenario, { tracks: false, ...each });
      run.advance(COMMISSIONED_TICKS);
      const began = performance.now();
      run.advance(run.end_ticks);
      took_ms += performance.now() - began;
      ticks += run.machine.tick - COMMISSIONED_TICKS;
    }
    each.mticks_per_s = Math.max(each.mticks_per_s, ticks / took_ms / 1000);
  }
}

// A tick is 10 ms, so a million ticks a second are 10,000 simulated seconds a second.
const rows = cases.map(({ name, mticks_per_s }) => ({ name, mticks_per_s, simulated_s_per_s: mticks_per_s * 10_000 }));
const base = rows[0].mticks_per_s;

const [wires, apart] = process.platform === "linux" ? [measuredBy("wire.ts"), measuredBy("apart.ts")] : [null, []];

if (process.argv.includes("--json")) {
  const gears = rows.map((row) => ({ ...row, ratio: row.mticks_per_s / base }));
  console.log(JSON.stringify({ gears, wires, apart }));
} else {
  for (const { name, mticks_per_s, simulated_s_per_s } of rows) {
    const simulated = `${Math.round(simulated_s_per_s).toLocaleString("en").padStart(12)} simulated s/s`;
    const ratio = `${(mticks_per_s / base).toFixed(2).padStart(9)} x`;
    console.log(`${name.padEnd(24)} ${mticks_per_s.toFixed(2).padStart(10)} M ticks/s ${simulated} ${ratio}`);
  }
  for (const { name, p50_us, p99_us, ratio } of wires?.trips ?? []) {
    const times = `p50 ${String(p50_us).padStart(7)} us  p99 ${String(p99_us).padStart(7)} us`;
    console.log(`${name.padEnd(28)} ${times} ${ratio.toFixed(2).padStart(9)} x`);
  }
  for (const { name, here_ms, apart_ms, ratio } of apart) {
    const times = `${Math.round(here_ms)} ms here, ${Math.round(apart_ms)} ms in a child process`;
    console.log(`${`controller apart, ${name}`.padEnd(36)} ${times} ${ratio.toFixed(2).padStart(9)} x`);
  }
  if (wires) console.log(`hal wire in lockstep over a pseudo-terminal: ${wires.hal.exchanges_per_s} ticks a second`);
}

function measuredBy(file) {
  const program = ["--import", "tsx", join(root, "bench", file)];
  return JSON.parse(execFileSync(process.execPath, program, { cwd: root, encoding: "utf8", timeout: 600_000 }));
}
