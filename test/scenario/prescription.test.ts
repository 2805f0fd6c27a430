// A prescription as the program record that it becomes: each amount rounded to its safe side, the drugs, and the confirmations
// that a person's consent stands for. Mass, volume and rate are computed by hand or in BigInt here.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseScenario } from "../../emulator/scenario/load";
import type { Program } from "../../emulator/scenario/scenario";
import { DRUG_UNLISTED } from "../../hal/drug-library";
import {
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TOTAL,
  REASON_NONE,
  REASON_OTHER,
  REASON_PALLIATIVE,
  REASON_TITRATION,
  REASON_TOLERANCE,
} from "../../hal/telemetry";
import { minimal } from "./example";

const program = (prescription: string): Program => parseScenario(minimal("", prescription), "p.yaml").program;
const steps = (count: number): string =>
  Array.from({ length: count }, (_, i) => `{ at: "${String(i).padStart(2, "0")}:30", rate: ${i + 1} mL/day }`).join();
const pattern = (days: string, rate = "1 mL/day"): string =>
  `{ days: [${days}], steps: [{ at: "07:00", rate: ${rate} }] }`;
const continuous = "basal: { mode: continuous, rate: 100 uL/day }";

describe("the program record (THR-1, THR-2)", () => {
  test.each<[string, number]>([
    ["rate: 100 uL/day", 10_000],
    ["rate: 2 uL/h", 4800],
    ["rate: 1 mL/h", 2_400_000],
    ["rate: 0.01 uL/day", 1],
    ["rate: 0.019 uL/day", 1],
    ["dose: 1 mg/day", 10_000],
    ["dose: 100 ug/h", 24_000],
    ["dose: 0.3333 mg/day", 3333],
    ["rate: 48 mL/day", 4_800_000], // outside the therapeutic range: the firmware refuses, not the loader
  ])("has for basal %s %d units of 0.01 uL/day, rounded down", (basal, rate) => {
    expect(program(`basal: { mode: continuous, ${basal} }`)).toEqual({
      mode: "continuous",
      rate,
      bolus: null,
      limits: [],
      low_pulses: 8000,
      drugs: [{ id: 1, concentration: 100_000 }],
    });
  });

  it("has rate 0 in the modes minimum and stopped", () => {
    expect(program("basal: { mode: minimum }")).toMatchObject({ mode: "minimum", rate: 0 });
    expect(program("basal: { mode: stopped }")).toMatchObject({ mode: "stopped", rate: 0 });
  });

  it("THR-3: has a flex day's steps, by the minute of the day, for every weekday", () => {
    const got = program(
      'basal: { mode: flex, steps: [{ at: "07:00", dose: 1 mg/day }, { at: "23:59", rate: 3 uL/h }] }',
    );
    const pattern = [
      { minute: 420, rate: 10_000 },
      { minute: 1439, rate: 7200 },
    ];
    expect(got).toMatchObject({ mode: "flex", rate: 0 });
    expect(got.flex).toEqual({ patterns: [pattern], weekdays: [0, 0, 0, 0, 0, 0, 0] });
    expect(program(`basal: { mode: flex, steps: [${steps(13)}] }`).flex?.patterns[0]).toHaveLength(13);
  });

  it("THR-3: has a rest where a step of no rate is written", () => {
    const steps = '[{ at: "07:00", dose: 1 mg/day }, { at: "23:00", rate: 0 uL/h }, { at: "23:30", dose: 0 mg/day }]';
    expect(program(`basal: { mode: flex, steps: ${steps} }`).flex?.patterns[0].map(({ rate }) => rate)).toEqual([
      10_000, 0, 0,
    ]);
  });

  it("THR-3: has a pattern for each weekday, Monday first", () => {
    const patterns = [pattern("sat, sun", "2 mL/day"), pattern("tue, mon, fri"), pattern("wed, thu", "3 mL/day")];
    expect(program(`basal: { mode: flex, patterns: [${patterns.join(", ")}] }`).flex).toEqual({
      patterns: [200_000, 100_000, 300_000].map((rate) => [{ minute: 420, rate }]),
      weekdays: [1, 1, 2, 2, 1, 0, 0],
    });
  });

  it("THR-3: has a periodic dose, its duration in seconds rounded up, and the minutes from start to start", () => {
    const got = program("basal: { mode: periodic, dose: 0.0529 mg, duration: 90.5 s, every: 4 h }");
    expect(got).toMatchObject({ mode: "periodic", rate: 0 });
    expect(got.periodic).toEqual({ pulses: 21, duration_s: 91, every_min: 240 });
  });

  it("RES-3: has the refill's date in whole days, rounded down", () => {
    expect(program(`${continuous}, refill_interval: 40 d`).refill_days).toBe(40);
    expect(program(`${continuous}, refill_interval: 6 weeks`).refill_days).toBe(42);
    expect(program(`${continuous}, refill_interval: 47 h`).refill_days).toBe(1);
    expect(program(continuous)).not.toHaveProperty("refill_days");
  });

  it("rounds each value to its safe side", () => {
    const bolus = "patient_bolus: { volume: 5.2 uL, duration: 90.5 s, lockout: 15.01 min, per_24h: 3 }";
    const limits = "limits: [{ volume: 25.2 uL, window: 90 min }]";
    expect(program(`${continuous}, ${bolus}, ${limits}, low_reservoir: 1.00001 mL`)).toMatchObject({
      bolus: { pulses: 20, duration_s: 91, lockout_min: 16, per24h: 3 },
      limits: [{ pulses: 100, window_min: 90 }],
      low_pulses: 4001,
    });
  });

  test.each<[string, string]>([
    ["basal: { mode: continuous, rate: 0 uL/day }", "basal.rate: expected at least 0.01 uL/day"],
    ["basal: { mode: continuous, dose: 0.05 ug/day }", 'found "0.05 ug/day", which is 0.005 uL/day'],
    ["basal: { mode: continuous, rate: 50 L/day }", "expected at most 42949672.95 uL/day"],
    ["basal: { mode: continuous }", "expected exactly one of rate, dose, found none"],
    ["basal: { mode: continuous, rate: 1 mL/day, dose: 1 mg/day }", "found rate and dose"],
    ["basal: { mode: minimum, rate: 1 mL/day }", "unknown key `rate`"],
    ["basal: { mode: flex }", "prescription.basal: expected exactly one of steps, patterns, found none"],
    ["basal: { mode: flex, steps: [] }", "expected steps of a day: 1 to 13 of them, found 0"],
    [`basal: { mode: flex, steps: [${steps(14)}] }`, "expected steps of a day: 1 to 13 of them, found 14"],
    ['basal: { mode: flex, steps: [{ at: "7:00", rate: 1 mL/day }] }', 'from 00:00 to 23:59, found "7:00"'],
    ['basal: { mode: flex, steps: [{ at: "24:00", rate: 1 mL/day }] }', 'from 00:00 to 23:59, found "24:00"'],
    ["basal: { mode: flex, steps: [{ at: 7 h, rate: 1 mL/day }] }", 'from 00:00 to 23:59, found "7 h"'],
    ["basal: { mode: flex, steps: [{ at: 420, rate: 1 mL/day }] }", "such as 07:00, found the number 420"],
    ['basal: { mode: flex, steps: [{ at: "07:00" }] }', "expected exactly one of rate, dose, found none"],
    [
      'basal: { mode: flex, steps: [{ at: "07:00", rate: 1 mL/day }, { at: "07:00", rate: 2 mL/day }] }',
      "basal.steps[1].at: expected a later time than that of the step before",
    ],
    [
      'basal: { mode: flex, steps: [{ at: "07:00", dose: 0.05 ug/day }] }',
      'basal.steps[0].dose: expected at least 0.01 uL/day, found "0.05 ug/day", which is 0.005 uL/day',
    ],
    [`basal: { mode: flex, patterns: [${pattern("mon")}] }`, "found no tue, wed, thu, fri, sat, sun"],
    [`basal: { mode: flex, patterns: [${pattern("mon, mon")}] }`, "days[1]: `mon` is here a second time"],
    [`basal: { mode: flex, patterns: [${pattern("mon")}, ${pattern("tue, mon")}] }`, "`mon` is here a second time"],
    [`basal: { mode: flex, patterns: [${pattern("mo")}] }`, "unknown weekday `mo`: the nearest known one is `mon`"],
    [
      `basal: { mode: flex, patterns: [${pattern("mon, tue, wed, thu, fri, sat, sun", "50 L/day")}] }`,
      "basal.patterns[0].steps[0].rate: expected at most 42949672.95 uL/day",
    ],
    ["basal: { mode: periodic, duration: 1 min, every: 4 h }", "exactly one of dose, volume, found none"],
    ["basal: { mode: periodic, volume: 0.1 uL, duration: 1 min, every: 4 h }", "basal.volume: expected a bolus of at"],
    ["basal: { mode: periodic, volume: 1 uL, duration: 19 h, every: 4 h }", "basal.duration: expected at most 65535 s"],
    ["basal: { mode: periodic, volume: 1 uL, duration: 1 min, every: 90 s }", "basal.every: expected whole minutes"],
    ["basal: { mode: periodic, volume: 1 uL, duration: 1 min }", "basal.every: missing"],
    [`${continuous}, refill_interval: 23 h`, 'refill_interval: expected 1 to 65535 days, found "23 h"'],
    [`${continuous}, confirm: true`, "confirm: expected what is confirmed: a mapping with soft_limit, doubled_total"],
    [`${continuous}, confirm: { soft_limits: true }`, "the nearest known one is `soft_limit`"],
    [`${continuous}, confirm: { no_bridge: 1 }`, "expected `true` or `false`, found the number 1"],
    [`${continuous}, reason: none`, "unknown reason `none`"],
    [
      `${continuous}, patient_bolus: { volume: 0.24 uL, duration: 1 min, lockout: 1 h, per_24h: 1 }`,
      "at least one pulse",
    ],
    [
      `${continuous}, patient_bolus: { volume: 17 mL, duration: 1 min, lockout: 1 h, per_24h: 1 }`,
      "at most 65535 pulses",
    ],
    [`${continuous}, patient_bolus: { volume: 1 uL, duration: 19 h, lockout: 1 h, per_24h: 1 }`, "at most 65535 s"],
    [`${continuous}, patient_bolus: { volume: 1 uL, duration: 1 h, lockout: 50 d, per_24h: 1 }`, "at most 65535 min"],
    [`${continuous}, patient_bolus: { volume: 1 uL, duration: 1 h, lockout: 1 h, per_24h: 0 }`, "from 1 to 255"],
    [`${continuous}, patient_bolus: { volume: 1 uL, duration: 1 h, lockout: 1 h, per_24h: 256 }`, "from 1 to 255"],
    [`${continuous}, limits: [{ volume: 1 mL, window: 90 s }]`, "limits[0].window: expected whole minutes"],
    [`${continuous}, limits: [{ volume: 0.1 uL, window: 1 h }]`, "a limit of at least one pulse"],
    [`${continuous}, limits: [${"{ volume: 1 mL, window: 1 h }, ".repeat(5)}]`, "0 to 4 of them, found 5"],
    [`${continuous}, low_reservoir: 2000 L`, "low_reservoir: expected at most"],
  ])("EMU-3: is not made from { %s }: %s", (prescription, words) => {
    expect(() => program(prescription)).toThrow(words);
  });

  it("law: has at most the volume that was asked for, and less than one unit below it", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 9n }), // ng/day and ng
        fc.bigInt({ min: 1n, max: 10n ** 5n }), // ug/mL = ng/uL
        (amount_ng, concentration_ngPerUl) => {
          const drugs = `drugs: [{ name: x, concentration: ${concentration_ngPerUl} ug/mL }]`;
          const dose = `basal: { mode: continuous, dose: ${amount_ng} ng/day }`;
          const limits = `limits: [{ dose: ${amount_ng} ng, window: 1 h }]`;
          const file = `duration: 1 h\n${drugs}\nprescription: { ${dose}, ${limits} }`;
          const rate = (100n * amount_ng) / concentration_ngPerUl;
          const pulses = (4n * amount_ng) / concentration_ngPerUl;
          if (rate === 0n || pulses === 0n || rate > 4_294_967_295n || pulses > 4_294_967_295n) {
            expect(() => parseScenario(file, "p.yaml")).toThrow(/found "\d+ ng/);
          } else {
            const got = parseScenario(file, "p.yaml").program;
            expect([BigInt(got.rate), BigInt(got.limits[0].pulses)]).toEqual([rate, pulses]);
          }
        },
      ),
    );
  });
});

