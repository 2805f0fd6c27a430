// Makes the text that `cistern run` prints for a person: the run and its numbers first; the last events, all that went wrong and
// the verdict at the end, where a person looks last. A long list is cut, and a line says so; `--json` has everything.

import { buildWords } from "../machine/controller-host";
import { formatTicks, ticksOfSeconds } from "../time";
import type { Outcomes, PatientReport, RunEvent, RunReport } from "../run/report";
import { type OUTCOME_ROWS, rowsOf, visitWords } from "../run/outcome-rows";
import { findingWords, type Judgement } from "../run/verdict";
import type { Paint } from "./paint";
import { massWords, numberWords, TEXT, volumeWords } from "../amounts";

const EVENTS_SHOWN = 30;
const FINDINGS_SHOWN = 20;

/** `more` are lines that stand before the events. */
export function textOf(report: RunReport, paint: Paint, more: readonly string[] = []): string {
  const lines = [
    `${paint("bold", report.scenario)}  ${bannerOf(report, paint)}`,
    ...(report.reason ? [`  ${report.reason}`] : []),
    `  ${ran(report)}`,
    `  ${paint("dim", `seed ${report.seed}, gear ${report.gear}, controller ${report.controller}, machine ${buildWords(report.speed)}, fingerprint ${report.fingerprint}`)}`,
    ...section(
      "harms",
      report.harms.map((row) => harm(row, paint)),
    ),
    ...section("patient", patient(report.patient)),
    "",
    ...delivered(report),
    ...section(
      "expectations",
      report.expectations.map((row) => checkLine(row, paint)),
    ),
    ...section("invariants", invariants(report, paint)),
    ...section(
      "faults",
      report.faults.map((row) => fault(row)),
    ),
    ...section(
      "alarms",
      report.alarms.map((row) => alarm(row)),
    ),
    ...section("calls outside of the contract", report.outside_calls.map(outsideCallWords)),
    ...section("twice", twice(report)),
    ...section(
      "warnings",
      report.warnings.map(({ text, line, column }) => `${line}:${column}: ${text}`),
    ),
    ...more,
    ...events(report.events, paint),
    ...ending(report, paint),
  ];
  return `${lines.join("\n")}\n`;
}

/** The verdict as one word. */
export function bannerOf({ verdict }: Judgement, paint: Paint): string {
  const style = { pass: "green", fail: "red", invalid: "yellow", interrupted: "yellow" } as const;
  return paint(style[verdict], verdict.toUpperCase());
}

/** All that went wrong, the first in time first, and the verdict as the last line. */
export function ending(report: Judgement & { scenario: string }, paint: Paint): string[] {
  const { findings, reason, scenario } = report;
  const rows = findings.slice(0, FINDINGS_SHOWN).map(findingWords);
  if (findings.length > FINDINGS_SHOWN) rows.push(`... and ${findings.length - FINDINGS_SHOWN} more`);
  const list = findings.length > 1 ? section("went wrong, the first in time first", rows) : [];
  const why = reason === null ? "" : `: ${reason}`;
  return [...list, "", `${bannerOf(report, paint)}  ${paint("bold", scenario)}${why}`];
}

function twice({ twice }: RunReport): string[] {
  if (!twice) return [];
  const rows = twice.runs.map(({ gear, ticks_executed, ticks_leapt, machine, controller }) => {
    const ticks = `${numberWords(ticks_executed)} ticks executed, ${numberWords(ticks_leapt)} leapt`;
    return `${gear.padEnd(8)}  machine ${machine}, controller ${controller}; ${ticks}`;
  });
  return [...rows, twice.equal ? "equal" : "not equal"];
}

function ran(report: RunReport): string {
  const { simulated_s, host_s, ticks_executed, ticks_leapt } = report.speed;
  const ratio = host_s > 0 ? numberWords(Math.round(simulated_s / host_s)) : "-";
  const ticks = `${numberWords(ticks_executed)} ticks executed, ${numberWords(ticks_leapt)} leapt`;
  return `${formatTicks(report.ended.tick)} simulated in ${host_s.toFixed(2)} s, ${ratio} x real time; ${ticks}`;
}

function delivered(report: RunReport): string[] {
  const { pulses, volume_nl, by_cause, drugs } = report.delivered;
  const causes = Object.entries(by_cause).flatMap(([cause, nl]) =>
    nl === 0 ? [] : [`${cause.replace("_", " ")} ${uL(nl)}`],
  );
  const amounts = (list: { name: string; ug: number }[]) =>
    list.map((drug) => `${drug.name} ${massWords(drug.ug, TEXT)}`).join(", ");
  return [
    `  left the pump   ${uL(volume_nl)} in ${numberWords(pulses)} pulses (${causes.join(", ") || "nothing"}): ${amounts(drugs)}`,
    `  left the tip    ${uL(report.tip.volume_nl)}: ${amounts(report.tip.drugs)}`,
  ];
}

/** A titled list; nothing for an empty one. */
export function section(title: string, rows: string[]): string[] {
  return rows.length === 0 ? [] : ["", `  ${title}`, ...rows.map((row) => `    ${row}`)];
}

