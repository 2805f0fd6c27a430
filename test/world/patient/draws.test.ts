// PAT-4: a person is typical, or sampled from the stated distributions by the seed. Cohorts are held against the distributions of
// the tables with the Kolmogorov-Smirnov distance; a wrong spread, a wrong centre and figures that share their chance are found.

import { describe, expect, test } from "vitest";
import { Chance } from "../../../emulator/world/patient/chance";
import { exponential, logarithm, normalQuantile } from "../../../emulator/world/patient/curves";
import { Draw } from "../../../emulator/world/patient/draw";
import { DRUG_TABLE } from "../../../emulator/world/patient/drug-table";
import type { Figure } from "../../../emulator/world/patient/figures";
import { ANATOMY, PERSON as PERSON_TABLE } from "../../../emulator/world/patient/people-table";
import { RandomStream } from "../../../emulator/random";
import { Person } from "../../../emulator/world/patient/person";
import { V_LUMBAR } from "../../../emulator/world/patient/drug";
import { DAY_MIN, EVERY_DRUG, live, patient } from "./person";

const PEOPLE = 500;
/** A distance that one cohort in ten thousand passes, times the root of its size. */
const CRITICAL = 2.23;

const figures: [string, Figure][] = [
  ...Object.entries(ANATOMY),
  ...Object.entries(PERSON_TABLE),
  ...DRUG_TABLE.flatMap((drug) =>
    Object.entries(drug).flatMap(([name, figure]): [string, Figure][] =>
      typeof figure === "object" ? [[`${drug.name}.${name}`, figure as Figure]] : [],
    ),
  ),
];
const varying = figures.filter(([, { spread }]) => spread > 0);

/** The distance between a sample, as standard normal numbers, and the normal distribution, times the root of its size. */
function distance(sample: readonly number[]): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const off = sorted.map((value, i) => {
    const expected = normalOf(value);
    return Math.max(Math.abs(expected - i / sorted.length), Math.abs(expected - (i + 1) / sorted.length));
  });
  return Math.max(...off) * Math.sqrt(sorted.length);
}

/** The chance of a standard normal number below `x`, by Simpson's rule. */
function normalOf(x: number): number {
  const steps = 400;
  const width = (x + 8) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const at = -8 + i * width;
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += Math.exp((-at * at) / 2) * weight;
  }
  return (sum * width) / 3 / Math.sqrt(2 * Math.PI);
}

/** The draws of a cohort as standard normal numbers, by the stated distribution. */
function cohortOf(name: string, stated: Figure, drawn: Figure = stated): number[] {
  return Array.from({ length: PEOPLE }, (_, i) => {
    const value = new Draw(i + 1, true).of(name, drawn);
    return Math.log(value / stated.typical) / stated.spread;
  });
}

function correlation(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0) / a.length;
}

describe("PAT-4: sampled cohorts reproduce the stated distributions", () => {
  test.each(varying)("of %s", (name, figure) => {
    expect(distance(cohortOf(name, figure))).toBeLessThan(CRITICAL);
  });

  test("and a spread that is half as wide again, or a centre a fifth higher, does not", () => {
    const [name, figure] = varying[0];
    expect(distance(cohortOf(name, figure, { ...figure, spread: figure.spread * 1.5 }))).toBeGreaterThan(CRITICAL);
    expect(distance(cohortOf(name, figure, { ...figure, typical: figure.typical * 1.2 }))).toBeGreaterThan(CRITICAL);
  });

  test("parts of a whole stay between 0 and 1 around their typical value", () => {
    const parts = Array.from({ length: PEOPLE }, (_, i) => new Draw(i, true).partOf("placebo", PERSON_TABLE.placebo));
    const { typical, spread } = PERSON_TABLE.placebo;
    expect(parts.every((part) => part > 0 && part < 1)).toBe(true);
    const odds = parts.map((part) => Math.log(((part / (1 - part)) * (1 - typical)) / typical) / spread);
    expect(distance(odds)).toBeLessThan(CRITICAL);
  });

  test("different figures vary apart, and the same figure twice does not", () => {
    const [a, b] = [cohortOf("lumbar_mL", ANATOMY.lumbar_mL), cohortOf("tip_mL", ANATOMY.tip_mL)];
    expect(Math.abs(correlation(a, b))).toBeLessThan(0.15);
    expect(correlation(a, cohortOf("lumbar_mL", ANATOMY.lumbar_mL))).toBeGreaterThan(0.8);
  });

  test("every figure has a source, and one without a source is a choice or background", () => {
    for (const [name, { source, basis }] of figures) expect([name, source !== "", basis]).toEqual([name, true, basis]);
    expect(figures.some(([, { basis }]) => basis === "read")).toBe(true);
  });
});