describe("the drugs in the record (LIM-8)", () => {
  const drugsOf = (...drugs: string[]): Program["drugs"] =>
    parseScenario(`duration: 1 h\ndrugs: [${drugs.join(", ")}]\nprescription: { ${continuous} }`, "p.yaml").program
      .drugs;

  test.each([
    ["morphine", 1],
    ["Morphine", 1],
    ["HYDROMORPHONE", 2],
    ["fentanyl", 3],
    ["sufentanil", 4],
    ["bupivacaine", 5],
    ["clonidine", 6],
    ["ziconotide", 7],
    ["baclofen", 8],
    ["unlisted", DRUG_UNLISTED],
    ["saline", DRUG_UNLISTED],
  ])("have %s as drug %d of the library", (name, id) => {
    expect(drugsOf(`{ name: ${name}, concentration: 1 mg/mL }`)).toEqual([{ id, concentration: 10_000 }]);
  });

  test.each([
    ["10 mg/mL", 100_000],
    ["0.1 ug/mL", 1],
    ["0.01 ug/mL", 1],
    ["25.00001 ug/mL", 251],
    ["429496 mg/mL", 4_294_960_000],
  ])("have %s as %d times 0.1 ug/mL, rounded up", (concentration, units) => {
    expect(drugsOf(`{ name: x, concentration: ${concentration} }`)).toEqual([{ id: 0, concentration: units }]);
  });

  it("keep their order, with the primary drug first", () => {
    const [first, second] = ["{ name: bupivacaine, concentration: 20 mg/mL }", "{ name: x, concentration: 1 mg/mL }"];
    expect(drugsOf(first, second)?.map((drug) => drug.id)).toEqual([5, 0]);
    expect(drugsOf(second, first)?.map((drug) => drug.id)).toEqual([0, 5]);
  });

  it("have no concentration that the record cannot hold, which is refused", () => {
    const drug = "{ name: x, concentration: 429497 mg/mL }";
    expect(() => drugsOf(drug)).toThrow("drugs[0].concentration: expected a concentration of at most 429496 mg/mL");
  });
});

