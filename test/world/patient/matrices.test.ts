// PAT-2: the matrices of a step, in doubles, against the same in rationals (scripts/patient-matrices.ts).

import { describe, expect, test } from "vitest";
import { PATIENT_DRUGS } from "../../../emulator/world/patient/drug-table";
import { CLEARED, CORD, GUT, PLASMA, SQUARE, STATES } from "../../../emulator/world/patient/fluid";
import { greatestDifference, typicalPatient } from "../../../scripts/patient-matrices";

const patient = typicalPatient();

describe("PAT-2: the step of the typical patient", () => {
  test.each(PATIENT_DRUGS)("of %s is within 1e-12 of the step in rationals", (name) => {
    expect(greatestDifference(patient, PATIENT_DRUGS.indexOf(name))).toBeLessThan(1e-12);
  });

  test("that was changed by 1e-11 in one element is told apart", () => {
    const changed = typicalPatient();
    changed.fluid.a[SQUARE + GUT * STATES + GUT] += 1e-11;
    expect(greatestDifference(changed, 1)).toBeGreaterThan(1e-12);
  });

  test("whose rate of absorption was changed after the matrices were made is told apart", () => {
    const changed = typicalPatient();
    changed.fluid.figures[17] *= 1 + 1e-9;
    expect(greatestDifference(changed, 0)).toBeGreaterThan(1e-12);
  });

  test.each(PATIENT_DRUGS)("moves every amount of %s to where drug can be: columns of amounts sum to 1", (name) => {
    const from = PATIENT_DRUGS.indexOf(name) * SQUARE;
    for (let column = 0; column <= CLEARED; column++) {
      let sum = 0;
      for (let row = 0; row <= CLEARED; row++) sum += patient.fluid.a[from + row * STATES + column];
      expect(sum).toBeCloseTo(1, 13);
    }
    expect(patient.fluid.a[from + PLASMA * STATES + CORD]).toBe(0);
  });
});
