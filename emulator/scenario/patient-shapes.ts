// The keys of a scenario's people beside the pump: the patient, the clinician who titrates, and the trial. `patient.ts` makes of
// them what the run trusts.

import { z } from "zod";
import { CONDITION_NAMES, CONDITION_ROWS, INDICATION_NAMES, INDICATION_ROWS } from "../contract/indications";
import { DRUG_TABLE } from "../world/patient/drug-table";
import { ORALS_MAX } from "../world/patient/habits";
import { describeFound } from "../names";
import { TICKS_PER_DAY } from "../../hal/units";
import {
  bounded,
  choice,
  expected,
  exactlyOneOf,
  list,
  mapping,
  OF_ANY_MAPPING,
  positiveSpan,
  quantity,
  word,
} from "./values";

const WEIGHT_KG_MIN = 3;
const WEIGHT_KG_MAX = 300;
const AGE_MAX = 120;
const ASHWORTH_MIN = 1;
const ASHWORTH_MAX = 5;
const PENN_MAX = 4;
const PAIN_MAX = 10;

/** For so long an external trial pump runs (TRI-1). */
export const TRIAL_DAYS_MAX = 7;

/** The drugs of which a part that is swallowed is known to reach the blood. */
const ORAL_DRUGS: readonly string[] = DRUG_TABLE.filter(({ oralPart }) => oralPart.typical > 0).map(({ name }) => name);

export const TRIAL_KINDS: readonly string[] = ["single_shot", "injections", "infusion"];

/** A plain number on a scale. */
function score(what: string, least: number, most: number) {
  const error = expected(`${what}: a plain number from ${least} to ${most}`);
  return z.number({ error }).min(least, { error }).max(most, { error });
}

const pain = score("a pain score", 0, PAIN_MAX);
const ashworth = score("a mean Ashworth score", ASHWORTH_MIN, ASHWORTH_MAX);
const spasms = score("a Penn spasm frequency", 0, PENN_MAX);

/** The sentence about a drug by mouth of which nothing is known. */
const oralDrug = z
  .enum(ORAL_DRUGS as [string, ...string[]], {
    error: (issue) =>
      typeof issue.input === "string"
        ? `there are no kinetics of ${describeFound(issue.input)} by mouth: expected one of ${ORAL_DRUGS.join(", ")}`
        : expected(`the name of a drug with kinetics by mouth (${ORAL_DRUGS.join(", ")})`)(issue),
  })
  .describe("Name of the drug");

const oral = mapping("an oral drug", {
  drug: oralDrug,
  dose: quantity(["doseRate"]).describe("Amount that is taken by schedule in a day: `60 mg/day`").optional(),
  every: bounded(["duration"], 3_600_000, 86_400_000, "a time from 1 h to 24 h")
    .describe("Time between two scheduled doses, in whole minutes. Default 12 h")
    .optional(),
  by_need: quantity(["dose"])
    .describe("Amount that the patient takes beside the schedule when it is needed: `10 mg`")
    .optional(),
}).superRefine((value, context) => {
  const issue = (message: string, path: string[], isMissing = false) =>
    context.addIssue({ code: "custom", message, path, params: { isMissing } });
  if (value.dose === undefined && value.by_need === undefined) {
    issue("expected dose, by_need or both, found neither", [], true);
  }
  if (value.every !== undefined && value.dose === undefined) {
    issue("expected `dose` beside `every`, which says how often it is taken", ["every"]);
  }
}, OF_ANY_MAPPING);

