// A file for `programmer program`: drugs and a prescription alone, or a whole scenario; and what is wrong with one, with its
// place, before anything is sent (EMU-3).

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseOrder, parseScenario } from "../../emulator/scenario/load";
import { ScenarioError } from "../../emulator/scenario/scenario";
import { CONFIRM_TOTAL } from "../../hal/telemetry";

const scenarios = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "scenarios");

const ORDER = `drugs:
  - { name: ketamine, concentration: 5 mg/mL }
prescription:
  basal: { mode: continuous, dose: 1 mg/day }
  confirm: { doubled_total: true }
`;

function refusal(text: string): ScenarioError {
  try {
    parseOrder(text, "order.yaml");
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("an order of drugs and a prescription", () => {
  test("gives the program, its consent, and the drugs' own names", () => {
    const { program, consent, drugs } = parseOrder(ORDER, "order.yaml");
    expect(program).toMatchObject({ mode: "continuous", rate: 20_000, drugs: [{ id: 0, concentration: 50_000 }] });
    expect(consent.confirm).toBe(CONFIRM_TOTAL);
    expect(drugs).toEqual(["ketamine"]);
  });

  const texts = readdirSync(scenarios).map((file) => [file, readFileSync(join(scenarios, file), "utf8")] as const);
  const hasPrescription = ([, text]: (typeof texts)[number]) => /^prescription:/m.test(text);

  test.each(texts.filter(hasPrescription))("in %s gives the program with which it starts", (file, text) => {
    expect(parseOrder(text, file).program).toEqual(parseScenario(text, file).program);
  });

  test.each(texts.filter((each) => !hasPrescription(each)))(
    "is missing in %s, which has no pump at its start",
    (file, text) => {
      expect(() => parseOrder(text, file)).toThrow("expected a prescription");
    },
  );
});

describe("an order is refused, with its place, for", () => {
  test.each([
    ["an unknown key", ORDER.replace("drugs:", "drug:"), /^order\.yaml:1:1: drug: unknown key `drug`/],
    ["no drugs", ORDER.slice(ORDER.indexOf("prescription")), /^order\.yaml:1:1: drugs: missing: expected/],
    [
      "a bare number",
      ORDER.replace("1 mg/day", "1"),
      /^order\.yaml:4:36: prescription\.basal\.dose: expected .* bare number/,
    ],
    [
      "what no record holds",
      ORDER.replace("1 mg/day", "1 ng/day"),
      /^order\.yaml:4:36: prescription\.basal\.dose: expected at least 0\.01/,
    ],
    ["a scenario without its duration", `seed: 3\n${ORDER}`, /duration: missing: expected/],
    ["no YAML", "drugs: [", /^order\.yaml:1:\d+: not YAML 1\.2/],
    ["nothing", "", /^order\.yaml:1:1: expected a program for a pump/],
  ])("%s", (_, text, message) => {
    expect(refusal(text).message).toMatch(message);
  });
});
