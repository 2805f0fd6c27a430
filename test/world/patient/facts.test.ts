// The typical patient against published figures: what was measured in people, as a range that its source justifies, and the
// same measured here. Many of these figures were used to choose the numbers of the tables, so a row holds the model to them and
// is no evidence for it. A range is the published spread, or half and twice a single number, as such numbers differ between
// studies; a choice of this project is not tested here.

import { describe, expect, test } from "vitest";
import {
  BRAIN,
  CISTERNAL,
  CORD,
  LUMBAR,
  PLASMA,
  SLOTS_MAX,
  THORACIC,
  TIP,
} from "../../../emulator/world/patient/fluid";
import { V_TIP } from "../../../emulator/world/patient/drug";
import type { Patient } from "../../../emulator/world/patient/patient";
import { DAY_MIN, HOUR_MIN, level, live, NL_PER_ML, patient, plasma, SPASTIC, stateOf } from "./person";

const UG = 1000;
const MG = 1_000_000;

/** Lumbar concentrations, ng/mL, by minute after a lumbar puncture with 1 mL. */
function bolus(drug: string, dose_ng: number, hours = 24, volume_nl = NL_PER_ML) {
  const one = patient({ ...(drug === "baclofen" ? SPASTIC : {}), drugs: [drug] });
  one.inject(0, dose_ng, volume_nl);
  const seen = { lumbar: [0], cisternal: [0], plasma: [0], brain: [0], gain: [1], pain: [8], ashworth: [4] };
  live(one, hours * HOUR_MIN, null, () => {
    seen.lumbar.push(level(one, LUMBAR));
    seen.cisternal.push(level(one, CISTERNAL));
    seen.plasma.push(plasma(one));
    seen.brain.push(stateOf(one, BRAIN));
    seen.gain.push(one.effects.gain);
    seen.pain.push(one.effects.pain);
    seen.ashworth.push(one.effects.ashworth);
  });
  return seen;
}

function steady(drug: string, ngPerDay: number, more: Parameters<typeof patient>[0] = {}, days = 14) {
  const one = patient({ ...(drug === "baclofen" ? SPASTIC : {}), drugs: [drug], ...more });
  live(one, days * DAY_MIN, { ngPerDay });
  return one;
}

/** Half-life in minutes between two minutes of a course. */
function halfLife(course: readonly number[], from: number, to: number): number {
  return (to - from) / Math.log2(course[from] / course[to]);
}

/** Dose over the area under the curve to its end, mL/min. */
function clearance(course: readonly number[], dose_ng: number): number {
  return dose_ng / course.reduce((sum, value) => sum + value, 0);
}

function meanTime(course: readonly number[]): number {
  return course.reduce((sum, value, minute) => sum + value * minute, 0) / course.reduce((sum, value) => sum + value, 0);
}

const hourOfMax = (course: readonly number[]): number => course.indexOf(Math.max(...course)) / HOUR_MIN;
const hourOfMin = (course: readonly number[]): number => course.indexOf(Math.min(...course)) / HOUR_MIN;
const mean = (course: readonly number[]): number => course.reduce((sum, value) => sum + value, 0) / course.length;

type Row = [what: string, source: string, least: number, most: number, measured: () => number];

