// The JUnit file of `--junit`, as continuous integration servers read it: a suite for each run, with a case for its verdict and one
// for each thing that was judged. The case of the verdict fails with the run's reason, so that a run which proves nothing is red
// there too: a failure for what was judged false, an error for what could not be judged.

import type { ZooResult } from "../check/zoo";
import { toThousandth } from "../amounts";
import { formatTicks, ticksOfSeconds } from "../time";
import type { CampaignReport, KnownRow } from "../campaign/campaign-report";
import type { CohortReport } from "../run/cohort-report";
import type { ServeReport } from "../rig/serve-report";
import type { RunReport } from "../run/report";
import type { Scenario } from "../scenario/scenario";
import { findingWords, type Judgement, type Verdict } from "../run/verdict";
import type { TrumpetReport } from "../run/trumpet-curve";

/** A thing that was judged: its kind and text, and what was seen. */
export interface Check {
  name: string;
  judged: boolean;
  ok: boolean;
  seen: string;
}

export interface Suite {
  name: string;
  /** The scenario's file. */
  file: string;
  host_s: number;
  /** Names and values of the run, such as its seed. */
  facts: Record<string, string | number>;
  checks: Check[];
  judgement: Pick<Judgement, "verdict" | "reason" | "findings">;
}

/** A scenario that could not be run, with the message. */
export interface BrokenSuite {
  file: string;
  error: string;
}

export function suiteOf(report: RunReport, file: string): Suite {
  const { seed, gear, controller, fingerprint, version } = report;
  return {
    name: report.scenario,
    file,
    host_s: report.speed.host_s,
    facts: { seed, gear, controller, fingerprint, version },
    checks: [
      ...report.expectations.map(({ text, ...row }) => ({ ...row, name: `expectation ${text}` })),
      ...invariantChecks(report.invariants),
      ...harmChecks(report.harms),
      ...report.faults.map(({ name, at_s, acted }) => ({
        name: `fault ${name} of ${time(at_s)}`,
        judged: acted > 0,
        ok: acted > 0,
        seen: acted > 0 ? `acted ${acted} times` : "never acted",
      })),
    ],
    judgement: report,
  };
}

export function suiteOfTrumpet(report: TrumpetReport, file: string, host_s: number): Suite {
  const { seed, gear, controller, fingerprint, version, acceptance } = report;
  return {
    name: report.scenario,
    file,
    host_s,
    facts: { seed, gear, controller, fingerprint, version },
    checks: acceptance.map(({ ok, text, seen }) => ({ name: `acceptance ${text}`, judged: true, ok, seen })),
    judgement: report,
  };
}

/** A service judges no expectation, so each is skipped. */
export function suiteOfService(report: ServeReport, { expect }: Scenario, file: string): Suite {
  const { seed, controller, fingerprint, version } = report;
  return {
    name: report.scenario,
    file,
    host_s: report.speed.host_s,
    facts: { seed, controller, fingerprint, version },
    checks: [
      ...expect.map(({ text }) => ({ name: `expectation ${text}`, judged: false, ok: false, seen: "run judges it" })),
      ...invariantChecks(report.invariants),
    ],
    judgement: report,
  };
}

/** A case for each verdict that runs of the cohort came to, and one for each run that did not pass and is listed. */
export function suiteOfCohort(report: CohortReport, file: string, host_s: number): Suite {
  const { seed, gear, controller, version, n, finished, runs, not_passed } = report;
  return {
    name: report.scenario,
    file,
    host_s,
    facts: { seed, gear, controller, version, n, finished },
    checks: [
      { name: `${n} patients are done`, judged: true, ok: finished === n, seen: `${finished} are` },
      { name: "runs passed", judged: runs.pass > 0, ok: runs.pass > 0, seen: `${runs.pass} of ${finished}` },
      ...not_passed.map((row) => ({
        name: `patient ${row.patient} with seed ${row.seed}`,
        judged: row.verdict === "fail",
        ok: false,
        seen: row.reason ?? row.verdict,
      })),
    ],
    judgement: report,
  };
}