/** An expectation with what was seen. */
export function checkLine({ judged, ok, text, seen }: RunReport["expectations"][number], paint: Paint): string {
  const mark = !judged ? paint("yellow", "?   ") : ok ? paint("green", "ok  ") : paint("red", "FAIL");
  return `${mark}  ${text}\n            seen: ${seen}`;
}

/** A class of calls outside of the contract, with the first of them. */
export function outsideCallWords({ kind, count, call, first_s, allowed }: RunReport["outside_calls"][number]): string {
  const first = `the first to ${call} at ${formatTicks(ticksOfSeconds(first_s))}`;
  return `${kind}: ${count}, ${first}${allowed ? " (allowed)" : ""}`;
}

function invariants(report: RunReport, paint: Paint): string[] {
  const broken = report.invariants.filter((row) => !row.ok);
  const ids = (judged: boolean) =>
    report.invariants
      .filter((row) => row.ok && row.judged === judged)
      .map((row) => row.id)
      .join(" ");
  const rest = ids(false) === "" ? [] : [`${paint("yellow", "?   ")}  ${ids(false)}: not judged`];
  if (broken.length === 0) return ids(true) === "" ? rest : [`${paint("green", "ok  ")}  ${ids(true)}`, ...rest];
  return broken.map(
    (row) => `${paint("red", "FAIL")}  ${row.id} broken at ${formatTicks(ticksOfSeconds(row.at_s ?? 0))}`,
  );
}

function harm(row: RunReport["harms"][number], paint: Paint): string {
  const until = row.until_s === null ? "to the end" : `to ${formatTicks(ticksOfSeconds(row.until_s))}`;
  const when = `${row.name} from ${formatTicks(ticksOfSeconds(row.first_s))} ${until}`;
  const named =
    row.by === null || row.reported_s === null
      ? "no alarm named it in its time"
      : `named by ${row.by} of ${formatTicks(ticksOfSeconds(row.reported_s))}`;
  const mark = row.by !== null || row.expected ? paint("yellow", "harm") : paint("red", "FAIL");
  return `${mark}  ${when}: ${named}${row.expected ? ", as expected" : ""}`;
}

/** The patient in a few lines. */
function patient(found: PatientReport | null): string[] {
  if (found === null) return [];
  const { indication, baseline, last_week, trial, visits } = found;
  return [
    `${indication.replaceAll("_", " ")}: baseline and last week`,
    ...(last_week === null ? ["no entry in the diary"] : rowsOf(found).map((row) => outcome(row, baseline, last_week))),
    ...(visits === null ? [] : [visitWords(visits)]),
    ...(trial === null ? [] : trialLines(trial)),
  ];
}

function outcome(
  { name, words, unit, digits }: (typeof OUTCOME_ROWS)[number],
  baseline: PatientReport["baseline"],
  week: Outcomes,
): string {
  const before = baseline[name];
  const was = before === null ? "?" : before.toFixed(digits);
  return `${words.padEnd(26)}${was.padStart(6)}  ${week[name].toFixed(digits).padStart(6)} ${unit}`;
}

function trialLines({ kind, rule, baseline, mean, passed, placebo }: NonNullable<PatientReport["trial"]>): string[] {
  const what = `trial (${kind.replace("_", " ")}): ${rule}`;
  if (baseline === null || mean === null || passed === null) return [what, "  not over yet"];
  const scores = `from ${baseline.toFixed(2)} to ${mean.toFixed(2)}: ${passed ? "passed" : "failed"}`;
  const share = placebo === null ? "" : `; ${placebo.passed} of ${placebo.people} would have passed with a placebo`;
  return [what, `  ${scores}${share}`];
}

function fault(row: RunReport["faults"][number]): string {
  const first = row.first_s === null ? "" : `, first at ${formatTicks(ticksOfSeconds(row.first_s))}`;
  return `${row.name} at ${formatTicks(ticksOfSeconds(row.at_s))}: acted ${row.acted} ${row.acted === 1 ? "time" : "times"}${first}`;
}

function alarm(row: RunReport["alarms"][number]): string {
  const cleared = row.cleared_s === null ? "still active" : `cleared at ${formatTicks(ticksOfSeconds(row.cleared_s))}`;
  const priority = row.priority === "critical" ? "critical" : "non-critical";
  return `${row.name} (${priority}): raised at ${formatTicks(ticksOfSeconds(row.raised_s))}, ${cleared}`;
}

function events(all: RunEvent[], paint: Paint): string[] {
  const rows = all.slice(-EVENTS_SHOWN).map((event) => {
    const { tick, time_s: _time, wall, name, ...fields } = event;
    const words = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
    return `${wall.padEnd(22)}  ${formatTicks(tick).padEnd(24)}  ${name} ${paint("dim", words.join(" "))}`.trimEnd();
  });
  const title =
    all.length > EVENTS_SHOWN
      ? `events, the last ${EVENTS_SHOWN} of ${numberWords(all.length)}: --json has all`
      : "events";
  return section(title, rows);
}

function uL(volume_nl: number): string {
  return volumeWords(Math.round(volume_nl), TEXT);
}
