// The language of patient, clinician and trial (PAT-5, TRI-2): what a file becomes, what is refused with its place and with what
// would be right, and what is only warned of.

import { describe, expect, test } from "vitest";
import { INDICATION_ROWS } from "../../emulator/contract/indications";
import { parseScenario } from "../../emulator/scenario/load";
import { type Scenario, ScenarioError } from "../../emulator/scenario/scenario";
import { TICKS_PER_DAY } from "../../hal/units";

const PATIENT = "patient: { indication: failed_back_surgery, weight: 72 kg }";
const TRIAL_PUMP = "pump: { model: external-trial, fill: 10 mL }";

/** A file of 20 days with those lines. */
function file(
  lines: readonly string[],
  drug = "morphine",
  prescription = "basal: { mode: continuous, rate: 100 uL/day }",
) {
  const head = ["duration: 20 d", `drugs: [{ name: ${drug}, concentration: 1 mg/mL }]`];
  return [...head, `prescription: { ${prescription} }`, ...lines].join("\n");
}

const load = (...lines: string[]): Scenario => parseScenario(file(lines), "p.yaml");

/** The lines of the message about a file. */
function refusals(text: string): string[] {
  try {
    parseScenario(text, "p.yaml");
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split("\n");
    throw error;
  }
  return [];
}

const warnings = (text: string) => parseScenario(text, "p.yaml").warnings!.map((each) => each.text);

describe("PAT-5: a patient", () => {
  test("gets what its file leaves out from the indication", () => {
    for (const row of INDICATION_ROWS) {
      const { patient } = load(`patient: { indication: ${row.name}, weight: 60 kg }`);
      expect(patient).toMatchObject({
        indication: row.name,
        weight_kg: 60,
        draw: "typical",
        age: row.age,
        pain: row.pain,
        ashworth: row.ashworth,
        spasms: row.spasms,
        oral: [],
        conditions: [],
        asks: false,
      });
    }
  });

  test("has the file's own figures where the file gives them", () => {
    const { patient } = parseScenario(
      `start: 2026-03-02T09:30\n${file([
        "patient:",
        "  indication: ms_spasticity",
        "  weight: 72 kg",
        "  age: 41",
        "  draw: sampled",
        "  pain: { baseline: 2.5 }",
        "  spasticity: { ashworth: 3.5, spasms: 3 }",
        "  oral: [{ drug: morphine, dose: 60 mg/day, every: 8 h, by_need: 10 mg }, { drug: baclofen, by_need: 5 mg }]",
        "  conditions: [sleep_apnoea]",
        "  asks: by_need",
      ])}`,
      "p.yaml",
    );
    expect(patient).toEqual({
      indication: "ms_spasticity",
      weight_kg: 72,
      age: 41,
      draw: "sampled",
      pain: 2.5,
      ashworth: 3.5,
      spasms: 3,
      oral: [
        { drug: "morphine", dose_mg: 20, every_min: 480, byNeed_mg: 10 },
        { drug: "baclofen", dose_mg: 0, every_min: 0, byNeed_mg: 5 },
      ],
      conditions: ["sleep_apnoea"],
      asks: true,
      startMinute: 9 * 60 + 30,
      drugs: ["morphine"],
    });
  });

  test("knows the drugs of injections and of the implant too, in the order of the file", () => {
    const { patient, drugs } = load(
      PATIENT,
      "timeline:",
      "  - { at: 1 d, do: inject, drug: baclofen, dose: 50 ug }",
      "  - { at: 3 d, do: convert, model: implant-40, fill: 30 mL, drugs: [{ name: hydromorphone, concentration: 2 mg/mL }] }",
      "  - { at: 3 d 1 h, do: program, prescription: { basal: { mode: continuous, dose: 0.2 mg/day } } }",
    );
    expect(patient!.drugs).toEqual(["morphine", "baclofen", "hydromorphone"]);
    expect(drugs.map((drug) => drug.concentration_mgPerMl)).toEqual([1, 0, 0]);
  });
});