const MORPHINE: Row[] = [
  [
    "concentration 1 h after 0.25 mg, ng/mL",
    "4,228 (PMID 6546839)",
    2100,
    8500,
    () => bolus("morphine", 250 * UG).lumbar[60],
  ],
  [
    "concentration 1 h after 0.5 mg, ng/mL",
    "10,447 (PMID 6546839)",
    5200,
    21_000,
    () => bolus("morphine", 500 * UG).lumbar[60],
  ],
  [
    "half-life after 0.25 mg, min",
    "196, others 94 to 239",
    94,
    239,
    () => halfLife(bolus("morphine", 250 * UG).lumbar, 120, 720),
  ],
  [
    "clearance from 0.25 mg, mL/min",
    "0.20 and 0.24, others 0.34",
    0.17,
    0.34,
    () => clearance(bolus("morphine", 250 * UG, 72).lumbar, 250 * UG),
  ],
  [
    "mean residence time, min",
    "137 (intradural morphine, 21 people), 250 to 280 (CL and t1/2 of PMID 6546839)",
    137,
    280,
    () => meanTime(bolus("morphine", 250 * UG, 72).lumbar),
  ],
  [
    "greatest level in plasma after 0.5 mg, ng/mL",
    "below 1 (PMID 6546839)",
    0.05,
    1,
    () => Math.max(...bolus("morphine", 500 * UG).plasma),
  ],
  [
    "hours with at least a quarter of the pain gone after 0.25 mg",
    "about 12, 1 to 20.5",
    6,
    20,
    () => bolus("morphine", 250 * UG).pain.filter((pain) => pain < 6).length / HOUR_MIN,
  ],
  [
    "steady concentration at 1 mg/day, ng/mL",
    "3,500 to 3,900, or 2,000 by another clearance",
    2000,
    3900,
    () => level(steady("morphine", MG), LUMBAR),
  ],
  [
    "lumbar over cisternal, tip at L2",
    "about 7 (Moulin 1986)",
    5,
    10,
    () => {
      const one = steady("morphine", MG);
      return level(one, LUMBAR) / level(one, CISTERNAL);
    },
  ],
  [
    "lumbar over plasma at steady state",
    "three orders of magnitude (Moulin 1986)",
    1000,
    20_000,
    () => {
      const one = steady("morphine", MG);
      return level(one, LUMBAR) / plasma(one);
    },
  ],
  [
    "hour of the deepest depression after a lumbar dose",
    "6 and 10 h after 10 mg in the epidural space",
    6,
    10,
    () => hourOfMin(bolus("morphine", 300 * UG).gain),
  ],
  [
    "mean ventilatory response over 12 h after 0.3 mg",
    "14.5 of 36.8 L/min, 0.39",
    0.3,
    0.5,
    () => mean(bolus("morphine", 300 * UG).gain.slice(0, 720)),
  ],
  [
    "ventilatory response 12 h after 0.3 mg",
    "still lower at 12 h",
    0.2,
    0.8,
    () => bolus("morphine", 300 * UG).gain[720],
  ],
  [
    "hours to the greatest cisternal level",
    "cephalad with a delay of hours",
    2,
    8,
    () => hourOfMax(bolus("morphine", 250 * UG).cisternal),
  ],
  [
    "plasma at 60 mg/day by mouth, ng/mL",
    "18 mg/day over 1,748 mL/min: 7.2",
    5,
    9,
    () => plasma(patient({ oral: [{ drug: "morphine", dose_mg: 30, every_min: 720, byNeed_mg: 0 }] })),
  ],
  [
    "lumbar fluid over plasma with tablets alone",
    "slightly below plasma",
    0.6,
    1,
    () => {
      const one = patient({ oral: [{ drug: "morphine", dose_mg: 30, every_min: 720, byNeed_mg: 0 }] });
      return level(one, LUMBAR) / plasma(one);
    },
  ],
];

