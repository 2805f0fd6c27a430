// Quantities as people write them, and the exact number of base units that each is. The expected sizes of units are written out
// by hand here, apart from the table that is tested.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Kind, parseQuantity, patternOf, QUANTITY_KINDS, unitsOf } from "../../emulator/scenario/quantity";

/** Base units of one unit, written out by hand: what the table of units is checked against. */
const ORACLE: Record<string, [number, number]> = {
  nL: [1, 1],
  uL: [1000, 1],
  mL: [1_000_000, 1],
  "uL/h": [24_000, 1],
  "mL/day": [1_000_000, 1],
  "uL/min": [1_440_000, 1],
  ng: [1, 1],
  mg: [1_000_000, 1],
  "mg/day": [1_000_000, 1],
  "ug/h": [24_000, 1],
  "mg/mL": [1, 1],
  "ug/mL": [1, 1000],
  "mg/uL": [1000, 1],
  cm: [1, 1],
  mm: [1, 10],
  "uL/cm": [1000, 1],
  "uL/m": [10, 1],
  "%": [1, 100],
  "°C": [1000, 1],
  km: [1000, 1],
  ppm: [1, 1_000_000],
  bar: [100_000, 1],
  kPa: [1000, 1],
  mmHg: [133_322, 1000],
  ms: [1, 1],
  min: [60_000, 1],
  week: [604_800_000, 1],
};

const kindOf = (unit: string): Kind =>
  unit === "km" ? "altitude" : QUANTITY_KINDS.find((kind) => unitsOf(kind).includes(unit))!;

