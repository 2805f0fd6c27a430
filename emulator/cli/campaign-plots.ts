// The runs of a campaign's failures for its page: each counterexample runs once more, with its signals recorded, and its report is that
// of `cistern run`. The runs come after the campaign, so they are no part of its time; a case is short, because it was made small.

import { openRun } from "../apart/open";
import { advanceInSlices } from "../apart/slices";
import type { CampaignReport, FailureRow } from "../campaign/campaign-report";
import { controllerHash } from "../check/builds";
import { ControllerFault } from "../machine/controller-host";
import type { FailurePage } from "../report/campaign";
import { htmlOf } from "../report/html";
import { parseScenario } from "../scenario/load";
import { ScenarioError } from "../scenario/scenario";
import { MS_PER_SECOND } from "../time";

/** The failures whose runs a page has; each is some hundred kilobytes of it. */
const PLOTTED_MAX = 5;
/** The host's time for a run of one failure. */
const RUN_MS_MAX = 20_000;

/** By the name of the failure's file. */
export async function failurePages(report: CampaignReport): Promise<Map<string, FailurePage>> {
  const pages = new Map<string, FailurePage>();
  for (const row of report.failures.slice(0, PLOTTED_MAX)) pages.set(row.file, await pageOf(row, report));
  return pages;
}

async function pageOf(
  { file, text_yaml }: FailureRow,
  { controller: { name, hash } }: CampaignReport,
): Promise<FailurePage> {
  const controller = hash === "reference" ? null : name;
  try {
    if (controllerHash(controller) !== hash) return { why: `${name} is another controller now` };
    const scenario = parseScenario(text_yaml, file);
    const run = await openRun({ scenario, controller, gear: "leap", tracks: true, placebo: false, from: null });
    const began_ms = performance.now();
    const isLate = (): boolean => performance.now() - began_ms > RUN_MS_MAX;
    try {
      await advanceInSlices(run, run.end_ticks, isLate);
      if (!run.over) return { why: `its run takes more than ${RUN_MS_MAX / MS_PER_SECOND} s` };
      const ran = await run.report((performance.now() - began_ms) / MS_PER_SECOND, false);
      return { html: htmlOf(ran, await run.tracks()) };
    } finally {
      await run.close();
    }
  } catch (error) {
    if (error instanceof ControllerFault || error instanceof ScenarioError)
      return { why: error.message.split("\n")[0] };
    throw error;
  }
}
