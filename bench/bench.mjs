// Speed, side by side in one run: the example day in lockstep and in leaps, as JavaScript and as WebAssembly. Each figure is
// the median of interleaved runs; only the ratios mean anything on a shared machine. `--json` for machines.

import { join } from "node:path";
import { loadController, loadScenario, referenceController, ScenarioRun } from "../dist/index.js";

const ROUNDS = 7;
const LOCKSTEP_TICKS = 2_000_000;
const root = join(import.meta.dirname, "..");
const scenario = loadScenario(join(root, "scenarios", "breakthrough-pain.yaml"));
const wasm = await loadController(join(root, "dist", "controller.wasm"));

const cases = [
  { name: "lockstep, JavaScript", gear: "lockstep", controller: referenceController, until_ticks: LOCKSTEP_TICKS },
  { name: "lockstep, WebAssembly", gear: "lockstep", controller: wasm, until_ticks: LOCKSTEP_TICKS },
  { name: "leap, JavaScript", gear: "leap", controller: referenceController },
  { name: "leap, WebAssembly", gear: "leap", controller: wasm },
].map((each) => ({ ...each, speeds: [] }));

for (let round = 0; round < ROUNDS; round++) {
  for (const each of cases) {
    const run = new ScenarioRun(scenario, { tracks: false, ...each });
    const began = performance.now();
    run.advance(run.end_ticks);
    each.speeds.push(run.machine.tick / (performance.now() - began) / 1000);
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const rows = cases.map((each) => {
  const mticks_per_s = median(each.speeds);
  // A tick is 10 ms: a million of them a second is 10,000 simulated seconds a second.
  return { name: each.name, mticks_per_s, simulated_s_per_s: mticks_per_s * 10_000 };
});
const base = rows[0].mticks_per_s;

if (process.argv.includes("--json")) {
  console.log(JSON.stringify(rows.map((row) => ({ ...row, ratio: row.mticks_per_s / base }))));
} else {
  for (const { name, mticks_per_s, simulated_s_per_s } of rows) {
    const simulated = `${Math.round(simulated_s_per_s).toLocaleString("en").padStart(12)} simulated s/s`;
    const ratio = `${(mticks_per_s / base).toFixed(2).padStart(9)} x`;
    console.log(`${name.padEnd(24)} ${mticks_per_s.toFixed(2).padStart(10)} M ticks/s ${simulated} ${ratio}`);
  }
}
