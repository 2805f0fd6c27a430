// Writes figures as a clinician reads them: volumes in uL or mL, doses in ug or mg, times in days, hours, minutes and seconds.
// All come from the pump's integers, so a volume is never rounded further than to the pulse of 0.25 uL.

import { PULSE_NL, RATE_UNIT_NL_PER_DAY } from "../../../hal/units";
import { SECONDS_PER_DAY, SECONDS_PER_MINUTE, timeWords } from "../../time";
import {
  CONCENTRATIONS_PER_MG_PER_ML,
  CONCENTRATIONS_PER_UG_PER_ML,
  EXACT,
  figure,
  inUlPerDay,
  massWords,
  NL_PER_ML,
  percentWords,
  volumeWords,
} from "../../amounts";

/** Up to this time hours are not split into days, because people say 36 h and not 1 d 12 h. */
const HOURS_UP_TO_S = 2 * SECONDS_PER_DAY - 1;

/** A drug in solution. The concentration is in 0.1 ug/mL, as in the record. */
export interface Solute {
  name: string;
  concentration: number;
}

export function volume(pulses: number): string {
  return volumeOf_nl(pulses * PULSE_NL);
}

export function volumeOf_nl(volume_nl: number): string {
  return volumeWords(volume_nl, EXACT);
}

/** The words of a rate in 0.01 uL/day. */
export function rate(units: number): string {
  return `${figure(inUlPerDay(units))} uL/day`;
}

/** The words of the dose in a volume. A concentration of 0.1 ug/mL is 0.0001 ng/nL. */
function dose(volume_nl: number, { concentration }: Solute): string {
  return massWords((volume_nl * concentration) / (NL_PER_ML * CONCENTRATIONS_PER_UG_PER_ML), EXACT);
}

/** An amount such as `5 uL (50 ug morphine)`; without a drug the volume alone. */
export function amount(pulses: number, solutes: readonly Solute[]): string {
  const parts = solutes.map((solute) => `${dose(pulses * PULSE_NL, solute)} ${solute.name}`);
  return parts.length > 0 ? `${volume(pulses)} (${parts.join(", ")})` : volume(pulses);
}

/** A rate such as `100 uL/day (1 mg/day morphine)`, with the dose of the primary drug. */
export function rateOf(units: number, solutes: readonly Solute[]): string {
  const primary = solutes[0];
  return primary ? `${rate(units)} (${dose(units * RATE_UNIT_NL_PER_DAY, primary)}/day ${primary.name})` : rate(units);
}

export function concentration(units: number): string {
  return units < CONCENTRATIONS_PER_MG_PER_ML
    ? `${figure(units / CONCENTRATIONS_PER_UG_PER_ML)} ug/mL`
    : `${figure(units / CONCENTRATIONS_PER_MG_PER_ML)} mg/mL`;
}

export function minutes(count: number): string {
  return seconds(count * SECONDS_PER_MINUTE);
}

export function seconds(count: number): string {
  return timeWords(count, true, HOURS_UP_TO_S);
}

/** The change in percent, such as `+12.5 %`; in words where there is no percentage. */
export function change(before: number, after: number): string {
  if (before === 0) return after === 0 ? "as before" : "from nothing";
  if (before === after) return "as before";
  return percentWords(((after - before) / before) * 100, "-", 1);
}

/** Rows of a label and a text, aligned; a text of several lines keeps its column. */
export function table(rows: readonly (readonly [label: string, text: string])[], indent = "  "): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length)) + 2;
  return rows
    .flatMap(([label, text]) =>
      text.split("\n").map((line, i) => `${indent}${(i === 0 ? label : "").padEnd(width)}${line}`.trimEnd()),
    )
    .join("\n");
}