/** A case for each failure, for each known counterexample, and for the profile's promise. */
export function suiteOfCampaign(report: CampaignReport): Suite {
  const { seed, profile, controller, version, build, cases, failures, known, missed } = report;
  return {
    name: "check",
    file: controller.name,
    host_s: report.host_s,
    facts: { seed, profile, controller: controller.name, build, version, cases, pump_days: report.pump_days },
    checks: [
      {
        name: "cases passed",
        judged: cases > 0,
        ok: failures.length === 0,
        seen: `${failures.length} kinds of failure`,
      },
      ...failures.map(({ signature, text, file, repeats }) => ({
        name: signature,
        judged: repeats !== false,
        ok: false,
        seen: `${text} (${file})`,
      })),
      ...knownChecks(known),
      {
        name: `the classes that the profile ${profile} promises`,
        judged: missed !== null,
        ok: missed?.length === 0,
        seen:
          missed === null ? "too few cases" : missed.length === 0 ? "reached" : `never reached: ${missed.join(", ")}`,
      },
    ],
    judgement: report,
  };
}

export function suiteOfReplay(rows: readonly KnownRow[]): Suite {
  const texts = rows.filter(({ outcome }) => outcome === "still").map(({ file, text }) => `${file}: ${text}`);
  const isUntold = rows.some(({ outcome }) => outcome === "untold");
  const verdict = texts.length > 0 ? "fail" : isUntold ? "invalid" : "pass";
  return {
    name: "replay",
    file: "replay",
    host_s: 0,
    facts: {},
    checks: knownChecks(rows),
    judgement: {
      verdict,
      reason: verdict === "pass" ? null : (texts[0] ?? "of one file it cannot be told"),
      findings: [],
    },
  };
}

/** A check for each controller of the zoo. */
export function suiteOfZoo(rows: readonly ZooResult[]): Suite {
  const wrong = rows.filter(({ ok }) => !ok);
  const texts = wrong.map(({ name, outcome, text }) => `${name}: ${outcome}${text === null ? "" : `, ${text}`}`);
  const isUntold = wrong.length > 0 && wrong.every(({ outcome }) => outcome === "untold");
  return {
    name: "zoo",
    file: "zoo",
    host_s: rows.reduce((sum, { host_s }) => sum + host_s, 0),
    facts: {},
    checks: rows.map(({ name, title, outcome, ok, text }) => ({
      name: `${name}: ${title}`,
      judged: outcome !== "untold",
      ok,
      seen: text === null ? outcome : `${outcome}: ${text}`,
    })),
    judgement: {
      verdict: wrong.length === 0 ? "pass" : isUntold ? "invalid" : "fail",
      reason: texts[0] ?? null,
      findings: [],
    },
  };
}

function knownChecks(rows: readonly KnownRow[]): Check[] {
  return rows.map(({ file, outcome, text }) => ({
    name: `counterexample ${file}`,
    judged: outcome !== "untold",
    ok: outcome === "mended",
    seen: text === "" ? outcome : text,
  }));
}

function invariantChecks(rows: RunReport["invariants"]): Check[] {
  return rows.map(({ id, judged, ok, at_s }) => {
    const seen = ok ? (judged ? "held" : "not judged") : `broke at ${time(at_s ?? 0)}`;
    return { name: `invariant ${id}`, judged, ok, seen };
  });
}

/** A harm passes if an alarm named it in its time or the scenario expects it. */
function harmChecks(rows: RunReport["harms"]): Check[] {
  return rows.map(({ name, first_s, reported_s, by, expected, judged }) => {
    const named = by === null ? "no alarm named it" : `named by ${by} at ${time(reported_s ?? first_s)}`;
    const seen = `from ${time(first_s)}, ${named}${expected ? ", as expected" : ""}`;
    return { name: `harm ${name}`, judged, ok: by !== null || expected, seen };
  });
}

function time(time_s: number): string {
  return formatTicks(ticksOfSeconds(time_s));
}

