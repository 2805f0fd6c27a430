// Judges the search by controllers whose answer is known: each wrong one of the zoo must be found, and none that is right.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CampaignReport } from "../campaign/campaign-report";
import { PROFILES } from "../campaign/profiles";
import { WHOLE } from "../campaign/shard-file";
import { buildWith } from "../machine/module";
import { UsageError } from "../usage-error";
import { VERSION } from "../version";
import { ZOO, type ZooRow } from "../zoo/controllers";
import { controllerHash } from "./builds";
import { playCampaign, type Progress } from "./campaign";
import { childrenEngine } from "./children";

/** Beside the command; for a program that runs from its sources, in dist/. */
const FOLDERS = ["./", "../../dist/"];
/** The cases in which a controller that is right must show no failure, unless `ZooSetup.runs` says how many. */
const RIGHT_CASES = 10 * PROFILES.hours.count;

export interface ZooSetup {
  /** The hash of this build. */
  build: string;
  seed: number;
  /**
   * The cases for each controller, and the host's time for one that is wrong: null and Infinity are no bound, but a search of one
   * that is right always ends after so many cases.
   */
  runs: number | null;
  time_ms: number;
  workers: number;
  /** The path of a controller as its counterexample names it. */
  pathOf(module: string): string;
}

export interface ZooResult extends Pick<ZooRow, "name" | "hazard" | "title"> {
  /** found: a failure was found; held: none was; untold: the campaign proves nothing. */
  outcome: "found" | "held" | "untold";
  /** True when it is found and wrong, or held and right. */
  ok: boolean;
  /** The first failure in words, or why nothing can be told; null when it held. */
  text: string | null;
  cases: number;
  /** Entries of the counterexample's timeline. */
  entries: number | null;
  core_s: number;
  host_s: number;
  /** The counterexample's file by its name, and its text. */
  file: string | null;
  text_yaml: string | null;
}

/** The rows of these names; all without a name. Throws UsageError. */
export function zooRows(names: readonly string[]): readonly ZooRow[] {
  const unknown = names.find((name) => !ZOO.some((row) => row.name === name));
  if (unknown !== undefined) {
    throw new UsageError(`the zoo has no controller ${unknown}; cistern zoo --list prints their names`);
  }
  return names.length === 0 ? ZOO : ZOO.filter(({ name }) => names.includes(name));
}

/** The module of a controller, which the build has made. Throws UsageError when it is not there. */
function zooModule(name: string): string {
  const paths = FOLDERS.map((folder) => fileURLToPath(new URL(`${folder}zoo/${name}.mjs`, import.meta.url)));
  const found = paths.find(existsSync);
  if (found !== undefined) return found;
  throw new UsageError(`${paths[0]} is missing: npm run build makes the controllers of the zoo`);
}

/** Searches one of them until its first failure, and makes that small. Throws ControllerFault. */
export async function playZooRow(
  row: ZooRow,
  { build, seed, runs, time_ms, workers, pathOf }: ZooSetup,
  stop: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<ZooResult> {
  const { name, hazard, title } = row;
  const module = zooModule(name);
  const engine = childrenEngine(module, workers);
  const head = {
    version: VERSION,
    build,
    controller: { name, hash: controllerHash(module) },
    machine: buildWith(module).machine,
    seed,
    profile: "hours" as const,
    property: "all",
  };
  const bounds = hazard === null ? { runs: runs ?? RIGHT_CASES, time_ms: Infinity } : { runs, time_ms };
  const setup = { head, ...bounds, controllerPath: pathOf(module), corpus: [], shard: WHOLE, endsAtFirst: true };
  try {
    const { report } = await playCampaign(setup, engine, stop, onProgress);
    return { name, hazard, title, ...outcomeOf(report, hazard !== null) };
  } finally {
    await engine.close();
  }
}

function outcomeOf(report: CampaignReport, isWrong: boolean): Omit<ZooResult, "name" | "hazard" | "title"> {
  const { cases, core_s, host_s, failures, reason, verdict } = report;
  const [first] = [...failures].sort((a, b) => a.entries - b.entries);
  const spent = { cases, core_s, host_s };
  if (first) {
    const { text, entries, file, text_yaml } = first;
    return { outcome: "found", ok: isWrong, text, entries, file, text_yaml, ...spent };
  }
  const none = { entries: null, file: null, text_yaml: null, ...spent };
  if (verdict === "pass") return { outcome: "held", ok: !isWrong, text: null, ...none };
  return { outcome: "untold", ok: false, text: reason, ...none };
}
