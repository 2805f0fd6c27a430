// The findings of a run: the moments that the plots mark, and the list above the plots that says what went wrong, the first in
// time first.

import type { RunReport } from "../run/report";
import type { FindingKind, FindingRow } from "../run/verdict";
import { ticksOfSeconds, timeWords } from "../time";
import { numberWords } from "../amounts";
import { momentLink } from "./frame";
import type { Mark } from "./page-model";
import { MOMENT_SPAN_S } from "./place";
import { escaped } from "./words";

/** Rows of the list at first. */
const FINDINGS_SHOWN = 5;

const KINDS: Record<FindingKind, string> = {
  expectation: "expectation",
  invariant: "invariant",
  harm: "harm",
  fault: "fault",
  controller: "controller",
  command: "command",
  end: "end of the run",
  board: "board",
  gears: "two gears",
  acceptance: "acceptance",
  member: "patient of the cohort",
  campaign: "campaign",
};

/** The moments that went wrong; a finding without a time has none. */
export function wrongMoments({ findings }: RunReport): Mark[] {
  return findings.flatMap(({ at_s, kind, weight, text }) =>
    at_s === null
      ? []
      : [
          {
            at_s,
            label: KINDS[kind],
            detail: `${timeWords(at_s)}: ${text}`,
            tone: weight === "fail" ? ("critical" as const) : ("warning" as const),
          },
        ],
  );
}

/** The ticks that the page shows around each moment that went wrong. */
export function wrongStretches({ findings, harms }: RunReport): [from: number, to: number][] {
  const moments = [...findings.map(({ at_s }) => at_s), ...harms.map(({ first_s }) => first_s)];
  return [...new Set(moments.filter((at_s) => at_s !== null))].map((at_s) => [
    ticksOfSeconds(at_s - MOMENT_SPAN_S / 2),
    ticksOfSeconds(at_s + MOMENT_SPAN_S / 2),
  ]);
}

/** A list, unless the headline says the one thing that went wrong. */
export function findingsOf({ findings, reason }: RunReport): string {
  if (findings.length === 0 || (findings.length === 1 && findings[0].text === reason)) return "";
  return `<section class="card findings" aria-labelledby="findings-title">
<h2 id="findings-title">What went wrong <small>${numberWords(findings.length)}, the first in time first</small></h2>
<ol data-list="findings" data-shown="${FINDINGS_SHOWN}">
${findings.map(itemOf).join("\n")}
</ol>
</section>`;
}

function itemOf({ at_s, kind, weight, text }: FindingRow): string {
  const [mark, meaning] = weight === "fail" ? ["✗", "failed"] : ["?", "proves nothing"];
  const when = at_s === null ? '<span class="when">at no time</span>' : momentLink(at_s, timeWords(at_s), "when");
  return (
    `<li class="${weight}"><span class="no"><span aria-hidden="true">${mark}</span><span class="unseen">${meaning}</span></span>` +
    `${when}<span class="kind">${KINDS[kind]}</span><span class="text">${escaped(text)}</span></li>`
  );
}
