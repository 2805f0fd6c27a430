// Laws of the virtual patient. Each is a check that says by how much it is broken, is held by the model, and is broken by a
// patient with one thing wrong.

import { describe, expect, test } from "vitest";
import {
  CLASS_GABA,
  CL_PLASMA,
  CL_TIP,
  CSF_RATIO,
  DRUG_FIGURES,
  EC50_PAIN,
} from "../../../emulator/world/patient/drug";
import { DRUG_TABLE, PATIENT_DRUGS } from "../../../emulator/world/patient/drug-table";
import { CISTERNAL, CLEARED, LUMBAR, PLASMA, SQUARE, STATES, TIP } from "../../../emulator/world/patient/fluid";
import type { Patient } from "../../../emulator/world/patient/patient";
import { RandomStream } from "../../../emulator/random";
import { runs } from "../../effort";
import { replace } from "../../mutant";
import {
  DAY_MIN,
  EVERY_DRUG,
  HOUR_MIN,
  imbalance,
  level,
  live,
  NL_PER_ML,
  patient,
  PERSON,
  plasma,
  SPASTIC,
} from "./person";

type Mutate = (one: Patient) => void;
const unchanged: Mutate = () => {};

/** A person who was changed before the life began. */
function born(mutate: Mutate, ...[setup, seed]: Parameters<typeof patient>): Patient {
  const one = patient(setup, seed);
  mutate(one);
  return one;
}

/** An element of the step of a drug, scaled. */
const scaled =
  (row: number, column: number, factor: number, slot = 0): Mutate =>
  ({ fluid }) => {
    fluid.a[slot * SQUARE + row * STATES + column] *= factor;
  };

const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-300);

/** `broken` gives 0 for a law that holds exactly. */
function law(title: string, bound: number, broken: (mutate: Mutate) => number, ...mutants: [string, Mutate][]): void {
  describe(title, () => {
    test("holds", () => {
      expect(broken(unchanged)).toBeLessThanOrEqual(bound);
    });
    test.each(mutants)("is broken by a patient %s", (_, mutate) => {
      expect(broken(mutate)).toBeGreaterThan(bound);
    });
  });
}

const SERVICE_LIFE_MIN = 84 * 30 * DAY_MIN;

law(
  "PAT-1: over a service life of pump, needle, pocket and tablets, what is held and what was cleared make what came in",
  1e-9,
  (mutate) => {
    const one = born(mutate, { oral: [{ drug: "morphine", dose_mg: 30, every_min: 720, byNeed_mg: 10 }] });
    const minutes = mutate === unchanged ? SERVICE_LIFE_MIN : 200_000;
    for (let minute = 0; minute < minutes; minute++) {
      one.fluid.atTip_ng[0] += 694.4;
      one.fluid.atTip_nl += 69.4;
      if (minute % 40_000 === 0) one.inject(0, 300_000, NL_PER_ML);
      if (minute % 90_001 === 0) one.fluid.pocket_ng[0] += 20_000_000;
      one.step();
    }
    return imbalance(one);
  },
  ["whose plasma clears a millionth more than it counts", scaled(CLEARED, PLASMA, 1 - 1e-6)],
  ["whose lumbar fluid loses a millionth in a minute", scaled(LUMBAR, LUMBAR, 1 - 1e-6)],
);

law(
  "PAT-1: two deliveries at the same flow give together what each gives alone",
  1e-10,
  (mutate) => {
    const [one, other, both] = [1, 2, 3].map(() => born(mutate));
    const chance = new RandomStream(3, "superposition");
    let worst = 0;
    for (let minute = 0; minute < 3 * DAY_MIN; minute++) {
      const [a, b, volume] = [chance.fraction() * 1000, chance.fraction() * 3000, chance.fraction() * 20_000];
      const doses = [a, b, a + b];
      [one, other, both].forEach((each, i) => {
        each.fluid.atTip_ng[0] += doses[i];
        each.fluid.atTip_nl += volume;
        each.step();
      });
      for (let i = 0; i < STATES; i++)
        worst = Math.max(worst, relative(one.fluid.x[i] + other.fluid.x[i], both.fluid.x[i]));
    }
    return worst;
  },
  [
    "whose fluid spreads a heavy dose further",
    ({ fluid }) => {
      const spread = Reflect.get(fluid, "spread") as (volume: number, flow: number) => number;
      Object.defineProperty(fluid, "spread", {
        value: (volume: number, flow: number) => spread.call(fluid, volume + fluid.atTip_ng[0] * 1000, flow),
      });
    },
  ],
);

