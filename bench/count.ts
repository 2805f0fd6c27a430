// Counts the instructions of the native twin of the present sources, and compares them with those of bench/instructions.json for
// the same versions of compiler, wabt and valgrind. `--write` keeps the new ones there. `npm run prove` compares too.

import { parseScenario, ScenarioRun, wasmController } from "../emulator/index";
import { compileController, SHIPPED_FLAGS } from "../scripts/dialect.mjs";
import { keep, keptFor, risen } from "./kept-counts";
import { endsAlike, instructionsOf, steadyPump } from "./steady";
import { buildTwin, toolsHere, type Tools } from "./twin/twin";

const FILE = "instructions.json";
const LOCKSTEP_TICKS = 100_000;

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
    const kept = keptFor(FILE, { ...tools });
    return { tools, counts, kept, risen: kept === null ? [] : risen(counts, kept) };
  } finally {
    twin.close();
  }
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
  if (process.argv.includes("--write")) await keep(FILE, { ...now.tools }, now.counts);
  else if (now.risen.length > 0) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) await main();
