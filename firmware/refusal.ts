// The refusal of a commit. An OUTCOME_ code and the REFUSED_ code of the field that is the reason are packed into one number,
// because the firmware allocates no object after boot. A refusal without a field is the outcome alone.

import { assert } from "../hal/assert";
import { OUTCOMES, REFUSED_FIELDS } from "../hal/telemetry";

const OUTCOME_BITS: i32 = 8;
const OUTCOME_MASK: i32 = (1 << OUTCOME_BITS) - 1;

assert(OUTCOMES <= 1 << OUTCOME_BITS, "an outcome fits its part of a refusal");
assert(REFUSED_FIELDS <= 0xff, "a field fits its byte of an answer");

export function refusal(outcome: i32, field: i32): i32 {
  return outcome | (field << OUTCOME_BITS);
}

export function outcomeOf(refusal: i32): i32 {
  return refusal & OUTCOME_MASK;
}

export function fieldOfRefusal(refusal: i32): i32 {
  return refusal >> OUTCOME_BITS;
}