describe("the confirmations of a program (LIM-8, THR-7)", () => {
  test.each<[string, number, number]>([
    ["", 0, REASON_NONE],
    [", confirm: {}", 0, REASON_NONE],
    [", confirm: { soft_limit: true }, reason: titration", CONFIRM_SOFT_LIMIT, REASON_TITRATION],
    [", confirm: { doubled_total: true, no_bridge: false }", CONFIRM_TOTAL, REASON_NONE],
    [", confirm: { no_bridge: true }, reason: other", CONFIRM_NO_BRIDGE, REASON_OTHER],
    [", reason: palliative", 0, REASON_PALLIATIVE],
    [
      ", confirm: { soft_limit: true, doubled_total: true, no_bridge: true }, reason: tolerance",
      CONFIRM_SOFT_LIMIT | CONFIRM_TOTAL | CONFIRM_NO_BRIDGE,
      REASON_TOLERANCE,
    ],
  ])("of { basal: ...%s } are %d with reason %d, at the start and later", (more, confirm, reason) => {
    const later = `timeline: [{ at: 1 h, do: program, prescription: { ${continuous}${more} } }]`;
    const scenario = parseScenario(minimal(later, `${continuous}${more}`), "p.yaml");
    expect(scenario.consent).toEqual({ confirm, reason });
    expect(scenario.timeline[0]).toMatchObject({ action: { consent: { confirm, reason } } });
  });
});
