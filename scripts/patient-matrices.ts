// Recomputes the step of each drug's typical patient in rationals, as a check of the doubles that the patient steps with. A rational
// is a BigInt over 2^300. The rates are written down again here, as a list of flows between compartments, and the
// exponential is the plain Taylor series without scaling, so neither form is that of emulator/world/patient/fluid.ts.
// `npx tsx scripts/patient-matrices.ts` prints the greatest difference for each drug; test/world/patient/matrices.test.ts holds it
// below 1e-12.

import { pathToFileURL } from "node:url";
import * as drug from "../emulator/world/patient/drug";
import { PATIENT_DRUGS } from "../emulator/world/patient/drug-table";
import * as fluid from "../emulator/world/patient/fluid";
import type { Patient } from "../emulator/world/patient/patient";
import { makePatient } from "../emulator/world/patient/setup";

const BITS = 300n;
const ONE = 1n << BITS;
/** The fastest rate is below 1/min: 60 terms of the series reach 1e-80. */
const TERMS = 60n;
const { STATES, SQUARE } = fluid;

type Matrix = bigint[];

/** A double is a whole number over a power of two, so this is exact for all that is not smaller than 2^-300. */
function exactly(value: number): bigint {
  let power = 0n;
  let whole = value;
  for (; !Number.isInteger(whole); power++) whole *= 2;
  return (BigInt(whole) << BITS) >> power;
}

const over = (top: bigint, bottom: bigint): bigint => (top * ONE) / bottom;
const times = (a: bigint, b: bigint): bigint => (a * b) >> BITS;

function product(a: Matrix, b: Matrix): Matrix {
  return Array.from({ length: SQUARE }, (_, at) => {
    const [row, column] = [Math.floor(at / STATES), at % STATES];
    let sum = 0n;
    for (let k = 0; k < STATES; k++) sum += times(a[row * STATES + k], b[k * STATES + column]);
    return sum;
  });
}

