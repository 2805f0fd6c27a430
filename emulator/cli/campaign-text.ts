// The text of `cistern check`: what was carried out and reached, what is excused, and each failure with its scenario.

import { join } from "node:path";
import { numberWords } from "../amounts";
import { type CampaignReport, type FailureRow, GROUPS, type Group, groupOf } from "../campaign/campaign-report";
import { formatTicks, ticksOfSeconds } from "../time";
import type { Paint } from "./paint";
import { bannerOf, ending, section } from "./report-text";

/** `out` is the folder with the failures; null when they were not written. */
export function campaignTextOf(report: CampaignReport, out: string | null, paint: Paint): string {
  const { cases, pump_days, core_s, profile, seed, controller, machine, build, excused, known, failures } = report;
  const speed = core_s > 0 ? `${numberWords(Math.round(pump_days / core_s))} a core-second` : "";
  const lines = [
    `${paint("bold", "check")}  ${bannerOf(report, paint)}`,
    `  ${numberWords(cases)} cases, ${numberWords(pump_days, 1)} pump-days, ${speed}`,
    `  ${paint("dim", `profile ${profile}, seed ${seed}, controller ${controller.name}, machine ${machine}, build ${build}`)}`,
    ...section("reached", reachedLines(report)),
    ...section(
      "excused harms (no alarm of this hardware can name them in time)",
      excused.map(({ hazard, harm, reason, cases: count }) => `${hazard} ${harm} in ${count} cases: ${reason}`),
    ),
    ...section(
      "known counterexamples",
      known.map(({ file, outcome, text }) => `${WORDS[outcome].padEnd(11)} ${file}${text === "" ? "" : `: ${text}`}`),
    ),
    ...failures.flatMap((row) => failureLines(row, out, paint)),
    ...ending({ ...report, scenario: "check" }, paint),
  ];
  return `${lines.join("\n")}\n`;
}

export const WORDS = { still: "still fails", mended: "mended", untold: "cannot tell" } as const;

function reachedLines({ classes, missed, not_judged, compared }: CampaignReport): string[] {
  const names = Object.keys(classes);
  const lines = (Object.keys(GROUPS) as Group[]).flatMap((group) => {
    const own = names.filter((name) => groupOf(name) === group);
    if (own.length === 0) return [`${group.padEnd(8)} none: not judged`];
    const rarest = [...own].sort((a, b) => classes[a] - classes[b])[0];
    const rare = `the rarest ${rarest.slice(group.length + 1)} (${classes[rarest]})`;
    return [`${group.padEnd(8)} ${String(own.length).padStart(4)} ${GROUPS[group]}; ${rare}`];
  });
  const builds = compared.builds > 0 ? `, ${compared.builds} in both builds` : "";
  lines.push(
    `compared ${compared.gears} cases in both gears, ${compared.restore} with a run from the beginning${builds}`,
  );
  if (missed === null) lines.push("fewer cases than the profile's number, so its promise is not judged");
  else if (missed.length > 0) lines.push(`promised and never reached: ${missed.join(", ")}`);
  if (not_judged.length > 0)
    lines.push(`not judged, because the controller shows none of it: ${not_judged.join(", ")}`);
  return lines;
}

function failureLines(row: FailureRow, out: string | null, paint: Paint): string[] {
  const { text, at_s, file, text_yaml, repeats, units } = row;
  const when = at_s === null ? "" : ` at ${formatTicks(ticksOfSeconds(at_s))}`;
  const steady = repeats === false ? " (it did not fail again)" : repeats === null ? " (not made smaller)" : "";
  const head = `${paint("red", "failure")}  ${text}${when}${steady}, in ${units} units`;
  const scenario = text_yaml.trimEnd().split("\n");
  return ["", head, ...(out === null ? scenario.map((line) => `    ${line}`) : [`  ${join(out, file)}`])];
}