const BACLOFEN: Row[] = [
  [
    "half-life over 4 h after 50 ug, min",
    "90 (background), 54 to 300 in four people",
    60,
    180,
    () => halfLife(bolus("baclofen", 50 * UG).lumbar, 60, 240),
  ],
  [
    "clearance from 50 ug, mL/min",
    "0.5 (background), 0.22 to 1.33 in four people",
    0.3,
    0.8,
    () => clearance(bolus("baclofen", 50 * UG, 72).lumbar, 50 * UG),
  ],
  [
    "lumbar over cisternal",
    "about 4 (background)",
    2,
    8,
    () => {
      const one = steady("baclofen", 300 * UG);
      return level(one, LUMBAR) / level(one, CISTERNAL);
    },
  ],
  [
    "steady concentration at 300 ug/day, ng/mL",
    "417 by a clearance of 30 mL/h",
    208,
    834,
    () => level(steady("baclofen", 300 * UG), LUMBAR),
  ],
  [
    "fall of the Ashworth score after 50 ug",
    "at least 1",
    1,
    3,
    () => 4 - Math.min(...bolus("baclofen", 50 * UG).ashworth),
  ],
  ["hour of the greatest effect of a bolus", "4", 2.5, 5.5, () => hourOfMin(bolus("baclofen", 50 * UG).ashworth)],
  [
    "hour at which half a point is lost after a bolus",
    "onset 0.5 to 1",
    0.25,
    1.5,
    () => bolus("baclofen", 50 * UG).ashworth.findIndex((score) => score < 3.5) / HOUR_MIN,
  ],
  [
    "Ashworth score after two weeks at 300 ug/day",
    "4.0 to 1.2 (Penn 1989)",
    1,
    2.2,
    () => steady("baclofen", 300 * UG).effects.ashworth,
  ],
  [
    "spasm score after two weeks at 300 ug/day",
    "3.3 to 0.4 (Penn 1989)",
    0,
    1.2,
    () => steady("baclofen", 300 * UG).effects.spasms,
  ],
  [
    "plasma with 80 mg/day by mouth over that with 300 ug/day",
    "100",
    50,
    500,
    () => {
      const tablets = patient({ ...SPASTIC, oral: [{ drug: "baclofen", dose_mg: 20, every_min: 360, byNeed_mg: 0 }] });
      return plasma(tablets) / plasma(steady("baclofen", 300 * UG));
    },
  ],
  [
    "part of the final effect after 24 h of infusion",
    "maximum at 24 to 48 h",
    0.75,
    1.01,
    () => {
      const fall = (days: number) => 4 - steady("baclofen", 100 * UG, {}, days).effects.ashworth;
      return fall(1) / fall(3);
    },
  ],
];

const ZICONOTIDE: Row[] = [
  [
    "half-life, min",
    "276 +- 54 (rxlist.com)",
    222,
    330,
    () => halfLife(bolus("ziconotide", 5 * UG, 48).lumbar, 480, 1440),
  ],
  [
    "clearance, mL/min",
    "a median of 0.21, from 0.38 +- 0.56 (rxlist.com, n = 23)",
    0.11,
    0.42,
    () => clearance(bolus("ziconotide", 5 * UG, 72).lumbar, 5 * UG),
  ],
  [
    "volume of distribution, mL",
    "a median of 79, from 155 +- 263 (rxlist.com, n = 23)",
    40,
    158,
    () => {
      const { lumbar } = bolus("ziconotide", 5 * UG, 72);
      return clearance(lumbar, 5 * UG) * meanTime(lumbar);
    },
  ],
  [
    "hours to the greatest effect of a bolus",
    "may lag by a day",
    5,
    24,
    () => hourOfMin(bolus("ziconotide", 5 * UG, 48).pain),
  ],
];

const OTHERS: Row[] = [
  [
    "bupivacaine: mean 5 to 45 min after 17.5 mg in 3 mL, ug/mL",
    "26 to 781, medians 188 and 242",
    100,
    450,
    () => mean(bolus("bupivacaine", 17.5 * MG, 6, 3 * NL_PER_ML).lumbar.slice(5, 45)) / 1000,
  ],
  [
    "bupivacaine: half-life, min",
    "120 to 180 (background)",
    80,
    200,
    () => halfLife(bolus("bupivacaine", 17.5 * MG).lumbar, 120, 720),
  ],
  ["clonidine: half-life, min", "26 in pigs", 20, 60, () => halfLife(bolus("clonidine", 100 * UG).lumbar, 60, 240)],
  [
    "hydromorphone: dose that relieves as 0.5 mg/day of morphine, mg/day",
    "a fifth",
    0.08,
    0.13,
    () => {
      const wanted = steady("morphine", MG / 2, {}, 7).effects.pain;
      let dose = 0.02;
      for (; steady("hydromorphone", dose * MG, {}, 7).effects.pain > wanted && dose < 1; dose *= 1.1);
      return dose;
    },
  ],
  [
    "morphine over fentanyl: exposure of the cord for the same dose",
    "morphine highest",
    1.5,
    100,
    () => {
      const area = (drug: string) => bolus(drug, 25 * UG, 48).lumbar.reduce((sum, value) => sum + value, 0);
      return area("morphine") / area("fentanyl");
    },
  ],
];

