// The JUnit file, read by an XML parser that is not ours: Python's. What a CI server counts as red must be what the verdict says.

import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { junitOf, suiteOf, type Suite } from "../../emulator/cli/junit";
import { judgementOf, type Finding } from "../../emulator/run/verdict";
import { needTool } from "../examples/example";
import { dayFixture } from "../trace/fixture";

interface Element {
  tag: string;
  attributes: Record<string, string>;
  text: string;
  children: Element[];
}

const READER = `
import json, sys, xml.etree.ElementTree as tree
def plain(e): return {"tag": e.tag, "attributes": e.attrib, "text": e.text or "", "children": [plain(c) for c in e]}
print(json.dumps(plain(tree.fromstring(sys.stdin.buffer.read()))))`;

function parsed(xml: string): Element {
  needTool("python3", "python3");
  return JSON.parse(execFileSync("python3", ["-c", READER], { input: xml, encoding: "utf8" })) as Element;
}

const casesOf = (suite: Element) => suite.children.filter(({ tag }) => tag === "testcase");
const outcome = ({ children }: Element) => children.map(({ tag, attributes }) => [tag, attributes["message"]]);

function suite(findings: Finding[], more: Partial<Suite> = {}): Suite {
  const judgement = judgementOf(findings);
  return { name: "s", file: "s.yaml", host_s: 1.5, facts: { seed: 7 }, checks: [], judgement, ...more };
}

const fails: Finding = { at_tick: 500, kind: "invariant", text: "LIM-1 broke", weight: "fail" };
const idle: Finding = { at_tick: null, kind: "fault", text: "the fault x never acted", weight: "invalid" };

describe("the JUnit file", () => {
  test("EMU-6: has a suite for a run with its verdict, its expectations, invariants and faults", () => {
    const { report } = dayFixture();
    const root = parsed(junitOf([suiteOf(report, "day.yaml")]));
    expect([root.tag, root.attributes["tests"], root.attributes["failures"]]).toEqual(["testsuites", "12", "2"]);
    const [only] = root.children;
    expect(only.attributes).toMatchObject({ name: report.scenario, file: "day.yaml", errors: "0", skipped: "0" });
    const cases = casesOf(only);
    expect(cases).toHaveLength(12);
    expect(cases.every(({ attributes }) => attributes["classname"] === report.scenario)).toBe(true);
    expect(cases.slice(0, 2).map(({ attributes }) => attributes["name"])).toEqual([
      "verdict",
      "expectation delivered from 0 s to 9 h is 37.5 µL within 0.25 µL",
    ]);
    expect(outcome(cases[0])).toEqual([["failure", report.reason]]);
    expect(cases.filter(({ children }) => children.length > 0)).toHaveLength(2);
  });

  test.each<[string, Finding[], string[], Record<string, string>]>([
    ["pass", [], [], { failures: "0", errors: "0" }],
    ["fail", [idle, fails], ["failure", "LIM-1 broke"], { failures: "1", errors: "0" }],
    ["invalid", [idle], ["error", "the fault x never acted"], { failures: "0", errors: "1" }],
  ])("EMU-6: has the verdict %s as a case, with the reason", (_, findings, expected, counts) => {
    const [only] = parsed(junitOf([suite(findings)])).children;
    expect(outcome(casesOf(only)[0]).flat()).toEqual(expected);
    expect(only.attributes).toMatchObject(counts);
  });

  test("EMU-6: has an interrupted run as an error, and expectations that were not judged as skipped", () => {
    const checks = [{ name: "never x", judged: false, ok: false, seen: "not judged" }];
    const [only] = parsed(junitOf([suite([], { checks, judgement: judgementOf([], "interrupted") })])).children;
    expect(casesOf(only).map(outcome)).toEqual([[["error", "interrupted"]], [["skipped", "not judged"]]]);
    expect(only.attributes).toMatchObject({ tests: "2", errors: "1", skipped: "1", failures: "0" });
  });

  test("lists everything that went wrong in the text of the verdict, with times", () => {
    const [only] = parsed(junitOf([suite([idle, fails])])).children;
    expect(casesOf(only)[0].children[0].text).toBe("5 s: LIM-1 broke\nthe fault x never acted");
  });

  test("has a scenario that could not be run as an error with the whole message", () => {
    const error = "bad.yaml:3:1: one\nbad.yaml:4:1: two";
    const root = parsed(junitOf([suite([]), { file: "bad.yaml", error }]));
    expect(root.attributes).toMatchObject({ tests: "2", errors: "1", time: "1.5" });
    const [verdict] = casesOf(root.children[1]);
    expect(verdict.children[0]).toMatchObject({
      tag: "error",
      attributes: { message: "bad.yaml:3:1: one" },
      text: error,
    });
  });

  test("EMU-6, EMU-8: has a case for each harm, which fails if no alarm named it, and for each invariant that broke", () => {
    const { report } = dayFixture();
    const harm = { first_s: 60, until_s: null, reported_s: null, by: null, expected: false, judged: true };
    report.harms = [
      { ...harm, name: "overdose" },
      { ...harm, name: "underdose", reported_s: 90, by: "motor_stall" },
      { ...harm, name: "underdose", expected: true },
      { ...harm, name: "dry", judged: false },
    ];
    report.invariants[1] = { ...report.invariants[1], ok: false, at_s: 7 };
    const [only] = parsed(junitOf([suiteOf(report, "day.yaml")])).children;
    const outcomes = casesOf(only)
      .filter(({ attributes }) => /^harm |MOT-1/.test(attributes["name"]))
      .map((each) => [each.attributes["name"], ...outcome(each).flat()]);
    expect(outcomes).toEqual([
      ["invariant MOT-1", "failure", "broke at 7 s"],
      ["harm overdose", "failure", "from 1 min, no alarm named it"],
      ["harm underdose"],
      ["harm underdose (2)"],
      ["harm dry", "skipped", "from 1 min, no alarm named it"],
    ]);
    expect(only.attributes).toMatchObject({ failures: "4", skipped: "1" });
  });

  test("numbers equal names, because servers know a case by its name", () => {
    const check = { name: "never x", judged: true, ok: true, seen: "never" };
    const [only] = parsed(junitOf([suite([], { checks: [check, check] })])).children;
    expect(casesOf(only).map(({ attributes }) => attributes["name"])).toEqual(["verdict", "never x", "never x (2)"]);
  });

  test("keeps any text of a run, with a replacement for the characters that XML forbids", () => {
    const text = `<a b="c">'&amp;]]>\t\nµ 😀`;
    const forbidden = "\u0000\u001b[31m\ufffe\ud800";
    const hostile = suite([{ ...fails, text: text + forbidden }], { name: text, file: text, facts: { seed: text } });
    const [only] = parsed(junitOf([hostile])).children;
    expect(only.attributes).toMatchObject({ name: text, file: text });
    expect(only.children[0].children[0].attributes["value"]).toBe(text);
    expect(outcome(casesOf(only)[0])).toEqual([["failure", `${text}\ufffd\ufffd[31m\ufffd\ufffd`]]);
  });
});
