// The patient in the report: outcomes before the treatment, in the last week and by months, the changes, the harms, and
// the trial with its rule, its scores and the share of people who would have passed it with a placebo.

import { secondsOf } from "../time";
import { toThousandth } from "../amounts";
import type { Person } from "../world/patient/person";
import type { Patient, Scenario, Trial } from "../scenario/scenario";
import { type Care, type Means, MONTH_TICKS, type Outcome, OUTCOMES, PASSED, UNDECIDED } from "./care";
import { PLACEBO_PEOPLE } from "./placebo";
import type { PatientReport, RunReport } from "./report";

/** `placeboPasses` is how many of PLACEBO_PEOPLE pass the trial; null when nobody asked. */
export function patientReport(
  scenario: Scenario & { patient: Patient },
  person: Pick<Person, "pain" | "ashworth" | "spasms">,
  care: Care,
  harms: RunReport["harms"],
  placeboPasses: number | null,
): PatientReport {
  const { patient, trial, titration } = scenario;
  const baseline = baselineOf(person, care.before());
  const week = care.lastWeek();
  return {
    indication: patient.indication,
    baseline,
    last_week: week === null ? null : rounded(week),
    change: week === null ? null : changeOf(baseline, week),
    months: care.months().map(({ month, means }) => ({ from_s: secondsOf(month * MONTH_TICKS), ...rounded(means) })),
    harms: harms.map(({ name, first_s, until_s }) => ({ name, first_s, until_s })),
    visits: titration ? visitsOf(care) : null,
    trial: trial ? trialOf(trial, care, placeboPasses) : null,
  };
}

/** Of somebody who was treated from the start on, the untreated scores are all that is known of the time before. */
function baselineOf(
  person: Pick<Person, "pain" | "ashworth" | "spasms">,
  before: Means | null,
): PatientReport["baseline"] {
  if (before !== null) return rounded(before);
  const [pain, ashworth, spasms] = [person.pain, person.ashworth, person.spasms].map(toThousandth);
  const unknown = { pain_report: null, activity: null, oral_mme: null, sedation: null, itch: null };
  return { ...unknown, pain, ashworth, spasms, ventilation: 1 };
}

function visitsOf({ visits, raised, lowered, refused }: Care): PatientReport["visits"] {
  return { held: visits, raised, lowered, refused };
}

function rounded(means: Means): Means {
  return Object.fromEntries(OUTCOMES.map((name) => [name, toThousandth(means[name])])) as Means;
}

/** By outcome: the change in percent of the baseline; null where the baseline is 0 or not known. */
function changeOf(baseline: PatientReport["baseline"], week: Means): Record<Outcome, number | null> {
  const percent = (name: Outcome): number | null => {
    const before = baseline[name];
    return before === null || before === 0 ? null : toThousandth((100 * (week[name] - before)) / before);
  };
  return Object.fromEntries(OUTCOMES.map((name) => [name, percent(name)])) as Record<Outcome, number | null>;
}

function trialOf(trial: Trial, care: Care, placeboPasses: number | null): NonNullable<PatientReport["trial"]> {
  const isOver = care.verdict !== UNDECIDED;
  return {
    kind: trial.kind,
    score: trial.score,
    rule: ruleWords(trial),
    from_s: secondsOf(trial.baseline_ticks),
    to_s: secondsOf(trial.baseline_ticks + trial.for_ticks),
    passes_at: isOver ? toThousandth(passesAt(trial, care.baseline)) : null,
    baseline: isOver ? toThousandth(care.baseline) : null,
    mean: isOver ? toThousandth(care.score) : null,
    passed: isOver ? care.verdict === PASSED : null,
    placebo: placeboPasses === null ? null : { people: PLACEBO_PEOPLE, passed: placeboPasses },
  };
}

/** The highest score with which a trial from this baseline is passed. */
function passesAt({ rule, score }: Trial, baseline: number): number {
  if ("points" in rule) return baseline - rule.points;
  const whole = score === "ashworth" ? baseline - 1 : baseline;
  return baseline - rule.fraction * whole;
}

export function ruleWords({ rule, score }: Trial): string {
  const what = score === "pain" ? "the mean pain report" : "the mean Ashworth score";
  if ("points" in rule) return `${what} falls by ${rule.points} ${rule.points === 1 ? "point" : "points"} or more`;
  const from = score === "ashworth" ? " of what is above 1" : "";
  return `${what} falls by ${toThousandth(100 * rule.fraction)} %${from} or more`;
}
