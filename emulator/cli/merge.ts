// `cistern merge` makes one report from the shards of a campaign, as if one machine had carried it out.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { parseShardFile, SHARD_FILE_NAME } from "../campaign/shard-file";
import { mergeShards, type NamedShard } from "../check/shards";
import { UsageError } from "../usage-error";
import { CAMPAIGN_PAGE, type CampaignOutput, makeFolder, seenFrom, writeCampaign } from "./campaign-output";
import { EXIT_OF_VERDICT, exitWith } from "./exit";
import { JSON_OUTPUT, JUNIT } from "./options";
import { checkOutputFiles } from "./output-files";
import { judgedFiles } from "./played-options";

export const mergeCommand = new Command("merge")
  .description("make one report from the shards of a campaign, which `cistern check --shard I/N --out DIR` wrote")
  .argument("<dir...>", "folders with shards, or folders of such folders")
  .option("--out <dir>", "write campaign.json and a scenario for each failure")
  .option(...CAMPAIGN_PAGE)
  .option(...JUNIT)
  .option(...JSON_OUTPUT)
  .addHelpText(
    "after",
    "\nThe report is that of the campaign on one machine. A shard may be given twice: its results must then be the same." +
      "\nExit codes: 0 everything held, 1 something did not, 2 bad usage or input, such as shards of two campaigns, 3 a file failed," +
      "\n4 a shard or a unit is missing, or two results of a unit differ.",
  )
  .action((folders: string[], options: CampaignOutput) => exitWith(() => runMerge(folders, options)));

async function runMerge(folders: readonly string[], options: CampaignOutput): Promise<number> {
  const files = judgedFiles(options);
  const paths = folders.flatMap(shardsIn);
  checkOutputFiles(
    files,
    paths.map((path) => [`the shard ${path}`, path] as const),
  );
  const report = mergeShards([...new Set(paths)].map(shardAt), (name) => seenFrom(options.out ?? ".", name));
  if (options.out !== undefined) makeFolder(options.out);
  await writeCampaign(report, options);
  return EXIT_OF_VERDICT[report.verdict];
}

/** The files of shards in a folder and in the folders in it. */
function shardsIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`${folder}: found no folder, expected one that check --out wrote`);
  }
  const entries = readdirSync(folder, { withFileTypes: true });
  const inner = entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => filesIn(join(folder, name)));
  const paths = [...filesIn(folder), ...inner].sort();
  if (paths.length > 0) return paths;
  throw new UsageError(`${folder}: found no units.json and no units-I-of-N.json in it or in its folders`);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => SHARD_FILE_NAME.test(name))
    .map((name) => join(folder, name));
}

function shardAt(path: string): NamedShard {
  const file = parseShardFile(readFileSync(path, "utf8"));
  if (typeof file === "string") throw new UsageError(`${path}: ${file}; expected the units of a campaign`);
  return { path, file };
}