export const patient = mapping("a patient", {
  indication: word("indication", INDICATION_NAMES).describe(
    INDICATION_ROWS.map(({ name, does }) => `${name}: ${does}`).join("; "),
  ),
  weight: bounded(
    ["mass"],
    WEIGHT_KG_MIN,
    WEIGHT_KG_MAX,
    `a weight from ${WEIGHT_KG_MIN} kg to ${WEIGHT_KG_MAX} kg`,
  ).describe("Body weight, with which volumes and clearances go: `72 kg`"),
  age: score("an age in years", 0, AGE_MAX).describe("Age in years: `58`. Default: that of the indication").optional(),
  draw: word("draw", ["typical", "sampled"])
    .describe("typical: the middle of every distribution; sampled: drawn from the run's seed. Default typical")
    .optional(),
  pain: mapping("the pain of a patient", { baseline: pain.describe("Pain without treatment, 0 to 10") })
    .describe("Pain without treatment. Default: that of the indication")
    .optional(),
  spasticity: mapping("the spasticity of a patient", {
    ashworth: ashworth.describe("Mean Ashworth score without treatment, 1 to 5").optional(),
    spasms: spasms.describe("Penn spasm frequency without treatment, 0 to 4").optional(),
  })
    .describe("Spasticity without treatment. Default: that of the indication")
    .optional(),
  oral: list("drugs by mouth", oral, 0, ORALS_MAX)
    .superRefine((all, context) => {
      all.forEach(({ drug }, i) => {
        if (all.findIndex((other) => other.drug === drug) === i) return;
        context.addIssue({ code: "custom", path: [i, "drug"], message: `\`${drug}\` is here a second time` });
      });
    })
    .describe("What the patient takes by mouth. Default: nothing")
    .optional(),
  conditions: list("conditions", word("condition", CONDITION_NAMES), 0, CONDITION_NAMES.length)
    .describe(
      `Contraindications, each of which brings a warning: ${CONDITION_ROWS.map(({ name, does }) => `${name}: ${does}`).join("; ")}`,
    )
    .optional(),
  established: choice
    .describe("true: the pump has given the program at the start for months. Default false: the patient is new to it")
    .optional(),
  asks: word("habit", ["by_need"])
    .describe("by_need: the patient asks for boluses by itself. Default: only the timeline does")
    .optional(),
}).describe("The person behind the catheter's tip. The model predicts nobody");

/** The score by which a clinician titrates. */
const aim = exactlyOneOf(
  ["pain", "ashworth", "spasms"],
  mapping("an aim", {
    pain: pain.describe("Highest mean of the reported pain that is good enough").optional(),
    ashworth: ashworth.describe("Highest mean Ashworth score that is good enough").optional(),
    spasms: spasms.describe("Highest mean spasm frequency that is good enough").optional(),
  }),
);

const titrate = mapping("a titration", {
  every: positiveSpan().describe("Time from visit to visit, at least a day: `7 d`"),
  aim: aim.describe("What is good enough"),
  step: bounded(["fraction"], 0.01, 1, "a step from 1 % to 100 %").describe(
    "Change of the daily dose at a visit: `15 %`",
  ),
  most: quantity(["doseRate"]).describe("The basal never goes beyond it: `2 mg/day`"),
}).superRefine(({ every }, context) => {
  if (every !== undefined && every.ticks < TICKS_PER_DAY) {
    const message = `expected at least 1 d from visit to visit, found "${every.text}"`;
    context.addIssue({ code: "custom", path: ["every"], message });
  }
}, OF_ANY_MAPPING);

export const clinician = mapping("a clinician", {
  titrate: titrate.describe("The daily dose follows what the patient reports, through telemetry"),
}).describe("A clinician who visits at intervals");

export const trial = mapping("a trial", {
  kind: word("kind of trial", TRIAL_KINDS).describe(
    "single_shot: one `inject`; injections: several over days; infusion: the external pump of `pump.model: external-trial`",
  ),
  baseline: positiveSpan().describe("Time before the trial in which the patient reports, at least a day: `3 d`"),
  for: positiveSpan()
    .describe(
      `Length of the trial after its baseline, at most ${TRIAL_DAYS_MAX} d. Default: 1 d for a single shot, else 7 d`,
    )
    .optional(),
  rule: bounded(["fraction"], 0.01, 1, "a fall from 1 % to 100 %")
    .describe(
      "Least fall of the mean score for a success: `50 %`. Default: 50 % of pain, or 1 point of the Ashworth score",
    )
    .optional(),
})
  .superRefine((value, context) => {
    const { baseline, for: length } = value;
    const most = `expected at most ${TRIAL_DAYS_MAX} d, after which an external trial pump stops`;
    if (length !== undefined && length.ticks > TRIAL_DAYS_MAX * TICKS_PER_DAY) {
      context.addIssue({ code: "custom", path: ["for"], message: `${most}, found "${length.text}"` });
    }
    if (baseline !== undefined && baseline.ticks < TICKS_PER_DAY) {
      const message = `expected at least 1 d, which has the three reports of a mean, found "${baseline.text}"`;
      context.addIssue({ code: "custom", path: ["baseline"], message });
    }
  }, OF_ANY_MAPPING)
  .describe("Screening before an implant, or instead of one");

export type ParsedPatient = z.output<typeof patient>;
export type ParsedClinician = z.output<typeof clinician>;
export type ParsedTrial = z.output<typeof trial>;
