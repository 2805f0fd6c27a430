// The page of the patient, docs/patient.md, against the model. Its tables are made from the tables of the code (test/docs.test.ts), and the numbers that its
// equations have are the constants of the code.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DRUG_TABLE } from "../../../emulator/world/patient/drug-table";
import { ANATOMY, PERSON } from "../../../emulator/world/patient/people-table";
import { ROOT } from "../../../scripts/sources.mjs";

const page = readFileSync(join(ROOT, "docs", "patient.md"), "utf8").replace(/\s+/g, " ");
const source = (file: string): string => readFileSync(join(ROOT, "emulator", "world", "patient", file), "utf8");

/** The value of a constant as its file has it. */
function constant(file: string, name: string): number {
  const found = new RegExp(`const ${name}: (?:f64|i32) = ([\\d.]+);`).exec(source(file));
  expect(found, `${name} of ${file}`).not.toBeNull();
  return Number(found![1]);
}

const SENTENCES: [sentence: string, constants: [file: string, name: string, times?: number][]][] = [
  [
    "1 - [60 / (60 + q)] [2500 / (2500 + v)]",
    [
      ["fluid.ts", "SPREAD_UL_PER_MIN"],
      ["fluid.ts", "SPREAD_UL"],
    ],
  ],
  [
    "v = response x (40 / v - 36) / 4",
    [
      ["effects.ts", "CO2_REST"],
      ["effects.ts", "CO2_APNOEA"],
      ["effects.ts", "FEVER_C"],
    ],
  ],
  ["wound + 2 x opioid withdrawal", [["effects.ts", "WITHDRAWAL_PAIN"]]],
  [
    "0.2 is mild, 0.42 moderate, 0.62 severe",
    [
      ["effects.ts", "MILD"],
      ["effects.ts", "MODERATE"],
      ["effects.ts", "SEVERE"],
    ],
  ],
  [
    "up to 80 % of the way to the worst, and from 0.3 on fever, up to 4 degrees",
    [
      ["effects.ts", "REBOUND", 100],
      ["effects.ts", "FEVER_FROM"],
      ["effects.ts", "FEVER_C"],
    ],
  ],
  ["sedation = 3 x / (1 + x)", [["effects.ts", "SCORE_MAX"]]],
];

test.each(SENTENCES)(
  "the page of the patient says `%s`, with the constants of the code (PAT-3)",
  (sentence, constants) => {
    expect(page).toContain(sentence);
    const numbers = [...sentence.matchAll(/\d+(?:\.\d+)?/g)].map(([text]) => Number(text));
    for (const [file, name, times = 1] of constants) expect(numbers).toContain(constant(file, name) * times);
  },
);

test("every number of the patient says on what it rests and where it comes from (PAT-1)", () => {
  const drugs = DRUG_TABLE.flatMap(({ name: _name, class: _class, ...figures }) => Object.values(figures));
  const all = [...Object.values(ANATOMY), ...Object.values(PERSON), ...drugs];
  expect(all.length).toBeGreaterThan(150);
  for (const { source: words, basis, spread } of all) {
    expect(words.length).toBeGreaterThan(5);
    expect(["read", "derived", "background", "choice"]).toContain(basis);
    expect(spread).toBeGreaterThanOrEqual(0);
  }
});

test("the page of the patient says that it predicts nobody and what it must not be used for (PAT-3)", () => {
  expect(page).toContain("**It predicts nobody.**");
  expect(page).toContain("It must not be used to choose a drug, a dose, a concentration, a patient or a treatment");
});