describe("PAT-4: the draw of a whole person", () => {
  const values = (draw: "typical" | "sampled", seed: number) => {
    const one = patient({ ...EVERY_DRUG, draw }, seed);
    return [...Object.values(one.person), ...one.fluid.figures];
  };

  test("is the same for the same seed, another for another, and the typical person has no chance in its parameters", () => {
    expect(values("sampled", 5)).toEqual(values("sampled", 5));
    expect(values("sampled", 5)).not.toEqual(values("sampled", 6));
    expect(values("typical", 5)).toEqual(values("typical", 6));
  });

  test("reaches every parameter that has a spread", () => {
    const people = Array.from({ length: 3 }, (_, i) => patient({ ...EVERY_DRUG, draw: "sampled" }, i + 1));
    const same = Object.keys(new Person()).filter((key) =>
      people.every(({ person }) => Reflect.get(person, key) === Reflect.get(people[0].person, key)),
    );
    const fixed = ["pain", "ashworth", "spasms", "breathSensitivity", "reportSlowKept", "oralFloor", "activityRate"];
    const episodes = ["episodeMin", "episodeMax", "episodeMinutesMin", "episodeMinutesMax"];
    expect(same.sort()).toEqual([...fixed, ...episodes].sort());
    expect(people[0].fluid.figures[V_LUMBAR]).not.toBe(people[1].fluid.figures[V_LUMBAR]);
  });

  test("differs in what happens to it too: diaries of two typical people are not the same", () => {
    const diary = (seed: number) => {
      const one = patient({}, seed);
      const reports: number[] = [];
      live(one, 14 * DAY_MIN, null, () => reports.push(one.habits.report));
      return reports;
    };
    expect(diary(1)).not.toEqual(diary(2));
    expect(diary(1)).toEqual(diary(1));
    // The diary is whole numbers about the true pain.
    expect(diary(1).every((report) => Number.isInteger(report) && report >= 0 && report <= 10)).toBe(true);
    const mean = diary(1).reduce((sum, report) => sum + report, 0) / (14 * DAY_MIN);
    expect(Math.abs(mean - 8)).toBeLessThan(1);
  });
});

describe("PAT-2: chance and curves", () => {
  test("the patient's generator gives the numbers of the run's generator", () => {
    const stream = new RandomStream(9, "patient.life");
    const own = new Chance(stream.a, stream.b, stream.c, stream.d);
    for (let i = 0; i < 1000; i++) expect(own.fraction()).toBe(stream.fraction());
  });

  test("the sum of twelve is a standard normal number", () => {
    const stream = new RandomStream(4, "normal");
    const chance = new Chance(stream.a, stream.b, stream.c, stream.d);
    expect(distance(Array.from({ length: 2000 }, () => chance.normal()))).toBeLessThan(CRITICAL);
  });

  test.each([-3, -0.7, 0, 0.01, 1, 2.5])("e to the %f and its logarithm are right to 1e-14", (x) => {
    expect(exponential(x) / Math.exp(x)).toBeCloseTo(1, 13);
    expect(logarithm(Math.exp(x))).toBeCloseTo(x, 13);
  });

  test.each([1e-6, 0.01, 0.3, 0.5, 0.9, 0.999])("the quantile of %f has that chance below it", (chance) => {
    expect(normalOf(normalQuantile(chance))).toBeCloseTo(chance, 7);
  });
});