describe("TRI-2: a trial", () => {
  const infusion = (trial: string, ...more: string[]) => load(TRIAL_PUMP, PATIENT, `trial: ${trial}`, ...more).trial!;

  test("by infusion lasts seven days at most, and half of the pain must go", () => {
    expect(infusion("{ kind: infusion, baseline: 3 d }")).toEqual({
      kind: "infusion",
      baseline_ticks: 3 * TICKS_PER_DAY,
      for_ticks: 7 * TICKS_PER_DAY,
      score: "pain",
      rule: { fraction: 0.5 },
    });
  });

  test("ends with the implant that follows it", () => {
    const convert = "timeline: [{ at: 8 d, do: convert, model: implant-20, fill: 18 mL }]";
    expect(infusion("{ kind: infusion, baseline: 3 d }", convert).for_ticks).toBe(5 * TICKS_PER_DAY);
  });

  test("of spasticity measures the Ashworth score, which must fall by a point, or by the rule of the file", () => {
    const patient = "patient: { indication: cp_spasticity, weight: 40 kg }";
    const trial = (rule: string) => load(TRIAL_PUMP, patient, `trial: { kind: infusion, baseline: 1 d${rule} }`).trial!;
    expect([trial("").score, trial("").rule]).toEqual(["ashworth", { points: 1 }]);
    expect(trial(", rule: 40 %").rule).toEqual({ fraction: 0.4 });
  });

  test("of injections needs no prescription, because nobody has a pump yet", () => {
    const text = `duration: 5 d
drugs: [{ name: morphine, concentration: 1 mg/mL }]
${PATIENT}
trial: { kind: single_shot, baseline: 2 d }
timeline: [{ at: 2 d 1 h, do: inject, dose: 0.3 mg }]`;
    expect(parseScenario(text, "p.yaml").trial!.for_ticks).toBe(TICKS_PER_DAY);
  });
});

describe("PAT-6: a clinician who titrates", () => {
  test("has an interval, one aim, a step and a most", () => {
    const { titration } = load(
      PATIENT,
      "clinician: { titrate: { every: 7 d, aim: { pain: 4 }, step: 15 %, most: 2 mg/day } }",
    );
    expect(titration).toEqual({
      every_ticks: 7 * TICKS_PER_DAY,
      aim: { score: "pain", most: 4 },
      step: 0.15,
      most_ngPerDay: 2_000_000,
    });
  });
});