/** The whole file. */
export function junitOf(suites: readonly (Suite | BrokenSuite)[]): string {
  const written = suites.map((suite) => ("error" in suite ? brokenSuite(suite) : wholeSuite(suite)));
  const sum = (of: (one: Counted) => number): number => written.reduce((total, { counts }) => total + of(counts), 0);
  const totals: Counted = {
    tests: sum((each) => each.tests),
    failures: sum((each) => each.failures),
    errors: sum((each) => each.errors),
    skipped: sum((each) => each.skipped),
    time: sum((each) => each.time),
  };
  const lines = written.map(({ xml }) => xml);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="cistern"${countsIn(totals)}>\n${lines.join("")}</testsuites>\n`;
}

interface Counted {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
  time: number;
}

function wholeSuite({ name, file, host_s, facts, checks, judgement }: Suite): { xml: string; counts: Counted } {
  const { verdict, reason, findings } = judgement;
  const named = withOwnNames(checks);
  const counts = {
    tests: named.length + 1,
    failures: named.filter(({ judged, ok }) => judged && !ok).length + Number(verdict === "fail"),
    errors: Number(verdict === "invalid" || verdict === "interrupted"),
    skipped: named.filter(({ judged }) => !judged).length,
    time: host_s,
  };
  const properties = Object.entries(facts).map(
    ([key, value]) => `      <property${attributes({ name: key, value })}/>\n`,
  );
  const details = findings.map(findingWords).join("\n");
  const cases = [
    caseOf(name, "verdict", file, host_s, outcomeOf(verdict, reason, details)),
    ...named.map((check) => caseOf(name, check.name, file, 0, outcomeOfCheck(check))),
  ];
  const head = `<testsuite${attributes({ name, file })}${countsIn(counts)}>`;
  const xml = `  ${head}\n    <properties>\n${properties.join("")}    </properties>\n${cases.join("")}  </testsuite>\n`;
  return { xml, counts };
}

function brokenSuite({ file, error }: BrokenSuite): { xml: string; counts: Counted } {
  const counts = { tests: 1, failures: 0, errors: 1, skipped: 0, time: 0 };
  const outcome = problem("error", "bad input", error.split("\n")[0], error);
  const xml = `  <testsuite${attributes({ name: file, file })}${countsIn(counts)}>\n${caseOf(file, "verdict", file, 0, outcome)}  </testsuite>\n`;
  return { xml, counts };
}

function outcomeOf(verdict: Verdict, reason: string | null, details: string): string {
  if (verdict === "pass") return "";
  return problem(verdict === "fail" ? "failure" : "error", verdict, reason ?? verdict, details);
}

function outcomeOfCheck({ judged, ok, name, seen }: Check): string {
  if (!judged) return `<skipped${attributes({ message: seen })}/>`;
  return ok ? "" : problem("failure", "fail", seen, `${name}\nseen: ${seen}`);
}

function problem(element: "failure" | "error", type: string, message: string, details: string): string {
  return `<${element}${attributes({ message, type })}>${escaped(details)}</${element}>`;
}

function caseOf(classname: string, name: string, file: string, time: number, outcome: string): string {
  const head = `    <testcase${attributes({ classname, name, file, time })}`;
  return outcome === "" ? `${head}/>\n` : `${head}>\n      ${outcome}\n    </testcase>\n`;
}

/** Servers know a case by its name, so a second one of the same name gets a number. */
function withOwnNames(checks: readonly Check[]): Check[] {
  const times = new Map<string, number>();
  return checks.map((check) => {
    const count = (times.get(check.name) ?? 0) + 1;
    times.set(check.name, count);
    return count === 1 ? check : { ...check, name: `${check.name} (${count})` };
  });
}

function countsIn(counts: Counted): string {
  return attributes({ ...counts });
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(
      ([name, value]) => ` ${name}="${escaped(typeof value === "number" ? String(toThousandth(value)) : value, true)}"`,
    )
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text that may stand in XML 1.0. A character that may not, even as an entity, becomes the one that stands for what is lost. */
function escaped(value: string, inAttribute = false): string {
  const legal = value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/gu, "\ufffd");
  const text = legal.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
  return inAttribute ? text.replace(/[\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`) : text;
}
