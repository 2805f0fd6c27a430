// The page of the patient, docs/patient.md, against the model. Its tables are made from the tables of the code (test/docs.test.ts), and the numbers that its
// equations have are the constants of the code.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DRUG_TABLE } from "../../../emulator/world/patient/drug-table";
import type { Figure } from "../../../emulator/world/patient/figures";
import { CISTERNAL, LUMBAR } from "../../../emulator/world/patient/fluid";
import { ANATOMY, PERSON } from "../../../emulator/world/patient/people-table";
import { ROOT } from "../../../scripts/sources.mjs";
import { DAY_MIN, level, live, patient, SPASTIC } from "./person";

const page = readFileSync(join(ROOT, "docs", "patient.md"), "utf8").replace(/\s+/g, " ");
const source = (file: string): string => readFileSync(join(ROOT, "emulator", "world", "patient", file), "utf8");

/** The value of a constant as its file has it. */
function constant(file: string, name: string): number {
  const found = new RegExp(`const ${name}(?:: (?:f64|i32))? = ([\\d.]+(?: / [\\d.]+)?);`).exec(source(file));
  expect(found, `${name} of ${file}`).not.toBeNull();
  const [top, bottom = 1] = found![1].split(" / ").map(Number);
  return top / bottom;
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
  [
    "pulse = 72 + 30 x opioid withdrawal + 40 x (baclofen withdrawal from 0.15 on) + 8 for each degree",
    [
      ["effects.ts", "PULSE_REST"],
      ["effects.ts", "OPIOID_PULSE"],
      ["effects.ts", "GABA_PULSE"],
      ["effects.ts", "PULSE_FROM"],
      ["effects.ts", "PULSE_PER_C"],
    ],
  ],
  ["with at most 0.5 of the untreated spasticity", [["habits.ts", "CONTENT_TONE"]]],
  ["at 0.5 of the rate of the used level", [["effects.ts", "DEPENDENCE_SPEED"]]],
  ["itching, up to 2 points", [["effects.ts", "WITHDRAWAL_ITCH"]]],
  ["sedation = 3 x / (1 + x)", [["effects.ts", "SCORE_MAX"]]],
  ["the thoracic fluid into which that mixes | 0.25 |", [["fluid.ts", "THORACIC_REACHED"]]],
  ["with a lumbar tip 98 % to L and 2 % to T", [["setup.ts", "TIP_LOWEST", 100]]],
  ["more sensitive in sleep apnoea | 3 times |", [["setup.ts", "SLEEP_APNOEA"]]],
  ["below which a lack begins | 0.5 of the used level |", [["effects.ts", "LACK"]]],
  ["time constant 2880 min |", [["effects.ts", "ITCH_RATE", 2880 * 2880]]],
  [
    "offset, memory of the slow component | a deviation of 0.5 points, 2 days |",
    [
      ["people-table.ts", "REPORT_OFFSET_POINTS"],
      ["setup.ts", "SLOW_DAYS"],
    ],
  ],
  ["against the one before | 0.7 |", [["habits.ts", "NOVELTY_KEPT"]]],
  [
    "taken by mouth after a good week, least part | 0.75 of the week before, 0.25 |",
    [
      ["habits.ts", "WEEKLY_LESS"],
      ["setup.ts", "ORAL_FLOOR"],
    ],
  ],
  [
    "over 0.75 of the interval, from 480 min on",
    [
      ["habits.ts", "SLOW_PART"],
      ["habits.ts", "SLOW_EVERY"],
    ],
  ],
  [
    "(1 - 0.15 sedation) (1 - 0.5 (Ashworth - 1) / 4) (1 - 0.4 wound) (1 - 0.6 W)",
    [
      ["habits.ts", "SEDATION_LOSS"],
      ["habits.ts", "TONE_LOSS"],
      ["habits.ts", "ASHWORTH_SPAN"],
      ["habits.ts", "WOUND_LOSS"],
      ["habits.ts", "WITHDRAWAL_LOSS"],
    ],
  ],
];

test.each(SENTENCES)(
  "the page of the patient says `%s`, with the constants of the code (PAT-3)",
  (sentence, constants) => {
    expect(page).toContain(sentence);
    const numbers = [...sentence.matchAll(/\d+(?:\.\d+)?/g)].map(([text]) => Number(text));
    for (const [file, name, times = 1] of constants) expect(numbers).toContain(constant(file, name) * times);
  },
);

test("the page of the patient has the ratios of lumbar to cisternal drug and the slow states that the model has (PAT-3)", () => {
  const ratio = (setup: Parameters<typeof patient>[0], ngPerDay: number): string => {
    const one = patient(setup);
    live(one, 14 * DAY_MIN, { ngPerDay });
    return (level(one, LUMBAR) / level(one, CISTERNAL)).toFixed(1);
  };
  const [low, high] = [0, 1].map((tipHeight) => ratio({ tipHeight }, 1_000_000));
  expect(page).toContain(`1 mg/day of morphine it is ${low} with a lumbar tip and ${high} with a thoracic one`);
  expect(page).toContain(`300 ug/day of baclofen at a thoracic tip it is ${ratio(SPASTIC, 300_000)}.`);
  const days = PERSON.adaptDays.typical / constant("effects.ts", "DEPENDENCE_SPEED");
  expect(page).toContain(`is half as quick, with ${days} days in the typical person`);
  const { toleranceMax, breathToleranceMax, gabaToleranceMax } = PERSON;
  expect([toleranceMax.typical, breathToleranceMax.typical]).toEqual([5, 5]);
  expect(page).toContain(
    `to six times at most for opioids in the typical person, and to ${1 + gabaToleranceMax.typical} times`,
  );
});

test("every number of the patient says on what it rests and where it comes from (PAT-1)", () => {
  const drugs = DRUG_TABLE.flatMap(({ name: _name, class: _class, sourceAge: _age, ...figures }) =>
    Object.values(figures),
  );
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

test("nothing of the patient that was reckoned per kg is printed as read, and the page has the source of each spread that has one (PAT-1, PAT-4)", () => {
  const drugs = DRUG_TABLE.flatMap(({ name: _name, class: _class, sourceAge: _age, ...figures }) =>
    Object.values(figures),
  );
  for (const { basis, source: words } of drugs) if (words.includes("over 70 kg")) expect(basis).toBe("derived");
  for (const { basis, source: words } of [...Object.values(ANATOMY), ...Object.values(PERSON), ...drugs]) {
    if (basis === "read" || basis === "derived") expect(words).toMatch(/\d{4}|\.com|\.net|\.info/);
    expect(words).not.toMatch(/\blabel\b/);
  }
  expect(page).toContain("**A spread is a choice** unless the row says where it comes from");
  for (const { spreadSource } of [...Object.values(ANATOMY), ...Object.values(PERSON), ...drugs] as Figure[]) {
    if (spreadSource !== undefined) expect(page).toContain(`; spread: ${spreadSource}`);
  }
});
