// The outcomes of a patient as rows, with their words, for the text of a run and for the page: which rows say something of this
// patient, and the visits of a clinician in words.

import type { Outcome } from "./care";
import type { PatientReport } from "./report";

/** The outcomes in the order in which a clinician asks, with their words, unit and digits. */
export const OUTCOME_ROWS: readonly { name: Outcome; words: string; unit: string; digits: number }[] = [
  { name: "pain_report", words: "pain as reported", unit: "of 10", digits: 1 },
  { name: "pain", words: "true pain", unit: "of 10", digits: 1 },
  { name: "ashworth", words: "mean Ashworth score", unit: "of 5", digits: 1 },
  { name: "spasms", words: "spasm frequency", unit: "of 4", digits: 1 },
  { name: "activity", words: "activity", unit: "% of the healthy", digits: 0 },
  { name: "oral_mme", words: "oral morphine equivalent", unit: "mg/day", digits: 0 },
  { name: "ventilation", words: "ventilation", unit: "of normal", digits: 2 },
  { name: "sedation", words: "sedation", unit: "of 3", digits: 1 },
  { name: "itch", words: "itching", unit: "of 3", digits: 1 },
];

/** The value of a healthy person, who needs no row about it; absent for an outcome that everybody is asked. */
const HEALTHY: Partial<Record<Outcome, number>> = { ashworth: 1, spasms: 0, oral_mme: 0, sedation: 0, itch: 0 };

/** The rows that say something of this patient. */
export function rowsOf({ baseline, last_week }: PatientReport): typeof OUTCOME_ROWS {
  return OUTCOME_ROWS.filter(({ name, digits }) => {
    const healthy = HEALTHY[name];
    if (healthy === undefined) return true;
    return [baseline[name], last_week?.[name]].some(
      (value) => (value ?? healthy).toFixed(digits) !== healthy.toFixed(digits),
    );
  });
}

/** The visits of a clinician in words, without a full stop. */
export function visitWords({ held, raised, lowered, refused }: NonNullable<PatientReport["visits"]>): string {
  return `Visits of the clinician: ${held}; steps up ${raised}, steps down ${lowered}, refused by the pump ${refused}`;
}