/** The rates of a drug in a person, from the row of its figures. */
function generatorOf(figures: readonly bigint[]): Matrix {
  const m: Matrix = new Array<bigint>(SQUARE).fill(0n);
  const flow = (from: number, to: number, rate: bigint): void => {
    m[to * STATES + from] += rate;
    m[from * STATES + from] -= rate;
  };
  const volumes = new Map([
    [fluid.TIP, figures[drug.V_TIP]],
    [fluid.LUMBAR, figures[drug.V_LUMBAR]],
    [fluid.THORACIC, figures[drug.V_THORACIC]],
    [fluid.CISTERNAL, figures[drug.V_CISTERNAL]],
    [fluid.PLASMA, figures[drug.V_PLASMA]],
    [fluid.TISSUE, figures[drug.V_TISSUE]],
  ]);
  const carried = (from: number, to: number, clearance: bigint): void =>
    flow(from, to, over(clearance, volumes.get(from)!));
  const neighbours: [number, number, number][] = [
    [fluid.TIP, fluid.LUMBAR, drug.Q_TIP],
    [fluid.TIP, fluid.THORACIC, drug.Q_TIP_THORACIC],
    [fluid.LUMBAR, fluid.THORACIC, drug.Q_SPINAL],
    [fluid.THORACIC, fluid.CISTERNAL, drug.Q_ROSTRAL],
    [fluid.PLASMA, fluid.TISSUE, drug.Q_TISSUE],
  ];
  for (const [one, other, figure] of neighbours) {
    carried(one, other, figures[figure]);
    carried(other, one, figures[figure]);
  }
  const clearances: [number, number][] = [
    [fluid.TIP, drug.CL_TIP],
    [fluid.LUMBAR, drug.CL_LUMBAR],
    [fluid.THORACIC, drug.CL_THORACIC],
    [fluid.CISTERNAL, drug.CL_CISTERNAL],
  ];
  for (const [cell, figure] of clearances) {
    carried(cell, fluid.PLASMA, figures[figure]);
    carried(fluid.PLASMA, cell, times(figures[figure], figures[drug.CSF_RATIO]));
  }
  carried(fluid.PLASMA, fluid.CLEARED, figures[drug.CL_PLASMA]);
  flow(fluid.GUT, fluid.PLASMA, times(figures[drug.ORAL_RATE], figures[drug.ORAL_PART]));
  flow(fluid.GUT, fluid.CLEARED, times(figures[drug.ORAL_RATE], ONE - figures[drug.ORAL_PART]));
  flow(fluid.POCKET, fluid.PLASMA, figures[drug.POCKET_RATE]);
  const follow = (site: number, ke0: bigint, sources: [number, bigint][]): void => {
    m[site * STATES + site] -= ke0;
    for (const [from, worth] of sources) m[site * STATES + from] += times(ke0, worth);
  };
  const thoracic = figures[drug.Q_TIP_THORACIC];
  const height = over(thoracic, thoracic + figures[drug.Q_TIP]);
  // The tip's cell, and beside it the lumbar fluid or a quarter of the thoracic.
  const shares: [number, bigint][] = [
    [fluid.TIP, ONE],
    [fluid.LUMBAR, ONE - height],
    [fluid.THORACIC, height / 4n],
  ];
  const spinal = shares.reduce((sum, [state, share]) => sum + times(volumes.get(state)!, share), 0n);
  const perVolume = (state: number, worth: bigint): [number, bigint] => [state, over(worth, volumes.get(state)!)];
  follow(fluid.CORD, figures[drug.KE0_CORD], [
    ...shares.map(([state, share]): [number, bigint] => [state, over(share, spinal)]),
    perVolume(fluid.PLASMA, figures[drug.CORD_PLASMA]),
  ]);
  follow(fluid.BRAIN, figures[drug.KE0_BRAIN], [
    perVolume(fluid.CISTERNAL, ONE),
    perVolume(fluid.PLASMA, figures[drug.BRAIN_PLASMA]),
  ]);
  return m;
}

/** exp(M) and its integral from 0 to 1 minute. */
function stepOf(m: Matrix): { a: Matrix; b: Matrix } {
  const unit = m.map((_, at) => (at % (STATES + 1) === 0 ? ONE : 0n));
  let term = unit;
  const [a, b] = [unit.slice(), unit.slice()];
  for (let k = 1n; k <= TERMS; k++) {
    term = product(term, m).map((value) => value / k);
    term.forEach((value, at) => {
      a[at] += value;
      b[at] += value / (k + 1n);
    });
  }
  return { a, b };
}

/** The greatest difference between the patient's matrices and exact ones, elements of a step being 1 at most. */
export function greatestDifference({ fluid: own }: Patient, slot: number): number {
  const row = own.figures.slice(slot * drug.DRUG_FIGURES, (slot + 1) * drug.DRUG_FIGURES);
  const { a, b } = stepOf(generatorOf([...row].map(exactly)));
  const off = (doubles: Float64Array, exact: Matrix): number =>
    Math.max(
      ...exact.map((value, at) =>
        Math.abs(Number((exactly(doubles[slot * SQUARE + at]) - value) >> (BITS - 80n)) / 2 ** 80),
      ),
    );
  return Math.max(off(own.a, a), off(own.b, b));
}

/** The typical patient, with each drug of the table in its slot. */
export function typicalPatient(): Patient {
  const untreated = { pain: 8, ashworth: 1, spasms: 0, oral: [], conditions: [], asks: false };
  return makePatient(
    { ...untreated, draw: "typical", weight_kg: 70, age: 58, startMinute: 480, drugs: PATIENT_DRUGS },
    1,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const patient = typicalPatient();
  PATIENT_DRUGS.forEach((name, slot) => {
    process.stdout.write(`${name.padEnd(14)} ${greatestDifference(patient, slot).toExponential(1)}\n`);
  });
}