law(
  "PAT-1: at steady state what the fluid passes on and what plasma clears both are the dose, for every drug",
  1e-6,
  (mutate) => {
    const perMinute = 100;
    const losses = PATIENT_DRUGS.map((_, slot) => {
      const one = born(mutate, EVERY_DRUG);
      live(one, 40 * DAY_MIN, { ngPerDay: perMinute * DAY_MIN, slot });
      const figures = one.fluid.figures.slice(slot * DRUG_FIGURES);
      let passed = 0;
      for (let cell = TIP; cell <= CISTERNAL; cell++) {
        passed += figures[CL_TIP + cell] * (level(one, cell, slot) - figures[CSF_RATIO] * level(one, PLASMA, slot));
      }
      const cleared = figures[CL_PLASMA] * level(one, PLASMA, slot);
      return Math.max(relative(passed, perMinute), relative(cleared, perMinute));
    });
    return Math.max(...losses);
  },
  ["whose baclofen leaks from the lumbar fluid", scaled(LUMBAR, LUMBAR, 0.9999, PATIENT_DRUGS.indexOf("baclofen"))],
);

/** The half-life of the slowest way out of the body: power iteration on the amounts of the step. */
function slowestHalfLife({ fluid }: Patient, slot: number): number {
  let amounts: number[] = new Array<number>(CLEARED).fill(1);
  let factor = 1;
  for (let round = 0; round < 6000; round++) {
    const next = amounts.map((_, row) =>
      amounts.reduce((sum, amount, column) => sum + fluid.a[slot * SQUARE + row * STATES + column] * amount, 0),
    );
    // Nothing feeds gut and pocket, so their own rates do not count.
    next[6] = next[7] = 0;
    factor = Math.max(...next) / Math.max(...amounts);
    const largest = Math.max(...next);
    amounts = next.map((amount) => amount / largest);
  }
  return -Math.log(2) / Math.log(factor);
}

law(
  "PAT-1: after a stop the lumbar concentration falls at last with the slowest half-life of the body, for every drug",
  0.04,
  (mutate) => {
    const errors = PATIENT_DRUGS.map((_, slot) => {
      const [one, whole] = [born(mutate, EVERY_DRUG), patient(EVERY_DRUG)];
      live(one, 10 * DAY_MIN, { ngPerDay: 1_000_000, slot });
      const halfLife = slowestHalfLife(whole, slot);
      // The two slowest ways of fentanyl out of the body are 3 % apart, and the slower one hardly reaches the fluid.
      live(one, Math.ceil(160 * halfLife));
      const before = level(one, LUMBAR, slot);
      live(one, Math.ceil(4 * halfLife));
      const seen = Math.ceil(4 * halfLife) / Math.log2(before / level(one, LUMBAR, slot));
      return relative(seen, halfLife);
    });
    return Math.max(...errors);
  },
  ["whose morphine leaves the lumbar fluid faster", scaled(LUMBAR, LUMBAR, 0.99)],
);

const DOSES = [0, 0.2, 0.5, 1, 5];
const PEOPLE = runs(8);

/** By how much a higher steady dose makes the mean report of a week rise, over the same people. */
function painByDose(mutate: Mutate, slot: number): number {
  const strong = DRUG_TABLE[slot].painEc50.typical;
  const means = DOSES.map((dose) => {
    let sum = 0;
    for (let seed = 1; seed <= PEOPLE; seed++) {
      const one = born(mutate, { ...EVERY_DRUG, draw: "sampled" }, seed);
      const reports = one.habits.reports;
      // A dose of 1 brings about the EC50 to the lumbar fluid.
      live(one, 7 * DAY_MIN, { ngPerDay: dose * strong * 0.3 * DAY_MIN, slot }, () => (sum += one.habits.report));
      expect(one.habits.reports - reports).toBe(28);
    }
    return sum / PEOPLE / 7 / DAY_MIN;
  });
  return Math.max(...means.slice(1).map((mean, i) => mean - means[i]));
}

const ANALGESICS = DRUG_TABLE.filter((row) => row.class !== CLASS_GABA).map(({ name }) => name);

law(
  "PAT-3: over a steady week of one analgesic the same people report no more pain on average with more of it",
  0,
  (mutate) => {
    // A mutant needs one drug to be found.
    const drugs = mutate === unchanged ? ANALGESICS : ANALGESICS.slice(0, 1);
    return Math.max(...drugs.map((name) => painByDose(mutate, PATIENT_DRUGS.indexOf(name))));
  },
  [
    "who has more pain with more than the best dose",
    ({ effects, person }) => {
      const answer = Reflect.get(effects, "answer") as () => void;
      Object.defineProperty(effects, "answer", {
        value: () => {
          answer.call(effects);
          if (effects.relief > 0.8 * person.reliefMax) effects.pain = person.pain;
        },
      });
    },
  ],
);

