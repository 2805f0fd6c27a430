// Measures the speed of cistern and prints it as a table: docs/bench.md says what each row is. `--json` prints the same as one
// JSON value, `--only GROUP[,GROUP]` measures some groups alone, `--rounds N` takes another number of rounds (default 7).

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { campaignRows } from "./campaign";
import { costRows } from "./costs";
import { machineRows } from "./machine";
import { patientRows } from "./patient";
import { steppingRows } from "./stepping";
import { table, type Outcome } from "./measure";
import { lifeRows, processRows } from "./processes";
import { ROOT } from "./product";
import { toolsHere } from "./twin/twin";

const ROUNDS = 7;

const GROUPS: Readonly<Record<string, (rounds: number) => Promise<Outcome>>> = {
  machine: machineRows,
  patient: patientRows,
  costs: costRows,
  processes: processRows,
  life: lifeRows,
  campaign: campaignRows,
  stepping: steppingRows,
};
/** Programs of their own, which print JSON. They run on Linux only. */
const OTHERS: Readonly<Record<string, string>> = { wires: "wire.ts", apart: "apart.ts" };

const { values } = parseArgs({
  options: { json: { type: "boolean" }, only: { type: "string" }, rounds: { type: "string" } },
});
const rounds = Number(values.rounds ?? ROUNDS);
const names = [...Object.keys(GROUPS), ...Object.keys(OTHERS)];
const asked = values.only?.split(",") ?? names;
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
  console.error(`usage: npm run bench -- [--json] [--only ${names.join(",")}] [--rounds N]`);
  process.exit(2);
}

const outcome: Outcome = { rows: [], leftOut: [] };
const others: Record<string, unknown> = {};
for (const name of asked) {
  if (name in GROUPS) {
    const { rows, leftOut } = await GROUPS[name](rounds);
    outcome.rows.push(...rows);
    outcome.leftOut.push(...leftOut);
  } else if (process.platform === "linux") others[name] = measuredBy(OTHERS[name]);
  else outcome.leftOut.push({ name, why: "it is measured on Linux only" });
}
const date = new Date().toISOString().slice(0, 10);
if (values.json)
  console.log(JSON.stringify({ date, node: process.version, tools: toolsHere(), ...outcome, ...others }));
else print();

function print(): void {
  console.log(table(outcome.rows));
  for (const { name, why } of outcome.leftOut) console.log(`left out: ${name}: ${why}`);
  const { wires, apart = [] } = others as Partial<Others>;
  for (const { name, p50_us, p99_us, ratio } of wires?.trips ?? []) {
    const times = `p50 ${String(p50_us).padStart(7)} us  p99 ${String(p99_us).padStart(7)} us`;
    console.log(`${name.padEnd(28)} ${times} ${ratio.toFixed(2).padStart(9)} x`);
  }
  if (wires) console.log(`hal wire in lockstep over a pseudo-terminal: ${wires.hal.exchanges_per_s} ticks a second`);
  for (const { name, here_ms, apart_ms, ratio } of apart) {
    const times = `${Math.round(here_ms)} ms here, ${Math.round(apart_ms)} ms in a child process`;
    console.log(`${`controller apart, ${name}`.padEnd(36)} ${times} ${ratio.toFixed(2).padStart(9)} x`);
  }
}

interface Others {
  wires: {
    trips: { name: string; p50_us: number; p99_us: number; ratio: number }[];
    hal: { exchanges_per_s: number };
  };
  apart: { name: string; here_ms: number; apart_ms: number; ratio: number }[];
}

function measuredBy(file: string): unknown {
  const program = ["--import", "tsx", join(ROOT, "bench", file)];
  return JSON.parse(execFileSync(process.execPath, program, { cwd: ROOT, encoding: "utf8", timeout: 600_000 }));
}
