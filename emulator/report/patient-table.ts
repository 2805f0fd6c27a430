// The outcomes of the patient as a table before the plots: before the treatment, in the last week, and the change; and the trial with
// its rule, its numbers and how often a placebo would have passed.

import { numberWords } from "../amounts";
import { type OUTCOME_ROWS, rowsOf, visitWords } from "../run/outcome-rows";
import type { Outcomes, PatientReport, RunReport } from "../run/report";
import { escaped } from "./words";

/** Empty without a patient. */
export function patientOf({ patient }: RunReport): string {
  if (patient === null) return "";
  const { indication, trial, last_week, visits } = patient;
  const rows = rowsOf(patient).map((row) => rowOf(row, patient));
  const heads = ["Outcome", "Before", "Last week", "Change"];
  const head = heads.map(
    (text, i) => `<th scope="col" role="columnheader"${i === 0 ? "" : ' class="number"'}>${text}</th>`,
  );
  const table =
    last_week === null
      ? `<p class="none">The run ended before the first entry of the diary.</p>`
      : `<table role="table" aria-label="Patient"><thead role="rowgroup"><tr role="row">${head.join("")}</tr></thead>` +
        `<tbody role="rowgroup">${rows.join("\n")}</tbody></table>`;
  return `<section class="card wide"><h2>Patient <small>${escaped(indication.replaceAll("_", " "))}; a model, which predicts nobody</small></h2>
${trial === null ? "" : `<p class="none">${escaped(trialWords(trial))}</p>`}
${table}${visits === null ? "" : `<p class="none">${visitWords(visits)}.</p>`}</section>`;
}

function rowOf(
  { name, words, unit, digits }: (typeof OUTCOME_ROWS)[number],
  { baseline, last_week, change }: PatientReport,
): string {
  const value = (from: Record<keyof Outcomes, number | null> | null): string => {
    const found = from?.[name] ?? null;
    return found === null ? "–" : numberWords(Number(found.toFixed(digits)), digits);
  };
  const percent = change?.[name] ?? null;
  const moved =
    percent === null
      ? "–"
      : `${Math.round(percent) === 0 ? "" : percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(0)} %`;
  const cells = [value(baseline), `${value(last_week)} ${unit}`, moved];
  const tds = cells.map(
    (cell, i) => `<td role="cell" class="number" data-label="${["Before", "Last week", "Change"][i]}">${cell}</td>`,
  );
  return `<tr role="row"><td role="cell">${words[0].toUpperCase()}${words.slice(1)}</td>${tds.join("")}</tr>`;
}

function trialWords({
  kind,
  score,
  rule,
  baseline,
  mean,
  passed,
  passes_at,
  placebo,
}: NonNullable<PatientReport["trial"]>): string {
  const name = `Trial (${kind.replaceAll("_", " ")}): passed if ${rule}`;
  if (baseline === null || mean === null || passed === null || passes_at === null) return `${name}. It is not over.`;
  const numbers = `baseline ${baseline.toFixed(2)}, passes at ${passes_at.toFixed(2)}, trial ${mean.toFixed(2)} ${score === "pain" ? "of 10" : "of 5"}: ${passed ? "passed" : "failed"}`;
  const share =
    placebo === null ? "" : ` ${placebo.passed} of ${placebo.people} sampled people would have passed with a placebo.`;
  return `${name}; ${numbers}.${share}`;
}