test("PAT-3: the drugs of the law relieve pain, and a strong dose relieves more than half of it", () => {
  for (const name of ANALGESICS) {
    const slot = PATIENT_DRUGS.indexOf(name);
    const one = patient(EVERY_DRUG);
    live(one, 7 * DAY_MIN, { ngPerDay: 5 * one.fluid.figures[slot * DRUG_FIGURES + EC50_PAIN] * DAY_MIN, slot });
    expect(one.effects.pain).toBeLessThan(4);
  }
});

law(
  "PAT-3: the true pain of a person who gets nothing but a placebo stays what it was",
  0,
  (mutate) => {
    let worst = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const one = born(mutate, { draw: "sampled", pain: 7.3 }, seed);
      live(one, 30 * DAY_MIN, { ngPerDay: 0 }, (minute) => {
        if (minute % (2 * DAY_MIN) === 0) one.inject(0, 0, NL_PER_ML);
        worst = Math.max(worst, Math.abs(one.effects.pain - one.person.pain));
      });
      expect(one.habits.expectation).toBeGreaterThan(0);
    }
    return worst;
  },
  [
    "whose pain itself believes in the placebo",
    ({ effects, habits, person }) => {
      const answer = Reflect.get(effects, "answer") as () => void;
      Object.defineProperty(effects, "answer", {
        value: () => {
          answer.call(effects);
          effects.pain *= 1 - person.placebo * habits.expectation;
        },
      });
    },
  ],
);

/** How far lumbar exceeds the tip, as a part of it, at the worst minute of a week of basal delivery and boluses. */
function tipBelowLumbar(mutate: Mutate): number {
  let worst = -Infinity;
  const heights = [0, 0.5, 1];
  for (const tipHeight of heights) {
    for (let slot = 0; slot < PATIENT_DRUGS.length; slot++) {
      for (const seed of [1, 2]) {
        const one = born(mutate, { ...EVERY_DRUG, tipHeight, draw: "sampled" }, seed);
        live(one, 4 * DAY_MIN, null, (minute) => {
          const bolus = minute % 360 < 5 ? 1000 : 0;
          one.fluid.atTip_ng[slot] += 20 * (70 + bolus);
          one.fluid.atTip_nl += 70 + bolus;
          if (minute > 1) worst = Math.max(worst, level(one, LUMBAR, slot) / level(one, TIP, slot) - 1);
        });
      }
    }
  }
  return worst;
}

law(
  "PAT-1: while drug comes from the pump alone, it is denser at the tip than in the lumbar fluid",
  -1e-3,
  tipBelowLumbar,
  [
    "whose pump gives into the lumbar fluid",
    ({ fluid }) => {
      const step = fluid.step.bind(fluid);
      replace(fluid, "step", () => {
        fluid.needle_ng.set(fluid.atTip_ng);
        fluid.atTip_ng.fill(0);
        fluid.needle_nl = 20 * NL_PER_ML;
        step();
      });
    },
  ],
);

describe("PAT-3: breathing", () => {
  test("is depressed for hours later than the dose, most between 6 and 10 h after it, and comes back", () => {
    const one = patient();
    one.inject(0, 300_000, NL_PER_ML);
    const course: number[] = [];
    live(one, 30 * HOUR_MIN, null, () => course.push(one.effects.ventilation));
    const lowest = course.indexOf(Math.min(...course)) / HOUR_MIN;
    expect(lowest).toBeGreaterThan(6);
    expect(lowest).toBeLessThan(10);
    expect(course.at(-1)).toBeGreaterThan(0.95);
  });

  test("falls below half after ten times a daily dose, and does not with the dose itself", () => {
    const lowest = (ngPerDay: number): number => {
      const one = patient();
      let least = 1;
      live(one, 2 * DAY_MIN, { ngPerDay }, () => (least = Math.min(least, one.effects.ventilation)));
      return least;
    };
    expect(lowest(500_000)).toBeGreaterThan(0.75);
    expect(lowest(15_000_000)).toBeLessThan(0.5);
  });

  test("is kept well at a low gain: ventilation agrees with the carbon dioxide that it leaves", () => {
    const one = patient();
    live(one, DAY_MIN, { ngPerDay: 2_000_000 });
    const { gain, ventilation } = one.effects;
    expect(ventilation).toBeCloseTo((gain * (40 / ventilation - 36)) / 4, 12);
    expect(ventilation).toBeGreaterThan(gain);
  });
});