describe("a mistake about the patient is one line with its place and what would be right (EMU-3)", () => {
  const trial = "trial: { kind: infusion, baseline: 3 d }";
  const titrate = (inner: string) => [PATIENT, `clinician: { titrate: { ${inner} } }`];
  const convert = "do: convert, model: implant-20, fill: 18 mL";
  test.each<[string, string[], string]>([
    ["no weight", ["patient: { indication: cancer }"], "4:10: patient.weight: missing: expected a body weight (kg)"],
    [
      "a weight in pounds",
      ["patient: { indication: cancer, weight: 160 lb }"],
      "4:40: patient.weight: expected a body weight (kg)",
    ],
    [
      "a weight of a gram",
      ["patient: { indication: cancer, weight: 0.001 kg }"],
      "expected a weight from 3 kg to 300 kg",
    ],
    [
      "an unknown indication",
      ["patient: { indication: migraine, weight: 70 kg }"],
      "4:24: patient.indication: unknown indication `migraine`: the nearest known one is",
    ],
    [
      "an oral drug without kinetics",
      ["patient: { indication: cancer, weight: 70 kg, oral: [{ drug: gabapentin, dose: 900 mg/day }] }"],
      '4:62: patient.oral[0].drug: there are no kinetics of "gabapentin" by mouth: expected one of morphine, ',
    ],
    [
      "a drug by mouth that is given at the spine only",
      ["patient: { indication: cancer, weight: 70 kg, oral: [{ drug: fentanyl, dose: 2 mg/day }] }"],
      '4:62: patient.oral[0].drug: there are no kinetics of "fentanyl" by mouth: expected one of morphine, ',
    ],
    [
      "an oral drug twice",
      [
        "patient: { indication: cancer, weight: 70 kg, oral: [{ drug: morphine, by_need: 5 mg }, { drug: morphine, by_need: 5 mg }] }",
      ],
      "patient.oral[1].drug: `morphine` is here a second time",
    ],
    [
      "an oral drug without any dose",
      ["patient: { indication: cancer, weight: 70 kg, oral: [{ drug: morphine }] }"],
      "patient.oral[0]: expected dose, by_need or both, found neither",
    ],
    [
      "a pain of 11",
      ["patient: { indication: cancer, weight: 70 kg, pain: { baseline: 11 } }"],
      "a plain number from 0 to 10, found the number 11",
    ],
    [
      "an unknown condition",
      ["patient: { indication: cancer, weight: 70 kg, conditions: [apnoea] }"],
      "unknown condition `apnoea`: the nearest known one is `sleep_apnoea`",
    ],
    [
      "a trial of eight days",
      [TRIAL_PUMP, PATIENT, "trial: { kind: infusion, baseline: 3 d, for: 8 d }"],
      '6:46: trial.for: expected at most 7 d, after which an external trial pump stops, found "8 d"',
    ],
    [
      "a trial beyond the run",
      [TRIAL_PUMP, PATIENT, "trial: { kind: infusion, baseline: 19 d, for: 3 d }"],
      "trial.for: expected a trial within the run of 20 d",
    ],
    [
      "a baseline of hours",
      [TRIAL_PUMP, PATIENT, "trial: { kind: infusion, baseline: 6 h }"],
      'trial.baseline: expected at least 1 d, which has the three reports of a mean, found "6 h"',
    ],
    [
      "an infusion with an implant",
      [PATIENT, trial],
      "expected `model: external-trial` in `pump` for an infusion, found implant-20",
    ],
    [
      "an infusion that nobody commissions",
      [TRIAL_PUMP, PATIENT, trial, "commission: none"],
      "expected no `commission: none` in the file for an infusion",
    ],
    [
      "an infusion by a pump on the shelf",
      ["pump: { model: external-trial, life: shelf }", PATIENT, trial],
      "expected no `life: shelf` in `pump` for an infusion",
    ],
    [
      "a single shot with two shots",
      [
        PATIENT,
        "trial: { kind: single_shot, baseline: 1 d }",
        "timeline: [{ at: 26 h, do: inject, dose: 0.1 mg }, { at: 28 h, do: inject, dose: 0.1 mg }]",
      ],
      "expected one `inject` between 1 d and 2 d for a single shot, found 2",
    ],
    [
      "injections without any",
      [PATIENT, "trial: { kind: injections, baseline: 1 d }"],
      "expected two `inject` or more between 1 d and 8 d, found none",
    ],
    ["a trial of nobody", [TRIAL_PUMP, trial], "5:8: trial: expected a `patient` in the file, who is tried"],
    [
      "an injection above the library's hard limit",
      [PATIENT, "timeline: [{ at: 1 d, do: inject, dose: 25 mg }]"],
      '5:41: timeline[0].dose: expected at most the 22.5 mg that the drug library permits of morphine in a day, its hard limit; found "25 mg"',
    ],
    [
      "an injection of nothing",
      [PATIENT, "timeline: [{ at: 1 d, do: inject, dose: 0 mg }]"],
      'expected a dose above 0, found "0 mg"',
    ],
    [
      "an injection into nobody",
      ["timeline: [{ at: 1 d, do: inject, dose: 1 mg }]"],
      "expected a `patient` in the file, into whose fluid the drug goes",
    ],
    [
      "an implant for nobody",
      [`timeline: [{ at: 1 d, ${convert} }]`],
      "expected a `patient` in the file, who gets the implant",
    ],
    [
      "a conversion during the trial",
      [
        TRIAL_PUMP,
        PATIENT,
        "trial: { kind: infusion, baseline: 3 d, for: 5 d }",
        `timeline: [{ at: 7 d, ${convert} }]`,
      ],
      'timeline[0].at: expected a time from the end of the trial at 8 d on, found "7 d"',
    ],
    [
      "two conversions",
      [PATIENT, `timeline: [{ at: 1 d, ${convert} }, { at: 2 d, ${convert} }]`],
      "timeline[1]: expected one `convert` in a file: that of 1 d came before",
    ],
    [
      "a conversion to a trial pump",
      [PATIENT, "timeline: [{ at: 1 d, do: convert, model: external-trial, fill: 9 mL }]"],
      "unknown implant `external-trial`",
    ],
    [
      "an implant that is overfull",
      [PATIENT, `timeline: [{ at: 1 d, ${convert.replace("18", "21")} }]`],
      'timeline[0].fill: expected at most the 20 mL that the pump holds, found "21 mL"',
    ],
    [
      "a refill beyond the implant",
      [PATIENT, `timeline: [{ at: 1 d, ${convert.replace("20", "40")} }, { at: 2 d, do: refill, fill: 41 mL }]`],
      "expected at most the 40 mL that the pump holds",
    ],
    [
      "a clinician of nobody",
      ["clinician: { titrate: { every: 7 d, aim: { pain: 4 }, step: 15 %, most: 2 mg/day } }"],
      "clinician: expected a `patient` in the file, whose reports the clinician follows",
    ],
    [
      "a clinician every hour",
      titrate("every: 1 h, aim: { pain: 4 }, step: 15 %, most: 2 mg/day"),
      'expected at least 1 d from visit to visit, found "1 h"',
    ],
    [
      "two aims",
      titrate("every: 7 d, aim: { pain: 4, spasms: 1 }, step: 15 %, most: 2 mg/day"),
      "expected exactly one of pain, ashworth, spasms, found pain and spasms",
    ],
    [
      "a step of nothing",
      titrate("every: 7 d, aim: { pain: 4 }, step: 0 %, most: 2 mg/day"),
      'expected a step from 1 % to 100 %, found "0 %"',
    ],
    [
      "a signal of nobody",
      ["expect: [{ signal: { name: patient.pain, max: 4 } }]"],
      "expected a `patient` in the file, of whom this signal is",
    ],
    [
      "a signal of a drug that is not there",
      [PATIENT, "expect: [{ signal: { name: patient.plasma_ngPerMl.baclofen, max: 4 } }]"],
      "no drug of that name reaches the patient of this file",
    ],
  ])("%s", (_, lines, words) => {
    const all = refusals(file(lines));
    expect(all).toHaveLength(1);
    expect(all[0]).toContain(words);
    expect(all[0]).toMatch(/^p\.yaml:\d+:\d+: /);
  });

  test("and a wrong patient is the only problem of a file that speaks of the patient elsewhere", () => {
    const all = refusals(
      file([
        TRIAL_PUMP,
        "patient: { indication: failed_back_surgery }",
        "trial: { kind: infusion, baseline: 3 d }",
        "timeline: [{ at: 1 d, do: inject, dose: 1 mg }]",
        "expect: [{ signal: { name: patient.pain, max: 4 } }]",
      ]),
    );
    expect(all.map((each) => each.replace(/^.*?: /, ""))).toEqual([expect.stringContaining("patient.weight: missing")]);
  });
});

