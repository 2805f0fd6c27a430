// Patients for tests: a person of 70 kg with a pain of 8 and without medication, unless a test says more.

import { PATIENT_DRUGS } from "../../../emulator/world/patient/drug-table";
import { PLASMA, STATES } from "../../../emulator/world/patient/fluid";
import type { Patient } from "../../../emulator/world/patient/patient";
import { makePatient, type PatientSetup } from "../../../emulator/world/patient/setup";

export const HOUR_MIN = 60;
export const DAY_MIN = 24 * HOUR_MIN;
export const NL_PER_ML = 1_000_000;
/** 500 uL/day. */
const SLOW_NL_PER_DAY = 500_000;

export const PERSON: PatientSetup = {
  draw: "typical",
  weight_kg: 70,
  age: 58,
  pain: 8,
  ashworth: 1,
  spasms: 0,
  oral: [],
  conditions: [],
  asks: false,
  startMinute: 480,
  drugs: ["morphine"],
};

export const SPASTIC: PatientSetup = { ...PERSON, pain: 0, ashworth: 4, spasms: 3.3, drugs: ["baclofen"] };

export const EVERY_DRUG: PatientSetup = { ...PERSON, drugs: PATIENT_DRUGS };

export function patient(more: Partial<PatientSetup> = {}, seed = 1): Patient {
  return makePatient({ ...PERSON, ...more }, seed);
}

/** The delivery of a pump. */
export interface Flow {
  ngPerDay: number;
  nlPerDay?: number;
  slot?: number;
}

/** The patient lives for so many minutes with that flow at the tip; `seen` looks after each. */
export function live(one: Patient, minutes: number, flow: Flow | null = null, seen?: (minute: number) => void): void {
  for (let minute = 1; minute <= minutes; minute++) {
    if (flow) {
      one.fluid.atTip_ng[flow.slot ?? 0] += flow.ngPerDay / DAY_MIN;
      one.fluid.atTip_nl += (flow.nlPerDay ?? SLOW_NL_PER_DAY) / DAY_MIN;
    }
    one.step();
    seen?.(minute);
  }
}

/** ng/mL of the first drug, or of another, in a cell or in plasma. */
export function level(one: Patient, state: number, slot = 0): number {
  return one.fluid.concentration(slot, state);
}

export function plasma(one: Patient): number {
  return level(one, PLASMA);
}

/** The value of a state, an amount or the concentration of an effect site. */
export function stateOf(one: Patient, state: number, slot = 0): number {
  return one.fluid.x[slot * STATES + state];
}

/** How far what is in the body and what was cleared are from what came in, as a part of that. */
export function imbalance(one: Patient, slot = 0): number {
  const { fluid } = one;
  const entered = fluid.entered_ng[slot];
  return Math.abs(fluid.held_ng(slot) + fluid.cleared_ng(slot) - entered) / entered;
}