describe("PAT-3: withdrawal", () => {
  test("of baclofen begins within a day, is severe at one to three days, with fever and rebound, and ends", () => {
    const one = patient(SPASTIC);
    live(one, 60 * DAY_MIN, { ngPerDay: 300_000 });
    const treated = one.effects.ashworth;
    expect(one.effects.withdrawal()).toBe(0);
    const stages: number[] = [];
    let [hottest, stiffest, fastest, itchiest] = [0, 0, 0, 0];
    const first = { itch: -1, pulse: -1, fever: -1 };
    live(one, 40 * DAY_MIN, null, (minute) => {
      const { itch, pulse, temperature_c } = one.effects;
      if (first.itch < 0 && itch > 0.1) first.itch = minute;
      if (first.pulse < 0 && pulse > 73) first.pulse = minute;
      if (first.fever < 0 && temperature_c > 37.1) first.fever = minute;
      fastest = Math.max(fastest, pulse);
      itchiest = Math.max(itchiest, itch);
      stages.push(one.effects.withdrawal());
      hottest = Math.max(hottest, one.effects.temperature_c);
      stiffest = Math.max(stiffest, one.effects.ashworth);
    });
    const hourOf = (stage: number): number => stages.findIndex((each) => each >= stage) / HOUR_MIN;
    expect(hourOf(1)).toBeGreaterThan(6);
    expect(hourOf(1)).toBeLessThan(24);
    expect(hourOf(3)).toBeGreaterThan(24);
    expect(hourOf(3)).toBeLessThan(72);
    expect(hottest).toBeGreaterThan(38.5);
    // Itching, then the pulse, then fever.
    expect(first.itch).toBeGreaterThan(0);
    expect(first.pulse).toBeGreaterThan(first.itch);
    expect(first.fever).toBeGreaterThan(first.pulse);
    expect(fastest).toBeGreaterThan(100);
    expect(itchiest).toBeGreaterThan(1);
    expect(stiffest).toBeGreaterThan(SPASTIC.ashworth);
    expect(treated).toBeLessThan(2);
    expect(stages.at(-1)).toBe(0);
    expect(one.effects.ashworth).toBeCloseTo(SPASTIC.ashworth, 1);
  });

  test("follows months of an opioid, and hardly a few large doses over some days", () => {
    const one = patient();
    let worst = 0;
    for (let day = 0; day < 3; day++) {
      one.inject(0, 1_000_000, 2 * NL_PER_ML);
      live(one, DAY_MIN, null, () => (worst = Math.max(worst, one.effects.opioidWithdrawal)));
    }
    live(one, 7 * DAY_MIN, null, () => (worst = Math.max(worst, one.effects.opioidWithdrawal)));
    const used = patient();
    live(used, 60 * DAY_MIN, { ngPerDay: 1_000_000 });
    let after = 0;
    live(used, 7 * DAY_MIN, null, () => (after = Math.max(after, used.effects.opioidWithdrawal)));
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(after / 2);
  });

  test("of an opioid begins within one to two days of a stop and brings no fever; ziconotide has none", () => {
    const one = patient();
    live(one, 60 * DAY_MIN, { ngPerDay: 200_000 });
    let [first, fastest] = [-1, 0];
    live(one, 3 * DAY_MIN, null, (minute) => {
      if (first < 0 && one.effects.withdrawal() > 0) first = minute / HOUR_MIN;
      fastest = Math.max(fastest, one.effects.pulse);
    });
    expect(fastest).toBeGreaterThan(77);
    expect(first).toBeGreaterThan(6);
    expect(first).toBeLessThan(48);
    expect(one.effects.temperature_c).toBe(37);
    const other = patient({ drugs: ["ziconotide"] });
    live(other, 60 * DAY_MIN, { ngPerDay: 10_000 });
    let worst = 0;
    live(other, 5 * DAY_MIN, null, () => (worst = Math.max(worst, other.effects.withdrawal())));
    expect(worst).toBe(0);
  });
});

