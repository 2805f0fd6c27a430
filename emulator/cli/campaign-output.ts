// The outputs that a campaign and a merge of shards leave: the folder of `--out`, the page, JUnit, annotations for GitHub Actions, and the text or
// the JSON on the standard output.

import { existsSync, mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { CampaignReport } from "../campaign/campaign-report";
import { FileError, reasonOf, writeWhole } from "../file";
import { campaignHtmlOf } from "../report/campaign";
import { annotationsOf } from "./annotations";
import { failurePages } from "./campaign-plots";
import { campaignTextOf } from "./campaign-text";
import { junitOf, suiteOfCampaign } from "./junit";
import { paintFor } from "./paint";

export interface CampaignOutput {
  out?: string;
  report?: string;
  junit?: string;
  json?: boolean;
}

/** The option of the page. */
export const CAMPAIGN_PAGE = [
  "--report <file.html>",
  "write a page with the failures, their plots and what was reached, as one file",
] as const;

export async function writeCampaign(report: CampaignReport, options: CampaignOutput): Promise<void> {
  if (options.out !== undefined) writeOut(options.out, report);
  if (options.report) writeWhole(options.report, [campaignHtmlOf(report, await failurePages(report))]);
  if (options.junit) writeWhole(options.junit, [junitOf([suiteOfCampaign(report)])]);
  const annotations = process.env.GITHUB_ACTIONS === undefined ? "" : annotationsOf(report, options.out);
  const text = options.json
    ? `${JSON.stringify(report)}\n`
    : campaignTextOf(report, options.out ?? null, paintFor(process.stdout));
  process.stdout.write(options.json ? text : `${annotations}${text}`);
  if (options.json) process.stderr.write(annotations);
}

export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new FileError(folder, reasonOf(error as NodeJS.ErrnoException), error);
  }
}

/** A path as a file in that folder names it. */
export function seenFrom(folder: string, path: string): string {
  const found = relative(resolve(folder), resolve(path));
  return found.startsWith(".") ? found : `./${found}`;
}

/** Writes the failures that are not there yet, and the report. */
function writeOut(folder: string, report: CampaignReport): void {
  for (const { file, text_yaml } of report.failures) {
    const path = join(folder, file);
    if (!existsSync(path)) writeWhole(path, [text_yaml]);
  }
  writeWhole(join(folder, "campaign.json"), [`${JSON.stringify(report, null, 2)}\n`]);
}
