// `cistern run` with several scenarios: each is loaded before the first one runs, then all run one after the other. There is one
// line for each, then all that did not pass with what went wrong, and the count as the last line. The worst decides the exit code.

import type { RunReport } from "../run/report";
import { findingWords } from "../run/verdict";
import type { FieldCheck } from "../scenario/load";
import type { Scenario } from "../scenario/scenario";
import { codeOf, EXIT_OF_VERDICT, worstOf } from "./exit";
import { EXIT } from "./exit-codes";
import type { BrokenSuite, Suite } from "./junit";
import { suiteOf } from "./junit";
import type { Paint } from "./paint";
import { bannerOf } from "./report-text";
import type { ScenarioFile } from "./scenario-files";

/** How a scenario ended: with a report, with an error of its own, or not at all after an interrupt. */
export type Outcome =
  | { file: string; report: RunReport }
  | { file: string; error: string; code: number }
  | { file: string; left: true };

const FINDINGS_SHOWN = 5;
const MARK_WIDTH = "INVALID".length;

type Loaded = { file: string; scenario: Scenario } | Extract<Outcome, { error: string }>;

/**
 * Loads each scenario with those fields of the controller, and runs each with `play` until `isOver`. `onOutcome` is called with each outcome as it comes. An error that no user can
 * cause is thrown.
 */
export async function playAll(
  files: readonly ScenarioFile[],
  fields: FieldCheck | undefined,
  play: (scenario: Scenario) => Promise<RunReport>,
  isOver: () => boolean,
  onOutcome: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const loaded: Loaded[] = [];
  for (const { name, load } of files) {
    loaded.push(await attempt(name, async () => ({ file: name, scenario: await load(fields) })));
  }
  const outcomes: Outcome[] = [];
  for (const each of loaded) {
    const outcome =
      "error" in each
        ? each
        : isOver()
          ? ({ file: each.file, left: true } as const)
          : await attempt(each.file, async () => ({ file: each.file, report: await play(each.scenario) }));
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;
}

async function attempt<T>(file: string, act: () => Promise<T>): Promise<T | Extract<Outcome, { error: string }>> {
  try {
    return await act();
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    return { file, error: (error as Error).message, code };
  }
}

export function codeOfAll(outcomes: readonly Outcome[]): number {
  return worstOf(outcomes.map(codeOfOne));
}

function codeOfOne(outcome: Outcome): number {
  if ("report" in outcome) return EXIT_OF_VERDICT[outcome.report.verdict];
  return "error" in outcome ? outcome.code : EXIT.interrupted;
}

/** The line of one scenario. */
export function lineOf(outcome: Outcome, paint: Paint): string {
  const { file } = outcome;
  if ("left" in outcome) return `${"-".padEnd(MARK_WIDTH)}  ${file}  not run`;
  if ("error" in outcome) return `${paint("red", "ERROR".padEnd(MARK_WIDTH))}  ${outcome.error.split("\n")[0]}`;
  const { report } = outcome;
  const room = " ".repeat(Math.max(0, MARK_WIDTH - report.verdict.length));
  const why = report.reason === null ? "" : `: ${report.reason}`;
  return `${bannerOf(report, paint)}${room}  ${file}  ${report.scenario}${why}`;
}

/** The lines after all scenarios: those that did not pass with what went wrong, and the count. */
export function summaryOf(outcomes: readonly Outcome[], paint: Paint): string[] {
  const details = outcomes.flatMap((outcome) => {
    if ("left" in outcome) return [];
    if ("error" in outcome) return [`  ${outcome.file}`, ...outcome.error.split("\n").map((line) => `    ${line}`)];
    const { findings, verdict } = outcome.report;
    if (verdict === "pass") return [];
    const rows = findings.slice(0, FINDINGS_SHOWN).map((row) => `    ${findingWords(row)}`);
    if (findings.length > FINDINGS_SHOWN) rows.push(`    ... and ${findings.length - FINDINGS_SHOWN} more`);
    return [`  ${outcome.file}  ${bannerOf(outcome.report, paint)}`, ...rows];
  });
  const list = details.length === 0 ? [] : ["", "did not pass", ...details];
  const counts = Object.entries(countsOf(outcomes)).flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []));
  return [...list, "", `${outcomes.length} scenarios: ${counts.join(", ")}`];
}

function countsOf(outcomes: readonly Outcome[]) {
  const counts = { pass: 0, fail: 0, invalid: 0, interrupted: 0, error: 0, "not run": 0 };
  for (const outcome of outcomes) {
    if ("report" in outcome) counts[outcome.report.verdict]++;
    else counts["error" in outcome ? "error" : "not run"]++;
  }
  return counts;
}

/** The one JSON value of several runs: each report with its file, and a file that could not be run with its error. */
export function jsonOf(outcomes: readonly Outcome[], exit_code: number): object {
  const { "not run": not_run, ...counts } = countsOf(outcomes);
  const runs = outcomes.map((outcome) => {
    if ("report" in outcome) return { file: outcome.file, ...outcome.report };
    return "error" in outcome ? { file: outcome.file, error: outcome.error } : { file: outcome.file, not_run: true };
  });
  return { schema: "cistern.runs/1", exit_code, counts: { ...counts, not_run }, runs };
}

export function suitesOf(outcomes: readonly Outcome[]): (Suite | BrokenSuite)[] {
  return outcomes.map((outcome) => {
    if ("report" in outcome) return suiteOf(outcome.report, outcome.file);
    return { file: outcome.file, error: "error" in outcome ? outcome.error : "not run" };
  });
}