describe("PAT-3: oral medication", () => {
  const oral = [{ drug: "morphine", dose_mg: 30, every_min: 720, byNeed_mg: 10 }];

  test("taken by schedule and by need makes plasma, relieves pain and costs breath before any pump", () => {
    const one = patient({ oral });
    expect(plasma(one)).toBeGreaterThan(3);
    expect(one.effects.pain).toBeLessThan(PERSON.pain);
    expect(one.effects.ventilation).toBeLessThan(1);
    expect(one.habits.mme(one.fluid)).toBeCloseTo(60, 6);
    live(one, 7 * DAY_MIN);
    expect(one.habits.mme(one.fluid)).toBeGreaterThan(60);
  });

  test("falls when the pump helps, and comes back when it stops", () => {
    const one = patient({ oral });
    live(one, 90 * DAY_MIN, { ngPerDay: 1_000_000 });
    expect(one.habits.mme(one.fluid)).toBeLessThan(30);
    live(one, 60 * DAY_MIN);
    expect(one.habits.mme(one.fluid)).toBeGreaterThan(60);
  });

  test("of somebody with spasticity falls when the tone does, and not because there is no pain", () => {
    const tablets = { ...SPASTIC, oral: [{ drug: "baclofen", dose_mg: 20, every_min: 480, byNeed_mg: 0 }] };
    const [without, treated] = [patient(tablets), patient(tablets)];
    live(without, 30 * DAY_MIN);
    live(treated, 30 * DAY_MIN, { ngPerDay: 300_000 });
    expect(without.habits.oralPart).toBe(1);
    expect(treated.habits.oralPart).toBeLessThan(0.5);
  });

  test("asking the pump goes with felt pain: seldom with a dose that helps, and never from a person who does not ask", () => {
    const wishes = (asks: boolean, ngPerDay: number): number => {
      const one = patient({ asks });
      let count = 0;
      live(one, 7 * DAY_MIN, { ngPerDay }, () => {
        if (!one.wants()) return;
        count++;
        one.heard();
      });
      return count;
    };
    expect(wishes(true, 0)).toBeGreaterThan(50);
    expect(wishes(true, 2_000_000)).toBeLessThan(10);
    expect(wishes(false, 0)).toBe(0);
  });
});

describe("PAT-3: tolerance, activity, itching and the wound", () => {
  test("tolerance of opioids makes their sedation less, and not that of other drugs", () => {
    const sedation = (drug: string, ngPerDay: number, tolerant: boolean): number => {
      const one = patient({ drugs: [drug] });
      live(one, 2 * DAY_MIN, { ngPerDay });
      if (tolerant) one.effects.opioidTolerance = 1;
      live(one, 1, { ngPerDay });
      return one.effects.sedation;
    };
    expect(sedation("clonidine", 100_000, true)).toBe(sedation("clonidine", 100_000, false));
    expect(sedation("clonidine", 100_000, true)).toBeGreaterThan(0.1);
    expect(sedation("morphine", 1_000_000, true)).toBeLessThan(sedation("morphine", 1_000_000, false) / 2);
  });

  test("the clearance that was measured in the elderly is not made smaller for their age again", () => {
    const at = (age: number): number => patient({ age }).fluid.figures[CL_PLASMA];
    expect(at(70)).toBeCloseTo(25 * 70, 9);
    expect(at(58)).toBeGreaterThan(at(70));
  });

  test("the same dose relieves less after months, and the loss saturates", () => {
    const one = patient();
    const pains: number[] = [];
    for (const days of [3, 60, 120, 120]) {
      live(one, days * DAY_MIN, { ngPerDay: 300_000 });
      pains.push(one.effects.pain);
    }
    expect(pains[1]).toBeGreaterThan(pains[0] + 0.3);
    expect(pains[3] - pains[2]).toBeLessThan(0.2);
    expect(pains[3]).toBeLessThan(PERSON.pain);
  });

  test("activity rises as pain falls, and falls with a wound that heals over weeks", () => {
    const one = patient();
    one.person.toleranceMax = 0;
    const before = one.habits.activity;
    live(one, 30 * DAY_MIN, { ngPerDay: 500_000 });
    const relieved = one.habits.activity;
    expect(relieved).toBeGreaterThan(before + 10);
    one.operate();
    live(one, 3 * DAY_MIN, { ngPerDay: 500_000 });
    expect(one.habits.activity).toBeLessThan(relieved - 5);
    live(one, 60 * DAY_MIN, { ngPerDay: 500_000 });
    expect(one.habits.activity).toBeGreaterThan(relieved - 5);
  });

  test("itching comes with the first doses of an opioid and fades with use", () => {
    const one = patient();
    live(one, DAY_MIN, { ngPerDay: 500_000 });
    const early = one.effects.itch;
    live(one, 30 * DAY_MIN, { ngPerDay: 500_000 });
    expect(early).toBeGreaterThan(0.5);
    expect(one.effects.itch).toBeLessThan(early / 2);
  });
});
