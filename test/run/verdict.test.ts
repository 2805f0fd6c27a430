// The one verdict as a table: what findings make of a run, and which of them is its reason.

import { describe, expect, test } from "vitest";
import {
  findingWords,
  interruptedJudgement,
  judgementOf,
  withFindings,
  type Finding,
} from "../../emulator/run/verdict";

const finding = (text: string, at_tick: number | null, weight: Finding["weight"]): Finding => ({
  at_tick,
  kind: "fault",
  text,
  weight,
});
const early = finding("early", 100, "invalid");
const late = finding("late", 900, "fail");
const later = finding("later", 1000, "fail");
const never = finding("never acted", null, "invalid");

describe("the verdict of a run", () => {
  test.each<[string, Finding[], string, string | null]>([
    ["without a finding is a pass, which has no reason", [], "pass", null],
    ["with something judged false is a fail", [late], "fail", "late"],
    ["that proves nothing is invalid", [never], "invalid", "never acted"],
    ["names a failed expectation before a fault that never acted", [never, late], "fail", "late"],
    ["names the first failure in time, in whatever order they were noticed", [later, late], "fail", "late"],
    ["is a fail whose reason is what went wrong before it", [late, early], "fail", "early"],
    [
      "names what was judged false before what proves nothing at the same tick",
      [finding("b", 5, "invalid"), finding("a", 5, "fail")],
      "fail",
      "a",
    ],
  ])("EMU-6: %s", (_title, findings, verdict, reason) => {
    expect(judgementOf(findings)).toMatchObject({ verdict, reason });
  });

  test("EMU-6: an interrupted run keeps its findings and has no other verdict, whatever is found later", () => {
    const run = withFindings(judgementOf([late], "interrupted"), [early]);
    expect([run.verdict, run.reason, run.findings.length]).toEqual(["interrupted", "interrupted", 2]);
    expect(interruptedJudgement(judgementOf([late]), "stopped")).toMatchObject({
      verdict: "interrupted",
      reason: "stopped",
    });
  });

  test("EMU-6: a finding that comes later in the program changes verdict and reason, and the rest of the report stays", () => {
    const report = { ...judgementOf([never]), scenario: "x" };
    const more = withFindings(report, [late]);
    expect(more).toMatchObject({ verdict: "fail", reason: "late", scenario: "x" });
    expect(more.findings.map(findingWords)).toEqual(["9 s: late", "never acted"]);
    expect(report.findings).toHaveLength(1);
  });
});