describe("PAT-1: the typical patient lies within what was published", () => {
  describe.each([
    ["morphine", MORPHINE],
    ["baclofen", BACLOFEN],
    ["ziconotide", ZICONOTIDE],
    ["other drugs", OTHERS],
  ] as const)("%s", (_, rows) => {
    test.each(rows)("%s (%s)", (_what, _source, least, most, measured) => {
      const value = measured();
      expect(value).toBeGreaterThanOrEqual(least);
      expect(value).toBeLessThanOrEqual(most);
    });
  });
});

describe("PAT-1: flow and volume choose how drug spreads", () => {
  /** The part of a dose that lies near the tip, half an hour after it. */
  function nearTip(volume_nl: number, minutes: number): number {
    const one = patient();
    for (let minute = 0; minute < minutes; minute++) {
      one.fluid.atTip_ng[0] += UG / minutes;
      one.fluid.atTip_nl += volume_nl / minutes;
      one.step();
    }
    return stateOf(one, TIP) / one.fluid.held_ng(0);
  }

  test("20 uL/h stays near the tip, and 1,000 uL/h and a bolus of 1,000 uL spread", () => {
    const [slow, fast, atOnce] = [nearTip(20_000, 60), nearTip(1_000_000, 60), nearTip(1_000_000, 1)];
    expect(slow / fast).toBeGreaterThan(1.2);
    expect(atOnce).toBeLessThan(0.4);
  });

  test("a slow infusion stands out at the tip over the lumbar fluid, and more so over the thoracic", () => {
    const one = steady("morphine", MG);
    expect(level(one, TIP) / level(one, LUMBAR)).toBeGreaterThan(1.3);
    expect(level(one, LUMBAR)).toBeGreaterThan(level(one, THORACIC));
  });

  test("a tip in the thoracic fluid gives more to the head: lumbar over cisternal is about 2 with it (Moulin 1986)", () => {
    const one = steady("morphine", MG, { tipHeight: 1 });
    const ratio = level(one, LUMBAR) / level(one, CISTERNAL);
    expect(ratio).toBeGreaterThan(1);
    expect(ratio).toBeLessThan(3);
  });

  test("the cord is reached at the level of the tip", () => {
    const at = (tipHeight: number): Patient => steady("morphine", MG, { tipHeight });
    const [low, high] = [at(0), at(1)];
    expect(stateOf(high, CORD)).toBeGreaterThan(level(high, LUMBAR) * 1.2);
    expect(stateOf(low, CORD)).toBeGreaterThan(level(low, THORACIC) * 1.2);
    // Mixed as a tip of each height has it beside it.
    const mean = (one: Patient, state: number, part: number): number => {
      const beside = one.fluid.figures[state] * part;
      return (stateOf(one, TIP) + stateOf(one, state) * part) / (one.fluid.figures[V_TIP] + beside);
    };
    expect(stateOf(low, CORD) / mean(low, LUMBAR, 1)).toBeCloseTo(1, 1);
    expect(stateOf(high, CORD) / mean(high, THORACIC, 0.25)).toBeCloseTo(1, 1);
  });
});

test("PAT-1: the concentration of plasma is that of its own slot for every drug", () => {
  const one = patient({ drugs: ["morphine", "baclofen"] });
  live(one, DAY_MIN, { ngPerDay: 300 * UG, slot: 1 });
  expect(level(one, PLASMA, 1)).toBeGreaterThan(0.5);
  expect(level(one, PLASMA, 0)).toBe(0);
  expect(one.fluid.slots).toBeLessThanOrEqual(SLOTS_MAX);
});
