// PAT-4: a person is typical, or sampled from the stated distributions by the seed. Cohorts are held against the distributions of
// the tables with the Kolmogorov-Smirnov distance; a wrong spread, a wrong centre and figures that share their chance are found.

import { describe, expect, test } from "vitest";
import { Chance } from "../../../emulator/world/patient/chance";
import { exponential, logarithm, normalQuantile } from "../../../emulator/world/patient/curves";
import { Draw } from "../../../emulator/world/patient/draw";
import { DRUG_TABLE } from "../../../emulator/world/patient/drug-table";
import type { Figure } from "../../../emulator/world/patient/figures";
import { LUMBAR } from "../../../emulator/world/patient/fluid";
import {
  ANATOMY,
  PERSON as PERSON_TABLE,
  SCORES,
  TOGETHER,
  TOLERANCE_KINDS,
} from "../../../emulator/world/patient/people-table";
import { RandomStream } from "../../../emulator/random";
import { Person } from "../../../emulator/world/patient/person";
import { V_LUMBAR } from "../../../emulator/world/patient/drug";
import { DAY_MIN, EVERY_DRUG, live, patient, SPASTIC } from "./person";

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

  test("figures vary apart, and those of a group go together by the group's part", () => {
    const cohort = (name: string): number[] => cohortOf(name, figures.find(([each]) => each === name)![1]);
    const apart = [
      ["lumbar_mL", "turnover"],
      ["morphine.painEc50", "toleranceMax"],
      ["morphine.clearanceSpinal", "morphine.clearancePlasma"],
    ];
    for (const [a, b] of apart) expect(Math.abs(correlation(cohort(a), cohort(b)))).toBeLessThan(0.15);
    for (const { part, figures: wanted } of TOGETHER) {
      const [a, b] = varying.map(([name]) => name).filter((name) => wanted.test(name));
      // Scores are no figures of the tables: their group is held below.
      if (b !== undefined) expect(Math.abs(correlation(cohort(a), cohort(b)) - part)).toBeLessThan(0.15);
    }
    expect(correlation(cohort("lumbar_mL"), cohort("lumbar_mL"))).toBeGreaterThan(0.8);
  });

  test.each([
    ["pain", 7.85, 1.59],
    ["ashworth", 4, 1],
    ["spasms", 3.3, 1.2],
  ] as const)("untreated %s scatters about %f with nearly the published deviation of %f", (name, middle, deviation) => {
    const scores = Array.from({ length: PEOPLE }, (_, i) => new Draw(i + 1, true).scoreOf(name, middle));
    const mean = scores.reduce((sum, score) => sum + score, 0) / PEOPLE;
    const seen = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / PEOPLE);
    expect(seen / deviation).toBeGreaterThan(0.8);
    expect(seen / deviation).toBeLessThan(1.2);
    expect(Math.abs(mean - middle)).toBeLessThan(0.6);
    const { least, most } = SCORES[name];
    expect(scores.every((score) => score > least && score < most)).toBe(true);
    expect(new Draw(1, false).scoreOf(name, middle)).toBe(middle);
    for (const end of [least, most]) expect(new Draw(1, true).scoreOf(name, end)).toBe(end);
  });

  test("tone and spasms go together, and pain does not go with them", () => {
    const normals = (name: string): number[] =>
      Array.from({ length: PEOPLE }, (_, i) => new Draw(i, true).normal(name));
    expect(Math.abs(correlation(normals("ashworth"), normals("spasms")) - 0.5)).toBeLessThan(0.15);
    expect(Math.abs(correlation(normals("ashworth"), normals("pain")))).toBeLessThan(0.15);
  });

  test("there are two kinds of people, in whom tolerance of opioids grows or is flat", () => {
    const { growing, flat } = TOLERANCE_KINDS;
    const rises = Array.from({ length: PEOPLE }, (_, i) => {
      const drawn = new Draw(i, true);
      return patient({ draw: "sampled" }, i).person.toleranceMax / drawn.of("toleranceMax", PERSON_TABLE.toleranceMax);
    });
    const flats = rises.filter((rise) => Math.abs(rise - flat) < 1e-9).length;
    const grown = rises.filter((rise) => Math.abs(rise - 1) < 1e-9).length;
    expect(flats + grown).toBe(PEOPLE);
    expect(Math.abs(grown / PEOPLE - growing)).toBeLessThan(0.08);
    expect(patient().person.toleranceMax).toBe(PERSON_TABLE.toleranceMax.typical);
  });

  test("ziconotide scatters as published: clearance and volume widely and together, the half-life little", () => {
    const people = Array.from({ length: 200 }, (_, i) => {
      const one = patient({ draw: "sampled", drugs: ["ziconotide"] }, i + 1);
      one.inject(0, 5000, 1_000_000);
      let [area, moment] = [0, 0];
      live(one, 2 * DAY_MIN, null, (minute) => {
        const level = one.fluid.concentration(0, LUMBAR);
        area += level;
        moment += level * minute;
      });
      return { clearance: 5000 / area, volume: (5000 / area) * (moment / area), time: moment / area };
    });
    // Of a lognormal sample, which a few large values carry, the deviation of the logarithm says more than that of the values.
    const spread = (of: (one: (typeof people)[number]) => number): [middle: number, deviation: number] => {
      const logs = people.map((one) => Math.log(of(one)));
      const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
      return [Math.exp(mean), Math.sqrt(logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / logs.length)];
    };
    const [clearance, clearanceSpread] = spread((one) => one.clearance);
    const [volume, volumeSpread] = spread((one) => one.volume);
    const [, timeSpread] = spread((one) => one.time);
    // 0.38 +- 0.56 mL/min and 155 +- 263 mL are a median of 0.21 and 79 with deviations of 1.07 and 1.16; 4.6 +- 0.9 h of 0.19.
    expect(clearance).toBeGreaterThan(0.21 / 1.3);
    expect(clearance).toBeLessThan(0.21 * 1.3);
    expect(volume).toBeGreaterThan(79 / 1.3);
    expect(volume).toBeLessThan(79 * 1.3);
    for (const each of [clearanceSpread, volumeSpread]) expect(Math.abs(each - 1.1)).toBeLessThan(0.2);
    expect(timeSpread).toBeLessThan(0.3);
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
    const people = Array.from({ length: 3 }, (_, i) =>
      patient({ ...EVERY_DRUG, ashworth: SPASTIC.ashworth, spasms: SPASTIC.spasms, draw: "sampled" }, i + 1),
    );
    const same = Object.keys(new Person()).filter((key) =>
      people.every(({ person }) => Reflect.get(person, key) === Reflect.get(people[0].person, key)),
    );
    const fixed = ["breathSensitivity", "reportSlowKept", "oralFloor", "activityRate"];
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