describe("PAT-5: a published contraindication is a warning and never a refusal", () => {
  const withConditions = (conditions: string, drug?: string) =>
    warnings(file([`patient: { indication: cancer, weight: 70 kg, conditions: [${conditions}] }`], drug));

  test.each([
    ["infection", "morphine", "is a contraindication to a pump and a puncture"],
    ["coagulopathy", "baclofen", "is a contraindication to a pump and a puncture"],
    ["sleep_apnoea", "hydromorphone", "is a contraindication to hydromorphone"],
    ["psychosis", "ziconotide", "is a contraindication to ziconotide"],
  ])("%s with %s", (condition, drug, words) => {
    expect(withConditions(condition, drug)).toEqual([expect.stringContaining(words)]);
  });

  test("sleep apnoea is none with baclofen", () => {
    expect(withConditions("sleep_apnoea", "baclofen")).toEqual([]);
  });

  test("and so is a drug that the library does not list for the spine", () => {
    const found = warnings(file(["patient: { indication: cancer, weight: 70 kg }"], "ketamine"));
    expect(found).toEqual([expect.stringContaining("the drug library does not list `ketamine` for the spine")]);
  });

  const bolus =
    "basal: { mode: continuous, rate: 100 uL/day }, patient_bolus: { dose: 0.02 mg, duration: 5 min, lockout: 4 h, per_24h: 4 }";
  test.each([
    ["morphine", "", 1],
    ["morphine", ", oral: [{ drug: morphine, dose: 60 mg/day }]", 0],
    ["baclofen", "", 0],
  ])("a patient bolus of %s for somebody who takes%s by mouth gives %i warnings", (drug, oral, count) => {
    const text = file([`patient: { indication: cancer, weight: 70 kg${oral} }`], drug, bolus);
    expect(warnings(text)).toHaveLength(count);
  });

  test.each<[string, string[], string]>([
    [
      "asks for boluses that no program has",
      ["patient: { indication: cancer, weight: 70 kg, asks: by_need }"],
      "every request is denied",
    ],
    [
      "gets an implant that nobody programs",
      [PATIENT, "timeline: [{ at: 1 d, do: convert, model: implant-20, fill: 18 mL }]"],
      "the implant gives nothing",
    ],
    [
      "is injected within the baseline",
      [
        TRIAL_PUMP,
        PATIENT,
        "trial: { kind: infusion, baseline: 3 d }",
        "timeline: [{ at: 1 d, do: inject, dose: 0.1 mg }]",
      ],
      "within the baseline of the trial",
    ],
    [
      "is titrated by another complaint",
      [PATIENT, "clinician: { titrate: { every: 7 d, aim: { spasms: 1 }, step: 15 %, most: 2 mg/day } }"],
      "the complaint of failed_back_surgery is pain",
    ],
    [
      "has had the most from the start",
      [PATIENT, "clinician: { titrate: { every: 7 d, aim: { pain: 4 }, step: 15 %, most: 0.1 mg/day } }"],
      "the clinician never raises it",
    ],
    [
      "is never visited",
      [PATIENT, "clinician: { titrate: { every: 30 d, aim: { pain: 4 }, step: 15 %, most: 2 mg/day } }"],
      "the run ends before the first visit",
    ],
  ])("a patient who %s is one too", (_, lines, words) => {
    expect(warnings(file(lines))).toEqual([expect.stringContaining(words)]);
  });

  test("with the line of its entry, in whatever order the timeline is written", () => {
    const text = file([
      TRIAL_PUMP,
      PATIENT,
      "trial: { kind: infusion, baseline: 3 d, for: 2 d }",
      "timeline:",
      "  - { at: 6 d, do: convert, model: implant-20, fill: 18 mL }",
      "  - { at: 5 d, do: program, prescription: { basal: { mode: stopped } } }",
      "  - { at: 1 d, do: inject, dose: 0.1 mg }",
    ]);
    const found = parseScenario(text, "p.yaml").warnings!.map(({ line, text: words }) => [line, words]);
    expect(found).toEqual([
      [8, expect.stringContaining("the implant gives nothing")],
      [10, expect.stringContaining("within the baseline of the trial")],
    ]);
  });
});
