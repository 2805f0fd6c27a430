// The drug library (LIM-8). It has for each drug the highest concentration; the soft limit, a daily dose above which a
// clinician must confirm and give a reason; and the hard limit, a daily dose above which a program is refused. The hard limit
// is 1.5 times the soft one, and one hour may hold an eighth of it. The library is part of the firmware, and a program says
// which version of the library it was written for. The figures are choices of this project after published consensus ranges,
// for development alone. None of them is a manufacturer's or from a label.
//
// Doses are in units of 10 ng, concentrations in units of 0.1 ug/mL, so that 24 mL of the strongest solution fits an i32.

export const LIBRARY_VERSION: i32 = 1;

/** One pulse of 250 nL at one unit of concentration is 1/400 of a unit of dose. */
export const PULSES_PER_DOSE_UNIT: i32 = 400;
/** The highest concentration of a drug that is not listed, and above that of each listed one: 100 mg/mL. */
export const CONCENTRATION_MAX: i32 = 1000000;
/** A day's hard limit may be given in no fewer hours than these, so one hour holds an eighth of it at most. */
export const HARD_HOURS: i32 = 8;

/** A drug that the library does not know: nothing is checked but the volumes. */
export const DRUG_UNLISTED: i32 = 0;
// Made from emulator/contract/drugs.ts by npm run contract: drugs.
export const DRUG_MORPHINE: i32 = 1;
export const DRUG_HYDROMORPHONE: i32 = 2;
export const DRUG_FENTANYL: i32 = 3;
export const DRUG_SUFENTANIL: i32 = 4;
export const DRUG_BUPIVACAINE: i32 = 5;
export const DRUG_CLONIDINE: i32 = 6;
export const DRUG_ZICONOTIDE: i32 = 7;
export const DRUG_BACLOFEN: i32 = 8;
export const DRUGS: i32 = 9;

/** The highest concentration in 0.1 ug/mL; CONCENTRATION_MAX for a drug that is not listed. */
export function concentrationMax(drug: i32): i32 {
  switch (drug) {
    case DRUG_MORPHINE:
      return 250000;
    case DRUG_HYDROMORPHONE:
      return 150000;
    case DRUG_FENTANYL:
      return 100000;
    case DRUG_SUFENTANIL:
      return 50000;
    case DRUG_BUPIVACAINE:
      return 300000;
    case DRUG_CLONIDINE:
      return 10000;
    case DRUG_ZICONOTIDE:
      return 1000;
    case DRUG_BACLOFEN:
      return 20000;
    default:
      return CONCENTRATION_MAX;
  }
}

/** The soft daily limit in units of 10 ng; 0 for a drug that is not listed. */
export function softDay(drug: i32): i32 {
  switch (drug) {
    case DRUG_MORPHINE:
      return 1500000;
    case DRUG_HYDROMORPHONE:
      return 1000000;
    case DRUG_FENTANYL:
      return 100000;
    case DRUG_SUFENTANIL:
      return 50000;
    case DRUG_BUPIVACAINE:
      return 1500000;
    case DRUG_CLONIDINE:
      return 60000;
    case DRUG_ZICONOTIDE:
      return 1920;
    case DRUG_BACLOFEN:
      return 100000;
    default:
      return 0;
  }
}
// End of drugs.

/** The hard daily limit, half as much again as the soft one. */
export function hardDay(drug: i32): i32 {
  const soft: i32 = softDay(drug);
  return (soft + (soft >> 1)) | 0;
}
