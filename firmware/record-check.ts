// The prescription check, the first of three layers against an overdose. It refuses a program record that is outside what this
// pump can do, and it never clamps one (THR-1). Doses of drugs are judged later, on the unpacked program, because that needs
// its totals. Layers two and three are the limiter and the dose guard.
//
// Invariants:
// - A record has PROGRAM_BYTES bytes, and each may have any value.
// - Every bound fits the field that it bounds. A field of 16 bits times the ticks of a minute fits an i32, as program.ts
//   asserts, and so do its products with the ticks of a second or of a pulse.

import { assert } from "../hal/assert";
import { CONCENTRATION_MAX, DRUGS, LIBRARY_VERSION, concentrationMax } from "../hal/drug-library";
import {
  BOLUS_SECONDS_MAX,
  CAP_PER_24H_MAX,
  DOSE_EVERY_MINUTES_MIN,
  DOSE_EVERY_MINUTES_MAX,
  LOCKOUT_MINUTES_MIN,
  LOCKOUT_MINUTES_MAX,
  OUTCOME_ACCEPTED,
  OUTCOME_LIBRARY,
  OUTCOME_OUT_OF_RANGE,
  PATTERNS_MAX,
  PROGRAM_BOLUS,
  PROGRAM_BOLUS_SECONDS,
  PROGRAM_BYTES,
  PROGRAM_CAP,
  PROGRAM_DOSE,
  PROGRAM_DOSE_EVERY,
  PROGRAM_DOSE_SECONDS,
  PROGRAM_DRUG,
  PROGRAM_DRUG_COUNT,
  PROGRAM_DRUGS_MAX,
  PROGRAM_DRUG_BYTES,
  PROGRAM_DRUG_CONCENTRATION_AT,
  PROGRAM_DRUG_ID_AT,
  PROGRAM_LIBRARY,
  PROGRAM_LIMIT,
  PROGRAM_LIMIT_COUNT,
  PROGRAM_LIMITS_MAX,
  PROGRAM_LIMIT_BYTES,
  PROGRAM_LIMIT_PULSES_AT,
  PROGRAM_LIMIT_WINDOW_MIN_AT,
  PROGRAM_LOCKOUT,
  PROGRAM_LOW,
  PROGRAM_MODE,
  PROGRAM_PATTERN,
  PROGRAM_PATTERN_COUNT,
  PROGRAM_PATTERN_BYTES,
  PROGRAM_PATTERN_STEP_COUNT_AT,
  PROGRAM_PATTERN_STEPS_AT,
  PROGRAM_RATE,
  PROGRAM_STEP_BYTES,
  PROGRAM_STEP_MINUTE_AT,
  PROGRAM_STEP_RATE_AT,
  PROGRAM_WEEKDAY,
  REFUSED_BOLUS,
  REFUSED_BOLUS_DURATION,
  REFUSED_DOSE,
  REFUSED_DOSE_DURATION,
  REFUSED_DOSE_EVERY,
  REFUSED_DRUGS,
  REFUSED_DRUGS_0,
  REFUSED_LIBRARY,
  REFUSED_LIMITS,
  REFUSED_LIMITS_0,
  REFUSED_LOCKOUT,
  REFUSED_LOW_RESERVOIR,
  REFUSED_MODE,
  REFUSED_NONE,
  REFUSED_PER_24H,
  REFUSED_RATE,
  REFUSED_STEPS,
  STEPS_MAX,
  WEEKDAYS,
  WINDOW_MINUTES_MIN,
  WINDOW_MINUTES_MAX,
} from "../hal/telemetry";
import { MODE_CONTINUOUS, MODE_FLEX, MODE_PERIODIC, MODE_STOPPED } from "../hal/trace";
import {
  MINUTES_PER_DAY,
  PULSE_SPACING_TICKS,
  RATE_MINIMUM,
  RATE_TICKS_PER_PULSE,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../hal/units";
import { readU16, readU32 } from "./bytes";
import { mulDiv } from "./mul-div";
import { isTherapeutic } from "./program";
import { refusal } from "./refusal";

const U16_MAX: i32 = 0xffff;
const SECONDS_PER_MINUTE: i32 = TICKS_PER_MINUTE / TICKS_PER_SECOND;

assert(CAP_PER_24H_MAX <= 0xff, "the highest cap fits its byte");
assert(BOLUS_SECONDS_MAX <= U16_MAX, "the longest bolus fits its field");
assert(
  LOCKOUT_MINUTES_MIN <= LOCKOUT_MINUTES_MAX && LOCKOUT_MINUTES_MAX <= U16_MAX,
  "the longest lockout fits its field",
);
assert(WINDOW_MINUTES_MIN <= WINDOW_MINUTES_MAX && WINDOW_MINUTES_MAX <= U16_MAX, "the longest window fits its field");
assert(
  DOSE_EVERY_MINUTES_MIN <= DOSE_EVERY_MINUTES_MAX && DOSE_EVERY_MINUTES_MAX <= U16_MAX,
  "the dose's interval fits",
);

/**
 * The refusal (refusal.ts) of a record that is outside the device's limits or was written for another drug library;
 * OUTCOME_ACCEPTED otherwise.
 */
export function checkRecord(bytes: Uint8Array): i32 {
  assert(bytes.length == PROGRAM_BYTES, "a program record has its length");
  const field: i32 = fieldOutOfRange(bytes);
  if (field != REFUSED_NONE) return refusal(OUTCOME_OUT_OF_RANGE, field);
  const isOfLibrary: bool = bytes[PROGRAM_DRUG_COUNT] == 0 || readU16(bytes, PROGRAM_LIBRARY) == LIBRARY_VERSION;
  return isOfLibrary ? OUTCOME_ACCEPTED : refusal(OUTCOME_LIBRARY, REFUSED_LIBRARY);
}

/** The REFUSED_ code of the first field that is out of range, in the order of a prescription; REFUSED_NONE without one. */
function fieldOutOfRange(bytes: Uint8Array): i32 {
  const mode: i32 = bytes[PROGRAM_MODE];
  const rate: i32 = readU32(bytes, PROGRAM_RATE);
  if (mode < MODE_STOPPED || mode > MODE_PERIODIC) return REFUSED_MODE;
  if (mode == MODE_CONTINUOUS ? !isTherapeutic(rate) : rate != 0) return REFUSED_RATE;
  if (mode == MODE_FLEX && !flexInRange(bytes)) return REFUSED_STEPS;
  const inDose: i32 = mode == MODE_PERIODIC ? doseFieldOutOfRange(bytes) : REFUSED_NONE;
  if (inDose != REFUSED_NONE) return inDose;
  const cap: i32 = bytes[PROGRAM_CAP];
  if (cap > CAP_PER_24H_MAX) return REFUSED_PER_24H;
  const inBolus: i32 = cap > 0 ? bolusFieldOutOfRange(bytes) : REFUSED_NONE;
  if (inBolus != REFUSED_NONE) return inBolus;
  const inLimits: i32 = limitOutOfRange(bytes);
  if (inLimits != REFUSED_NONE) return inLimits;
  if (readU32(bytes, PROGRAM_LOW) < 0) return REFUSED_LOW_RESERVOIR;
  return drugOutOfRange(bytes);
}

function flexInRange(bytes: Uint8Array): bool {
  const patterns: i32 = bytes[PROGRAM_PATTERN_COUNT];
  if (patterns < 1 || patterns > PATTERNS_MAX) return false;
  for (let day: i32 = 0; day < WEEKDAYS; day = (day + 1) | 0) {
    const pattern: i32 = bytes[PROGRAM_WEEKDAY + day];
    if (pattern >= patterns) return false;
  }
  for (let p: i32 = 0; p < PATTERNS_MAX; p = (p + 1) | 0) {
    const at: i32 = (PROGRAM_PATTERN + ((p * PROGRAM_PATTERN_BYTES) | 0)) | 0;
    const steps: i32 = bytes[at + PROGRAM_PATTERN_STEP_COUNT_AT];
    if (p < patterns && !stepsInRange(bytes, steps, (at + PROGRAM_PATTERN_STEPS_AT) | 0)) return false;
  }
  return true;
}

/** True for 1 to STEPS_MAX steps, at rising minutes of a day, each at a rate that the pump has. */
function stepsInRange(bytes: Uint8Array, steps: i32, at: i32): bool {
  if (steps < 1 || steps > STEPS_MAX) return false;
  let last: i32 = -1;
  for (let i: i32 = 0; i < STEPS_MAX && i < steps; i = (i + 1) | 0) {
    const step: i32 = (at + ((i * PROGRAM_STEP_BYTES) | 0)) | 0;
    const minute: i32 = readU16(bytes, (step + PROGRAM_STEP_MINUTE_AT) | 0);
    const rate: i32 = readU32(bytes, (step + PROGRAM_STEP_RATE_AT) | 0);
    if (minute <= last || minute >= MINUTES_PER_DAY) return false;
    if (!isTherapeutic(rate) && rate != RATE_MINIMUM && rate != 0) return false;
    last = minute;
  }
  return true;
}

function doseFieldOutOfRange(bytes: Uint8Array): i32 {
  const pulses: i32 = readU16(bytes, PROGRAM_DOSE);
  const seconds: i32 = readU16(bytes, PROGRAM_DOSE_SECONDS);
  const every: i32 = readU16(bytes, PROGRAM_DOSE_EVERY);
  if (pulses < 1) return REFUSED_DOSE;
  if (seconds < 1 || seconds > BOLUS_SECONDS_MAX) return REFUSED_DOSE_DURATION;
  if (every < DOSE_EVERY_MINUTES_MIN || every > DOSE_EVERY_MINUTES_MAX) return REFUSED_DOSE_EVERY;
  if (seconds > ((every * SECONDS_PER_MINUTE) | 0)) return REFUSED_DOSE_DURATION;
  const ticks: i32 = (seconds * TICKS_PER_SECOND) | 0;
  if (((pulses * PULSE_SPACING_TICKS) | 0) > ticks) return REFUSED_DOSE;
  return isTherapeutic(mulDiv(RATE_TICKS_PER_PULSE, pulses, ticks)) ? REFUSED_NONE : REFUSED_DOSE;
}

function bolusFieldOutOfRange(bytes: Uint8Array): i32 {
  const pulses: i32 = readU16(bytes, PROGRAM_BOLUS);
  const seconds: i32 = readU16(bytes, PROGRAM_BOLUS_SECONDS);
  const lockout: i32 = readU16(bytes, PROGRAM_LOCKOUT);
  if (pulses < 1) return REFUSED_BOLUS;
  if (seconds < 1 || seconds > BOLUS_SECONDS_MAX) return REFUSED_BOLUS_DURATION;
  if (((pulses * PULSE_SPACING_TICKS) | 0) > ((seconds * TICKS_PER_SECOND) | 0)) return REFUSED_BOLUS;
  return lockout >= LOCKOUT_MINUTES_MIN && lockout <= LOCKOUT_MINUTES_MAX ? REFUSED_NONE : REFUSED_LOCKOUT;
}

function limitOutOfRange(bytes: Uint8Array): i32 {
  const limits: i32 = bytes[PROGRAM_LIMIT_COUNT];
  if (limits > PROGRAM_LIMITS_MAX) return REFUSED_LIMITS;
  for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX && i < limits; i = (i + 1) | 0) {
    const at: i32 = (PROGRAM_LIMIT + ((i * PROGRAM_LIMIT_BYTES) | 0)) | 0;
    const pulses: i32 = readU32(bytes, (at + PROGRAM_LIMIT_PULSES_AT) | 0);
    const minutes: i32 = readU16(bytes, (at + PROGRAM_LIMIT_WINDOW_MIN_AT) | 0);
    const inRange: bool = pulses >= 1 && minutes >= WINDOW_MINUTES_MIN && minutes <= WINDOW_MINUTES_MAX;
    if (!inRange) return (REFUSED_LIMITS_0 + i) | 0;
  }
  return REFUSED_NONE;
}

function drugOutOfRange(bytes: Uint8Array): i32 {
  const drugs: i32 = bytes[PROGRAM_DRUG_COUNT];
  if (drugs > PROGRAM_DRUGS_MAX) return REFUSED_DRUGS;
  for (let i: i32 = 0; i < PROGRAM_DRUGS_MAX && i < drugs; i = (i + 1) | 0) {
    const at: i32 = (PROGRAM_DRUG + ((i * PROGRAM_DRUG_BYTES) | 0)) | 0;
    const drug: i32 = bytes[at + PROGRAM_DRUG_ID_AT];
    const concentration: i32 = readU32(bytes, (at + PROGRAM_DRUG_CONCENTRATION_AT) | 0);
    const inRange: bool = drug < DRUGS && concentration >= 1 && concentration <= CONCENTRATION_MAX;
    if (!inRange || concentration > concentrationMax(drug)) return (REFUSED_DRUGS_0 + i) | 0;
  }
  return REFUSED_NONE;
}
