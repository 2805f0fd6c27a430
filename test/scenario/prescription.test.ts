import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseScenario } from "../../emulator/scenario/load";
import type { Program } from "../../emulator/scenario/scenario";
import { minimal } from "./example";

const program = (prescription: string): Program => parseScenario(minimal("", prescription), "p.yaml").program;
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
  ])("basal %s is %d units of 0.01 uL/day, rounded down", (basal, rate) => {
    expect(program(`basal: { mode: continuous, ${basal} }`)).toEqual({
      mode: "continuous",
      rate,
      bolus: null,
      limits: [],
      low_pulses: 8000,
    });
  });

  it("has rate 0 in the modes minimum and stopped", () => {
    expect(program("basal: { mode: minimum }")).toMatchObject({ mode: "minimum", rate: 0 });
    expect(program("basal: { mode: stopped }")).toMatchObject({ mode: "stopped", rate: 0 });
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
    ["basal: { mode: flex, steps: [] }", "the basal mode `flex` is not in this version of cistern"],
    ["basal: { mode: periodic }", "the basal mode `periodic` is not in this version of cistern"],
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
  ])("{ %s } is refused: %s (EMU-3)", (prescription, words) => {
    expect(() => program(prescription)).toThrow(words);
  });

  it("law: what is programmed is at most what was asked, and short of it by less than one unit", () => {
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
