// The shards of a campaign as one report. It is the report that the campaign has on one machine: the units are the same, and so are
// their results. What is missing is told, and shards of two campaigns are refused.

import type { CampaignReport } from "../campaign/campaign-report";
import { merge } from "../campaign/merge";
import { Results } from "../campaign/results";
import { type ShardFile, unitIdsOf } from "../campaign/shard-file";
import { UsageError } from "../usage-error";

export interface NamedShard {
  path: string;
  file: ShardFile;
}

/**
 * `pathOf` gives the path of a controller as the counterexamples are to name it, from the one that the campaign was given. Throws
 * UsageError for shards that are not of one campaign.
 */
export function mergeShards(shards: readonly NamedShard[], pathOf: (given: string) => string): CampaignReport {
  const [first] = shards;
  for (const shard of shards) refuseOther(first, shard);
  const results = new Results();
  for (const { file } of shards) {
    for (const result of file.results) results.add(result);
    for (const loss of file.losses) results.lose(loss);
  }
  const { head } = first.file;
  const ending = { host_s: Math.max(...shards.map(({ file }) => file.host_s)), interrupted: false };
  const flaws = [...results.flaws(), ...gapsOf(shards, results)];
  const { name, hash } = head.controller;
  const controllerPath = hash === "reference" ? null : pathOf(name);
  return merge(head, results.byUnit, { ...ending, losses: results.losses, controllerPath, flaws });
}

function refuseOther(first: NamedShard, shard: NamedShard): void {
  const [one, other] = [first, shard].map(({ file: { head, plan, shard: part } }) => ({
    version: head.version,
    build: head.build,
    controller: head.controller.hash,
    seed: head.seed,
    profile: head.profile,
    "--only": head.property,
    "--runs": plan.runs ?? "as many as the time allows",
    corpus: plan.corpus.length === 0 ? "none" : `${plan.corpus.join(", ")} (${plan.corpusHash})`,
    "number of shards": part.of,
  }));
  for (const key of Object.keys(one) as (keyof typeof one)[]) {
    if (one[key] === other[key]) continue;
    throw new UsageError(
      `${shard.path}: found ${key} ${other[key]}, expected ${one[key]} as in ${first.path}: they are shards of two campaigns`,
    );
  }
}

/** The parts of the whole campaign that these shards do not have, in words. */
function gapsOf(shards: readonly NamedShard[], { byUnit, losses }: Results): string[] {
  const { head, plan, shard } = shards[0].file;
  const gaps: string[] = [];
  for (let index = 1; index <= shard.of; index++) {
    const own = shards.filter(({ file }) => file.shard.index === index);
    if (own.length === 0) gaps.push(`shard ${index}/${shard.of} is missing`);
    else if (own.every(({ file }) => file.interrupted)) gaps.push(`shard ${index}/${shard.of} was interrupted`);
  }
  const lost = new Set(losses.map(({ unit }) => unit));
  const absent = unitIdsOf(head.profile, plan).filter((id) => !byUnit.has(id) && !lost.has(id));
  if (absent.length > 0 && gaps.length === 0)
    gaps.push(`${absent.length} units have no result, the first is ${absent[0]}`);
  return gaps;
}
