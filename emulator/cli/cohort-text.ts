// The text of `cistern cohort`: a table of quantiles for each probe, the outcomes, the trial, the counts, and the runs that did not
// pass with the seed that replays each.

import { numberWords } from "../amounts";
import { changesIn, type CohortReport, type CountRow } from "../run/cohort-report";
import { QUANTILES, type Quantiles, type Spread } from "../run/spread";
import { formatTicks, ticksOfSeconds } from "../time";
import type { Paint } from "./paint";
import { bannerOf, section } from "./report-text";

const NOT_PASSED_SHOWN = 10;
/** The widest number is that of ten millions, and a space keeps it from its neighbour. */
const COLUMN = 11;

/** `replay` is the command of a run up to its seed. */
export function cohortTextOf(report: CohortReport, replay: string, paint: Paint): string {
  const { scenario, seed, n, finished, gear, controller, machine, indication, duration_s } = report;
  const people =
    finished === n
      ? `${numberWords(n)} sampled patients`
      : `${numberWords(finished)} of ${numberWords(n)} sampled patients`;
  const lines = [
    `${paint("bold", scenario)}  ${bannerOf(report, paint)}`,
    `  ${people} (${indication.replaceAll("_", " ")}) over ${time(duration_s)}`,
    `  ${paint("dim", `seed ${seed}, gear ${gear}, controller ${controller}, machine ${machine}`)}`,
    ...report.probes.flatMap(({ at_s, signals }) =>
      tableOf(
        `at ${time(at_s)}`,
        signals.map(({ name, unit, ...spread }) => [withUnit(name, unit), spread]),
        paint,
      ),
    ),
    ...tableOf(
      "change from the baseline to the last week, %",
      changesIn(report.outcomes).map(({ name, change }) => [name, change]),
      paint,
    ),
    ...section("trial", trialLines(report)),
    ...section(
      "harms",
      report.harms.map((row) => `${countWords(row, finished)}, first at ${time(row.first_s)}`),
    ),
    ...section(
      "alarms",
      report.alarms.map((row) => countWords(row, finished)),
    ),
    ...section(
      "events",
      report.events.map((row) => countWords(row, finished)),
    ),
    ...section("did not pass", notPassed(report, replay)),
    "",
    `${bannerOf(report, paint)}  ${paint("bold", scenario)}${report.reason === null ? "" : `: ${report.reason}`}`,
  ];
  return `${lines.join("\n")}\n`;
}

function withUnit(name: string, unit: string): string {
  return unit === "" ? name : `${name} (${unit})`;
}

/** Rows without a value are left out, and so is a table without a row. */
function tableOf(title: string, rows: readonly (readonly [string, Spread])[], paint: Paint): string[] {
  const known = rows.flatMap(([name, { quantiles }]) => (quantiles === null ? [] : [[name, quantiles] as const]));
  if (known.length === 0) return [];
  const width = Math.max(title.length, ...known.map(([name]) => name.length + 2));
  const head = QUANTILES.map((percent) => `${percent} %`.padStart(COLUMN)).join("");
  return [
    "",
    `  ${title.padEnd(width)}${paint("dim", head)}`,
    ...known.map(([name, quantiles]) => `    ${name.padEnd(width - 2)}${cells(quantiles)}`),
  ];
}

function cells(quantiles: Quantiles): string {
  return QUANTILES.map((percent) => shown(quantiles[percent]).padStart(COLUMN)).join("");
}

/** Four significant digits, no decimals from a thousand on, and a power of ten below a thousandth. */
function shown(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return numberWords(Math.round(value));
  return size > 0 && size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

function trialLines({ trial, finished }: CohortReport): string[] {
  if (trial === null) return [];
  const { kind, rule, passed, failed, undecided, placebo } = trial;
  const open = undecided > 0 ? `, ${undecided} not over` : "";
  return [
    `${kind.replaceAll("_", " ")}: ${rule}`,
    `${numberWords(passed)} of ${numberWords(finished)} passed, ${numberWords(failed)} failed${open}` +
      (placebo === null ? "" : `; ${placebo.passed} of ${placebo.people} would have passed with a placebo`),
  ];
}

function countWords({ name, patients, times }: CountRow, finished: number): string {
  return `${name.padEnd(24)} ${numberWords(patients)} of ${numberWords(finished)} patients, ${numberWords(times)} in all`;
}

function notPassed({ not_passed, runs }: CohortReport, replay: string): string[] {
  const total = runs.fail + runs.invalid;
  const rows = not_passed
    .slice(0, NOT_PASSED_SHOWN)
    .map(({ patient, seed, verdict, reason }) => `patient ${patient}, seed ${seed}, ${verdict}: ${reason ?? ""}`);
  if (total > rows.length) rows.push(`... and ${numberWords(total - rows.length)} more`);
  return total === 0 ? [] : [...rows, `one alone: ${replay} ${not_passed[0].seed}`];
}

function time(time_s: number): string {
  return formatTicks(ticksOfSeconds(time_s));
}
