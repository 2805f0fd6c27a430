// The file in which a campaign, or a shard of one, leaves the results of its units (`units.json`, `units-1-of-3.json`), for `cistern merge`. A
// shard is every n-th unit: the units are numbered over the whole campaign, so the shards together do exactly its units.

import { createHash } from "node:crypto";
import { z } from "zod";
import type { CampaignHead } from "./campaign-report";
import type { Loss } from "./merge";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "./profiles";
import type { Results } from "./results";
import type { UnitResult } from "./unit";

const SCHEMA = "cistern.units/1";

/** Part `index` of `of`, from 1 on. */
export interface Shard {
  index: number;
  of: number;
}

export const WHOLE: Shard = { index: 1, of: 1 };

/** The task of a campaign, which is the same in all of its shards. */
interface Plan {
  /** Cases; null when the time alone decides. */
  runs: number | null;
  /** Names of the known counterexamples, and the hash of their texts. */
  corpus: readonly string[];
  corpusHash: string;
}

export interface ShardFile {
  schema: typeof SCHEMA;
  head: CampaignHead;
  plan: Plan;
  shard: Shard;
  host_s: number;
  interrupted: boolean;
  losses: readonly Loss[];
  results: readonly UnitResult[];
}

interface Setup {
  head: CampaignHead;
  runs: number | null;
  corpus: readonly { name: string; text: string }[];
  shard: Shard;
}

export function shardFileOf(
  { head, runs, corpus, shard }: Setup,
  ending: { host_s: number; interrupted: boolean },
  { byUnit, losses }: Results,
): ShardFile {
  const hash = createHash("sha256");
  for (const { text } of corpus) hash.update(`${text.length} ${text}`);
  const plan = { runs, corpus: corpus.map(({ name }) => name), corpusHash: hash.digest("hex").slice(0, 16) };
  const results = [...byUnit.values()].sort((a, b) => (a.unit < b.unit ? -1 : 1));
  return { schema: SCHEMA, head, plan, shard, ...ending, losses, results };
}

/** The name of the file in the folder of `--out`. Shards may share a folder. */
export function shardFileName({ index, of }: Shard): string {
  return of === 1 ? "units.json" : `units-${index}-of-${of}.json`;
}

export const SHARD_FILE_NAME = /^units(?:-\d+-of-\d+)?\.json$/;

/** The id of a unit of seeking that begins with case `from`. */
export function seekId(profile: ProfileName, from: number): string {
  return `${profile} ${String(from).padStart(7, "0")}`;
}

/** The ids of the units of a plan, without those of shrinking, which follow from results. None of seeking where the time decides. */
export function unitIdsOf(profile: ProfileName, { runs, corpus }: Plan): string[] {
  const { count } = PROFILES[profile];
  const seeks = Array.from({ length: seekUnits(profile, runs ?? 0) }, (_, i) => seekId(profile, i * count));
  return [...corpus, ...seeks];
}

/** The number of units in which so many cases are carried out. */
export function seekUnits(profile: ProfileName, runs: number): number {
  return Math.ceil(runs / PROFILES[profile].count);
}

const failure = z.looseObject({ signature: z.string(), kind: z.string(), id: z.string(), text: z.string() });
const found = failure.extend({ case: z.int(), file: z.looseObject({ duration: z.string() }) });
const counts = z.record(z.string(), z.number());
const common = { unit: z.string(), core_ms: z.number() };
const result = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("seek"),
    ...common,
    ...{ cases: z.int(), refused: z.int(), served: z.int(), ticks: z.number() },
    unanswered: z.object({ case: z.int(), text: z.string(), file: z.looseObject({ duration: z.string() }) }).nullable(),
    compared: z.object({ gears: z.int(), restore: z.int(), builds: z.int() }),
    ...{ classes: counts, excused: counts, failures: z.array(found) },
  }),
  z.looseObject({
    kind: z.literal("corpus"),
    ...common,
    ...{ failures: z.array(failure), untold: z.string().nullable(), excused: counts, ticks: z.number() },
  }),
  z.looseObject({
    kind: z.literal("shrink"),
    ...common,
    ...{
      repeats: z.boolean(),
      failure: failure.nullable(),
      file: z.looseObject({ duration: z.string() }),
      tries: z.int(),
    },
  }),
]);
const began = z.object({ index: z.int(), file: z.looseObject({ duration: z.string() }) });
const shardFile = z.object({
  schema: z.literal(SCHEMA),
  head: z.object({
    version: z.string(),
    build: z.string(),
    controller: z.object({ name: z.string(), hash: z.string() }),
    machine: z.enum(["module", "typescript"]),
    seed: z.int(),
    profile: z.enum(PROFILE_NAMES),
    property: z.string(),
  }),
  plan: z.object({ runs: z.int().nullable(), corpus: z.array(z.string()), corpusHash: z.string() }),
  shard: z.object({ index: z.int(), of: z.int() }),
  host_s: z.number(),
  interrupted: z.boolean(),
  losses: z.array(z.object({ unit: z.string(), text: z.string(), began: began.nullable() })),
  results: z.array(result),
});

/** A result that came from another process, or null when it is none. */
export function resultIn(value: unknown): UnitResult | null {
  const parsed = result.safeParse(value);
  return parsed.success ? (parsed.data as unknown as UnitResult) : null;
}

/** The file that a text is, or in words what it is not. */
export function parseShardFile(text: string): ShardFile | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "found no JSON";
  }
  const parsed = shardFile.safeParse(value);
  if (parsed.success) return parsed.data as unknown as ShardFile;
  const [issue] = parsed.error.issues;
  return `${issue.path.join(".") || "the file"}: ${issue.message}`;
}
