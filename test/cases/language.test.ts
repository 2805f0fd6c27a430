// Small scenarios that once passed, or were refused for the wrong reason, with the command that a person would type.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseScenario } from "../../emulator/scenario/load";
import { ScenarioError } from "../../emulator/scenario/scenario";

const textOf = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

/** The lines of the refusal of a case, and its warnings. */
function refusalOf(name: string): { lines: string[]; warnings: string[] } {
  try {
    parseScenario(textOf(name), name);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const warnings = error.warnings.map(({ text, line, column }) => `${line}:${column}: ${text}`);
    return { lines: error.message.split("\n"), warnings };
  }
  throw new Error(`expected a refusal of ${name}, found a scenario`);
}

describe("cases of the scenario's language", () => {
  test("12: doses, rates and times as labels write them are those of ug and h (EMU-10)", () => {
    const written = textOf("12-units-of-the-labels.yaml");
    const plain = written
      .replace("2 hours", "2 h")
      .replace("500 mcg/mL", "500 ug/mL")
      .replace("4.2 mcg/hr", "4.2 ug/h");
    expect(plain).not.toBe(written);
    expect(parseScenario(written, "label.yaml")).toEqual(parseScenario(plain, "label.yaml"));
    expect(parseScenario(written, "label.yaml").program.rate).toBe(20_160);
  });

  test("13: a merge key is named as one, at its place, and brings no other problem (EMU-3)", () => {
    expect(refusalOf("13-merge-key.yaml")).toEqual({
      lines: ["13-merge-key.yaml:7:56: merge keys (`<<`) are not YAML 1.2: write the keys out"],
      warnings: [],
    });
  });

  test("vacuous-never: a misspelt cause of an event that must never happen is refused (EMU-10)", () => {
    const { lines } = refusalOf("vacuous-never.yaml");
    expect(lines).toEqual([
      "vacuous-never.yaml:11:37: expect[0].never.cause: unknown cause of reset `extrenal`: " +
        "the nearest known one is `external`; expected one of power_on, brownout, watchdog, external",
    ]);
  });

  test("bad6: a window of 10 min and a drug twice are refused together, and a fault beyond the end is a warning (EMU-10)", () => {
    expect(refusalOf("bad6.yaml")).toEqual({
      lines: [
        "bad6.yaml:7:13: drugs[1].name: a second drug is called `morphine`; a name counts whatever its case",
        'bad6.yaml:10:67: prescription.limits[1].window: expected whole minutes from 15 min to 7 d, found "10 min"',
      ],
      warnings: ["12:41: timeline[0].for: the fault lasts to 1 d 7 h, and the run ends at 10h"],
    });
  });
});
