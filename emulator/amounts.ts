// Amounts as the emulator converts and writes them: volumes in nL, drug masses in ug, and rates in the pump's units of 0.01
// uL/day. What people read is in uL or mL and in ug or mg. A page, the text of a command and a programmer differ in their
// letter for micro and in their digits, and each has its style here. The browser modules of the pages import this file too, so
// it rests on hal/units.ts alone.

import { RATE_UNIT_NL_PER_DAY } from "../hal/units";

export const NL_PER_UL = 1000;
export const NL_PER_ML = 1_000_000;
export const NG_PER_UG = 1000;
export const UG_PER_MG = 1000;
export const NG_PER_MG = NG_PER_UG * UG_PER_MG;
/** A concentration of the program record is in 0.1 ug/mL. */
export const CONCENTRATIONS_PER_UG_PER_ML = 10;
export const CONCENTRATIONS_PER_MG_PER_ML = CONCENTRATIONS_PER_UG_PER_ML * UG_PER_MG;
const RATE_UNITS_PER_UL = NL_PER_UL / RATE_UNIT_NL_PER_DAY;

/** Significant digits: enough for the integers of a record, and too few for the rounding errors of a division. */
const EXACT_DIGITS = 12;

/** A rate of 0.01 uL/day in uL/day. */
export function inUlPerDay(rate: number): number {
  return rate / RATE_UNITS_PER_UL;
}

/** To a thousandth. Sums of whole pulses are exact; sums of biased pulses have rounding errors below that. */
export function toThousandth(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** With thousands separated and at most `digits` decimals. */
export function numberWords(value: number, digits = 0): string {
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** No separators, no trailing zeros, no exponent. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(EXACT_DIGITS)));
}

/** An error or a change in percent: `+1.25 %`, `-0.30 %`, `0.00 %`. A page gives its own minus. */
export function percentWords(value_pct: number, minus = "-", digits = 2): string {
  const shown = Math.abs(value_pct).toFixed(digits);
  const sign = Number(shown) === 0 ? "" : value_pct > 0 ? "+" : minus;
  return `${sign}${shown} %`;
}

/** How a place writes amounts. */
interface AmountStyle {
  micro: "u" | "µ";
  uL(value: number): string;
  mL(value: number): string;
  ug(value: number): string;
  mg(value: number): string;
  /** Volumes from here on are in mL. */
  mLFrom_nl: number;
}

/** On a page, in as few digits as a reader needs: `104.25 µL`, from 10 mL on `12.5 mL`, `52.1 µg`, from 1 mg on `1.043 mg`. */
export const PAGE: AmountStyle = {
  micro: "µ",
  uL: (value) => numberWords(value, 2),
  mL: (value) => numberWords(value, 3),
  ug: (value) => numberWords(value, 1),
  mg: (value) => numberWords(value, 3),
  mLFrom_nl: 10 * NL_PER_ML,
};

/** In the text of a command: volumes in uL to the nanolitre. */
export const TEXT: AmountStyle = {
  micro: "u",
  uL: (value) => numberWords(value, 3),
  mL: (value) => numberWords(value, 3),
  ug: (value) => numberWords(value, 3),
  mg: (value) => numberWords(value, 4),
  mLFrom_nl: Infinity,
};

/** At a programmer, where all comes from the pump's integers: rounded no further than to the pulse of 0.25 uL. */
export const EXACT: AmountStyle = { micro: "u", uL: figure, mL: figure, ug: figure, mg: figure, mLFrom_nl: NL_PER_ML };

export function volumeWords(volume_nl: number, { micro, uL, mL, mLFrom_nl }: AmountStyle): string {
  return Math.abs(volume_nl) >= mLFrom_nl
    ? `${mL(volume_nl / NL_PER_ML)} mL`
    : `${uL(volume_nl / NL_PER_UL)} ${micro}L`;
}

export function massWords(mass_ug: number, { micro, ug, mg }: AmountStyle): string {
  return Math.abs(mass_ug) >= UG_PER_MG ? `${mg(mass_ug / UG_PER_MG)} mg` : `${ug(mass_ug)} ${micro}g`;
}
