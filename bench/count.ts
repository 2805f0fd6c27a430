// Counts the instructions of the native twin of the present sources, and compares them with those of bench/instructions.json for
// the same versions of compiler, wabt and valgrind. `--write` keeps the new ones there. `npm run prove` compares too.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { parseScenario, ScenarioRun, wasmController } from "../emulator/index";
import { compileController, SHIPPED_FLAGS } from "../scripts/dialect.mjs";
import { endsAlike, instructionsOf, steadyPump } from "./steady";
import { buildTwin, toolsHere, type Tools } from "./twin/twin";

const FILE = join(import.meta.dirname, "instructions.json");
/** A count may rise by this part. */
const RISE_MAX = 0.05;
const LOCKSTEP_TICKS = 100_000;

interface Kept {
  tools: Tools;
  counts: Record<string, number>;
}

/** The present counts, those that are kept for the same tools, and a line for each that rose too much. */
export interface Comparison {
  tools: Tools;
  counts: Record<string, number>;
  /** Null: the file has none for these versions. */
  kept: Record<string, number> | null;
  risen: string[];
}

/** Counts in the twin of the present sources, whose controller is compiled anew. The reason in words when there can be no counts. */
export async function countNow(): Promise<Comparison | string> {
  const tools = toolsHere();
  if (typeof tools === "string") return tools;
  if (tools.valgrind === null) return "valgrind is not installed";
  const module = await compileController(SHIPPED_FLAGS, { names: false });
  const pump = steadyPump({ parseScenario, ScenarioRun }, wasmController("wasm", new WebAssembly.Module(module)));
  const twin = buildTwin(tools, module);
  try {
    twin.take(pump.run.machine);
    for (const gear of ["lockstep", "leap"] as const) {
      if (!endsAlike(twin, pump, gear, LOCKSTEP_TICKS)) return `the twin ends in another state in ${gear}`;
    }
    const counts = instructionsOf(twin, pump);
    const kept = keptFor(tools)?.counts ?? null;
    return { tools, counts, kept, risen: kept === null ? [] : risen(counts, kept) };
  } finally {
    twin.close();
  }
}

/** A line for each count that is higher than the kept one by more than the permitted part, with the row's name. */
export function risen(counts: Record<string, number>, kept: Record<string, number>): string[] {
  return Object.entries(counts).flatMap(([name, count]) => {
    const before = kept[name];
    if (before === undefined || count <= before * (1 + RISE_MAX)) return [];
    return [`${name}: ${count}, and ${before} before`];
  });
}

function all(): Kept[] {
  return JSON.parse(readFileSync(FILE, "utf8")) as Kept[];
}

function keptFor(tools: Tools): Kept | undefined {
  return all().find((kept) => isSame(kept.tools, tools));
}

function isSame(one: Tools, other: Tools): boolean {
  return one.compiler === other.compiler && one.wabt === other.wabt && one.valgrind === other.valgrind;
}

async function keep({ tools, counts }: Comparison): Promise<void> {
  const others = all().filter((kept) => !isSame(kept.tools, tools));
  const rounded = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Math.round(count)]));
  writeFileSync(FILE, await format(JSON.stringify([...others, { tools, counts: rounded }]), { parser: "json" }));
}

async function main(): Promise<void> {
  const now = await countNow();
  if (typeof now === "string") {
    console.error(`nothing is counted: ${now}`);
    process.exitCode = 3;
    return;
  }
  for (const [name, count] of Object.entries(now.counts))
    console.log(`${name}: ${count.toFixed(0)}, kept: ${now.kept?.[name] ?? "none for these versions"}`);
  if (process.argv.includes("--write")) await keep(now);
  else if (now.risen.length > 0) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) await main();