describe("`parseQuantity`", () => {
  test.each<[string, Kind, number | string]>([
    ["20 mL", "volume", 20_000_000],
    ["20mL", "volume", 20_000_000],
    ["  0.25   uL ", "volume", 250],
    [".5 ml", "volume", 500_000],
    ["1 µL", "volume", 1000],
    ["1 μL", "volume", 1000],
    ["2.5 uL/h", "rate", 60_000],
    ["2.5 µl / h", "rate", 60_000],
    ["100 uL/d", "rate", 100_000],
    ["1 mL/min", "rate", 1_440_000_000],
    ["1 mg/day", "doseRate", 1_000_000],
    ["0.1 ug/h", "doseRate", 2400],
    ["1 uL/h", "rate", 24_000],
    ["0.05 mg", "dose", 50_000],
    ["90 s", "duration", 90_000],
    ["1 d 6 h", "duration", 108_000_000],
    ["1d6h", "duration", 108_000_000],
    ["9 h 20 min", "duration", 33_600_000],
    ["2 weeks", "duration", 1_209_600_000],
    ["89 cm", "length", 89],
    ["2.2 uL/cm", "volumePerLength", 2200],
    ["0.22 mL/m", "volumePerLength", 2200],
    ["0 %", "fraction", 0],
    ["33.3%", "fraction", "0.333"],
    ["10 mg/mL", "concentration", 10],
    ["500 ug/mL", "concentration", "0.5"],
    ["38.5 °C", "temperature", 38_500],
    ["38.5 C", "temperature", 38_500],
    ["2500 m", "altitude", 2500],
    ["694 ppm", "fraction", "0.000694"],
    ["2.4 bar", "pressure", 240_000],
    ["100 kPa", "pressure", 100_000],
    ["760 mmHg", "pressure", "101324.72"],
    // as labels of baclofen, morphine and ziconotide and the manuals of pumps write them
    ["500 mcg/mL", "concentration", "0.5"],
    ["25 micrograms per milliliter", "concentration", "0.025"],
    ["4.2 mcg/hr", "doseRate", 100_800],
    ["4.2 mcg / h", "doseRate", 100_800],
    ["300 mcg/day", "doseRate", 300_000],
    ["300 mcg per day", "doseRate", 300_000],
    ["0.1 mcg/hour", "doseRate", 2400],
    ["0.5 mL/hr", "rate", 12_000_000],
    ["10 mcL/min", "rate", 14_400_000],
    ["18 cc", "volume", 18_000_000],
    ["18 milliliters", "volume", 18_000_000],
    ["75 mcg", "dose", 75_000],
    ["0.002 g", "dose", 2_000_000],
    ["1 hour", "duration", 3_600_000],
    ["2 hours 30 minutes", "duration", 9_000_000],
    ["1 day 6 hrs", "duration", 108_000_000],
    ["10 mins", "duration", 600_000],
    ["90 seconds", "duration", 90_000],
    ["90 sec", "duration", 90_000],
    ["20 milliseconds", "duration", 20],
    ["1 wk", "duration", 604_800_000],
  ])("reads %j as a %s of %s base units", (text, kind, value) => {
    const parsed = parseQuantity(text, [kind]);
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(parsed.quantity.kind).toBe(kind);
    expect(parsed.quantity.value.equals(String(value))).toBe(true);
    expect(text).toMatch(new RegExp(patternOf([kind], false)));
  });

  test.each<[string, Kind[], string]>([
    ["9", ["duration"], 'found the bare number "9" without its unit'],
    ["20 mL", ["duration"], 'expected a duration (ms, s, min, h, d, week), found a volume: "20 mL"'],
    ["30 m", ["duration"], "found a length"],
    ["1 mg", ["volume"], "found a dose"],
    ["1 mg/day", ["rate"], "found a dose rate"],
    ["1 ug/mL", ["dose"], "found a concentration"],
    ["20 oz", ["volume", "dose"], "expected a volume or a dose (nL, uL, mL, ng, ug, mg), found the unknown unit `oz`"],
    ["20 cmg", ["dose"], 'the unknown unit `cmg` in "20 cmg": the nearest known one is `mg`'],
    ["20 mgc/ml", ["concentration"], "the nearest known one is `mg/ml`"],
    ["1 mcg/hourr", ["doseRate"], "the nearest known one is `mcg/hour`"],
    ["1 HOURS", ["duration"], "the unknown unit `HOURS`"],
    ["4 mcg/hr", ["dose"], "found a dose rate"],
    ["2,000 mcg/mL", ["concentration"], "numbers take a decimal point and no other separator"],
    ["1 mcg per", ["doseRate"], "found"],
    ["1 mcg/mL/h", ["concentration"], "the unknown unit `mcg/mL/h`"],
    ["2,5 mL", ["volume"], "decimal point"],
    ["1,000 uL", ["volume"], "decimal point"],
    ["1e3 uL", ["volume"], "unknown unit `e`"],
    ["-1 mL", ["volume"], "which is negative"],
    ["−1 mL", ["volume"], "which is negative"],
    ["1 mL 2 uL", ["volume"], "one number and one unit"],
    ["6 h 1 d", ["duration"], "from the longest unit"],
    ["1 h 1 h", ["duration"], "from the longest unit"],
    ["1.5.2 mL", ["volume"], 'found "1.5.2 mL"'],
    ["1.(3) mL", ["volume"], 'found "1.(3) mL"'],
    ["1/3 mL", ["volume"], "found"],
    ["mL", ["volume"], 'found "mL"'],
    ["", ["volume"], 'found ""'],
    ["1 mL?", ["volume"], "found"],
    ["9".repeat(1000) + " mL", ["volume"], "found 1003 characters"],
  ])("refuses %j as %s: %s", (text, kinds, words) => {
    const parsed = parseQuantity(text, kinds);
    expect(parsed.ok).toBe(false);
    expect(!parsed.ok && parsed.problem).toContain(words);
  });

  it("takes a sign where a sign makes sense, for the whole duration", () => {
    for (const text of ["-1 d 6 h", "−1 d 6 h", "- 1 d 6 h"]) {
      const parsed = parseQuantity(text, ["duration"], true);
      expect(parsed.ok && parsed.quantity.value.valueOf()).toBe(-108_000_000);
      expect(text).toMatch(new RegExp(patternOf(["duration"], true)));
    }
  });

  it("law: reads any decimal number and unit exactly, as BigInt arithmetic does", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(ORACLE)),
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.nat({ max: 12 }),
        (unit, digits, places) => {
          const padded = digits.toString().padStart(places + 1, "0");
          const text = places === 0 ? padded : `${padded.slice(0, -places)}.${padded.slice(-places)}`;
          const parsed = parseQuantity(`${text} ${unit}`, [kindOf(unit)]);
          if (!parsed.ok) throw new Error(parsed.problem);
          const [n, d] = ORACLE[unit];
          const value = parsed.quantity.value;
          expect(value.s * value.n * BigInt(d) * 10n ** BigInt(places)).toBe(digits * BigInt(n) * value.d);
        },
      ),
    );
  });

  it("keeps the unit as it was written, so that seen values can be printed in it", () => {
    const unitOf = (text: string, kind: Kind) => {
      const parsed = parseQuantity(text, [kind]);
      return parsed.ok && [parsed.quantity.unit.text, parsed.quantity.unit.size.valueOf()];
    };
    expect(unitOf("4.2 mcg / hr", "doseRate")).toEqual(["mcg/hr", 24_000]);
    expect(unitOf("2 µL", "volume")).toEqual(["uL", 1000]);
    expect(unitOf("1 day 6 hrs", "duration")).toEqual(["day", 86_400_000]);
  });

  it("law: accepts every unit of a kind, and the pattern for editors does too", () => {
    for (const kind of QUANTITY_KINDS) {
      for (const unit of unitsOf(kind)) {
        const parsed = parseQuantity(`3 ${unit}`, [kind]);
        expect(parsed.ok && parsed.quantity.value.gt(0)).toBe(true);
        expect(`3 ${unit}`).toMatch(new RegExp(patternOf([kind], false)));
      }
    }
  });

  it("law: reads any text as a quantity, which matches the pattern, or as a problem, and never throws", () => {
    const pieces = fc.constantFrom("1", ".5", "0", "-", "+", " ", "mL", "µ", "/", "h", "min", "%", "e", "°C", "(", "x");
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 8 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...QUANTITY_KINDS), fc.boolean(), (text, kind, signed) => {
        const parsed = parseQuantity(text, [kind], signed);
        if (parsed.ok) expect(text).toMatch(new RegExp(patternOf([kind], signed)));
        else expect(parsed.problem).toMatch(/^expected .*, found /s);
      }),
      { numRuns: 2000 },
    );
  });
});
