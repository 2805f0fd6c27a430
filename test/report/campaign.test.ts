// The page of a campaign: each failure with its scenario and with the plots of its run, which work in their frame without a network.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CampaignReport, FailureRow } from "../../emulator/campaign/campaign-report";
import { failurePages } from "../../emulator/cli/campaign-plots";
import { campaignHtmlOf } from "../../emulator/report/campaign";
import { chromiumPath } from "../machine-here";
import { until } from "../until";
import { browserPages } from "./browser";

const CASE = `
# failure: harm underdose at 4 h
duration: 6 h
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, rate: 400 uL/day } }
timeline: [{ at: 2 h, fault: motor_stall, for: 3 h }]
`;

function failure(index: number, text_yaml = CASE): FailureRow {
  const file = `case-${index}.yaml`;
  const found = {
    signature: "harm underdose",
    kind: "harm",
    id: "underdose",
    text: "an <underdose>",
    at_s: 14_400,
  } as const;
  return { ...found, units: 1, case: index, repeats: true, file, text_yaml, entries: 1 };
}

function reportOf(failures: FailureRow[], controller = { name: "reference", hash: "reference" }): CampaignReport {
  return {
    schema: "cistern.campaign/1",
    ...{ version: "v", build: "b", controller, machine: "typescript", seed: 1, profile: "hours", property: "all" },
    ...{
      units: 1,
      cases: 16,
      served: 16,
      compared: { gears: 1, restore: 1, builds: 1 },
      pump_days: 9,
      core_s: 1,
      host_s: 1,
    },
    ...{ classes: { "mode flex": 3 }, missed: null, not_judged: [], excused: [], failures, known: [] },
    ...{ verdict: "fail", reason: "case 0: an underdose", findings: [] },
  };
}

const pages = browserPages();
beforeAll(() => pages.launch());
afterAll(() => pages.close());

describe("the page of a campaign", () => {
  test("has the plots of each failure in a frame, the first one open, and nothing is fetched", async ({ skip }) => {
    const report = reportOf([failure(0), failure(1)]);
    const html = campaignHtmlOf(report, await failurePages(report));
    expect(html.match(/<details/g)).toHaveLength(2);
    expect(html.match(/<details open>/g)).toHaveLength(1);
    expect(html).toContain("an &lt;underdose&gt;");
    skip(chromiumPath === undefined, "no Chromium on this machine");
    const { page, troubles } = await pages.open(html);
    const frame = await (await page.waitForSelector("details[open] iframe")).contentFrame();
    const lines = (): Promise<number> => frame!.evaluate<number>("document.querySelectorAll('#figures canvas').length");
    await until("the plots of the frame are drawn", async () => (await lines()) > 3);
    await frame!.evaluate("document.querySelector('a.moment').click()");
    expect(await lines()).toBeGreaterThan(3);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("says why a failure has no plots: another controller, no controller, no scenario", async () => {
    const gone = reportOf([failure(0)], { name: "gone.mjs", hash: "1" });
    expect((await failurePages(gone)).get("case-0.yaml")).toEqual({
      why: "gone.mjs: cannot load this controller: no such file",
    });
    const other = reportOf([failure(0)], { name: "test/tiny-controller.mjs", hash: "1" });
    const pagesOfOther = await failurePages(other);
    expect(campaignHtmlOf(other, pagesOfOther)).toContain(
      "No plots: test/tiny-controller.mjs is another controller now.",
    );
    const broken = reportOf([failure(0, "duration: soon")]);
    expect((await failurePages(broken)).get("case-0.yaml")).toMatchObject({
      why: expect.stringContaining("case-0.yaml"),
    });
  });
});
